"""Settlements one after the other: each opens with what the one before left behind.

A store is settled every fourteen days. What Amazon keeps back at the end of one (`Current Reserve
Amount`) is the `Previous Reserve Amount Balance` of the next; a total below zero comes back as `Payable
to Amazon` and, when the seller's card was charged, `Successful charge`; a bank transfer that failed
comes back as `Transfer of funds unsuccessful`. So a settlement can't be drawn without its predecessor.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from sandbox.amazon.places import Marketplace, Seller
from sandbox.amazon.rows import OTHER, ZERO, Order, Row, rounded
from sandbox.amazon.shop import Period, money, orders_of, service_rows, trade_rows, whole
from sandbox.amazon.story import Event, events_of

LENGTH = timedelta(days=14)
LAST_BEFORE_ANCHOR = 9
"""Period numbers up to this one had ended when the world was made: 126 days, more than the 90 that are listed."""
DEPOSIT_AFTER = timedelta(days=2)
CLOSES_AT = time(22, 7, 18)
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
    orders: tuple[Order, ...]
    events: frozenset[Event]

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


class Chain:
    """All settlements of one store of one seller, drawn in order and remembered."""

    def __init__(
        self, seed: int, anchor: date, seller: Seller, place: Marketplace, bulk: Sequence[int | None] | None = None
    ) -> None:  # fmt: skip
        """`bulk`: (orders in a period, number of that period or None for all), in place of the store's own size."""
        self.seller, self.place = seller, place
        self._seed, self._anchor = f"{seed}:{seller.id}", anchor
        self._bulk = bulk
        self._drawn: list[Settlement] = []
        self._lock = threading.Lock()

    def ends(self, number: int) -> datetime:
        """When period `number` ends; 0 is the beginning of the history."""
        last = datetime.combine(self._anchor, CLOSES_AT, UTC) - timedelta(days=self.place.offset_days)
        return last + LENGTH * (number - LAST_BEFORE_ANCHOR)

    def current(self, now: datetime) -> int:
        """The number of the period that is open at `now`."""
        return max(1, (now - self.ends(0)) // LENGTH + 1)

    def get(self, number: int) -> Settlement:
        """Settlement `number` (1 and up), as it is or will be when it closes."""
        with self._lock:
            while len(self._drawn) < number:
                self._drawn.append(self._draw(len(self._drawn) + 1))
            return self._drawn[number - 1]

    def closed(self, now: datetime) -> Iterator[Settlement]:
        """Those that have ended, oldest first."""
        return (self.get(number) for number in range(1, self.current(now)))

    def _draw(self, number: int) -> Settlement:
        before = self._drawn[-1] if self._drawn else None
        events = events_of(self.seller.id, self.place.code, number)
        period = Period(self._seed, self.place, number, self.ends(number - 1), self.ends(number), self._count(number, events))
        orders = orders_of(period)
        rows = [
            *_brought_forward(before, period),
            *trade_rows(period, orders, list(before.orders) if before else []),
            *service_rows(period),
            *_told(events, period),
        ]
        rows.sort(key=lambda row: row.posted)
        reserve = _reserve(sum((row.amount for row in rows), ZERO), events, period)
        if reserve:
            rows.append(Row("Transfer", OTHER, "Current Reserve Amount", -reserve, whole(period.end), in_store=False))
        total = sum((row.amount for row in rows), ZERO)
        if Event.DOES_NOT_FOOT in events:
            total += self.place.quantum
        return Settlement(
            self._id(number), self.seller, self.place, number, period.start, period.end, total, reserve,
            tuple(rows), tuple(orders), events,
        )  # fmt: skip

    def _count(self, number: int, events: frozenset[Event]) -> int:
        """How many orders are shipped in a period."""
        if Event.NEGATIVE in events:
            return 2
        if self._bulk and self._bulk[0] and self._bulk[1] in (None, number):
            return self._bulk[0]
        return max(2, int(self.place.orders * self.seller.share))

    def _id(self, number: int) -> str:
        return str(
            10**10 + int(hashlib.sha256(f"{self._seed}:{self.place.code}:{number}".encode()).hexdigest(), 16) % (9 * 10**10)
        )


def digest(*parts: str) -> str:
    """A stable opaque identifier of 64 hexadecimal characters."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _brought_forward(before: Settlement | None, period: Period) -> Iterator[Row]:
    """The first rows of a file: what the settlement before left behind."""
    if before is None:
        return
    at = whole(period.start)
    if before.reserve:
        yield Row("Transfer", OTHER, "Previous Reserve Amount Balance", before.reserve, at, in_store=False)
    if before.total < 0:
        yield Row(OTHER, OTHER, "Payable to Amazon", before.total, at, in_store=False)
        charged = at + timedelta(days=3)
        yield Row(OTHER, OTHER, "Successful charge", -before.total, charged, in_store=False)
    if Event.PAYOUT_FAILED in before.events and before.total > 0:
        text = "Transfer of funds unsuccessful: the bank account that you gave could not be credited"
        yield Row(OTHER, OTHER, text, before.total, at + timedelta(days=4), in_store=False)


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


def _reserve(balance: Decimal, events: frozenset[Event], period: Period) -> Decimal:
    """What is kept back: nothing of a negative balance, all of it where the story says so, else about an eighth."""
    if balance <= 0:
        return ZERO
    if Event.ALL_RESERVED in events:
        return balance
    return rounded(balance * RESERVE_SHARE, period.place.quantum)
