"""What the marketplace charges: fees of an order, fees of a shipment, and the fee families.

Two generations exist side by side. The old one puts the fee's name into the description of
`ItemFees`, `Shipment Fees` or `other-transaction`; the new one (2025-26) has `FBAFees` or
`AmazonFees`, the fee's name as amount type, and the parts `Base fee`, `Tax on fee` and
`Discount on Fee`, which add up.
"""

from __future__ import annotations

from collections.abc import Iterator

from canonical.settlement import LineCategory as K

from ..triple import Triple
from .rule import ANY, Fact, Row, Rule, Sign, rules, tax_base

ORDER_FEES: tuple[Row, ...] = (
    ("Commission", K.REFERRAL_FEE, "-", Fact.REAL_V1),
    ("ReferralFee", K.REFERRAL_FEE, "-", Fact.CODE),
    ("ShippingCommission", K.REFERRAL_FEE, "-", Fact.CODE),
    ("FixedClosingFee", K.REFERRAL_FEE_CLOSING, "-", Fact.CODE),
    ("VariableClosingFee", K.REFERRAL_FEE_CLOSING, "-", Fact.FEE_LIST),
    ("PerItemFee", K.REFERRAL_FEE_PER_ITEM, "-", Fact.JUDGEMENT),
    ("TechnologyFee", K.REFERRAL_FEE_OTHER, "-", Fact.CODE),
    ("AmazonExclusivesFee", K.REFERRAL_FEE_OTHER, "-", Fact.JUDGEMENT),
    ("RenewedProgramFee", K.REFERRAL_FEE_OTHER, "-", Fact.CODE),
    ("PaymentMethodFee", K.REFERRAL_FEE_OTHER, "-", Fact.FINANCES),
    ("RefundCommission", K.REFUND_ADMIN_FEE, "-", Fact.CODE),
    ("CODChargeback", K.COD_FEE, "-", Fact.JUDGEMENT),
    ("CODFee", K.COD_FEE, "-", Fact.ANALOGY),
    ("HighVolumeListingFee", K.SUBSCRIPTION_FEE_LISTING, "-", Fact.JUDGEMENT),
    ("DigitalServicesFee", K.DIGITAL_SERVICES_FEE, "-", Fact.REAL_V1),
    ("DigitalServicesFeeFBA", K.DIGITAL_SERVICES_FEE, "-", Fact.CODE),
    ("RegulatoryOperatingFee", K.REGULATORY_FEE, "-", Fact.JUDGEMENT),
    ("SalesTaxCollectionFee", K.TAX_COLLECTION_SERVICE_FEE, "-", Fact.CODE),
    ("SalesTaxServiceFee", K.TAX_COLLECTION_SERVICE_FEE, "-", Fact.AU_CONFIG),
    ("TaxOnFees", K.FEE_TAX_INPUT, "-", Fact.CODE),
    ("FBAPerUnitFulfillmentFee", K.FBA_FULFILLMENT_FEE, "-", Fact.REAL_V2),
    ("FBAPerOrderFulfillmentFee", K.FBA_FULFILLMENT_FEE, "-", Fact.FEE_LIST),
    ("FBAWeightBasedFee", K.FBA_FULFILLMENT_FEE, "-", Fact.FEE_LIST),
    ("FBAWeightHandlingFee", K.FBA_FULFILLMENT_FEE, "-", Fact.CODE),
    ("FBAPickAndPackFee", K.FBA_FULFILLMENT_FEE, "-", Fact.CODE),
    ("FBA Pick & Pack Fee", K.FBA_FULFILLMENT_FEE, "-", Fact.CODE),
    ("FBADeliveryServicesFee", K.FBA_FULFILLMENT_FEE, "-", Fact.CODE),
    ("FBATransportationFee", K.FBA_FULFILLMENT_FEE, "-", Fact.FEE_LIST),
    ("RemoteFulfillmentCredit", K.FBA_FULFILLMENT_FEE_CREDIT, "+/-", Fact.JUDGEMENT),
    ("FBALowInventoryLevelFee", K.FBA_STORAGE_FEE_LOW_INVENTORY, "-", Fact.CODE),
    ("LowInventoryLevelFee", K.FBA_STORAGE_FEE_LOW_INVENTORY, "-", Fact.ANALOGY),
    ("ShippingChargeback", K.FBA_SHIPPING_CHARGEBACK, "-", Fact.REAL_V1),
    ("GiftwrapChargeback", K.FBA_GIFTWRAP_CHARGEBACK, "-", Fact.REAL_US),
    ("ShippingHB", K.SHIPPING_HOLDBACK, "-", Fact.FEE_LIST),
    ("LiquidationsBrokerageFee", K.LIQUIDATION_FEE, "-", Fact.ANALOGY),
    ("MFNPostageFee", K.POSTAGE_PURCHASE, "-", Fact.FINANCES),
)

