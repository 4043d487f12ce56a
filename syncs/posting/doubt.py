"""Asking the ledger "do you have it?" before anything that may be there is sent again.

What was sent and never answered for may have arrived, may still be on its way, or may be hidden from
queries for a moment. It is adopted when it is found; it is declared lost only when the ledger, asked
after the confirm window, does not have it; and then it is sent once more, under the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from canonical.problems import Problem, declare
from connections.contracts import Found
from connections.errors import Failure
from connections.retry import pause
from syncs import hooks
from syncs.models import DocumentRevision, LedgerDocument, PostingAttempt
from syncs.posting import claims, ledgers, records
from syncs.posting.ledgers import OpenLedger
from syncs.posting.records import Claim
from syncs.posting.results import Result
from tenants import clock

State = LedgerDocument.State
Phase = PostingAttempt.Phase

# After this many documents of one intent vanished on the way, a person should look.
MOST_LOST = 5

KEEPS_VANISHING = declare(
    "posting.keeps_vanishing",
    "%(number)s was sent %(times)s times and never arrived in the ledger.",
    "Look at the API calls of the connection, then release it to try once more.",
)


def settle(ledger: OpenLedger, doubtful: Sequence[Claim]) -> tuple[list[Result], list[Claim]]:
    """Ask the ledger for what may be there: one query for all of it. Returns what is settled, and the claims of which
    the ledger, asked late enough after sending, knows nothing."""
    if not doubtful:
        return [], []
    try:
        found = ledger.find([ledgers.request_for(claim.document, claim.attempt.revision, ledger) for claim in doubtful])
    except Failure as failure:
        return [_still_unknown(claim, failure) for claim in doubtful], []
    hooks.at("looked")
    results: list[Result] = []
    absent: list[Claim] = []
    for claim in doubtful:
        here = found.get(ledgers.marker_of(claim.document))
        settled = _adopt(claim, here) if here is not None else _not_there(claim, ledger)
        results.append(settled) if isinstance(settled, Result) else absent.append(settled)
    return results, absent


def _still_unknown(claim: Claim, failure: Failure) -> Result:
    """It could not even be asked for: nothing is sent, it is asked again later."""
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return records.as_it_stands(claim.document)
        return records.unknown(claim, again_at(claim, failure), failure.problem, trace_id=failure.trace_id)


def _adopt(claim: Claim, found: Found) -> Result:
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return records.as_it_stands(claim.document)
        hooks.at("adopting")
        claim.attempt.revision = _revision_sent_last(claim)
        return records.posted(
            claim,
            external_id=found.external_id,
            version=found.external_version,
            number=found.number,
            phase=Phase.FOUND,
            found=found,
        )


def _revision_sent_last(claim: Claim) -> DocumentRevision:
    """What stands in the ledger is what was sent last, which need not be the newest plan."""
    sent = PostingAttempt.objects.filter(
        document=claim.document, provider_key=claim.attempt.provider_key, sent_at__isnull=False
    ).exclude(phase=Phase.REJECTED)
    last: PostingAttempt = sent.select_related("revision").order_by("-number").first() or claim.attempt
    revision: DocumentRevision = last.revision
    return revision


def _not_there(claim: Claim, ledger: OpenLedger) -> Result | Claim:
    """Absent now. It may still turn up until the confirm window is over; after that it never arrived. A ledger that comes
    to us was asked in a later visit than the one that took it, so that nothing can turn up."""
    with transaction.atomic(durable=True):
        if not records.still_mine(claim):
            return records.as_it_stands(claim.document)
        if claim.sent_at is not None:
            certain_at = claim.sent_at if ledger.remembers else claim.sent_at + claims.confirm_window()
            if clock.now() < certain_at:
                return records.unknown(claim, certain_at, claim.problem, trace_id=claim.trace_id)
            records.lost(claim)
            return _once_more(claim)
        _as_never_sent(claim)
    return claim


def _as_never_sent(claim: Claim) -> None:
    """This attempt was in doubt only because an earlier one vanished, and could not be asked for before: it may go out now."""
    if claim.attempt.phase != Phase.CLAIMED:
        claim.attempt.phase = Phase.CLAIMED
        claim.attempt.save(update_fields=["phase"])
        claim.document.state = State.POSTING
        claim.document.save(update_fields=["state"])


def _once_more(claim: Claim) -> Result | Claim:
    """A new attempt for an intent whose last one never arrived; there is an end to it."""
    document, before = claim.document, claim.attempt
    times = ledgers.times_lost(document, before.provider_key)
    if times >= MOST_LOST:
        return records.hold(document, Problem(KEEPS_VANISHING, {"number": document.number, "times": times}))
    document.state = State.POSTING
    document.save(update_fields=["state"])
    attempt = claims.new_attempt(document, before.action, before.provider_key, before.claimed_by)
    return Claim(document, attempt, doubtful=False, alone=True)


def again_at(claim: Claim, failure: Failure) -> datetime:
    """When to come back after a failure: as long as it says, and longer with every attempt."""
    return clock.now() + pause(failure, claim.attempt.number)
