"""The default chart of accounts: where each kind of row goes until a tenant decides otherwise.

Names have at most 31 characters (QuickBooks Desktop's limit) and no colon or quotes, so that the
same names work in every ledger. Codes and types are what each ledger calls the account when it is
created for the tenant. Source: the accounting design, section 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from canonical.accounting import AccountRef, AccountType
from canonical.settlement import LineCategory as K

AMAZON = "Amazon"  # the source that the chart's names are written for


class Treatment(StrEnum):
    """What VAT does to an account's rows where the ledger keeps VAT."""

    SUPPLY = "supply"  # as the sale: output VAT, or none where the marketplace is the supplier
    STANDARD_SUPPLY = "standard_supply"  # output VAT whatever the buyer's case
    PURCHASE = "purchase"  # input VAT on fees
    OUTSIDE = "outside"  # not on the VAT return


class Role(StrEnum):
    """The part an account plays; a tenant maps roles to accounts of the ledger."""

    SALES = "sales"
    SHIPPING_INCOME = "shipping_income"
    PROMOTIONS = "promotions"
    REFUNDS = "refunds"
    LIQUIDATION = "liquidation_sales"
    REIMBURSEMENTS = "reimbursements"
    OTHER_INCOME = "other_income"
    SELLING_FEES = "selling_fees"
    FBA_FEES = "fba_fees"
    SHIPPING_CHARGEBACKS = "shipping_chargebacks"
    POSTAGE = "postage"
    INBOUND = "inbound_and_prep"
    STORAGE = "storage_fees"
    REMOVAL = "removal_and_disposal"
    ADVERTISING = "advertising"
    DEALS = "deals_and_coupons"
    SUBSCRIPTIONS = "subscriptions"
    REGULATORY = "regulatory_fees"
    OTHER_FEES = "other_fees"
    BAD_DEBTS = "bad_debts"
    CLEARING = "clearing"
    IN_TRANSIT = "payouts_in_transit"
    RESERVE = "reserve"
    TAX_WITHHELD = "tax_withheld"
    INTER_ACCOUNT = "inter_account"
    CARRY = "month_end_carry"
    MARKETPLACE_TAX = "marketplace_tax"
    SALES_TAX_PAYABLE = "sales_tax_payable"
    BALANCE_OWED = "balance_owed"
    CARD = "card_charges"
    LOAN = "loan"
    OPENING = "opening_balance"
    EXCHANGE = "exchange_differences"
    ROUNDING = "rounding"
    STORE_CREDIT = "store_credit"
    BANK = "bank"


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """One account as each ledger would create it. `kinds` are the rows that go there by default.

    `type` is of the vocabulary that all ledgers share (canonical/accounting.py, AccountType), `subtype`
    QuickBooks Online's; `codes` suggests a number to ledgers that want one, by provider.
    """

    role: Role
    name: str
    type: str
    subtype: str
    codes: Mapping[str, str]
    treatment: Treatment
    kinds: tuple[K, ...] = ()

    def name_for(self, source: str) -> str:
        """The name for a source by its own name: "Amazon Sales" is "Magento Sales" there."""
        return self.name.replace(AMAZON, source, 1)

    @property
    def ref(self) -> AccountRef:
        """The account as a document names it while no ledger is connected."""
        return AccountRef(self.role.value, self.name)


def _codes(codes: tuple[str, str]) -> Mapping[str, str]:
    return dict(zip(("xero", "kashflow"), codes, strict=True))


def _income(
    role: Role, name: str, subtype: str, codes: tuple[str, str], kinds: tuple[K, ...], treatment: Treatment
) -> ChartAccount:
    return ChartAccount(role, name, AccountType.INCOME, subtype, _codes(codes), treatment, kinds)


def _other_income(role: Role, name: str, codes: tuple[str, str], kinds: tuple[K, ...]) -> ChartAccount:
    subtype = "OtherMiscellaneousIncome"
    return ChartAccount(role, name, AccountType.OTHER_INCOME, subtype, _codes(codes), Treatment.OUTSIDE, kinds)


def _cost(
    role: Role, name: str, subtype: str, codes: tuple[str, str], kinds: tuple[K, ...], treatment: Treatment = Treatment.PURCHASE
) -> ChartAccount:
    return ChartAccount(role, name, AccountType.COST_OF_GOODS_SOLD, subtype, _codes(codes), treatment, kinds)


def _expense(
    role: Role, name: str, subtype: str, codes: tuple[str, str], kinds: tuple[K, ...], treatment: Treatment = Treatment.PURCHASE
) -> ChartAccount:
    return ChartAccount(role, name, AccountType.EXPENSE, subtype, _codes(codes), treatment, kinds)


