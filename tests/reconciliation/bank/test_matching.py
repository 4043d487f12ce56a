"""Statements against payouts: exact to the penny, on a day that fits, the same whatever came first, and a person's word stands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from canonical.problems import Refused
from reconciliation import ladders, selectors_pages
from reconciliation.bank import selectors, services
from reconciliation.engine import RungState
from reconciliation.engine import ladder as words
from reconciliation.models import BankLine, BankMatch, Payout, Settlement
from reconciliation.selectors_pages import Wanted
from tenants.models import AuditEvent, Event
from tests.reconciliation.bank.conftest import DUE, Desk

CENT = Decimal("0.01")


def test_a_payout_finds_its_line_and_the_rung_is_equal(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    assert (desk.rung(one).state, desk.rung(one).reason.code) == (RungState.NOT_AVAILABLE, words.NO_STATEMENT)
    desk.statement((-1, "-20.00", "rent"), (2, "86.25", "AMAZON"), (2, "86.24", "other"))
    rung = desk.rung(one)
    assert (rung.state, rung.amount, rung.compared_amount, rung.difference) == (
        RungState.EQUAL,
        Decimal("86.25"),
        Decimal("86.25"),
        0,
    )
    assert desk.match_of("P1").why == BankMatch.Why.ONLY
    told = Event.objects.get(type="bank.matched")
    assert (told.subject_type, told.payload["amount"], told.payload["why"]) == ("payout", "86.25", "only")
    assert "AMAZON" not in str(told.payload)


@pytest.mark.parametrize(("days", "state"), [(-2, "not_available"), (-1, "equal"), (7, "equal"), (8, "not_available")])
def test_a_day_outside_of_the_days_set_is_no_match(desk: Desk, days: int, state: str) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((days, "86.25", "AMAZON"))
    assert desk.rung(one).state == state
    if state != "equal":
        assert desk.rung(one).reason.code == words.BANK_LATE
        services.set_window(integration=desk.integration, before=2, after=8)
        assert desk.rung(one).state is RungState.EQUAL
        services.set_window(integration=desk.integration, before=0, after=0)
        assert desk.rung(one).state == "not_available"
        assert BankMatch.objects.filter(ended_at__isnull=False).count() == 1


def test_a_penny_off_is_shown_as_differing_and_does_not_keep_from_posting(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((1, "86.24", "AMAZON"))
    services.set_window(integration=desk.integration, before=45, after=45)
    rung = desk.rung(one)
    assert (rung.state, rung.amount, rung.difference) == (RungState.DIFFERS, Decimal("86.24"), -CENT)
    assert rung.reason.text() == "No bank line is of exactly this amount. Nearest: 86.24 on 2026-11-06, a difference of -0.01."
    found = ladders.ladder(one)
    assert not found.blocks
    assert ladders.disagreement(found, "settlement.does_not_tie") is None
    with pytest.raises(Refused) as caught:
        services.match(line=desk.line("AMAZON"), payout=Payout.objects.get())
    assert caught.value.problems[0].code == services.NOT_THE_AMOUNT
    assert desk.matched() == {}


def test_what_fits_twice_waits_for_a_person_whose_word_stands(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((1, "86.25", "first"), (2, "86.25", "second"))
    assert (desk.rung(one).state, desk.rung(one).reason.params) == (RungState.NOT_AVAILABLE, {"lines": 2})
    services.match(line=desk.line("second"), payout=Payout.objects.get(), note="as the bank told us")
    desk.statement((1, "86.25", "first"), (3, "86.25", "AMAZON"), name="later.csv")
    assert desk.matched() == {"P1": "second"}
    assert (desk.rung(one).state, desk.match_of("P1").why) == (RungState.EQUAL, "person")
    assert AuditEvent.objects.get(action="bank.matched").reason == "as the bank told us"
    with pytest.raises(Refused) as caught:
        services.match(line=desk.line("first"), payout=Payout.objects.get())
    assert caught.value.problems[0].code == services.TAKEN


def test_a_person_decides_one_tie_and_the_other_follows(desk: Desk) -> None:
    desk.paid("1", "86.25")
    desk.paid("2", "86.25", days=1)
    desk.statement((1, "86.25", "first"), (2, "86.25", "second"))
    assert desk.matched() == {}
    services.match(line=desk.line("first"), payout=Payout.objects.get(payout_id="P1"))
    assert desk.matched() == {"P1": "first", "P2": "second"}
    assert [desk.match_of(payout).why for payout in ("P1", "P2")] == ["person", "only"]


def test_a_person_knows_better_than_what_was_matched_by_itself(desk: Desk) -> None:
    desk.paid("1", "86.25")
    desk.statement((1, "86.25", "near"), (20, "86.25", "far"))
    assert desk.matched() == {"P1": "near"}
    services.match(line=desk.line("far"), payout=Payout.objects.get())
    assert desk.matched() == {"P1": "far"}


def test_what_was_taken_apart_is_not_matched_again_by_itself(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((1, "86.25", "AMAZON"))
    services.unmatch(match=desk.match_of("P1"), reason="another shop's")
    desk.statement((1, "86.25", "AMAZON"), (3, "1.00", "more"), name="again.csv")
    assert desk.matched() == {}
    assert desk.rung(one).state is RungState.NOT_AVAILABLE
    assert Event.objects.filter(type="bank.unmatched").count() == 1
    with pytest.raises(Refused):
        services.unmatch(match=BankMatch.objects.get())
    services.match(line=desk.line("AMAZON"), payout=Payout.objects.get())
    assert desk.rung(one).state is RungState.EQUAL


def test_the_order_in_which_things_come_changes_nothing(db: None) -> None:
    from benchmarks import shop
    from tenants.scope import tenant_scope

    found = []
    for order in permutations(range(4)):
        with tenant_scope(shop.tenant()):
            desk = Desk(shop.integration())
            acts = (
                lambda d=desk: d.paid("1", "86.25"),
                lambda d=desk: d.paid("2", "10.00", trace_id="4F7A29C81B0"),
                lambda d=desk: d.statement((1, "86.25", "a"), (1, "10.00", "b 4F7A29C81B0"), name="one.csv"),
                lambda d=desk: d.statement((2, "86.25", "c"), (1, "10.00", "d"), name="two.csv"),
            )
            for act in order:
                acts[act]()
            found.append(desk.matched())
    assert found == [{"P2": "b 4F7A29C81B0"}] * 24


def test_a_second_equal_line_that_comes_later_takes_the_match_apart(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((1, "86.25", "AMAZON"))
    desk.statement((3, "86.25", "AMAZON too"), name="later.csv")
    assert desk.matched() == {}
    assert desk.rung(one).reason.code == words.BANK_CHOICE
    assert BankMatch.objects.get().ended_reason == "Another line fits as well."


def test_lines_that_were_there_first_find_a_payout_that_comes(desk: Desk) -> None:
    desk.statement((1, "86.25", "AMAZON"))
    one = desk.paid("1", "86.25")
    assert desk.rung(one).state is RungState.EQUAL


# ------------------------------------------------------------------ payouts of other kinds


def test_one_payout_of_two_settlements_is_one_line(desk: Desk) -> None:
    first, second = desk.settlement("1", "60.00"), desk.settlement("2", "26.25")
    desk.payout("P", "86.25", "1", "2")
    desk.statement((1, "86.25", "AMAZON"))
    assert [desk.rung(one).state for one in (first, second)] == [RungState.EQUAL] * 2
    assert desk.rung(second).amount == Decimal("86.25")


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_failed_payout_expects_no_line(desk: Desk, status: str) -> None:
    one = desk.paid("1", "86.25", status=status)
    desk.statement((1, "86.25", "AMAZON"))
    assert desk.matched() == {}
    assert (desk.rung(one).state, desk.rung(one).amount) == (RungState.NO_PAYOUT_EXPECTED, Decimal("86.25"))
    with pytest.raises(Refused) as caught:
        services.match(line=desk.line("AMAZON"), payout=Payout.objects.get())
    assert caught.value.problems[0].code == services.NOT_EXPECTED


def test_a_payout_that_fails_later_loses_its_line_unless_a_person_gave_it(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((1, "86.25", "AMAZON"), (4, "-86.25", "RETURNED"))
    desk.payout("P1", "86.25", "1", status="FAILED")
    assert (desk.matched(), desk.rung(one).state) == ({}, RungState.NO_PAYOUT_EXPECTED)
    desk.payout("P1", "86.25", "1", status="PAID")
    services.match(line=desk.line("AMAZON"), payout=Payout.objects.get())
    desk.payout("P1", "86.25", "1", status="FAILED")
    rung = desk.rung(one)
    assert (rung.state, rung.reason.code, rung.difference) == (RungState.DIFFERS, words.BANK_FAILED, Decimal("86.25"))


def test_nothing_is_due_at_or_below_zero(desk: Desk) -> None:
    one = desk.settlement("1", "-12.00")
    desk.payout("P", "0.00", "1", status="NO_PAYOUT")
    desk.statement((1, "12.00", "AMAZON"), (1, "-12.00", "card"))
    assert (desk.matched(), desk.rung(one).state) == ({}, RungState.NO_PAYOUT_EXPECTED)


def test_a_converted_payout_is_compared_in_the_money_that_arrived(desk: Desk) -> None:
    one = desk.settlement("1", "500.00", currency="GBP")
    desk.payout("P", "500.00", "1", currency="GBP", converted_amount=Decimal("569.03"), converted_currency="EUR")
    desk.statement((1, "500.00", "not this"), (2, "569.03", "AMAZON converted"))
    rung = desk.rung(one)
    assert (rung.state, rung.amount, rung.compared_amount, rung.currency) == (
        RungState.EQUAL, Decimal("569.03"), Decimal("569.03"), "EUR",
    )  # fmt: skip
    assert desk.matched() == {"P": "AMAZON converted"}


def test_a_trace_number_with_less_money_is_a_difference(desk: Desk) -> None:
    one = desk.paid("1", "86.25", trace_id="4F7A29C81B0")
    desk.statement((1, "71.25", "AMZN 4F7A29C81B0 less charges 15.00"))
    assert (desk.rung(one).state, desk.rung(one).difference) == (RungState.DIFFERS, Decimal("-15.00"))


# ------------------------------------------------------------------ what is missing


def test_a_payout_is_missing_only_when_statements_cover_all_its_days(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    desk.statement((-9, "1.00", "a"), (6, "2.00", "b"))
    assert (desk.rung(one).state, desk.rung(one).reason.code) == (RungState.NOT_AVAILABLE, words.NO_STATEMENT)
    desk.statement((7, "3.00", "c"), (9, "4.00", "d"), name="next.csv")
    rung = desk.rung(one)
    assert (rung.state, rung.reason.code, rung.amount, rung.difference) == (
        RungState.DIFFERS, words.BANK_MISSING, 0, Decimal("-86.25"),
    )  # fmt: skip
    assert not ladders.ladder(one).blocks


def test_a_statement_that_does_not_add_up_proves_nothing_to_be_missing(desk: Desk) -> None:
    one = desk.paid("1", "86.25")
    balance = '<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-05</Dt></Dt></Bal>'
    entry = '<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>{}</Dt></BookgDt></Ntry>'
    for closing, state in (("99.00", RungState.NOT_AVAILABLE), ("2.00", RungState.DIFFERS)):
        content = (
            f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'><BkToCstmrStmt><Stmt>{balance.format('OPBD', '0.00')}"
            f"{balance.format('CLBD', closing)}{entry.format(DUE - timedelta(days=5))}{entry.format(DUE + timedelta(days=20))}"
            "</Stmt></BkToCstmrStmt></Document>"
        )
        assert desk.bring(content.encode(), "x.xml").adds_up is (state is RungState.DIFFERS)
        assert desk.rung(one).state is state


# ------------------------------------------------------------------ reading for pages


def test_the_pages_tell_what_is_open_matched_and_on_its_way(desk: Desk) -> None:
    desk.paid("1", "86.25")
    desk.paid("2", "10.00", days=3)
    other = desk.settlement("3", "5.00")
    Settlement.objects.filter(pk=other.pk).update(state=Settlement.State.EXCLUDED)
    desk.payout("P3", "5.00", "3")
    desk.statement((1, "86.25", "AMAZON"), (4, "9.99", "AMZN"), (1, "7.00", "stall"))
    open_ = selectors.open_payouts()
    assert [one.payout.payout_id for one in open_.payouts] == ["P2"]
    assert (open_.payouts[0].candidates[0].fits, open_.payouts[0].candidates[0].near.difference) == (False, -CENT)
    assert [(way.currency, way.payouts, way.amount, way.posted) for way in open_.ways] == [("EUR", 1, Decimal("10.00"), 0)]
    assert [line.description for line in selectors.open_lines()] == ["AMZN"]
    assert {line.description for line in selectors.open_lines(everything=True)} == {"AMZN", "stall"}
    assert [line.description for line in selectors.open_lines(search="7.00")] == ["stall"]
    by_filter = {
        name: [one.settlement_id for one in selectors_pages.settlements(Wanted(bank=name))] for name in ("matched", "waiting")
    }
    assert by_filter == {"matched": ["1"], "waiting": ["2", "3"]}
    cells = list(selectors.payout_cells())
    assert [row[0] for row in cells] == ["P1", "P3", "P2"]
    assert cells[0][7:12] == ["Bank", DUE + timedelta(days=1), Decimal("86.25"), "AMAZON", "only"]
    assert BankLine.objects.count() == len(list(selectors.line_cells()))
