"""Orders and refunds as plain JSON values and back, exactly: what canonical records keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from .commerce import (
    Address,
    Charge,
    ChargeKind,
    FulfilledBy,
    Order,
    OrderLine,
    OrderStatus,
    Package,
    Party,
    PaymentFact,
    Product,
    Refund,
    ShopFacts,
    TaxCollector,
    Terms,
)

Plain = dict[str, Any]


def plain_order(order: Order) -> Plain:
    """The order as JSON values: amounts as text, moments as ISO 8601."""
    return {
        "order_id": order.order_id,
        "status": order.status.value,
        "stated_status": order.stated_status,
        "purchased_at": order.purchased_at.isoformat(),
        "updated_at": order.updated_at.isoformat(),
        "currency": order.currency,
        "marketplace": order.marketplace,
        "fulfilled_by": order.fulfilled_by.value,
        "lines": [_plain_line(line) for line in order.lines],
        "total": None if order.total is None else f"{order.total:f}",
        "terms": order.terms.value,
        "shipped_at": order.shipped_at.isoformat() if order.shipped_at else None,
        "buyer": {"name": order.buyer.name, "email": order.buyer.email, "company": order.buyer.company} if order.buyer else None,
        "ship_to": _plain_address(order.ship_to) if order.ship_to else None,
        "packages": [
            {"carrier": each.carrier, "tracking": each.tracking, "shipped_at": each.shipped_at.isoformat() if each.shipped_at else None}
            for each in order.packages
        ],
        "replaces": order.replaces,
        **_plain_shop(order.shop),
    }  # fmt: skip


def order_of(plain: Mapping[str, Any]) -> Order:
    """The very order that `plain_order` was given."""
    return Order(
        order_id=plain["order_id"],
        status=OrderStatus(plain["status"]),
        stated_status=plain["stated_status"],
        purchased_at=datetime.fromisoformat(plain["purchased_at"]),
        updated_at=datetime.fromisoformat(plain["updated_at"]),
        currency=plain["currency"],
        marketplace=plain["marketplace"],
        fulfilled_by=FulfilledBy(plain["fulfilled_by"]),
        lines=_lines_of(plain["lines"]),
        total=None if plain["total"] is None else Decimal(plain["total"]),
        terms=Terms(plain["terms"]),
        shipped_at=_moment(plain["shipped_at"]),
        buyer=Party(**plain["buyer"]) if plain["buyer"] else None,
        ship_to=_address_of(plain["ship_to"]) if plain["ship_to"] else None,
        packages=tuple(Package(each["carrier"], each["tracking"], _moment(each["shipped_at"])) for each in plain["packages"]),
        replaces=plain["replaces"],
        shop=_shop_of(plain.get("shop")),
    )


def plain_refund(refund: Refund) -> Plain:
    return {
        "refund_id": refund.refund_id,
        "order_id": refund.order_id,
        "posted_at": refund.posted_at.isoformat(),
        "currency": refund.currency,
        "marketplace": refund.marketplace,
        "lines": [_plain_line(line) for line in refund.lines],
        **({} if refund.total is None else {"total": f"{refund.total:f}"}),
        **_plain_shop(refund.shop),
    }


def refund_of(plain: Mapping[str, Any]) -> Refund:
    return Refund(
        refund_id=plain["refund_id"],
        order_id=plain["order_id"],
        posted_at=datetime.fromisoformat(plain["posted_at"]),
        currency=plain["currency"],
        marketplace=plain["marketplace"],
        lines=_lines_of(plain["lines"]),
        total=_amount(plain.get("total")),
        shop=_shop_of(plain.get("shop")),
    )


def plain_product(product: Product) -> Plain:
    return {
        "sku": product.sku,
        "title": product.title,
        "price": _plain_amount(product.price),
        "currency": product.currency,
        "kind": product.kind,
        "sold": product.sold,
        "updated_at": product.updated_at.isoformat(),
        "product_id": product.product_id,
        "quantity": _plain_amount(product.quantity),
        "attributes": dict(product.attributes),
    }


def product_of(plain: Mapping[str, Any]) -> Product:
    amounts = {"price": _amount(plain["price"]), "quantity": _amount(plain["quantity"])}
    return Product(**{**plain, **amounts, "updated_at": datetime.fromisoformat(plain["updated_at"])})


def _plain_shop(shop: ShopFacts) -> Plain:
    """Only where a source tells any of it: what marketplaces say keeps its hash."""
    if shop == ShopFacts():
        return {}
    payments = [
        {
            "payment_id": each.payment_id,
            "at": each.at.isoformat(),
            "amount": f"{each.amount:f}",
            "method": each.method,
            "transaction": each.transaction,
            "number": each.number,
        }
        for each in shop.payments
    ]
    return {
        "shop": {
            "number": shop.number,
            "store": shop.store,
            "customer_id": shop.customer_id,
            "method": shop.method,
            "transaction": shop.transaction,
            "paid": _plain_amount(shop.paid),
            "refunded": _plain_amount(shop.refunded),
            "payments": payments,
            "bill_to": _plain_address(shop.bill_to) if shop.bill_to else None,
            "coupons": list(shop.coupons),
            "attributes": dict(shop.attributes),
        }
    }


def _shop_of(plain: Mapping[str, Any] | None) -> ShopFacts:
    if plain is None:
        return ShopFacts()
    payments = tuple(
        PaymentFact(**{**each, "at": datetime.fromisoformat(each["at"]), "amount": Decimal(each["amount"])})
        for each in plain["payments"]
    )
    return ShopFacts(
        **{
            **plain,
            "paid": _amount(plain["paid"]),
            "refunded": _amount(plain["refunded"]),
            "payments": payments,
            "bill_to": _address_of(plain["bill_to"]) if plain["bill_to"] else None,
            "coupons": tuple(plain["coupons"]),
        }
    )


def _plain_amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _plain_line(line: OrderLine) -> Plain:
    return {
        "line_id": line.line_id,
        "sku": line.sku,
        "title": line.title,
        "quantity": f"{line.quantity:f}",
        "shipped": f"{line.shipped:f}",
        "product_id": line.product_id,
        "tax_collector": line.tax_collector.value,
        **({"tax_stated": True} if line.tax_stated else {}),
        "charges": [{"kind": each.kind.value, "amount": f"{each.amount:f}", "tax": f"{each.tax:f}"} for each in line.charges],
    }


def _lines_of(plain: Sequence[Mapping[str, Any]]) -> tuple[OrderLine, ...]:
    return tuple(_line_of(line) for line in plain)


def _line_of(plain: Mapping[str, Any]) -> OrderLine:
    return OrderLine(
        line_id=plain["line_id"],
        sku=plain["sku"],
        title=plain["title"],
        quantity=Decimal(plain["quantity"]),
        shipped=Decimal(plain["shipped"]),
        product_id=plain["product_id"],
        tax_collector=TaxCollector(plain["tax_collector"]),
        tax_stated=bool(plain.get("tax_stated")),
        charges=tuple(Charge(ChargeKind(c["kind"]), Decimal(c["amount"]), Decimal(c["tax"])) for c in plain["charges"]),
    )


def _plain_address(address: Address) -> Plain:
    return {
        "name": address.name,
        "lines": list(address.lines),
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    }


def _address_of(plain: Mapping[str, Any]) -> Address:
    return Address(**{**plain, "lines": tuple(plain["lines"])})


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