def _asset(role: Role, name: str, codes: tuple[str, str], kinds: tuple[K, ...] = ()) -> ChartAccount:
    kind, subtype = AccountType.OTHER_CURRENT_ASSET, "OtherCurrentAssets"
    return ChartAccount(role, name, kind, subtype, _codes(codes), Treatment.OUTSIDE, kinds)


def _liability(role: Role, name: str, codes: tuple[str, str], kinds: tuple[K, ...] = ()) -> ChartAccount:
    kind, subtype = AccountType.OTHER_CURRENT_LIABILITY, "OtherCurrentLiabilities"
    return ChartAccount(role, name, kind, subtype, _codes(codes), Treatment.OUTSIDE, kinds)


_PRODUCTS = "SalesOfProductIncome"
_DISCOUNTS = "DiscountsRefundsGiven"
_SERVICES = "OtherMiscellaneousServiceCost"
_FREIGHT = "ShippingFreightDeliveryCos"
_SUPPLY = Treatment.SUPPLY

LEDGER_ACCOUNTS: tuple[ChartAccount, ...] = (
    _income(Role.SALES, "Amazon Sales", _PRODUCTS, ("2010", "4010"), (K.SALE,), _SUPPLY),
    _income(
        Role.SHIPPING_INCOME,
        "Amazon Shipping Income",
        _PRODUCTS,
        ("2011", "4011"),
        (K.SHIPPING_INCOME, K.GIFTWRAP_INCOME, K.SHIPPING_HOLDBACK, K.OTHER_INCOME_COD, K.OTHER_INCOME_EXPORT),
        _SUPPLY,
    ),
    _income(
        Role.PROMOTIONS,
        "Amazon Promotions",
        _DISCOUNTS,
        ("2012", "4012"),
        (K.PROMOTION_DISCOUNT, K.PROMOTION_DISCOUNT_POINTS, K.REFUND_PROMOTION, K.REFUND_PROMOTION_POINTS),
        _SUPPLY,
    ),
    _income(
        Role.REFUNDS,
        "Amazon Refunds",
        _DISCOUNTS,
        ("2013", "4013"),
        (
            K.REFUND_SALE,
            K.REFUND_SHIPPING,
            K.REFUND_GIFTWRAP,
            K.REFUND_EXPORT,
            K.REFUND_GOODWILL,
            K.REFUND_RETURN_SHIPPING,
            K.REFUND_RESTOCKING_INCOME,
            K.BUYER_RECHARGE,
            K.A_TO_Z,
            K.CHARGEBACK,
        ),
        _SUPPLY,
    ),
    _income(
        Role.LIQUIDATION,
        "Amazon Liquidation Sales",
        _PRODUCTS,
        ("2014", "4014"),
        (K.LIQUIDATION_PROCEEDS,),
        Treatment.STANDARD_SUPPLY,
    ),
    _other_income(
        Role.REIMBURSEMENTS,
        "Amazon Reimbursements",
        ("2015", "4915"),
        (K.REIMBURSEMENT, K.REIMBURSEMENT_CLAWBACK, K.REIMBURSEMENT_SAFE_T),
    ),
    _other_income(Role.OTHER_INCOME, "Amazon Other Income", ("2016", "4916"), (K.SELLER_REWARDS_INCOME,)),
    _cost(
        Role.SELLING_FEES,
        "Amazon Selling Fees",
        "OtherCostsOfServiceCos",
        ("3110", "5110"),
        (
            K.REFERRAL_FEE,
            K.REFERRAL_FEE_CLOSING,
            K.REFERRAL_FEE_PER_ITEM,
            K.REFERRAL_FEE_OTHER,
            K.REFUND_REFERRAL_FEE,
            K.REFUND_REFERRAL_FEE_CLOSING,
            K.REFUND_REFERRAL_FEE_PER_ITEM,
            K.REFUND_REFERRAL_FEE_OTHER,
            K.REFUND_ADMIN_FEE,
            K.COD_FEE,
            K.LIQUIDATION_FEE,
            K.FEE_TAX_INPUT,
            K.A_TO_Z_FEE,
            K.CHARGEBACK_FEE,
        ),
    ),
    _cost(
        Role.FBA_FEES,
        "Amazon FBA Fees",
        _FREIGHT,
        ("3111", "5111"),
        (
            K.FBA_FULFILLMENT_FEE,
            K.FBA_FULFILLMENT_FEE_MCF,
            K.FBA_FULFILLMENT_FEE_CREDIT,
            K.FBA_FULFILLMENT_FEE_TAX,
            K.REFUND_FBA_FULFILLMENT_FEE,
            K.REFUND_FBA_FULFILLMENT_FEE_CREDIT,
            K.FBA_RETURNS_PROCESSING_FEE,
            K.FBA_RETURNS_PROCESSING_FEE_TAX,
            K.FBA_STORAGE_FEE_LOW_INVENTORY,
            K.FBA_STORAGE_FEE_LOW_INVENTORY_TAX,
        ),
    ),
    _cost(
        Role.SHIPPING_CHARGEBACKS,
        "Amazon Shipping Chargebacks",
        _FREIGHT,
        ("3112", "5112"),
        (
            K.FBA_SHIPPING_CHARGEBACK,
            K.FBA_GIFTWRAP_CHARGEBACK,
            K.REFUND_FBA_SHIPPING_CHARGEBACK,
            K.REFUND_FBA_GIFTWRAP_CHARGEBACK,
        ),
    ),
    _cost(
        Role.POSTAGE,
        "Amazon Postage",
        _FREIGHT,
        ("3113", "5113"),
        (K.POSTAGE_PURCHASE, K.POSTAGE_PURCHASE_TAX, K.POSTAGE_RETURN_LABEL, K.POSTAGE_ADJUSTMENT, K.POSTAGE_REFUND),
        Treatment.OUTSIDE,
    ),
    _cost(
        Role.INBOUND,
        "Amazon Inbound and Prep",
        _FREIGHT,
        ("3114", "5114"),
        (
            K.INBOUND_TRANSPORT,
            K.INBOUND_TRANSPORT_TAX,
            K.INBOUND_TRANSPORT_AWD,
            K.INBOUND_TRANSPORT_AWD_TAX,
            K.INBOUND_PLACEMENT,
            K.INBOUND_PLACEMENT_TAX,
            K.INBOUND_PREP,
            K.INBOUND_PREP_TAX,
            K.INBOUND_DEFECT_FEE,
            K.INBOUND_DEFECT_FEE_TAX,
            K.INBOUND_MANUAL_PROCESSING,
            K.AWD_FEE,
            K.AWD_FEE_TAX,
        ),
    ),
    _expense(
        Role.STORAGE,
        "Amazon Storage Fees",
        _SERVICES,
        ("4110", "7110"),
        (
            K.FBA_STORAGE_FEE,
            K.FBA_STORAGE_FEE_TAX,
            K.FBA_STORAGE_FEE_LONG_TERM,
            K.FBA_STORAGE_FEE_LONG_TERM_TAX,
            K.FBA_STORAGE_FEE_AWD,
            K.FBA_STORAGE_FEE_AWD_TAX,
            K.FBA_STORAGE_FEE_RESERVATION,
            K.FBA_STORAGE_FEE_RESERVATION_TAX,
        ),
    ),
    _expense(
        Role.REMOVAL,
        "Amazon Removal and Disposal",
        _SERVICES,
        ("4111", "7111"),
        (K.REMOVAL_DISPOSAL, K.REMOVAL_DISPOSAL_TAX),
    ),
    _expense(
        Role.ADVERTISING,
        "Amazon Advertising",
        "AdvertisingPromotional",
        ("4112", "7112"),
        (K.ADVERTISING, K.ADVERTISING_TAX, K.ADVERTISING_REFUND),
    ),
    _expense(
        Role.DEALS,
        "Amazon Deals and Coupons",
        "AdvertisingPromotional",
        ("4113", "7113"),
        (K.DEAL_FEE, K.DEAL_FEE_TAX, K.DEAL_FEE_ADJUSTMENT, K.COUPON_FEE, K.COUPON_FEE_TAX, K.VINE_FEE, K.VINE_FEE_TAX),
    ),
    _expense(
        Role.SUBSCRIPTIONS,
        "Amazon Subscriptions",
        "DuesSubscriptions",
        ("4114", "7114"),
        (
            K.SUBSCRIPTION_FEE,
            K.SUBSCRIPTION_FEE_TAX,
            K.SUBSCRIPTION_FEE_LISTING,
            K.SUBSCRIPTION_FEE_LISTING_TAX,
            K.PREMIUM_SERVICES_FEE,
            K.PREMIUM_SERVICES_FEE_TAX,
        ),
    ),
    _expense(
        Role.REGULATORY,
        "Amazon Regulatory Fees",
        _SERVICES,
        ("4115", "7115"),
        (
            K.DIGITAL_SERVICES_FEE,
            K.REFUND_DIGITAL_SERVICES_FEE,
            K.REGULATORY_FEE,
            K.REGULATORY_FEE_EPR,
            K.REGULATORY_FEE_EPR_TAX,
            K.TAX_COLLECTION_SERVICE_FEE,
            K.REFUND_TAX_COLLECTION_SERVICE_FEE,
        ),
    ),
    _expense(Role.OTHER_FEES, "Amazon Other Fees", _SERVICES, ("4116", "7116"), (K.FEE_ADJUSTMENT, K.OTHER_EXPENSE)),
    _expense(Role.BAD_DEBTS, "Amazon Bad Debts", "BadDebts", ("4117", "7117"), (K.BAD_DEBT,), Treatment.OUTSIDE),
    _asset(Role.CLEARING, "Amazon Clearing", ("6110", "1250")),
    _asset(Role.IN_TRANSIT, "Amazon Payouts in Transit", ("6111", "1251"), (K.FAILED_TRANSFER, K.BANK_VERIFICATION)),
    _asset(Role.RESERVE, "Amazon Reserve", ("6112", "1252"), (K.RESERVE_CURRENT, K.RESERVE_PREVIOUS, K.RESERVE_DEFERRED)),
    _asset(
        Role.TAX_WITHHELD,
        "Amazon Tax Withheld",
        ("6113", "1253"),
        (K.TAX_COLLECTED_AT_SOURCE_RECOVERABLE, K.INCOME_TAX_WITHHELD_RECOVERABLE),
    ),
    _asset(Role.INTER_ACCOUNT, "Amazon Inter-account Balances", ("6114", "1254"), (K.DEBT_CROSS_ACCOUNT,)),
    _asset(Role.CARRY, "Amazon Month End Carry", ("6115", "1255")),
    _liability(
        Role.MARKETPLACE_TAX,
        "Amazon Marketplace Tax",
        ("8110", "2250"),
        (
            K.SALES_TAX_COLLECTED,
            K.MARKETPLACE_FACILITATOR_TAX_WITHHELD,
            K.REFUND_SALES_TAX,
            K.REFUND_MARKETPLACE_FACILITATOR_TAX,
            K.SALES_TAX_COLLECTED_RETRO,
            K.MARKETPLACE_FACILITATOR_TAX_WITHHELD_RETRO,
            K.REFUND_SALES_TAX_COLLECTED_RETRO,
            K.REFUND_MARKETPLACE_FACILITATOR_TAX_WITHHELD_RETRO,
            K.A_TO_Z_TAX,
            K.CHARGEBACK_TAX,
        ),
    ),
    _liability(Role.SALES_TAX_PAYABLE, "Amazon Sales Tax Payable", ("8111", "2251")),
    _liability(Role.BALANCE_OWED, "Amazon Balance Owed", ("8112", "2252"), (K.DEBT_CARRIED_FORWARD,)),
    _liability(Role.STORE_CREDIT, "Amazon Store Credit", ("8114", "2254")),
    _liability(Role.CARD, "Amazon Card Charges", ("8113", "2253"), (K.DEBT_RECOVERY_CARD_CHARGE,)),
    ChartAccount(
        Role.LOAN,
        "Amazon Loan",
        AccountType.LONG_TERM_LIABILITY,
        "NotesPayable",
        _codes(("9110", "2310")),
        Treatment.OUTSIDE,
        (K.LOAN_REPAYMENT, K.LOAN_ADVANCE),
    ),
    ChartAccount(
        Role.OPENING,
        "Amazon Opening Balance",
        AccountType.EQUITY,
        "OpeningBalanceEquity",
        _codes(("9610", "3210")),
        Treatment.OUTSIDE,
    ),
    ChartAccount(
        Role.EXCHANGE,
        "Amazon Exchange Differences",
        AccountType.OTHER_EXPENSE,
        "ExchangeGainOrLoss",
        _codes(("4118", "7118")),
        Treatment.OUTSIDE,
    ),
    _expense(Role.ROUNDING, "Amazon Rounding", _SERVICES, ("4119", "7119"), (), Treatment.OUTSIDE),
)

HELD: frozenset[K] = frozenset({K.COMMINGLING_VAT, K.OTHER_ADJUSTMENT, K.DIRECT_PAYMENT})
"""Kinds that are known by name but not by meaning: held until a person maps them."""

BY_ROLE: Mapping[str, ChartAccount] = {account.role.value: account for account in LEDGER_ACCOUNTS}
_BY_KIND: Mapping[str, ChartAccount] = {kind.value: account for account in LEDGER_ACCOUNTS for kind in account.kinds}


def account_of(kind: str) -> ChartAccount | None:
    """The default home of a kind, None for kinds that are held."""
    return _BY_KIND.get(kind)


def role_of(kind: str) -> Role | None:
    """The role a kind plays by default, None for kinds that are held."""
    account = _BY_KIND.get(kind)
    return account.role if account else None
