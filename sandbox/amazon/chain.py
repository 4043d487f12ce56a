"""Settlements one after the other: each opens with what the one before left behind.

A store is settled every fourteen days. What Amazon keeps back at the end of one (`Current Reserve
Amount`) is the `Previous Reserve Amount Balance` of the next; a total below zero comes back as `Payable
to Amazon` and, when the seller's card was charged, `Successful charge`; a bank transfer that failed
comes back as `Transfer of funds unsuccessful`. So a settlement can't be drawn without its predecessor.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from sandbox.amazon.places import Marketplace, Seller
from sandbox.amazon.rows import OTHER, ZERO, Order, Row, rounded
from sandbox.amazon.shop import Period, cancelled_of, money, orders_of, service_rows, trade_rows, whole
from sandbox.amazon.story import Event, events_of

LENGTH = timedelta(days=14)
LAST_BEFORE_ANCHOR = 9
"""Period numbers up to this one had ended when the world was made: 126 days, more than the 90 that are listed."""
DEPOSIT_AFTER = timedelta(days=2)
CLOSES_AT = time(22, 7, 18)
READY_AFTER = timedelta(hours=6)
"""How long after its end the report of a settlement can be listed."""
RESERVE_SHARE = Decimal("0.12")


@dataclass(frozen=True, eq=False)
class Settlement:
    """One closed period of one store. `total` is what the header says; `lines_total` what the rows sum to."""

    id: str
    seller: Seller
    place: Marketplace
    number: int
    start: datetime
    end: datetime
    total: Decimal
    reserve: Decimal
    rows: tuple[Row, ...]
    events: frozenset[Event]
    ready: timedelta = READY_AFTER

    @property
    def deposit(self) -> datetime:
        return self.end + DEPOSIT_AFTER

    @cached_property
    def lines_total(self) -> Decimal:
        return sum((row.amount for row in self.rows), ZERO)

    @property
    def group_id(self) -> str:
        """The id of its financial event group."""
        return digest("group", self.id)[:43]


@dataclass(frozen=True)
class Cut:
    """A period that was closed before its time, at `at`; its report is ready `ready` later."""

    at: datetime
    ready: timedelta


@dataclass(frozen=True, eq=False)
class Slot:
    """What is drawn for one regular fortnight. A period that is cut short leaves the rest of it to the next one."""

    period: Period
    orders: tuple[Order, ...]
    cancelled: tuple[Order, ...]
    rows: tuple[Row, ...]


Extra = Callable[[datetime, datetime], Iterable[Row]]


class Chain:
    """All settlements of one store of one seller, drawn in order and remembered."""

    def __init__(
        self, seed: int, anchor: date, seller: Seller, place: Marketplace, bulk: Sequence[int | None] | None = None,
        cuts: Mapping[int, Cut] | None = None, extra: Extra | None = None,
    ) -> None:  # fmt: skip
        """`bulk`: (orders in a period, number of that period or None for all), in place of the store's own size.

        `extra` gives the rows, posted in a span of time, of orders that were placed by command.
        """
        self.seller, self.place = seller, place
        self._seed, self._anchor = f"{seed}:{seller.fortune}", anchor
        self._names = f"{seed}:{seller.id}"
        self._bulk, self._cuts, self._extra = bulk, dict(cuts or {}), extra
        self._added_to = False
        self._drawn: list[Settlement] = []
        self._slots: dict[int, Slot] = {}
        self._lock = threading.RLock()

    def is_drawn_for(self, bulk: Sequence[int | None] | None, cuts: Mapping[int, Cut]) -> bool:
        """Whether a chain of this size and these cuts would be this one: nothing was added to what was drawn."""
        return not self._added_to and self._bulk == bulk and self._cuts == cuts

    def regular_end(self, number: int) -> datetime:
        """When the fortnight `number` ends; 0 is the beginning of the history."""
        last = datetime.combine(self._anchor, CLOSES_AT, UTC) - timedelta(days=self.place.offset_days)
        return last + LENGTH * (number - LAST_BEFORE_ANCHOR)

    def ends(self, number: int) -> datetime:
        """When period `number` ends or ended."""
        return self._cuts[number].at if number in self._cuts else self.regular_end(number)

    def current(self, now: datetime) -> int:
        """The number of the period that is open at `now`."""
        number = max(1, self._slot_at(now))
        while self.ends(number) <= now:
            number += 1
        return number

    def get(self, number: int) -> Settlement:
        """Settlement `number` (1 and up), as it is or will be when it closes."""
        with self._lock:
            while len(self._drawn) < number:
                self._drawn.append(self._draw(len(self._drawn) + 1))
            return self._drawn[number - 1]

    def closed(self, now: datetime) -> Iterator[Settlement]:
        """Those that have ended, oldest first."""
        return (self.get(number) for number in range(1, self.current(now)))

    def slots(self, now: datetime) -> Iterator[Slot]:
        """Every fortnight with orders that may have been placed by `now`."""
        return (self.slot(number) for number in range(1, self._slot_at(now) + 2))

    def cut(self, number: int, cut: Cut) -> None:
        """Close period `number` at a moment before its time."""
        with self._lock:
            self._cuts[number] = cut
            self.redraw(cut.at)

    def redraw(self, since: datetime) -> None:
        """Draw anew, when next asked for, what ends later than `since`: something was added to it."""
        with self._lock:
            self._added_to = True
            kept = [settlement for settlement in self._drawn if settlement.end < since]
            self._drawn = self._drawn[: len(kept)]

    def slot(self, number: int) -> Slot:
        with self._lock:
            if number not in self._slots:
                self._slots[number] = self._fill(number)
            return self._slots[number]

    def _slot_at(self, at: datetime) -> int:
        return max(0, (at - self.regular_end(0)) // LENGTH) + 1

    def _fill(self, number: int) -> Slot:
        events = events_of(self.seller.id, self.place.code, number)
        period = Period(
            self._seed,
            self.place,
            number,
            self.regular_end(number - 1),
            self.regular_end(number),
            self._count(number, events),
            self.seller.numbers(self.place),
        )
        orders = orders_of(period)
        earlier = list(self.slot(number - 1).orders) if number > 1 else []
        rows = (*trade_rows(period, orders, earlier), *service_rows(period), *_told(events, period))
        return Slot(period, tuple(orders), tuple(cancelled_of(period)), rows)

    def _draw(self, number: int) -> Settlement:
        before = self._drawn[-1] if self._drawn else None
        start, end, events = self.ends(number - 1), self.ends(number), events_of(self.seller.id, self.place.code, number)
        rows = [*_brought_forward(before, start, end), *self._posted(start, end)]
        rows.sort(key=lambda row: row.posted)
        reserve = _reserve(sum((row.amount for row in rows), ZERO), events, self.place)
        if reserve:
            rows.append(Row("Transfer", OTHER, "Current Reserve Amount", -reserve, whole(end), in_store=False))
        total = sum((row.amount for row in rows), ZERO)
        if Event.DOES_NOT_FOOT in events:
            total += self.place.quantum
        ready = self._cuts[number].ready if number in self._cuts else READY_AFTER
        return Settlement(
            self._id(number), self.seller, self.place, number, start, end, total, reserve, tuple(rows), events, ready
        )

    def _posted(self, start: datetime, end: datetime) -> Iterator[Row]:
        """All rows of a span: of the fortnights it touches, and of orders placed by command."""
        for number in range(self._slot_at(start), self._slot_at(end - timedelta(microseconds=1)) + 1):
            yield from (row for row in self.slot(number).rows if start <= row.posted < end)
        if self._extra is not None:
            yield from self._extra(start, end)

    def _count(self, number: int, events: frozenset[Event]) -> int:
        """How many orders are shipped in a period."""
        if self._bulk and self._bulk[0] is not None and self._bulk[1] in (None, number):
            return self._bulk[0] if self._bulk[0] == 0 or Event.NEGATIVE not in events else 2
        if Event.NEGATIVE in events:
            return 2
        return max(2, int(self.place.orders * self.seller.share))

    def _id(self, number: int) -> str:
        return str(
            10**10 + int(hashlib.sha256(f"{self._names}:{self.place.code}:{number}".encode()).hexdigest(), 16) % (9 * 10**10)
        )


def digest(*parts: str) -> str:
    """A stable opaque identifier of 64 hexadecimal characters."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _brought_forward(before: Settlement | None, start: datetime, end: datetime) -> Iterator[Row]:
    """The first rows of a file: what the settlement before left behind."""
    if before is None:
        return
    at, last = whole(start), whole(end) - timedelta(seconds=1)
    if before.reserve:
        yield Row("Transfer", OTHER, "Previous Reserve Amount Balance", before.reserve, at, in_store=False)
    if before.total < 0:
        yield Row(OTHER, OTHER, "Payable to Amazon", before.total, at, in_store=False)
        charged = min(at + timedelta(days=3), last)
        yield Row(OTHER, OTHER, "Successful charge", -before.total, charged, in_store=False)
    if Event.PAYOUT_FAILED in before.events and before.total > 0:
        text = "Transfer of funds unsuccessful: the bank account that you gave could not be credited"
        yield Row(OTHER, OTHER, text, before.total, min(at + timedelta(days=4), last), in_store=False)


