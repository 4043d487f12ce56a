"""A CSV as rows of cells: which characters it is written in, what separates its columns, where its table begins."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from canonical.problems import Problem, Refused
from reconciliation.statements.statement import MOST_LINES, TOO_MANY_LINES, broken

SEPARATORS = ",;\t|"
LOOKED_AT = 60  # rows that decide the separator
MOST_COLUMNS = 200
MOST_IN_A_CELL = 20_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, each with its line number from 1; rows without any text are left out."""

    rows: tuple[tuple[int, tuple[str, ...]], ...]
    separator: str
    encoding: str


def decoded(content: bytes) -> tuple[str, str]:
    """The text and its encoding: as its mark says, UTF-8 where it is that, else Windows-1252, which banks still write."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    try:
        text = content.decode(encoding or "utf-8")
        encoding = encoding or "utf-8"
    except UnicodeDecodeError as error:
        if encoding:
            raise broken(f"not {encoding} at byte {error.start}") from None
        encoding = "cp1252"
        text = content.decode(encoding, "replace")
    if "\x00" in text:
        raise broken("it holds bytes that no text has")
    return text, encoding


def table_of(content: bytes) -> Table:
    """The file as rows. Raises Refused for what is no text or has too many rows."""
    text, encoding = decoded(content)
    separator = _separator(text)
    return Table(tuple(_rows(text, separator)), separator, encoding)


def _rows(text: str, separator: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    csv.field_size_limit(MOST_IN_A_CELL)
    try:
        for number, row in enumerate(reader):
            if number > MOST_LINES + LOOKED_AT:
                raise Refused(Problem(TOO_MANY_LINES, {"most": MOST_LINES}))
            if len(row) > MOST_COLUMNS:
                raise broken(f"more than {MOST_COLUMNS} columns", reader.line_num)
            cells = tuple(cell.strip() for cell in row)
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise broken(str(error), reader.line_num) from None


def _separator(text: str) -> str:
    """The one that cuts most rows into the same number of columns, more columns before fewer."""
    head = "\n".join(text.splitlines()[:LOOKED_AT])

    def worth(separator: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(io.StringIO(head), delimiter=separator) if len(row) > 1)
        except csv.Error:
            return (0, 0)
        return max(((times, width) for width, times in widths.items()), default=(0, 0))

    return max(SEPARATORS, key=worth)
