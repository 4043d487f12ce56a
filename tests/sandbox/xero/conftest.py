"""A client of the twin for tests, which holds every request and answer against the published document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from sandbox import jsontext
from sandbox.app import App, create_app
from sandbox.xero.seed import AU, SMALL, UK, US
from tests.contracts import xero_schema

Body = dict[str, Any]
API = "/xero/api.xro/2.0"


class Organisation:
    """One organisation, signed in: what an app and the world can do to it. `problems` are breaches of the document."""

    def __init__(self, app: App, tenant: str, **asked: Any) -> None:
        self.app, self.tenant = app, tenant
        self.watched = xero_schema.Watched(app) if xero_schema.folder() else None
        self.client = Client(self.watched or app)
        self.tokens: Body = self.world("authorise", **asked)

    @property
    def problems(self) -> list[str]:
        return self.watched.problems if self.watched else []

    def world(self, verb: str, **params: Any) -> Any:
        answer = self.client.post(f"/world/xero/{verb}", json={"tenant": self.tenant, **params})
        assert answer.status_code == 200, answer.text
        return answer.json

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """One call; `headers` by their names with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        base = {
            "Authorization": f"Bearer {self.tokens['access_token']}",
            "xero-tenant-id": self.tenant,
            "Accept": "application/json",
        }
        data = body if isinstance(body, bytes | None) else jsontext.dump(body).encode()
        kind = {"Content-Type": "application/json"} if data and "Content-Type" not in sent else {}
        return self.client.open(f"{API}/{path}", method=method, data=data, headers={**base, **kind, **sent})

    def get(self, path: str, **headers: str) -> Body:
        answer = self.ask("GET", path, **headers)
        assert answer.status_code == 200, answer.text
        return dict(json.loads(answer.text, parse_float=Decimal))

    def put(self, plural: str, *sent: Body, method: str = "PUT", query: str = "", **headers: str) -> Any:
        """What became of it: one object, or a list where several were sent."""
        alone = "/" in plural  # a path with an id takes the object itself
        answer = self.ask(method, plural + query, sent[0] if alone else {plural: list(sent)}, **headers)
        assert answer.status_code == 200, answer.text
        found = json.loads(answer.text, parse_float=Decimal)[plural.split("/")[0]]
        return found[0] if len(sent) == 1 else found

    def post(self, plural: str, *sent: Body, **more: str) -> Any:
        return self.put(plural, *sent, method="POST", **more)

    def refused(self, plural: str, sent: Body, method: str = "PUT") -> str:
        """The first words of a validation exception."""
        answer = self.ask(method, plural, sent if "/" in plural else {plural: [sent]})
        assert answer.status_code == 400, answer.text
        assert answer.json["Type"] == "ValidationException"
        return str(answer.json["Elements"][0]["ValidationErrors"][0]["Message"])

    def balances(self) -> dict[str, str]:
        """Every account that isn't at nought; the books must be in balance."""
        trial = self.world("trial")
        assert Decimal(trial["sum"]) == 0
        return {name: value for name, value in trial["accounts"].items() if Decimal(value)}


def invoice(*lines: Body, **changes: Any) -> Body:
    """An approved sales invoice, VAT included."""
    return {
        "Type": "ACCREC", "Status": "AUTHORISED", "Contact": {"Name": "Coastline Cafe"}, "Date": "2026-11-18",
        "DueDate": "2026-11-18", "LineAmountTypes": "Inclusive", "LineItems": list(lines) or [line("120.00")], **changes,
    }  # fmt: skip


def bill(*lines: Body, **changes: Any) -> Body:
    return invoice(
        *(lines or [line("60.00", "404")]), **{"Type": "ACCPAY", "Contact": {"Name": "Harbour Freight Lines"}, **changes}
    )


def line(amount: str, account: str = "200", **changes: Any) -> Body:
    return {"Description": "Goods", "Quantity": 1, "UnitAmount": Decimal(amount), "AccountCode": account, **changes}


def journal(*lines: tuple[str, str], **changes: Any) -> Body:
    """A posted journal of (account, amount) lines."""
    sides = [{"AccountCode": account, "LineAmount": Decimal(amount)} for account, amount in lines]
    return {"Narration": "Settlement 1", "Date": "2026-11-18", "Status": "POSTED", "JournalLines": sides, **changes}


def payment(document: Body, amount: str, account: str = "090", **changes: Any) -> Body:
    return {
        "Invoice": {"InvoiceID": document["InvoiceID"]}, "Account": {"Code": account}, "Date": "2026-11-20",
        "Amount": Decimal(amount), **changes,
    }  # fmt: skip


@pytest.fixture(scope="package")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    made = create_app(tmp_path_factory.mktemp("xero"))
    yield made
    made.close()


@pytest.fixture
def app(_world: App) -> App:
    """One world for all of these tests, which forgets what the last one did: making it anew takes half a second."""
    _world.world.reset()
    _world.world.scale = 0
    _world.reset("xero")
    return _world


def _signed_in(app: App, tenant: str) -> Iterator[Organisation]:
    found = Organisation(app, tenant)
    yield found
    assert found.problems == []


@pytest.fixture
def uk(app: App) -> Iterator[Organisation]:
    yield from _signed_in(app, UK)


@pytest.fixture
def us(app: App) -> Iterator[Organisation]:
    yield from _signed_in(app, US)


@pytest.fixture
def au(app: App) -> Iterator[Organisation]:
    yield from _signed_in(app, AU)


@pytest.fixture
def small(app: App) -> Iterator[Organisation]:
    yield from _signed_in(app, SMALL)
