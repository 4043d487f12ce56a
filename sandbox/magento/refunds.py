"""Making credit memos: money given back for lines, postage, or as a goodwill amount, never more than was paid."""

from __future__ import annotations

from decimal import Decimal

from sandbox.magento.documents import POST, allow, line_done, order_done, refused
from sandbox.magento.errors import invalid
from sandbox.magento.installation import Body, Installation
from sandbox.magento.money import ZERO, share
from sandbox.magento.sales import (
    HELD,
    Wanted,
    add_to,
    currencies,
    header,
    less,
    line_of,
    named,
    number,
    parts,
    pick,
    restock,
    settle,
    totals,
    touch,
)  # fmt: skip


def refund(
    found: Installation, order: Body, wanted: Wanted, *, shipping: Decimal | None = None, more: Decimal = ZERO,
    minus: Decimal = ZERO, back: tuple[int, ...] = (), of: Body | None = None, online: bool = False,
) -> Body:  # fmt: skip
    """A credit memo over what was invoiced. Amounts are in the base currency; `back`: order lines that go into stock again.

    `shipping` None gives all of the postage that is left back, as Magento does. Raises Refusal 400.
    """
    allow(order, "credit memo", ("canceled", "closed", HELD))
    picked = pick(
        order,
        wanted,
        "refunded",
        'The quantity to creditmemo must not be greater than the unrefunded quantity for product SKU "%1".',
    )
    shared = [parts(order, item, count, "refunded") for item, count in picked]
    made = header(found, order, "creditmemo") | totals(order, picked, shared, _postage_back(order, shipping)) | {"state": 2}
    _adjust(order, made, more, minus)
    less(order, made, "refunded")
    _check_money(order, made)
    if of is not None:
        made["invoice_id"] = of["entity_id"]
        of |= {"is_used_for_refund": 1, "base_total_refunded": number(of.get("base_total_refunded")) + made["base_grand_total"]}
        found.save("invoice", of)
    if online:
        made["transaction_id"] = f"{order['payment'].get('last_trans_id', 'none')}-refund-{made['entity_id']}"
    made["items"] = [line_of(found, made, item, one, "creditmemo") for (item, _), one in zip(picked, shared, strict=True)]
    for (item, count), one in zip(picked, shared, strict=True):
        add_to(item, "qty_refunded", count)
        line_done(order, item, one, "refunded")
        if item["item_id"] in back or item.get("parent_item_id") in back:
            restock(found, item, count, "default")
    order_done(order, made, "refunded")
    _given_back(order, made, online=online)
    settle(order)
    touch(found, order, made)
    found.save("order", order)
    return found.add("creditmemo", made, order["entity_id"])


def _postage_back(order: Body, shipping: Decimal | None) -> Body:
    """The postage given back with its tax and discount, in both currencies, from the amount in the base currency."""
    whole, done = number(order["base_shipping_amount"]), number(order["base_shipping_refunded"])
    invoiced = whole if number(order["base_shipping_invoiced"]) else ZERO
    amount = invoiced - done if shipping is None else shipping
    if amount > invoiced - done:
        raise invalid("Maximum shipping amount allowed to refund is: %1", **{"1": f"{invoiced - done}"})
    return {
        named(prefix, name): share(number(order[named(prefix, name)]), done, amount, whole, currency)
        for prefix, currency in currencies(order)
        for name in POST
    }


def _adjust(order: Body, made: Body, more: Decimal, minus: Decimal) -> None:
    for prefix, currency in currencies(order):
        rate = Decimal(1) if prefix else number(order["base_to_order_rate"])
        up, down = (share(amount * rate, ZERO, Decimal(1), Decimal(1), currency) for amount in (more, minus))
        made |= {f"{prefix}adjustment_positive": up, f"{prefix}adjustment_negative": down, f"{prefix}adjustment": up - down}
        made[f"{prefix}grand_total"] += up - down
        add_to(order, f"{prefix}adjustment_positive", up)
        add_to(order, f"{prefix}adjustment_negative", down)


def _check_money(order: Body, made: Body) -> None:
    available = number(order["base_total_paid"]) - number(order["base_total_refunded"])
    if made["base_grand_total"] > available:
        raise refused("Creditmemo", f"The most money available to refund is {available}.")
    if made["base_grand_total"] <= 0 and not made["extension_attributes"]:
        raise refused("Creditmemo", "The credit memo's total must be positive.")


def _given_back(order: Body, made: Body, *, online: bool) -> None:
    for prefix, _ in currencies(order):
        add_to(order, f"{prefix}total_{'online' if online else 'offline'}_refunded", made[f"{prefix}grand_total"])
        add_to(order["payment"], f"{prefix}amount_refunded", made[f"{prefix}grand_total"])
