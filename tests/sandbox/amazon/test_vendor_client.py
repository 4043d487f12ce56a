"""python-amazon-sp-api, as published, works against the twin: constructor arguments and class attributes only."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("sp_api", reason="python-amazon-sp-api is not installed")

from sp_api.api import Finances, Notifications, Orders, Reports, Sellers
from sp_api.auth import AccessTokenClient, access_token_client
from sp_api.auth.exceptions import AuthorizationError
from sp_api.base import Client
from sp_api.base.exceptions import SellingApiForbiddenException, SellingApiRequestThrottledException

from sandbox.amazon.places import APPLICATIONS, PRIVATE_CLIENT, SELLERS, self_authorised_token
from sandbox.app import App
from sandbox.server import Server
from tests.sandbox.amazon.conftest import HARBOUR, KOALA, REPORT_TYPE, THISTLE

STORES = {HARBOUR: "ATVPDKIKX0DER", THISTLE: "A1F83G8C2ARO7P", KOALA: "A1VC38T7YXB528"}


class Vendor:
    """Makes the library's clients for one seller of the twin."""

    def __init__(self, url: str) -> None:
        self.url = url
        token_client = type(
            "TwinTokens", (AccessTokenClient,), {"scheme": "http://", "host": f"{url.removeprefix('http://')}/amazon"}
        )
        self.token_client: Any = token_client

    def client(self, kind: type[Client], seller_id: str, **options: Any) -> Any:
        seller, app = SELLERS[seller_id], APPLICATIONS[PRIVATE_CLIENT]
        place = SimpleNamespace(
            endpoint=f"{self.url}/amazon/{seller.region}", marketplace_id=STORES[seller_id], region=seller.region
        )  # fmt: skip
        return kind(
            marketplace=place,
            credentials={
                "refresh_token": self_authorised_token(seller),
                "lwa_app_id": app.client_id,
                "lwa_client_secret": app.secret,
            },
            auth_token_client_class=self.token_client,
            **options,
        )


@pytest.fixture
def vendor(server: Server) -> Iterator[Vendor]:
    """The library remembers tokens for the process; each test's twin knows only its own."""
    access_token_client.cache.clear()
    yield Vendor(server.url)
    access_token_client.cache.clear()


def test_it_learns_where_the_seller_sells(vendor: Vendor) -> None:
    with vendor.client(Sellers, HARBOUR) as sellers:
        stores = sellers.get_marketplace_participation().payload
        account = sellers.get_account().payload
    assert [store["marketplace"]["countryCode"] for store in stores] == ["US", "CA", "MX"]
    assert account["business"]["name"] == "Harbour & Pine Trading Inc."


def test_it_lists_reports_and_follows_pages(vendor: Vendor) -> None:
    with vendor.client(Reports, HARBOUR) as reports:
        page = reports.get_reports(
            reportTypes=[REPORT_TYPE], processingStatuses=["DONE"], pageSize=10, createdSince=datetime(2026, 9, 1)
        )
        seen = list(page.payload["reports"])
        while page.next_token:
            page = reports.get_reports(nextToken=page.next_token)
            seen += page.payload["reports"]
        one = reports.get_report(seen[0]["reportId"]).payload
    assert len(seen) == len({report["reportId"] for report in seen}) == 18, "it asks for its own marketplace only"
    assert one == seen[0]


