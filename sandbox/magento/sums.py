"""What the shop itself says was sold, invoiced and refunded in a period: the other side of the product's tie."""

from __future__ import annotations

from typing import Any

from sandbox.magento.installation import Body, Installation
from sandbox.magento.money import ZERO
from sandbox.magento.sales import number


def totals(found: Installation, params: dict[str, Any]) -> Body:
    """{"since"?, "until"?}: days or timestamps, until excluded, UTC. By payment method, then order currency.

    Orders by when they were placed; invoices, credit memos by when they were made. Amounts as strings.
    """
    since, until = str(params.get("since", "")), str(params.get("until", "9999"))
    methods = {order["entity_id"]: order["payment"]["method"] for order in found.all("order")}
    sums: dict[str, dict[str, Any]] = {}
    for kind, name, of in (
        ("order", "ordered", "entity_id"),
        ("invoice", "invoiced", "order_id"),
        ("creditmemo", "refunded", "order_id"),
    ):
        for body in found.all(kind):
            if since <= body["created_at"] < until and body.get("state") != "canceled":
                row = sums.setdefault(methods[body[of]], {}).setdefault(body["order_currency_code"], _nothing())
                _add(row, name, body)
                if kind == "invoice" and body["state"] == 2:
                    _add(row, "paid", body)
    shown = {method: {currency: _texts(row) for currency, row in by.items()} for method, by in sums.items()}
    return {"base_currency": found.shop.currency, "methods": shown}


def _nothing() -> dict[str, Any]:
    names = ("ordered", "invoiced", "paid", "refunded")
    return {one: 0 if one.endswith("count") else ZERO for name in names for one in (name, f"base_{name}", f"{name}_count")}


def _add(row: dict[str, Any], name: str, body: Body) -> None:
    row[name] += number(body["grand_total"])
    row[f"base_{name}"] += number(body["base_grand_total"])
    row[f"{name}_count"] += 1


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else f"{value}" for name, value in row.items()}
