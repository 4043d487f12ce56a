"""The reader of Xero's published document finds what is wrong, and passes what the document's own examples show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.contracts.xero_schema import validate_answer, validate_query, validate_request

pytestmark = pytest.mark.contracts


def _journal(**changes: Any) -> dict[str, Any]:
    lines = [{"LineAmount": Decimal("10.50"), "AccountCode": "404"}, {"LineAmount": Decimal("-10.50"), "AccountCode": "850"}]
    return {"Narration": "Settlement", "Date": "2026-11-18", "Status": "POSTED", "JournalLines": lines, **changes}


@pytest.mark.parametrize("body", [_journal(), {"ManualJournals": [_journal()]}])
def test_a_journal_alone_and_in_a_list_may_be_sent(body: dict[str, Any]) -> None:
    assert validate_request("PUT", "/ManualJournals", body) == []


@pytest.mark.parametrize(
    "change",
    [
        {"Colour": "red"},
        {"Status": "OPEN"},
        {"Date": "18/11/2026"},
        {"JournalLines": [{"LineAmount": "10.50", "AccountCode": "404"}]},
        {"ManualJournalID": "12"},
    ],
)
def test_what_is_sent_wrong_is_found(change: dict[str, Any]) -> None:
    assert validate_request("PUT", "/ManualJournals", {"ManualJournals": [_journal(**change)]})


def test_query_parameters_are_the_declared_ones() -> None:
    assert validate_query("GET", "/Invoices", {"Statuses": "PAID", "pageSize": "10", "searchTerm": "x"}) == []
    assert validate_query("GET", "/Invoices", {"colour": "red"}) == ["GET /Invoices: no query parameter colour"]


def test_answers_are_held_by_status() -> None:
    good = {"Status": "OK", "Invoices": [{"InvoiceNumber": "1", "Date": "/Date(1763424000000+0000)/", "Total": Decimal("1.00")}]}
    assert validate_answer("GET", "/Invoices", 200, good) == []
    assert validate_answer("GET", "/Invoices", 200, {"Invoices": [{"Date": "2026-11-18"}]})
    assert validate_answer("GET", "/Invoices", 200, {"Invoices": [{"Colour": "red"}]})
    assert (
        validate_answer("PUT", "/Invoices", 400, {"ErrorNumber": 10, "Type": "V", "Message": "m", "Elements": [{"Any": 1}]}) == []
    )
    assert validate_answer("GET", "/Invoices", 401, {"Detail": "TokenExpired", "Colour": "red"}) == [
        "GET /Invoices: 401 with Colour"
    ]
