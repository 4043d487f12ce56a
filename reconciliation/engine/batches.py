"""Rows side by side, for bulk loading: a block of the file becomes one list of texts a column.

A block of regular V2 rows is split once, and each column is a slice of that list, so that no row is
ever made. What a text means (an amount, a moment, a kind of row) is found out once and remembered.
Blocks that are not regular go row by row through the reader. Both ways say the same of every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from canonical.problems import Refused

from .catalogue import CATALOGUE, Catalogue
from .layout import FormatVersion
from .look import glance, look
from .quick import TEXTS, WORDS, Words
from .read import Reader
from .rows import REMEMBERED, Component
from .source import Source, blocks
from .tally import UNITS


class Batch(NamedTuple):
    """Consecutive rows as columns of equal length.

    `kind` is transaction type, amount type, description and category with tabs between them. Amounts
    are plain decimals, moments are ISO 8601 in UTC. `units` is what all rows add up to, in
    ten-thousandths. `escapes` says that a text may hold a backslash, which bulk loaders read as a sign.
    """

    units: int
    escapes: bool
    ordinal: Sequence[str]
    line_no: Sequence[str]
    amount: Sequence[str]
    posted_at: Sequence[str]
    quantity: Sequence[str]
    kind: Sequence[str]
    marketplace: Sequence[str]
    order_ref: Sequence[str]
    adjustment_ref: Sequence[str]
    shipment_ref: Sequence[str]
    item_ref: Sequence[str]
    sku: Sequence[str]
    fulfillment: Sequence[str]

    @property
    def rows(self) -> int:
        return len(self.amount)


_MOMENTS = ("posted-date", "posted-date-time")


class Irregular(Exception):
    """The block needs the careful reader, which also knows how to refuse it."""


class _Known(dict[str, str]):
    """What texts become; worked out once each, and forgotten when they are too many."""

    def __init__(self, work_out: Callable[[str], str]) -> None:
        super().__init__()
        self.work_out = work_out

    def __missing__(self, text: str) -> str:
        found = self.work_out(text)
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = found
        return found


class _Units(dict[str, int]):
    """Amounts in ten-thousandths by their text."""

    def __init__(self, amount_of: Callable[[str], Decimal]) -> None:
        super().__init__()
        self.amount_of = amount_of

    def __missing__(self, text: str) -> int:
        units = int(self.amount_of(text) * UNITS)
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = units
        return units


class _Kinds(dict[Words, str]):
    """The words of a row with its category."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self.catalogue = catalogue

    def __missing__(self, words: Words) -> str:
        said = [word.strip() for word in words]
        rule = self.catalogue.find(*said)
        kind = "\t".join((*said, rule.category.value if rule else ""))
        if len(self) >= REMEMBERED:
            self.clear()
        self[words] = kind
        return kind


