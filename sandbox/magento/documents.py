"""Making invoices, shipments and credit memos, and the smaller things done to an order."""

from __future__ import annotations

from sandbox.magento.errors import Refusal, invalid
from sandbox.magento.installation import Body, Installation
from sandbox.magento.money import ZERO
from sandbox.magento.orders import ONLINE
from sandbox.magento.sales import (
    CLOSED,
    HELD,
    Wanted,
    add_to,
    currencies,
    header,
    left,
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

OPEN, PAID, CANCELED = 1, 2, 3
POST = ("shipping_amount", "shipping_incl_tax", "shipping_tax_amount", "shipping_discount_amount",
         "shipping_discount_tax_compensation_amount")  # fmt: skip


def invoice(found: Installation, order: Body, wanted: Wanted, *, paid: bool = True, transaction: str | None = None) -> Body:
    """Invoice some or all of what is left; the first invoice has all of the postage. Raises Refusal 400."""
    allow(order, "invoice", (*CLOSED, HELD))
    picked = pick(
        order,
        wanted,
        "invoiced",
        'The quantity to invoice must not be greater than the uninvoiced quantity for product SKU "%1".',
    )
    if not picked:
        raise refused("Invoice", "The invoice can't be created without products. Add products and try again.")
    post = _postage(order, "shipping_invoiced")
    shared = [parts(order, item, count, "invoiced") for item, count in picked]
    made = header(found, order, "invoice") | totals(order, picked, shared, post)
    less(order, made, "invoiced")
    made |= {"state": PAID if paid else OPEN, "total_qty": sum((c for item, c in picked if "parent_item_id" not in item), ZERO)}
    if transaction:
        made["transaction_id"] = transaction
        order["payment"]["last_trans_id"] = transaction
    made["items"] = [line_of(found, made, item, one, "invoice") for (item, _), one in zip(picked, shared, strict=True)]
    for (item, count), one in zip(picked, shared, strict=True):
        add_to(item, "qty_invoiced", count)
        line_done(order, item, one, "invoiced")
    order_done(order, made, "invoiced")
    if paid:
        _pay(order, made)
    settle(order)
    touch(found, order, made)
    found.save("order", order)
    return found.add("invoice", made, order["entity_id"])


def capture(found: Installation, made: Body) -> None:
    """An open invoice is paid."""
    if made["state"] != OPEN:
        raise invalid("The invoice capture action failed. Verify and try again.")
    order = found.order(made["order_id"])
    made |= {"state": PAID, "updated_at": found.stamp}
    if order["payment"]["method"] in ONLINE:
        made["transaction_id"] = order["payment"]["last_trans_id"] = transaction_of(order, "capture", made["entity_id"])
    _pay(order, made)
    touch(found, order, made)
    found.save("invoice", made)
    found.save("order", order)


def transaction_of(order: Body, what: str, part: int = 0) -> str:
    """A gateway's reference, always the same for the same event."""
    short = "pp" if order["payment"]["method"] == "paypal_express" else "ch"
    return f"{short}_{order['entity_id']:06d}{what[:3]}{part or ''}"


def _pay(order: Body, made: Body) -> None:
    for prefix, _ in currencies(order):
        add_to(order, f"{prefix}total_paid", number(made[f"{prefix}grand_total"]))
        order[f"{prefix}total_due"] = number(order[f"{prefix}grand_total"]) - number(order[f"{prefix}total_paid"])
        add_to(order["payment"], f"{prefix}amount_paid", number(made[f"{prefix}grand_total"]))


def _postage(order: Body, done: str) -> Body:
    """All of the order's postage, or none of it when an earlier document has it."""
    names = [named(prefix, name) for prefix in ("", "base_") for name in POST]
    had = number(order[done]) or not number(order["shipping_incl_tax"])
    return {name: ZERO if had else number(order[name]) for name in names}


def line_done(order: Body, item: Body, amounts: Body, verb: str) -> None:
    for prefix, _ in currencies(order):
        row = f"{prefix}row_invoiced" if verb == "invoiced" else f"{prefix}amount_refunded"
        add_to(item, row, amounts[f"{prefix}row_total"])
        for name in ("tax", "discount", "discount_tax_compensation"):
            add_to(item, f"{prefix}{name}_{verb}", amounts[f"{prefix}{name}_amount"])


def order_done(order: Body, made: Body, verb: str) -> None:
    for prefix, _ in currencies(order):
        add_to(order, f"{prefix}total_{verb}", number(made[f"{prefix}grand_total"]))
        add_to(order, f"{prefix}subtotal_{verb}", number(made[f"{prefix}subtotal"]))
        for name in ("tax", "discount", "shipping", "discount_tax_compensation"):
            add_to(order, f"{prefix}{name}_{verb}", number(made[f"{prefix}{name}_amount"]))


def ship(found: Installation, order: Body, wanted: Wanted, tracks: list[Body], source: str = "default") -> Body:
    """Send some or all of what is left, out of a source. Raises Refusal 400."""
    allow(order, "shipment", (*CLOSED, HELD))
    picked = pick(
        order, wanted, "shipped", 'The quantity to ship must not be greater than the unshipped quantity for product SKU "%1".'
    )
    if not picked:
        raise refused("Shipment", "You can't create a shipment without products.")
    top = [(item, count) for item, count in picked if "parent_item_id" not in item]
    made: Body = {
        "entity_id": found.next_id("shipment"), "increment_id": f"{found.next_id('shipment number'):09d}",
        "order_id": order["entity_id"], "store_id": order["store_id"], "created_at": found.stamp, "updated_at": found.stamp,
        "total_qty": sum((count for _, count in top), ZERO), "billing_address_id": order["billing_address_id"],
        "shipping_address_id": 2 * order["entity_id"] - 1, "packages": [], "comments": [],
        "extension_attributes": {"source_code": source},
        **({"customer_id": order["customer_id"]} if "customer_id" in order else {}),
    }  # fmt: skip
    made["items"] = [
        {"entity_id": found.next_id("shipment item"), "parent_id": made["entity_id"], "order_item_id": item["item_id"], "qty": count,
         "sku": item["sku"], "name": item["name"], "product_id": item["product_id"], "price": item["price"], "weight": item["weight"]}
        for item, count in top
    ]  # fmt: skip
    made["tracks"] = [track(found, made, one) for one in tracks]
    for item, count in picked:
        add_to(item, "qty_shipped", count)
        restock(found, item, -count, source)
    settle(order)
    order["updated_at"] = found.stamp
    found.save("order", order)
    return found.add("shipment", made, order["entity_id"])


def track(found: Installation, shipment: Body, given: Body) -> Body:
    """Raises Refusal 400 for one without number, title or carrier."""
    for name in ("track_number", "title", "carrier_code"):
        if not given.get(name):
            raise invalid('"%fieldName" is required. Enter and try again.', fieldName=name)
    return {
        "entity_id": found.next_id("track"), "parent_id": shipment["entity_id"], "order_id": shipment["order_id"],
        "created_at": found.stamp, "updated_at": found.stamp, "weight": None, "qty": None, "description": None,
        **{name: str(given[name]) for name in ("track_number", "title", "carrier_code")},
    }  # fmt: skip


def cancel(found: Installation, order: Body) -> None:
    """Cancel what wasn't invoiced. Raises Refusal 400 when nothing can be."""
    top = [item for item in order["items"] if left(item, "invoiced") > 0]
    if order["state"] in (*CLOSED, HELD) or not top:
        raise invalid("You cannot cancel this order.")
    for item in top:
        item["qty_canceled"] = left(item, "invoiced")
    for prefix, _ in currencies(order):
        for name in ("subtotal", "tax", "discount", "shipping"):
            whole = order[f"{prefix}subtotal" if name == "subtotal" else f"{prefix}{name}_amount"]
            order[f"{prefix}{name}_canceled"] = abs(number(whole)) - abs(number(order[f"{prefix}{name}_invoiced"]))
        order[f"{prefix}total_canceled"] = number(order[f"{prefix}grand_total"]) - number(order[f"{prefix}total_invoiced"])
        order[f"{prefix}total_due"] = ZERO
    if not any(number(item["qty_invoiced"]) for item in order["items"]):
        order |= {"state": "canceled", "status": "canceled"}
    else:
        settle(order)
    order["updated_at"] = found.stamp
    found.save("order", order)


def hold(found: Installation, order: Body) -> None:
    if order["state"] in (*CLOSED, HELD):
        raise invalid("A hold action is not available.")
    order |= {"hold_before_state": order["state"], "hold_before_status": order["status"], "state": HELD, "status": HELD}
    order["updated_at"] = found.stamp
    found.save("order", order)


def unhold(found: Installation, order: Body) -> None:
    if order["state"] != HELD:
        raise invalid("You cannot remove the hold.")
    order |= {"state": order.pop("hold_before_state"), "status": order.pop("hold_before_status"), "updated_at": found.stamp}
    found.save("order", order)


def comment(found: Installation, order: Body, given: Body) -> Body:
    """A line of the order's history; a status in it becomes the order's, if its state knows it."""
    status = given.get("status") or order["status"]
    made = {
        "entity_id": found.next_id("comment"), "parent_id": order["entity_id"], "comment": given.get("comment"), "status": status,
        "created_at": found.stamp, "entity_name": "order", "is_customer_notified": int(given.get("is_customer_notified") or 0),
        "is_visible_on_front": int(given.get("is_visible_on_front") or 0),
    }  # fmt: skip
    order["status_histories"].append(made)
    order |= {"status": status, "updated_at": found.stamp}
    found.save("order", order)
    return made


def allow(order: Body, what: str, states: tuple[str, ...]) -> None:
    if order["state"] in states:
        article = "An" if what[0] in "aeiou" else "A"
        raise refused(
            what.title().replace(" ", ""), f"{article} {what} cannot be created when an order has a status of {order['status']}"
        )


def refused(document: str, reason: str) -> Refusal:
    return invalid(f"{document} Document Validation Error(s):\n{reason}")
