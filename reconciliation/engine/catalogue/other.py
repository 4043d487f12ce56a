"""What is about the account and not about one order: charges, reimbursements, balances, transfers."""

from __future__ import annotations

from collections.abc import Iterator

from canonical.settlement import LineCategory as K

from ..triple import Triple
from .fees import RETURN_FEES
from .rule import ANY, Fact, Row, Rule, Sign, rules

BALANCES: tuple[Row, ...] = (
    ("Current Reserve Amount", K.RESERVE_CURRENT, "-", Fact.SELLER_TABLE),
    ("Previous Reserve Amount Balance", K.RESERVE_PREVIOUS, "+", Fact.SELLER_TABLE),
    ("Deferred transaction release", K.RESERVE_DEFERRED, "+/-", Fact.CODE),
    ("Payable to Amazon", K.DEBT_CARRIED_FORWARD, "-", Fact.REAL_V1),
    ("Successful charge", K.DEBT_RECOVERY_CARD_CHARGE, "+", Fact.REAL_V1),
    ("Failed Disbursement", K.FAILED_TRANSFER, "+", Fact.FEE_LIST),
    ("Micro Deposit", K.BANK_VERIFICATION, "-", Fact.REAL_V1),
    ("Amazon Capital Services", K.LOAN_REPAYMENT, "-", Fact.FEE_LIST),
    ("Lending repayment", K.LOAN_REPAYMENT, "-", Fact.JUDGEMENT),
    ("Loan repayment", K.LOAN_REPAYMENT, "-", Fact.FINANCES),
    ("LoanPayment", K.LOAN_REPAYMENT, "-", Fact.FINANCES),
    ("LoanAdvance", K.LOAN_ADVANCE, "+", Fact.FINANCES),
    ("Loan advance", K.LOAN_ADVANCE, "+", Fact.ANALOGY),
    ("LoanRefund", K.LOAN_ADVANCE, "+", Fact.FINANCES),
)

BALANCE_PREFIXES: tuple[Row, ...] = (
    ("Transfer of funds unsuccessful", K.FAILED_TRANSFER, "+", Fact.SELLER_TABLE),
    ("Cross-Account Debt Adjustment", K.DEBT_CROSS_ACCOUNT, "+/-", Fact.CODE),
    ("Debt adjustment against", K.DEBT_CROSS_ACCOUNT, "+/-", Fact.CODE),
    ("Unplanned Service Fee", K.INBOUND_DEFECT_FEE, "-", Fact.SELLER_TABLE),
    ("Inbound Defect Fee", K.INBOUND_DEFECT_FEE, "-", Fact.REAL_JP),
)

