"""Rows of a settlement file, and what a sale or a refund turns into.

A file says everything in signed rows of (transaction type, amount type, amount description): an item
sold gives a Principal row, perhaps Tax, Shipping and GiftWrap, a Promotion row, the tax that Amazon
withholds as marketplace facilitator, and its fees. A refund gives the same rows with the signs turned,
the referral fee back, and an administration fee.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO = Decimal(0)
REFUND_FEE_SHARE, REFUND_FEE_LIMIT = Decimal("0.20"), Decimal("5.00")
OTHER = "other-transaction"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file. `amount` is the seller's balance at Amazon: positive is owed to the seller."""

    transaction_type: str
    amount_type: str
    description: str
    amount: Decimal
    posted: datetime
    order_id: str = ""
    adjustment_id: str = ""
    shipment_id: str = ""
    fulfillment: str = ""
    item_code: str = ""
    adjustment_item: str = ""
    sku: str = ""
    quantity: int | None = None
    promotion_id: str = ""
    in_store: bool = True
    """False for what concerns the whole account: such rows carry no marketplace name."""
    prompt: bool = False
    """Told as a transaction at once; others show up to two days late."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order, in positive amounts. `withheld` names the facilitator tax, empty when the seller is liable."""

    code: str
    sku: str
    quantity: int
    principal: Decimal
    tax: Decimal = ZERO
    shipping: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    gift_wrap: Decimal = ZERO
    discount: Decimal = ZERO
    shipping_discount: Decimal = ZERO
    points: Decimal = ZERO
    withheld: str = ""
    commission: Decimal = ZERO
    fulfillment_fee: Decimal = ZERO
    services_fee: Decimal = ZERO
    promotion_id: str = ""
    unit_rows: bool = False
    """Each unit on rows of its own, alike to the last character: real files do that."""


@dataclass(frozen=True, slots=True)
class Order:
    """A shipped order. `fulfillment` AFN: from Amazon's warehouse; MFN: by the merchant."""

    id: str
    shipment_id: str
    posted: datetime
    fulfillment: str
    items: tuple[Item, ...]
    prompt: bool = False


def order_rows(order: Order) -> Iterator[Row]:
    """All rows of a shipment."""
    for item in order.items:
        base = Row(
            "Order", "", "", ZERO, order.posted, order_id=order.id, shipment_id=order.shipment_id,
            fulfillment=order.fulfillment, item_code=item.code, sku=item.sku, quantity=item.quantity, prompt=order.prompt,
        )  # fmt: skip
        for amount_type, description, amount in _sale_parts(item, order.fulfillment):
            row = replace(base, amount_type=amount_type, description=description, amount=amount)
            if amount_type == "Promotion":
                row = replace(row, promotion_id=item.promotion_id)
            yield from _by_unit(row, item) if item.unit_rows else (row,)


def refund_rows(order: Order, item: Item, at: datetime, adjustment_id: str, quantum: Decimal) -> Iterator[Row]:
    """The whole item given back: signs turned, fulfilment fees kept by Amazon, an administration fee on top."""
    base = Row(
        "Refund", "", "", ZERO, at, order_id=order.id, adjustment_id=adjustment_id, shipment_id=order.shipment_id,
        fulfillment=order.fulfillment, item_code=item.code, adjustment_item=f"{item.code}R", sku=item.sku, prompt=order.prompt,
    )  # fmt: skip
    for amount_type, description, amount in _sale_parts(item, order.fulfillment):
        if amount_type != "ItemFees":
            back = "PointsReturned" if description == "PointsGranted" else description
            yield replace(base, amount_type=amount_type, description=back, amount=-amount)
    yield replace(base, amount_type="ItemFees", description="Commission", amount=item.commission)
    fee = min(item.commission * REFUND_FEE_SHARE, REFUND_FEE_LIMIT / Decimal("0.01") * quantum)
    yield replace(base, amount_type="ItemFees", description="RefundCommission", amount=-rounded(fee, quantum))


def share_of(item: Item, share: Decimal, quantum: Decimal) -> Item:
    """A part of an item's money, as a partial refund gives it back; each amount rounded by itself."""
    parts = ("principal", "tax", "shipping", "shipping_tax", "gift_wrap", "discount", "shipping_discount", "points", "commission")
    amounts: dict[str, Any] = {name: rounded(getattr(item, name) * share, quantum) for name in parts}
    return replace(item, **amounts)


def price_share_of(item: Item, given_back: Decimal, quantum: Decimal) -> Item:
    """`given_back` of the price alone, with the tax and the commission on it: what a concession after the sale is."""
    share = given_back / (item.principal - item.discount)
    none: dict[str, Any] = dict.fromkeys(
        ("shipping", "shipping_tax", "gift_wrap", "discount", "shipping_discount", "points"), ZERO
    )
    tax, commission = rounded(item.tax * share, quantum), rounded(item.commission * share, quantum)
    return replace(item, principal=given_back, tax=tax, commission=commission, **none)


def rounded(amount: Decimal, quantum: Decimal) -> Decimal:
    """Half up to the currency's smallest amount: how these invented prices and fees are made."""
    return amount.quantize(quantum, ROUND_HALF_UP)


def _sale_parts(item: Item, fulfillment: str) -> Iterator[tuple[str, str, Decimal]]:
    parts = (
        ("ItemPrice", "Principal", item.principal),
        ("ItemPrice", "Tax", item.tax),
        ("ItemPrice", "Shipping", item.shipping),
        ("ItemPrice", "ShippingTax", item.shipping_tax),
        ("ItemPrice", "GiftWrap", item.gift_wrap),
        ("Promotion", "Principal", -item.discount),
        ("Promotion", "Shipping", -item.shipping_discount),
        ("Points", "PointsGranted", -item.points),
        ("ItemWithheldTax", f"{item.withheld}-Principal", -item.tax if item.withheld else ZERO),
        ("ItemWithheldTax", f"{item.withheld}-Shipping", -item.shipping_tax if item.withheld else ZERO),
        ("ItemFees", "Commission", -item.commission),
        ("ItemFees", "FBAPerUnitFulfillmentFee", -item.fulfillment_fee),
        ("ItemFees", "DigitalServicesFee", -item.services_fee),
        ("ItemFees", "ShippingChargeback", -(item.shipping - item.shipping_discount) if fulfillment == "AFN" else ZERO),
        ("ItemFees", "GiftwrapChargeback", -item.gift_wrap if fulfillment == "AFN" else ZERO),
    )
    return (part for part in parts if part[2])


def _by_unit(row: Row, item: Item) -> Iterator[Row]:
    """`quantity` rows of one unit each; only amounts that divide evenly are split."""
    unit = row.amount / item.quantity
    if unit.as_tuple().exponent < row.amount.as_tuple().exponent:  # type: ignore[operator]
        yield row
        return
    yield from (replace(row, amount=unit, quantity=1) for _ in range(item.quantity))
