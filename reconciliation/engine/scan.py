"""From a file to a closed summary in one go: what previews use, and what composes again from kept bytes."""

from __future__ import annotations

from .read import read_settlement
from .source import Source
from .summary import Summary


def summarise(source: Source, summary: Summary | None = None, *, charset: str | None = None) -> Summary:
    """Read the whole file into `summary` (an empty one made by `summary_for(book)`) and close it.

    Raises Refused when the file cannot be read; then nothing of the summary may be used.
    """
    summary = summary if summary is not None else Summary()
    reader = read_settlement(source, charset=charset, catalogue=summary.catalogue)
    for line in reader:
        summary.add(line)
    return summary.close(reader.settlement, reader.facts, reader.problems)