CHARGES: tuple[Row, ...] = (
    ("Subscription Fee", K.SUBSCRIPTION_FEE, "-", Fact.REAL_V1),
    ("Subscription", K.SUBSCRIPTION_FEE, "-", Fact.FINANCES),
    ("SubscriptionFeeCorrection", K.SUBSCRIPTION_FEE, "+", Fact.SELLER_TABLE),
    ("HighVolumeListing", K.SUBSCRIPTION_FEE_LISTING, "-", Fact.SELLER_TABLE),
    ("Paid Services Fee", K.PREMIUM_SERVICES_FEE, "-", Fact.SELLER_TABLE),
    ("Storage Fee", K.FBA_STORAGE_FEE, "-", Fact.REAL_V1),
    ("StorageFee", K.FBA_STORAGE_FEE, "-", Fact.CODE),
    ("FBAStorageOverageFee", K.FBA_STORAGE_FEE, "-", Fact.CODE),
    ("Inventory Storage Overage Fee", K.FBA_STORAGE_FEE, "-", Fact.SELLER_TABLE),
    ("StorageBillingCGST", K.FBA_STORAGE_FEE_TAX, "-", Fact.SELLER_TABLE),
    ("StorageBillingSGST", K.FBA_STORAGE_FEE_TAX, "-", Fact.SELLER_TABLE),
    ("StorageBillingIGST", K.FBA_STORAGE_FEE_TAX, "-", Fact.ANALOGY),
    ("StorageRenewalBilling", K.FBA_STORAGE_FEE_LONG_TERM, "-", Fact.REAL_US),
    ("StorageRenewalBillingCGST", K.FBA_STORAGE_FEE_LONG_TERM_TAX, "-", Fact.SELLER_TABLE),
    ("StorageRenewalBillingSGST", K.FBA_STORAGE_FEE_LONG_TERM_TAX, "-", Fact.SELLER_TABLE),
    ("StorageRenewalBillingIGST", K.FBA_STORAGE_FEE_LONG_TERM_TAX, "-", Fact.ANALOGY),
    ("LowInventoryLevelFee", K.FBA_STORAGE_FEE_LOW_INVENTORY, "-", Fact.AUTHORED),
    ("DisposalComplete", K.REMOVAL_DISPOSAL, "-", Fact.SELLER_TABLE),
    ("RemovalComplete", K.REMOVAL_DISPOSAL, "-", Fact.REAL_US),
    ("DisposalCompleteCGST", K.REMOVAL_DISPOSAL_TAX, "-", Fact.ANALOGY),
    ("DisposalCompleteSGST", K.REMOVAL_DISPOSAL_TAX, "-", Fact.ANALOGY),
    ("DisposalCompleteIGST", K.REMOVAL_DISPOSAL_TAX, "-", Fact.ANALOGY),
    ("RemovalCompleteCGST", K.REMOVAL_DISPOSAL_TAX, "-", Fact.SELLER_TABLE),
    ("RemovalCompleteSGST", K.REMOVAL_DISPOSAL_TAX, "-", Fact.SELLER_TABLE),
    ("RemovalCompleteIGST", K.REMOVAL_DISPOSAL_TAX, "-", Fact.ANALOGY),
    ("Inbound Transportation Fee", K.INBOUND_TRANSPORT, "-", Fact.REAL_V1),
    ("Inbound Transportation Program Fee", K.INBOUND_TRANSPORT, "-", Fact.FEE_LIST),
    ("FBAInboundTransportationFee", K.INBOUND_TRANSPORT, "-", Fact.SELLER_TABLE),
    ("FBAInboundTransportationProgramFee", K.INBOUND_TRANSPORT, "-", Fact.SELLER_TABLE),
    ("AGSGlobalInboundTransportation", K.INBOUND_TRANSPORT, "-", Fact.AU_CONFIG),
    ("FBA Inbound Placement Service Fee", K.INBOUND_PLACEMENT, "-", Fact.AU_CONFIG),
    ("Inventory Placement Service Fee", K.INBOUND_PLACEMENT, "-", Fact.SELLER_TABLE),
    ("FBAInboundConvenienceFee", K.INBOUND_PLACEMENT, "-", Fact.CODE),
    ("FBAInboundDefectFee", K.INBOUND_DEFECT_FEE, "-", Fact.CODE),
    ("WarehousePrep", K.INBOUND_PREP, "-", Fact.SELLER_TABLE),
    ("Label fee", K.INBOUND_PREP, "-", Fact.FEE_LIST),
    ("Taping Fee", K.INBOUND_PREP, "-", Fact.FEE_LIST),
    ("Polybagging Fee", K.INBOUND_PREP, "-", Fact.ANALOGY),
    ("Bubblewrap Fee", K.INBOUND_PREP, "-", Fact.ANALOGY),
    ("Opaque Bagging Fee", K.INBOUND_PREP, "-", Fact.ANALOGY),
    ("Manual Processing Fee", K.INBOUND_MANUAL_PROCESSING, "-", Fact.SELLER_TABLE),
    ("Manual Processing Fee Reimbursement", K.INBOUND_MANUAL_PROCESSING, "+", Fact.SELLER_TABLE),
    ("CostOfAdvertising", K.ADVERTISING, "-", Fact.CODE),
    ("LightningDealFee", K.DEAL_FEE, "-", Fact.SELLER_TABLE),
    ("LightningDealFee Special", K.DEAL_FEE, "-", Fact.SELLER_TABLE),
    ("Promotion Adjustment", K.DEAL_FEE_ADJUSTMENT, "+/-", Fact.AU_CONFIG),
    ("Vine Enrollment Fee", K.VINE_FEE, "-", Fact.AU_CONFIG),
    ("Early Reviewer Program fee", K.VINE_FEE, "-", Fact.SELLER_TABLE),
    ("Additional Other Expenses", K.OTHER_EXPENSE, "-", Fact.FEE_LIST),
    ("Merchant Bad Debt", K.BAD_DEBT, "+/-", Fact.FEE_LIST),
    ("Income Tax Charged", K.INCOME_TAX_WITHHELD_RECOVERABLE, "-", Fact.AU_CONFIG),
    ("BuyerRecharge", K.BUYER_RECHARGE, "+/-", Fact.SELLER_TABLE),
    ("A2ZGuaranteeRecovery", K.A_TO_Z, "+/-", Fact.SELLER_TABLE),
    ("ChargeBackRecovery", K.CHARGEBACK, "+/-", Fact.SELLER_TABLE),
    ("CommissionCorrection", K.FEE_ADJUSTMENT, "+/-", Fact.SELLER_TABLE),
    ("NonSubscriptionFeeAdj", K.FEE_ADJUSTMENT, "+/-", Fact.SELLER_TABLE),
    ("Non-subscription Fee Adjustment", K.FEE_ADJUSTMENT, "+/-", Fact.FEE_LIST),
    ("Fee Adjustment", K.FEE_ADJUSTMENT, "+/-", Fact.REAL_JP),
    ("Overpaid Fees Adjustment", K.FEE_ADJUSTMENT, "+/-", Fact.REAL_JP),
    ("Adjustment", K.OTHER_ADJUSTMENT, "+/-", Fact.SELLER_TABLE),
    ("Balance Adjustment", K.OTHER_ADJUSTMENT, "+/-", Fact.FEE_LIST),
    ("MiscAdjustment", K.OTHER_ADJUSTMENT, "+/-", Fact.SELLER_TABLE),
    ("Amazon Easy Ship Charges", K.POSTAGE_PURCHASE, "-", Fact.REAL_JP),
    ("Grade and Resell Charge", K.FBA_RETURNS_PROCESSING_FEE, "-", Fact.CODE),
)

