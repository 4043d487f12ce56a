"""The ladder: equal to the penny, or the rung that differs is red, and only that one blocks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from canonical.problems import Problem
from reconciliation.engine import BankFacts, DocumentFacts, PayoutFacts, Rung, RungName, RungState, TieOutFacts, tie_out

T = Decimal("86.25")
CENT = Decimal("0.01")
FULL = TieOutFacts(
    "USD",
    header_total=T,
    file_total=T,
    line_total=T,
    planned=T,
    read_back=T,
    payout=PayoutFacts("PAID", T),
    documents=(DocumentFacts("1", Decimal("260.20"), Decimal("260.20")),),
    planned_tax=Decimal("10.75"),
    read_back_tax=Decimal("10.75"),
)


def states(facts: TieOutFacts) -> dict[str, str]:
    return {rung.name.value: rung.state.value for rung in tie_out(facts).rungs}


def payout(facts: TieOutFacts) -> Rung:
    return tie_out(facts).rung(RungName.PAYOUT)


def test_all_rungs_equal() -> None:
    ladder = tie_out(FULL)
    assert {rung.state for rung in ladder.rungs} == {RungState.EQUAL}
    assert [rung.name.value for rung in ladder.rungs] == [
        "payout",
        "header",
        "file_rows",
        "settlement_lines",
        "planned",
        "read_back",
        "document",
        "tax",
    ]
    assert ladder.complete
    assert not ladder.blocks


@pytest.mark.parametrize(
    ("change", "red", "difference"),
    [
        ({"payout": PayoutFacts("PAID", T + CENT)}, ["payout"], CENT),
        ({"header_total": T - CENT}, ["payout", "file_rows"], CENT),
        ({"file_total": T + CENT}, ["file_rows", "settlement_lines"], CENT),
        ({"line_total": T + CENT}, ["settlement_lines", "planned"], CENT),
        ({"planned": T + CENT}, ["planned", "read_back"], CENT),
        ({"read_back": T + CENT}, ["read_back"], CENT),
        ({"documents": (DocumentFacts("2", T, T - CENT),)}, ["document"], CENT),
        ({"read_back_tax": Decimal("10.76")}, ["tax"], CENT),
    ],
)
def test_one_cent_turns_the_right_rung_red(change: dict[str, object], red: list[str], difference: Decimal) -> None:
    ladder = tie_out(replace(FULL, **change))
    assert [rung.name.value for rung in ladder.rungs if rung.state is RungState.DIFFERS] == red
    assert ladder.blocks
    first = ladder.rung(RungName(red[0]))
    assert first.difference == difference
    assert first.amount is not None
    assert first.compared_amount == first.amount - difference


def test_unbalanced_documents_are_named() -> None:
    ladder = tie_out(replace(FULL, unbalanced=("DOC-7",)))
    assert [rung.part for rung in ladder.rungs if rung.state is RungState.DIFFERS] == ["DOC-7"]


def test_nothing_posted_yet_is_not_available_and_does_not_block() -> None:
    facts = replace(FULL, read_back=None, read_back_tax=None, payout=None)
    ladder = tie_out(facts)
    assert states(facts)["read_back"] == "not_available"
    assert states(facts)["payout"] == "not_available"
    assert not ladder.blocks
    assert not ladder.complete
    for rung in ladder.rungs:
        assert (rung.reason is not None) == (rung.state is RungState.NOT_AVAILABLE)


def test_an_uploaded_file_says_why_it_has_no_payout() -> None:
    assert payout(replace(FULL, payout=None, uploaded=True)).reason.code == "ladder.no_payout_known"
    assert payout(replace(FULL, payout=None)).reason.code == "ladder.not_paid_yet"


def test_a_header_below_zero_expects_no_payout_and_names_what_is_carried() -> None:
    owed = Decimal("-321.69")
    facts = TieOutFacts("CAD", owed, owed, owed, owed, owed)
    rung = payout(facts)
    assert (rung.state, rung.amount) == (RungState.NO_PAYOUT_EXPECTED, Decimal("321.69"))
    assert rung.reason.text() == "No payout is due: 321.69 CAD is carried into the next settlement."
    assert tie_out(facts).complete


@pytest.mark.parametrize("header", [Decimal(0), Decimal(5)])
def test_no_payout_carries_nothing(header: Decimal) -> None:
    facts = TieOutFacts("USD", header, header, payout=PayoutFacts("NO_PAYOUT", Decimal(0)))
    assert (payout(facts).state, payout(facts).amount) == (RungState.NO_PAYOUT_EXPECTED, Decimal(0))


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_failed_payout_is_still_at_amazon(status: str) -> None:
    rung = payout(replace(FULL, payout=PayoutFacts(status, T)))
    assert (rung.state, rung.amount, rung.reason.code) == (RungState.NO_PAYOUT_EXPECTED, T, "ladder.still_at_amazon")


def test_one_payout_may_cover_several_settlements() -> None:
    together = PayoutFacts("PAID", Decimal("100.00"), headers=(T, Decimal("13.75")))
    rung = payout(replace(FULL, payout=together))
    assert (rung.state, rung.compared_amount) == (RungState.EQUAL, Decimal("100.00"))
    with_debt = PayoutFacts("PAID", Decimal("50.00"), headers=(Decimal("-36.25"), T))
    assert payout(replace(FULL, header_total=Decimal("-36.25"), payout=with_debt)).state is RungState.EQUAL
    short = replace(together, amount=Decimal("99.99"))
    assert payout(replace(FULL, payout=short)).difference == -CENT


def test_a_sister_settlement_that_is_not_here_leaves_the_rung_open() -> None:
    rung = payout(replace(FULL, payout=PayoutFacts("PAID", Decimal("100.00"), headers=(T, None))))
    assert (rung.state, rung.reason.code) == (RungState.NOT_AVAILABLE, "ladder.sibling_missing")


def test_a_state_nobody_knows_is_never_equal() -> None:
    rung = payout(replace(FULL, payout=PayoutFacts("TELEPORTED", T)))
    assert (rung.state, rung.reason.code) == (RungState.NOT_AVAILABLE, "ladder.unknown_status")


def test_money_that_came_although_none_was_due_is_red() -> None:
    facts = TieOutFacts("USD", Decimal("-5.00"), Decimal("-5.00"), payout=PayoutFacts("PAID", Decimal("1.00")))
    assert payout(facts).state is RungState.DIFFERS


def test_without_a_summary_row_the_file_has_nothing_to_compare_with() -> None:
    facts = TieOutFacts("EUR", None, Decimal("676.33"))
    assert states(facts)["header"] == "not_available"
    assert states(facts)["file_rows"] == "not_available"
    assert not tie_out(facts).blocks


def test_a_preview_compares_the_plan_with_the_file() -> None:
    rung = tie_out(TieOutFacts("USD", T, T, planned=T - CENT)).rung(RungName.PLANNED)
    assert (rung.state, rung.compared_to, rung.difference) == (RungState.DIFFERS, RungName.FILE_ROWS, -CENT)


# ------------------------------------------------------------------ the bank


def bank_rung(bank: BankFacts | None, payout: PayoutFacts | None = None, header: Decimal = T) -> Rung | None:
    rungs = tie_out(TieOutFacts("USD", header, header, payout=payout, bank=bank)).rungs
    return next((rung for rung in rungs if rung.name is RungName.BANK), None)


def test_a_preview_has_no_rung_for_the_bank():
    assert bank_rung(None) is None


def test_the_bank_stands_above_the_payout_and_equals_it():
    ladder = tie_out(TieOutFacts("USD", T, T, payout=PayoutFacts("PAID", T), bank=BankFacts(T, T, "USD")))
    assert [rung.name for rung in ladder.rungs[:2]] == [RungName.BANK, RungName.PAYOUT]
    assert (ladder.rungs[0].state, ladder.rungs[0].compared_to) == (RungState.EQUAL, RungName.PAYOUT)


def test_a_bank_that_differs_is_shown_and_blocks_nothing():
    reason = Problem("ladder.bank_nearest", {"amount": "86.24", "difference": "-0.01", "day": "2026-11-05"})
    facts = TieOutFacts("USD", T, T, T, T, T, PayoutFacts("PAID", T), BankFacts(T - CENT, T, "USD", reason))
    ladder = tie_out(facts)
    assert (ladder.rungs[0].state, ladder.rungs[0].difference, ladder.rungs[0].reason) == (RungState.DIFFERS, -CENT, reason)
    assert not ladder.blocks
    assert ladder.complete


def test_no_line_is_expected_where_no_payout_is():
    rung = bank_rung(BankFacts(None, None), header=-T)
    assert (rung.state, rung.amount) == (RungState.NO_PAYOUT_EXPECTED, T)
    assert bank_rung(BankFacts(None, None), PayoutFacts("FAILED", T)).state is RungState.NO_PAYOUT_EXPECTED


def test_without_a_statement_the_bank_is_not_available():
    rung = bank_rung(BankFacts(None, T, "USD"), PayoutFacts("PAID", T))
    assert (rung.state, rung.compared_amount, rung.reason.code) == (RungState.NOT_AVAILABLE, T, "ladder.no_statement")
    assert bank_rung(BankFacts(None, None)).reason.code == "ladder.not_paid_yet"


def test_converted_money_is_compared_in_its_own_currency():
    rung = bank_rung(BankFacts(Decimal("428.15"), Decimal("428.15"), "GBP"), PayoutFacts("PAID", T))
    assert (rung.state, rung.currency) == (RungState.EQUAL, "GBP")
