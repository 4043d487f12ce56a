"""Adding rows up: exact sums by what decides their line, in memory that does not grow with the file.

Rows are grouped by period, triple, marketplace and supply, credits and debits apart. What a row is
stays open until the end in one respect only: whether Amazon withheld the tax of its order. Those
rows wait by order until the withheld row comes, so the result does not depend on the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from canonical.problems import Problem, Where
from canonical.settlement import LineCategory as K
from canonical.settlement import Settlement, SettlementLine

from .catalogue import ANY, CATALOGUE, Catalogue, Rule
from .chart import Role, Treatment, account_of
from .ordinals import Ordinals
from .read import FileFacts
from .rows import REMEMBERED, UNUSUAL_SIGN, Component
from .triple import Triple, fold

ZERO = Decimal(0)
Words = tuple[str, str, str]
TRACED_ROWS = 50_000
"""Up to here every line names its rows; larger files keep counts only, so that memory stays flat."""


class Supply(StrEnum):
    """Who accounts for the tax of an order, told by its rows."""

    OPEN = ""  # not asked: the rows have nothing to do with tax on sales
    PLAIN = "plain"  # no tax row: what tax there is, is inside the price
    TAXED = "taxed"  # tax rows and nothing withheld: the seller's own tax
    UNTAXED = "untaxed"  # tax rows that are all 0.00, nothing withheld
    WITHHELD = "withheld"  # Amazon withheld it: collected and withheld net to zero


class GroupKey(NamedTuple):
    """`period` is the first day of the month (a card charge: its day), None where the file has no date."""

    period: date | None
    triple: Triple
    marketplace: str
    supply: Supply


@dataclass(slots=True)
class Tally:
    """Exact sums and counts of a group, in units of 1/10000; `debits_sum` is negative or zero, as the rows are."""

    rule: Rule | None
    credits_sum: int = 0
    debits_sum: int = 0
    credits: int = 0
    debits: int = 0
    zeros: int = 0
    credit_rows: Ordinals = field(default_factory=Ordinals)
    debit_rows: Ordinals = field(default_factory=Ordinals)
    zero_rows: Ordinals = field(default_factory=Ordinals)

    @property
    def credit(self) -> Decimal:
        return exact(self.credits_sum)

    @property
    def debit(self) -> Decimal:
        return exact(self.debits_sum)

    @property
    def amount(self) -> Decimal:
        return exact(self.credits_sum + self.debits_sum)

    @property
    def rows(self) -> int:
        return self.credits + self.debits + self.zeros

    def add(self, units: int, ordinal: int = 0) -> None:
        """One row; ordinal 0 means that rows are not traced."""
        if units > 0:
            self.credits_sum += units
            self.credits += 1
            rows = self.credit_rows
        elif units < 0:
            self.debits_sum += units
            self.debits += 1
            rows = self.debit_rows
        else:
            self.zeros += 1
            rows = self.zero_rows
        if ordinal:
            rows.add(ordinal)

    def add_all(self, units: list[int]) -> None:
        """Many rows at once, not traced."""
        low, high = min(units), max(units)
        if low > 0:
            self.credits_sum += sum(units)
            self.credits += len(units)
        elif high < 0:
            self.debits_sum += sum(units)
            self.debits += len(units)
        else:
            for amount in units:
                self.add(amount)

    def forget_rows(self) -> None:
        self.credit_rows, self.debit_rows, self.zero_rows = Ordinals(), Ordinals(), Ordinals()


UNITS = 10_000
"""Sums are kept in ten-thousandths, finer than any currency; finer amounts are refused when read."""


def exact(units: int) -> Decimal:
    """Units as an amount with at least two decimals."""
    for digits, divisor in ((2, 100), (3, 10)):
        if units % divisor == 0:
            return Decimal(units // divisor).scaleb(-digits)
    return Decimal(units).scaleb(-4)


@dataclass(frozen=True, slots=True)
class Unclassified:
    """Rows nobody knows the meaning of: the first one's line, and what they add up to."""

    triple: Triple
    rows: int
    amount: Decimal
    first_line: int


class Watch(StrEnum):
    """What a rule's rows have to do with the tax of their order."""

    NO = ""
    COLLECTED = "collected"
    WITHHELD = "withheld"
    PRICED = "priced"  # its VAT depends on the supply


def watch(rule: Rule | None, by_supply: bool) -> Watch:
    """How the rows of a rule take part in telling supplies apart."""
    account = account_of(rule.category.value) if rule else None
    if rule is None or account is None:
        return Watch.NO
    if account.role is Role.MARKETPLACE_TAX:
        in_column = fold(rule.triple.amount_type) == "itemwithheldtax"
        return Watch.WITHHELD if in_column or "facilitator" in rule.category.value else Watch.COLLECTED
    priced = by_supply and account.treatment in (Treatment.SUPPLY, Treatment.STANDARD_SUPPLY)
    return Watch.PRICED if priced else Watch.NO


