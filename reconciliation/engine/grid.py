"""Regular blocks of a file as grids of cells: what sums by column and bulk loading both start from.

A block of V2 rows is split once at every tab. When every row has all its cells, a column is a slice of
that list, and nothing has to be done row by row. Nearly all blocks of nearly all files are regular;
the others (another settlement id, a summary row, a missing cell) are left to the reader.
"""

from __future__ import annotations

from dataclasses import dataclass

from canonical.problems import Refused

from .layout import FormatVersion
from .read import Reader
from .rows import REMEMBERED
from .tally import UNITS

NEEDED = ("posted-date", "posted-date-time", "marketplace-name", "order-id", "adjustment-id")


class Irregular(Exception):
    """The block needs the careful reader, which also knows how to refuse it."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A block's cells as UTF-8, row after row. The first cell of every row but the first keeps its line end."""

    cells: list[bytes]
    rows: int
    names: dict[str, int]
    escapes: bool  # a cell may hold a backslash, which bulk loaders read as a sign

    def column(self, name: str) -> list[bytes]:
        return self.cells[self.names[name] : -1 : len(self.names)]

    def cell(self, row: int, name: str) -> bytes:
        return self.cells[row * len(self.names) + self.names[name]]


class Grids:
    """Cuts a reader's blocks into grids."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        layout = reader.look.layout
        self.names = {name: position for position, name in enumerate(layout.columns)}
        whole = len(self.names) == len(layout.columns) and layout.columns[0] == "settlement-id"
        self.possible = whole and layout.version is FormatVersion.V2 and all(name in self.names for name in NEEDED)

    def cut(self, block: bytes) -> Grid | None:
        """The block as a grid, None when it is for the careful reader. Its encoding must be known."""
        header = self.reader.header
        if not self.possible or not header.settlement_id or b"\0" in block:
            return None
        if self.reader.encoding != "utf-8" and not block.isascii():
            block = block.decode(self.reader.encoding).encode()
        # A line end stays with the cell behind it: a row of a wrong length shows in the first column.
        cells = block.replace(b"\n", b"\t\n").split(b"\t")
        grid = Grid(cells, block.count(b"\n"), self.names, b"\\" in block)
        return grid if self._is_regular(grid) else None

    def _is_regular(self, grid: Grid) -> bool:
        """Whether every row has all its cells, is of this settlement and says nothing about it as a whole."""
        header = self.reader.header
        if len(grid.cells) != grid.rows * len(self.names) + 1:
            return False
        settlement_id = header.settlement_id.encode()
        if grid.cells[0] != settlement_id or grid.column("settlement-id").count(b"\n" + settlement_id) != grid.rows - 1:
            return False
        if grid.column("total-amount").count(b"") != grid.rows:
            return False
        currencies = grid.column("currency")
        return currencies.count(b"") + currencies.count(header.currency.encode()) == grid.rows


class Amounts(dict[bytes, int]):
    """Amounts in ten-thousandths by their text; worked out once each."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader
        self.mark = reader.look.numbers.decimal_mark.encode()

    def __missing__(self, text: bytes) -> int:
        digits = text.removeprefix(b"-").replace(self.mark, b"", 1)
        if text[-3:-2] == self.mark and digits.isdigit():
            # Two decimals and no grouping, as nearly all amounts are.
            units = int(digits) * (-UNITS // 100 if text.startswith(b"-") else UNITS // 100)
        else:
            units = self._carefully(text)
        if len(self) < REMEMBERED:
            self[text] = units
        return units

    def _carefully(self, text: bytes) -> int:
        try:
            return int(self.reader.cells.amount(text.decode(), "amount", 0) * UNITS)
        except Refused:
            raise Irregular from None