class Batches:
    """Iterates over a file's rows in batches of about a block. `reader` knows header and facts when it is through.

    `missing` stands for a moment or a quantity that a row does not have. Raises Refused as the reader does.
    """

    def __init__(
        self, source: Source, *, charset: str | None = None, catalogue: Catalogue = CATALOGUE, missing: str = ""
    ) -> None:
        self.source = source
        self.charset = charset
        self.missing = missing
        found, self._complete = glance(source, charset)
        self.reader = Reader(source, found, catalogue)
        layout = found.layout
        self._index = layout.index
        self._width = len(layout.columns)
        self._possible = layout.version is FormatVersion.V2 and layout.index["settlement-id"] == 0
        self._possible = self._possible and all(name in layout.index for name in (*TEXTS, *_MOMENTS))
        self._units = _Units(self._amount)
        self._amounts = _Known(lambda text: f"{self._amount(text):f}")
        self._moments = _Known(self._moment)
        self._quantities = _Known(lambda text: str(int(text)) if text.strip().isdecimal() else missing)
        self._kinds = _Kinds(catalogue)

    def __iter__(self) -> Iterator[Batch]:
        for block in blocks(self.source):
            if not self._complete and not block.isascii():
                self.reader.adopt(look(self.source, self.charset))
                self._complete = True
            batch = self._by_columns(block) or self._by_rows(self.reader.read_block(block))
            if batch.rows:
                yield batch

    def _by_columns(self, block: bytes) -> Batch | None:
        """The batch of a regular block, None when the reader has to look at its rows."""
        if not self._possible or not self.reader.header.settlement_id or b"\0" in block:
            return None
        text = block.decode(self.reader.encoding)
        # A line end stays in front of the cell that follows it: rows of a wrong length show in the first column.
        cells = text.replace("\n", "\t\n").split("\t")
        if not self._regular(cells, text.count("\n")):
            return None
        try:
            batch = self._batch(cells, "\\" in text)
        except Irregular:
            return None
        self.reader.skip(batch.rows)
        return batch

    def _column(self, cells: list[str], name: str) -> list[str]:
        return cells[self._index[name] : -1 : self._width]

    def _regular(self, cells: list[str], lines: int) -> bool:
        """Whether every row has all its cells, is of this settlement and says nothing about it as a whole."""
        header = self.reader.header
        if len(cells) != lines * self._width + 1:
            return False
        starts = cells[0 : -1 : self._width]
        if starts[0] != header.settlement_id or starts.count(f"\n{header.settlement_id}") != lines - 1:
            return False
        currencies = self._column(cells, "currency")
        return (
            self._column(cells, "total-amount").count("") == lines
            and currencies.count("") + currencies.count(header.currency) == lines
            and "" not in self._column(cells, "amount")
        )

    def _batch(self, cells: list[str], escapes: bool) -> Batch:
        reader = self.reader
        amounts = self._column(cells, "amount")
        rows = len(amounts)
        moments = _first_of(self._column(cells, "posted-date-time"), self._column(cells, "posted-date"))
        words = zip(*(self._column(cells, name) for name in WORDS), strict=True)
        return Batch(
            sum(map(self._units.__getitem__, amounts)),
            escapes,
            list(map(str, range(reader.ordinal + 1, reader.ordinal + 1 + rows))),
            list(map(str, range(reader.line_no + 1, reader.line_no + 1 + rows))),
            list(map(self._amounts.__getitem__, amounts)),
            list(map(self._moments.__getitem__, moments)),
            list(map(self._quantities.__getitem__, self._column(cells, "quantity-purchased"))),
            list(map(self._kinds.__getitem__, words)),
            self._texts(cells, "marketplace-name"),
            _first_of(self._texts(cells, "order-id"), self._texts(cells, "merchant-order-id")),
            self._texts(cells, "adjustment-id"),
            self._texts(cells, "shipment-id"),
            self._texts(cells, "order-item-code"),
            self._texts(cells, "sku"),
            self._texts(cells, "fulfillment-id"),
        )

    def _texts(self, cells: list[str], name: str) -> list[str]:
        """A column of free text, without the spaces that may pad it."""
        column = self._column(cells, name)
        return [text.strip() for text in column] if " " in "".join(column) else column

    def _by_rows(self, components: Iterable[Component]) -> Batch:
        units, escapes = 0, False
        rows = []
        for c in components:
            units += int(c.amount * UNITS)
            kind = f"{c.transaction_type}\t{c.amount_type}\t{c.amount_description}\t{c.category}"
            texts = (
                kind, c.marketplace, c.order_id or c.merchant_order_id, c.adjustment_id, c.shipment_id, c.order_item_code, c.sku,
                c.fulfillment,
            )  # fmt: skip
            escapes = escapes or any("\\" in text for text in texts)
            moment = self.missing if c.posted_at is None else str(c.posted_at)
            quantity = self.missing if c.quantity is None else str(c.quantity)
            rows.append((str(c.ordinal), str(c.line_no), f"{c.amount:f}", moment, quantity, *texts))
        return Batch(units, escapes, *(zip(*rows, strict=True) if rows else [()] * 13))

    def _amount(self, text: str) -> Decimal:
        try:
            return self.reader.cells.amount(text, "amount", 0)
        except Refused:
            raise Irregular from None

    def _moment(self, text: str) -> str:
        if _is_usual(text):
            return f"{text[:19]}+00:00"
        if text and not text.strip():
            raise Irregular  # the other date column counts
        try:
            moment = self.reader.cells.moment(text, "posted-date", 0)
        except Refused:
            raise Irregular from None
        return self.missing if moment is None else str(moment)


def _first_of(column: list[str], other: list[str]) -> list[str]:
    """A column, and the other one where it is blank."""
    return [one or two for one, two in zip(column, other, strict=True)] if "" in column else column


def _is_usual(text: str) -> bool:
    """Whether this is a moment as nearly all files write it, 2026-10-31 17:44:21 UTC, and there is such a moment."""
    if len(text) != 23 or text[4] != "-" or text[7] != "-" or text[10] != " " or text[19:] != " UTC":
        return False
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True