POSTAGE: tuple[Row, ...] = (
    ("Shipping label purchase", K.POSTAGE_PURCHASE, "-", Fact.SELLER_TABLE),
    ("Shipping label purchase for return", K.POSTAGE_RETURN_LABEL, "-", Fact.SELLER_TABLE),
    ("ShippingServices", K.POSTAGE_PURCHASE, "-", Fact.FEE_LIST),
    ("ShippingServicesRefund", K.POSTAGE_REFUND, "+", Fact.FEE_LIST),
    ("PostageBilling_PostageAdjustment", K.POSTAGE_ADJUSTMENT, "+/-", Fact.CODE),
)

POSTAGE_PARTS = ("Postage", "Tracking", "TransactionFee", "FuelSurcharge", "DeliveryAreaSurcharge", "OversizeSurcharge")
POSTAGE_BILLED = (*POSTAGE_PARTS, "DeliveryConfirmation", "SignatureConfirmation", "Insurance", "ImportDuty", "Tax", "VAT")

REIMBURSEMENTS: tuple[Row, ...] = (
    ("REVERSAL_REIMBURSEMENT", K.REIMBURSEMENT, "+", Fact.REAL_V1),
    ("WAREHOUSE_DAMAGE", K.REIMBURSEMENT, "+", Fact.REAL_V1),
    ("WAREHOUSE_DAMAGE_EXCEPTION", K.REIMBURSEMENT, "+", Fact.AU_CONFIG),
    ("WAREHOUSE_LOST", K.REIMBURSEMENT, "+", Fact.REAL_US),
    ("WAREHOUSE_LOST_MANUAL", K.REIMBURSEMENT, "+", Fact.AU_CONFIG),
    ("MISSING_FROM_INBOUND", K.REIMBURSEMENT, "+", Fact.AU_CONFIG),
    ("MISSING_FROM_INBOUND_CLAWBACK", K.REIMBURSEMENT_CLAWBACK, "-", Fact.REAL_US),
    ("COMPENSATED_CLAWBACK", K.REIMBURSEMENT_CLAWBACK, "-", Fact.AU_CONFIG),
    ("CS_ERROR_ITEMS", K.REIMBURSEMENT, "+", Fact.AU_CONFIG),
    ("CS_ERROR_NON_ITEMIZED", K.REIMBURSEMENT, "+", Fact.SELLER_TABLE),
    ("CUSTOMER_RETURN", K.REIMBURSEMENT, "+", Fact.REAL_JP),
    ("CustomerReturn", K.REIMBURSEMENT, "+", Fact.JUDGEMENT),
    ("CRETURN_WRONG_ITEM", K.REIMBURSEMENT, "+", Fact.FEE_LIST),
    ("FBA Inventory Reimbursement - Customer Return", K.REIMBURSEMENT, "+", Fact.FEE_LIST),
    ("FREE_REPLACEMENT_REFUND_ITEMS", K.REIMBURSEMENT, "+", Fact.AU_CONFIG),
    ("MULTICHANNEL_ORDER_DAMAGED", K.REIMBURSEMENT, "+", Fact.FEE_LIST),
    ("MULTICHANNEL_ORDER_LATE", K.REIMBURSEMENT, "+", Fact.FEE_LIST),
    ("MULTICHANNEL_ORDER_LOST", K.REIMBURSEMENT, "+", Fact.AU_CONFIG),
    ("REMOVAL_ORDER_DAMAGED", K.REIMBURSEMENT, "+", Fact.FEE_LIST),
    ("REMOVAL_ORDER_LOST", K.REIMBURSEMENT, "+", Fact.CODE),
    ("RE_EVALUATION", K.REIMBURSEMENT, "+/-", Fact.AU_CONFIG),
    ("INBOUND_CARRIER_DAMAGE", K.REIMBURSEMENT, "+", Fact.FEE_LIST),
    ("GENERAL_ADJUSTMENT", K.REIMBURSEMENT, "+/-", Fact.FEE_LIST),
    ("INCORRECT_FEES_ITEMS", K.FEE_ADJUSTMENT, "+", Fact.FEE_LIST),
    ("INCORRECT_FEES_NON_ITEMIZED", K.FEE_ADJUSTMENT, "+", Fact.SELLER_TABLE),
)

