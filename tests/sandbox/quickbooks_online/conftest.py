"""A client of the twin for tests, which holds every request and answer against the published types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.app import App, create_app
from sandbox.quickbooks_online.jsonio import dumps
from sandbox.quickbooks_online.seed import MULTI, UK, US
from tests.contracts import quickbooks_schema

Body = dict[str, Any]
PREFIX = "/quickbooks_online"


def parsed(response: TestResponse) -> Any:
    return json.loads(response.get_data(), parse_float=Decimal)


class Ledger:
    """One company as an app with a token sees it. `call` returns (status, body)."""

    def __init__(self, app: App, realm: str) -> None:
        self.app, self.realm, self.http = app, realm, Client(app)
        self.token = self.world("authorise")["access_token"]
        self.headers: dict[str, str] = {}

    def world(self, verb: str, **params: Any) -> Body:
        response = self.http.post(f"/world/quickbooks_online/{verb}", json={"realm": self.realm, **params})
        assert response.status_code == 200, response.get_data(as_text=True)
        return dict(parsed(response))

    def send(self, method: str, path: str, body: Any = None, **params: str) -> TestResponse:
        """The bare response; nothing is checked."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **self.headers}
        data = dumps(body) if body is not None and not isinstance(body, str) else body
        content = "application/text" if isinstance(body, str) else "application/json"
        where = f"{PREFIX}/v3/company/{self.realm}/{path}"
        query = {**params, "minorversion": "75"}
        return self.http.open(where, method=method, data=data, headers=headers, query_string=query, content_type=content)

    def call(self, method: str, path: str, body: Any = None, **params: str) -> tuple[int, Body]:
        response = self.send(method, path, body, **params)
        answer = parsed(response)
        assert response.headers["intuit_tid"]
        if quickbooks_schema.folder():
            assert quickbooks_schema.validate_answer(path, answer, response.status_code) == []
        return response.status_code, answer

    def create(self, kind: str, body: Body, **params: str) -> Body:
        status, answer = self.call("POST", kind.lower(), body, **params)
        assert status == 200, answer
        return dict(answer[kind])

    def refused(self, kind: str, body: Body, **params: str) -> str:
        """The code of the fault that the service answers."""
        status, answer = self.call("POST", kind.lower(), body, **params)
        assert status == 400, answer
        return str(answer["Fault"]["Error"][0]["code"])

    def read(self, kind: str, object_id: str) -> Body:
        status, answer = self.call("GET", f"{kind.lower()}/{object_id}")
        assert status == 200, answer
        return dict(answer[kind])

    def query(self, select: str) -> Body:
        status, answer = self.call("GET", "query", query=select)
        assert status == 200, answer
        return dict(answer["QueryResponse"])

    def id_of(self, kind: str, name: str) -> str:
        label = "DisplayName" if kind in ("Customer", "Vendor", "Employee") else "Name"
        quoted = name.replace("'", "\\'")
        found = self.query(f"SELECT * FROM {kind} WHERE {label} = '{quoted}'")
        return str(found[kind][0]["Id"])

    def account(self, name: str) -> str:
        return self.id_of("Account", name)

    def trial(self) -> dict[str, Decimal]:
        """Balances by account name, debit positive; they always sum to zero."""
        answer = self.world("trial")
        assert answer["sum"] == "0.00"
        return {name: Decimal(balance) for name, balance in answer["accounts"].items()}


def debit(account: str, amount: str, **detail: Any) -> Body:
    return _line("Debit", account, amount, detail)


def credit(account: str, amount: str, **detail: Any) -> Body:
    return _line("Credit", account, amount, detail)


def _line(side: str, account: str, amount: str, detail: Body) -> Body:
    full = {"PostingType": side, "AccountRef": {"value": account}, **detail}
    return {"DetailType": "JournalEntryLineDetail", "Amount": Decimal(amount), "JournalEntryLineDetail": full}


def money_in(account: str, amount: str, **detail: Any) -> Body:
    """A line of a deposit."""
    full = {"AccountRef": {"value": account}, **detail}
    return {"DetailType": "DepositLineDetail", "Amount": Decimal(amount), "DepositLineDetail": full}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = create_app(tmp_path)
    yield made
    made.close()


@pytest.fixture
def us(app: App) -> Ledger:
    return Ledger(app, US)


@pytest.fixture
def uk(app: App) -> Ledger:
    return Ledger(app, UK)


@pytest.fixture
def multi(app: App) -> Ledger:
    return Ledger(app, MULTI)
