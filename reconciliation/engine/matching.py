"""Which bank line is which payout: same currency, exactly the amount, on a day that fits.

    payout   the bank side of one or several settlements, due on their deposit date
    line     one movement on a bank account, from a statement or from the ledger

A line fits a payout when it is in the same currency and account, of exactly its amount, and booked from
one day before the due date to seven days after it (a setting). A penny off never fits, whatever the
setting: it is shown as the nearest line and its difference. A line whose text names the bank's trace
number of a payout belongs to that payout and to no other: that decides ties.

What fits only each other is matched. Everything else is left for a person, with what fits: guessing
which of two equal lines is which would be right half of the time. Nothing depends on the order in which
payouts and lines are given, so matching again after more lines came is the same as matching once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

# A trace number shorter than this occurs in texts by chance.
TRACE_LENGTH = 6
# A line whose amount is this close to the payout's is worth showing beside it: one per cent, and never less than 1.00.
NEAR_SHARE = Decimal("0.01")
NEAR_LEAST = Decimal("1.00")
# A line of exactly the amount that came this many days outside of the window is worth showing too.
FAR_DAYS = 31
_NOT_WORD = re.compile(r"[^0-9A-Z]+")


class Why(StrEnum):
    """What a match rests on, besides currency, amount and day."""

    ONLY = "only"  # the only line that fits the payout, and the only payout that fits the line
    TRACE = "trace"  # the line names the payout's trace number


@dataclass(frozen=True, slots=True)
class Window:
    """How many days before and after the due date a line may be booked."""

    before: int = 1
    after: int = 7

    def outside(self, due: date, booked: date) -> int:
        """How many days `booked` lies outside; 0 inside."""
        days = (booked - due).days
        return max(-self.before - days, days - self.after, 0)

    def first(self, due: date) -> date:
        return due - timedelta(days=self.before)

    def last(self, due: date) -> date:
        return due + timedelta(days=self.after)


@dataclass(frozen=True, slots=True)
class PayoutSide:
    """A payout as the bank should show it. `amount` is in the currency that reaches the bank; `account` "" is any."""

    key: int
    amount: Decimal
    currency: str
    due: date
    trace_id: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class LineSide:
    """A movement on a bank account: money in is positive. `text` is everything the bank wrote about it."""

    key: int
    amount: Decimal
    currency: str
    booked: date
    text: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    payout: int
    line: int
    why: Why


@dataclass(frozen=True, slots=True)
class Nearest:
    """The line that comes closest to a payout without fitting. `difference` is line minus payout."""

    line: int
    amount: Decimal
    difference: Decimal
    days_outside: int
    named: bool  # the line names the payout's trace number


@dataclass(frozen=True, slots=True)
class Matching:
    """What fits. `choices` are the lines between which a person chooses, by payout; `nearest` is for payouts nothing fits."""

    pairs: tuple[Pair, ...]
    choices: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    nearest: Mapping[int, Nearest] = field(default_factory=dict)


def match(
    payouts: Iterable[PayoutSide],
    lines: Iterable[LineSide],
    window: Window | Mapping[int, Window] = Window(),
    refused: frozenset[tuple[int, int]] = frozenset(),
) -> Matching:
    """Match what is free. `window` is one for all or one a payout; `refused` are (payout, line) pairs a person took apart."""
    due = sorted(payouts, key=lambda payout: payout.key)
    free = sorted(lines, key=lambda line: line.key)
    days = {payout.key: window if isinstance(window, Window) else window.get(payout.key, Window()) for payout in due}
    named = _named(due, free)
    fits = _fitting(due, free, days, named, refused)
    traced = _only_each_other(
        {payout: [line for line in found if payout in named.get(line, ())] for payout, found in fits.items()}
    )
    pairs = [Pair(payout, line, Why.TRACE) for payout, line in traced.items()]
    taken = set(traced.values())
    left = {payout: [line for line in found if line not in taken] for payout, found in fits.items() if payout not in traced}
    single = _only_each_other(left)
    pairs += [Pair(payout, line, Why.ONLY) for payout, line in single.items()]
    taken |= set(single.values())
    open_payouts = [payout for payout in due if payout.key in left and payout.key not in single]
    choices = {payout.key: tuple(left[payout.key]) for payout in open_payouts if left[payout.key]}
    unfitting = [payout for payout in open_payouts if payout.key not in choices]
    return Matching(
        pairs=tuple(sorted(pairs, key=lambda pair: pair.payout)),
        choices=choices,
        nearest=_all_nearest(unfitting, [line for line in free if line.key not in taken], days, named, refused),
    )


def fits(payout: PayoutSide, line: LineSide) -> bool:
    """Whether a person may match the two: same currency and exactly the amount. The day is his to judge."""
    return payout.currency == line.currency and payout.amount == line.amount


def folded(text: str) -> str:
    """Letters and digits only, in capitals: banks break and space reference numbers as they like."""
    return _NOT_WORD.sub("", text.upper())


def _named(payouts: Sequence[PayoutSide], lines: Sequence[LineSide]) -> dict[int, frozenset[int]]:
    """Which payouts' trace numbers each line names; lines that name none are left out."""
    traces: dict[str, list[int]] = defaultdict(list)
    for payout in payouts:
        trace = folded(payout.trace_id)
        if len(trace) >= TRACE_LENGTH:
            traces[trace].append(payout.key)
    if not traces:
        return {}
    # Longest first: of two numbers of which one begins the other, a text names the longer one.
    pattern = re.compile("|".join(re.escape(trace) for trace in sorted(traces, key=lambda one: (-len(one), one))))
    found = {line.key: {match.group() for match in pattern.finditer(folded(line.text))} for line in lines if line.text}
    return {key: frozenset(payout for trace in seen for payout in traces[trace]) for key, seen in found.items() if seen}