MORE_REIMBURSEMENTS: tuple[Row, ...] = (
    ("Refund Reimbursal", K.REIMBURSEMENT, "+", Fact.AUTHORED),
    ("Reimbursement for Lost packages", K.REIMBURSEMENT, "+", Fact.REAL_JP),
    ("SAFE-T Reimbursement", K.REIMBURSEMENT_SAFE_T, "+", Fact.REAL_JP),
    ("Seller Rewards", K.SELLER_REWARDS_INCOME, "+", Fact.AU_CONFIG),
)


def _plain() -> Iterator[Rule]:
    """`other-transaction` twice, the charge's name as description: the shape V1 rows map to as well."""
    for rows in (BALANCES, CHARGES, POSTAGE, MORE_REIMBURSEMENTS, RETURN_FEES):
        yield from rules("other-transaction", "other-transaction", rows)
    yield from rules("other-transaction", "other-transaction", BALANCE_PREFIXES, prefix=True)
    yield from rules("other-transaction", "ItemFees", RETURN_FEES)
    for part in POSTAGE_PARTS:
        row = (f"ReturnPostageBilling_{part}", K.POSTAGE_RETURN_LABEL, "-", Fact.CODE)
        yield from rules("other-transaction", "other-transaction", [row])
    for part in POSTAGE_BILLED:
        row = (f"PostageBilling_{part}", K.POSTAGE_PURCHASE, "-", Fact.ANALOGY)
        yield from rules("other-transaction", "other-transaction", [row])


def _reimbursements() -> Iterator[Rule]:
    for amount_type in ("FBA Inventory Reimbursement", "MCF Inventory Reimbursement"):
        yield from rules("other-transaction", amount_type, REIMBURSEMENTS)
    yield from rules(
        "SAFE-T Reimbursement", "Other Transactions", [("SAFE-T Reimbursement", K.REIMBURSEMENT_SAFE_T, "+", Fact.REAL_JP)]
    )
    lost = ("Reimbursement for Lost packages", K.REIMBURSEMENT, "+", Fact.REAL_JP)
    yield from rules("Other", "Other Transactions", [lost])


def _advertising() -> Iterator[Rule]:
    """TransactionTotalAmount leaves its TaxAmount out: a real V1 row states -1.16 and -0.14, and both count."""
    for transaction in ("ServiceFee", "other-transaction"):
        for description, sign in (("TransactionTotalAmount", Sign.MINUS), ("CreditAdjustment", Sign.PLUS)):
            triple = Triple(transaction, "Cost of Advertising", description)
            yield Rule(triple, K.ADVERTISING, sign, Fact.REAL_V1, tax_apart=True)
        tax = Triple(transaction, "Cost of Advertising", "TaxAmount")
        yield Rule(tax, K.ADVERTISING_TAX, Sign.MINUS, Fact.REAL_V1, joins=K.ADVERTISING)
        refund = Triple(transaction, "Refund for Advertiser", "TransactionTotalAmount")
        yield Rule(refund, K.ADVERTISING_REFUND, Sign.PLUS, Fact.AU_CONFIG, tax_apart=True)
        refund_tax = Triple(transaction, "Refund for Advertiser", "TaxAmount")
        yield Rule(refund_tax, K.ADVERTISING_TAX, Sign.PLUS, Fact.ANALOGY, joins=K.ADVERTISING_REFUND)


