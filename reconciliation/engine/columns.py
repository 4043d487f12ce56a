"""Adding up whole blocks column by column: what makes the preview of a million lines a matter of a second.

A column of a grid is a slice of a list, so sums need no loop in Python. It gives exactly the groups
that row by row reading gives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import date, timedelta
from itertools import compress
from operator import call, itemgetter
from typing import NamedTuple

from canonical.problems import Refused
from canonical.settlement import LineCategory

from .dates import AmbiguousDate, NotADate, parse_moment
from .grid import Amounts, Grid, Irregular
from .read import Reader
from .summary import Summary
from .supplies import Cell, OrderRow, Watch

Key = tuple[bytes, bytes, bytes, bytes, bytes]

PLAIN, SINGLE = 0, 1
_DAY = itemgetter(slice(10))
MANY_SPOTS = 20_000
BLOCKS_TO_FLUSH = 64


class _Spot(NamedTuple):
    """What the rows of one key share. `cell` is None where each row's own moment decides."""

    words: tuple[str, str, str]
    marketplace: str
    transaction: bytes
    cell: Cell | None


class _Spots(dict[Key, int]):
    """Numbers for keys, and by number what the key's rows share and where their amounts are collected."""

    def __init__(self, columns: ColumnSums) -> None:
        super().__init__()
        self.columns = columns
        self.spots: list[_Spot] = []
        self.collect: list[Callable[[int], None]] = []
        self.marks = bytearray()

    def __missing__(self, key: Key) -> int:
        spot = self.columns.spot(key)
        number = self[key] = len(self.spots)
        plain = spot.cell is not None and spot.cell.part is Watch.NO
        self.spots.append(spot)
        self.collect.append(spot.cell.plain.append if spot.cell is not None and plain else _ignore)
        self.marks.append(PLAIN if plain else SINGLE)
        return number


_ignore: Callable[[int], None] = deque[int](maxlen=0).append


class ColumnSums:
    """Takes regular blocks of a reader's file straight into a summary."""

    def __init__(self, reader: Reader, summary: Summary) -> None:
        self.reader = reader
        self.summary = summary
        self._spots = _Spots(self)
        self._blocks = 0
        self._units = Amounts(reader)

    def take(self, grid: Grid) -> bool:
        """Add the block's rows; False, with nothing added, when the block is for the careful reader."""
        if self.summary.sku_groups or self.summary.cleared is not None:
            return False  # a key would be needed for every SKU, or every order
        try:
            self._add(grid)
        except Irregular:
            return False
        self.reader.skip(grid.rows)
        self._blocks += 1
        if self._blocks % BLOCKS_TO_FLUSH == 0:
            self._flush()
        return True

    def _add(self, grid: Grid) -> None:
        keys = zip(
            grid.column("transaction-type"),
            grid.column("amount-type"),
            grid.column("amount-description"),
            grid.column("marketplace-name"),
            map(_DAY, grid.column("posted-date-time")),
            strict=True,
        )
        spots = self._spots
        known = len(spots.spots)
        numbers = list(map(spots.__getitem__, keys))
        units = list(map(self._units.__getitem__, grid.column("amount")))
        marks = bytes(map(spots.marks.__getitem__, numbers))
        ordinals = range(self.reader.ordinal + 1, self.reader.ordinal + 1 + grid.rows) if self.summary.trace else None
        singles = self._singles(grid, numbers, units, marks, ordinals) if SINGLE in marks else []
        # From here on nothing can fail: a block is added whole or not at all.
        self._note_unknown(known, numbers)
        self.summary.supplies.add(singles)
        if ordinals is None:
            deque(map(call, map(spots.collect.__getitem__, numbers), units), maxlen=0)
        else:
            self._trace(numbers, units, marks, ordinals)

    def _trace(self, numbers: list[int], units: list[int], marks: bytes, ordinals: range) -> None:
        """Add the plain rows one by one, because their lines name them."""
        spots = self._spots.spots
        for number, amount, mark, ordinal in zip(numbers, units, marks, ordinals, strict=True):
            cell = spots[number].cell
            if mark == PLAIN and cell is not None:
                cell.tally().add(amount, ordinal)
        self.summary.count_traced(len(ordinals))

    def _flush(self) -> None:
        self.summary.flush()
        if len(self._spots) > MANY_SPOTS:
            self._spots = _Spots(self)

    def _singles(self, grid: Grid, numbers: list[int], units: list[int], marks: bytes, ordinals: range | None) -> list[OrderRow]:
        """The rows that need a look of their own: tax by order, and days on which the month depends on the hour."""
        spots = self._spots.spots
        orders, adjustments = grid.column("order-id"), grid.column("adjustment-id")
        found: list[OrderRow] = []
        dated: list[tuple[Cell, int, int]] = []
        last, name = (b"", b"", b""), b"\t\t"
        for row in compress(range(len(units)), marks):
            spot = spots[numbers[row]]
            _, _, transaction, cell = spot
            ordinal = 0 if ordinals is None else ordinals[row]
            if cell is None:
                cell = self._dated(grid, row, spot)
                if cell.part is Watch.NO:
                    dated.append((cell, units[row], ordinal))
                    continue
            order = (transaction, orders[row], adjustments[row])
            if order != last:
                last, name = order, b"\t".join(part.strip() for part in order)
            found.append((name, cell, units[row], ordinal))
        for cell, amount, ordinal in dated:
            cell.tally().add(amount, ordinal)
        return found

    def _dated(self, grid: Grid, row: int, spot: _Spot) -> Cell:
        """The cell of a row whose period depends on its exact moment, or on the other date column."""
        text = grid.cell(row, "posted-date-time") or grid.cell(row, "posted-date")
        try:
            moment = self.reader.cells.moment(text.decode(), "posted-date", 0)
        except Refused:
            raise Irregular from None
        rule = self.summary.known(spot.words)[1]
        return self.summary.cell(spot.words, spot.marketplace, self.summary.period(rule, moment))

    def _note_unknown(self, known: int, numbers: list[int]) -> None:
        """Where in the file each unknown triple stands first."""
        for number in range(known, len(self._spots.spots)):
            triple, rule, _ = self.summary.known(self._spots.spots[number].words)
            if rule is None:
                self.summary.first_lines.setdefault(triple, self.reader.line_no + numbers.index(number) + 1)

    def spot(self, key: Key) -> _Spot:
        """What rows under this key have in common; its cell where the day alone gives the period."""
        transaction, amount_type, description, marketplace, day = (part.decode() for part in key)
        words = (transaction.strip(), amount_type.strip(), description.strip())
        if not any(words):
            raise Irregular
        rule = self.summary.known(words)[1]
        own_day = rule is not None and rule.category is LineCategory.DEBT_RECOVERY_CARD_CHARGE
        period = None if own_day else self._period(day)
        cell = None if period is None else self.summary.cell(words, marketplace.strip(), period)
        return _Spot(words, marketplace.strip(), key[0].strip(), cell)

    def _period(self, day: str) -> date | None:
        """The period of every moment on this day in every zone of the world; None when that is not one."""
        try:
            noon = parse_moment(day, self.reader.look.day_first)
        except (AmbiguousDate, NotADate):
            return None
        first, last = (self.summary.periods.of(noon + timedelta(hours=hours)) for hours in (-26, 26))
        return first if first == last else None
