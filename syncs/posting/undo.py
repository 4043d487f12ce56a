"""Undoing: take our document out of the ledger again, and prove that it is gone.

The same steps as posting, last part first: claim, look, remove, record. The ledger is read before (a
document that somebody edited there is not thrown away silently) and after (absence is the proof).
Removing twice does no harm, so what is in doubt is simply looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import transaction

from canonical.problems import Problem, declare
from connections.contracts import Found, Outcome, OutcomeKind
from connections.errors import Action, Failure, FailureKind
from connections.models import Connection
from connections.retry import pause
from syncs import hooks, withdrawal
from syncs.changes import STANDING
from syncs.models import LedgerDocument, PostingAttempt
from syncs.posting import checks, claims, comparing, ledgers, reading, records
from syncs.posting.calls import part_order, turn
from syncs.posting.create import PARKED
from syncs.posting.ledgers import OpenLedger
from syncs.posting.records import Claim
from syncs.posting.results import Posting, Result, Verdict, result
from tenants import clock
from tenants.models import User
from tenants.news import publish

State = LedgerDocument.State
Phase = PostingAttempt.Phase

# A removal whose absence does not show yet is looked at again after this.
LOOK_AGAIN = timedelta(seconds=30)

NOT_POSTED = declare(
    "undo.not_posted",
    "%(number)s is not in the ledger, so there is nothing to undo.",
    "Nothing to do.",
)
EDITED_THERE = declare(
    "undo.edited_there",
    "%(number)s was edited in the ledger after it was posted, so it is not removed.",
    "Open it in the ledger and delete it there if you mean to; then undo it here.",
)
LATER_PART = declare(
    "undo.later_part",
    "%(number)s is followed by a part that still stands in the ledger.",
    "Undo the later part first, or all of it together.",
)


def undo(*, documents: Iterable[LedgerDocument], by: User | None = None, reason: str = "", correlation_id: str = "") -> Posting:
    """Remove documents from the ledger, the last part first. Afterwards they can be planned and posted again.

    One that waits for its ledger to fetch it is taken back before that; once it was fetched, it stands there first.
    """
    given = list(documents)
    results: dict[int, Result] = {}
    opened: dict[int, OpenLedger | Connection] = {}
    for document in sorted(given, key=part_order, reverse=True):
        ledger = opened.get(document.ledger_id)
        if ledger is None:
            connection = Connection.objects.get(pk=document.ledger_id)
            active = connection.state == Connection.State.ACTIVE
            ledger = ledgers.open_ledger(connection, correlation_id=correlation_id) if active else connection
            opened[document.ledger_id] = ledger
        results[document.pk] = _undo_one(ledger, document, by, reason)
    return Posting.of(results[document.pk] for document in given)


def _undo_one(ledger: OpenLedger | Connection, document: LedgerDocument, by: User | None, reason: str) -> Result:
    if isinstance(ledger, Connection):
        return result(document, Verdict.WAITING, None, clock.now() + PARKED)
    claim = _claim(document, by)
    if isinstance(claim, Result):
        return claim
    try:
        here = ledger.read(claim.document)
        if here is None:
            return _write(claim, lambda: _gone(claim, reason))
        if not comparing.same_books(claim.attempt.revision, here.document):
            return _write(claim, lambda: _kept(claim, Problem(EDITED_THERE, {"number": claim.document.number})))
        return _remove(ledger, claim, here, reason)
    except Failure as failure:
        settled = failure
        return _write(claim, lambda: _failed(claim, settled))


# ---------------------------------------------------------------- claim


def _claim(document: LedgerDocument, by: User | None) -> Claim | Result:
    with transaction.atomic(durable=True):
        locked = claims.lock([document]).get(document.pk)
        got = result(document, Verdict.BUSY) if locked is None else _claim_locked(locked, by)
        hooks.at("undo_claiming")
    hooks.at("undo_claimed")
    return got


def _claim_locked(document: LedgerDocument, by: User | None) -> Claim | Result:
    now = clock.now()
    if document.state in (State.POSTING, State.UNKNOWN) and withdrawal.take_back(document):
        return _undone_before(document)
    refused = _refusal(document)
    if refused is not None:
        return refused
    attempt = claims.open_attempt(document)
    if attempt is not None and claims.is_leased(attempt, now):
        return result(document, Verdict.BUSY, not_before=attempt.claimed_until)
    if attempt is not None and attempt.action == PostingAttempt.Action.UPDATE:
        if attempt.phase != Phase.CLAIMED:  # it is not known yet what stands there: that is found out first
            return result(document, Verdict.WAITING, None, document.not_before)
        records.set_aside(attempt)
        attempt = None
    if document.state == State.AMENDING:
        document.not_before = None  # the change waited; it is not wanted any more
    if document.not_before is not None and document.not_before > now:
        return result(document, Verdict.WAITING, None, document.not_before)
    worker = claims.worker_name()
    key = ledgers.request_id(document, PostingAttempt.Action.DELETE)
    if attempt is None:
        attempt = claims.new_attempt(document, PostingAttempt.Action.DELETE, key, worker, by=by)
    else:
        attempt = claims.take_over(attempt, worker)
    document.state = State.UNDOING
    document.save(update_fields=["state", "not_before"])
    return Claim(document, attempt, doubtful=attempt.phase != Phase.CLAIMED)


def _undone_before(document: LedgerDocument) -> Result:
    """It was taken back before it ever reached the ledger."""
    document.state, document.not_before = State.UNDONE, None
    document.save(update_fields=["state", "not_before"])
    publish("document.undone", document, external_id="", number=document.number)
    return result(document, Verdict.UNDONE)


def _refusal(document: LedgerDocument) -> Result | None:
    if document.state == State.UNDONE:
        return result(document, Verdict.UNDONE)
    if withdrawal.is_out(document):
        return result(document, Verdict.WAITING, Problem(document.problem_code, document.problem_params), document.not_before)
    if document.state not in (*STANDING, State.UNDOING):
        return result(document, Verdict.REFUSED, Problem(NOT_POSTED, {"number": document.number}))
    later = LedgerDocument.objects.filter(
        ledger=document.ledger_id, source=document.source_id, source_ref=document.source_ref, source_kind=document.source_kind
    ).filter(state__in=[State.POSTING, State.UNKNOWN, *STANDING, State.UNDOING])
    after = [other.state for other in later.exclude(pk=document.pk) if turn(other) > turn(document)]
    if after and all(state == State.UNDOING for state in after):  # on their way out already: this one's turn comes after them
        return result(document, Verdict.BEHIND)
    if after:
        return result(document, Verdict.REFUSED, Problem(LATER_PART, {"number": document.number}))
    locked = checks.period_problem(document, document.posted_on) if document.posted_on else None
    return result(document, Verdict.REFUSED, locked) if locked else None


# ---------------------------------------------------------------- remove


def _remove(ledger: OpenLedger, claim: Claim, here: Found, reason: str) -> Result:
    if not _mark_sent(claim):
        return records.as_it_stands(claim.document)
    hooks.at("undo_sent")
    outcome = _call(ledger, claim, here)
    claim.trace_id = outcome.trace_id
    hooks.at("undo_answered")
    if isinstance(outcome, Failure):
        return _write(claim, lambda: _failed(claim, outcome))
    if outcome.kind is OutcomeKind.REJECTED:
        return _write(claim, lambda: _kept(claim, outcome.problem or Problem(EDITED_THERE, {"number": claim.document.number})))
    if ledger.read(claim.document) is None:
        return _write(claim, lambda: _gone(claim, reason))
    return _write(claim, lambda: _wait(claim, LOOK_AGAIN, outcome.problem))


def _call(ledger: OpenLedger, claim: Claim, here: Found) -> Outcome | Failure:
    try:
        return ledger.remove(claim.document, here.external_version)
    except Failure as failure:
        in_doubt = failure.kind in (FailureKind.UNKNOWN_OUTCOME, FailureKind.NOT_FOUND, FailureKind.STALE)
        return Outcome(OutcomeKind.UNKNOWN, problem=failure.problem, trace_id=failure.trace_id) if in_doubt else failure


def _mark_sent(claim: Claim) -> bool:
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return False
        now = clock.now()
        claim.attempt.phase, claim.attempt.sent_at = Phase.SENT, claim.attempt.sent_at or now
        claim.attempt.claimed_until = now + claims.lease()
        claim.attempt.save(update_fields=["phase", "sent_at", "claimed_until"])
        hooks.at("undo_sending")
    return True


# ---------------------------------------------------------------- record


def _write(claim: Claim, change: Callable[[], Result]) -> Result:
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return records.as_it_stands(claim.document)
        hooks.at("undo_recording")
        settled = change()
    hooks.at("undo_recorded")
    return settled


def _gone(claim: Claim, reason: str) -> Result:
    reading.forget_marks(claim.document)
    return records.undone(claim, reason)


def _kept(claim: Claim, problem: Problem) -> Result:
    return records.not_undone(claim, problem)


def _wait(claim: Claim, span: timedelta, problem: Problem | None) -> Result:
    return records.undoing(claim, clock.now() + span, problem)


def _failed(claim: Claim, failure: Failure) -> Result:
    if failure.action in (Action.RETRY, Action.REFRESH, Action.LOOK, Action.WAIT):
        return _wait(claim, pause(failure, claim.attempt.number), failure.problem)
    if failure.action is Action.RECONNECT:
        return _wait(claim, PARKED, failure.problem)
    return _kept(claim, failure.problem)