class Cell:
    """Rows that differ in nothing but their order: one tally for each supply they turn out to belong to.

    `plain` and `withheld` collect amounts of rows that need no more than adding; `flush` adds them.
    """

    __slots__ = ("_tallies", "key", "part", "plain", "rule", "summary", "withheld")

    def __init__(self, summary: Summary, key: GroupKey, rule: Rule | None, part: Watch) -> None:
        self.summary = summary
        self.key = key
        self.rule = rule
        self.part = part
        self.plain: list[int] = []
        self.withheld: list[int] = []
        self._tallies: dict[Supply, Tally] = {}

    def tally(self, supply: Supply = Supply.OPEN) -> Tally:
        tally = self._tallies.get(supply)
        if tally is None:
            tally = self._tallies[supply] = self.summary.tally(self.key._replace(supply=supply), self.rule)
        return tally

    def flush(self) -> None:
        if self.plain:
            self.tally(Supply.OPEN).add_all(self.plain)
            self.plain.clear()
        if self.withheld:
            self.tally(Supply.WITHHELD).add_all(self.withheld)
            self.withheld.clear()


OrderRow = tuple[bytes, Cell, int, int]
"""(order, cell, units, ordinal); an order is named the same way by all callers of one summary."""


class Supplies:
    """Tells the supplies of orders apart, whatever the order of their rows.

    What is kept per order is one entry of a set once its tax is known to be withheld, and its rows
    while it is not. That is the only thing here that grows with the number of orders.
    """

    def __init__(self) -> None:
        self._withheld: set[bytes] = set()
        self._waiting: dict[bytes, list[OrderRow]] = {}

    def add(self, rows: Iterable[OrderRow]) -> None:
        """Rows of orders. A row without ordinal is left in its cell's `withheld` until that is flushed."""
        withheld, waiting = self._withheld, self._waiting
        for row in rows:
            order, cell, units, ordinal = row
            if order in withheld:
                if ordinal:
                    cell.tally(Supply.WITHHELD).add(units, ordinal)
                else:
                    cell.withheld.append(units)
            elif cell.part is Watch.WITHHELD:
                withheld.add(order)
                for _, own, amount, place in (*waiting.pop(order, ()), row):
                    if place:
                        own.tally(Supply.WITHHELD).add(amount, place)
                    else:
                        own.withheld.append(amount)
            elif order in waiting:
                waiting[order].append(row)
            else:
                waiting[order] = [row]

    def close(self) -> None:
        """No withheld row can come any more."""
        for rows in self._waiting.values():
            collected = [units for _, cell, units, _ in rows if cell.part is Watch.COLLECTED]
            supply = Supply.PLAIN if not collected else Supply.TAXED if any(collected) else Supply.UNTAXED
            for _, cell, units, ordinal in rows:
                cell.tally(supply).add(units, ordinal)
        self._waiting.clear()

    def forget_rows(self) -> None:
        for order, rows in self._waiting.items():
            self._waiting[order] = [(order, cell, units, 0) for _, cell, units, _ in rows]


class Periods:
    """The month a moment falls into, in the tenant's zone, cut at days on which tax schemes change."""

    def __init__(self, zone: str, breaks: Sequence[date] = ()) -> None:
        self.zone = ZoneInfo(zone)
        self.breaks = sorted(breaks)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def of(self, moment: datetime) -> date:
        """The first day of the period."""
        # No zone is a full day away from UTC, so the middle of a month needs no conversion.
        day = moment.date() if 2 < moment.day < 27 and not self.breaks else self.day(moment)
        first = day.replace(day=1)
        return max([first, *(cut for cut in self.breaks if first < cut <= day)])


