"""The contract judge itself, and the twin's tables against the vendor's description."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from werkzeug.test import Client

from sandbox.app import create_app
from sandbox.kashflow.operations import OPERATIONS
from sandbox.kashflow.rest import ROUTES
from sandbox.kashflow.shapes import TYPES, Field, members
from sandbox.kashflow.soap import HANDLERS
from tests.contracts import kashflow_schema
from tests.support.judge import Judge

pytestmark = [pytest.mark.contracts, pytest.mark.usefixtures("shared")]


def _plain(fields: tuple[Field, ...]) -> tuple[tuple[str, str, int, bool], ...]:
    return tuple((one.name, one.type, 0 if one.optional else 1, one.many) for one in fields)


def test_the_twins_tables_are_the_vendors() -> None:
    for name in TYPES:
        assert _plain(members(name)) == kashflow_schema.sequence(name), name
    for name, operation in OPERATIONS.items():
        assert _plain(operation.request) == kashflow_schema.sequence(name, True), name
        assert _plain(operation.answer) == kashflow_schema.sequence(f"{name}Response", True), name
    assert HANDLERS.keys() == OPERATIONS.keys()
    assert [one for one in ROUTES if kashflow_schema.rest_operation(*one.split(" ", 1)) is None] == []


def _problems(inner: str) -> list[str]:
    xsi = "http://www.w3.org/2001/XMLSchema-instance"
    text = f'<InsertJournal xmlns="KashFlow" xmlns:xsi="{xsi}">{inner}</InsertJournal>'
    return kashflow_schema.soap_problems("InsertJournal", etree.fromstring(text), "InsertJournal")


def _journal(line: str, head: str = "<DBID>0</DBID><JournalNumber>0</JournalNumber>", day: str = "2026-11-18T00:00:00") -> str:
    return f"<Jnl>{head}<JournalDate>{day}</JournalDate><Lines><anyType{line}</anyType></Lines></Jnl>"


GOOD_LINE = ' xsi:type="JournalLine"><NominalID>1</NominalID><Amount>1.00</Amount><ProjId>0</ProjId>'


def test_soap_messages_are_judged() -> None:
    assert _problems(_journal(GOOD_LINE)) == []
    untyped = _journal(GOOD_LINE.replace(' xsi:type="JournalLine"', ""))
    assert _problems(untyped) == ["InsertJournal.Jnl.Lines.anyType: xsi:type is missing or unknown: None"]
    swapped = _journal(GOOD_LINE, "<JournalNumber>0</JournalNumber><DBID>0</DBID>")
    assert _problems(swapped)[0] == "InsertJournal.Jnl.DBID: missing"
    assert "out of its place" in _problems(swapped)[-1]
    assert _problems(_journal(GOOD_LINE, day="2026-11-18")) == ["InsertJournal.Jnl.JournalDate: '2026-11-18' is no dateTime"]
    assert _problems(_journal(GOOD_LINE.replace("1.00", "1e2")))[0].endswith("'1e2' is no decimal")


def test_rest_exchanges_are_judged() -> None:
    good = {"CustomerCode": "A", "LineItems": [{"Quantity": 1, "Rate": 2}]}
    assert kashflow_schema.rest_problems("POST", "/invoices", good, 201, None) == []
    wrong = {"CustomerCode": 5, "Reference": "x", "LineItems": [{"Quantity": "1", "Price": 2}]}
    assert kashflow_schema.rest_problems("POST", "/invoices", wrong, 201, None) == [
        "POST /invoices request.CustomerCode: 5 is no string",
        "POST /invoices request: Reference is unknown",
        "POST /invoices request.LineItems.Quantity: '1' is no number",
        "POST /invoices request.LineItems: Price is unknown",
    ]
    assert kashflow_schema.rest_problems("PATCH", "/invoices", {}, 200, None) == ["PATCH /invoices: there is no such operation"]
    assert kashflow_schema.rest_problems("GET", "/currencies", None, 200, [{"Code": 1}]) == [
        "GET /currencies[0].Code: 1 is no string"
    ]


def test_the_judge_in_front_of_the_twins_sees_both_doors(tmp_path: Path) -> None:
    app = create_app(tmp_path)
    judge = Judge(app)
    http = Client(judge)
    xsi = "http://www.w3.org/2001/XMLSchema-instance"
    login = "<UserName>severn</UserName><Password>api-severn-1</Password>"
    inner = f'<InsertJournal xmlns="KashFlow" xmlns:xsi="{xsi}">{login}{_journal("><NominalID>1</NominalID>")}</InsertJournal>'
    envelope = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{inner}</s:Body></s:Envelope>'
    answer = http.post("/kashflow/service.asmx", data=envelope, headers={"SOAPAction": "KashFlow/InsertJournal"})
    assert "<Status>NO</Status>" in answer.text
    assert http.post("/kashflow/v2/sessiontoken", json={"UserName": "severn", "Password": "login-severn-1"}).status_code == 201
    assert http.get("/kashflow/v2/made-up").status_code == 404
    assert judge.found() == [
        "InsertJournal.Jnl.Lines.anyType: xsi:type is missing or unknown: None",
        "GET /made-up: there is no such operation",
    ]
    judge.reset()
    assert (judge.found(), judge.seen) == ([], 3)
    app.close()
