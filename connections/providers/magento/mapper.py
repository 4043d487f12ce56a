"""Orders and credit memos of Magento as our values.

Pure. An order is read together with its invoices and shipments: they say what was paid and what was sent, and the
order's own `updated_at` does not always move when they change. The state decides where an order stands; a status is
the shop's own word for it, kept as it is, and the tenant may say what it means. A state that Magento's documentation
does not list leaves the order UNKNOWN.

Money is the website's base currency unless the connection says otherwise. Where a part of an order was cancelled
after another part was invoiced, its invoices are the sale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from canonical.commerce import (
    Address,
    FulfilledBy,
    Order,
    OrderLine,
    OrderStatus,
    Package,
    Party,
    PaymentFact,
    Refund,
    ShopFacts,
    Terms,
)

from . import fields
from .fields import ZERO, Body, Purse
from .lines import lines_of

# What a buyer is trusted with: goods before money. Of all other methods the gateway says when money came.
ON_TERMS = frozenset({"purchaseorder", "banktransfer", "checkmo", "cashondelivery", "companycredit"})
PAID, CANCELED = 2, 3  # states of an invoice; of a credit memo 2 is refunded
_STANDING: Mapping[str, OrderStatus] = {
    "pending_payment": OrderStatus.PENDING,
    "payment_review": OrderStatus.PENDING,
    "holded": OrderStatus.PENDING,
    "canceled": OrderStatus.CANCELLED,
    "complete": OrderStatus.SHIPPED,
    "closed": OrderStatus.SHIPPED,
}
_OPEN = frozenset({"new", "processing"})
_OWN_FIELDS = ("coupon_code", "customer_group_id", "customer_note", "ext_order_id", "shipping_description")
_DEEP = (
    "applied_taxes",
    "item_applied_taxes",
    "shipping_assignments",
    "payment_additional_info",
    "taxes",
    "coupon_codes",
    "converting_from_quote",
)


@dataclass(frozen=True, slots=True)
class Shop:
    """What must be known of a shop to read its sales: its store views by id, and whose currency counts."""

    views: Mapping[str, Mapping[str, Any]]
    base: bool = True

    def view(self, body: Body) -> Mapping[str, Any]:
        """The store view of a document; one that was added since names itself by its number."""
        number = fields.text(body, "store_id")
        return self.views.get(number, {"code": number, "name": f"Store {number}"})

    def purse(self, body: Body) -> Purse:
        """Amounts in the currency that counts. Raises Unreadable where the document names none."""
        currency = fields.text(body, "base_currency_code" if self.base else "order_currency_code")
        if len(currency) != 3:
            raise fields.Unreadable(f"no currency: {currency!r}")
        return Purse(currency, base=self.base)


def shop_of(facts: Mapping[str, Any]) -> Shop:
    return Shop({str(view["store_id"]): view for view in facts.get("marketplaces", [])}, facts.get("amounts") != "order")


# ------------------------------------------------------------------ orders


def order(body: Body, invoices: Sequence[Body], shipments: Sequence[Body], shop: Shop, *, people: bool) -> Order:
    """One order. Raises Unreadable where a property that we need is missing or misshapen."""
    purse, view = shop.purse(body), shop.view(body)
    valid = [each for each in invoices if fields.number(each, "state") != CANCELED]
    lines, total = _sale(body, valid, purse)
    paid = purse.of(body, "total_paid")
    status = _status(body, total, paid)
    packages = tuple(package for each in shipments for package in _packages(each))
    sent = [fields.moment(each, "created_at") for each in shipments]
    return Order(
        order_id=fields.key(body),
        status=status,
        stated_status=fields.text(body, "status") or fields.text(body, "state"),
        purchased_at=fields.moment(body, "created_at"),
        updated_at=max(fields.moment(each, "updated_at") for each in (body, *invoices, *shipments)),
        currency=purse.currency,
        marketplace=str(view["name"]),
        fulfilled_by=FulfilledBy.MERCHANT,
        lines=lines,
        total=total,
        terms=Terms.PAID if paid >= total else Terms.CREDIT,
        shipped_at=max(sent) if sent and status is OrderStatus.SHIPPED else None,
        buyer=buyer(body) if people else None,
        ship_to=_ship_to(body) if people else None,
        packages=packages,
        shop=_facts(body, valid, str(view["code"]), purse, people=people),
    )


def _sale(body: Body, invoices: Sequence[Body], purse: Purse) -> tuple[tuple[OrderLine, ...], Decimal]:
    """The order's own lines and total, or those of its invoices where the rest was cancelled."""
    cancelled = purse.of(body, "total_canceled")
    if not cancelled or not invoices or fields.text(body, "state") == "canceled":
        return lines_of(body, body, purse), purse.of(body, "grand_total")
    found = [
        OrderLine(
            line_id=f"{fields.key(each)}:{line.line_id}", sku=line.sku, title=line.title, quantity=line.quantity,
            charges=line.charges, shipped=line.shipped, product_id=line.product_id, tax_collector=line.tax_collector, tax_stated=True,
        )
        for each in invoices
        for line in lines_of(each, body, purse)
    ]  # fmt: skip
    return tuple(found), sum((purse.of(each, "grand_total") for each in invoices), ZERO)