@pytest.mark.parametrize(("seller_id", "currency", "encoding"), [(HARBOUR, "USD", "utf-8"), (KOALA, "JPY", "cp932")])
def test_it_downloads_files_that_foot(vendor: Vendor, seller_id: str, currency: str, encoding: str) -> None:
    seen = 0
    with vendor.client(Reports, seller_id) as reports:
        for report in reports.get_reports(reportTypes=REPORT_TYPE).payload["reports"][:4]:
            answer = reports.get_report_document(report["reportDocumentId"], download=True)
            rows = list(csv.DictReader(answer.payload["document"].splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
            if rows[0]["currency"] == currency:
                assert answer.character_code.lower() == encoding
                assert Decimal(rows[0]["total-amount"]) == sum(Decimal(row["amount"]) for row in rows[1:])
                seen += 1
    assert seen


def test_it_reads_transactions_and_event_groups(vendor: Vendor) -> None:
    with vendor.client(Finances, HARBOUR, version="2024-06-19") as finances:
        transactions = finances.list_transactions(postedAfter="2026-11-01T00:00:00Z").payload["transactions"]
    assert len(transactions) > 20
    with vendor.client(Finances, HARBOUR) as finances:
        groups = finances.list_financial_event_groups(MaxResultsPerPage=100).payload["FinancialEventGroupList"]
    assert len(groups) == 30


def test_it_searches_orders_and_reads_one(app: App, vendor: Vendor) -> None:
    placed = app.twins["amazon"].command("place", {"seller": HARBOUR, "marketplace": "US", "orders": 30})["orders"]
    app.world.clock.shift(300)
    with vendor.client(Orders, HARBOUR, version="2026-01-01") as orders:
        asked: dict[str, Any] = {
            "lastUpdatedAfter": "2026-11-20T00:00:00Z",
            "maxResultsPerPage": 20,
            "includedData": ["PROCEEDS", "FULFILLMENT"],
        }
        page = orders.search_orders(**asked)
        seen = list(page.payload["orders"])
        while token := page.next_token:
            page = orders.search_orders(**asked, paginationToken=token)
            seen += page.payload["orders"]
        one = orders.get_order(placed[0], includedData=["PROCEEDS", "BUYER"]).payload["order"]
    found = {order["orderId"]: order for order in seen}
    assert set(placed) <= set(found)
    assert len(found) == len(seen)
    # The library asks for its own store only, whatever else it sends.
    assert {order["salesChannel"]["marketplaceName"] for order in seen} == {"Amazon.com"}
    assert one["proceeds"] == found[placed[0]]["proceeds"]
    assert "buyer" in one
    assert "buyer" not in found[placed[0]]


def test_it_subscribes(vendor: Vendor) -> None:
    arn = "arn:aws:sqs:us-east-1:000000000000:tieout-amazon"
    with vendor.client(Notifications, HARBOUR) as notifications:
        made = notifications.create_destination(name="ours", arn=arn).payload
        assert [one["destinationId"] for one in notifications.get_destinations().payload] == [made["destinationId"]]
        subscribed = notifications.create_subscription("ORDER_CHANGE", destination_id=made["destinationId"]).payload
        again = notifications.get_subscription("ORDER_CHANGE").payload
        assert again["subscriptionId"] == subscribed["subscriptionId"]
        notifications.delete_destination(made["destinationId"])
        assert not notifications.get_destinations().payload


def test_it_trades_a_code_for_tokens(app: App, vendor: Vendor) -> None:
    code = app.twins["amazon"].command(
        "authorize", {"seller": THISTLE, "client": PRIVATE_CLIENT, "redirect_uri": "http://127.0.0.1/back"}
    )["spapi_oauth_code"]
    tokens = vendor.client(Sellers, THISTLE)._auth.authorize_auth_code(code)
    assert tokens["refresh_token"].startswith("Atzr|")


def test_it_sees_refusals_for_what_they_are(app: App, vendor: Vendor) -> None:
    with vendor.client(Reports, HARBOUR) as reports:
        app.world.faults.add("amazon", "getReports", "throttle")
        with pytest.raises(SellingApiRequestThrottledException):
            reports.get_reports(reportTypes=REPORT_TYPE)
        app.world.faults.add("amazon", "getReports", "expire")
        with pytest.raises(SellingApiForbiddenException):
            reports.get_reports(reportTypes=REPORT_TYPE)
        app.twins["amazon"].command("revoke", {"seller": HARBOUR})
        access_token_client.cache.clear()
        with pytest.raises(AuthorizationError, match="invalid grant"):
            reports.get_reports(reportTypes=REPORT_TYPE)
