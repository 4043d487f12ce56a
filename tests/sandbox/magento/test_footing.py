"""Totals foot: of every order, invoice and credit memo, in both currencies, however an order is cut into parts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.app import App
from sandbox.magento.goods import GOODS
from sandbox.magento.shops import SHOPS
from tests.sandbox.magento.conftest import Caller

Body = dict[str, Any]


def money(body: Body, name: str) -> Decimal:
    return Decimal(body.get(name) or 0)


def grand(body: Body, prefix: str) -> Decimal:
    """The total out of its parts, by Magento's formula."""
    short = "base_shipping_discount_tax_compensation_amnt" if prefix else "shipping_discount_tax_compensation_amount"
    parts = (
        "subtotal",
        "shipping_amount",
        "tax_amount",
        "discount_amount",
        "discount_tax_compensation_amount",
        "adjustment_positive",
    )
    extension = body.get("extension_attributes", {})
    less = sum(money(extension, f"{prefix}{name}_amount") for name in ("customer_balance", "gift_cards"))
    return (
        sum(money(body, f"{prefix}{part}") for part in parts)
        + money(body, short)
        - money(body, f"{prefix}adjustment_negative")
        - less
    )


def counted(body: Body) -> list[Body]:
    """Lines whose money counts: children of a dynamic bundle, otherwise parents and plain lines."""
    items = body["items"]
    paying = {item.get("parent_item_id") for item in items if item["row_total"]}
    return [item for item in items if item["item_id"] not in paying]


def check_order(order: Body) -> None:
    for prefix in ("", "base_"):
        lines = counted(order)
        assert sum(item[f"{prefix}row_total"] for item in lines) == order[f"{prefix}subtotal"]
        tax = sum(item[f"{prefix}tax_amount"] for item in lines) + order[f"{prefix}shipping_tax_amount"]
        assert tax == order[f"{prefix}tax_amount"]
        off = sum(item[f"{prefix}discount_amount"] for item in lines) + order[f"{prefix}shipping_discount_amount"]
        assert -off == order[f"{prefix}discount_amount"]
        # An order itself has adjustments only as sums of its credit memos; they are no part of its total.
        plain = {name: value for name, value in order.items() if "adjustment" not in name}
        assert grand(plain, prefix) == order[f"{prefix}grand_total"]
        due = money(order, f"{prefix}grand_total") - money(order, f"{prefix}total_paid")
        assert money(order, f"{prefix}total_due") == (0 if money(order, f"{prefix}total_canceled") else due)


def check_documents(caller: Caller, order: Body) -> None:
    mine = ("order_id", "eq", order["entity_id"])
    for kind, done in (("invoices", "total_invoiced"), ("creditmemos", "total_refunded")):
        documents = caller.search(kind, mine)["items"]
        for prefix in ("", "base_"):
            assert all(grand(one, prefix) == one[f"{prefix}grand_total"] for one in documents)
            assert sum(one[f"{prefix}grand_total"] for one in documents) == order[f"{prefix}{done}"]


@pytest.mark.parametrize("shop", ["main", "uk", "tokyo", "kuwait", "cloud"])
def test_the_seeded_history_foots(app: App, shop: str) -> None:
    twin = app.twins["magento"]
    twin.ready()
    with app.world.db() as conn:
        found = twin.open(conn, SHOPS[shop])
        orders = list(found.all("order"))
        for kind, done in (("invoice", "total_invoiced"), ("creditmemo", "total_refunded")):
            for prefix in ("", "base_"):
                assert all(grand(one, prefix) == one[f"{prefix}grand_total"] for one in found.all(kind))
                assert sum(one[f"{prefix}grand_total"] for one in found.all(kind)) == sum(
                    one[f"{prefix}{done}"] for one in orders
                )
    for order in orders:
        check_order(order)
    assert len({order["payment"]["method"] for order in orders}) >= 3


BASKETS = st.fixed_dictionaries({
    "lines": st.lists(st.tuples(st.sampled_from(list(GOODS)), st.integers(1, 4)), min_size=1, max_size=4),
    "off": st.sampled_from(["0", "0.10", "0.333"]), "post_off": st.sampled_from(["0", "0.5"]),
    "postage": st.sampled_from(["0", "4.99", "7.50"]), "method": st.sampled_from(["braintree", "purchaseorder"]),
})  # fmt: skip
PLACES = st.sampled_from(
    [
        ("main", "USD"),
        ("main", "EUR"),
        ("main", "JPY"),
        ("main", "KWD"),
        ("uk", "GBP"),
        ("uk", "EUR"),
        ("tokyo", "JPY"),
        ("kuwait", "KWD"),
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=PLACES,
    basket=BASKETS,
    cuts=st.lists(st.integers(1, 3), max_size=3),
    back=st.integers(0, 3),
    credit=st.sampled_from([0, 5]),
)
def test_any_order_cut_into_any_parts(
    app: App, place: tuple[str, str], basket: Body, cuts: list[int], back: int, credit: int
) -> None:
    shop, currency = place
    caller = Caller(app, shop)
    order = caller.place(**basket, currency=currency, pay=False, credit=credit)
    check_order(order)
    for cut in cuts:
        top = [item for item in order["items"] if "parent_item_id" not in item and item["qty_ordered"] > item["qty_invoiced"]]
        if top:
            some = min(Decimal(cut), top[0]["qty_ordered"] - top[0]["qty_invoiced"])
            caller.post(
                f"order/{order['entity_id']}/invoice",
                {"capture": True, "items": [{"order_item_id": top[0]["item_id"], "qty": some}]},
            )
            order = caller.get(f"orders/{order['entity_id']}")
            check_order(order)
    if order["state"] == "new" or any(item["qty_ordered"] > item["qty_invoiced"] for item in order["items"]):
        caller.post(f"order/{order['entity_id']}/invoice", {"capture": True})
    order = caller.get(f"orders/{order['entity_id']}")
    assert (order["total_due"], order["total_invoiced"]) == (0, order["grand_total"])
    assert order["subtotal_invoiced"] == order["subtotal"]
    first = next(item for item in order["items"] if "parent_item_id" not in item)
    some = min(Decimal(back), first["qty_ordered"])
    if some and order["base_total_paid"]:
        given_back = {"items": [{"order_item_id": first["item_id"], "qty": some}], "arguments": {"shipping_amount": 0}}
        assert caller.call("POST", f"order/{order['entity_id']}/refund", given_back)[0] == 200
    caller.call("POST", f"order/{order['entity_id']}/refund", {})
    order = caller.get(f"orders/{order['entity_id']}")
    check_order(order)
    check_documents(caller, order)
    assert order["total_refunded"] == order["total_paid"], "everything went back, to the last unit"
    assert order["base_total_refunded"] == order["base_total_paid"]
