"""python-amazon-sp-api, unmodified, against the Amazon twin: listings, stock, and a report that is asked for.

What it reads of orders, finances and settlement reports is in tests/sandbox/amazon/test_vendor_client.py.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import pytest
from sp_api.api import Inventories, ListingsItems, Reports
from sp_api.auth import access_token_client
from sp_api.base.exceptions import SellingApiBadRequestException, SellingApiRequestThrottledException

from sandbox.app import App, create_app
from sandbox.server import Server
from tests.sandbox.amazon.conftest import HARBOUR, THISTLE
from tests.sandbox.amazon.test_vendor_client import Vendor
from tests.sandbox.conftest import ANCHOR, NOW

RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
US, UK = "ATVPDKIKX0DER", "A1F83G8C2ARO7P"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, Vendor]]:
    app = create_app(tmp_path_factory.mktemp("amazon"), anchor=ANCHOR)
    app.world.clock.freeze(NOW)
    server = Server(app).start()
    access_token_client.cache.clear()
    yield app, Vendor(server.url)
    access_token_client.cache.clear()
    server.stop()
    app.close()


def test_it_searches_listings_page_by_page(served: tuple[App, Vendor]) -> None:
    _app, vendor = served
    with vendor.client(ListingsItems, THISTLE) as listings:
        page = listings.search_listings_items(THISTLE, marketplaceIds=[UK], includedData=["summaries", "offers"], pageSize=6)
        more = listings.search_listings_items(
            THISTLE,
            marketplaceIds=[UK],
            includedData=["summaries", "offers"],
            pageSize=6,
            pageToken=page.next_token,
        )
    items = page.payload["items"] + more.payload["items"]
    assert len({item["sku"] for item in items}) == page.payload["numberOfResults"] == 10
    assert {item["offers"][0]["price"]["currencyCode"] for item in items} == {"GBP"}


def test_it_reads_stock_that_a_new_order_reserves(served: tuple[App, Vendor]) -> None:
    app, vendor = served

    def held() -> dict[str, Any]:
        with vendor.client(Inventories, HARBOUR) as stock:
            found = stock.get_inventory_summary_marketplace(details=True, sellerSkus=["1E10"], marketplaceIds=[US])
        (summary,) = found.payload["inventorySummaries"]
        return dict(summary)

    before = held()["inventoryDetails"]
    wishes = {"seller": HARBOUR, "marketplace": "US", "skus": ["1E10"], "fulfillment": "AFN"}
    app.twins["amazon"].command("place", wishes)
    after = held()["inventoryDetails"]
    taken = before["fulfillableQuantity"] - after["fulfillableQuantity"]
    reserved = [details["reservedQuantity"]["totalReservedQuantity"] for details in (before, after)]
    assert taken == reserved[1] - reserved[0] > 0


def test_it_asks_for_the_returns_report_and_downloads_it(served: tuple[App, Vendor]) -> None:
    app, vendor = served
    with vendor.client(Reports, HARBOUR) as reports:
        asked = {"reportType": RETURNS, "marketplaceIds": [US], "dataStartTime": "2026-08-01", "dataEndTime": "2026-11-21"}
        report_id = reports.create_report(**asked).payload["reportId"]
        assert reports.get_report(report_id).payload["processingStatus"] == "IN_QUEUE"
        app.world.clock.shift(60)
        report = reports.get_report(report_id).payload
        assert report["processingStatus"] == "DONE"
        text = reports.get_report_document(report["reportDocumentId"], download=True).payload["document"]
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert rows
    assert {row["quantity"] for row in rows} == {"1"}
    assert all(row["order-id"] and row["fnsku"].startswith("X00") for row in rows)


def test_it_sees_refusals_for_what_they_are(served: tuple[App, Vendor]) -> None:
    app, vendor = served
    with vendor.client(Inventories, HARBOUR) as stock:
        with pytest.raises(SellingApiBadRequestException):
            stock.get_inventory_summary_marketplace(details=True, marketplaceIds=[UK])
        app.world.faults.add("amazon", "getInventorySummaries", "throttle")
        with pytest.raises(SellingApiRequestThrottledException):
            stock.get_inventory_summary_marketplace(details=True, marketplaceIds=[US])
