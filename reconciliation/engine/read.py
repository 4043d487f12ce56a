"""Reading a settlement file: one pass that yields component rows, classified, in file order.

`Reader` streams: memory does not grow with the file. It stops with `Refused` at the first row that
cannot be read for sure, so whatever was taken from it before must be thrown away by the caller
(services store lines inside one transaction).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from canonical.problems import Problem, Where
from canonical.settlement import Settlement, SettlementLine

from .catalogue import CATALOGUE, Catalogue, Rule
from .layout import BINARY, V1_AMOUNTS, AmountColumn, FormatVersion
from .look import NO_ROWS, Look, look
from .number_format import NumberStyle
from .quick import QuickRows
from .rows import AMOUNT_MISSING, NO_SUMMARY_ROW, TOO_MANY_CELLS, Cells, Component, Header
from .source import Source, blocks
from .triple import Triple
from .v1 import triple_of


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was found out about a file. `data_rows` are physical rows without header and summary."""

    name: str
    format_version: FormatVersion
    encoding: str
    number_format: NumberStyle
    day_first: bool | None
    data_rows: int


def read_settlement(source: Source, *, charset: str | None = None, catalogue: Catalogue = CATALOGUE) -> Reader:
    """Look at the file and get ready to read it. Raises Refused when it cannot be read one way only."""
    return Reader(source, look(source, charset), catalogue)


