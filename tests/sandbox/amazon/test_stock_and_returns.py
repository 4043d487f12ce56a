"""Stock that moves with the orders of the same shop, listings page by page, and returns that match refunds."""

from __future__ import annotations

import csv
import gzip
from typing import Any

import pytest

from sandbox.amazon.returns import COLUMNS
from sandbox.app import App
from tests.sandbox.amazon.conftest import HARBOUR, LISTINGS, ORDERS, REPORTS, STOCK, Amazon, stock_of

US, CA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
SKU = "HP-ENAMEL-MUG-2"
RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
STORE = {"seller": HARBOUR, "marketplace": "US"}


def held(seller: Amazon, sku: str = SKU, place: str = US, **asked: Any) -> dict[str, Any]:
    """The summary of one SKU."""
    body = seller.get(STOCK, **stock_of(place), details="true", sellerSku=sku, **asked)
    (summary,) = body["payload"]["inventorySummaries"]
    return dict(summary)


def units(summary: dict[str, Any]) -> tuple[int, int, int]:
    """(fulfillable, reserved, unfulfillable)"""
    details = summary["inventoryDetails"]
    return (
        details["fulfillableQuantity"],
        details["reservedQuantity"]["totalReservedQuantity"],
        details["unfulfillableQuantity"]["totalUnfulfillableQuantity"],
    )


def order(app: App, **wishes: Any) -> str:
    (order_id,) = app.twins["amazon"].command("place", {**STORE, "skus": [SKU], "fulfillment": "AFN", **wishes})["orders"]
    return str(order_id)


def ordered(seller: Amazon, order_id: str) -> int:
    items = seller.get(f"{ORDERS}/{order_id}")["order"]["orderItems"]
    return sum(item["quantityOrdered"] for item in items)


def test_an_order_takes_its_units_first_as_reserved_then_for_good(app: App, harbour: Amazon) -> None:
    free, reserved, _ = units(held(harbour))
    order_id = order(app)
    count = ordered(harbour, order_id)
    assert units(held(harbour))[:2] == (free - count, reserved + count)
    app.twins["amazon"].command("ship", {"order": order_id})
    assert units(held(harbour))[:2] == (free - count, reserved)
    cancelled = order(app)
    app.twins["amazon"].command("cancel", {"order": cancelled})
    assert units(held(harbour))[:2] == (free - count, reserved)


def test_the_merchants_own_parcels_leave_amazons_warehouses_alone(app: App, harbour: Amazon) -> None:
    def own() -> int:
        asked = {"marketplaceIds": US, "includedData": "fulfillmentAvailability", "identifiersType": "SKU", "identifiers": SKU}
        (item,) = harbour.get(f"{LISTINGS}/{HARBOUR}", **asked)["items"]
        return int(item["fulfillmentAvailability"][1]["quantity"])

    at_amazon, mine = units(held(harbour)), own()
    count = ordered(harbour, order(app, fulfillment="MFN"))
    assert units(held(harbour)) == at_amazon
    assert own() == mine - count


def test_each_store_has_its_own_stock_and_only_what_changed_is_told_on_request(app: App, harbour: Amazon) -> None:
    elsewhere = held(harbour, place=CA)
    order(app)
    assert held(harbour, place=CA) == elsewhere
    changed = harbour.get(STOCK, **stock_of(US), startDateTime="2026-11-21T08:59:00Z")["payload"]["inventorySummaries"]
    assert [one["sellerSku"] for one in changed] == [SKU]
    assert "inventoryDetails" not in changed[0]


@pytest.mark.parametrize("marketplace", ["A1F83G8C2ARO7P", f"{US},{CA}"])
def test_stock_of_a_foreign_store_or_of_two_is_refused(harbour: Amazon, marketplace: str) -> None:
    assert harbour.call("GET", STOCK, **stock_of(marketplace)).status_code == 400


def test_listings_page_by_page_each_once(harbour: Amazon) -> None:
    asked: dict[str, Any] = {"marketplaceIds": US, "pageSize": 4}
    pages, token = [], {}
    while True:
        body = harbour.get(f"{LISTINGS}/{HARBOUR}", **asked, **token)
        pages.append([item["sku"] for item in body["items"]])
        if "pagination" not in body:
            break
        token = {"pageToken": body["pagination"]["nextToken"]}
    assert [len(page) for page in pages] == [4, 4, 2]
    assert len({sku for page in pages for sku in page}) == body["numberOfResults"] == 10
    assert harbour.call("GET", f"{LISTINGS}/{HARBOUR}", marketplaceIds=CA, pageSize=4, **token).status_code == 400
    assert harbour.call("GET", f"{LISTINGS}/A3LAKESIDEBKS2", marketplaceIds=US).status_code == 403


def file_of(app: App, seller: Amazon, since: str = "2026-07-01T00:00:00Z") -> list[dict[str, str]] | None:
    """The rows of a returns report asked for now; None when it was cancelled for want of data."""
    body = {"reportType": RETURNS, "marketplaceIds": [US], "dataStartTime": since, "dataEndTime": "2026-11-21T09:00:00Z"}
    report_id = seller.call("POST", REPORTS, body).get_json()["reportId"]
    app.world.clock.shift(60)
    report = seller.get(f"{REPORTS}/{report_id}")
    if report["processingStatus"] == "CANCELLED":
        return None
    text = gzip.decompress(seller.file_of(report).data).decode()
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_a_refunded_unit_comes_back_and_is_told_by_the_report(app: App, harbour: Amazon) -> None:
    order_id = order(app)
    count = ordered(harbour, order_id)
    app.twins["amazon"].command("ship", {"order": order_id})
    free, _, spoiled = units(held(harbour))
    app.twins["amazon"].command("refund", {"order": order_id})
    free_now, _, spoiled_now = units(held(harbour))
    assert free_now + spoiled_now == free + spoiled + count
    rows = file_of(app, harbour) or []
    assert sum(row["order-id"] == order_id and row["sku"] == SKU for row in rows) == count
    assert tuple(rows[0]) == COLUMNS
    assert len({row["license-plate-number"] for row in rows}) == len(rows) > count
    assert {row["quantity"] for row in rows} == {"1"}


def test_every_return_is_of_a_refund_and_a_concession_returns_nothing(app: App, harbour: Amazon) -> None:
    order_id = order(app)
    app.twins["amazon"].command("ship", {"order": order_id})
    stands = units(held(harbour))
    app.twins["amazon"].command("refund", {"order": order_id, "amount": "1.00"})
    assert units(held(harbour)) == stands
    transactions = "/finances/2024-06-19/transactions"
    rows = file_of(app, harbour, "2026-09-01T00:00:00Z") or []
    app.world.clock.shift(3 * 86400)
    harbour.token = harbour.fresh_token()
    for row in rows[:5]:
        asked = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": row["order-id"]}
        kinds = {one["transactionType"] for one in harbour.get(transactions, **asked)["payload"]["transactions"]}
        assert "Refund" in kinds
    assert rows


def test_a_span_without_returns_is_cancelled(app: App, harbour: Amazon) -> None:
    assert file_of(app, harbour, "2026-11-21T08:59:59Z") is None
