"""Posting to a QuickBooks company: created once, found when the answer was lost, read back to the penny."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import AccountRef, Deposit, DocumentLine, JournalEntry, Side, TaxRef
from connections.contracts import OutcomeKind
from connections.errors import Failure, FailureKind
from connections.providers.quickbooks_online import faults
from connections.providers.quickbooks_online.client import Books, Element

from . import documents
from .documents import TYPES, request, small_journal


def chart(company):
    made = {}

    def account(name):
        if name not in made:
            made[name] = AccountRef(company.make(f"Amazon {name}", *TYPES[name]), f"Amazon {name}")
        return made[name]

    return account


def plain_accounts(company):
    names = {item.name: item.external_id for item in company.references("account").values()}
    return names["Checking"], names["Sales of Product Income"]


def test_a_journal_is_created_and_read_back_line_by_line(company):
    us = company("us")
    planned = documents.us_1_journal(chart(us))
    outcome = us.target.post(us.door, us.account, [request(us.target, planned, us.facts(), "us1")])[0]
    assert outcome.kind is OutcomeKind.CREATED
    assert outcome.number == "TIE-us1"
    assert outcome.trace_id.startswith("1-")

    found = us.target.read(us.door, us.account, "journal_entry", outcome.external_id)
    assert found is not None
    assert found.marker == "tieout:" + "us1".rjust(40, "0")
    assert found.document.date == date(2026, 11, 5)
    assert found.document.currency == "USD"
    assert found.document.memo == "Amazon settlement 19283746501"
    assert [(line.account.key, line.side, line.gross) for line in found.document.lines] == [
        (line.account.key, line.side, line.gross) for line in planned.lines
    ]
    assert found.document.total == Decimal("260.20")


def test_a_deposit_comes_to_the_payout(company):
    us = company("us")
    planned = documents.us_1_deposit(chart(us))
    outcome = us.target.post(us.door, us.account, [request(us.target, planned, us.facts(), "us1d")])[0]
    found = us.target.read(us.door, us.account, "deposit", outcome.external_id)
    assert found is not None
    assert found.body["TotalAmt"] == Decimal("86.25")
    assert found.document.total == Decimal("86.25")
    assert found.document.account.key == planned.account.key
    assert [line.signed for line in found.document.lines] == [line.signed for line in planned.lines]


@pytest.mark.parametrize("override", [True, False])
@pytest.mark.parametrize("shape", ["journal_entry", "deposit"])
def test_tax_read_back_is_tax_planned(company, shape, override):
    uk = company("uk")
    uk.command("rules", tax_override=override)
    code = next(item.external_id for item in uk.references("tax_code").values() if item.name == "20.0% S")
    make = documents.uk_1_journal if shape == "journal_entry" else documents.uk_1_deposit
    planned = make(chart(uk), code)
    outcome = uk.target.post(uk.door, uk.account, [request(uk.target, planned, uk.facts(), f"uk{shape}")])[0]
    assert outcome.kind is OutcomeKind.CREATED, outcome.problem
    found = uk.target.read(uk.door, uk.account, shape, outcome.external_id)
    assert found is not None
    assert [(line.gross, line.net, line.tax_amount, line.tax and line.tax.applies_on) for line in found.document.lines] == [
        (line.gross, line.net, line.tax_amount, line.tax and line.tax.applies_on) for line in planned.lines
    ]
    assert found.body["TxnTaxDetail"]["TotalTax"] == Decimal("10.75")


@pytest.mark.parametrize("override", [True, False])
@pytest.mark.parametrize("make", [JournalEntry, Deposit])
def test_the_odd_penny_of_tax_is_the_same_there(company, make, override):
    """Gross amounts whose tax ends on half a penny: the ledger derives it from the gross as we do."""
    uk = company("uk")
    uk.command("rules", tax_override=override)
    code = next(item.external_id for item in uk.references("tax_code").values() if item.name == "20.0% S")
    account, tax = chart(uk), TaxRef(code, "20.0% S", Decimal(20))
    pennies = {"0.03": "0.01", "0.09": "0.02", "1.05": "0.18", "99.99": "16.67", "0.02": "0.00"}
    lines = [
        DocumentLine(account("Sales"), Side.CREDIT, Decimal(gross), gross, "sale", tax, Decimal(vat))
        for gross, vat in pennies.items()
    ]
    if make is Deposit:
        planned = Deposit(date(2026, 11, 5), "GBP", account("Bank"), tuple(lines))
    else:
        bank = DocumentLine(account("Bank"), Side.DEBIT, sum(line.gross for line in lines), "", "settling", settling=True)
        planned = JournalEntry(date(2026, 11, 5), "GBP", (*lines, bank))
    made = uk.target.post(uk.door, uk.account, [request(uk.target, planned, uk.facts(), "penny")])[0]
    found = uk.target.read(uk.door, uk.account, planned.document_type.value, made.external_id)
    assert [(line.gross, line.tax_amount) for line in found.document.lines[:5]] == [
        (Decimal(gross), Decimal(vat)) for gross, vat in pennies.items()
    ]


def test_an_answer_lost_after_the_write_is_unknown_then_found(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    asked = request(us.target, small_journal(bank, sales), us.facts(), "lost")
    us.fault("drop-after-commit", count=1)
    outcome = us.target.post(us.door, us.account, [asked])[0]
    assert outcome.kind is OutcomeKind.UNKNOWN
    found = us.target.find(us.door, us.account, [asked])
    assert set(found) == {asked.marker}
    assert found[asked.marker].document.total == Decimal("10.00")
    assert len(us.documents("JournalEntry")) == 1


def test_an_answer_lost_before_the_write_is_unknown_and_nothing_is_found(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    asked = request(us.target, small_journal(bank, sales), us.facts(), "never")
    us.fault("drop-before-commit", count=1)
    assert us.target.post(us.door, us.account, [asked])[0].kind is OutcomeKind.UNKNOWN
    assert us.target.find(us.door, us.account, [asked]) == {}


def test_posting_again_with_another_request_id_finds_our_own_number(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    asked = request(us.target, small_journal(bank, sales), us.facts(), "again")
    first = us.target.post(us.door, us.account, [asked])[0]
    second = us.target.post(us.door, us.account, [replace(asked, request_id="tie-other")])[0]
    assert (second.kind, second.external_id) == (OutcomeKind.EXISTS, first.external_id)
    assert len(us.documents("JournalEntry")) == 1


def test_a_number_that_is_somebody_elses_is_refused(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    us.target.post(us.door, us.account, [request(us.target, small_journal(bank, sales), facts, "theirs", number="TIE-7")])
    outcome = us.target.post(
        us.door, us.account, [request(us.target, small_journal(bank, sales), facts, "ours", number="TIE-7")]
    )[0]
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.problem.code == "quickbooks_online.number_taken"
    assert outcome.problem.params["number"] == "TIE-7"
    assert outcome.problem.params["detail"] in outcome.problem.text()


def test_a_number_that_cannot_be_asked_about_now_loses_nothing_of_its_batch(company):
    """Nothing raised: what was written beside it is known, and the one in doubt is looked for before it is sent again."""
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    us.target.post(us.door, us.account, [request(us.target, small_journal(bank, sales), facts, "theirs", number="TIE-7")])
    taken = request(us.target, small_journal(bank, sales), facts, "ours", number="TIE-7")
    good = [request(us.target, small_journal(bank, sales, f"{n}.00"), facts, f"n{n}") for n in (1, 2)]
    us.fault("throttle", "query", count=1)
    outcomes = us.target.post(us.door, us.account, [good[0], taken, good[1]])
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.CREATED, OutcomeKind.UNKNOWN, OutcomeKind.CREATED]


def test_a_batch_refused_as_a_whole_holds_only_what_is_wrong(company, monkeypatch):
    """QuickBooks may refuse a batch for one property of one of its elements: each then goes alone."""
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    good = [request(us.target, small_journal(bank, sales, f"{n}.00"), facts, f"w{n}") for n in (1, 2)]
    bad = request(us.target, small_journal(bank, "999999"), facts, "bad")
    whole = faults.FaultError("2010", "Request has invalid or unsupported property", "Property Name:x")

    def refused(books, items):
        raise faults.failure([whole], status=400, writes=True)

    monkeypatch.setattr(Books, "write_many", refused)
    outcomes = us.target.post(us.door, us.account, [good[0], bad, good[1]])
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.CREATED, OutcomeKind.REJECTED, OutcomeKind.CREATED]
    assert len(us.documents("JournalEntry")) == 2


@pytest.mark.parametrize(
    ("code", "kind"), [("3001", FailureKind.THROTTLED), ("120", FailureKind.NEEDS_RECONNECT), ("3200", FailureKind.TOKEN_EXPIRED)]
)
def test_an_element_that_is_turned_away_alone_is_a_failure_in_its_place(company, monkeypatch, code, kind):
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    asked = [request(us.target, small_journal(bank, sales, f"{n}.00"), facts, f"e{n}") for n in (1, 2)]
    away = faults.failure([faults.FaultError(code, "no", "not now")], status=None, writes=True)
    real = Books.write_many

    def one_away(books, items):
        elements, trace = real(books, items[:1])
        return [*elements, Element(failure=away)], trace

    monkeypatch.setattr(Books, "write_many", one_away)
    first, second = us.target.post(us.door, us.account, asked)
    assert first.kind is OutcomeKind.CREATED
    assert isinstance(second, Failure)
    assert second.kind is kind


def test_a_name_used_before_is_refused_in_its_own_words(company, monkeypatch):
    us = company("us")
    asked = request(us.target, small_journal(*plain_accounts(us)), us.facts(), "named")

    def refused(books, entity, body, request_id, **more):
        taken = faults.FaultError("6240", "Duplicate Name Exists Error", "The name supplied already exists")
        raise faults.failure([taken], status=400, writes=True)

    monkeypatch.setattr(Books, "write", refused)
    (outcome,) = us.target.post(us.door, us.account, [asked])
    assert outcome.kind is OutcomeKind.REJECTED
    assert "The name supplied already exists" in outcome.problem.text()


def test_a_batch_answers_for_each_document(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    good = [request(us.target, small_journal(bank, sales, f"{n}.00"), facts, f"b{n}") for n in range(1, 5)]
    bad = request(us.target, small_journal(bank, "999999"), facts, "bad")
    outcomes = us.target.post(us.door, us.account, [*good[:2], bad, *good[2:]])
    kinds = [outcome.kind.value for outcome in outcomes]
    assert kinds == ["created", "created", "rejected", "created", "created"]
    assert outcomes[2].problem.code == "quickbooks_online.bad_reference"
    assert len(us.documents("JournalEntry")) == 4


def test_more_than_thirty_go_in_several_batches(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    asked = [request(us.target, small_journal(bank, sales, f"{n}.50"), facts, f"m{n}") for n in range(1, 36)]
    outcomes = us.target.post(us.door, us.account, asked)
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.CREATED] * 35
    assert [len(exchange.request.content) > 0 for exchange in us.door.exchanges if exchange.operation == "batch"] == [True, True]


def test_a_lost_batch_is_found_with_one_query(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    asked = [request(us.target, small_journal(bank, sales, f"{n}.00"), facts, f"l{n}") for n in range(1, 8)]
    us.fault("drop-after-commit", count=1)
    assert {outcome.kind for outcome in us.target.post(us.door, us.account, asked)} == {OutcomeKind.UNKNOWN}
    before = len(us.door.exchanges)
    found = us.target.find(us.door, us.account, asked)
    assert set(found) == {one.marker for one in asked}
    assert [exchange.operation for exchange in us.door.exchanges[before:]] == ["JournalEntry.query"]


def test_what_a_later_batch_meets_does_not_lose_the_earlier_one(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    asked = [request(us.target, small_journal(bank, sales, f"{n}.00"), facts, f"t{n}") for n in range(1, 33)]
    real, batches = us.door._exchange, iter(range(5))

    def exchange(sent):
        if next(batches) == 1:
            us.fault("throttle", count=1)
        return real(sent)

    us.door._exchange = exchange
    kinds = [outcome.kind for outcome in us.target.post(us.door, us.account, asked)]
    assert kinds == [OutcomeKind.CREATED] * 30 + [OutcomeKind.UNKNOWN] * 2


def test_a_deposit_is_found_by_day_amount_and_marker(company):
    us = company("us")
    accounts = chart(us)
    facts = us.facts()
    twins = [request(us.target, documents.us_1_deposit(accounts), facts, key) for key in ("one", "two")]
    us.target.post(us.door, us.account, twins)
    third = request(us.target, documents.us_1_deposit(accounts), facts, "three")
    found = us.target.find(us.door, us.account, [*twins, third])
    assert set(found) == {twins[0].marker, twins[1].marker}
    assert found[twins[0].marker].external_id != found[twins[1].marker].external_id


def test_somebody_elses_deposit_of_that_day_and_amount_is_not_ours(company):
    us = company("us")
    accounts, facts = chart(us), us.facts()
    us.target.post(us.door, us.account, [request(us.target, documents.us_1_deposit(accounts), facts, "theirs")])
    assert us.target.find(us.door, us.account, [request(us.target, documents.us_1_deposit(accounts), facts, "ours")]) == {}


def test_without_custom_numbers_it_is_found_by_its_marker(company):
    us = company("us")
    us.command("preferences", **{"SalesFormsPrefs.CustomTxnNumbers": False})
    bank, sales = plain_accounts(us)
    facts = us.facts()
    assert facts.custom_numbers is False
    asked = request(us.target, small_journal(bank, sales), facts, "unnumbered")
    assert "DocNumber" not in asked.payload
    outcome = us.target.post(us.door, us.account, [asked])[0]
    assert outcome.kind is OutcomeKind.CREATED
    assert us.target.find(us.door, us.account, [asked])[asked.marker].external_id == outcome.external_id


def test_a_closed_period_is_refused_in_words(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    us.command("preferences", **{"AccountingInfoPrefs.BookCloseDate": "2026-11-30"})
    outcome = us.target.post(us.door, us.account, [request(us.target, small_journal(bank, sales), us.facts(), "closed")])[0]
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.problem.code == "quickbooks_online.period_closed"


def test_an_inactive_account_is_refused_in_words(company):
    us = company("us")
    retired = next(item for item in us.references("account").values() if item.name.startswith("Old Marketplace Fees"))
    assert retired.active is False
    bank, _ = plain_accounts(us)
    outcome = us.target.post(
        us.door, us.account, [request(us.target, small_journal(bank, retired.external_id), us.facts(), "gone")]
    )[0]
    assert (outcome.kind, outcome.problem.code) == (OutcomeKind.REJECTED, "quickbooks_online.bad_reference")


@pytest.mark.parametrize(("trouble", "kind"), [("throttle", FailureKind.THROTTLED), ("revoke", FailureKind.NEEDS_RECONNECT)])
def test_what_was_turned_away_is_a_failure_not_an_outcome(company, trouble, kind):
    us = company("us")
    bank, sales = plain_accounts(us)
    asked = request(us.target, small_journal(bank, sales), us.facts(), trouble)
    us.fault(trouble, count=1)
    with pytest.raises(Failure) as failed:
        us.target.post(us.door, us.account, [asked])
    assert failed.value.kind is kind
    assert us.documents("JournalEntry") == []


@pytest.mark.parametrize("trouble", ["500", "503html", "malformed"])
def test_an_unclear_answer_is_unknown_never_success(company, trouble):
    us = company("us")
    bank, sales = plain_accounts(us)
    asked = request(us.target, small_journal(bank, sales), us.facts(), "unclear")
    us.fault(trouble, count=1)
    assert us.target.post(us.door, us.account, [asked])[0].kind is OutcomeKind.UNKNOWN
    there = us.target.find(us.door, us.account, [asked])
    assert bool(there) is (trouble == "malformed")


def test_html_under_a_200_is_no_success(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    asked = request(us.target, small_journal(bank, sales), us.facts(), "html")
    us.door._exchange = lambda sent: (200, {"content-type": "text/html"}, b"<html><body>Maintenance</body></html>")
    assert us.target.post(us.door, us.account, [asked])[0].kind is OutcomeKind.UNKNOWN
    assert {outcome.kind for outcome in us.target.post(us.door, us.account, [asked, asked])} == {OutcomeKind.UNKNOWN}
    with pytest.raises(Failure) as failed:
        us.target.find(us.door, us.account, [asked])
    assert failed.value.kind is FailureKind.MALFORMED


def test_a_batch_that_answers_for_too_few_leaves_the_rest_unknown(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    facts = us.facts()
    asked = [request(us.target, small_journal(bank, sales, f"{n}.00"), facts, f"few{n}") for n in (1, 2, 3)]
    answer = b'{"BatchItemResponse":[{"bId":"b1","JournalEntry":{"Id":"9","SyncToken":"0"}},{"bId":"b2","JournalEntry":{}}]}'
    us.door._exchange = lambda sent: (200, {}, answer)
    kinds = [outcome.kind.value for outcome in us.target.post(us.door, us.account, asked)]
    assert kinds == ["unknown", "created", "unknown"]
    us.door.exchanges.clear()  # the answer was made to break the rules


def test_the_rates_of_a_whole_lost_batch_are_read_once(company):
    uk = company("uk")
    code = next(item.external_id for item in uk.references("tax_code").values() if item.name == "20.0% S")
    accounts, facts = chart(uk), uk.facts()
    asked = [request(uk.target, documents.uk_1_journal(accounts, code), facts, f"r{n}") for n in range(4)]
    uk.target.post(uk.door, uk.account, asked)
    before = len(uk.door.exchanges)
    assert len(uk.target.find(uk.door, uk.account, asked)) == 4
    assert [exchange.operation for exchange in uk.door.exchanges[before:]] == [
        "JournalEntry.query",
        "TaxRate.query",
        "TaxCode.query",
    ]


def test_an_expired_token_is_renewed_in_the_middle_of_a_post(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    asked = request(us.target, small_journal(bank, sales), us.facts(), "expired")
    us.fault("expire", count=1)
    assert us.target.post(us.door, us.account, [asked])[0].kind is OutcomeKind.CREATED
    assert us.door.refreshes == 1


def test_removing_takes_the_version_we_know(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    made = us.target.post(us.door, us.account, [request(us.target, small_journal(bank, sales), us.facts(), "undo")])[0]
    us.command("edit", kind="JournalEntry", id=made.external_id, changes={"PrivateNote": "touched by a person"})
    stale = us.target.remove(us.door, us.account, "journal_entry", made.external_id, made.external_version)
    assert (stale.kind, stale.problem.code) == (OutcomeKind.REJECTED, "quickbooks_online.stale")

    now = us.target.read(us.door, us.account, "journal_entry", made.external_id)
    assert (
        us.target.remove(us.door, us.account, "journal_entry", made.external_id, now.external_version).kind is OutcomeKind.CREATED
    )
    assert us.target.read(us.door, us.account, "journal_entry", made.external_id) is None
    again = us.target.remove(us.door, us.account, "journal_entry", made.external_id, now.external_version)
    assert again.kind in (OutcomeKind.CREATED, OutcomeKind.EXISTS)


def test_amounts_travel_as_json_numbers_digit_for_digit(company):
    us = company("us")
    bank, sales = plain_accounts(us)
    us.target.post(us.door, us.account, [request(us.target, small_journal(bank, sales, "86.30"), us.facts(), "digits")])
    sent = us.door.exchanges[-1].request.content
    assert b'"Amount":86.30' in sent
    found = us.documents("JournalEntry")[0]
    assert Side.DEBIT.value.capitalize() in str(found["Line"][0])
