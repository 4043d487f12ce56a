"""A caller of the Amazon twin that has a seller's token."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.amazon.places import APPLICATIONS, PRIVATE_CLIENT, SELLERS, self_authorised_token
from sandbox.app import App

HARBOUR, LAKESIDE, THISTLE, KOALA = "A2HARBOURPINE1", "A3LAKESIDEBKS2", "A1THISTLEWARE3", "A4KOALAKOUBO44"
REPORT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
REPORTS = "/reports/2021-06-30/reports"
DOCUMENTS = "/reports/2021-06-30/documents"
PAYOUTS = "/finances/transfers/2024-06-01/payouts"
TRANSACTIONS = "/finances/2024-06-19/transactions"
ORDERS = "/orders/2026-01-01/orders"
GROUPS = "/finances/v0/financialEventGroups"
STOCK = "/fba/inventory/v1/summaries"
LISTINGS = "/listings/2021-08-01/items"


def stock_of(marketplace_id: str) -> dict[str, Any]:
    """What getInventorySummaries must be asked with about one store."""
    return {"granularityType": "Marketplace", "granularityId": marketplace_id, "marketplaceIds": marketplace_id}


class Amazon:
    """Calls the twin as one seller, through the private application that every seller has authorised."""

    def __init__(self, app: App, seller_id: str) -> None:
        self.app, self.seller = app, SELLERS[seller_id]
        self.client = Client(app)
        self.token = self.fresh_token()

    def post_token(self, **form: str) -> TestResponse:
        return self.client.post("/amazon/auth/o2/token", data=form)

    def fresh_token(self) -> str:
        private = APPLICATIONS[PRIVATE_CLIENT]
        answer = self.post_token(
            grant_type="refresh_token",
            refresh_token=self_authorised_token(self.seller),
            client_id=private.client_id,
            client_secret=private.secret,
        )
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["access_token"])

    def call(self, method: str, path: str, body: Any = None, region: str | None = None, **query: Any) -> TestResponse:
        return self.client.open(
            f"/amazon/{region or self.seller.region}{path}",
            method=method,
            query_string=query,
            json=body,
            headers={"x-amz-access-token": self.token},
        )

    def get(self, path: str, **query: Any) -> Any:
        """The parsed body of a good answer, numbers as Decimal."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return exact(answer)

    def reports(self, **query: Any) -> list[dict[str, Any]]:
        return self.get(REPORTS, **{"reportTypes": REPORT_TYPE, "pageSize": 100, **query})["reports"]

    def file_of(self, report: dict[str, Any]) -> TestResponse:
        answer = self.get(f"{DOCUMENTS}/{report['reportDocumentId']}")
        return self.client.get(answer["url"])


def exact(answer: TestResponse) -> Any:
    return json.loads(answer.get_data(), parse_float=Decimal)


@pytest.fixture
def harbour(app: App) -> Amazon:
    return Amazon(app, HARBOUR)


@pytest.fixture
def thistle(app: App) -> Amazon:
    return Amazon(app, THISTLE)


@pytest.fixture
def koala(app: App) -> Amazon:
    return Amazon(app, KOALA)
