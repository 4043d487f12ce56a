"""Placing an order: from a basket to Magento's order object, with its lines, addresses, payment and totals."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from sandbox.magento import figures, people
from sandbox.magento.goods import BUNDLE, CONFIGURABLE, GOODS, VIRTUAL, Good, price_of
from sandbox.magento.installation import Body, Installation
from sandbox.magento.money import ZERO, rate, rounded
from sandbox.magento.shops import COMMERCE, View

CARD, PAYPAL, ON_TERMS, TRANSFER = "braintree", "paypal_express", "purchaseorder", "banktransfer"
METHODS: Final = {
    CARD: "Credit Card", PAYPAL: "PayPal Express Checkout", ON_TERMS: "Purchase Order", TRANSFER: "Bank Transfer Payment",
    "checkmo": "Check / Money order",
}  # fmt: skip
ONLINE: Final = (CARD, PAYPAL)
"""Methods with a gateway: paid when the order is placed. The others are paid when they are invoiced."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What is ordered and how. `off`: the coupon's part of one; `credit` and `cards`: store credit and gift cards (base)."""

    lines: Sequence[tuple[str, int]]
    method: str = CARD
    view: str = "default"
    currency: str = ""
    off: Decimal = ZERO
    coupon: str = ""
    postage: Decimal = Decimal("7.50")
    post_off: Decimal = ZERO
    customer: int | None = None
    seed: str = ""
    credit: Decimal = ZERO
    cards: Decimal = ZERO
    variant: int = 0


@dataclass(slots=True)
class _Draft:
    """Lines while they are made: every one in both currencies."""

    found: Installation
    basket: Basket
    order_id: int
    currency: str
    rate: Decimal
    items: list[Body] = field(default_factory=list)
    money: list[tuple[Body, Body]] = field(default_factory=list)
    """(base, shown) of the lines that carry money."""

    def line(self, good: Good, quantity: int, price: Decimal, off: Decimal) -> tuple[Body, Body]:
        shop = self.found.shop
        pair = tuple(
            figures.line(amount, Decimal(quantity), off, shop.tax, inclusive=shop.inclusive, currency=currency)
            for amount, currency in ((price, shop.currency), (rounded(price * self.rate, self.currency), self.currency))
        )
        self.money.append((pair[0], pair[1]))
        return pair[0], pair[1]

    def add(self, good: Good, quantity: int, amounts: tuple[Body, Body], parent: Body | None = None, sku: str = "") -> Body:
        product = self.found.named("product", good.sku)
        item: Body = {
            "item_id": self.found.next_id("order_item"), "order_id": self.order_id, "store_id": self.found.shop.view(self.basket.view).id,
            "created_at": self.found.stamp, "updated_at": self.found.stamp, "product_id": product["id"] if product else 0,
            "product_type": good.kind, "sku": sku or good.sku, "name": good.name, "is_virtual": int(good.kind == VIRTUAL),
            "is_qty_decimal": 0, "free_shipping": 0, "no_discount": 0, "quote_item_id": self.order_id * 10 + len(self.items),
            "qty_ordered": Decimal(quantity), "qty_invoiced": ZERO, "qty_shipped": ZERO, "qty_refunded": ZERO, "qty_canceled": ZERO,
            "tax_percent": ZERO if parent and not amounts[0]["row_total"] else self.found.shop.tax * 100,
            "discount_percent": self.basket.off * 100 if amounts[0]["discount_amount"] else ZERO, "weight": Decimal("0.8"),
            "row_weight": Decimal("0.8") * quantity, "base_cost": rounded(good.cost * self.found.shop.level, self.found.shop.currency),
            "row_invoiced": ZERO, "base_row_invoiced": ZERO, "tax_invoiced": ZERO, "base_tax_invoiced": ZERO,
            "discount_invoiced": ZERO, "base_discount_invoiced": ZERO, "amount_refunded": ZERO, "base_amount_refunded": ZERO,
            **figures.both(*amounts),
        }  # fmt: skip
        if parent is not None:
            item["parent_item_id"] = parent["item_id"]
        self.items.append(item)
        return item

    def put(self, sku: str, quantity: int) -> None:
        """One line of the basket: one item, or a parent with its children."""
        good = GOODS[sku]
        if good.kind == CONFIGURABLE:
            variant = GOODS[good.parts[self.basket.variant % len(good.parts)][0]]
            amounts = self.line(good, quantity, price_of(good, self.found), self.basket.off)
            # As at Magento, the parent shows the variant's SKU and the configurable's name.
            parent = self.add(good, quantity, amounts, sku=variant.sku)
            self.add(variant, quantity, (figures.nothing(), figures.nothing()), parent)
        elif good.kind == BUNDLE:
            self._bundle(good, quantity)
        else:
            self.add(good, quantity, self.line(good, quantity, price_of(good, self.found), self.basket.off))

    def _bundle(self, good: Good, quantity: int) -> None:
        sku = "-".join((good.sku, *(part for part, _ in good.parts)))
        parts = [(GOODS[part], each * quantity) for part, each in good.parts]
        if not good.dynamic:
            parent = self.add(good, quantity, self.line(good, quantity, price_of(good, self.found), self.basket.off), sku=sku)
            for part, count in parts:
                self.add(part, count, (figures.nothing(), figures.nothing()), parent)
            return
        pairs = [self.line(part, count, price_of(part, self.found), self.basket.off) for part, count in parts]
        base = figures.together([one for one, _ in pairs], Decimal(quantity), self.found.shop.currency)
        shown = figures.together([one for _, one in pairs], Decimal(quantity), self.currency)
        parent = self.add(good, quantity, (base, shown), sku=sku)
        for (part, count), pair in zip(parts, pairs, strict=True):
            self.add(part, count, pair, parent)


