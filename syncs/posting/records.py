"""Writing down what became of a document: its state, its attempt, its event, its audit line, in one commit.

Every function here runs inside the step's transaction. Only the worker that holds the claim may write:
one whose lease ran out, and whose document another has taken over, changes nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from canonical.problems import Problem, declare
from connections.contracts import Found
from syncs.changes import CHANGED_AFTER_POSTING, OPEN_PHASES, not_amended_mark
from syncs.models import DocumentRevision, LedgerDocument, PostingAttempt
from syncs.posting import comparing
from syncs.posting.results import Result, Verdict, result
from tenants import clock
from tenants.news import alert, audit, publish, settle_alerts

State = LedgerDocument.State
Phase = PostingAttempt.Phase

BOUND_ALREADY = declare(
    "posting.bound_already",
    "The ledger answered for %(number)s with a document that is %(other)s.",
    "Look at both in the ledger; send support the numbers. Nothing more is sent.",
)


@dataclass(slots=True)
class Claim:
    """A document that this worker alone may act on.

    `doubtful`: something may already be in the ledger. `alone`: it vanished before, so it is sent in a call of
    its own, lest it take others with it.
    """

    document: LedgerDocument
    attempt: PostingAttempt
    doubtful: bool
    alone: bool = False
    problem: Problem | None = None  # what put it in doubt, for people
    trace_id: str = ""
    here: Found | None = None
    was_stale: bool = False  # the ledger refused our version of it a moment ago
    over: str = ""  # what somebody edited there that is knowingly written over

    @property
    def sent_at(self) -> datetime | None:
        return self.attempt.sent_at


# ---------------------------------------------------------------- who may write


def still_mine(claim: Claim) -> bool:
    """Lock the attempt; False when another worker has taken it over, or ended it, meanwhile."""
    row = PostingAttempt.objects.select_for_update().filter(pk=claim.attempt.pk).values_list("claimed_by", "phase").first()
    return row is not None and row[0] == claim.attempt.claimed_by and row[1] in OPEN_PHASES


def as_it_stands(document: LedgerDocument) -> Result:
    """What became of a document that another worker took over."""
    document.refresh_from_db(fields=["state", "not_before", "problem_code", "problem_params"])
    verdicts = {State.POSTED: Verdict.POSTED, State.UNDONE: Verdict.UNDONE, State.HELD: Verdict.HELD}
    return result(document, verdicts.get(State(document.state), Verdict.BUSY), not_before=document.not_before)


# ---------------------------------------------------------------- what became of it


def posted(
    claim: Claim, *, external_id: str, version: str, number: str, phase: str, trace_id: str = "", found: Found | None = None
) -> Result:
    """It stands in the ledger: made now (`done`), or found to be there (`found`)."""
    document, revision = claim.document, claim.attempt.revision
    other = _bound_to_another(document, external_id)
    if other is not None:
        problem = Problem(BOUND_ALREADY, {"number": document.number, "other": other})
        return rejected(claim, problem, trace_id=trace_id)
    _close(claim.attempt, phase, trace_id=trace_id)
    _keep_newer_plan(document, revision)
    document.state, document.not_before = State.POSTED, None
    document.current_revision = revision
    document.external_id = external_id
    document.number = number or document.number
    document.posted_at = clock.now()
    _written(claim, version, found)
    set_problem(document, None)
    document.save(update_fields=[*_STANDS, "pending_revision", "external_id", "number", "posted_at"])
    facts = {"external_id": external_id, "number": document.number, "hash": revision.hash, "adopted": phase == Phase.FOUND}
    publish("document.posted", document, **facts)
    audit("document.posted", document, after=facts)
    return result(document, Verdict.POSTED)


def rejected(claim: Claim, problem: Problem, *, trace_id: str = "", refused_there: bool = True) -> Result:
    """It will not be taken as it is: held with the reason. What the ledger itself refused and a person then mends is
    another intent, so the epoch rises."""
    _close(claim.attempt, Phase.REJECTED, problem, trace_id)
    if refused_there:
        claim.document.epoch += 1
    return hold(claim.document, problem)


def hold(document: LedgerDocument, problem: Problem) -> Result:
    """It is not in the ledger, and a person must change something first. What it should say by now is what is held."""
    document.state, document.not_before = State.HELD, None
    pending = _as_planned(document)[0]
    document.current_revision, document.pending_revision = pending or document.current_revision, None
    set_problem(document, problem)
    document.save(
        update_fields=["state", "epoch", "not_before", "problem_code", "problem_params", "current_revision", "pending_revision"]
    )
    publish("document.held", document, problem=problem.code)
    return result(document, Verdict.HELD, problem)


def unknown(claim: Claim, not_before: datetime, problem: Problem | None, *, trace_id: str = "") -> Result:
    """Nobody knows yet whether it arrived: the attempt stays open, free for whoever looks next."""
    attempt, document = claim.attempt, claim.document
    if attempt.phase != Phase.UNKNOWN:
        publish("document.unknown", document, problem=problem.code if problem else "")
    attempt.phase, attempt.claimed_until = Phase.UNKNOWN, None
    attempt.provider_trace_id = trace_id or attempt.provider_trace_id
    set_problem(attempt, problem)
    attempt.save(update_fields=["phase", "claimed_until", "provider_trace_id", "problem_code", "problem_params"])
    return _wait(document, State.UNKNOWN, not_before, problem)


def turned_away(claim: Claim, not_before: datetime, problem: Problem, *, trace_id: str = "") -> Result:
    """The ledger did not take it up this time and said so: nothing is there, it is sent again later."""
    _close(claim.attempt, Phase.REJECTED, problem, trace_id)
    return _wait(claim.document, State.POSTING, not_before, problem)


def handed_over(claim: Claim, not_before: datetime, problem: Problem) -> Result:
    """It waits until its ledger comes to fetch it, or was fetched and is not answered: neither turned away nor in doubt.
    The attempt stays `sent`; asking again under its key tells what became of it."""
    attempt = claim.attempt
    attempt.phase, attempt.claimed_until = Phase.SENT, None
    set_problem(attempt, problem)
    attempt.save(update_fields=["phase", "claimed_until", "problem_code", "problem_params"])
    state = {PostingAttempt.Action.UPDATE: State.AMENDING}.get(PostingAttempt.Action(attempt.action), State.POSTING)
    return _wait(claim.document, state, not_before, problem)


def lost(claim: Claim) -> None:
    """It was sent, and the ledger, asked late enough, does not have it."""
    _close(claim.attempt, Phase.LOST)


def undone(claim: Claim, reason: str) -> Result:
    """It is gone from the ledger. The epoch rises: posting it again is another intent with another key."""
    document = claim.document
    _close(claim.attempt, Phase.DONE, trace_id=claim.trace_id)
    document.state, document.not_before = State.UNDONE, None
    document.epoch += 1
    document.read_back, document.read_back_at = {}, clock.now()
    document.pending_revision, document.written_version, document.as_written = None, "", {}
    set_problem(document, None)
    document.save()
    settle_alerts(not_amended_mark(document))
    settle_alerts(f"{CHANGED_AFTER_POSTING}:{document.public_id}")
    publish("document.undone", document, external_id=document.external_id, number=document.number)
    audit("document.undone", document, before={"external_id": document.external_id, "number": document.number}, reason=reason)
    return result(document, Verdict.UNDONE)


def not_undone(claim: Claim, problem: Problem) -> Result:
    """It stays in the ledger, for a reason a person must look at."""
    _close(claim.attempt, Phase.REJECTED, problem, claim.trace_id)
    document = claim.document
    document.state, document.not_before = State.POSTED, None
    set_problem(document, problem)
    document.save(update_fields=["state", "not_before", "problem_code", "problem_params"])
    publish("document.not_undone", document, problem=problem.code)
    return result(document, Verdict.HELD, problem)


def undoing(claim: Claim, not_before: datetime, problem: Problem | None) -> Result:
    """Its absence is not proven yet: the attempt stays open and is looked at again."""
    _leave_open(claim, problem)
    return _wait(claim.document, State.UNDOING, not_before, problem)


def set_down(claim: Claim) -> Result:
    """Nothing was sent under this claim yet: the next worker may go on with it at once."""
    claim.attempt.claimed_until = None
    claim.attempt.save(update_fields=["claimed_until"])
    return _wait(claim.document, State.POSTING, clock.now(), claim.problem)


def _wait(document: LedgerDocument, state: str, not_before: datetime, problem: Problem | None) -> Result:
    document.state, document.not_before = state, not_before
    set_problem(document, problem)
    document.save(update_fields=["state", "not_before", "problem_code", "problem_params"])
    return result(document, Verdict.WAITING, problem, not_before)


# ---------------------------------------------------------------- amendments


def amended(claim: Claim, *, version: str, phase: str, external_id: str = "", found: Found | None = None) -> Result:
    """It says the new revision: written now (`done`), or found to say it (`found`).

    `external_id` where it has another one now: some ledgers change a document by writing it anew.
    """
    document, revision = claim.document, claim.attempt.revision
    before = document.current_revision
    _close(claim.attempt, phase, trace_id=claim.trace_id)
    pending = _as_planned(document)[0]
    document.pending_revision = None if pending is None or pending.pk == revision.pk else pending
    document.state, document.not_before = State.POSTED, None
    document.current_revision = revision
    document.external_id = external_id or document.external_id
    _written(claim, version, found)
    set_problem(document, None)
    document.save(update_fields=list({*_STANDS, "pending_revision", "external_id"}))
    facts = {"external_id": document.external_id, "number": document.number, "hash": revision.hash, "version": version}
    settle_alerts(not_amended_mark(document))
    publish("document.amended", document, **facts)
    after = {**facts, "over": claim.over} if claim.over and phase == Phase.DONE else facts
    audit("document.amended", document, before={"hash": before.hash}, after=after)
    return result(document, Verdict.AMENDED)


def not_amended(claim: Claim, problem: Problem) -> Result:
    """The ledger keeps what it has, for a reason a person must look at; the change goes on waiting."""
    _close(claim.attempt, Phase.REJECTED, problem, claim.trace_id)
    document = claim.document
    document.state, document.not_before = State.POSTED, None
    set_problem(document, problem)
    document.save(update_fields=["state", "not_before", "problem_code", "problem_params"])
    publish("document.not_amended", document, problem=problem.code)
    alert(problem, document, fingerprint=not_amended_mark(document))
    return result(document, Verdict.HELD, problem)


def superseded(claim: Claim) -> Result:
    """What was asked for is no longer the plan, and was not written: the newer change must be asked for."""
    set_aside(claim.attempt)
    document = claim.document
    document.state, document.not_before = State.POSTED, None
    document.save(update_fields=["state", "not_before"])
    return result(document, Verdict.REFUSED)


def amending(claim: Claim, not_before: datetime, problem: Problem | None) -> Result:
    """Nobody knows yet which revision stands there, or it could not be asked: the attempt stays open."""
    _leave_open(claim, problem)
    return _wait(claim.document, State.AMENDING, not_before, problem)


def amends_later(claim: Claim, not_before: datetime, problem: Problem) -> Result:
    """The ledger did not take the change up this time and said so; it is sent again later, if it is still wanted."""
    pending = _as_planned(claim.document)[0]
    if pending is None or pending.pk != claim.attempt.revision_id:
        return superseded(claim)
    _close(claim.attempt, Phase.REJECTED, problem, claim.trace_id)
    return _wait(claim.document, State.AMENDING, not_before, problem)


def stale(claim: Claim) -> None:
    """It had moved on since it was read, so nothing was written; it is read again under the same claim."""
    claim.was_stale = True
    claim.attempt.phase = Phase.CLAIMED
    claim.attempt.provider_trace_id = claim.trace_id or claim.attempt.provider_trace_id
    claim.attempt.save(update_fields=["phase", "provider_trace_id"])


def set_aside(attempt: PostingAttempt) -> None:
    """Nobody works on this attempt any more, and a newer change is asked for. What was sent may still have arrived."""
    _close(attempt, Phase.LOST if attempt.phase != Phase.CLAIMED else Phase.REJECTED)


def begins_again(claim: Claim, problem: Problem) -> Result:
    """It was deleted there, and a person wants it posted again, as it should be now, under a new epoch."""
    document, revision = claim.document, claim.attempt.revision
    gone = {"external_id": document.external_id, "number": document.number}
    _close(claim.attempt, Phase.REJECTED, problem, claim.trace_id)
    document.state, document.not_before = State.PLANNED, None
    pending = _as_planned(document)[0]
    document.pending_revision = None if pending is None or pending.pk == revision.pk else pending
    document.current_revision = revision
    document.epoch += 1
    document.external_id, document.external_version, document.written_version = "", "", ""
    document.as_written, document.read_back, document.read_back_at = {}, {}, None
    document.posted_at, document.posted_on = None, None
    set_problem(document, None)
    document.save()
    settle_alerts(not_amended_mark(document))
    publish("document.planned", document, hash=revision.hash, problem="")
    audit("document.begun_again", document, before=gone)
    return result(document, Verdict.WAITING)


_STANDS = (
    "state",
    "not_before",
    "current_revision",
    "external_version",
    "written_version",
    "as_written",
    "read_back",
    "read_back_at",
    "posted_on",
    "problem_code",
    "problem_params",
)


def _written(claim: Claim, version: str, found: Found | None) -> None:
    """What our own write left there. A document that was found need not be as we left it: then nothing is remembered."""
    document, revision = claim.document, claim.attempt.revision
    claim.here = found
    ours = found is None or comparing.same_books(revision, found.document)
    document.external_version, document.posted_on = version, revision.date
    document.written_version = version if ours else ""
    document.read_back, document.read_back_at = {}, None
    document.as_written = comparing.words(found) if found is not None and ours and document.amendable else {}


def _as_planned(document: LedgerDocument) -> tuple[DocumentRevision | None, DocumentRevision | None]:
    """The document's pending and current revision as planning has them by now; the row is locked."""
    rows = LedgerDocument.objects.select_for_update(of=("self",)).select_related("pending_revision", "current_revision")
    row = rows.get(pk=document.pk)
    return row.pending_revision, row.current_revision


