"""The query language: what it understands, how it pages, and how it says that it doesn't understand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox.quickbooks_online.conftest import Ledger, credit, debit


@pytest.fixture
def journals(us: Ledger) -> Ledger:
    """Five journals on five days, 1.00 to 5.00."""
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    for number in range(1, 6):
        lines = [debit(bank, f"{number}.00"), credit(sales, f"{number}.00")]
        us.create("JournalEntry", {"DocNumber": f"J-{number}", "TxnDate": f"2026-11-0{number}", "Line": lines})
    return us


def _numbers(ledger: Ledger, tail: str) -> list[str]:
    return [entry["DocNumber"] for entry in ledger.query(f"SELECT * FROM JournalEntry {tail}").get("JournalEntry", [])]


@pytest.mark.parametrize(
    ("tail", "found"),
    [
        ("", ["J-1", "J-2", "J-3", "J-4", "J-5"]),
        ("WHERE DocNumber = 'J-3'", ["J-3"]),
        ("where docnumber = 'J-3'", None),
        ("WHERE DocNumber IN ('J-2', 'J-4', 'J-9')", ["J-2", "J-4"]),
        ("WHERE DocNumber LIKE 'J-%' AND TotalAmt > '3.00'", ["J-4", "J-5"]),
        ("WHERE DocNumber LIKE '%-1'", ["J-1"]),
        ("WHERE TxnDate >= '2026-11-02' AND TxnDate < '2026-11-04'", ["J-2", "J-3"]),
        ("WHERE TotalAmt = '2'", ["J-2"]),
        ("WHERE MetaData.LastUpdatedTime >= '2020-01-01T00:00:00-08:00' MAXRESULTS 1", ["J-1"]),
        ("WHERE MetaData.CreateTime > '2099-01-01T00:00:00Z'", []),
        ("ORDERBY TxnDate DESC MAXRESULTS 2", ["J-5", "J-4"]),
        ("ORDER BY TotalAmt ASC STARTPOSITION 2 MAXRESULTS 2", ["J-2", "J-3"]),
        ("orderby Id desc startposition 5", ["J-1"]),
        ("STARTPOSITION 9", []),
    ],
)
def test_selects(journals: Ledger, tail: str, found: list[str] | None) -> None:
    if found is None:
        assert journals.call("GET", "query", query=f"SELECT * FROM JournalEntry {tail}")[0] == 400
    else:
        assert _numbers(journals, tail) == found


def test_counts_pages_and_empty_results(journals: Ledger) -> None:
    assert journals.query("SELECT COUNT(*) FROM JournalEntry") == {"totalCount": 5}
    page = journals.query("SELECT * FROM JournalEntry STARTPOSITION 2 MAXRESULTS 3")
    assert (page["startPosition"], page["maxResults"]) == (2, 3)
    assert journals.query("SELECT * FROM JournalEntry WHERE Id = '999'") == {}


def test_a_query_may_come_as_text_in_the_body(journals: Ledger) -> None:
    status, answer = journals.call("POST", "query", "SELECT * FROM JournalEntry WHERE DocNumber = 'J-1'")
    assert (status, len(answer["QueryResponse"]["JournalEntry"])) == (200, 1)


def test_named_properties_come_sparse(journals: Ledger) -> None:
    found = journals.query("SELECT Id, DocNumber FROM JournalEntry WHERE DocNumber = 'J-1'")["JournalEntry"][0]
    assert set(found) == {"Id", "DocNumber", "domain", "sparse"}
    assert found["sparse"] is True
    assert _sku(journals) == "SKU-1"


def _sku(ledger: Ledger) -> str:
    """As python-quickbooks asks for items."""
    goods = {"Name": "Mug", "Type": "NonInventory", "Sku": "SKU-1", "IncomeAccountRef": {"value": ledger.account("Services")}}
    ledger.create("Item", goods)
    found = ledger.query("SELECT *, Sku FROM Item WHERE Name = 'Mug'")["Item"][0]
    assert found["sparse"] is False
    return str(found["Sku"])


def test_inactive_objects_hide_until_asked_for(us: Ledger) -> None:
    assert us.query("SELECT * FROM Account WHERE Name = 'Old Marketplace Fees'") == {}
    found = us.query("SELECT * FROM Account WHERE Name = 'Old Marketplace Fees' AND Active IN (true, false)")
    assert [account["Active"] for account in found["Account"]] == [False]


def test_apostrophes_are_escaped_with_a_backslash(us: Ledger) -> None:
    us.create("Customer", {"DisplayName": "Adele's \\ Mugs"})
    found = us.query("SELECT * FROM Customer WHERE DisplayName = 'Adele\\'s \\\\ Mugs'")
    assert found["Customer"][0]["Balance"] == Decimal("0")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "4000"),
        ("SELECT", "4000"),
        ("SELECT * FROM Account WHERE Name = 'it's'", "4000"),
        ("SELECT * FROM Account WHERE Name = 'a' OR Name = 'b'", "4000"),
        ("SELECT * FROM Account WHERE Name LIKE 5", "4000"),
        ("SELECT * FROM Account GROUP BY Name", "4000"),
        ("DELETE FROM Account", "4000"),
        ("SELECT * FROM Account WHERE Name ! 'a'", "4000"),
        ("SELECT * FROM account", "4001"),
        ("SELECT * FROM Nothing", "4001"),
        ("SELECT * FROM Account WHERE Colour = 'red'", "4001"),
        ("SELECT * FROM JournalEntry WHERE PrivateNote = 'x'", "4001"),
        ("SELECT * FROM JournalEntry WHERE Line.Amount = '1'", "4001"),
        ("SELECT * FROM JournalEntry WHERE TxnDate = 'today'", "4001"),
        ("SELECT * FROM Account MAXRESULTS 1001", "4001"),
        ("SELECT * FROM Account STARTPOSITION 0", "4001"),
    ],
)
def test_bad_queries(journals: Ledger, text: str, code: str) -> None:
    status, answer = journals.call("GET", "query", query=text)
    assert (status, answer["Fault"]["Error"][0]["code"]) == (400, code)
