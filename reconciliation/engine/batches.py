"""Rows side by side, for bulk loading: a block of the file becomes one list of texts a column.

From a regular block no row is ever made: what a text means (an amount, a moment, a kind of row) is found
out once and remembered, and everything else is passed on as it stands. Blocks that are not regular
go row by row through the reader. Both ways say the same of every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from canonical.problems import Refused

from .catalogue import CATALOGUE, Catalogue
from .columns import ColumnSums
from .grid import Amounts, Grid, Grids, Irregular
from .look import glance, look
from .quick import TEXTS, WORDS
from .read import Reader
from .rows import REMEMBERED, Component
from .source import Source, blocks
from .summary import Summary
from .tally import UNITS

Column = Sequence[bytes]


class Batch(NamedTuple):
    """Consecutive rows as columns of equal length, in UTF-8.

    `kind` is transaction type, amount type, description and category with tabs between them. Amounts
    are plain decimals, moments are ISO 8601 in UTC. `units` is what all rows add up to, in
    ten-thousandths. `escapes` says that a text may hold a backslash, which bulk loaders read as a sign.
    """

    units: int
    escapes: bool
    ordinal: Column
    line_no: Column
    amount: Column
    posted_at: Column
    quantity: Column
    kind: Column
    marketplace: Column
    order_ref: Column
    adjustment_ref: Column
    shipment_ref: Column
    item_ref: Column
    sku: Column
    fulfillment: Column

    @property
    def rows(self) -> int:
        return len(self.amount)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, from `ordinal` on; free text begins with the sixth, `kind`."""
        return self[2:]


class _Known(dict[bytes, bytes]):
    """What texts become; worked out once each, and forgotten when they are too many."""

    def __init__(self, work_out: Callable[[str], str]) -> None:
        super().__init__()
        self.work_out = work_out

    def __missing__(self, text: bytes) -> bytes:
        found = self.work_out(text.decode()).encode()
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = found
        return found


class _Moments(_Known):
    """Moments as ISO 8601. Nearly all are written 2026-10-31 17:44:21 UTC; they keep their text."""

    def __missing__(self, text: bytes) -> bytes:
        if text[19:] != b" UTC" or text[10:11] != b" " or text[4:5] != b"-" or text[7:8] != b"-":
            return super().__missing__(text)
        try:
            datetime.fromisoformat(text[:19].decode())
        except ValueError:
            return super().__missing__(text)
        found = text[:19] + b"+00:00"
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = found
        return found


