"""What Xero would refuse is found before; and the twin refuses each of it too, so that no finding is imagined."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from canonical.accounting import AccountRef, DocumentType, ItemRef, PartyRef, TaxRef
from connections.contracts import OutcomeKind, PartySpec
from connections.providers.xero import preflight

from . import documents
from .documents import deposit, journal, line, order, payment, refund, request, settlement_invoice

TODAY = datetime.now(UTC).date()
SALE = (line("200", "credit", "10.00"),)


def party(org, name="Amazon.co.uk"):
    item = org.target.create_party(org.door, org.account, PartySpec(name), request_id=f"party-{name}"[:40])
    return PartyRef(item.external_id, item.name)


def other_currency(org, party):
    return settlement_invoice(SALE, party, "CAD")


def dormant(org, party):
    key = next(item.external_id for item in org.references("customer").values() if item.name == "Dormant Buyer")
    return settlement_invoice(SALE, PartyRef(key, "Dormant Buyer"))


def with_line(code, side="credit", **more):
    return lambda org, party: settlement_invoice((*SALE, line(code, side, "1.00", **more)), party)


def taxed(key, code="200", rate=20, vat="1.67"):
    each = replace(SALE[0], account=AccountRef(code, code), tax=TaxRef(key, key, Decimal(rate)), tax_amount=Decimal(vat))
    return lambda org, party: settlement_invoice((each,), party)


def paid(**more):
    def make(org, party):
        (made,) = org.post(request(order(party), org.facts(), "owed"))
        return payment(made.external_id, "5.00", customer=party, **more)

    return make


BOTH = [
    ("period_closed", with_line("200")),
    ("currency_off", other_currency),
    ("customer_archived", dormant),
    ("customer_missing", lambda org, party: settlement_invoice(SALE, PartyRef("00000000-0000-0000-0000-00000000abcd", "Gone"))),
    ("account_missing", with_line("9999")),
    ("account_archived", with_line("498X")),
    ("account_system", with_line("820")),
    ("not_on_a_line", with_line("090")),
    ("not_on_a_line", lambda org, party: journal((line("610", "credit", "1.00"),))),
    ("not_on_a_line", lambda org, party: journal((line("090", "credit", "1.00"),))),
    ("not_a_bank", lambda org, party: deposit(SALE, bank="620")),
    ("account_currency", lambda org, party: deposit(SALE, bank="092")),
    ("tax_missing", taxed("OUTPUT9")),
    ("tax_unfit", taxed("INPUT2")),
    ("item_missing", with_line("200", item=ItemRef("NOPE", "Nope"))),
    ("tracked_item", lambda org, party: deposit((line("200", "credit", "1.00", item=ItemRef("MUG", "Mug")),))),
    ("tracking_missing", with_line("200", dimensions=(("class", "Channel::Moon"),))),
    ("no_payments", paid(account=AccountRef("620", "Prepayments"))),
    ("account_archived", paid(account=AccountRef("498X", "Old"))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "make"), BOTH, ids=[f"{place}-{code}" for place, (code, _) in enumerate(BOTH)])
def test_what_is_found_is_refused_there_too(organisation, code, make):
    uk = organisation("uk")
    document = make(uk, party(uk))
    asked = request(document, uk.facts(), "pre")
    if code == "period_closed":
        uk.command("lock", year="2026-11-05")
    assert code in uk.problems(document)
    before = {kind: len(uk.documents(kind)) for kind in ("Invoice", "ManualJournal", "BankTransaction", "Payment")}
    outcome = uk.post(asked)[0]
    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.problem.text()
    assert before == {kind: len(uk.documents(kind)) for kind in before}


@pytest.mark.parametrize("lock", ["period", "year"])
def test_the_later_lock_date_counts_and_the_day_after_is_free(organisation, lock):
    uk = organisation("uk")
    uk.command("lock", **{lock: "2026-11-05"})
    assert uk.facts().close_date == date(2026, 11, 5)
    day_after = settlement_invoice(SALE, party(uk), date=date(2026, 11, 6), due_on=date(2026, 11, 6))
    assert "period_closed" not in uk.problems(day_after)
    assert uk.post(request(day_after, uk.facts(), "after"))[0].kind is OutcomeKind.CREATED


def test_a_small_plan_says_beforehand_how_many_invoices_it_takes(organisation):
    small = organisation("small")
    assert (small.facts().plan, small.facts().invoices_left) == ("STARTER", 20)
    amazon = party(small)
    made = [request(settlement_invoice(SALE, amazon, date=TODAY, due_on=TODAY), small.facts(), f"s{n}") for n in range(21)]
    outcomes = small.post(*made)
    assert [one.kind for one in outcomes] == [OutcomeKind.CREATED] * 20 + [OutcomeKind.REJECTED]
    assert outcomes[20].problem.code == "xero.plan_limit"
    assert small.facts().invoices_left == 0
    assert "plan_full" in small.problems(made[20].document)
    assert "plan_full" not in small.problems(journal(SALE))


def test_a_good_document_has_no_problem(organisation):
    uk = organisation("uk")
    amazon = party(uk)
    for document in (
        settlement_invoice(documents.uk_1(), amazon), journal(documents.uk_1()), deposit(documents.us_1()), refund(amazon),
        order(amazon, item="GIFT"), paid()(uk, amazon),
    ):  # fmt: skip
        assert [code for code in uk.problems(document) if code != "no_tax_rate"] == []


def pure(document, **changes):
    return [
        problem.code.removeprefix("xero.check.")
        for problem in preflight.problems(document, replace(documents.FACTS, **changes), {})
    ]


def test_a_journal_is_in_the_home_currency_and_of_no_customer():
    assert "journal_currency" in pure(journal(SALE, "EUR"))
    named = replace(SALE[0], party=PartyRef("C", "C"))
    assert "party_on_journal" in pure(journal((named,)))


def test_a_journal_cannot_state_a_tax_that_xero_would_compute_otherwise(organisation):
    uk = organisation("uk")
    stated = line("200", "credit", "120.00", "OUTPUT2", "19.99")
    assert "tax_not_stated" in uk.problems(journal((stated,)))
    assert "tax_not_stated" not in uk.problems(settlement_invoice((stated,), party(uk)))


def test_tax_where_none_is_kept_and_another_rate(organisation):
    us = organisation("us")
    assert "tax_not_kept" in us.problems(
        settlement_invoice((line("200", "credit", "12.00", "OUTPUT2", "2.00"),), party(us), "USD")
    )
    uk = organisation("uk")
    assert "tax_rate_differs" in uk.problems(taxed("OUTPUT2", rate=5)(uk, party(uk)))
    assert "no_tax_rate" in uk.problems(settlement_invoice(SALE, party(uk)))


def test_a_payment_has_one_document_that_is_there():
    both = payment("A", "5.00").applied + payment("B", "5.00").applied
    assert "one_link" in pure(replace(payment("A", "5.00"), applied=both))
    assert "one_link" in pure(payment("J", "5.00", DocumentType.JOURNAL_ENTRY))
    assert "not_applied" in pure(payment("", "5.00"))
    assert "one_link" not in pure(documents.allocation("I", "N", "4.00"))


def test_two_options_of_one_category_and_three_categories_are_too_many():
    twice = (("class", "Channel::Web"), ("department", "Channel::Shop"))
    assert "tracking_twice" in pure(settlement_invoice((line("200", "credit", "1.00", dimensions=twice),), PartyRef("C", "C")))


def test_texts_that_are_cut_or_lose_characters_are_told():
    amazon = PartyRef("C", "C")
    assert "characters" in pure(settlement_invoice((replace(SALE[0], description="a\x07b"),), amazon))
    assert "shortened" in pure(settlement_invoice((replace(SALE[0], description="x" * 4001),), amazon))
    assert "shortened" in pure(order(amazon, reference="x" * 256))
    assert "shortened" not in pure(order(amazon, reference="x" * 255))
    heavy = tuple(replace(SALE[0], description="x" * 4000) for _ in range(900))
    assert "too_large" in pure(settlement_invoice(heavy, amazon))