def _told(events: frozenset[Event], period: Period) -> Iterator[Row]:
    """Rows that the story puts into this period."""
    place, middle = period.place, whole(period.start + timedelta(days=6, hours=5))
    if Event.LOAN_ADVANCE in events:
        yield Row(OTHER, OTHER, "Amazon Capital Services", money("1200", place), middle, in_store=False)
    if Event.LOAN_REPAYMENT in events:
        yield Row(OTHER, OTHER, "Amazon Capital Services", -money("75", place), middle, in_store=False)
    if Event.NEGATIVE in events:
        freight = -money("1480.25", place)
        yield Row(OTHER, OTHER, "FBAInboundTransportationFee", freight, middle, in_store=False)
    if Event.DEBT_FROM in events:
        yield _cross_account("ES", -money("33.10", place), middle)
    if Event.DEBT_TO in events:
        yield _cross_account("DE", money("33.10", place), middle)
    if Event.MICRO_DEPOSIT in events:
        yield Row("Transfers", "Micro Deposit", "Micro Deposit", -place.quantum, middle, in_store=False)
    if Event.UNKNOWN_TYPE in events:
        yield Row(OTHER, OTHER, "GreenerPackagingContribution2026", -money("4.20", place), middle, in_store=False)


def _cross_account(against: str, amount: Decimal, at: datetime) -> Row:
    text = f"Cross-Account Debt Adjustment against {against}"
    return Row("Debt Adjustment", "Debt Adjustment", text, amount, at, in_store=False)


def _reserve(balance: Decimal, events: frozenset[Event], place: Marketplace) -> Decimal:
    """What is kept back: nothing of a negative balance, all of it where the story says so, else about an eighth."""
    if balance <= 0:
        return ZERO
    if Event.ALL_RESERVED in events:
        return balance
    return rounded(balance * RESERVE_SHARE, place.quantum)
