"""What a change of the source does to a document that stands in the ledger already, or is on its way there.

Settlements are never posted over: the change is reported, and a person undoes and posts again. Orders and
refunds change as a matter of course: the new revision waits as `pending_revision` until somebody has it
sent (`posting.amend`), while `current_revision` goes on saying what stands in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canonical.plain import content
from canonical.problems import Problem, Severity, declare
from syncs.models import DocumentRevision, LedgerDocument, MappingVersion, PostingAttempt
from syncs.revisions import Said, revise
from tenants.news import alert, publish, settle_alerts

State = LedgerDocument.State
OPEN_PHASES = (PostingAttempt.Phase.CLAIMED, PostingAttempt.Phase.SENT, PostingAttempt.Phase.UNKNOWN)
# The document is in the ledger, whatever else is going on.
STANDING = (State.POSTED, State.AMENDING)

CHANGED_AFTER_POSTING = declare(
    "document.changed_after_posting",
    "%(number)s was posted as %(posted)s; it would now be %(planned)s.",
    "Nothing was changed in the ledger. Undo the posting and post again, or leave it as it is.",
    Severity.WARNS,
)


def not_amended_mark(document: LedgerDocument) -> str:
    """The fingerprint of the one alert that a change of this document could not be sent."""
    return f"document.not_amended:{document.public_id}"


# ---------------------------------------------------------------- reported


def report_change(document: LedgerDocument, said: Said) -> None:
    """Tell that a posted document would be planned otherwise now; take it back when it would not."""
    revision = document.current_revision
    assert revision is not None  # noqa: S101 - a posted document was posted from one
    if content(revision.canonical) == content(said.canonical):
        if document.problem_code == CHANGED_AFTER_POSTING:
            _note(document, "", {})
            settle_alerts(f"{CHANGED_AFTER_POSTING}:{document.public_id}")
        return
    report_changed(document, f"{said.part.document.total:f} {said.part.document.currency}")


def report_changed(document: LedgerDocument, planned: str) -> None:
    """Say on a posted document that it would be planned otherwise now."""
    revision = document.current_revision
    posted = f"{revision.total:f} {revision.currency}" if revision else ""
    problem = Problem(CHANGED_AFTER_POSTING, {"number": document.number, "posted": posted, "planned": planned})
    if _tell(document, problem):
        publish("document.changed", document, problem=problem.code)


def report_gone(document: LedgerDocument) -> None:
    """Its source asks for it no more, but it stands in the ledger: nothing is sent, it is to be undone."""
    _await(document, None)
    report_changed(document, "-")


# ---------------------------------------------------------------- to be sent


def await_amendment(document: LedgerDocument, said: Said, mapping_version: MappingVersion | None) -> None:
    """Keep what the document should say by now as its pending revision; none when that is what it says."""
    document.amendable = True
    going = _going(document)
    stands = going or document.current_revision
    assert stands is not None  # noqa: S101 - what stands or goes was planned from a revision
    if said.part.problem is not None:
        _await(document, None)
        if document.state in STANDING:
            _tell(document, said.part.problem)
    elif content(stands.canonical) == content(said.canonical):
        _await(document, going if going is not None and going.pk != document.current_revision_id else None)
    elif _is_left(document, said):
        _await(document, None)
    elif document.pending_revision is None or document.pending_revision.hash != said.hash:
        _await(document, revise(document, said, mapping_version))
        what = said.part.document
        publish("document.changed", document, hash=said.hash, total=f"{what.total:f}", currency=what.currency)
    else:
        document.save(update_fields=["amendable"])


def _going(document: LedgerDocument) -> DocumentRevision | None:
    """The revision that is being written at this moment, or may have been."""
    attempt = PostingAttempt.objects.filter(document=document, phase__in=OPEN_PHASES).select_related("revision").first()
    return attempt.revision if attempt else None


def _is_left(document: LedgerDocument, said: Said) -> bool:
    """Whether a person decided that the ledger's document stays as it is, although the plan says this."""
    left = document.left_revision
    return left is not None and content(left.canonical) == content(said.canonical)


def _await(document: LedgerDocument, revision: DocumentRevision | None) -> None:
    """Set what waits to be sent. What was asked for as it stood is asked for no more when it says something else."""
    if revision != document.pending_revision:
        document.pending_revision = revision
        if document.state == State.AMENDING and _going(document) is None:
            document.state, document.not_before = State.POSTED, None
        _forget_obstacle(document)
    document.save(update_fields=["amendable", "pending_revision", "state", "not_before", "problem_code", "problem_params"])


def _forget_obstacle(document: LedgerDocument) -> None:
    """What stood in the way of the earlier change is over; what is told of the ledger's own document stays."""
    told = document.problem_code
    if document.state == State.POSTED and told and not told.startswith("document."):
        document.problem_code, document.problem_params = "", {}
        settle_alerts(f"{told}:{document.public_id}")
        settle_alerts(not_amended_mark(document))


def _tell(document: LedgerDocument, problem: Problem) -> bool:
    """Put a problem on a document and alert it; False when that was told before."""
    if (document.problem_code, document.problem_params) == (problem.code, dict(problem.params)):
        return False
    _note(document, problem.code, problem.params)
    alert(problem, document)
    return True


def _note(document: LedgerDocument, code: str, params: Mapping[str, Any]) -> None:
    document.problem_code, document.problem_params = code, dict(params)
    document.save(update_fields=["problem_code", "problem_params"])