class Reader:
    """Iterates over `SettlementLine`s; header and facts are complete when the iteration is."""

    def __init__(self, source: Source, found: Look, catalogue: Catalogue = CATALOGUE) -> None:
        self.source = source
        self.look = found
        self.catalogue = catalogue
        self.cells = Cells(source, found, currency=found.currency)
        self.adopt(found)
        self._quick = QuickRows(self) if found.layout.version is FormatVersion.V2 else None
        self.start()
        self._v1: dict[tuple[str, str, str, str, str], tuple[Triple, Rule | None]] = {}

    def __iter__(self) -> Iterator[SettlementLine]:
        for component in self.components():
            yield SettlementLine(*component)

    @property
    def settlement(self) -> Settlement:
        """The header; only what was read so far while iterating."""
        return self.header.settlement()

    @property
    def facts(self) -> FileFacts:
        found = self.look
        return FileFacts(self.source.name, found.layout.version, found.encoding, found.numbers, found.day_first, self.data_rows)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the finished reading has to say about the file as a whole."""
        where = Where(file=self.source.name)
        said = [Problem(NO_ROWS, {}, where)] if not self.data_rows else []
        if self.header.total is None:
            said.append(Problem(NO_SUMMARY_ROW, {}, where))
        return tuple(said)

    def components(self) -> Iterator[Component]:
        """The rows as plain tuples: what bulk loading takes."""
        self.start()
        for block in blocks(self.source):
            yield from self.read_block(block)

    def start(self) -> None:
        """From the first line again."""
        self.header = Header(self.source)
        self.data_rows = self.ordinal = self.line_no = 0
        self._header_row_seen = False

    def read_block(self, block: bytes) -> Iterator[Component]:
        """The rows of one block of whole lines; blocks must come in order."""
        if b"\0" in block:
            line = self.line_no + block[: block.index(b"\0")].count(b"\n") + 1
            raise self.source.refuse(BINARY, line, kind="binary data")
        if self._header_row_seen and self._quick is not None and self._quick.fits(block):
            yield from self._quick.components(block)
            return
        yield from self._carefully(block)

    def skip(self, lines: int) -> None:
        """Rows that were taken another way; one component each."""
        self.line_no += lines
        self.data_rows += lines
        self.ordinal += lines

    def adopt(self, found: Look) -> None:
        """A closer look at the same file."""
        self.look = self.cells.look = found
        self.encoding = "utf-8" if found.encoding == "utf-8-sig" else found.encoding

    def read_line(self, line: str) -> Iterator[Component]:
        """One line, the careful way."""
        yield from self._carefully(line.encode(self.encoding) + b"\n")

    def _carefully(self, block: bytes) -> Iterator[Component]:
        expand = self._v1_amounts if self.look.layout.version is FormatVersion.V1 else self._v2_amount
        for line_no, cells in self._rows(block):
            if self._is_summary(cells, line_no):
                continue
            self.data_rows += 1
            yield from self._expanded(expand, cells, line_no)

    def _rows(self, block: bytes) -> Iterator[tuple[int, list[str]]]:
        """Numbered rows of exactly as many cells as the header has, short ones filled up."""
        width = len(self.look.layout.columns)
        for line in block.split(b"\n")[:-1]:
            self.line_no += 1
            if not line.strip():
                continue
            if not self._header_row_seen:
                self._header_row_seen = True
                continue
            cells = line.decode(self.encoding).split("\t")
            if len(cells) > width:
                if any(cell.strip() for cell in cells[width:]):
                    raise self.source.refuse(TOO_MANY_CELLS, self.line_no)
                cells = cells[:width]
            elif len(cells) < width:
                cells += [""] * (width - len(cells))
            yield self.line_no, cells

    def _is_summary(self, cells: list[str], line_no: int) -> bool:
        """Take what the row says about the whole settlement; True when it says nothing else."""
        index = self.look.layout.index
        header = self.header
        header.belongs(cells[index["settlement-id"]].strip(), cells[index["currency"]].strip(), line_no)
        total = cells[index["total-amount"]].strip()
        if total:
            header.state_total(self.cells.amount(total, "total-amount", line_no), line_no)
        if header.deposit_at is None:
            header.state_dates(*(self._moment(cells, name, line_no) for name in _HEADER_DATES))
        if cells[index["transaction-type"]].strip() or self._has_amount(cells):
            return False
        return bool(total) or any(self._moment(cells, name, line_no) for name in _HEADER_DATES)

    def _moment(self, cells: list[str], column: str, line_no: int) -> datetime | None:
        position = self.look.layout.at(column)
        return None if position is None else self.cells.moment(cells[position], column, line_no)

    def _has_amount(self, cells: list[str]) -> bool:
        index = self.look.layout.index
        names = ["amount"] if self.look.layout.version is FormatVersion.V2 else [column.amount for column in V1_AMOUNTS]
        return any(name in index and cells[index[name]].strip() for name in names)

    def _expanded(self, expand: Expand, cells: list[str], line_no: int) -> Iterator[Component]:
        index = self.look.layout.index

        def text(column: str) -> str:
            position = index.get(column)
            return "" if position is None else cells[position].strip()

        posted = text("posted-date-time") or text("posted-date")
        posted_at = self.cells.moment(posted, "posted-date", line_no)
        quantity = text("quantity-purchased")
        for triple, rule, amount, column in expand(cells, line_no):
            self.ordinal += 1
            yield Component(
                self.ordinal,
                line_no,
                triple.transaction_type,
                triple.amount_type,
                triple.amount_description,
                self.cells.amount(amount, column, line_no),
                rule.category.value if rule else "",
                posted_at,
                text("marketplace-name"),
                text("order-id"),
                text("merchant-order-id"),
                text("adjustment-id"),
                text("shipment-id"),
                text("order-item-code"),
                text("sku"),
                int(quantity) if quantity.isdecimal() else None,
                text("fulfillment-id"),
                text("promotion-id"),
            )

    def _v2_amount(self, cells: list[str], line_no: int) -> Iterator[Amount]:
        index = self.look.layout.index
        amount = cells[index["amount"]]
        if not amount.strip():
            raise self.source.refuse(AMOUNT_MISSING, line_no)
        transaction, amount_type, description = (cells[index[name]].strip() for name in _V2_WORDS)
        rule = self.catalogue.find(transaction, amount_type, description)
        yield Triple(transaction, amount_type, description), rule, amount, "amount"

    def _v1_amounts(self, cells: list[str], line_no: int) -> Iterator[Amount]:
        """Each amount of the row; a row without any states a quantity only."""
        for column in V1_AMOUNTS:
            position = self.look.layout.at(column.amount)
            if position is None or not cells[position].strip():
                continue
            triple, rule = self._v1_triple(cells, column)
            yield triple, rule, cells[position], column.amount

    def _v1_triple(self, cells: list[str], column: AmountColumn) -> tuple[Triple, Rule | None]:
        index = self.look.layout.index
        kind, price, fee = (
            cells[index[name]].strip() if name in index else "" for name in (column.kind, "price-type", "item-related-fee-type")
        )
        key = (cells[index["transaction-type"]].strip(), column.amount_type, kind, price, fee)
        if key not in self._v1:
            self._v1[key] = triple_of(self.catalogue, key[0], key[1], kind, (price, fee))
        return self._v1[key]


_V2_WORDS = ("transaction-type", "amount-type", "amount-description")
_HEADER_DATES = ("settlement-start-date", "settlement-end-date", "deposit-date")

Amount = tuple[Triple, Rule | None, str, str]
Expand = Callable[[list[str], int], Iterator[Amount]]
