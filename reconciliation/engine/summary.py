"""Adding rows up: exact sums by what decides their line, in memory that does not grow with the file.

Rows are grouped by period, triple, marketplace and supply, credits and debits apart. What a row is
stays open until the end in one respect only: whether Amazon withheld the tax of its order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from canonical.problems import Problem, Where
from canonical.settlement import LineCategory as K
from canonical.settlement import Settlement, SettlementLine

from .catalogue import ANY, CATALOGUE, Catalogue, Rule
from .cleared import Cleared
from .read import FileFacts
from .rows import REMEMBERED, UNUSUAL_SIGN, Component
from .sku import SkuGroup, SkuGroups
from .supplies import Cell, GroupKey, Supplies, Supply, Watch, watch
from .tally import UNITS, Tally, exact
from .triple import Triple

ZERO = Decimal(0)
Words = tuple[str, str, str]
TRACED_ROWS = 50_000
"""Up to here every line names its rows; larger files keep counts only, so that memory stays flat."""


@dataclass(frozen=True, slots=True)
class Unclassified:
    """Rows nobody knows the meaning of: the first one's line, and what they add up to."""

    triple: Triple
    rows: int
    amount: Decimal
    first_line: int


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
    it. `trace` keeps the ordinals of every group's rows, as long as there are not too many. `sku_groups`
    also keeps apart what products of different groups earned and cost; `cleared` what orders and refunds
    posted by themselves have booked.
    """

    def __init__(
        self,
        zone: str = "UTC",
        *,
        catalogue: Catalogue = CATALOGUE,
        trace: bool = True,
        by_supply: bool = False,
        breaks: Sequence[date] = (),
        sku_groups: Sequence[SkuGroup] = (),
        cleared: Cleared | None = None,
    ) -> None:
        self.cleared = cleared
        self.periods = Periods(zone, breaks)
        self.catalogue = catalogue
        self.trace = trace
        self.by_supply = by_supply
        self.sku_groups = SkuGroups(sku_groups)
        self.groups: dict[GroupKey, Tally] = {}
        self.first_lines: dict[Triple, int] = {}
        self.header = Settlement("", "", None, None, None, None)
        self.facts: FileFacts | None = None
        self.reading: tuple[Problem, ...] = ()
        self.supplies = Supplies()
        self._watched: dict[Words, tuple[Triple, Rule | None, Watch]] = {}
        self._cells: dict[GroupKey, Cell] = {}
        self._spelled: dict[tuple[str, str, str, str, date | None, str, str], Cell] = {}
        self._added = 0

    def add(self, line: SettlementLine | Component) -> None:
        """One row."""
        words = (line.transaction_type, line.amount_type, line.amount_description)
        triple, rule, _ = self.known(words)
        cleared = self._clears(triple, line) if self.cleared is not None and rule is not None else ""
        cell = self.cell(words, line.marketplace, self.period(rule, line.posted_at), self.sku_groups.of(line.sku), cleared)
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
            self.count_traced(1)

    def _clears(self, triple: Triple, line: SettlementLine | Component) -> str:
        order = line.order_id or line.merchant_order_id
        return self.cleared.kind(triple, order, line.adjustment_id) if self.cleared else ""

    def cell(self, words: Words, marketplace: str, period: date | None, sku_group: str = "", cleared: str = "") -> Cell:
        """The cell of rows like this; made when it is the first."""
        where = (*words, marketplace, period, sku_group, cleared)
        cell = self._spelled.get(where)
        if cell is None:
            triple, rule, part = self.known(words)
            key = GroupKey(period, triple, marketplace, Supply.OPEN, sku_group, cleared)
            part = Watch.NO if cleared else part  # its tax is the order document's affair
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

    def count_traced(self, rows: int) -> None:
        self._added += rows
        if self._added > TRACED_ROWS:
            self.stop_tracing()

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
        self.supplies = Supplies()
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