REFUNDED_AS = {
    K.REFERRAL_FEE: K.REFUND_REFERRAL_FEE,
    K.REFERRAL_FEE_CLOSING: K.REFUND_REFERRAL_FEE_CLOSING,
    K.REFERRAL_FEE_PER_ITEM: K.REFUND_REFERRAL_FEE_PER_ITEM,
    K.REFERRAL_FEE_OTHER: K.REFUND_REFERRAL_FEE_OTHER,
    K.FBA_FULFILLMENT_FEE: K.REFUND_FBA_FULFILLMENT_FEE,
    K.FBA_FULFILLMENT_FEE_CREDIT: K.REFUND_FBA_FULFILLMENT_FEE_CREDIT,
    K.FBA_SHIPPING_CHARGEBACK: K.REFUND_FBA_SHIPPING_CHARGEBACK,
    K.FBA_GIFTWRAP_CHARGEBACK: K.REFUND_FBA_GIFTWRAP_CHARGEBACK,
    K.DIGITAL_SERVICES_FEE: K.REFUND_DIGITAL_SERVICES_FEE,
    K.TAX_COLLECTION_SERVICE_FEE: K.REFUND_TAX_COLLECTION_SERVICE_FEE,
}

REFUND_SOURCES = {
    "Commission": Fact.REAL_V1,
    "RefundCommission": Fact.REAL_V1,
    "DigitalServicesFee": Fact.REAL_V1,
    "FixedClosingFee": Fact.CODE,
    "GiftwrapChargeback": Fact.AU_CONFIG,
    "ShippingChargeback": Fact.AU_CONFIG,
    "RemoteFulfillmentCredit": Fact.AU_CONFIG,
    "FBAPerOrderFulfillmentFee": Fact.FEE_LIST,
    "FBAPerUnitFulfillmentFee": Fact.FEE_LIST,
    "FBAWeightBasedFee": Fact.FEE_LIST,
    "SalesTaxServiceFee": Fact.FEE_LIST,
    "VariableClosingFee": Fact.FEE_LIST,
}

SHIPMENT_FEES: tuple[Row, ...] = (
    ("FBA transportation fee", K.FBA_FULFILLMENT_FEE_MCF, "-", Fact.REAL_V1),
    ("FBAPerOrderFulfillmentFee", K.FBA_FULFILLMENT_FEE_MCF, "-", Fact.FEE_LIST),
    ("FBAPerUnitFulfillmentFee", K.FBA_FULFILLMENT_FEE_MCF, "-", Fact.FEE_LIST),
    ("FBAWeightBasedFee", K.FBA_FULFILLMENT_FEE_MCF, "-", Fact.ANALOGY),
    ("Multi-Channel Fulfillment Brand-Neutral Box Fee", K.FBA_FULFILLMENT_FEE_MCF, "-", Fact.FEE_LIST),
)