def place(found: Installation, basket: Basket) -> Body:
    """Place an order at the installation's present: state `new`, nothing invoiced yet."""
    view = found.shop.view(basket.view)
    currency = basket.currency or view.currency
    number = found.next_id("order")
    draft = _Draft(found, basket, number, currency, rate(found.shop.currency, currency))
    for sku, quantity in basket.lines:
        draft.put(sku, quantity)
    virtual = all(item["is_virtual"] for item in draft.items)
    post = [_postage(draft, amount, money, virtual) for amount, money in _postages(draft)]
    less = _less(draft)
    base = figures.totals([one for one, _ in draft.money], post[0], less[0])
    shown = figures.totals([one for _, one in draft.money], post[1], less[1])
    if base["grand_total"] < 0 or shown["grand_total"] < 0:
        raise ValueError("store credit and gift cards can't pay more than the order comes to")
    order = {**_header(draft, view, virtual), **figures.both(base, shown), **_open(base, shown)}
    order |= _people(draft) | {"payment": _payment(draft, base, shown), "items": draft.items, "status_histories": []}
    if basket.coupon:
        order |= {"coupon_code": basket.coupon, "applied_rule_ids": "1", "discount_description": basket.coupon}
    order["extension_attributes"] = _extension(draft, order, virtual)
    return found.add("order", order)


def _postages(draft: _Draft) -> tuple[tuple[Decimal, str], tuple[Decimal, str]]:
    shop = draft.found.shop
    price = rounded(draft.basket.postage * shop.level, shop.currency)
    return (price, shop.currency), (rounded(price * draft.rate, draft.currency), draft.currency)


def _postage(draft: _Draft, price: Decimal, currency: str, virtual: bool) -> Body:
    shop = draft.found.shop
    amount = ZERO if virtual else price
    return figures.shipping(amount, draft.basket.post_off, shop.tax, inclusive=shop.inclusive, currency=currency)


def _less(draft: _Draft) -> tuple[Decimal, Decimal]:
    """Store credit and gift cards that pay a part, in both currencies; only Adobe Commerce has them."""
    if draft.found.shop.edition != COMMERCE:
        return ZERO, ZERO
    base = draft.basket.credit + draft.basket.cards
    return base, sum((rounded(one * draft.rate, draft.currency) for one in (draft.basket.credit, draft.basket.cards)), ZERO)


def _header(draft: _Draft, view: View, virtual: bool) -> Body:
    found, shop = draft.found, draft.found.shop
    sequence = found.next_id(f"order number {view.id}")
    quantity = sum((item["qty_ordered"] for item in draft.items if "parent_item_id" not in item), ZERO)
    carried = {} if virtual else {"shipping_description": "Flat Rate - Fixed"}
    return {
        "entity_id": draft.order_id, "increment_id": f"{view.id if view.id > 1 else ''}{sequence:09d}", "state": "new",
        "status": "pending", "store_id": view.id, "store_name": f"Main Website\nMain Website Store\n{view.name}",
        "created_at": found.stamp, "updated_at": found.stamp, "base_currency_code": shop.currency,
        "global_currency_code": shop.currency, "store_currency_code": shop.currency, "order_currency_code": draft.currency,
        "base_to_global_rate": Decimal(1), "base_to_order_rate": draft.rate, "store_to_base_rate": ZERO, "store_to_order_rate": ZERO,
        "is_virtual": int(virtual), "total_item_count": sum("parent_item_id" not in item for item in draft.items),
        "total_qty_ordered": quantity, "base_total_qty_ordered": quantity, "weight": Decimal("0.8") * quantity, "email_sent": 1,
        "quote_id": draft.order_id, "protect_code": f"{draft.order_id:032x}", "remote_ip": "203.0.113.9", "customer_note_notify": 1,
        "billing_address_id": 2 * draft.order_id, **carried,
    }  # fmt: skip


def _open(base: Body, shown: Body) -> Body:
    """What has become of the totals so far: all is due."""
    done = ("total_invoiced", "total_paid", "total_refunded", "total_canceled", "subtotal_invoiced", "subtotal_refunded",
            "subtotal_canceled", "tax_invoiced", "tax_refunded", "tax_canceled", "discount_invoiced", "discount_refunded",
            "discount_canceled", "shipping_invoiced", "shipping_refunded", "shipping_canceled", "shipping_tax_refunded",
            "discount_tax_compensation_invoiced", "discount_tax_compensation_refunded",
            "total_online_refunded", "total_offline_refunded")  # fmt: skip
    zeros = {name: ZERO for one in done for name in (one, f"base_{one}")}
    return {**zeros, "total_due": shown["grand_total"], "base_total_due": base["grand_total"], "base_total_invoiced_cost": ZERO}


