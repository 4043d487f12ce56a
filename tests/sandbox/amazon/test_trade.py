"""Orders placed, changed, cancelled, sent, refunded and settled by command: the settlement says what the orders say."""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from sandbox.app import App
from tests.sandbox.amazon.conftest import DOCUMENTS, HARBOUR, ORDERS, TRANSACTIONS, Amazon

STORE = {"seller": HARBOUR, "marketplace": "US"}
EVERYTHING = "PROCEEDS,TAX,FULFILLMENT,PACKAGES,PROMOTION,PAYMENT"


def do(app: App, verb: str, **params: Any) -> dict[str, Any]:
    return app.twins["amazon"].command(verb, params)


def later(app: App, caller: Amazon, **span: float) -> None:
    app.world.clock.shift(span.get("hours", 0) * 3600 + span.get("minutes", 0) * 60)
    caller.token = caller.fresh_token()


def orders(caller: Amazon, **query: Any) -> dict[str, dict[str, Any]]:
    query = {"lastUpdatedAfter": "2026-07-01T00:00:00Z", "includedData": EVERYTHING, **query}
    page = caller.get(ORDERS, **query)
    found = list(page["orders"])
    while token := page.get("pagination", {}).get("nextToken"):
        page = caller.get(ORDERS, paginationToken=token, **query)
        found += page["orders"]
    assert len({one["orderId"] for one in found}) == len(found)
    return {one["orderId"]: one for one in found}


def settled(caller: Amazon, settlement_id: str) -> list[dict[str, str]]:
    for report in caller.reports(processingStatuses="DONE"):
        answer = caller.client.get(caller.get(f"{DOCUMENTS}/{report['reportDocumentId']}")["url"])
        rows = list(csv.DictReader(io.StringIO(gzip.decompress(answer.data).decode()), delimiter="\t", quoting=csv.QUOTE_NONE))
        if rows[0]["settlement-id"] == settlement_id:
            return rows
    raise AssertionError(f"{settlement_id} is not listed")


