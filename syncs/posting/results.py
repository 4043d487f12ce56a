"""What a posting came to, document by document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from canonical.problems import Problem
from syncs.models import LedgerDocument
from tenants import clock


class Verdict(StrEnum):
    """What became of one document in one call."""

    POSTED = "posted"
    ALREADY = "already"  # it stood in the ledger before; nothing was sent
    AMENDED = "amended"  # it stood in the ledger and says the new revision now
    UNDONE = "undone"
    WAITING = "waiting"  # goes on by itself, not before `not_before`
    HELD = "held"  # a person must change something first
    REFUSED = "refused"  # nothing was touched: what was asked does not fit what there is
    BUSY = "busy"  # another worker has it at this moment; look again at `not_before`
    # An earlier part of the same source is not posted yet, or a later one not taken out yet; look again at `not_before`.
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Result:
    document_id: int
    public_id: str
    verdict: Verdict
    problem: Problem | None = None
    not_before: datetime | None = None

    @property
    def is_posted(self) -> bool:
        return self.verdict in (Verdict.POSTED, Verdict.ALREADY, Verdict.AMENDED)


# When to look again at what another worker has, what waits for an earlier part, or for an earlier step.
SOON = {Verdict.BUSY: timedelta(seconds=10), Verdict.BEHIND: timedelta(minutes=1), Verdict.WAITING: timedelta(minutes=1)}


def result(
    document: LedgerDocument, verdict: Verdict, problem: Problem | None = None, not_before: datetime | None = None
) -> Result:
    """What became of a document. Whatever is to be looked at again says when."""
    if not_before is None and verdict in SOON:
        not_before = clock.now() + SOON[verdict]
    return Result(document.pk, document.public_id, verdict, problem, not_before)


@dataclass(frozen=True, slots=True)
class Posting:
    """The results of one call, in the order the documents were given."""

    results: tuple[Result, ...]

    @classmethod
    def of(cls, results: Iterable[Result]) -> Posting:
        return cls(tuple(results))

    @property
    def posted(self) -> bool:
        return all(each.is_posted for each in self.results)

    @property
    def partly(self) -> bool:
        """Some parts stand in the ledger and some do not: complete or undo."""
        return not self.posted and any(each.is_posted for each in self.results)

    @property
    def not_before(self) -> datetime | None:
        """When the last of what waits may go on."""
        return max((each.not_before for each in self.results if each.not_before is not None), default=None)

    @property
    def problem(self) -> Problem | None:
        return next((each.problem for each in self.results if each.problem is not None), None)