def _people(draft: _Draft) -> Body:
    rng = random.Random(f"{draft.basket.seed}:{draft.found.shop.code}:{draft.order_id}:who")
    country = "DE" if draft.basket.view == "de" else draft.found.shop.country
    customer = draft.found.find("customer", draft.basket.customer) if draft.basket.customer else None
    if customer is None:
        email, address = people.guest(rng, country)
        who: Body = {"customer_is_guest": 1, "customer_group_id": 0}
    else:
        email, address = customer["email"], people.order_address(customer)
        who = {"customer_is_guest": 0, "customer_group_id": customer["group_id"], "customer_id": customer["id"]}
    names = {"customer_firstname": address["firstname"], "customer_lastname": address["lastname"], "customer_email": email}
    return {**who, **names, "billing_address": _address(draft, address, email, "billing")}


def _address(draft: _Draft, address: Body, email: str, kind: str) -> Body:
    return {
        **{name: value for name, value in address.items() if name != "address_type"}, "address_type": kind, "email": email,
        "entity_id": 2 * draft.order_id - (kind == "shipping"), "parent_id": draft.order_id,
    }  # fmt: skip


def _payment(draft: _Draft, base: Body, shown: Body) -> Body:
    method = draft.basket.method
    payment: Body = {
        "entity_id": draft.order_id, "parent_id": draft.order_id, "method": method, "account_status": None, "cc_last4": None,
        "additional_information": [METHODS[method]], "amount_ordered": shown["grand_total"],
        "base_amount_ordered": base["grand_total"], "shipping_amount": shown["shipping_amount"],
        "base_shipping_amount": base["shipping_amount"],
    }  # fmt: skip
    if method == CARD:
        payment |= {"cc_last4": f"{1000 + draft.order_id % 9000}", "cc_type": "VI", "cc_exp_year": "2029", "cc_exp_month": "04"}
    if method == ON_TERMS:
        payment["po_number"] = f"PO-{7000 + draft.order_id}"
    return payment


def _extension(draft: _Draft, order: Body, virtual: bool) -> Body:
    """shipping_assignments, taxes as applied, the payment's additional information as pairs, coupons, store credit."""
    basket, shop = draft.basket, draft.found.shop
    extension: Body = {"payment_additional_info": [{"key": "method_title", "value": METHODS[basket.method]}],
                       "applied_taxes": _taxes(order, draft), "item_applied_taxes": [], "converting_from_quote": True}  # fmt: skip
    if basket.coupon:
        extension["coupon_codes"] = [basket.coupon]
    if not virtual:
        address = _address(draft, order["billing_address"], order["customer_email"], "shipping")
        extension["shipping_assignments"] = [{"shipping": {"address": address, "method": "flatrate_flatrate"}}]
    else:
        extension["shipping_assignments"] = []
    if shop.edition == COMMERCE:
        for name, amount in (("customer_balance", basket.credit), ("gift_cards", basket.cards)):
            shown = rounded(amount * draft.rate, draft.currency)
            extension |= {f"base_{name}_amount": amount, f"{name}_amount": shown}
            extension |= {f"{prefix}{name}_{what}": ZERO for prefix in ("base_", "") for what in ("invoiced", "refunded")}
    return extension


def shown(order: Body) -> Body:
    """As the API gives it: lines once more under their shipment, and each child with its parent in full."""
    items = {item["item_id"]: item for item in order["items"]}
    lines = [
        {**item, "parent_item": items[item["parent_item_id"]]} if "parent_item_id" in item else item for item in items.values()
    ]
    total = {name: order[name] for name in order if name.removeprefix("base_").startswith("shipping_") and name in _TOTAL}
    assignments = [
        {"shipping": {**one["shipping"], "total": total}, "items": list(items.values())}
        for one in order["extension_attributes"]["shipping_assignments"]
    ]
    extension = {**order["extension_attributes"], "shipping_assignments": assignments}
    return {**order, "items": lines, "extension_attributes": extension}


_PARTS: Final = ("amount", "canceled", "discount_amount", "discount_tax_compensation_amount", "incl_tax", "invoiced", "refunded",
                 "tax_amount", "tax_refunded")  # fmt: skip
_TOTAL: Final = {name for part in _PARTS for name in (f"shipping_{part}", figures.base_name(f"shipping_{part}"))}


def _taxes(order: Body, draft: _Draft) -> list[dict[str, Any]]:
    tax = draft.found.shop.tax
    if not order["tax_amount"]:
        return []
    code = f"{draft.found.shop.country}-{tax * 100:.2f}"
    return [
        {
            "code": code,
            "title": code,
            "percent": tax * 100,
            "amount": order["tax_amount"],
            "base_amount": order["base_tax_amount"],
        }
    ]
