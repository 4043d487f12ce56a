"""The money of an order, an invoice or a credit memo as lines that add up to its grand total, to the penny.

Pure. All three have the same header and lines of the same make:

    grand_total = subtotal + shipping + tax - discount + discount_tax_compensation + shipping's compensation
                  + fixed product taxes + gift wrap - store credit - gift cards - reward points [+- adjustments]

The header is the truth: what lines state together is theirs, what is left of the header's discount belongs to
the postage, what is left of its tax is a line of its own. A shop whose prices contain the tax takes discounts off
the price with tax; the compensation is the tax that the smaller price no longer has, so it belongs to the discount.

Of a configurable product the parent carries the money; of a bundle either the parent does (fixed price) or its
parts do (dynamic price), and the parent then only repeats their sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from canonical.commerce import Charge, ChargeKind, OrderLine, TaxCollector
from canonical.money import round_half_up
from canonical.problems import N_

from . import fields
from .fields import ZERO, Body, Purse

_MONEY = ("row_total", "tax_amount", "discount_amount")
# What reduces the grand total although nothing of the price is given away (Adobe Commerce).
_PAID_BY = (
    ("customer_balance_amount", N_("Paid by store credit"), ChargeKind.STORE_CREDIT),
    ("gift_cards_amount", N_("Paid by gift card"), ChargeKind.STORE_CREDIT),
    ("reward_currency_amount", N_("Reward points"), ChargeKind.DISCOUNT),
)
_WRAPS = (("gw", N_("Gift wrap of the order")), ("gw_items", N_("Gift wrap")), ("gw_card", N_("Printed card")))


@dataclass(frozen=True, slots=True)
class Sold:
    """One line of an order as it was ordered, by which invoices and credit memos name theirs."""

    item: Body
    carries: bool
    quantity: Decimal
    shipped: Decimal
    percent: Decimal


def sold(order: Body) -> dict[str, Sold]:
    """The order's lines by id, and which of them carry money."""
    items = fields.objects(order, "items")
    parts: dict[str, list[Body]] = {}
    for item in items:
        if item.get("parent_item_id"):
            parts.setdefault(fields.key(item, "parent_item_id"), []).append(item)
    return {fields.key(item, "item_id"): _sold(item, parts) for item in items}


def _sold(item: Body, parts: Mapping[str, Sequence[Body]]) -> Sold:
    """A parent whose parts carry money repeats it; a part without money only names what is sent."""
    under = parts.get(fields.key(item, "item_id"), ())
    own = any(fields.number(item, name) for name in _MONEY)
    carries = not any(fields.number(part, name) for part in under for name in _MONEY)
    carries = carries and (own or not item.get("parent_item_id"))
    ordered = fields.number(item, "qty_ordered") - fields.number(item, "qty_canceled")
    sent = fields.number(item, "qty_invoiced" if item.get("is_virtual") else "qty_shipped")
    return Sold(item, carries, ordered, sent, fields.number(item, "tax_percent"))


def lines_of(document: Body, order: Body, purse: Purse) -> tuple[OrderLine, ...]:
    """The lines of an order (then both are the same), of one of its invoices, or of one of its credit memos."""
    known = sold(order)
    pieces = list(_pieces(document, known))
    products = [_product(item, its, quantity, purse) for item, its, quantity in pieces]
    rest = _Rest(document, [item for item, _, _ in pieces], purse)
    return tuple(line for line in (*products, *_around(document, order, purse, rest)) if line.charges or line.sku)


def _pieces(document: Body, known: Mapping[str, Sold]) -> Iterator[tuple[Body, Sold, Decimal]]:
    """(line, what was sold by it, how many), of lines that carry money."""
    for item in fields.objects(document, "items"):
        ordered = "order_item_id" not in item
        its = known.get(fields.key(item, "item_id" if ordered else "order_item_id"))
        if its is not None and its.carries:
            yield item, its, its.quantity if ordered else fields.number(item, "qty")


