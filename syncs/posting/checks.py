"""What must be right before anything is sent: found here, by our own tables, before the ledger says it.

`refusal` guards the request itself (was this what you saw?); `obstacle` guards the document (may it be
written as the books stand today?). Neither makes a call.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from canonical.accounting import Document, named_by
from canonical.plain import as_text, content
from canonical.problems import Problem, Severity, declare
from connections.contracts import ReferenceItem
from connections.models import Connection, ReferenceCopy
from syncs.documents import STANDING, payload_of, said_by
from syncs.models import DocumentRevision, LedgerDocument, PeriodLock
from syncs.posting.ledgers import OpenLedger
from syncs.posting.results import Result, Verdict, result

State = LedgerDocument.State

NOT_PLANNED = declare(
    "posting.not_planned",
    "There is nothing to post for %(number)s: it is not planned.",
    "Plan it again, look at what would be posted, then post it.",
)
STALE = declare(
    "posting.stale",
    "%(number)s has changed since it was shown: it was %(shown)s, it is now %(now)s; %(lines)s lines differ.",
    "Look at it as it is now and post it again.",
)
HELD = declare(
    "posting.held",
    "%(number)s is held.",
    "Mend what it is held for, then release it.",
)
PERIOD_LOCKED = declare(
    "posting.period_locked",
    "%(number)s is dated %(date)s, and the books are locked up to %(through)s.",
    "Unlock the period under Settings, or leave it out. Nothing is ever dated otherwise on its own.",
)
PAYLOAD_CHANGED = declare(
    "posting.payload_changed",
    "What would be sent for %(number)s is no longer what was shown: the ledger's settings have changed.",
    "Plan it again, look at what would be posted, then post it.",
)


NOBODY = declare(
    "posting.nobody",
    "%(number)s names a customer or an account that the ledger does not have yet.",
    "Compose it again, look at what would be posted, then post it.",
)


def shown(documents: Iterable[LedgerDocument]) -> dict[str, str]:
    """What a page shows of each document, by public id: the hash of the change that waits to be sent where it stands in
    the ledger already, else of what it says."""
    return {document.public_id: revision.hash for document in documents if (revision := _showing(document)) is not None}


def _showing(document: LedgerDocument) -> DocumentRevision | None:
    pending: DocumentRevision | None = document.pending_revision if document.state in STANDING else None
    return pending or document.current_revision


def refusal(document: LedgerDocument, shown: str) -> Result | None:
    """Why this request is not for this document as it is now, or None. `shown` is the hash the person saw."""
    if document.state in STANDING:
        return result(document, Verdict.ALREADY)
    if document.current_revision is None or document.state in (State.UNDONE, State.UNDOING):
        return result(document, Verdict.REFUSED, Problem(NOT_PLANNED, {"number": document.number}))
    if document.current_revision.hash != shown:
        return result(document, Verdict.REFUSED, stale(document, document.current_revision, shown))
    if document.state == State.HELD:
        return result(document, Verdict.HELD, held_for(document))
    return None


def held_for(document: LedgerDocument) -> Problem:
    """The problem a held document is held for."""
    if document.problem_code:
        return Problem(document.problem_code, document.problem_params)
    return Problem(HELD, {"number": document.number})


def obstacle(document: LedgerDocument, revision: DocumentRevision, ledger: OpenLedger) -> Problem | None:
    """What stands in the way of writing this revision into these books today, or None."""
    return (
        period_problem(document, revision.date)
        or _ledger_problem(revision, ledger)
        or _payload_problem(document, revision, ledger)
    )


def period_problem(document: LedgerDocument, on: date) -> Problem | None:
    """A person locked the period the document is dated in."""
    through = PeriodLock.objects.filter(ledger=document.ledger_id).values_list("through", flat=True).first()
    if through is None or on > through:
        return None
    params = {"number": document.number, "date": on.isoformat(), "through": through.isoformat()}
    return Problem(PERIOD_LOCKED, params)


def _ledger_problem(revision: DocumentRevision, ledger: OpenLedger) -> Problem | None:
    """The first thing the ledger would refuse, by its own rules and our copy of its reference data."""
    said = said_by(revision)
    if "" in named_by(said):
        return Problem(NOBODY, {"number": revision.document.number})
    found = ledger.target.problems(said, company=ledger.company, references=_references(said, ledger.connection))
    return next((problem for problem in found if problem.severity is Severity.BLOCKS), None)


def _references(said: Document, ledger: Connection) -> dict[tuple[str, str], ReferenceItem]:
    """Our copies of what the document names, by (kind, external id)."""
    copies = ReferenceCopy.objects.filter(connection=ledger, external_id__in=named_by(said))
    return {(row.kind, row.external_id): _item(row) for row in copies}


def _item(row: ReferenceCopy) -> ReferenceItem:
    return ReferenceItem(row.kind, row.external_id, row.name, row.active, row.facts, row.body)


def _payload_problem(document: LedgerDocument, revision: DocumentRevision, ledger: OpenLedger) -> Problem | None:
    fresh = payload_of(document, said_by(revision), document.number, ledger.company, ledger.target)
    if as_text(fresh) == revision.payload:
        return None
    return Problem(PAYLOAD_CHANGED, {"number": document.number})


def stale(document: LedgerDocument, now: DocumentRevision, shown: str) -> Problem:
    """It has changed since it was shown, in words: `shown` is the hash the person saw, `now` what it says now."""
    before = DocumentRevision.objects.filter(document=document, hash=shown).order_by("-number").first()
    params: dict[str, str | int] = {"number": document.number, "now": _in_words(now), "shown": "?", "lines": "?"}
    if before is not None:
        params |= {"shown": _in_words(before), "lines": _differing_lines(before, now)}
    return Problem(STALE, params)


def _in_words(revision: DocumentRevision) -> str:
    return f"{revision.total:f} {revision.currency}, {revision.date.isoformat()}"


def _differing_lines(before: DocumentRevision, now: DocumentRevision) -> int:
    old, new = (content(revision.canonical)["lines"] for revision in (before, now))
    return sum(line not in new for line in old) + sum(line not in old for line in new)
