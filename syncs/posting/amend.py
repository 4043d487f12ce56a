"""Amending: a document that stands in the ledger is made to say what it should say by now, once.

Claim, read, compare, send, record. What stands in the ledger is read before anything is sent: a person's
edit there is never written over silently. The update names the version that was read, so the ledger itself
refuses it when somebody was faster; then it is read again. An answer that was lost is settled by reading
too: it says the new revision, or it does not, and an update of that version can arrive only once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from canonical.problems import Problem, declare
from connections import errors
from connections.contracts import Found, Outcome, OutcomeKind, PostRequest
from connections.errors import Action, Failure, FailureKind
from connections.models import Connection
from connections.retry import backoff, pause
from syncs import hooks
from syncs.documents import STANDING
from syncs.models import DocumentRevision, LedgerDocument, PostingAttempt
from syncs.posting import calls, checks, claims, comparing, create, ledgers, proof, records
from syncs.posting.comparing import Standing
from syncs.posting.doubt import KEEPS_VANISHING, MOST_LOST
from syncs.posting.ledgers import OpenLedger
from syncs.posting.records import Claim
from syncs.posting.results import Posting, Result, Verdict, result
from tenants import clock
from tenants.models import User

State = LedgerDocument.State
Phase = PostingAttempt.Phase
UPDATE = PostingAttempt.Action.UPDATE

# How often in one go an update is tried that somebody else's was faster than.
MOST_STALE = 3

NOT_STANDING = declare(
    "amend.not_standing",
    "%(number)s is not in the ledger, so there is nothing to update.",
    "Post it instead.",
)
EDITED_THERE = declare(
    "amend.edited_there",
    "%(number)s was edited in the ledger (%(what)s), so the change of its order was not sent.",
    "Leave it as it is in the ledger, or write over the edit knowingly.",
)
DELETED_THERE = declare(
    "amend.deleted_there",
    "%(number)s was deleted in the ledger, so the change of its order was not sent.",
    "Leave it deleted, or post it again as it should be now.",
)
ALWAYS_STALE = declare(
    "amend.always_stale",
    "%(number)s is being changed in the ledger by somebody else at this moment.",
    "Nothing to do: it is read again and updated a little later.",
)


def amend(
    *,
    documents: Iterable[LedgerDocument],
    shown: Mapping[str, str],
    by: User | None = None,
    overwrite: bool = False,
    correlation_id: str = "",
) -> Posting:
    """Send the pending revisions of posted documents, each exactly once however often this is called.

    `shown` maps a document's public_id to the hash of the pending revision that was shown. `overwrite` is a
    person's word for one who has seen the edit: what somebody changed in the ledger is written over, what
    they deleted is posted again. Raises nothing for one document's sake: every document gets a Result.
    """
    given = list(documents)
    results: dict[int, Result] = {}
    for connection, group in calls.by_ledger(given):
        if connection.state != Connection.State.ACTIVE:
            results |= {document.pk: create.parked(document, connection) for document in group}
            continue
        ledger = ledgers.open_ledger(connection, correlation_id=correlation_id)
        hooks.at("amend_checked")
        for wave in calls.waves(group):
            behind = _behind(wave)
            results |= {document.pk: result(document, Verdict.BEHIND) for document in wave if document.pk in behind}
            ready = [document for document in wave if document.pk not in behind]
            for some in calls.callfuls(ready, ledger.batch):
                results |= {each.document_id: each for each in _amend_some(ledger, some, shown, by, overwrite)}
    posting = Posting.of(results[document.pk] for document in given)
    return _post_again(posting, shown, by, correlation_id) if overwrite else posting


def go_on(documents: Sequence[LedgerDocument]) -> Posting:
    """Finish amendments that were begun: what was asked for was asked for as it stood then."""
    shown = {}
    for document in documents:
        attempt = claims.open_attempt(document)
        revision = attempt.revision if attempt else document.pending_revision
        shown[document.public_id] = revision.hash if revision else ""
    return amend(documents=documents, shown=shown)


def _behind(documents: Sequence[LedgerDocument]) -> set[int]:
    """Those of which an earlier part of the same source has a change of its own to be sent first."""
    changing = calls.siblings(documents).filter(pending_revision__isnull=False, state__in=STANDING)
    return calls.later_than(documents, changing)


def _post_again(posting: Posting, shown: Mapping[str, str], by: User | None, correlation_id: str) -> Posting:
    """What was deleted in the ledger and is wanted there again has become a planned document, and is posted."""
    begun = [each.document_id for each in posting.results if each.verdict is Verdict.WAITING]
    planned = LedgerDocument.objects.filter(pk__in=begun, state=State.PLANNED).select_related("current_revision")
    again = create.post(documents=planned, shown=shown, by=by, correlation_id=correlation_id)
    posted = {each.document_id: each for each in again.results}
    return Posting.of(posted.get(each.document_id, each) for each in posting.results)


# ---------------------------------------------------------------- claim


def _amend_some(
    ledger: OpenLedger, documents: Sequence[LedgerDocument], shown: Mapping[str, str], by: User | None, overwrite: bool
) -> list[Result]:
    claimed, results = _claim(documents, shown, by)
    try:
        results += _carry(ledger, claimed, overwrite)
    except create.PASSING:
        raise
    except Exception as error:
        _hold_after_bug(claimed, error)
        raise
    amended = {each.document_id for each in results if each.verdict is Verdict.AMENDED}
    proof.read_back(ledger, [claim for claim in claimed if claim.document.pk in amended])
    return results


def _claim(documents: Sequence[LedgerDocument], shown: Mapping[str, str], by: User | None) -> tuple[list[Claim], list[Result]]:
    claimed: list[Claim] = []
    results: list[Result] = []
    worker = claims.worker_name()
    with transaction.atomic(durable=True):
        locked = claims.lock(documents)
        for given in documents:
            document = locked.get(given.pk)
            got = result(given, Verdict.BUSY) if document is None else _claim_one(document, shown, by, worker)
            claimed.append(got) if isinstance(got, Claim) else results.append(got)
        hooks.at("amend_claiming")
    hooks.at("amend_claimed")
    return claimed, results


def _claim_one(document: LedgerDocument, shown: Mapping[str, str], by: User | None, worker: str) -> Claim | Result:
    attempt = claims.open_attempt(document)
    revision = _asked_for(document, attempt, shown.get(document.public_id, ""))
    if isinstance(revision, Result):
        return revision
    if attempt is not None and claims.is_leased(attempt, clock.now()):
        return result(document, Verdict.BUSY, not_before=attempt.claimed_until)
    if document.state == State.AMENDING and document.not_before is not None and document.not_before > clock.now():
        return result(document, Verdict.WAITING, None, document.not_before)
    if attempt is not None and attempt.revision_id != revision.pk:
        records.set_aside(attempt)
        attempt = None
    key = ledgers.update_id(document, revision, document.external_version, _refusals(document, revision))
    doubtful = attempt is not None and attempt.phase != Phase.CLAIMED
    attempt = (
        claims.take_over(attempt, worker)
        if attempt
        else claims.new_attempt(document, UPDATE, key, worker, revision=revision, by=by)
    )
    document.state = State.AMENDING
    document.save(update_fields=["state"])
    return Claim(document, attempt, doubtful)


def _asked_for(document: LedgerDocument, attempt: PostingAttempt | None, shown: str) -> DocumentRevision | Result:
    """The revision that is to be sent, or why none is."""
    if document.state in (State.POSTING, State.UNKNOWN):
        return result(document, Verdict.WAITING, None, document.not_before)
    if document.state not in STANDING:
        return result(document, Verdict.REFUSED, Problem(NOT_STANDING, {"number": document.number}))
    pending: DocumentRevision | None = document.pending_revision
    if pending is not None and pending.hash == shown:
        return pending
    if attempt is not None and attempt.revision.hash == shown:
        going: DocumentRevision = attempt.revision
        return going
    if pending is None:
        return result(document, Verdict.ALREADY)
    return result(document, Verdict.REFUSED, checks.stale(document, pending, shown))


def _refusals(document: LedgerDocument, revision: DocumentRevision) -> int:
    refused = PostingAttempt.objects.filter(document=document, action=UPDATE, revision=revision, phase=Phase.REJECTED)
    return refused.filter(sent_at__isnull=False).count()


# ---------------------------------------------------------------- carry


def _carry(ledger: OpenLedger, claimed: Sequence[Claim], overwrite: bool) -> list[Result]:
    """Read, compare, send; and once more for those that somebody was faster with, or whose answer was lost."""
    results, going = _ask_again(ledger, claimed)
    for _turn in range(MOST_STALE):
        if not going:
            return results
        ready, settled = _look(ledger, going, overwrite)
        results += settled
        going = []
        for claim, outcome in _send(ledger, ready):
            done = _record(claim, outcome)
            going.append(claim) if done is None else results.append(done)
    lost = [claim for claim in going if claim.doubtful]
    results += _look(ledger, lost, overwrite)[1]
    return [*results, *(_wait_for_calm(claim) for claim in going if not claim.doubtful)]


def _ask_again(ledger: OpenLedger, claimed: Sequence[Claim]) -> tuple[list[Result], list[Claim]]:
    """Of a ledger that remembers what was asked: what became of the updates that went out? Results, and the claims that
    are to be looked at."""
    asked = [claim for claim in claimed if ledger.remembers and claim.doubtful and claim.attempt.provider_key]
    results: list[Result] = []
    going = [claim for claim in claimed if claim not in asked]
    for claim in asked:
        done = _record(claim, _ask(ledger, claim))
        going.append(claim) if done is None else results.append(done)
    return results, going


def _ask(ledger: OpenLedger, claim: Claim) -> Outcome | Failure:
    document, attempt = claim.document, claim.attempt
    request = ledgers.update_for(
        document, attempt.revision, ledger, version=document.external_version, request_id=attempt.provider_key
    )
    try:
        return ledger.post([request])[0]
    except Failure as failure:
        return failure


def _look(ledger: OpenLedger, going: Sequence[Claim], overwrite: bool) -> tuple[list[Claim], list[Result]]:
    """Read what stands in the ledger now, and what follows from it: claims to be sent, and results."""
    try:
        here = _read(ledger, going)
    except Failure as failure:
        return [], [_write(claim, partial(_not_read, claim, failure)) for claim in going]
    hooks.at("amend_looked")
    ready: list[Claim] = []
    results: list[Result] = []
    for claim in going:
        follows = _follows(ledger, claim, here[claim.document.pk], overwrite)
        ready.append(follows) if isinstance(follows, Claim) else results.append(follows)
    return ready, results


def _read(ledger: OpenLedger, going: Sequence[Claim]) -> dict[int, Found | None]:
    """One query for all; but of what was stale a moment ago, a query might show the past once more."""
    surely = [claim.document for claim in going if claim.was_stale]
    here = proof.read_many(ledger, [claim.document for claim in going if not claim.was_stale])
    return here | {document.pk: ledger.read(document) for document in surely}


def _follows(ledger: OpenLedger, claim: Claim, here: Found | None, overwrite: bool) -> Claim | Result:
    """What follows from what stands there: done already, to be sent, or not to be touched."""
    document, claim.here = claim.document, here
    if here is None:
        return _write(claim, lambda: _gone(claim, overwrite))
    judged = comparing.judge(document, claim.attempt.revision, _sent_before(document), here)
    if judged.standing is Standing.NEW:
        return _write(claim, lambda: records.amended(claim, version=here.external_version, phase=Phase.FOUND, found=here))
    if judged.standing is Standing.EDITED and not overwrite:
        edited = Problem(EDITED_THERE, {"number": document.number, "what": judged.what})
        return _write(claim, lambda: records.not_amended(claim, edited))
    claim.over = judged.what
    if claim.attempt.phase == Phase.SENT:  # its answer was lost a moment ago, and it has not arrived
        return _write(claim, lambda: records.amending(claim, _again_at(claim), claim.problem))
    obstacle = checks.obstacle(document, claim.attempt.revision, ledger) or _period_of_posted(document)
    return _next(claim, obstacle)


def _next(claim: Claim, obstacle: Problem | None) -> Claim | Result:
    """It is to be sent, if it is still wanted and nothing stands in the way."""
    document = claim.document
    if document.pending_revision_id != claim.attempt.revision_id:
        return _write(claim, lambda: records.superseded(claim))
    if obstacle is not None:
        return _write(claim, lambda: records.not_amended(claim, obstacle))
    if not claim.doubtful:
        return claim
    follows: list[Claim] = []

    def once_more() -> Result:
        found = _once_more(claim)
        if isinstance(found, Result):
            return found
        follows.append(found)
        return result(document, Verdict.WAITING)

    settled = _write(claim, once_more)
    return follows[0] if follows else settled


def _once_more(claim: Claim) -> Claim | Result:
    """An update that never arrived is sent again under a new attempt; there is an end to it."""
    document, before = claim.document, claim.attempt
    lost = PostingAttempt.objects.filter(document=document, action=UPDATE, revision=before.revision, phase=Phase.LOST)
    if lost.count() + 1 >= MOST_LOST:
        return records.not_amended(claim, Problem(KEEPS_VANISHING, {"number": document.number, "times": MOST_LOST}))
    records.lost(claim)
    claim.attempt = claims.new_attempt(
        document, UPDATE, before.provider_key, before.claimed_by, revision=before.revision, by=before.by
    )
    claim.doubtful = False
    return claim


def _gone(claim: Claim, overwrite: bool) -> Result:
    document = claim.document
    problem = Problem(DELETED_THERE, {"number": document.number})
    visible_at = document.posted_at + claims.confirm_window() if document.posted_at else clock.now()
    if clock.now() < visible_at:  # so new that it need not show yet
        return records.amending(claim, visible_at, problem)
    return records.begins_again(claim, problem) if overwrite else records.not_amended(claim, problem)


def _sent_before(document: LedgerDocument) -> list[DocumentRevision]:
    """Revisions that went out since the last update that we know the end of, and may have arrived."""
    tried = PostingAttempt.objects.filter(document=document).order_by("-number").select_related("revision")
    found: list[DocumentRevision] = []
    for attempt in tried:
        if attempt.action != UPDATE or attempt.phase in (Phase.DONE, Phase.FOUND):
            break
        if attempt.sent_at is not None and attempt.phase in (Phase.SENT, Phase.UNKNOWN, Phase.LOST):
            found.append(attempt.revision)
    return found


def _period_of_posted(document: LedgerDocument) -> Problem | None:
    """Moving a document out of a locked period changes that period too."""
    return checks.period_problem(document, document.posted_on) if document.posted_on else None


# ---------------------------------------------------------------- send


def _send(ledger: OpenLedger, ready: Sequence[Claim]) -> list[tuple[Claim, Outcome | Failure | Result]]:
    """`sent` is committed before the call, nothing is open during it."""
    if not ready:
        return []
    requests = {claim.attempt.pk: _request(ledger, claim) for claim in ready}
    going = _mark_sent(ready)
    hooks.at("amend_sent")
    left: list[tuple[Claim, Outcome | Failure | Result]] = [
        (claim, records.as_it_stands(claim.document)) for claim in ready if claim not in going
    ]
    if not going:
        return left
    outcomes: Sequence[Outcome | Failure]
    try:
        outcomes = ledger.post([requests[claim.attempt.pk] for claim in going])
    except Failure as failure:
        outcomes = [failure] * len(going)
    hooks.at("amend_answered")
    return [*left, *zip(going, outcomes, strict=True)]


def _request(ledger: OpenLedger, claim: Claim) -> PostRequest:
    assert claim.here is not None  # noqa: S101 - only what was read is sent
    document, revision, version = claim.document, claim.attempt.revision, claim.here.external_version
    claim.attempt.provider_key = ledgers.update_id(document, revision, version, _refusals(document, revision))
    return ledgers.update_for(document, revision, ledger, version=version, request_id=claim.attempt.provider_key)


def _mark_sent(ready: Sequence[Claim]) -> list[Claim]:
    """Say `sent` for every claim that is still ours; a worker that slept through its lease sends nothing."""
    going = []
    with transaction.atomic(durable=True):
        for claim in ready:
            if not records.still_mine(claim):
                continue
            attempt, now = claim.attempt, clock.now()
            attempt.phase, attempt.sent_at, attempt.claimed_until = Phase.SENT, now, now + claims.lease()
            attempt.save(update_fields=["phase", "sent_at", "claimed_until", "provider_key"])
            going.append(claim)
        hooks.at("amend_sending")
    return going


# ---------------------------------------------------------------- record


def _record(claim: Claim, outcome: Outcome | Failure | Result) -> Result | None:
    """Write down an outcome; None when what stands there must be read again."""
    if isinstance(outcome, Result):
        return outcome
    claim.trace_id = outcome.trace_id
    if _is_in_doubt(outcome):
        claim.doubtful, claim.problem = True, outcome.problem
        return None
    if _is_stale(outcome):
        return _write_stale(claim)
    if isinstance(outcome, Failure):
        return _write(claim, partial(_turned_away, claim, outcome))
    if outcome.kind is OutcomeKind.REJECTED:
        problem = outcome.problem or Problem(errors.REJECTED, {"provider": claim.document.ledger.name, "detail": "?"})
        return _write(claim, partial(records.not_amended, claim, problem))
    amended = partial(records.amended, claim, version=outcome.external_version, phase=Phase.DONE)
    return _write(claim, partial(amended, external_id=outcome.external_id, found=outcome.found))


def _is_in_doubt(outcome: Outcome | Failure) -> bool:
    if isinstance(outcome, Failure):
        return outcome.kind in create.IN_DOUBT - {FailureKind.STALE}
    return outcome.kind in (OutcomeKind.UNKNOWN, OutcomeKind.EXISTS)  # that it exists does not say that it was changed


def _is_stale(outcome: Outcome | Failure) -> bool:
    """It moved on, or went, since it was read: for certain nothing was written."""
    if isinstance(outcome, Failure):
        return outcome.kind in (FailureKind.STALE, FailureKind.NOT_FOUND)
    return outcome.kind is OutcomeKind.STALE


def _write_stale(claim: Claim) -> Result | None:
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return records.as_it_stands(claim.document)
        hooks.at("amend_recording")
        claim.doubtful = False
        records.stale(claim)
    hooks.at("amend_recorded")
    return None


def _write(claim: Claim, change: Callable[[], Result]) -> Result:
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return records.as_it_stands(claim.document)
        hooks.at("amend_recording")
        settled = change()
    hooks.at("amend_recorded")
    return settled


def _not_read(claim: Claim, failure: Failure) -> Result:
    """The ledger could not be asked: nothing is sent, and what was sent before stays in doubt."""
    claim.trace_id = failure.trace_id or claim.trace_id
    if failure.action is Action.HOLD and claim.attempt.phase == Phase.CLAIMED:
        return records.not_amended(claim, failure.problem)
    return records.amending(claim, _again_at(claim, failure), failure.problem)


def _turned_away(claim: Claim, failure: Failure) -> Result:
    """The ledger, or our own door before it, said no for certain: nothing was written."""
    if failure.action is Action.WAIT:
        return records.handed_over(claim, _again_at(claim, failure), failure.problem)
    if failure.action in (Action.RETRY, Action.REFRESH, Action.RECONNECT):
        return records.amends_later(claim, _again_at(claim, failure), failure.problem)
    return records.not_amended(claim, failure.problem)


def _again_at(claim: Claim, failure: Failure | None = None) -> datetime:
    if failure is not None and failure.action is Action.RECONNECT:
        return clock.now() + create.PARKED
    return clock.now() + (pause(failure, claim.attempt.number) if failure else backoff(claim.attempt.number))


def _wait_for_calm(claim: Claim) -> Result:
    """Somebody was faster every time: a little later."""
    problem = Problem(ALWAYS_STALE, {"number": claim.document.number})
    return _write(claim, lambda: records.amends_later(claim, _again_at(claim), problem))


def _hold_after_bug(claimed: Sequence[Claim], error: Exception) -> None:
    """Our own mistake must not loop: what was not sent is told; what was sent is read later."""
    for claim in claimed:
        problem = Problem(create.BUG, {"number": claim.document.number, "error": type(error).__name__})
        with transaction.atomic(durable=True):
            if not records.still_mine(claim):
                continue
            if claim.attempt.phase == Phase.CLAIMED:
                records.not_amended(claim, problem)
            else:
                records.amending(claim, _again_at(claim), problem)
