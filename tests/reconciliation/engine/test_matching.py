"""Bank lines and payouts: what fits only each other is matched, a penny off never, a tie waits for a person."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.engine.matching import LineSide, Nearest, Pair, PayoutSide, Why, Window, folded, match

DUE = date(2026, 11, 5)
CENT = Decimal("0.01")


def payout(key=1, amount="86.25", due=DUE, currency="USD", **more):
    return PayoutSide(key, Decimal(amount), currency, due, **more)


def line(key=10, amount="86.25", booked=DUE, currency="USD", **more):
    return LineSide(key, Decimal(amount), currency, booked, **more)


def on(days: int) -> date:
    return DUE + timedelta(days=days)


@pytest.mark.parametrize(("days", "matched"), [(-2, False), (-1, True), (0, True), (1, True), (7, True), (8, False)])
def test_the_day_may_be_from_one_before_to_seven_after(days, matched):
    found = match([payout()], [line(booked=on(days))])
    assert found.pairs == ((Pair(1, 10, Why.ONLY),) if matched else ())
    if not matched:
        assert found.nearest[1] == Nearest(10, Decimal("86.25"), Decimal(0), 1, False)


@pytest.mark.parametrize(
    ("window", "days", "matched"), [(Window(0, 0), 0, True), (Window(0, 0), 1, False), (Window(3, 14), 14, True)]
)
def test_the_days_are_as_set(window, days, matched):
    assert bool(match([payout()], [line(booked=on(days))], window).pairs) is matched


def test_the_days_may_differ_by_payout():
    found = match([payout(1), payout(2, amount="10.00")], [line(10, booked=on(9)), line(20, "10.00", on(9))], {1: Window(1, 9)})
    assert found.pairs == (Pair(1, 10, Why.ONLY),)


@pytest.mark.parametrize("window", [Window(), Window(365, 365)])
def test_a_penny_off_is_no_match_whatever_is_set_but_is_shown(window):
    found = match([payout()], [line(amount="86.24")], window)
    assert found.pairs == ()
    assert found.choices == {}
    assert found.nearest[1] == Nearest(10, Decimal("86.24"), -CENT, 0, False)


def test_trailing_zeros_are_the_same_amount():
    assert match([payout(amount="86.2500")], [line(amount="86.25")]).pairs


@pytest.mark.parametrize("other", [line(currency="CAD"), line(amount="-86.25"), line(account="b")])
def test_another_currency_direction_or_account_never_fits(other):
    found = match([payout(account="a")], [other])
    assert (found.pairs, found.choices, found.nearest) == ((), {}, {})


def test_two_equal_lines_wait_for_a_person():
    found = match([payout()], [line(10), line(11, booked=on(2))])
    assert (found.pairs, found.choices) == ((), {1: (10, 11)})


def test_two_equal_payouts_wait_for_a_person():
    found = match([payout(1), payout(2)], [line()])
    assert (found.pairs, found.choices) == ((), {1: (10,), 2: (10,)})


def test_what_is_left_over_by_another_is_not_deduced():
    """Payout 2 fits only line 11, so 10 would be left for payout 1; but payout 2's own line may still be missing."""
    found = match([payout(1), payout(2, due=on(9))], [line(10), line(11, booked=on(6)), line(12, booked=on(9))], Window(3, 6))
    assert found.pairs == ()
    assert found.choices == {1: (10, 11), 2: (11, 12)}


def test_the_trace_number_decides_a_tie():
    texts = ("ACH CREDIT AMZN MKTPLACE 4F7A2-9C81 B0", "AMAZON.COM SVCS DES:MARKETPLAC")
    found = match([payout(trace_id="4F7A29C81B0")], [line(10, text=texts[1]), line(11, text=texts[0])])
    assert found.pairs == (Pair(1, 11, Why.TRACE),)


def test_a_line_that_names_another_payout_is_not_taken():
    payouts = [payout(1, trace_id="AAA111"), payout(2, due=on(60), trace_id="BBB222")]
    found = match(payouts, [line(text="ref bbb222")])
    assert (found.pairs, found.choices) == ((), {})
    assert found.nearest[2].named


def test_a_trace_number_with_another_amount_is_a_difference():
    found = match([payout(trace_id="4F7A29C81B0")], [line(10, "71.25", text="AMZN 4F7A29C81B0 less fee"), line(11, "86.20")])
    assert found.pairs == ()
    assert found.nearest[1] == Nearest(10, Decimal("71.25"), Decimal("-15.00"), 0, True)


def test_a_short_trace_number_proves_nothing():
    assert match([payout(trace_id="12")], [line(10, text="12"), line(11)]).choices == {1: (10, 11)}


def test_what_a_person_took_apart_is_not_matched_again():
    found = match([payout()], [line()], refused=frozenset({(1, 10)}))
    assert (found.pairs, found.choices, found.nearest) == ((), {}, {})


def test_a_far_amount_is_not_shown_as_nearest():
    assert match([payout()], [line(amount="90.00")]).nearest == {}
    assert match([payout(amount="9000.00")], [line(amount="9060.00")]).nearest[1].difference == 60


def test_folding():
    assert folded(" 4f7a-29c8 1b0/é") == "4F7A29C81B0"


# ------------------------------------------------------------------ for any payouts and lines

AMOUNTS = st.sampled_from([Decimal("86.24"), Decimal("86.25"), Decimal("86.26"), Decimal("10.00")])
TRACES = ["", "TRACE001", "TRACE0012", "TRACE003"]


@st.composite
def payouts_and_lines(draw):
    payouts = [
        payout(key, draw(AMOUNTS), on(draw(st.integers(0, 20))), draw(st.sampled_from(["USD", "CAD"])), trace_id=draw(st.sampled_from(TRACES)))
        for key in range(draw(st.integers(0, 6)))
    ]  # fmt: skip
    lines = [
        line(100 + key, draw(AMOUNTS), on(draw(st.integers(-3, 30))), draw(st.sampled_from(["USD", "CAD"])), text=draw(st.sampled_from(TRACES)))
        for key in range(draw(st.integers(0, 6)))
    ]  # fmt: skip
    return payouts, lines


@given(payouts_and_lines(), st.integers(0, 3), st.integers(0, 9))
def test_matches_are_exact_in_the_window_and_one_to_one(given_, before, after):
    payouts, lines = given_
    by_key = {one.key: one for one in [*payouts, *lines]}
    window = Window(before, after)
    found = match(payouts, lines, window)
    for pair in found.pairs:
        paid, booked = by_key[pair.payout], by_key[pair.line]
        assert (paid.amount, paid.currency) == (booked.amount, booked.currency)
        assert -before <= (booked.booked - paid.due).days <= after
    for side in (Counter(pair.payout for pair in found.pairs), Counter(pair.line for pair in found.pairs)):
        assert all(times == 1 for times in side.values())
    matched = {pair.payout for pair in found.pairs}
    assert not matched & (found.choices.keys() | found.nearest.keys())
    assert not found.choices.keys() & found.nearest.keys()
    taken = {pair.line for pair in found.pairs}
    assert not any(taken & set(lines) for lines in found.choices.values())
    assert all(near.difference or near.days_outside or near.line for near in found.nearest.values())


@given(payouts_and_lines(), st.randoms(use_true_random=False))
def test_the_order_they_come_in_changes_nothing(given_, chance):
    payouts, lines = given_
    first = match(payouts, lines)
    shuffled = chance.sample(payouts, len(payouts)), chance.sample(lines, len(lines))
    assert match(*shuffled) == first
