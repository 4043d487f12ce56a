"""searchOrders and getOrder as the model has them: filters, pages, tokens, refusals, and orders that agree with settlements."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest

from sandbox.app import App
from tests.sandbox.amazon.conftest import HARBOUR, KOALA, LAKESIDE, ORDERS, THISTLE, Amazon

SINCE = {"createdAfter": "2026-07-01T00:00:00Z"}
MONEY = {"includedData": "PROCEEDS,TAX,FULFILLMENT,PACKAGES,PROMOTION,PAYMENT"}


def everything(caller: Amazon, **query: Any) -> list[dict[str, Any]]:
    page = caller.get(ORDERS, **query)
    found = list(page["orders"])
    while token := page.get("pagination", {}).get("nextToken"):
        page = caller.get(ORDERS, paginationToken=token, **query)
        found += page["orders"]
    return found


@pytest.mark.parametrize("seller_id", [HARBOUR, LAKESIDE, THISTLE, KOALA])
def test_what_orders_say_is_what_their_settlements_say(app: App, seller_id: str) -> None:
    """Price, tax, shipping, gift wrap and promotions of every settled order, to the smallest amount."""
    seller = Amazon(app, seller_id)
    settled: dict[str, Decimal] = defaultdict(Decimal)
    for settlement in app.twins["amazon"].shops.settlements(seller.seller):
        for row in settlement.rows:
            if row.transaction_type == "Order" and row.amount_type in ("ItemPrice", "Promotion"):
                settled[row.order_id] += row.amount
    told = {one["orderId"]: one for one in everything(seller, **SINCE, **MONEY)}
    assert len(settled) > 30
    assert {one: Decimal(told[one]["proceeds"]["grandTotal"]["amount"]) for one in settled} == dict(settled)
    assert {told[one]["fulfillment"]["fulfillmentStatus"] for one in settled} == {"SHIPPED"}
    never = [one for one in told.values() if one["fulfillment"]["fulfillmentStatus"] == "CANCELLED"]
    assert never
    assert not {one["orderId"] for one in never} & set(settled)


def test_an_order_lives(app: App, harbour: Amazon) -> None:
    """Before it was sent it waited, before that it was pending, and each change moved its time."""
    order = next(one for one in everything(harbour, **SINCE, **MONEY) if one["fulfillment"]["fulfillmentStatus"] == "SHIPPED")
    path, seen = f"{ORDERS}/{order['orderId']}", []
    for version in life(app, order["orderId"]):
        app.world.clock.freeze(version.at)
        harbour.token = harbour.fresh_token()
        told = harbour.get(path, **MONEY)["order"]
        seen.append((told["fulfillment"]["fulfillmentStatus"], told["lastUpdatedTime"], "proceeds" in told))
    assert [seen[0][0], seen[1][0], seen[-1][0]] == ["PENDING", "UNSHIPPED", "SHIPPED"]
    assert [priced for _status, _at, priced in seen] == [False] + [True] * (len(seen) - 1)
    assert [at for _status, at, _priced in seen] == sorted({at for _status, at, _priced in seen})


def life(app: App, order_id: str) -> Any:
    shops = app.twins["amazon"].shops
    return next(one.versions for one in shops.lives(Amazon(app, HARBOUR).seller) if one.id == order_id)


def test_the_seeded_orders_are_of_every_kind(app: App, thistle: Amazon, harbour: Amazon, koala: Amazon) -> None:
    found = [one for caller in (harbour, thistle, koala) for one in everything(caller, **SINCE, **MONEY)]
    assert set(Counter(one["fulfillment"]["fulfillmentStatus"] for one in found)) >= {"SHIPPED", "CANCELLED", "UNSHIPPED"}
    methods = Counter(each["paymentMethod"] for one in found for each in one.get("payment", {}).get("paymentExecutions", []))
    assert set(methods) == {"CreditCard", "Invoice"}
    assert {one["fulfillment"]["fulfilledBy"] for one in found} == {"AMAZON", "MERCHANT"}
    assert any(len(one.get("packages", [])) == 2 for one in found)
    fewer = [item for one in found for item in one["orderItems"] if one["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
             and item["quantityOrdered"] > item["fulfillment"]["quantityFulfilled"]]  # fmt: skip
    assert fewer


def test_only_what_was_asked_for_is_told(harbour: Amazon) -> None:
    bare = harbour.get(ORDERS, **SINCE)["orders"][0]
    assert not {"buyer", "recipient", "proceeds", "payment", "fulfillment", "packages"} & set(bare)
    assert not {"proceeds", "tax", "fulfillment", "promotion", "expense"} & set(bare["orderItems"][0])
    people = harbour.get(ORDERS, **SINCE, includedData="BUYER,RECIPIENT")["orders"][0]
    assert people["buyer"]["buyerName"]
    assert people["recipient"]["deliveryAddress"]["postalCode"]


def test_filters(harbour: Amazon) -> None:
    whole = everything(harbour, **SINCE, **MONEY)
    merchant = everything(harbour, **SINCE, **MONEY, fulfilledBy="MERCHANT")
    assert {one["fulfillment"]["fulfilledBy"] for one in merchant} == {"MERCHANT"}
    assert len(merchant) == sum(one["fulfillment"]["fulfilledBy"] == "MERCHANT" for one in whole)
    cancelled = everything(harbour, **SINCE, **MONEY, fulfillmentStatuses="CANCELLED,UNFULFILLABLE")
    assert {one["fulfillment"]["fulfillmentStatus"] for one in cancelled} == {"CANCELLED"}
    canada = everything(harbour, **SINCE, marketplaceIds="A2EUQ1WTGCTBG2")
    assert {one["salesChannel"]["marketplaceName"] for one in canada} == {"Amazon.ca"}


def test_pages_stay_as_they_were_when_the_listing_began(app: App, harbour: Amazon) -> None:
    query = {"lastUpdatedAfter": "2026-07-01T00:00:00Z", "maxResultsPerPage": 25}
    first = harbour.get(ORDERS, **query)
    app.twins["amazon"].command("place", {"seller": HARBOUR, "marketplace": "US", "orders": 40})
    app.world.clock.shift(600)
    page, found = first, list(first["orders"])
    while token := page.get("pagination", {}).get("nextToken"):
        page = harbour.get(ORDERS, paginationToken=token, **query)
        assert page["lastUpdatedBefore"] == first["lastUpdatedBefore"]
        found += page["orders"]
    ids = [one["orderId"] for one in found]
    assert len(ids) == len(set(ids)) > 150
    assert [one["lastUpdatedTime"] for one in found] == sorted(one["lastUpdatedTime"] for one in found)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"createdAfter": "2026-11-01T00:00:00Z", "lastUpdatedAfter": "2026-11-01T00:00:00Z"},
        {"createdAfter": "2026-11-01T00:00:00Z", "lastUpdatedBefore": "2026-11-02T00:00:00Z"},
        {"createdAfter": "2026-11-21T08:59:00Z"},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "lastUpdatedBefore": "2026-11-21T08:59:00Z"},
        {"createdAfter": "2026-11-05T00:00:00Z", "createdBefore": "2026-11-04T00:00:00Z"},
        {"createdAfter": "yesterday"},
        {"createdAfter": "2026-11-01T00:00:00Z", "maxResultsPerPage": "101"},
        {"createdAfter": "2026-11-01T00:00:00Z", "includedData": "EVERYTHING"},
        {"createdAfter": "2026-11-01T00:00:00Z", "fulfillmentStatuses": "Shipped"},
        {"createdAfter": "2026-11-01T00:00:00Z", "paginationToken": "abc"},
    ],
)
def test_bad_questions_are_refused(harbour: Amazon, query: dict[str, str]) -> None:
    answer = harbour.call("GET", ORDERS, **query)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["code"] == "InvalidInput"


def test_a_token_goes_with_its_arguments_and_lives_a_day(app: App, harbour: Amazon) -> None:
    token = harbour.get(ORDERS, **SINCE)["pagination"]["nextToken"]
    assert harbour.call("GET", ORDERS, **SINCE, fulfilledBy="AMAZON", paginationToken=token).status_code == 400
    assert harbour.call("GET", ORDERS, **SINCE, paginationToken=token).status_code == 200
    app.world.clock.shift(24 * 3600 + 60)
    harbour.token = harbour.fresh_token()
    expired = harbour.call("GET", ORDERS, **SINCE, paginationToken=token)
    assert (expired.status_code, "expired" in expired.get_json()["errors"][0]["details"]) == (400, True)


def test_an_order_of_somebody_else_is_not_found(app: App, harbour: Amazon, thistle: Amazon) -> None:
    order_id = thistle.get(ORDERS, **SINCE)["orders"][0]["orderId"]
    assert thistle.call("GET", f"{ORDERS}/{order_id}").status_code == 200
    assert harbour.call("GET", f"{ORDERS}/{order_id}").status_code == 404


def test_the_rate_is_one_in_three_minutes(app: App, harbour: Amazon) -> None:
    app.world.scale = 1
    statuses = [harbour.call("GET", ORDERS, **SINCE).status_code for _ in range(22)]
    assert statuses == [200] * 20 + [429] * 2
    app.world.clock.shift(180)
    assert harbour.call("GET", ORDERS, **SINCE).headers["x-amzn-RateLimit-Limit"] == "0.0056"
    assert harbour.call("GET", ORDERS, **SINCE).status_code == 429
