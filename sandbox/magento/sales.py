"""What becomes of an order: invoiced, sent, refunded, cancelled, held; in parts, each part's money adding up to the whole.

None of this is idempotent: asking for the same invoice twice makes two, as long as there is something
left to invoice (ledgers.md 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.magento import goods
from sandbox.magento.errors import invalid
from sandbox.magento.figures import LINE, base_name
from sandbox.magento.installation import Body, Installation
from sandbox.magento.money import ZERO, share

Wanted = Mapping[int, Decimal]
Picked = list[tuple[Body, Decimal]]
CLOSED = ("canceled", "closed", "complete")
HELD = "holded"


def number(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def currencies(order: Body) -> tuple[tuple[str, str], tuple[str, str]]:
    """(prefix, currency) of both sets of amounts."""
    return ("", order["order_currency_code"]), ("base_", order["base_currency_code"])


def named(prefix: str, name: str) -> str:
    return base_name(name) if prefix else name


def left(item: Body, verb: str) -> Decimal:
    """How many of a line can still be invoiced, shipped or refunded."""
    if verb == "refunded":
        return number(item["qty_invoiced"]) - number(item["qty_refunded"])
    gone = number(item["qty_canceled"]) + (number(item["qty_refunded"]) if verb == "shipped" else ZERO)
    return number(item["qty_ordered"]) - number(item[f"qty_{verb}"]) - gone


def pick(order: Body, wanted: Wanted, verb: str, refusal: str) -> Picked:
    """Lines and quantities: those wanted, or all that are left. Children follow their parents.

    Raises Refusal 400 for more than is left; `refusal` says it about a SKU.
    """
    items = {item["item_id"]: item for item in order["items"]}
    asked = {items[one].get("parent_item_id", one) if one in items else one: count for one, count in wanted.items()}
    if unknown := [one for one in asked if one not in items]:
        raise invalid(
            f"The {verb.removesuffix('ed')} contains product item that is not part of the original order.", item=unknown[0]
        )
    picked: Picked = []
    for item in items.values():
        if "parent_item_id" in item:
            continue
        count = asked.get(item["item_id"], ZERO) if asked else left(item, verb)
        if count > left(item, verb):
            raise invalid(refusal, **{"1": item["sku"]})
        if count > 0 and not (verb == "shipped" and item["is_virtual"]):
            picked += _with_children(items, item, count)
    return picked


def _with_children(items: dict[int, Body], parent: Body, count: Decimal) -> Picked:
    whole = number(parent["qty_ordered"])
    children = [one for one in items.values() if one.get("parent_item_id") == parent["item_id"]]
    return [(parent, count), *((child, number(child["qty_ordered"]) * count / whole) for child in children)]


def carries(order: Body, item: Body) -> bool:
    """Whether a line's money counts: that of a dynamic bundle is its children's."""
    return not any(other.get("parent_item_id") == item["item_id"] and other["row_total"] for other in order["items"])


def parts(order: Body, item: Body, count: Decimal, verb: str) -> Body:
    """The amounts that `count` of a line carry, after what was invoiced or refunded before."""
    whole = number(item["qty_ordered"])
    done = number(item[f"qty_{verb}"])
    amounts: Body = {"qty": count}
    for prefix, currency in currencies(order):
        for name in LINE:
            amounts[f"{prefix}{name}"] = share(number(item[f"{prefix}{name}"]), done, count, whole, currency)
    return amounts


def add_to(body: Body, name: str, amount: Decimal) -> None:
    body[name] = number(body.get(name)) + amount


def totals(order: Body, picked: Picked, shared: list[Body], post: Body) -> Body:
    """Totals of a document over lines, before adjustments and store credit."""
    sums: Body = {}
    counted = [one for (item, _), one in zip(picked, shared, strict=True) if carries(order, item)]
    for prefix, _ in currencies(order):
        line = {name: sum((one[f"{prefix}{name}"] for one in counted), ZERO) for name in LINE}
        discount = line["discount_amount"] + post[f"{prefix}shipping_discount_amount"]
        tax = line["tax_amount"] + post[f"{prefix}shipping_tax_amount"]
        both = {
            "subtotal": line["row_total"], "subtotal_incl_tax": line["row_total_incl_tax"], "discount_amount": -discount,
            "tax_amount": tax, "discount_tax_compensation_amount": line["discount_tax_compensation_amount"],
            "shipping_amount": post[f"{prefix}shipping_amount"], "shipping_incl_tax": post[f"{prefix}shipping_incl_tax"],
            "shipping_tax_amount": post[f"{prefix}shipping_tax_amount"],
            "shipping_discount_tax_compensation_amount": post[named(prefix, "shipping_discount_tax_compensation_amount")],
        }  # fmt: skip
        grand = both["subtotal"] + both["shipping_amount"] + tax - discount + both["discount_tax_compensation_amount"]
        both["grand_total"] = grand + both["shipping_discount_tax_compensation_amount"]
        sums |= {named(prefix, name): amount for name, amount in both.items()}
    return sums


def header(found: Installation, order: Body, kind: str) -> Body:
    """What invoices and credit memos copy from their order."""
    copied = ("store_id", "base_currency_code", "global_currency_code", "store_currency_code", "order_currency_code",
              "base_to_global_rate", "base_to_order_rate", "store_to_base_rate", "store_to_order_rate", "billing_address_id")  # fmt: skip
    return {
        "entity_id": found.next_id(kind), "increment_id": f"{found.next_id(f'{kind} number'):09d}", "order_id": order["entity_id"],
        "created_at": found.stamp, "updated_at": found.stamp, "shipping_address_id": 2 * order["entity_id"] - 1, "comments": [],
        **{name: order[name] for name in copied},
    }  # fmt: skip


def line_of(found: Installation, document: Body, item: Body, amounts: Body, kind: str) -> Body:
    """A line of an invoice or credit memo; amounts of nothing are left out of children, as at Magento."""
    prices = {name: item[name] for name in ("price", "base_price", "price_incl_tax", "base_price_incl_tax")}
    return {
        "entity_id": found.next_id(f"{kind} item"), "parent_id": document["entity_id"], "order_item_id": item["item_id"],
        "sku": item["sku"], "name": item["name"], "product_id": item["product_id"], "base_cost": item["base_cost"], **prices, **amounts,
    }  # fmt: skip


def less(order: Body, document: Body, verb: str) -> None:
    """Store credit and gift cards pay first and are given back first; what is left is the grand total."""
    extension = order["extension_attributes"]
    document["extension_attributes"] = {}
    for prefix, _ in currencies(order):
        for kind in ("customer_balance", "gift_cards"):
            whole = number(extension.get(f"{prefix}{kind}_{'amount' if verb == 'invoiced' else 'invoiced'}"))
            used = min(whole - number(extension.get(f"{prefix}{kind}_{verb}")), number(document[f"{prefix}grand_total"]))
            if used > 0:
                document["extension_attributes"][f"{prefix}{kind}_amount"] = used
                document[f"{prefix}grand_total"] -= used
                add_to(extension, f"{prefix}{kind}_{verb}", used)


def touch(found: Installation, order: Body, document: Body) -> None:
    """Move the order's `updated_at`, or not: an invoice or credit memo doesn't always (switch `touch`)."""
    mode = found.switches["touch"]
    if mode == "always" or (mode == "sometimes" and document["entity_id"] % 2):
        order["updated_at"] = found.stamp


def settle(order: Body) -> None:
    """The state that follows from what was done; a custom status of the same state stays."""
    before = order["state"]
    top = [item for item in order["items"] if "parent_item_id" not in item]
    invoiced = all(left(item, "invoiced") <= 0 for item in top)
    sent = all(item["is_virtual"] or left(item, "shipped") <= 0 for item in top)
    refunded = number(order["total_refunded"])
    if refunded and refunded >= number(order["total_paid"]) and invoiced:
        order["state"] = "closed"
    elif invoiced and sent:
        order["state"] = "complete"
    elif before == "new":
        order["state"] = "processing"
    if order["state"] != before:
        order["status"] = order["state"]


def restock(found: Installation, item: Body, count: Decimal, source: str) -> None:
    """Change what a source holds of the SKU of a line that is stocked; parents aren't."""
    if item["product_type"] != goods.SIMPLE:
        return
    held = found.named("source_item", f"{source}:{item['sku']}")
    before = number(held["quantity"]) if held else ZERO
    goods.put_stock(found, item["sku"], source, before + count)
