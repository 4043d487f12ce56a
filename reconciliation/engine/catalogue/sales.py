"""What buyers pay, what they get back, and the tax on both: ItemPrice, Promotion, Points, withheld tax.

`Refund`, `A-to-z Guarantee Refund` and `Chargeback Refund` have the same columns with other kinds.
Tax rows name the kind whose line they belong to, for ledgers that carry VAT inside their lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from canonical.settlement import LineCategory as K

from ..triple import Triple
from .rule import ANY, Fact, Row, Rule, Sign, rules

ORDER_PRICES: tuple[Row, ...] = (
    ("Principal", K.SALE, "+", Fact.REAL_V2),
    ("Shipping", K.SHIPPING_INCOME, "+", Fact.REAL_V1),
    ("ShippingHB", K.SHIPPING_INCOME, "+/-", Fact.FEE_LIST),
    ("GiftWrap", K.GIFTWRAP_INCOME, "+", Fact.REAL_US),
    ("ExportCharge", K.OTHER_INCOME_EXPORT, "+", Fact.CODE),
    ("COD", K.OTHER_INCOME_COD, "+", Fact.FINANCES),
    ("CODFee", K.OTHER_INCOME_COD, "+", Fact.JUDGEMENT),
    ("CODItemCharge", K.OTHER_INCOME_COD, "+", Fact.FINANCES),
    ("CODOrderCharge", K.OTHER_INCOME_COD, "+", Fact.FINANCES),
    ("CODShippingCharge", K.OTHER_INCOME_COD, "+", Fact.FINANCES),
    ("Goodwill", K.REFUND_GOODWILL, "-", Fact.FEE_LIST),
    ("SAFETReimbursement", K.REIMBURSEMENT_SAFE_T, "+", Fact.FINANCES),
    ("RegulatoryFee", K.SHIPPING_INCOME, "+", Fact.CODE),
)

ORDER_TAXES: Mapping[str, tuple[K, Fact]] = {
    "Tax": (K.SALE, Fact.REAL_US),
    "ShippingTax": (K.SHIPPING_INCOME, Fact.REAL_US),
    "GiftWrapTax": (K.GIFTWRAP_INCOME, Fact.REAL_US),
    "CODTax": (K.OTHER_INCOME_COD, Fact.JUDGEMENT),
    "CODItemTaxCharge": (K.OTHER_INCOME_COD, Fact.FINANCES),
    "CODOrderTaxCharge": (K.OTHER_INCOME_COD, Fact.FINANCES),
    "CODShippingTaxCharge": (K.OTHER_INCOME_COD, Fact.FINANCES),
    "RegulatoryFeeTax": (K.SHIPPING_INCOME, Fact.ANALOGY),
}

REFUND_PRICES: tuple[Row, ...] = (
    ("Principal", K.REFUND_SALE, "-", Fact.REAL_V1),
    ("Shipping", K.REFUND_SHIPPING, "-", Fact.REAL_V1),
    ("ShippingHB", K.REFUND_SHIPPING, "+/-", Fact.ANALOGY),
    ("GiftWrap", K.REFUND_GIFTWRAP, "-", Fact.AU_CONFIG),
    ("ExportCharge", K.REFUND_EXPORT, "-", Fact.CODE),
    ("Goodwill", K.REFUND_GOODWILL, "-", Fact.AU_CONFIG),
    ("ReturnShipping", K.REFUND_RETURN_SHIPPING, "+/-", Fact.AU_CONFIG),
    ("RestockingFee", K.REFUND_RESTOCKING_INCOME, "+", Fact.AU_CONFIG),
    ("COD", K.REFUND_SHIPPING, "-", Fact.ANALOGY),
    ("CODItemCharge", K.REFUND_SHIPPING, "-", Fact.ANALOGY),
    ("RegulatoryFee", K.REFUND_SHIPPING, "-", Fact.CODE),
)

REFUND_TAXES: Mapping[str, tuple[K, str, Fact]] = {
    "Tax": (K.REFUND_SALE, "-", Fact.AU_CONFIG),
    "ShippingTax": (K.REFUND_SHIPPING, "-", Fact.AU_CONFIG),
    "GiftWrapTax": (K.REFUND_GIFTWRAP, "-", Fact.AU_CONFIG),
    "RestockingFeeTax": (K.REFUND_RESTOCKING_INCOME, "+", Fact.JUDGEMENT),
    "ReturnShippingTax": (K.REFUND_RETURN_SHIPPING, "+/-", Fact.ANALOGY),
    "CODTax": (K.REFUND_SHIPPING, "-", Fact.ANALOGY),
    "CODItemTaxCharge": (K.REFUND_SHIPPING, "-", Fact.ANALOGY),
    "RegulatoryFeeTax": (K.REFUND_SHIPPING, "-", Fact.ANALOGY),
}

PROMOTIONS: Mapping[str, Fact] = {
    "Principal": Fact.REAL_V2,
    "Shipping": Fact.REAL_V1,
    "GiftWrap": Fact.FEE_LIST,
    "ShippingDiscount": Fact.CODE,
    "CODDiscount": Fact.JUDGEMENT,
    "Discount": Fact.ANALOGY,
}

PROMOTION_TAXES: Mapping[str, Fact] = {"TaxDiscount": Fact.CODE, "ShippingTaxDiscount": Fact.ANALOGY}

WITHHELD: Mapping[str, Fact] = {
    "MarketplaceFacilitatorTax-Principal": Fact.REAL_US,
    "MarketplaceFacilitatorTax-Shipping": Fact.REAL_US,
    "MarketplaceFacilitatorTax-Giftwrap": Fact.JUDGEMENT,
    "MarketplaceFacilitatorTax-Other": Fact.REAL_US,
    "MarketplaceFacilitatorTax-RestockingFee": Fact.JUDGEMENT,
    "MarketplaceFacilitatorVAT-Principal": Fact.CODE,
    "MarketplaceFacilitatorVAT-Shipping": Fact.FEE_LIST,
    "MarketplaceFacilitatorVAT-Giftwrap": Fact.CODE,
    "MarketplaceFacilitatorVAT-Other": Fact.CODE,
    "MarketplaceFacilitatorVAT-RestockingFee": Fact.JUDGEMENT,
    "LowValueGoodsTax-Principal": Fact.AU_CONFIG,
    "LowValueGoodsTax-Shipping": Fact.AU_CONFIG,
    "LowValueGoodsTax-Other": Fact.AU_CONFIG,
    "LowValueGoodsTax-Giftwrap": Fact.JUDGEMENT,
}


RECOVERABLE: Mapping[str, K] = {
    "TCS-CGST": K.TAX_COLLECTED_AT_SOURCE_RECOVERABLE,
    "TCS-IGST": K.TAX_COLLECTED_AT_SOURCE_RECOVERABLE,
    "TCS-SGST": K.TAX_COLLECTED_AT_SOURCE_RECOVERABLE,
    "TCS-UTGST": K.TAX_COLLECTED_AT_SOURCE_RECOVERABLE,
    "TDS (Section 194-O)": K.INCOME_TAX_WITHHELD_RECOVERABLE,
}


def _orders(transaction: str, inferred: Fact | None = None) -> Iterator[Rule]:
    """Order rows; `inferred` replaces the sources where the transaction type itself is the analogy."""
    yield from rules(transaction, "ItemPrice", [(d, k, s, inferred or f) for d, k, s, f in ORDER_PRICES])
    for description, (joins, fact) in ORDER_TAXES.items():
        yield Rule(Triple(transaction, "ItemPrice", description), K.SALES_TAX_COLLECTED, Sign.PLUS, inferred or fact, joins)
    for description, fact in PROMOTIONS.items():
        yield Rule(Triple(transaction, "Promotion", description), K.PROMOTION_DISCOUNT, Sign.MINUS, inferred or fact)
    for description, fact in PROMOTION_TAXES.items():
        triple = Triple(transaction, "Promotion", description)
        yield Rule(triple, K.SALES_TAX_COLLECTED, Sign.MINUS, inferred or fact, K.PROMOTION_DISCOUNT)
    yield from _withheld(transaction, K.MARKETPLACE_FACILITATOR_TAX_WITHHELD, Sign.MINUS, inferred)
    yield from _recoverable(transaction, Sign.MINUS, inferred or Fact.CODE)


def _withheld(transaction: str, category: K, sign: Sign, inferred: Fact | None = None) -> Iterator[Rule]:
    for description, fact in WITHHELD.items():
        usual = Sign.EITHER if description.endswith("RestockingFee") else sign
        yield Rule(Triple(transaction, "ItemWithheldTax", description), category, usual, inferred or fact)


def _recoverable(transaction: str, sign: Sign, source: Fact) -> Iterator[Rule]:
    for description, category in RECOVERABLE.items():
        family = "ItemTDS" if description.startswith("TDS") else "ItemTCS"
        yield Rule(Triple(transaction, family, description), category, sign, source)
        yield Rule(Triple(transaction, "ItemWithheldTax", description), category, sign, source)
    for description in ("ISR", "MarketplaceFacilitatorTax-ISR"):
        triple = Triple(transaction, "ItemWithheldTax", description)
        yield Rule(triple, K.INCOME_TAX_WITHHELD_RECOVERABLE, sign, Fact.JUDGEMENT)


def _refunds() -> Iterator[Rule]:
    yield from rules("Refund", "ItemPrice", REFUND_PRICES)
    for description, (joins, sign, fact) in REFUND_TAXES.items():
        yield Rule(Triple("Refund", "ItemPrice", description), K.REFUND_SALES_TAX, Sign(sign), fact, joins)
    for description, fact in PROMOTIONS.items():
        yield Rule(Triple("Refund", "Promotion", description), K.REFUND_PROMOTION, Sign.PLUS, fact)
    for description, fact in PROMOTION_TAXES.items():
        yield Rule(Triple("Refund", "Promotion", description), K.REFUND_SALES_TAX, Sign.PLUS, fact, K.REFUND_PROMOTION)
    yield from _withheld("Refund", K.REFUND_MARKETPLACE_FACILITATOR_TAX, Sign.PLUS)
    yield from _recoverable("Refund", Sign.PLUS, Fact.CODE)


def _claims(transaction: str, claim: K, tax: K) -> Iterator[Rule]:
    """A-to-z and chargeback rows: one kind for prices and promotions, one for tax and its withheld partner."""
    for description, _, sign, _ in REFUND_PRICES:
        source = Fact.AU_CONFIG if description == "Principal" else Fact.FEE_LIST
        yield Rule(Triple(transaction, "ItemPrice", description), claim, Sign(sign), source)
    for description, (_, sign, _) in REFUND_TAXES.items():
        yield Rule(Triple(transaction, "ItemPrice", description), tax, Sign(sign), Fact.AU_CONFIG, claim)
    for description in PROMOTIONS:
        yield Rule(Triple(transaction, "Promotion", description), claim, Sign.PLUS, Fact.FEE_LIST)
    for description in PROMOTION_TAXES:
        yield Rule(Triple(transaction, "Promotion", description), tax, Sign.PLUS, Fact.ANALOGY, claim)
    yield from _withheld(transaction, tax, Sign.PLUS, Fact.AU_CONFIG)
    yield from _recoverable(transaction, Sign.PLUS, Fact.ANALOGY)


def _retrocharges() -> Iterator[Rule]:
    """Tax corrected after the sale; both directions are late collected tax and its withheld partner."""
    sides = (
        ("Order_Retrocharge", K.SALES_TAX_COLLECTED_RETRO, K.MARKETPLACE_FACILITATOR_TAX_WITHHELD_RETRO, Sign.PLUS, Sign.MINUS),
        (
            "Refund_Retrocharge",
            K.REFUND_SALES_TAX_COLLECTED_RETRO,
            K.REFUND_MARKETPLACE_FACILITATOR_TAX_WITHHELD_RETRO,
            Sign.MINUS,
            Sign.PLUS,
        ),
    )
    for transaction, collected, withheld, sign, against in sides:
        joins = K.SALE if transaction.startswith("Order") else K.REFUND_SALE
        for description in ("Tax", "ShippingTax", "GiftWrapTax"):
            yield Rule(Triple(transaction, "ItemPrice", description), collected, sign, Fact.REAL_JP, joins)
        yield from _withheld(transaction, withheld, against, Fact.AU_CONFIG)


def _points() -> Iterator[Rule]:
    """Loyalty points granted at the seller's cost; V1 lists them among the item fees."""
    for amount_type in ("Points", "ItemFees"):
        yield from rules("Order", amount_type, [("PointsGranted", K.PROMOTION_DISCOUNT_POINTS, "-", Fact.REAL_JP)])
        yield from rules(
            "Refund",
            amount_type,
            [
                ("PointsReturned", K.REFUND_PROMOTION_POINTS, "+", Fact.REAL_JP),
                ("PointsAdjusted", K.REFUND_PROMOTION_POINTS, "+/-", Fact.JUDGEMENT),
            ],
        )


