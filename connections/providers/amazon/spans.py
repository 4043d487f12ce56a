"""Newest first of what Amazon lists oldest first: spans of time, the latest first, each twice as long as the one before.

A span begins the second after the one before it ended, so that nothing is told twice; within a span Amazon's pages
follow each other by token, which goes with the very moments of its listing. Two years are the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connections.contracts import NoSuchPage
from connections.cursors import joined, pieces, whole
from tenants.clock import now

from .client import zulu

Rows = Sequence[Mapping[str, Any]]
LATEST = ""  # the end of the latest span: as late as Amazon tells
FIRST, LONGEST = 7, 170  # days; beyond 180 listTransactions answers with nothing at all
HISTORY = timedelta(days=728)  # searchOrders looks back two years
EMPTY = 4  # calls after which a page of nothing is shown, rather than looking further for something


@dataclass(frozen=True, slots=True)
class Span:
    """From `after` to `before`, both in Amazon's words and part of it; `token` goes on in the middle."""

    after: str
    before: str
    days: int
    token: str = ""

    def between(self, after: str, before: str) -> dict[str, str]:
        """As parameters of these names; the latest span is left open, so that Amazon's clock says what is newest."""
        return {after: self.after, **({before: self.before} if self.before else {})}

    @property
    def cursor(self) -> str:
        return joined(self.after, self.before, str(self.days), self.token)


def first() -> Span:
    return Span(earlier(LATEST, FIRST), LATEST, FIRST)


def earlier(end: str, days: int) -> str:
    """So many days before a moment; LATEST is now."""
    at = moment(end) if end else now()
    return zulu(at - timedelta(days=days))


def read(ask: Callable[[Span], tuple[Rows, str]], cursor: str) -> tuple[Rows, str]:
    """The next rows there are and the cursor behind them; a span without any is passed over, a few times."""
    span: Span | None = _span(cursor)
    rows: Rows = ()
    for _turn in range(EMPTY):
        if span is None or rows:
            break
        rows, token = ask(span)
        span = replace(span, token=token) if token else _before(span)
    return rows, span.cursor if span else ""


def _span(cursor: str) -> Span:
    if not cursor:
        return first()
    after, before, days, token = pieces(cursor, 4)
    if before:
        moment(before)
    moment(after)
    return Span(after, before, whole(days, FIRST), token)


def _before(span: Span) -> Span | None:
    """The span before this one, twice as long; None at the end of what Amazon keeps."""
    oldest = now() - HISTORY
    end = moment(span.after) - timedelta(seconds=1)
    if end <= oldest:
        return None
    days = min(span.days * 2, LONGEST)
    return Span(zulu(max(end - timedelta(days=days), oldest)), zulu(end), days)


def moment(text: str) -> datetime:
    """A moment out of a cursor. Raises NoSuchPage for anything else."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise NoSuchPage(text) from None
