"""What waits for a ledger that polls us goes on the moment its answer is here, not at its next turn."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from connections import changes
from connections.errors import QUEUED
from connections.models import Connection
from syncs import dispatch
from syncs.changes import OPEN_PHASES
from syncs.models import Integration, LedgerDocument, PostingAttempt, SyncRun, WorkItem
from tenants.scope import require_tenant_id

State = LedgerDocument.State


@transaction.atomic
def go_on(*, connection: Connection, keys: frozenset[str], reads: bool, **_told: Any) -> int:
    """Let what waits for these answers go on: documents whose own write is answered, and those that wait for a reading.
    Returns how many documents were woken."""
    woken = _documents(connection, keys, reads=reads).update(not_before=None)
    _wake_runs(connection)
    tenant_id = require_tenant_id()
    if woken or reads:
        transaction.on_commit(lambda: dispatch.send(dispatch.SWEEP_TASK, tenant_id))
    if reads:  # what is compared once a day was perhaps among it
        transaction.on_commit(lambda: dispatch.send(dispatch.WATCH_TASK, tenant_id))
    if reads and any(row.pk == connection.pk for row in changes.due()):
        transaction.on_commit(lambda: dispatch.send(dispatch.FOLLOW_TASK, tenant_id))
    return int(woken)


def _documents(connection: Connection, keys: frozenset[str], *, reads: bool) -> Any:
    """Keys of writes begin with the attempt's own; a sending after one that was lost has a suffix."""
    stems = {key.partition("#")[0] for key in keys}
    sent = PostingAttempt.objects.filter(document=OuterRef("pk"), phase__in=OPEN_PHASES)
    mine = Q(Exists(sent.filter(provider_key__in=stems)))
    reading = ~Q(Exists(sent.filter(phase=PostingAttempt.Phase.SENT))) | Q(state=State.UNDOING)
    begun = LedgerDocument.objects.filter(
        ledger=connection, state__in=[State.POSTING, State.AMENDING, State.UNKNOWN, State.UNDOING]
    )
    return begun.filter(problem_code=QUEUED, not_before__isnull=False).filter(
        mine | reading if reads else mine | Q(state=State.UNDOING)
    )


def _wake_runs(connection: Connection) -> None:
    through = Integration.objects.filter(Q(source=connection) | Q(ledger=connection))
    waiting = WorkItem.objects.filter(integration__in=through, state=WorkItem.State.WAITING, problem_code=QUEUED)
    runs = set(waiting.values_list("run_id", flat=True))
    waiting.update(not_before=None)
    listing = SyncRun.objects.filter(integration__in=through, state=SyncRun.State.WAITING, problem_code=QUEUED)
    held = SyncRun.objects.filter(Q(pk__in=runs, state=SyncRun.State.WAITING) | Q(pk__in=listing.values("pk")))
    for run in held:
        dispatch.wake(run)
    held.update(not_before=None)