class _Kinds(dict[tuple[bytes, ...], bytes]):
    """The words of a row with its category."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self.catalogue = catalogue

    def __missing__(self, words: tuple[bytes, ...]) -> bytes:
        transaction, amount_type, description = (word.decode().strip() for word in words)
        rule = self.catalogue.find(transaction, amount_type, description)
        kind = "\t".join((transaction, amount_type, description, rule.category.value if rule else "")).encode()
        if len(self) >= REMEMBERED:
            self.clear()
        self[words] = kind
        return kind


class Batches:
    """Iterates once over a file's rows in batches of about a block; `reader` then knows header and facts.

    `missing` stands for a moment or a quantity that a row does not have. Every row also goes into
    `summary`, which is closed after the last one. Raises Refused as the reader does.
    """

    def __init__(
        self, source: Source, summary: Summary, *, charset: str | None = None, catalogue: Catalogue = CATALOGUE, missing: str = ""
    ) -> None:
        self.source = source
        self.summary = summary
        self.charset = charset
        self.missing = missing
        found, self._complete = glance(source, charset)
        self.reader = Reader(source, found, catalogue)
        self._grids = Grids(self.reader)
        self._sums = ColumnSums(self.reader, summary)
        self._possible = all(name in found.layout.index for name in TEXTS)
        self._units = Amounts(self.reader)
        self._amounts = _Known(self._amount)
        self._moments = _Moments(self._moment)
        self._quantities = _Known(self._quantity)
        self._kinds = _Kinds(catalogue)

    def __iter__(self) -> Iterator[Batch]:
        for block in blocks(self.source):
            if not self._complete and not block.isascii():
                self.reader.adopt(look(self.source, self.charset))
                self._complete = True
            batch = self._by_columns(block) or self._by_rows(self._added(self.reader.read_block(block)))
            if batch.rows:
                yield batch
        self.summary.close(self.reader.settlement, self.reader.facts, self.reader.problems)

    def _by_columns(self, block: bytes) -> Batch | None:
        """The batch of a regular block, None when its rows have to be looked at."""
        grid = self._grids.cut(block) if self._possible else None
        if grid is None:
            return None
        try:
            batch = self._batch(grid)
        except Irregular:
            return None
        return batch if self._sums.take(grid) else None

    def _batch(self, grid: Grid) -> Batch:
        ordinal, line_no = self.reader.ordinal + 1, self.reader.line_no + 1
        amounts = grid.column("amount")
        moments = _first_of(grid.column("posted-date-time"), grid.column("posted-date"))
        words = zip(*(grid.column(name) for name in WORDS), strict=True)
        return Batch(
            sum(map(self._units.__getitem__, amounts)),
            grid.escapes,
            _numbers(ordinal, grid.rows),
            _numbers(line_no, grid.rows),
            list(map(self._amounts.__getitem__, amounts)),
            list(map(self._moments.__getitem__, moments)),
            list(map(self._quantities.__getitem__, grid.column("quantity-purchased"))),
            list(map(self._kinds.__getitem__, words)),
            _texts(grid, "marketplace-name"),
            _first_of(_texts(grid, "order-id"), _texts(grid, "merchant-order-id")),
            _texts(grid, "adjustment-id"),
            _texts(grid, "shipment-id"),
            _texts(grid, "order-item-code"),
            _texts(grid, "sku"),
            _texts(grid, "fulfillment-id"),
        )

    def _added(self, components: Iterable[Component]) -> Iterator[Component]:
        for component in components:
            self.summary.add(component)
            yield component

    def _by_rows(self, components: Iterable[Component]) -> Batch:
        units, escapes = 0, False
        rows = []
        for c in components:
            units += int(c.amount * UNITS)
            row = (
                str(c.ordinal),
                str(c.line_no),
                f"{c.amount:f}",
                self.missing if c.posted_at is None else str(c.posted_at),
                self.missing if c.quantity is None else str(c.quantity),
                f"{c.transaction_type}\t{c.amount_type}\t{c.amount_description}\t{c.category}",
                c.marketplace,
                c.order_id or c.merchant_order_id,
                c.adjustment_id,
                c.shipment_id,
                c.order_item_code,
                c.sku,
                c.fulfillment,
            )
            escapes = escapes or any("\\" in text for text in row[5:])
            rows.append([text.encode() for text in row])
        return Batch(units, escapes, *(zip(*rows, strict=True) if rows else [()] * 13))

    def _amount(self, text: str) -> str:
        try:
            return f"{self.reader.cells.amount(text, 'amount', 0):f}"
        except Refused:
            raise Irregular from None

    def _moment(self, text: str) -> str:
        if text and not text.strip():
            raise Irregular  # the other date column counts
        try:
            moment = self.reader.cells.moment(text, "posted-date", 0)
        except Refused:
            raise Irregular from None
        return self.missing if moment is None else str(moment)

    def _quantity(self, text: str) -> str:
        return str(int(text)) if text.strip().isdecimal() else self.missing


def _numbers(first: int, count: int) -> list[bytes]:
    return list(map(b"%d".__mod__, range(first, first + count)))


def _texts(grid: Grid, name: str) -> list[bytes]:
    """A column of free text, without the spaces that may pad it."""
    column = grid.column(name)
    together = b"".join(column)
    if b" " not in together and together.isascii():
        return column
    return [text.decode().strip().encode() for text in column]


def _first_of(column: list[bytes], other: list[bytes]) -> list[bytes]:
    """A column, and the other one where it is blank."""
    return [one or two for one, two in zip(column, other, strict=True)] if b"" in column else column
