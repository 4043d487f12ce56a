"""What QuickBooks would refuse is found before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import AccountRef, DocumentLine, JournalEntry, Side
from canonical.problems import Severity
from connections.contracts import CompanyFacts, OutcomeKind, ReferenceItem
from connections.providers.quickbooks_online.preflight import problems

from . import documents
from .documents import TYPES, request, small_journal

US = CompanyFacts("USD", "US", multicurrency=False, custom_numbers=True, close_date=date(2026, 10, 31), sales_tax="us")
UK = CompanyFacts("GBP", "GB", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="codes")


def item(kind, key, name="", active=True, deleted=False, **facts):
    return (kind, key), ReferenceItem(kind, key, name or key, active, facts, {}, deleted)


def chart(**changes):
    references = dict(
        item("account", f"A-{name}", f"Amazon {name}", type=kind, subtype=sub) for name, (kind, sub) in TYPES.items()
    )
    references |= dict([item("tax_code", "20S", "20.0% S", sales_rate="20", purchase_rate="20")])
    return references | changes.get("add", {})


def codes(document, company=US, references=None):
    found = problems(document, company, chart() if references is None else references)
    return [problem.code.removeprefix("quickbooks_online.check.") for problem in found]


def changed(name, **facts):
    kind, sub = TYPES[name]
    return chart(add=dict([item("account", f"A-{name}", f"Amazon {name}", **{"type": kind, "subtype": sub, **facts})]))


def test_sound_documents_have_no_problems():
    assert codes(documents.us_1_journal()) == []
    assert codes(documents.us_1_deposit()) == []
    assert codes(documents.uk_1_journal(), UK) == []
    assert codes(documents.uk_1_deposit(), UK) == []


@pytest.mark.parametrize(("day", "expected"), [(date(2026, 10, 31), ["period_closed"]), (date(2026, 11, 1), [])])
def test_a_closed_period(day, expected):
    assert codes(documents.us_1_journal(day=day)) == expected


def test_an_account_that_is_gone_inactive_or_unknown_is_named_once():
    assert codes(documents.us_1_journal(), references=changed("Selling Fees", active=False)) == ["account_inactive"]
    assert codes(documents.us_1_journal(), references=changed("Selling Fees", deleted=True)) == ["account_missing"]
    without = {key: value for key, value in chart().items() if key != ("account", "A-Selling Fees")}
    assert codes(documents.us_1_journal(), references=without) == ["account_missing"]


@pytest.mark.parametrize("kind", ["Accounts Receivable", "Accounts Payable"])
def test_receivables_and_payables_need_somebody(kind):
    assert codes(documents.us_1_journal(), references=changed("Loan", type=kind)) == ["needs_entity"]


def test_what_a_deposit_may_not_touch():
    assert codes(documents.us_1_deposit(), references=changed("Bank", type="Income")) == ["not_into"]
    assert codes(documents.us_1_deposit(), references=changed("Reserve", subtype="UndepositedFunds")) == ["not_on_deposit"]
    one = documents.us_1_deposit()
    into_itself = replace(one, lines=(*one.lines, replace(one.lines[0], account=one.account)))
    assert codes(into_itself) == ["not_on_deposit"]


def test_currencies():
    foreign = replace(documents.us_1_journal(), currency="GBP")
    assert codes(foreign) == ["currency_off"]
    many = replace(US, multicurrency=True)
    assert codes(foreign, many) == []
    assert codes(documents.us_1_journal(), many, changed("Bank", currency="CAD")) == ["account_currency"]
    assert codes(documents.us_1_journal(), many, changed("Bank", currency="USD")) == []
    # A deposit takes its currency from the account it goes to.
    into = replace(documents.us_1_deposit(), currency="CAD")
    assert codes(into, many, changed("Bank", currency="USD")) == ["account_currency"]
    assert codes(into, many, changed("Bank", currency="CAD")) == []


def test_numbers_off_is_told_but_blocks_nothing():
    found = problems(documents.us_1_journal(), replace(US, custom_numbers=False), chart())
    assert [problem.code for problem in found] == ["quickbooks_online.check.no_numbers"]
    assert found[0].severity is Severity.TELLS
    assert codes(documents.us_1_deposit(), replace(US, custom_numbers=False)) == []


def test_too_many_lines_and_too_much_text():
    line = documents.small_journal("A-Bank", "A-Sales").lines
    assert codes(JournalEntry(date(2026, 11, 5), "USD", line * 375)) == []
    assert codes(JournalEntry(date(2026, 11, 5), "USD", line * 376)) == ["too_many_lines"]
    assert codes(JournalEntry(date(2026, 11, 5), "USD", line, "m" * 4000)) == ["shortened"]


def test_tax_codes():
    untaxed = JournalEntry(date(2026, 11, 5), "GBP", documents.small_journal("A-Bank", "A-Sales").lines)
    assert codes(untaxed, UK) == ["no_tax_code"]
    assert codes(untaxed, replace(UK, sales_tax="")) == []
    gone = chart(add=dict([item("tax_code", "20S", "20.0% S", active=False)]))
    assert codes(documents.uk_1_journal(), UK, gone) == ["tax_code_missing"]
    cheaper = chart(add=dict([item("tax_code", "20S", "20.0% S", sales_rate="17.5", purchase_rate="20.00")]))
    assert codes(documents.uk_1_journal(), UK, cheaper) == ["tax_rate_differs"]


def test_tax_that_the_ledger_would_forget():
    for company in (replace(UK, sales_tax=""), replace(UK, sales_tax="us")):
        assert set(codes(documents.uk_1_journal(), company)) == {"tax_not_kept"}
    untaxed = tuple(replace(line, tax_amount=Decimal(0)) for line in documents.uk_1_journal().lines)
    assert codes(replace(documents.uk_1_journal(), lines=untaxed), replace(UK, sales_tax="")) == []


def test_a_deposit_cannot_state_a_tax_of_its_own():
    one = documents.uk_1_deposit()
    odd = replace(one, lines=(replace(one.lines[0], tax_amount=Decimal("19.99")), *one.lines[1:]))
    assert codes(odd, UK) == ["tax_not_stated"]
    as_journal = documents.uk_1_journal()
    assert codes(replace(as_journal, lines=(as_journal.lines[0], odd.lines[0], *as_journal.lines[2:])), UK) == []


def test_classes_and_locations():
    lines = tuple(
        DocumentLine(AccountRef(f"A-{name}", name), side, Decimal(5), "", "", dimensions=(("class", "500"), ("location", "7")))
        for name, side in (("Bank", Side.DEBIT), ("Sales", Side.CREDIT))
    )
    document = JournalEntry(date(2026, 11, 5), "USD", lines)
    tracking = replace(US, classes=True, departments=True)
    assert codes(document) == ["dimension_off", "dimension_off"]
    assert codes(document, tracking) == ["dimension_missing", "dimension_missing"]
    there = chart(add=dict([item("class", "500"), item("department", "7", active=False)]))
    assert codes(document, tracking, there) == ["dimension_missing"]


def test_what_the_check_finds_is_what_the_ledger_refuses(company):
    """Closed period, inactive account and foreign currency: our finding and QuickBooks' own refusal agree."""
    us = company("us")
    names = {reference.name: reference.external_id for reference in us.references("account").values()}
    bank, sales, retired = names["Checking"], names["Sales of Product Income"], names["Old Marketplace Fees"]
    us.command("preferences", **{"AccountingInfoPrefs.BookCloseDate": "2026-10-31"})
    facts, references = us.facts(), us.references()
    cases = [
        small_journal(bank, sales),
        small_journal(bank, sales, day=date(2026, 10, 31)),
        small_journal(bank, retired),
        small_journal(bank, "999999"),
        small_journal(bank, sales, currency="EUR"),
    ]
    for n, document in enumerate(cases):
        blocked = any(
            found.severity is Severity.BLOCKS for found in us.target.problems(document, company=facts, references=references)
        )
        sent = request(us.target, document, replace(facts, multicurrency=document.currency == "EUR"), f"agree{n}")
        refused = us.target.post(us.door, us.account, [sent])[0].kind is OutcomeKind.REJECTED
        assert blocked is refused, document