def _status(body: Body, total: Decimal, paid: Decimal) -> OrderStatus:
    """Open orders are pending while a gateway has not brought any money and nobody is trusted with the goods."""
    state = fields.text(body, "state")
    if state not in _OPEN:
        return _STANDING.get(state, OrderStatus.UNKNOWN)
    if paid < total and not paid and _method(body) not in ON_TERMS:
        return OrderStatus.PENDING
    sent = any(fields.number(item, "qty_shipped") for item in fields.objects(body, "items"))
    return OrderStatus.PARTLY_SHIPPED if sent else OrderStatus.UNSHIPPED


def _facts(body: Body, invoices: Sequence[Body], store: str, purse: Purse, *, people: bool) -> ShopFacts:
    payment = fields.inner(body, "payment")
    return ShopFacts(
        number=fields.text(body, "increment_id"),
        store=store,
        customer_id=fields.text(body, "customer_id"),
        method=_method(body),
        transaction=fields.text(payment, "last_trans_id"),
        paid=purse.of(body, "total_paid"),
        refunded=purse.of(body, "total_refunded"),
        payments=tuple(_payment(each, body, purse) for each in invoices if fields.number(each, "state") == PAID),
        bill_to=address(fields.inner(body, "billing_address")) if people else None,
        coupons=_coupons(body),
        attributes=_attributes(body, payment),
    )


def _payment(invoice: Body, order: Body, purse: Purse) -> PaymentFact:
    """A paid invoice is money that came. Its day is the invoice's: nothing else of it stays as it is."""
    payment = fields.inner(order, "payment")
    return PaymentFact(
        payment_id=fields.key(invoice),
        at=fields.moment(invoice, "created_at"),
        amount=purse.of(invoice, "grand_total"),
        method=_method(order),
        transaction=fields.text(invoice, "transaction_id") or fields.text(payment, "last_trans_id"),
        number=fields.text(invoice, "increment_id"),
    )


def _method(body: Body) -> str:
    return fields.text(fields.inner(body, "payment"), "method")


def _packages(shipment: Body) -> list[Package]:
    at = fields.moment(shipment, "created_at")
    return [
        Package(fields.text(track, "title") or fields.text(track, "carrier_code"), fields.text(track, "track_number"), at)
        for track in fields.objects(shipment, "tracks")
    ]


def _coupons(body: Body) -> tuple[str, ...]:
    given = fields.inner(body, "extension_attributes").get("coupon_codes") or []
    codes = [*(given if isinstance(given, list) else []), body.get("coupon_code")]
    return tuple(dict.fromkeys(str(code) for code in codes if code))


# ------------------------------------------------------------------ people


