"""One worker at a time per document: the claim is a row, committed before anything else is done.

An attempt is `claimed`, then `sent` (committed before the call), then it ended one way or another:
done, found, rejected, lost. A claim has a lease. When a worker dies, the next one to come after the lease
takes the attempt over: what was only claimed was never sent, so it goes on; what was sent is in doubt,
and the ledger is asked first.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from canonical.problems import Problem
from syncs import hooks
from syncs.documents import OPEN_PHASES
from syncs.models import DocumentRevision, LedgerDocument, PostingAttempt
from syncs.posting import checks
from syncs.posting.ledgers import request_id, times_lost
from syncs.posting.records import Claim
from syncs.posting.results import Result, Verdict, result
from tenants import clock
from tenants.models import User

State = LedgerDocument.State
Phase = PostingAttempt.Phase
Action = PostingAttempt.Action


def lease() -> timedelta:
    """Longer than any call may take: QuickBooks itself gives up after 120 s."""
    return timedelta(seconds=settings.POSTING_LEASE_SECONDS)


def confirm_window() -> timedelta:
    """How long after sending a document may still turn up: the 120 s a request may take over there, then 30 s in
    which a new document may be invisible to queries, and some to spare."""
    return timedelta(seconds=settings.POSTING_CONFIRM_SECONDS)


def worker_name() -> str:
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{secrets.token_hex(6)}"


def claim(documents: Sequence[LedgerDocument], *, shown: Mapping[str, str], by: User | None) -> tuple[list[Claim], list[Result]]:
    """Claim what may be posted now; what may not comes back as results."""
    claims: list[Claim] = []
    results: list[Result] = []
    worker = worker_name()
    with transaction.atomic(durable=True):
        locked = lock(documents)
        for given in documents:
            document = locked.get(given.pk)
            if document is None:
                results.append(result(given, Verdict.BUSY))
                continue
            got = _claim_one(document, shown.get(document.public_id, ""), by, worker)
            claims.append(got) if isinstance(got, Claim) else results.append(got)
        hooks.at("claiming")
    hooks.at("claimed")
    return claims, results


def lock(documents: Sequence[LedgerDocument]) -> dict[int, LedgerDocument]:
    """The rows of these documents that nobody else is working on at this moment, locked."""
    rows = (
        LedgerDocument.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk__in=[document.pk for document in documents])
        .select_related("current_revision", "pending_revision", "ledger", "source")
        .order_by("pk")
    )
    return {row.pk: row for row in rows}


def _claim_one(document: LedgerDocument, shown: str, by: User | None, worker: str) -> Claim | Result:
    now = clock.now()
    refused = checks.refusal(document, shown)
    if refused is not None:
        return refused
    attempt = open_attempt(document)
    if attempt is not None and is_leased(attempt, now):
        return result(document, Verdict.BUSY, not_before=attempt.claimed_until)
    if document.not_before is not None and document.not_before > now:
        problem = Problem(document.problem_code, document.problem_params) if document.problem_code else None
        return result(document, Verdict.WAITING, problem, document.not_before)
    key = request_id(document, Action.CREATE)
    vanished = times_lost(document, key) > 0
    doubtful = vanished or (attempt is not None and attempt.phase != Phase.CLAIMED)
    attempt = take_over(attempt, worker) if attempt else new_attempt(document, Action.CREATE, key, worker, by=by)
    document.state = State.UNKNOWN if attempt.phase == Phase.UNKNOWN else State.POSTING
    document.posted_by = by or document.posted_by
    document.save(update_fields=["state", "posted_by"])
    return Claim(document, attempt, doubtful, alone=vanished)


def open_attempt(document: LedgerDocument) -> PostingAttempt | None:
    found: PostingAttempt | None = (
        PostingAttempt.objects.filter(document=document, phase__in=OPEN_PHASES).select_related("revision").first()
    )
    return found


def is_leased(attempt: PostingAttempt, now: datetime) -> bool:
    return attempt.claimed_until is not None and attempt.claimed_until > now


def take_over(attempt: PostingAttempt, worker: str) -> PostingAttempt:
    """Go on with an attempt whose worker is gone, or that waited: what was sent is in doubt."""
    attempt.phase = Phase.CLAIMED if attempt.phase == Phase.CLAIMED else Phase.UNKNOWN
    attempt.claimed_by, attempt.claimed_until = worker, clock.now() + lease()
    attempt.save(update_fields=["phase", "claimed_by", "claimed_until"])
    return attempt


def new_attempt(
    document: LedgerDocument,
    action: str,
    key: str,
    worker: str,
    *,
    revision: DocumentRevision | None = None,
    by: User | None = None,
) -> PostingAttempt:
    """A fresh claim, of the current revision if of no other. The database lets a document have only one that is open."""
    numbers = PostingAttempt.objects.filter(document=document).order_by("-number").values_list("number", flat=True)
    made: PostingAttempt = PostingAttempt.objects.create(
        document=document,
        revision=revision or document.current_revision,
        action=action,
        number=(numbers.first() or 0) + 1,
        provider_key=key,
        by=by,
        claimed_by=worker,
        claimed_until=clock.now() + lease(),
        started_at=clock.now(),
    )
    return made
