"""A shop as an app with an integration's credentials sees it; every answer is held against Magento's schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from oauthlib.oauth1 import Client as Signer
from werkzeug.test import Client, TestResponse

from sandbox.app import App
from sandbox.magento import Twin
from sandbox.world import World
from tests.contracts import magento_schema
from tests.sandbox.conftest import ANCHOR, NOW
from tests.support.requirements import shared_folder

Body = dict[str, Any]
HOST = "http://localhost"


class Caller:
    """Signs with oauthlib, which shares no code with the twin. `name`: which integration."""

    def __init__(self, app: App, shop: str = "main", name: str = "Tieout") -> None:
        self.app, self.shop, self.http = app, shop, Client(app)
        about = next(one for one in app.twins["magento"].seeded()["shops"] if one["code"] == shop)
        self.about = about
        self.keys = next(one for one in about["integrations"] if one["name"] == name)
        self.scope = "all"
        folder = shared_folder()
        self.schema = magento_schema.schema(folder / "contracts") if folder else None

    def signer(self, **changed: Any) -> Signer:
        known = {
            "client_key": self.keys["consumer_key"], "client_secret": self.keys["consumer_secret"],
            "resource_owner_key": self.keys["access_token"], "resource_owner_secret": self.keys["access_token_secret"],
            "signature_method": "HMAC-SHA256",
        }  # fmt: skip
        return Signer(**{**known, **changed})

    def signed(self, where: str, method: str = "GET", **changed: Any) -> dict[str, str]:
        """The header for a call; oauthlib takes brackets only when they are encoded."""
        encoded = where.replace("[", "%5B").replace("]", "%5D")
        return dict(self.signer(**changed).sign(HOST + encoded, http_method=method)[1])

    def address(self, path: str) -> str:
        return f"/magento/{self.shop}/rest/{self.scope}/V1/{path}"

    def send(self, method: str, where: str, body: Any = None, headers: Body | None = None, **changed: Any) -> TestResponse:
        """The bare response of a signed call of a full address."""
        signed = self.signed(where, method, **changed) if headers is None else headers
        data = None if body is None else json.dumps(body, default=str)
        return self.http.open(where, method=method, data=data, headers=signed, content_type="application/json")

    def call(self, method: str, path: str, body: Any = None, **criteria: Any) -> tuple[int, Any]:
        where = self.address(path) + (f"?{urlencode(criteria)}" if criteria else "")
        response = self.send(method, where, body)
        answer = json.loads(response.get_data(), parse_float=Decimal)
        self.judge(method, path, body, response.status_code, answer, partial="fields" in criteria)
        return response.status_code, answer

    def judge(self, method: str, path: str, body: Any, status: int, answer: Any, *, partial: bool) -> None:
        operation = (
            self.schema.find(method, f"/V1/{path.partition('?')[0]}") if self.schema and not path.startswith("async") else None
        )
        if operation is not None:
            assert operation.request_problems(body) + operation.response_problems(status, answer, partial=partial) == []

    def get(self, path: str, **criteria: Any) -> Any:
        status, answer = self.call("GET", path, **criteria)
        assert status == 200, answer
        return answer

    def post(self, path: str, body: Any = None) -> Any:
        status, answer = self.call("POST", path, body)
        assert status == 200, answer
        return answer

    def refused(self, method: str, path: str, body: Any = None, **criteria: Any) -> tuple[int, str]:
        """Status and message."""
        status, answer = self.call(method, path, body, **criteria)
        assert status >= 400, answer
        return status, answer["message"]

    def search(self, kind: str, *filters: tuple[str, str, Any], **more: Any) -> Any:
        """Filters, all of which must hold; `size`, `page` and `sort` ("field DESC")."""
        criteria: Body = {"searchCriteria[pageSize]": more.get("size", 500), "searchCriteria[currentPage]": more.get("page", 1)}
        for place, (field, condition, value) in enumerate(filters):
            inner = f"searchCriteria[filter_groups][{place}][filters][0]"
            criteria |= {f"{inner}[field]": field, f"{inner}[condition_type]": condition, f"{inner}[value]": value}
        if sort := more.get("sort"):
            field, _, direction = sort.partition(" ")
            criteria |= {"searchCriteria[sortOrders][0][field]": field, "searchCriteria[sortOrders][0][direction]": direction}
        return self.get(kind, **criteria)

    def world(self, verb: str, **params: Any) -> Body:
        response = self.http.post(f"/world/magento/{verb}", json={"shop": self.shop, **params})
        assert response.status_code == 200, response.get_data(as_text=True)
        return dict(json.loads(response.get_data(), parse_float=Decimal))

    def place(self, **params: Any) -> Body:
        """One order as the API shows it."""
        return dict(self.get(f"orders/{self.world('place', **params)['orders'][0]['entity_id']}"))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """The Magento twin alone, in a world that stands still."""
    world = World(tmp_path, anchor=ANCHOR)
    world.clock.freeze(NOW)
    made = App(world, {"magento": Twin(world)})
    made.twins["magento"].seed()
    yield made
    made.close()


@pytest.fixture
def main(app: App) -> Caller:
    return Caller(app)


@pytest.fixture
def uk(app: App) -> Caller:
    return Caller(app, "uk")
