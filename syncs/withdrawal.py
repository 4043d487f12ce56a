"""Taking a document back that waits for its ledger to fetch it.

In one commit with whatever made it unwanted: either it is taken back, and nobody will ever fetch it, or it is
too late, and then it first has to stand in the ledger like any other.
"""

from __future__ import annotations

from canonical.problems import Problem
from connections import polled
from syncs.changes import OPEN_PHASES
from syncs.models import LedgerDocument, PostingAttempt
from tenants import clock
from tenants.news import audit

Phase = PostingAttempt.Phase


def take_back(document: LedgerDocument) -> bool:
    """Runs in a transaction that holds the document's row. True when it surely is not, and will not be, in the ledger.

    The epoch rises: what is posted next is another intent, under another key.
    """
    attempt = _waiting(document)
    if attempt is None or not polled.withdraw(connection=document.ledger, key=attempt.provider_key):
        return False
    problem = Problem(polled.WITHDRAWN, {"provider": document.ledger.name})
    attempt.phase, attempt.ended_at, attempt.claimed_until = Phase.REJECTED, clock.now(), None
    attempt.problem_code, attempt.problem_params = problem.code, dict(problem.params)
    attempt.save(update_fields=["phase", "ended_at", "claimed_until", "problem_code", "problem_params"])
    document.state, document.not_before = LedgerDocument.State.PLANNED, None
    document.epoch += 1
    document.problem_code, document.problem_params = "", {}
    document.save(update_fields=["state", "not_before", "epoch", "problem_code", "problem_params"])
    audit("document.taken_back", document, after={"number": document.number})
    return True


def is_out(document: LedgerDocument) -> bool:
    """Whether the document waits for its ledger, or for its answer."""
    attempt = _waiting(document)
    return attempt is not None and polled.is_waiting(connection=document.ledger, key=attempt.provider_key)


def _waiting(document: LedgerDocument) -> PostingAttempt | None:
    if not polled.polls_us(document.ledger):
        return None
    found: PostingAttempt | None = (
        PostingAttempt.objects.select_for_update()
        .filter(document=document, action=PostingAttempt.Action.CREATE, phase__in=OPEN_PHASES, sent_at__isnull=False)
        .first()
    )
    return found