def _fitting(
    payouts: Sequence[PayoutSide],
    lines: Sequence[LineSide],
    days: Mapping[int, Window],
    named: Mapping[int, frozenset[int]],
    refused: frozenset[tuple[int, int]],
) -> dict[int, list[int]]:
    by_amount: dict[tuple[str, Decimal], list[LineSide]] = defaultdict(list)
    for line in lines:
        by_amount[line.currency, line.amount].append(line)
    return {
        payout.key: [
            line.key
            for line in by_amount.get((payout.currency, payout.amount), ())
            if _same_account(payout, line)
            and not days[payout.key].outside(payout.due, line.booked)
            and (payout.key, line.key) not in refused
            and payout.key in named.get(line.key, (payout.key,))
        ]
        for payout in payouts
    }


def _same_account(payout: PayoutSide, line: LineSide) -> bool:
    return not payout.account or not line.account or payout.account == line.account


def _only_each_other(fits: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Payouts with one line whose line has that one payout. No deduction beyond: a line may still be missing."""
    wanted: dict[int, int] = defaultdict(int)
    for found in fits.values():
        for line in found:
            wanted[line] += 1
    return {payout: found[0] for payout, found in fits.items() if len(found) == 1 and wanted[found[0]] == 1}


def _all_nearest(
    payouts: Sequence[PayoutSide],
    lines: Sequence[LineSide],
    days: Mapping[int, Window],
    named: Mapping[int, frozenset[int]],
    refused: frozenset[tuple[int, int]],
) -> dict[int, Nearest]:
    by_currency: dict[str, list[LineSide]] = defaultdict(list)
    naming: dict[int, list[LineSide]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.booked):
        by_currency[line.currency].append(line)
        for payout_key in named.get(line.key, ()):
            naming[payout_key].append(line)
    found: dict[int, Nearest] = {}
    for payout in payouts:
        around = _around(by_currency[payout.currency], payout.due, days[payout.key])
        seen = [line for line in {*around, *naming[payout.key]} if (payout.key, line.key) not in refused]
        nearest = _nearest(payout, seen, days[payout.key], named)
        if nearest is not None:
            found[payout.key] = nearest
    return found


def _around(lines: Sequence[LineSide], due: date, window: Window) -> Sequence[LineSide]:
    """Of lines in order of their days, those that could be shown as nearest."""
    far = timedelta(days=FAR_DAYS)
    first = bisect_left(lines, window.first(due) - far, key=lambda line: line.booked)
    return lines[first : bisect_right(lines, window.last(due) + far, key=lambda line: line.booked)]


def _nearest(
    payout: PayoutSide, lines: Sequence[LineSide], window: Window, named: Mapping[int, frozenset[int]]
) -> Nearest | None:
    """A line that names the payout before all others, then the least difference, then the nearest day."""
    best: tuple[tuple[bool, Decimal, int, int], Nearest] | None = None
    near = max(NEAR_LEAST, abs(payout.amount) * NEAR_SHARE)
    for line in lines:
        if line.currency != payout.currency or (line.amount < 0) != (payout.amount < 0) or not _same_account(payout, line):
            continue
        names = named.get(line.key, frozenset())
        if names and payout.key not in names:
            continue
        difference, outside = line.amount - payout.amount, window.outside(payout.due, line.booked)
        close = abs(difference) <= near and not outside
        late = not difference and outside <= FAR_DAYS
        if not (names or close or late):
            continue
        rank = (not names, abs(difference), outside, line.key)
        if best is None or rank < best[0]:
            best = (rank, Nearest(line.key, line.amount, difference, outside, bool(names)))
    return best[1] if best else None
