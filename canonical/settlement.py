"""A settlement as the marketplace states it: a header, and signed rows that must add up to it.

A row's sign is the seller's balance at the marketplace: positive is owed to the seller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .money import Money


class LineCategory(StrEnum):
    """The kind of a row: what it means in the books, whatever a marketplace calls it.

    The account comes from the kind, never from the sign. Kinds ending in `_tax` are tax on the fee of
    the same name.
    """

    # Sales and what the buyer pays
    SALE = "sale"
    SHIPPING_INCOME = "shipping_income"
    GIFTWRAP_INCOME = "giftwrap_income"
    SHIPPING_HOLDBACK = "shipping_holdback"
    OTHER_INCOME_COD = "other_income_cod"
    OTHER_INCOME_EXPORT = "other_income_export"
    LIQUIDATION_PROCEEDS = "liquidation_proceeds"
    # Discounts the seller bears
    PROMOTION_DISCOUNT = "promotion_discount"
    PROMOTION_DISCOUNT_POINTS = "promotion_discount_points"
    REFUND_PROMOTION = "refund_promotion"
    REFUND_PROMOTION_POINTS = "refund_promotion_points"
    # Refunds
    REFUND_SALE = "refund_sale"
    REFUND_SHIPPING = "refund_shipping"
    REFUND_GIFTWRAP = "refund_giftwrap"
    REFUND_EXPORT = "refund_export"
    REFUND_GOODWILL = "refund_goodwill"
    REFUND_RETURN_SHIPPING = "refund_return_shipping"
    REFUND_RESTOCKING_INCOME = "refund_restocking_income"
    BUYER_RECHARGE = "buyer_recharge"
    # Claims decided against the seller
    A_TO_Z = "a-to-z"
    A_TO_Z_FEE = "a-to-z_fee"
    A_TO_Z_TAX = "a-to-z_tax"
    CHARGEBACK = "chargeback"
    CHARGEBACK_FEE = "chargeback_fee"
    CHARGEBACK_TAX = "chargeback_tax"
    # Tax on sales, collected and withheld
    SALES_TAX_COLLECTED = "sales_tax_collected"
    REFUND_SALES_TAX = "refund_sales_tax"
    MARKETPLACE_FACILITATOR_TAX_WITHHELD = "marketplace_facilitator_tax_withheld"
    REFUND_MARKETPLACE_FACILITATOR_TAX = "refund_marketplace_facilitator_tax"
    SALES_TAX_COLLECTED_RETRO = "sales_tax_collected_retro"
    REFUND_SALES_TAX_COLLECTED_RETRO = "refund_sales_tax_collected_retro"
    MARKETPLACE_FACILITATOR_TAX_WITHHELD_RETRO = "marketplace_facilitator_tax_withheld_retro"
    REFUND_MARKETPLACE_FACILITATOR_TAX_WITHHELD_RETRO = "refund_marketplace_facilitator_tax_withheld_retro"
    TAX_COLLECTED_AT_SOURCE_RECOVERABLE = "tax_collected_at_source_recoverable"
    INCOME_TAX_WITHHELD_RECOVERABLE = "income_tax_withheld_recoverable"
    COMMINGLING_VAT = "commingling_vat"
    # Selling fees
    REFERRAL_FEE = "referral_fee"
    REFERRAL_FEE_CLOSING = "referral_fee_closing"
    REFERRAL_FEE_PER_ITEM = "referral_fee_per_item"
    REFERRAL_FEE_OTHER = "referral_fee_other"
    REFUND_REFERRAL_FEE = "refund_referral_fee"
    REFUND_REFERRAL_FEE_CLOSING = "refund_referral_fee_closing"
    REFUND_REFERRAL_FEE_PER_ITEM = "refund_referral_fee_per_item"
    REFUND_REFERRAL_FEE_OTHER = "refund_referral_fee_other"
    REFUND_ADMIN_FEE = "refund_admin_fee"
    COD_FEE = "cod_fee"
    LIQUIDATION_FEE = "liquidation_fee"
    FEE_TAX_INPUT = "fee_tax_input"
    # Fulfilment
    FBA_FULFILLMENT_FEE = "fba_fulfillment_fee"
    FBA_FULFILLMENT_FEE_MCF = "fba_fulfillment_fee_mcf"
    FBA_FULFILLMENT_FEE_CREDIT = "fba_fulfillment_fee_credit"
    FBA_FULFILLMENT_FEE_TAX = "fba_fulfillment_fee_tax"
    REFUND_FBA_FULFILLMENT_FEE = "refund_fba_fulfillment_fee"
    REFUND_FBA_FULFILLMENT_FEE_CREDIT = "refund_fba_fulfillment_fee_credit"
    FBA_RETURNS_PROCESSING_FEE = "fba_returns_processing_fee"
    FBA_RETURNS_PROCESSING_FEE_TAX = "fba_returns_processing_fee_tax"
    FBA_STORAGE_FEE_LOW_INVENTORY = "fba_storage_fee_low_inventory"
    FBA_STORAGE_FEE_LOW_INVENTORY_TAX = "fba_storage_fee_low_inventory_tax"
    FBA_SHIPPING_CHARGEBACK = "fba_shipping_chargeback"
    FBA_GIFTWRAP_CHARGEBACK = "fba_giftwrap_chargeback"
    REFUND_FBA_SHIPPING_CHARGEBACK = "refund_fba_shipping_chargeback"
    REFUND_FBA_GIFTWRAP_CHARGEBACK = "refund_fba_giftwrap_chargeback"
    # Postage
    POSTAGE_PURCHASE = "postage_purchase"
    POSTAGE_RETURN_LABEL = "postage_return_label"
    POSTAGE_ADJUSTMENT = "postage_adjustment"
    POSTAGE_REFUND = "postage_refund"
    POSTAGE_PURCHASE_TAX = "postage_purchase_tax"
    # Inbound
    INBOUND_TRANSPORT = "inbound_transport"
    INBOUND_TRANSPORT_TAX = "inbound_transport_tax"
    INBOUND_TRANSPORT_AWD = "inbound_transport_awd"
    INBOUND_TRANSPORT_AWD_TAX = "inbound_transport_awd_tax"
    INBOUND_PLACEMENT = "inbound_placement"
    INBOUND_PLACEMENT_TAX = "inbound_placement_tax"
    INBOUND_PREP = "inbound_prep"
    INBOUND_PREP_TAX = "inbound_prep_tax"
    INBOUND_DEFECT_FEE = "inbound_defect_fee"
    INBOUND_DEFECT_FEE_TAX = "inbound_defect_fee_tax"
    INBOUND_MANUAL_PROCESSING = "inbound_manual_processing"
    AWD_FEE = "awd_fee"
    AWD_FEE_TAX = "awd_fee_tax"
    # Storage and removal
    FBA_STORAGE_FEE = "fba_storage_fee"
    FBA_STORAGE_FEE_TAX = "fba_storage_fee_tax"
    FBA_STORAGE_FEE_LONG_TERM = "fba_storage_fee_long_term"
    FBA_STORAGE_FEE_LONG_TERM_TAX = "fba_storage_fee_long_term_tax"
    FBA_STORAGE_FEE_AWD = "fba_storage_fee_awd"
    FBA_STORAGE_FEE_AWD_TAX = "fba_storage_fee_awd_tax"
    FBA_STORAGE_FEE_RESERVATION = "fba_storage_fee_reservation"
    FBA_STORAGE_FEE_RESERVATION_TAX = "fba_storage_fee_reservation_tax"
    REMOVAL_DISPOSAL = "removal_disposal"
    REMOVAL_DISPOSAL_TAX = "removal_disposal_tax"
    # Advertising, deals, subscriptions
    ADVERTISING = "advertising"
    ADVERTISING_TAX = "advertising_tax"
    ADVERTISING_REFUND = "advertising_refund"
    DEAL_FEE = "deal_fee"
    DEAL_FEE_TAX = "deal_fee_tax"
    DEAL_FEE_ADJUSTMENT = "deal_fee_adjustment"
    COUPON_FEE = "coupon_fee"
    COUPON_FEE_TAX = "coupon_fee_tax"
    VINE_FEE = "vine_fee"
    VINE_FEE_TAX = "vine_fee_tax"
    SUBSCRIPTION_FEE = "subscription_fee"
    SUBSCRIPTION_FEE_TAX = "subscription_fee_tax"
    SUBSCRIPTION_FEE_LISTING = "subscription_fee_listing"
    SUBSCRIPTION_FEE_LISTING_TAX = "subscription_fee_listing_tax"
    PREMIUM_SERVICES_FEE = "premium_services_fee"
    PREMIUM_SERVICES_FEE_TAX = "premium_services_fee_tax"
    # Regulation
    DIGITAL_SERVICES_FEE = "digital_services_fee"
    REFUND_DIGITAL_SERVICES_FEE = "refund_digital_services_fee"
    REGULATORY_FEE = "regulatory_fee"
    REGULATORY_FEE_EPR = "regulatory_fee_epr"
    REGULATORY_FEE_EPR_TAX = "regulatory_fee_epr_tax"
    TAX_COLLECTION_SERVICE_FEE = "tax_collection_service_fee"
    REFUND_TAX_COLLECTION_SERVICE_FEE = "refund_tax_collection_service_fee"
    # Corrections and reimbursements
    FEE_ADJUSTMENT = "fee_adjustment"
    OTHER_EXPENSE = "other_expense"
    OTHER_ADJUSTMENT = "other_adjustment"
    BAD_DEBT = "bad_debt"
    REIMBURSEMENT = "reimbursement"
    REIMBURSEMENT_CLAWBACK = "reimbursement_clawback"
    REIMBURSEMENT_SAFE_T = "reimbursement_safe_t"
    SELLER_REWARDS_INCOME = "seller_rewards_income"
    # Balances between the seller and the marketplace
    RESERVE_CURRENT = "reserve_current"
    RESERVE_PREVIOUS = "reserve_previous"
    RESERVE_DEFERRED = "reserve_deferred"
    DEBT_CARRIED_FORWARD = "debt_carried_forward"
    DEBT_RECOVERY_CARD_CHARGE = "debt_recovery_card_charge"
    DEBT_CROSS_ACCOUNT = "debt_cross_account"
    FAILED_TRANSFER = "failed_transfer"
    BANK_VERIFICATION = "bank_verification"
    LOAN_REPAYMENT = "loan_repayment"
    LOAN_ADVANCE = "loan_advance"
    DIRECT_PAYMENT = "direct_payment"


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One component row of a settlement file, exactly as stated.

    `ordinal` counts component rows from 1 and, with the settlement, is the row's identity (equal
    rows are legitimate and never merged). `line_no` is the physical line in the file. `posted_at`
    is aware UTC, or None where the file leaves it blank. `category` is the kind the catalogue
    gives the row, "" when it is unknown and the row therefore is held.
    """

    ordinal: int
    line_no: int
    transaction_type: str
    amount_type: str
    amount_description: str
    amount: Decimal
    category: str = ""
    posted_at: datetime | None = None
    marketplace: str = ""
    order_id: str = ""
    merchant_order_id: str = ""
    adjustment_id: str = ""
    shipment_id: str = ""
    order_item_code: str = ""
    sku: str = ""
    quantity: int | None = None
    fulfillment: str = ""
    promotion_id: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The header of a settlement file. `header_total` is None when the file has no summary row."""

    settlement_id: str
    currency: str
    period_start: datetime | None
    period_end: datetime | None
    deposit_at: datetime | None
    header_total: Decimal | None

    @property
    def total(self) -> Money | None:
        return None if self.header_total is None else Money(self.header_total, self.currency)
