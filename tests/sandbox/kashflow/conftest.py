"""Clients of the twin for tests: bare SOAP envelopes in the order they are written, and REST with a session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from lxml import etree
from werkzeug.test import Client, TestResponse

from sandbox.app import App, create_app
from sandbox.kashflow.seed import NOT_REGISTERED, SOAP_OFF, VAT
from tests.contracts import kashflow_schema

Body = dict[str, Any]
KF = "{KashFlow}"
_ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns="KashFlow"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body>{}</soap:Body></soap:Envelope>'
)
LOGINS = {
    VAT: ("severn", "api-severn-1", "login-severn-1", "Lighthouse"),
    NOT_REGISTERED: ("corner", "login-corner-1", "login-corner-1", "Marmalade"),
    SOAP_OFF: ("quiet", "login-quiet-1", "login-quiet-1", "Hedgehog"),
}


def xml(values: Body) -> str:
    """Elements in the order given. A list holds (type, values) pairs of an ArrayOfAnyType; type "" leaves xsi:type out."""
    return "".join(f"<{name}>{_inner(value)}</{name}>" for name, value in values.items() if value is not None)


def _inner(value: Any) -> str:
    if isinstance(value, dict):
        return xml(value)
    if isinstance(value, list):
        types = (f' xsi:type="{kind}"' if kind else "" for kind, _line in value)
        return "".join(f"<anyType{kind}>{xml(line)}</anyType>" for kind, (_, line) in zip(types, value, strict=True))
    return escape(str(value))


class Books:
    """One company, over both doors and from its own side."""

    def __init__(self, app: App, company: str) -> None:
        self.app, self.company, self.http = app, company, Client(app)
        self.username, self.password, self.login, self.word = LOGINS[company]
        self.token = ""

    def world(self, verb: str, **params: Any) -> Body:
        response = self.http.post(f"/world/kashflow/{verb}", json={"company": self.company, **params})
        assert response.status_code == 200, response.get_data(as_text=True)
        return dict(response.get_json())

    def fault(self, kind: str, operation: str = "*", **more: Any) -> None:
        self.http.post("/world/faults", json={"provider": "kashflow", "kind": kind, "operation": operation, **more})

    # SOAP

    def post(self, operation: str, inner: str) -> TestResponse:
        headers = {"SOAPAction": f'"KashFlow/{operation}"', "Content-Type": "text/xml; charset=utf-8"}
        return self.http.post("/kashflow/service.asmx", data=_ENVELOPE.format(inner).encode(), headers=headers)

    def soap(self, operation: str, **params: Any) -> tuple[str, str, etree._Element]:
        """(Status, StatusDetail, the whole response)."""
        response = self.post(operation, xml({operation: {"UserName": self.username, "Password": self.password, **params}}))
        assert response.status_code == 200, response.get_data(as_text=True)
        found = etree.fromstring(response.get_data())[0][0]
        if kashflow_schema.folder():
            assert kashflow_schema.soap_problems(operation, found, f"{operation}Response") == []
        return found.findtext(f"{KF}Status") or "", found.findtext(f"{KF}StatusDetail") or "", found

    def ok(self, operation: str, **params: Any) -> str:
        """The text of the result of a call that goes well."""
        status, detail, found = self.soap(operation, **params)
        assert status == "OK", detail
        return found.findtext(f"{KF}{operation}Result") or ""

    def no(self, operation: str, **params: Any) -> str:
        """The reason of a refusal, which comes under HTTP 200 with an empty result."""
        status, detail, found = self.soap(operation, **params)
        assert status == "NO"
        assert found.findtext(f"{KF}{operation}Result") in (None, "", "0", "0.0000", "false")
        return detail

    def rows(self, operation: str, **params: Any) -> list[dict[str, str]]:
        """An array's elements (or the one object) as texts by name."""
        _status, _detail, found = self.soap(operation, **params)
        result = found.find(f"{KF}{operation}Result")
        assert result is not None
        array = [dict(_texts(child)) for child in result] if len(result) and len(result[0]) else [dict(_texts(result))]
        return [row for row in array if row]

    # REST

    def sign_in(self) -> Body:
        first = self.http.post("/kashflow/v2/sessiontoken", json={"UserName": self.username, "Password": self.login}).get_json()
        letters = [
            {"Position": one["Position"], "Value": self.word[one["Position"] - 1].upper()} for one in first["MemorableWordList"]
        ]
        body = {"TemporaryToken": first["TemporaryToken"], "MemorableWordList": letters}
        done: Body = self.http.put("/kashflow/v2/sessiontoken", json=body).get_json()
        if kashflow_schema.folder():
            steps = (("POST", None, 201, first), ("PUT", body, 200, done))
            assert [kashflow_schema.rest_problems(step[0], "/sessiontoken", *step[1:]) for step in steps] == [[], []]
        self.token = done["SessionToken"]
        return done

    def rest(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        if not self.token:
            self.sign_in()
        data = None if body is None else json.dumps(body, default=float)
        headers = {"Authorization": f"KfToken {self.token}", "Content-Type": "application/json"}
        response = self.http.open(f"/kashflow/v2{path}", method=method, data=data, headers=headers, query_string=query)
        raw = response.get_data()
        answer = json.loads(raw, parse_float=Decimal) if raw else None
        if kashflow_schema.folder() and response.status_code < 300:
            found = kashflow_schema.rest_problems(method, path, body, response.status_code, answer)
            assert found == [], found
        return response.status_code, answer

    # What tests look things up by

    def bank(self, name: str) -> str:
        return next(row["AccountID"] for row in self.rows("GetBankAccounts") if row["AccountName"] == name)

    def nominal(self, code: int) -> str:
        return next(row["id"] for row in self.rows("GetNominalCodes") if row["Code"] == str(code))

    def method(self, operation: str = "GetInvPayMethods", name: str = "BACS") -> str:
        return next(row["MethodID"] for row in self.rows(operation) if row["MethodName"] == name)

    def customer(self) -> str:
        return self.rows("GetCustomer", CustomerCode="WALK01")[0]["CustomerID"]

    def trial(self) -> dict[str, Decimal]:
        """Balances by nominal, debit positive, those that aren't zero; they always sum to zero."""
        answer = self.world("trial")
        assert answer["sum"] == "0.00"
        return {name: Decimal(balance) for name, balance in answer["accounts"].items() if Decimal(balance)}


def _texts(element: etree._Element) -> Iterator[tuple[str, str]]:
    for child in element:
        yield etree.QName(child).localname, child.text or ""


def line(nominal: str | int, rate: str, vat: str = "0", *, level: str = "20", quantity: str = "1", **more: Any) -> Any:
    """An invoice's line in the order of its type."""
    return ("InvoiceLine", {
        "Quantity": quantity, "Description": more.get("description", "x"), "Rate": rate, "ChargeType": nominal, "VatRate": level,
        "VatAmount": vat, "ProductID": more.get("product", 0), "Sort": 0, "ProjID": 0, "LineID": 0,
    })  # fmt: skip


def invoice(party: str, lines: list[Any], *, reference: str = "", number: int = 0, day: str = "2026-11-18", **more: Any) -> Body:
    """An invoice or receipt in the order of its type."""
    return {
        "InvoiceDBID": 0, "InvoiceNumber": number, "InvoiceDate": f"{day}T00:00:00", "DueDate": f"{day}T00:00:00",
        "CustomerID": party, "Paid": 0, "CustomerReference": reference, "SuppressTotal": 0, "ProjectID": 0,
        "CurrencyCode": more.get("currency"), "ExchangeRate": more.get("rate", 0), "Lines": lines, "NetAmount": 0, "VATAmount": 0,
        "AmountPaid": 0, "UseCustomDeliveryAddress": "false",
    }  # fmt: skip


def payment(number: str, account: str, method: str, amount: str, day: str = "2026-11-18") -> Body:
    return {
        "PayID": 0, "PayInvoice": number, "PayDate": f"{day}T00:00:00", "PayMethod": method, "PayAccount": account,
        "PayAmount": amount,
    }  # fmt: skip


def money(account: str, against: str, *, out: str = "0", into: str = "0", day: str = "2026-11-18", **more: Any) -> Body:
    """A bank transaction in the order of its type."""
    return {
        "ID": 0, "accid": account, "TransactionDate": f"{day}T00:00:00", "moneyin": into, "moneyout": out,
        "Vatable": more.get("vatable", 0), "VatRate": more.get("level", 0), "VatAmount": more.get("vat", 0),
        "TransactionType": against, "Comment": more.get("comment", ""), "ProjectID": 0, "CustomerId": 0, "SupplierId": 0,
    }  # fmt: skip


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = create_app(tmp_path)
    yield made
    made.close()


@pytest.fixture
def books(app: App) -> Books:
    """The VAT registered company."""
    return Books(app, VAT)