class Summary:
    """Feed it lines with `add`, then `close` it with the header. `groups` are what compose reads.

    `by_supply` also keeps prices apart by who accounts for their VAT; a ledger that keeps VAT needs
    it. `trace` keeps the ordinals of every group's rows, as long as there are not too many.
    """

    def __init__(
        self,
        zone: str = "UTC",
        *,
        catalogue: Catalogue = CATALOGUE,
        trace: bool = True,
        by_supply: bool = False,
        breaks: Sequence[date] = (),
    ) -> None:
        self.periods = Periods(zone, breaks)
        self.catalogue = catalogue
        self.trace = trace
        self.by_supply = by_supply
        self.groups: dict[GroupKey, Tally] = {}
        self.first_lines: dict[Triple, int] = {}
        self.header = Settlement("", "", None, None, None, None)
        self.facts: FileFacts | None = None
        self.reading: tuple[Problem, ...] = ()
        self.supplies = Supplies()
        self._watched: dict[Words, tuple[Triple, Rule | None, Watch]] = {}
        self._cells: dict[GroupKey, Cell] = {}
        self._spelled: dict[tuple[str, str, str, str, date | None], Cell] = {}
        self._added = 0

    def add(self, line: SettlementLine | Component) -> None:
        """One row."""
        words = (line.transaction_type, line.amount_type, line.amount_description)
        rule = self.known(words)[1]
        cell = self.cell(words, line.marketplace, self.period(rule, line.posted_at))
        if rule is None:
            self.first_lines.setdefault(cell.key.triple, line.line_no)
        ordinal = line.ordinal if self.trace else 0
        units = int(line.amount * UNITS)
        if cell.part is Watch.NO:
            cell.tally().add(units, ordinal)
        else:
            order = f"{line.transaction_type}\t{line.order_id}\t{line.adjustment_id}".encode()
            self.supplies.add([(order, cell, units, ordinal)])
            cell.flush()
        if self.trace:
            self._added += 1
            if self._added > TRACED_ROWS:
                self.stop_tracing()

    def cell(self, words: Words, marketplace: str, period: date | None) -> Cell:
        """The cell of rows like this; made when it is the first."""
        where = (*words, marketplace, period)
        cell = self._spelled.get(where)
        if cell is None:
            triple, rule, part = self.known(words)
            key = GroupKey(period, triple, marketplace, Supply.OPEN)
            cell = self._cells.get(key)
            if cell is None:
                cell = self._cells[key] = Cell(self, key, rule, part)
            if len(self._spelled) < REMEMBERED:
                self._spelled[where] = cell
        return cell

    def flush(self) -> None:
        """Add what the cells have collected."""
        for cell in self._cells.values():
            cell.flush()

    def stop_tracing(self) -> None:
        """Too many rows to name them all: lines keep their counts, and their rows are found by kind and month."""
        self.trace = False
        self.supplies.forget_rows()
        for tally in self.groups.values():
            tally.forget_rows()

    def period(self, rule: Rule | None, posted_at: datetime | None) -> date | None:
        if posted_at is None:
            return None
        own_day = rule is not None and rule.category is K.DEBT_RECOVERY_CARD_CHARGE
        return self.periods.day(posted_at) if own_day else self.periods.of(posted_at)

    def known(self, words: Words) -> tuple[Triple, Rule | None, Watch]:
        """The triple under which rows are grouped (free text left out), its rule and its part in taxes."""
        found = self._watched.get(words)
        if found is None:
            rule = self.catalogue.find(*words)
            found = (_grouped(words, rule), rule, watch(rule, self.by_supply))
            if len(self._watched) < REMEMBERED:
                self._watched[words] = found
        return found

    def tally(self, key: GroupKey, rule: Rule | None) -> Tally:
        tally = self.groups.get(key)
        if tally is None:
            tally = self.groups[key] = Tally(rule)
        return tally

    def close(self, header: Settlement, facts: FileFacts | None = None, problems: tuple[Problem, ...] = ()) -> Summary:
        """All rows are in: settle what waited, keep the header."""
        self.flush()
        self.supplies.close()
        self.header, self.facts, self.reading = header, facts, problems
        return self

    @property
    def line_total(self) -> Decimal:
        return exact(sum(tally.credits_sum + tally.debits_sum for tally in self.groups.values()))

    @property
    def row_count(self) -> int:
        """Component rows."""
        return sum(tally.rows for tally in self.groups.values())

    @property
    def difference(self) -> Decimal | None:
        """Header total minus line total; None without a header total."""
        return None if self.header.header_total is None else self.header.header_total - self.line_total

    def categories(self) -> list[tuple[str, int, Decimal]]:
        """(category, rows, amount) in the order of the categories; unknown rows come under ""."""
        totals: dict[str, tuple[int, Decimal]] = {}
        for tally in self.groups.values():
            name = tally.rule.category.value if tally.rule else ""
            rows, amount = totals.get(name, (0, ZERO))
            totals[name] = (rows + tally.rows, amount + tally.amount)
        order = {kind.value: position for position, kind in enumerate(K)}
        return [(name, *totals[name]) for name in sorted(totals, key=lambda name: order.get(name, len(order)))]

    def unclassified(self) -> list[Unclassified]:
        """The triples nobody knows, by their first line."""
        totals: dict[Triple, tuple[int, Decimal]] = {}
        for key, tally in self.groups.items():
            if tally.rule is None:
                rows, amount = totals.get(key.triple, (0, ZERO))
                totals[key.triple] = (rows + tally.rows, amount + tally.amount)
        found = [Unclassified(triple, *total, self.first_lines.get(triple, 0)) for triple, total in totals.items()]
        return sorted(found, key=lambda item: item.first_line)

    def notices(self) -> Iterator[Problem]:
        """Rows with the unusual sign: a check, never a rule."""
        for key, tally in self.groups.items():
            if tally.rule is None:
                continue
            for positive, rows, amount in ((True, tally.credits, tally.credit), (False, tally.debits, tally.debit)):
                if rows and not tally.rule.sign_is_usual(positive):
                    params: dict[str, str | int] = {"rows": rows, "triple": str(key.triple), "amount": f"{amount:f}"}
                    yield Problem(UNUSUAL_SIGN, params, Where(file=self.facts.name if self.facts else ""))


def _grouped(words: Words, rule: Rule | None) -> Triple:
    """Free text would make a group of every coupon title; the rule's own words stand for it."""
    if rule is None or not (rule.prefix or rule.triple.amount_description == ANY):
        return Triple(*words)
    return rule.triple