def _keep_newer_plan(document: LedgerDocument, stands: DocumentRevision) -> None:
    """What was adopted may be older than the plan; a document that can be amended goes on from there."""
    pending, current = _as_planned(document)
    newer = current if document.amendable and current is not None and current.pk != stands.pk else None
    document.pending_revision = pending or newer


# ---------------------------------------------------------------- small change


def _leave_open(claim: Claim, problem: Problem | None) -> None:
    attempt = claim.attempt
    attempt.phase = Phase.UNKNOWN if attempt.phase != Phase.CLAIMED else Phase.CLAIMED
    attempt.claimed_until = None
    attempt.provider_trace_id = claim.trace_id or attempt.provider_trace_id
    set_problem(attempt, problem)
    attempt.save(update_fields=["phase", "claimed_until", "provider_trace_id", "problem_code", "problem_params"])


def _bound_to_another(document: LedgerDocument, external_id: str) -> str | None:
    same = LedgerDocument.objects.filter(
        ledger=document.ledger_id, document_type=document.document_type, external_id=external_id
    ).exclude(state=State.UNDONE)
    other = same.exclude(pk=document.pk).values_list("number", flat=True).first()
    return None if other is None else str(other)


def _close(attempt: PostingAttempt, phase: str, problem: Problem | None = None, trace_id: str = "") -> None:
    attempt.phase, attempt.ended_at, attempt.claimed_until = phase, clock.now(), None
    attempt.provider_trace_id = trace_id or attempt.provider_trace_id
    set_problem(attempt, problem)
    attempt.save(update_fields=["phase", "ended_at", "claimed_until", "provider_trace_id", "problem_code", "problem_params"])


def set_problem(row: LedgerDocument | PostingAttempt, problem: Problem | None) -> None:
    """Put a problem on a row, or take it off; the caller saves."""
    row.problem_code = "" if problem is None else problem.code
    row.problem_params = {} if problem is None else dict(problem.params)