RETURN_FEES: tuple[Row, ...] = (
    ("FBACustomerReturnPerOrderFee", K.FBA_RETURNS_PROCESSING_FEE, "-", Fact.SELLER_TABLE),
    ("FBACustomerReturnPerUnitFee", K.FBA_RETURNS_PROCESSING_FEE, "-", Fact.SELLER_TABLE),
    ("FBACustomerReturnWeightBasedFee", K.FBA_RETURNS_PROCESSING_FEE, "-", Fact.SELLER_TABLE),
    ("CustomerReturnHRRUnitFee", K.FBA_RETURNS_PROCESSING_FEE, "-", Fact.CODE),
)

FAMILIES: tuple[tuple[str, str, K, Fact], ...] = (
    ("FBAFees", "FBA Inventory Storage Fee", K.FBA_STORAGE_FEE, Fact.AU_CONFIG),
    ("FBAFees", "FBA Storage Fee", K.FBA_STORAGE_FEE, Fact.ANALOGY),
    ("FBAFees", "FBA Storage Utilization Surcharge", K.FBA_STORAGE_FEE, Fact.JUDGEMENT),
    ("FBAFees", "FBA Long Term Storage Fee", K.FBA_STORAGE_FEE_LONG_TERM, Fact.AU_CONFIG),
    ("FBAFees", "FBA Aged Inventory Surcharge", K.FBA_STORAGE_FEE_LONG_TERM, Fact.JUDGEMENT),
    ("FBAFees", "AWD Storage Fee", K.FBA_STORAGE_FEE_AWD, Fact.REAL_US),
    ("FBAFees", "AWD Processing Fee", K.AWD_FEE, Fact.AU_CONFIG),
    ("FBAFees", "AWD Transportation Fee", K.INBOUND_TRANSPORT_AWD, Fact.AU_CONFIG),
    ("FBAFees", "FBA Amazon-Partnered Carrier Shipment Fee", K.INBOUND_TRANSPORT, Fact.AU_CONFIG),
    ("FBAFees", "FBA International Freight", K.INBOUND_TRANSPORT, Fact.JUDGEMENT),
    ("FBAFees", "FBA International Freight Shipping Charge", K.INBOUND_TRANSPORT, Fact.SELLER_TABLE),
    ("FBAFees", "FBA International Freight Duties and Taxes Charge", K.INBOUND_TRANSPORT, Fact.SELLER_TABLE),
    ("FBAFees", "FBA Inbound Placement Service Fee", K.INBOUND_PLACEMENT, Fact.CODE),
    ("FBAFees", "FBA Prep Fee", K.INBOUND_PREP, Fact.JUDGEMENT),
    ("FBAFees", "FBA Inbound Defect Fee", K.INBOUND_DEFECT_FEE, Fact.ANALOGY),
    ("FBAFees", "FBA Customer Returns Fee", K.FBA_RETURNS_PROCESSING_FEE, Fact.AU_CONFIG),
    ("FBAFees", "FBA Returns Processing Fee", K.FBA_RETURNS_PROCESSING_FEE, Fact.ANALOGY),
    ("FBAFees", "FBA Low-Inventory-Level Fee", K.FBA_STORAGE_FEE_LOW_INVENTORY, Fact.JUDGEMENT),
    ("FBAFees", "FBA Inventory Fee - LowInventoryLevel", K.FBA_STORAGE_FEE_LOW_INVENTORY, Fact.REAL_JP),
    ("FBAFees", "FBA Fulfillment Fee", K.FBA_FULFILLMENT_FEE, Fact.ANALOGY),
    ("FBAFees", "FBA Removal Order: Disposal Fee", K.REMOVAL_DISPOSAL, Fact.AU_CONFIG),
    ("FBAFees", "FBA Removal Order: Return Fee", K.REMOVAL_DISPOSAL, Fact.REAL_JP),
    ("AmazonFees", "Coupon Participation Fee", K.COUPON_FEE, Fact.CODE),
    ("AmazonFees", "Coupon Performance Based Fee", K.COUPON_FEE, Fact.CODE),
    ("AmazonFees", "Deal Participation Fee", K.DEAL_FEE, Fact.CODE),
    ("AmazonFees", "Deal Performance Fee", K.DEAL_FEE, Fact.JUDGEMENT),
    ("AmazonFees", "Deal Performance Based Fee", K.DEAL_FEE, Fact.ANALOGY),
    ("AmazonFees", "Vine Enrollment Fee", K.VINE_FEE, Fact.AU_CONFIG),
    ("AmazonFees", "Subscription Fee", K.SUBSCRIPTION_FEE, Fact.ANALOGY),
    ("AmazonFees", "High-volume Listing Fee", K.SUBSCRIPTION_FEE_LISTING, Fact.JUDGEMENT),
    ("AmazonFees", "Premium Services Fee", K.PREMIUM_SERVICES_FEE, Fact.JUDGEMENT),
    ("AmazonFees", "Amazon Easy Ship Charges", K.POSTAGE_PURCHASE, Fact.REAL_JP),
)

