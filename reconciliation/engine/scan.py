"""From a file to a closed summary in one go: what previews use, and what composes again from kept bytes."""

from __future__ import annotations

from .book import Book
from .catalogue import CATALOGUE, Catalogue
from .compose import summary_for
from .read import read_settlement
from .source import Source
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
    Raises Refused when the file cannot be read one way only.
    """
    summary = (
        summary_for(book, catalogue=catalogue, trace=trace)
        if book
        else Summary(zone, catalogue=catalogue, trace=trace, by_supply=True)
    )
    reader = read_settlement(source, charset=charset, catalogue=catalogue)
    for line in reader:
        summary.add(line)
    return summary.close(reader.settlement, reader.facts, reader.problems)