def _product(item: Body, its: Sold, quantity: Decimal, purse: Purse) -> OrderLine:
    price, tax = purse.of(item, "row_total"), purse.of(item, "tax_amount")
    off, compensation = abs(purse.of(item, "discount_amount")), purse.of(item, "discount_tax_compensation_amount")
    less = compensation or _tax_saved(price, tax, off, its.percent, purse)
    weee = purse.of(item, "weee_tax_applied_row_amount")
    charges = (
        Charge(ChargeKind.ITEM, price, tax + less),
        Charge(ChargeKind.OTHER, weee),
        Charge(ChargeKind.DISCOUNT, -(off - compensation), -less),
    )
    return OrderLine(
        line_id=fields.key(its.item, "item_id"),
        sku=fields.text(its.item, "sku"),
        title=fields.text(its.item, "name"),
        quantity=quantity,
        charges=tuple(charge for charge in charges if charge.amount or charge.tax),
        shipped=its.shipped,
        product_id=fields.text(its.item, "product_id"),
        tax_collector=TaxCollector.SELLER,
        tax_stated=True,
    )


def _tax_saved(price: Decimal, tax: Decimal, off: Decimal, percent: Decimal, purse: Purse) -> Decimal:
    """Where prices are without tax, the line's tax is that of the lower price: what the discount saves of it is the discount's."""
    if not off or not percent or not tax:
        return ZERO
    saved = round_half_up(price * percent / 100, purse.currency) - tax
    return saved if saved > 0 else ZERO


class _Rest:
    """What the header states beyond its lines."""

    def __init__(self, document: Body, items: Sequence[Body], purse: Purse) -> None:
        wraps = sum((purse.of(_extension(document), f"{name}_tax_amount") for name, _ in _WRAPS), ZERO)
        self.discount = abs(purse.of(document, "discount_amount")) - sum(
            (abs(purse.of(item, "discount_amount")) for item in items), ZERO
        )
        self.tax = purse.of(document, "tax_amount") - purse.of(document, "shipping_tax_amount") - wraps
        self.tax -= sum((purse.of(item, "tax_amount") for item in items), ZERO)


def _around(document: Body, order: Body, purse: Purse, rest: _Rest) -> Iterator[OrderLine]:
    """Postage, gift wrap, what else was paid with, a refund's adjustments, and tax that belongs to no line."""
    yield _line("shipping", fields.text(order, "shipping_description") or N_("Shipping"), *_postage(document, purse, rest))
    extension = _extension(document)
    for name, title in _WRAPS:
        wrap = Charge(ChargeKind.GIFT_WRAP, purse.of(extension, f"{name}_price"), purse.of(extension, f"{name}_tax_amount"))
        yield _line(name, title, wrap)
    for name, title, kind in _PAID_BY:
        yield _line(name, title, Charge(kind, -purse.of(extension, name)))
    for name, sign in (("adjustment_positive", 1), ("adjustment_negative", -1)):
        # An order sums up its credit memos' adjustments in the same properties; they are theirs.
        amount = ZERO if document is order else sign * purse.of(document, name)
        yield _line(name, N_("Adjustment of the refund"), Charge(ChargeKind.ADJUSTMENT, amount))
    yield _line("tax", N_("Tax on the whole"), Charge(ChargeKind.ITEM, ZERO, rest.tax))


def _postage(document: Body, purse: Purse, rest: _Rest) -> tuple[Charge, Charge]:
    price, tax = purse.of(document, "shipping_amount"), purse.of(document, "shipping_tax_amount")
    compensation = purse.of(document, "shipping_discount_tax_compensation_amount")
    kind = ChargeKind.SHIPPING_DISCOUNT if price else ChargeKind.DISCOUNT
    return (
        Charge(ChargeKind.SHIPPING, price, tax + compensation),
        Charge(kind, -(rest.discount - compensation), -compensation),
    )


def _line(line_id: str, title: str, *charges: Charge) -> OrderLine:
    told = tuple(charge for charge in charges if charge.amount or charge.tax)
    quantity = Decimal(1) if told else ZERO
    return OrderLine(
        line_id, "", title, quantity, told, shipped=quantity, tax_collector=TaxCollector.SELLER, tax_stated=True
    )  # fmt: skip


def _extension(document: Body) -> Body:
    return fields.inner(document, "extension_attributes")
