"""Posting: claim, find, post, record, read back; each step its own short commit, no call inside any of them.

A later part of a source is not sent before the earlier stands in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction

from canonical.problems import Problem, declare
from connections import errors
from connections.contracts import Outcome, OutcomeKind, PostRequest
from connections.errors import Action, Failure, FailureKind
from connections.models import Connection
from syncs import hooks
from syncs.documents import STANDING
from syncs.models import LedgerDocument, PostingAttempt
from syncs.posting import calls, checks, claims, doubt, ledgers, proof, records
from syncs.posting.doubt import again_at
from syncs.posting.ledgers import OpenLedger
from syncs.posting.records import Claim
from syncs.posting.results import Posting, Result, Verdict, result
from tenants import clock
from tenants.models import User

State = LedgerDocument.State
Phase = PostingAttempt.Phase

# A ledger that is paused, or must be reconnected, is looked at again this often.
PARKED = timedelta(minutes=15)

# Trouble that passes and is no bug: the leases run out and the next worker goes on.
PASSING = (OperationalError, InterfaceError, SoftTimeLimitExceeded)

BUG = declare(
    "posting.bug",
    "Something went wrong on our side while posting %(number)s (%(error)s).",
    "Nothing was posted by this. Release it to try again; if it comes back, send support the document's number.",
)
FOREIGN_DUPLICATE = declare(
    "posting.foreign_duplicate",
    "The ledger already has another document with the number %(number)s, and it is not ours.",
    "Change that document's number in the ledger, then release this one.",
)
NOT_CONNECTED = declare(
    "posting.not_connected",
    "%(ledger)s is not connected at the moment (%(state)s).",
    "Open Connections and reconnect or resume it. The posting goes on by itself afterwards.",
)
# Failures after which a document may stand in the ledger all the same.
IN_DOUBT = {
    FailureKind.UNKNOWN_OUTCOME,
    FailureKind.MALFORMED,
    FailureKind.UNAVAILABLE,
    FailureKind.STALE,
}


def post(
    *, documents: Iterable[LedgerDocument], shown: Mapping[str, str], by: User | None = None, correlation_id: str = ""
) -> Posting:
    """Post documents, each exactly once however often this is called.

    `shown` maps a document's public_id to the revision hash that was shown; a document that has changed
    since is refused. Raises nothing for one document's sake: every document gets a Result.
    """
    given = list(documents)
    results: dict[int, Result] = {}
    for connection, group in calls.by_ledger(given):
        if connection.state != Connection.State.ACTIVE:
            results |= {document.pk: parked(document, connection) for document in group}
            continue
        ledger = ledgers.open_ledger(connection, correlation_id=correlation_id)
        hooks.at("checked")
        for wave in calls.waves(group):
            behind = _behind(wave)
            results |= {document.pk: result(document, Verdict.BEHIND) for document in wave if document.pk in behind}
            ready = [document for document in wave if document.pk not in behind]
            for some in calls.callfuls(ready, ledger.batch):
                results |= {each.document_id: each for each in _post_some(ledger, some, shown, by)}
    return Posting.of(results[document.pk] for document in given)


def _behind(documents: Sequence[LedgerDocument]) -> set[int]:
    """Those of which an earlier part of the same source does not stand in the ledger yet."""
    missing = calls.siblings(documents).exclude(state__in=[*STANDING, State.UNDONE])
    return calls.later_than(documents, missing)


# ---------------------------------------------------------------- one call's worth


def _post_some(
    ledger: OpenLedger, documents: Sequence[LedgerDocument], shown: Mapping[str, str], by: User | None
) -> list[Result]:
    claimed, results = claims.claim(documents, shown=shown, by=by)
    try:
        results += _carry(ledger, claimed)
    except PASSING:
        raise
    except Exception as error:
        _hold_after_bug(claimed, error)
        raise
    posted = {each.document_id for each in results if each.verdict is Verdict.POSTED}
    proof.read_back(ledger, [claim for claim in claimed if claim.document.pk in posted])
    return results


def _carry(ledger: OpenLedger, claimed: Sequence[Claim]) -> list[Result]:
    """Ask for what is in doubt, send what is surely not there, ask once more for what got lost on the way."""
    results, doubtful = _ask_again(ledger, [claim for claim in claimed if claim.doubtful])
    settled, absent = doubt.settle(ledger, doubtful)
    results += settled
    ready: list[Claim] = []
    for claim in [*(claim for claim in claimed if not claim.doubtful), *absent]:
        stopped = _stop_at_obstacle(ledger, claim)
        results.append(stopped) if stopped else ready.append(claim)
    more, in_doubt = _recorded(_send(ledger, ready))
    again, absent = doubt.settle(ledger, in_doubt)
    return [*results, *more, *again, *(_set_down(claim) for claim in absent)]


def _ask_again(ledger: OpenLedger, doubtful: Sequence[Claim]) -> tuple[list[Result], list[Claim]]:
    """Of a ledger that remembers what was asked: what became of it? Results, and the claims that it cannot tell of.

    What was sent is sent under the same key, so that nothing can go out twice, whoever was killed in between.
    """
    asked = [claim for claim in doubtful if ledger.remembers and claim.sent_at is not None]
    left = [claim for claim in doubtful if claim not in asked]
    if not asked:
        return [], left
    requests = [ledgers.request_for(claim.document, claim.attempt.revision, ledger) for claim in asked]
    results, unknown = _recorded(zip(asked, _call(ledger, requests), strict=True))
    return results, [*left, *unknown]


def _recorded(outcomes: Iterable[tuple[Claim, Outcome | Failure | Result]]) -> tuple[list[Result], list[Claim]]:
    """Write each outcome down; apart from them the claims whose outcome is unknown."""
    results: list[Result] = []
    in_doubt: list[Claim] = []
    for claim, outcome in outcomes:
        settled = _record(claim, outcome)
        results.append(settled) if settled else in_doubt.append(claim)
    return results, in_doubt


def _set_down(claim: Claim) -> Result:
    """The call alone took longer than the confirm window: the document surely never arrived, and is sent next time."""
    with transaction.atomic(durable=True):
        return records.set_down(claim) if records.still_mine(claim) else records.as_it_stands(claim.document)


def _stop_at_obstacle(ledger: OpenLedger, claim: Claim) -> Result | None:
    problem = checks.obstacle(claim.document, claim.attempt.revision, ledger)
    if problem is None:
        return None
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return records.as_it_stands(claim.document)
        return records.rejected(claim, problem, refused_there=False)


# ---------------------------------------------------------------- send


def _send(ledger: OpenLedger, ready: Sequence[Claim]) -> Iterator[tuple[Claim, Outcome | Failure | Result]]:
    """The one place where a document leaves the house. `sent` is committed before, nothing is open during the call."""
    together = [claim for claim in ready if not claim.alone]
    for calling in [together, *([claim] for claim in ready if claim.alone)]:
        if not calling:
            continue
        requests = {claim.attempt.pk: ledgers.request_for(claim.document, claim.attempt.revision, ledger) for claim in calling}
        going = _mark_sent(calling)
        hooks.at("sent")
        yield from ((claim, records.as_it_stands(claim.document)) for claim in calling if claim not in going)
        if going:
            yield from zip(going, _call(ledger, [requests[claim.attempt.pk] for claim in going]), strict=True)


def _call(ledger: OpenLedger, requests: Sequence[PostRequest]) -> Sequence[Outcome | Failure]:
    try:
        outcomes: Sequence[Outcome | Failure] = ledger.post(requests)
    except Failure as failure:
        outcomes = [failure] * len(requests)
    hooks.at("answered")
    return outcomes


def _mark_sent(ready: Sequence[Claim]) -> list[Claim]:
    """Say `sent` for every claim that is still ours; a worker that slept through its lease sends nothing."""
    going = []
    with transaction.atomic(durable=True):
        for claim in ready:
            now = clock.now()
            mine = PostingAttempt.objects.filter(pk=claim.attempt.pk, phase=Phase.CLAIMED, claimed_by=claim.attempt.claimed_by)
            if mine.update(phase=Phase.SENT, sent_at=now, claimed_until=now + claims.lease()):
                claim.attempt.phase, claim.attempt.sent_at = Phase.SENT, now
                going.append(claim)
        hooks.at("sending")
    return going


# ---------------------------------------------------------------- record


def _record(claim: Claim, outcome: Outcome | Failure | Result) -> Result | None:
    """Write down an outcome; None when it is unknown and the ledger is to be asked."""
    if isinstance(outcome, Result):
        return outcome
    if _is_in_doubt(claim, outcome):
        claim.problem, claim.trace_id = outcome.problem, outcome.trace_id
        return None
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return records.as_it_stands(claim.document)
        hooks.at("recording")
        settled = _record_failure(claim, outcome) if isinstance(outcome, Failure) else _record_outcome(claim, outcome)
    hooks.at("recorded")
    return settled


def _is_in_doubt(claim: Claim, outcome: Outcome | Failure) -> bool:
    if not isinstance(outcome, Failure):
        return outcome.kind is OutcomeKind.UNKNOWN
    if outcome.kind is FailureKind.DUPLICATE:
        # The first time it may be our own, not visible yet; when it was looked for in vain before, it is not ours.
        return not ledgers.times_lost(claim.document, claim.attempt.provider_key)
    return outcome.kind in IN_DOUBT


def _record_outcome(claim: Claim, outcome: Outcome) -> Result:
    if outcome.kind is OutcomeKind.REJECTED:
        problem = outcome.problem or Problem(errors.REJECTED, {"provider": claim.document.ledger.name, "detail": "?"})
        return records.rejected(claim, problem, trace_id=outcome.trace_id)
    return records.posted(
        claim,
        external_id=outcome.external_id,
        version=outcome.external_version,
        number=outcome.number,
        phase=Phase.DONE if outcome.kind is OutcomeKind.CREATED else Phase.FOUND,
        trace_id=outcome.trace_id,
        found=outcome.found,
    )


def _record_failure(claim: Claim, failure: Failure) -> Result:
    """The ledger, or our own door before it, said no for certain: nothing was taken. Or it waits to be fetched."""
    if failure.action is Action.WAIT:
        return records.handed_over(claim, again_at(claim, failure), failure.problem)
    if failure.action in (Action.RETRY, Action.REFRESH):
        return records.turned_away(claim, again_at(claim, failure), failure.problem, trace_id=failure.trace_id)
    if failure.kind is FailureKind.DUPLICATE:
        return records.rejected(claim, Problem(FOREIGN_DUPLICATE, {"number": claim.document.number}), trace_id=failure.trace_id)
    if failure.action is Action.RECONNECT:
        return records.turned_away(claim, clock.now() + PARKED, failure.problem, trace_id=failure.trace_id)
    return records.rejected(claim, failure.problem, trace_id=failure.trace_id)


def parked(document: LedgerDocument, connection: Connection) -> Result:
    """Nothing is asked of a ledger that is paused or must be reconnected; what was begun waits."""
    problem = Problem(NOT_CONNECTED, {"ledger": connection.name, "state": str(connection.get_state_display())})
    return result(document, Verdict.WAITING, problem, clock.now() + PARKED)


def _hold_after_bug(claimed: Sequence[Claim], error: Exception) -> None:
    """Our own mistake must not loop: what was not sent is held; what was sent is in doubt and asked for later."""
    for claim in claimed:
        with transaction.atomic(durable=True):
            if not records.still_mine(claim):
                continue
            problem = Problem(BUG, {"number": claim.document.number, "error": type(error).__name__})
            if claim.sent_at is None:
                records.rejected(claim, problem, refused_there=False)
            else:
                records.unknown(claim, claim.sent_at + claims.confirm_window(), problem)