FAMILY_PREFIXES: tuple[tuple[str, str, K, Fact], ...] = (
    ("AmazonFees", "Eco-contribution for EPR", K.REGULATORY_FEE_EPR, Fact.CODE),
    ("AmazonFees", "EPR Pay on Behalf", K.REGULATORY_FEE_EPR, Fact.ANALOGY),
    ("FBAFees", "FBA Customer Returns Fee (", K.FBA_RETURNS_PROCESSING_FEE, Fact.CODE),
    ("FBAFees", "FBA Removal Order:", K.REMOVAL_DISPOSAL, Fact.AU_CONFIG),
    ("FBAFees", "Inbound Defect Fee", K.INBOUND_DEFECT_FEE, Fact.REAL_JP),
)

PARTS: tuple[tuple[str, str], ...] = (("Base fee", "-"), ("Discount on Fee", "+"), ("Tax on fee", "-"))


def _family(transaction: str, name: str, category: K, source: Fact, *, prefix: bool = False) -> Iterator[Rule]:
    """The three parts of one fee; only the tax has the fee's `_tax` kind."""
    for part, sign in PARTS:
        is_tax = part.startswith("Tax")
        kind = K(f"{category.value}_tax") if is_tax else category
        fact = source if part == "Base fee" else _part_source(source)
        triple = Triple(transaction, name, part)
        yield Rule(triple, kind, Sign(sign), fact, joins=tax_base(kind), tax_apart=not is_tax, prefix=prefix)


def _part_source(source: Fact) -> Fact:
    return source if source in (Fact.AU_CONFIG, Fact.REAL_JP, Fact.REAL_US) else Fact.ANALOGY


def _named_alone() -> Iterator[Rule]:
    """V1 writes the family's fee name as its transaction type, with one amount that holds all parts."""
    for _, name, category, _ in FAMILIES:
        yield from rules("other-transaction", "other-transaction", [(name, category, "-", Fact.REAL_JP)])
    for _, name, category, _ in FAMILY_PREFIXES:
        yield from rules("other-transaction", "other-transaction", [(name, category, "-", Fact.REAL_JP)], prefix=True)


def _order_fees() -> Iterator[Rule]:
    yield from rules("Order", "ItemFees", ORDER_FEES)
    yield from rules("TBYB Order Payment", "ItemFees", [("Commission", K.REFERRAL_FEE, "-", Fact.FEE_LIST)])
    for amount_type in ("Shipment Fees", "Shipment", "ShipmentFee", "Order Fees"):
        source = Fact.ANALOGY if amount_type != "Shipment Fees" else None
        yield from rules("Order", amount_type, [(d, k, s, source or f) for d, k, s, f in SHIPMENT_FEES])
    yield from rules("Shipment", "Shipment-Fees", [(d, K.FBA_FULFILLMENT_FEE, s, Fact.AUTHORED) for d, _, s, _ in SHIPMENT_FEES])