def buyer(body: Body) -> Party:
    """First and last name become one; a company is the billing address's."""
    billing = fields.inner(body, "billing_address")
    return Party(
        name=_name(body, "customer_") or _name(billing),
        email=fields.text(body, "customer_email"),
        company=fields.text(billing, "company"),
    )


def _name(body: Body, before: str = "") -> str:
    parts = (fields.text(body, f"{before}{part}").strip() for part in ("prefix", "firstname", "middlename", "lastname", "suffix"))
    return " ".join(part for part in parts if part)


def _ship_to(body: Body) -> Address | None:
    assignments = fields.objects(fields.inner(body, "extension_attributes"), "shipping_assignments")
    if not assignments:
        return None
    return address(fields.inner(fields.inner(assignments[0], "shipping"), "address"))


def address(body: Body) -> Address | None:
    if not body:
        return None
    street = body.get("street") or []
    return Address(
        name=_name(body),
        lines=tuple(str(line) for line in ([fields.text(body, "company"), *street] if isinstance(street, list) else []) if line),
        city=fields.text(body, "city"),
        region=fields.text(body, "region_code") or fields.text(body, "region"),
        postal_code=fields.text(body, "postcode"),
        country=fields.text(body, "country_id"),
    )


# ------------------------------------------------------------------ the shop's own fields


def _attributes(body: Body, payment: Body) -> dict[str, str]:
    """What merchants and their modules add: extension attributes, custom attributes, and a few properties people map."""
    found = {name: body.get(name) for name in _OWN_FIELDS}
    found |= {"po_number": payment.get("po_number")}
    if fields.text(body, "order_currency_code") != fields.text(body, "base_currency_code"):
        found |= {name: body.get(name) for name in ("order_currency_code", "base_to_order_rate", "grand_total")}
    return told(found) | attributes(body)


def attributes(body: Body) -> dict[str, str]:
    """extension_attributes (one level deep) and custom_attributes by name, as text."""
    extension = {name: value for name, value in fields.inner(body, "extension_attributes").items() if name not in _DEEP}
    for name, value in list(extension.items()):
        if isinstance(value, Mapping):
            extension |= {f"{name}.{part}": inner for part, inner in value.items()}
    custom = {fields.text(one, "attribute_code"): one.get("value") for one in fields.objects(body, "custom_attributes")}
    return told({**extension, **custom})


def told(values: Mapping[str, Any]) -> dict[str, str]:
    """What can be said in a line of text: plain values, and lists of them."""
    found = {}
    for name, value in values.items():
        if isinstance(value, list) and all(isinstance(one, (str, int, Decimal)) for one in value):
            value = ", ".join(str(one) for one in value)
        if isinstance(value, (str, int, Decimal)) and value not in ("", False):
            found[name] = str(value)
    return found


# ------------------------------------------------------------------ refunds


def refund(memo: Body, order: Body, shop: Shop) -> Refund:
    """A credit memo: what is given back counts as positive, as in the memo itself."""
    purse, view = shop.purse(memo), shop.view(memo)
    payment = fields.inner(order, "payment")
    facts = ShopFacts(
        number=fields.text(memo, "increment_id"),
        store=str(view["code"]),
        customer_id=fields.text(order, "customer_id"),
        method=fields.text(payment, "method"),
        transaction=fields.text(memo, "transaction_id"),
        attributes={"order_number": fields.text(order, "increment_id")},
    )
    return Refund(
        refund_id=fields.key(memo),
        order_id=fields.key(memo, "order_id"),
        posted_at=fields.moment(memo, "created_at"),
        currency=purse.currency,
        marketplace=str(view["name"]),
        lines=lines_of(memo, order, purse),
        total=purse.of(memo, "grand_total"),
        shop=facts,
    )


def is_refunded(memo: Body) -> bool:
    """An open memo has moved no money yet, a cancelled one never will."""
    return fields.number(memo, "state") == PAID


def changed_at(body: Body) -> datetime:
    return fields.moment(body, "updated_at")
