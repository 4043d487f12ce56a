"""Queries: filters, portions, and what is shown."""

from __future__ import annotations

from lxml import etree

from sandbox.quickbooks_desktop.processor import Session
from tests.sandbox.quickbooks_desktop.conftest import File, credit, debit, journal, message, ref


def texts(answer: etree._Element, tag: str) -> list[str | None]:
    return [found.text for found in answer.iter(tag)]


def query(kind: str, inner: str = "", attributes: str = "") -> str:
    return f"<{kind}QueryRq{attributes}>{inner}</{kind}QueryRq>"


def seven(file: File) -> None:
    for number in range(1, 8):
        file.done(journal(head=f"<TxnDate>2026-11-{number:02d}</TxnDate><RefNumber>J-{number}</RefNumber>"))


def test_an_iterator_reads_on_within_its_session_only(file: File) -> None:
    seven(file)
    start = ' iterator="Start"'
    portion = "<MaxReturned>3</MaxReturned>"
    first = query("JournalEntry", portion, start)
    going = file.ask(first + query("JournalEntry", portion, ' iterator="Continue" iteratorID="{1}"'))
    assert (going[0].get("iteratorRemainingCount"), texts(going[0], "RefNumber")) == ("4", ["J-1", "J-2", "J-3"])
    iterator = going[0].get("iteratorID")
    on = query("JournalEntry", "<MaxReturned>4</MaxReturned>", f' iterator="Continue" iteratorID="{iterator}"')
    assert file.code(on) == "3000"  # that was another session
    assert going[1].get("statusCode") == "3000"
    assert file.code(query("JournalEntry", "", start)) == "3150"
    session = _session(file)
    iterator = session(first).get("iteratorID")
    rest = session(on.replace(str(going[0].get("iteratorID")), str(iterator)))
    assert (rest.get("iteratorRemainingCount"), texts(rest, "RefNumber")) == ("0", ["J-4", "J-5", "J-6", "J-7"])
    assert session(on.replace(str(going[0].get("iteratorID")), str(iterator))).get("statusCode") == "3000"


def _session(file: File):

    session = Session(file.app.world, file.name, "tests")
    return lambda request: etree.fromstring(session.process(message(request)))[0][0]


def test_by_number_and_by_date(file: File) -> None:
    seven(file)
    file.done(journal(head="<TxnDate>2026-11-20</TxnDate><RefNumber>j-3</RefNumber>"))
    assert texts(file.one(query("JournalEntry", "<RefNumber>J-3</RefNumber>")), "RefNumber") == ["J-3", "j-3"]
    exact = "<RefNumberCaseSensitive>J-3</RefNumberCaseSensitive>"
    assert texts(file.one(query("JournalEntry", exact)), "RefNumber") == ["J-3"]
    ends = "<RefNumberFilter><MatchCriterion>EndsWith</MatchCriterion><RefNumber>-7</RefNumber></RefNumberFilter>"
    assert texts(file.one(query("JournalEntry", ends)), "RefNumber") == ["J-7"]
    between = "<RefNumberRangeFilter><FromRefNumber>J-2</FromRefNumber><ToRefNumber>J-3</ToRefNumber></RefNumberRangeFilter>"
    assert texts(file.one(query("JournalEntry", between)), "RefNumber") == ["J-2", "J-3", "j-3"]
    dates = "<TxnDateRangeFilter><FromTxnDate>2026-11-06</FromTxnDate><ToTxnDate>2026-11-07</ToTxnDate></TxnDateRangeFilter>"
    assert texts(file.one(query("JournalEntry", dates)), "RefNumber") == ["J-6", "J-7"]
    nothing = file.one(query("JournalEntry", "<RefNumber>nope</RefNumber>"))
    assert (nothing.get("statusCode"), nothing.get("statusSeverity")) == ("1", "Info")
    assert file.code(query("JournalEntry", "<TxnID>FF-1</TxnID>")) == "500"
    assert file.one(query("JournalEntry", "<MaxReturned>2</MaxReturned>"))[1].findtext("RefNumber") == "J-2"