def _refund_fees() -> Iterator[Rule]:
    for description, category, sign, _ in ORDER_FEES:
        kind = REFUNDED_AS.get(category, category)
        given_back = "-" if kind is K.REFUND_ADMIN_FEE else "+/-" if sign == "+/-" else "+"
        source = REFUND_SOURCES.get(description, Fact.ANALOGY)
        if kind is K.FEE_TAX_INPUT:
            yield _tax_on_fees("Refund", K.REFUND_REFERRAL_FEE, source)
            continue
        yield from rules("Refund", "ItemFees", [(description, kind, given_back, source)])
    yield from rules(
        "Refund",
        "ItemFees",
        [
            ("ReturnShipping", K.REFUND_RETURN_SHIPPING, "-", Fact.FEE_LIST),
            *RETURN_FEES,
        ],
    )
    for amount_type in ("Shipment Fees", "Order Fees"):
        rows = [(d, K.REFUND_FBA_FULFILLMENT_FEE, "+", Fact.ANALOGY) for d, _, _, _ in SHIPMENT_FEES]
        yield from rules("Refund", amount_type, rows)


def _tax_on_fees(transaction: str, joins: K, source: Fact) -> Rule:
    """The tax of fees that are given back goes with the fee that is given back."""
    return Rule(Triple(transaction, "ItemFees", "TaxOnFees"), K.FEE_TAX_INPUT, Sign.PLUS, source, joins)


def _claim_fees(transaction: str, kind: K) -> Iterator[Rule]:
    for description, category, sign, _ in ORDER_FEES:
        if category is K.FEE_TAX_INPUT:
            yield _tax_on_fees(transaction, kind, Fact.ANALOGY)
            continue
        given_back = "-" if category is K.REFUND_ADMIN_FEE else "+/-" if sign == "+/-" else "+"
        known = description in ("Commission", "RefundCommission", "ShippingChargeback")
        yield from rules(transaction, "ItemFees", [(description, kind, given_back, Fact.AU_CONFIG if known else Fact.ANALOGY)])


def _fee_corrections() -> Iterator[Rule]:
    given_back = [
        (d, K.REFUND_FBA_FULFILLMENT_FEE, "+", Fact.FEE_LIST) for d, k, _, _ in ORDER_FEES if k is K.FBA_FULFILLMENT_FEE
    ]
    for amount_type in ("ItemFees", "Item Fee Adjustment"):
        yield from rules("Fulfillment Fee Refund", amount_type, given_back)
    closing = [
        ("FixedClosingFee", K.REFUND_REFERRAL_FEE_CLOSING, "+", Fact.CODE),
        ("VariableClosingFee", K.REFUND_REFERRAL_FEE_CLOSING, "+", Fact.ANALOGY),
        ("Commission", K.REFUND_REFERRAL_FEE, "+", Fact.ANALOGY),
    ]
    for amount_type in ("ItemFees", "Item Fee Adjustment"):
        yield from rules("Fulfillment Fee Refund", amount_type, closing)
    for amount_type in ("Item Fee Adjustment", "ItemFees"):
        yield from rules("Fee Adjustment", amount_type, [(ANY, K.FEE_ADJUSTMENT, "+/-", Fact.SELLER_TABLE)])


def _tried_before_bought() -> Iterator[Rule]:
    yield from rules("TBYB Customer Return Fee", "ItemFees", RETURN_FEES)
    yield from rules("TBYB Trial Shipment", "Amazon Fees", [("TrialShipment", K.FBA_FULFILLMENT_FEE, "-", Fact.SELLER_TABLE)])


def fee_rules() -> Iterator[Rule]:
    """Every row about fees of orders, shipments and families."""
    yield from _order_fees()
    yield from _refund_fees()
    yield from _claim_fees("A-to-z Guarantee Refund", K.A_TO_Z_FEE)
    yield from _claim_fees("Chargeback Refund", K.CHARGEBACK_FEE)
    yield from _fee_corrections()
    yield from _tried_before_bought()
    for transaction, name, category, source in FAMILIES:
        yield from _family(transaction, name, category, source)
    for transaction, name, category, source in FAMILY_PREFIXES:
        yield from _family(transaction, name, category, source, prefix=True)
    yield from _named_alone()