def _liquidations() -> Iterator[Rule]:
    for transaction, price, against in (("Liquidations", "+", "-"), ("Liquidations Adjustments", "-", "+")):
        yield from rules(transaction, "ItemPrice", [("Principal", K.LIQUIDATION_PROCEEDS, price, Fact.CODE)])
        yield from rules(transaction, "ItemFees", [("LiquidationsBrokerageFee", K.LIQUIDATION_FEE, against, Fact.CODE)])
        tax = Triple(transaction, "ItemPrice", "Tax")
        yield Rule(tax, K.SALES_TAX_COLLECTED, Sign(price), Fact.AU_CONFIG, K.LIQUIDATION_PROCEEDS)
        yield from _withheld(transaction, K.MARKETPLACE_FACILITATOR_TAX_WITHHELD, Sign(against), Fact.AU_CONFIG)


def _misplaced() -> Iterator[Rule]:
    """Withheld tax that older reports list among the item fees; V1 has no other column for it."""
    for description in WITHHELD:
        seen = description in ("MarketplaceFacilitatorVAT-Principal", "MarketplaceFacilitatorVAT-Shipping")
        fact = Fact.AUTHORED if seen else Fact.ANALOGY
        yield Rule(Triple("Order", "ItemFees", description), K.MARKETPLACE_FACILITATOR_TAX_WITHHELD, Sign.MINUS, fact)
        yield Rule(Triple("Refund", "ItemFees", description), K.REFUND_MARKETPLACE_FACILITATOR_TAX, Sign.PLUS, Fact.ANALOGY)


def _rest() -> Iterator[Rule]:
    yield Rule(Triple("Order", "DirectPayment", "CollectOnDeliveryRevenue"), K.DIRECT_PAYMENT, Sign.EITHER, Fact.SELLER_TABLE)
    yield Rule(Triple("Tax", "Tax Withheld", ANY), K.INCOME_TAX_WITHHELD_RECOVERABLE, Sign.EITHER, Fact.SELLER_TABLE)


def sales_rules() -> Iterator[Rule]:
    """Every row about prices, promotions and the tax on them."""
    yield from _orders("Order")
    yield from _orders("TBYB Order Payment", Fact.FEE_LIST)
    yield from _refunds()
    yield from _claims("A-to-z Guarantee Refund", K.A_TO_Z, K.A_TO_Z_TAX)
    yield from _claims("Chargeback Refund", K.CHARGEBACK, K.CHARGEBACK_TAX)
    yield from _retrocharges()
    yield from _points()
    yield from _liquidations()
    yield from _misplaced()
    yield from _rest()