def _deals() -> Iterator[Rule]:
    for transaction, amount_type in (("Promotion Fee", "Deals"), ("Promotion Fee", "PromotionFee"), ("ServiceFee", "Deals")):
        for description in ("Promotion Fee", "Promotion Fee Special"):
            yield from rules(transaction, amount_type, [(description, K.DEAL_FEE, "-", Fact.AU_CONFIG)])
    lightning = [
        ("LightningDealFee", K.DEAL_FEE, "-", Fact.SELLER_TABLE),
        ("LightningDealFee Special", K.DEAL_FEE, "-", Fact.SELLER_TABLE),
    ]
    yield from rules("Lightning Deal Fee", "LightningDealFee", lightning)
    yield from rules("CouponRedemptionFee", "CouponRedemptionFee", [(ANY, K.COUPON_FEE, "-", Fact.SELLER_TABLE)])
    yield from rules("Vine Enrollment Fee", "Vine Enrollment Fee", [("Vine Enrollment Fee", K.VINE_FEE, "-", Fact.SELLER_TABLE)])
    review = ("Early Reviewer Program fee", K.VINE_FEE, "-", Fact.SELLER_TABLE)
    yield from rules("SellerReviewEnrollmentPayment", "Review Enrollment Fee", [review])
    yield from rules("Seller Rewards", "Seller Rewards", [("Seller Rewards", K.SELLER_REWARDS_INCOME, "+", Fact.AU_CONFIG)])


def _storage() -> Iterator[Rule]:
    awd = "Amazon Warehousing & Distribution (AWD)"
    rows: tuple[Row, ...] = (
        ("AWD Processing Fee", K.AWD_FEE, "-", Fact.SELLER_TABLE),
        ("AWD Storage Fee", K.FBA_STORAGE_FEE_AWD, "-", Fact.SELLER_TABLE),
        ("AWD Transportation Fee", K.INBOUND_TRANSPORT_AWD, "-", Fact.SELLER_TABLE),
    )
    yield from rules("other-transaction", awd, rows)
    reserved: tuple[Row, ...] = (
        ("Reservation Fee", K.FBA_STORAGE_FEE_RESERVATION, "-", Fact.AU_CONFIG),
        ("Performance Credits", K.FBA_STORAGE_FEE_RESERVATION, "+", Fact.AU_CONFIG),
        ("Tax", K.FBA_STORAGE_FEE_RESERVATION_TAX, "-", Fact.AU_CONFIG),
    )
    yield from rules("other-transaction", "Capacity Reservation Fee", reserved)
    resell = (ANY, K.FBA_RETURNS_PROCESSING_FEE, "-", Fact.REAL_US)
    yield from rules("Grade and Resell Fees", "Grade and Resell Charge", [resell])
    yield from rules("other-transaction", "Inbound Defect Fee", [(ANY, K.INBOUND_DEFECT_FEE, "-", Fact.AU_CONFIG)])
    manual = ("Manual Processing Fee Reimbursement", K.INBOUND_MANUAL_PROCESSING, "+", Fact.SELLER_TABLE)
    yield from rules("other-transaction", "Manual Processing Fee Reimbursement", [manual])


def _transfers() -> Iterator[Rule]:
    yield from rules("Transfers", "Micro Deposit", [("Micro Deposit", K.BANK_VERIFICATION, "-", Fact.SELLER_TABLE)])
    debt: tuple[Row, ...] = tuple(row for row in BALANCE_PREFIXES if row[1] is K.DEBT_CROSS_ACCOUNT)
    for transaction in ("Debt Adjustment", "other-transaction"):
        yield from rules(transaction, "Debt Adjustment", debt, prefix=True)
    yield from rules(
        "Income Tax Charged", "other-transaction", [(ANY, K.INCOME_TAX_WITHHELD_RECOVERABLE, "-", Fact.SELLER_TABLE)]
    )
    yield from rules("Commingling VAT", "other-transaction", [("Commingling VAT", K.COMMINGLING_VAT, "+/-", Fact.AU_CONFIG)])
    easy_ship = ("Amazon Easy Ship Charges", K.POSTAGE_PURCHASE, "-", Fact.REAL_JP)
    yield from rules("Amazon Easy Ship Charges", "ItemFees", [easy_ship])


def other_rules() -> Iterator[Rule]:
    """Every row that is about the seller's account."""
    yield from _plain()
    yield from _reimbursements()
    yield from _advertising()
    yield from _deals()
    yield from _storage()
    yield from _transfers()