def test_by_the_time_of_change(file: File) -> None:
    file.done(journal(head="<RefNumber>old</RefNumber>"))
    file.app.world.clock.shift(3600)
    since = "<ModifiedDateRangeFilter><FromModifiedDate>{}</FromModifiedDate></ModifiedDateRangeFilter>"
    file.done(journal(head="<RefNumber>new</RefNumber>"))
    for text in ("2026-11-21T10:00:00+00:00", "2026-11-21T02:00:00"):  # without an offset it is the computer's time
        assert texts(file.one(query("JournalEntry", since.format(text))), "RefNumber") == ["new"]
    assert len(file.one(query("JournalEntry", since.format("2026-11-21T09:00:00+00:00")))) == 2
    changed = "<FromModifiedDate>2026-11-21T00:00:00</FromModifiedDate>"
    assert file.code(query("Account", changed)) == "1"
    file.world("edit", kind="Account", name="Savings", changes={"Desc": "rainy days"})
    assert texts(file.one(query("Account", changed)), "FullName") == ["Savings"]


def test_by_account_and_person(file: File) -> None:
    seven(file)
    who = ref("EntityRef", "Walk-in")
    owed = journal(debit("Accounts Receivable", "9.00", who), credit("Savings", "9.00"), head="<RefNumber>AR</RefNumber>")
    file.done(owed)
    by = "<{0}Filter><FullName>{1}</FullName></{0}Filter>"
    assert texts(file.one(query("JournalEntry", by.format("Account", "Savings"))), "RefNumber") == ["AR"]
    assert texts(file.one(query("JournalEntry", by.format("Entity", "Walk-in"))), "RefNumber") == ["AR"]
    assert file.code(query("JournalEntry", by.format("Account", "Nowhere"))) == "3140"
    kinds = "<TransactionTypeFilter><TxnTypeFilter>JournalEntry</TxnTypeFilter></TransactionTypeFilter>"
    account = "<TransactionAccountFilter><FullName>Savings</FullName></TransactionAccountFilter>"
    found = file.one(query("Transaction", account + kinds))
    assert [row.findtext("Amount") for row in found] == ["9.00"]
    everything = "<TransactionDetailLevelFilter>All</TransactionDetailLevelFilter>"
    assert [row.findtext("Amount") for row in file.one(query("Transaction", account + kinds + everything))] == ["9.00", "-9.00"]
    assert len(file.one(query("Transaction", "<RefNumber>J-1</RefNumber><RefNumber>J-2</RefNumber>"))) == 2


def test_lists_by_name_state_and_type(file: File) -> None:
    def names(kind: str, inner: str) -> list[str | None]:
        return texts(file.one(query(kind, inner)), "FullName" if kind == "Account" else "Name")

    assert names("Account", "<ActiveStatus>InactiveOnly</ActiveStatus>") == ["Old Channel Fees"]
    assert "Old Channel Fees" not in names("Account", "")
    assert names("Account", "<AccountType>Bank</AccountType>") == ["Checking", "Savings"]
    starts = "<NameFilter><MatchCriterion>StartsWith</MatchCriterion><Name>market</Name></NameFilter>"
    assert names("Account", starts) == ["Marketplace Fees"]
    assert names("SalesTaxCode", "") == ["Tax", "Non"]
    assert names("StandardTerms", "") == ["Due on receipt", "Net 15", "Net 30"]
    assert names("PaymentMethod", "<PaymentMethodType>Other</PaymentMethodType>") == ["Marketplace"]
    assert names("Employee", "") == ["Robin Marsh"]
    kinds = {row.tag for row in file.one(query("Item", ""))}
    assert {"ItemServiceRet", "ItemInventoryRet", "ItemOtherChargeRet", "ItemSalesTaxRet", "ItemNonInventoryRet"} == kinds


def test_less_is_shown_on_request(file: File) -> None:
    seven(file)
    assert texts(file.one(query("JournalEntry", "")), "Amount") == []
    assert len(texts(file.one(query("JournalEntry", "<IncludeLineItems>true</IncludeLineItems>")), "Amount")) == 14
    narrowed = file.one(query("JournalEntry", "<IncludeRetElement>TxnID</IncludeRetElement>"))
    assert {child.tag for row in narrowed for child in row} == {"TxnID"}
    counted = file.one(query("JournalEntry", "", ' metaData="MetaDataOnly"'))
    assert (counted.get("retCount"), len(counted)) == ("7", 0)
