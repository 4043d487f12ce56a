"""From a file to a closed summary in one go: what previews use, and what composes again from kept bytes."""

from __future__ import annotations

from .book import Book
from .catalogue import CATALOGUE, Catalogue
from .columns import ColumnSums
from .compose import summary_for
from .grid import Grids
from .look import glance, look
from .read import Reader
from .source import Source, blocks
from .summary import Summary


def summarise(
    source: Source,
    *,
    book: Book | None = None,
    zone: str = "UTC",
    charset: str | None = None,
    catalogue: Catalogue = CATALOGUE,
    trace: bool = True,
) -> Summary:
    """Read the whole file into a closed summary.

    With `book` the summary keeps apart exactly what composing for that book needs (its zone and tax
    schemes); without one it keeps supplies apart as well, so that any book in `zone` can follow.
    Lines name their rows while `trace` holds and the file has at most `TRACED_ROWS` rows. Raises
    Refused when the file cannot be read one way only; then nothing of it may be used.
    """
    if book is not None:
        summary = summary_for(book, catalogue=catalogue, trace=trace)
    else:
        summary = Summary(zone, catalogue=catalogue, trace=trace, by_supply=True)
    reader = _read_into(summary, source, charset, catalogue)
    return summary.close(reader.settlement, reader.facts, reader.problems)


def _read_into(summary: Summary, source: Source, charset: str | None, catalogue: Catalogue) -> Reader:
    """Whole columns where nobody asks for SKUs and the block is regular, rows otherwise."""
    found, complete = glance(source, charset)
    reader = Reader(source, found, catalogue)
    grids, columns = Grids(reader), ColumnSums(reader, summary)
    for block in blocks(source):
        if not complete and not block.isascii():
            reader.adopt(look(source, charset))
            complete = True
        grid = grids.cut(block)
        if grid is not None and columns.take(grid):
            continue
        for component in reader.read_block(block):
            summary.add(component)
    return reader