def paid(rows: list[dict[str, str]], kind: str) -> dict[str, Decimal]:
    """What buyers paid or got back by order: prices, tax and promotions, without fees and tax withheld."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["transaction-type"] == kind and row["amount-type"] in ("ItemPrice", "Promotion"):
            sums[row["order-id"]] += Decimal(row["amount"])
    return dict(sums)


def test_500_orders_20_changed_5_cancelled_10_refunded_settle_to_the_cent(app: App, harbour: Amazon) -> None:
    ids = do(app, "place", **STORE, orders=500)["orders"]
    later(app, harbour, minutes=10)
    before = orders(harbour, marketplaceIds="ATVPDKIKX0DER", fulfillmentStatuses="UNSHIPPED")
    assert set(ids) <= set(before)
    do(app, "change", orders=ids[:10], quantity=5)
    do(app, "change", orders=ids[10:20], off="1.00")
    do(app, "cancel", orders=ids[20:25])
    later(app, harbour, hours=5)
    shipped = do(app, "ship", **STORE)["orders"]
    assert set(shipped) == set(ids) - set(ids[20:25])
    later(app, harbour, hours=1)
    refunds = do(app, "refund", orders=ids[30:38])["adjustments"]
    refunds |= do(app, "refund", order=ids[38], item=0, share="0.5")["adjustments"]
    refunds |= do(app, "refund", order=ids[39], amount="2.50")["adjustments"]
    later(app, harbour, hours=1)
    closed = do(app, "close", **STORE)
    now = orders(harbour)
    rows = settled(harbour, closed["settlement_id"])

    totals = {one: Decimal(now[one]["proceeds"]["grandTotal"]["amount"]) for one in ids}
    assert [now[one]["fulfillment"]["fulfillmentStatus"] for one in ids[20:25]] == ["CANCELLED"] * 5
    assert all(totals[one] == 0 for one in ids[20:25])
    assert {one: amount for one, amount in paid(rows, "Order").items() if one in totals} == {one: totals[one] for one in shipped}
    assert sum(Decimal(row["amount"]) for row in rows[1:]) == Decimal(rows[0]["total-amount"]) == Decimal(closed["total"])
    changed = [one for one in ids[:20] if now[one]["proceeds"] != before[one]["proceeds"]]
    assert len(changed) == 20
    assert all(now[one]["lastUpdatedTime"] > before[one]["lastUpdatedTime"] for one in ids)

    given_back = {row["adjustment-id"]: row["order-id"] for row in rows if row["transaction-type"] == "Refund"}
    assert {refunds[one]: one for one in refunds}.items() <= given_back.items()
    told = harbour.get(TRANSACTIONS, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=ids[30])["payload"]["transactions"]
    named = {one["relatedIdentifierName"]: one["relatedIdentifierValue"] for one in told[-1]["relatedIdentifiers"]}
    assert [one["transactionType"] for one in told] == ["Shipment", "Refund"]
    assert (named["REFUND_ID"], named["SETTLEMENT_ID"]) == (refunds[ids[30]], closed["settlement_id"])
    back = paid(rows, "Refund")
    assert back[ids[30]] == -totals[ids[30]]
    assert 0 < -back[ids[38]] < totals[ids[38]]


def test_the_same_world_tells_the_same_orders(app: App, harbour: Amazon) -> None:
    first = do(app, "place", **STORE, orders=3)["orders"]
    app.reset()
    assert do(app, "place", **STORE, orders=3)["orders"] == first


def test_what_comes_after_a_close_belongs_to_the_next_settlement(app: App, harbour: Amazon) -> None:
    ids = do(app, "place", **STORE, orders=2)["orders"]
    do(app, "ship", order=ids[0])
    later(app, harbour, hours=1)
    first = do(app, "close", **STORE)
    do(app, "ship", order=ids[1])
    later(app, harbour, hours=1)
    second = do(app, "close", **STORE)
    assert first["end"] == second["start"]
    found = [
        {row["order-id"] for row in settled(harbour, one["settlement_id"]) if row["order-id"] in ids} for one in (first, second)
    ]
    assert found == [{ids[0]}, {ids[1]}]
    assert app.twins["amazon"].shops.find(first["settlement_id"]).lines_total == Decimal(first["total"])


def test_an_order_sent_in_two_parts_has_two_shipments(app: App, harbour: Amazon) -> None:
    ids = do(app, "place", **STORE, orders=40, fulfillment="MFN")["orders"]
    later(app, harbour, minutes=5)
    order_id = next(one for one, told in orders(harbour).items() if one in ids and len(told["orderItems"]) > 1)
    do(app, "ship", order=order_id, items=[0])
    later(app, harbour, minutes=5)
    half = harbour.get(f"{ORDERS}/{order_id}", includedData=EVERYTHING)["order"]
    assert half["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
    assert [item["fulfillment"]["quantityFulfilled"] > 0 for item in half["orderItems"]][:2] == [True, False]
    assert len(half["packages"]) == 1
    do(app, "ship", order=order_id)
    whole = harbour.get(f"{ORDERS}/{order_id}", includedData=EVERYTHING)["order"]
    assert whole["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert len({package["trackingNumber"] for package in whole["packages"]}) == 2
    later(app, harbour, minutes=5)
    rows = settled(harbour, do(app, "close", **STORE)["settlement_id"])
    assert len({row["shipment-id"] for row in rows if row["order-id"] == order_id}) == 2
    assert paid(rows, "Order")[order_id] == Decimal(whole["proceeds"]["grandTotal"]["amount"])


@pytest.mark.parametrize("verb", ["change", "cancel", "ship"])
def test_what_cannot_be_done_is_refused(app: App, verb: str) -> None:
    (order_id,) = do(app, "place", **STORE, orders=1)["orders"]
    with pytest.raises(ValueError, match="was not sent"):
        do(app, "refund", order=order_id)
    do(app, "ship", order=order_id)
    with pytest.raises(ValueError, match="is SHIPPED"):
        do(app, verb, order=order_id, quantity=2)


def test_a_pending_order_has_no_prices_and_credit_is_an_invoice(app: App, harbour: Amazon) -> None:
    (pending,) = do(app, "place", **STORE, orders=1, pending=True, terms="credit")["orders"]
    told = harbour.get(f"{ORDERS}/{pending}", includedData=EVERYTHING)["order"]
    assert told["fulfillment"]["fulfillmentStatus"] == "PENDING"
    assert "proceeds" not in told
    assert all("proceeds" not in item and "price" not in item["product"] for item in told["orderItems"])
    do(app, "pay", order=pending)
    told = harbour.get(f"{ORDERS}/{pending}", includedData=EVERYTHING)["order"]
    assert told["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert told["programs"][0] == "AMAZON_BUSINESS"
    (payment,) = told["payment"]["paymentExecutions"]
    assert (payment["paymentMethod"], payment["paymentAmount"]) == ("Invoice", told["proceeds"]["grandTotal"])
