"""What waited for a connection goes on the moment it lets us in again, or may be written to again, not at its next turn."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q

from connections.errors import WRITES_STOPPED
from connections.models import Connection
from syncs import dispatch
from syncs.models import Integration, LedgerDocument, SyncRun, WorkItem
from syncs.posting.create import NOT_CONNECTED
from tenants.models import Event
from tenants.outbox import subscribe

# Only waiting for these ends by a renewed connection. A posting in doubt keeps its own time: it is looked up first.
WAITED_FOR = ("connection.needs_reconnect", NOT_CONNECTED, WRITES_STOPPED)


@transaction.atomic
def go_on(*, connection: Connection, **_told: Any) -> int:
    """Let everything that waited for `connection` begin again. Returns how many runs were woken."""
    LedgerDocument.objects.filter(
        ledger=connection,
        state__in=[LedgerDocument.State.POSTING, LedgerDocument.State.AMENDING, LedgerDocument.State.UNDOING],
        problem_code__in=WAITED_FOR,
    ).update(not_before=None)
    through = Integration.objects.filter(Q(source=connection) | Q(ledger=connection))
    waiting = WorkItem.objects.filter(integration__in=through, state=WorkItem.State.WAITING, problem_code__in=WAITED_FOR)
    runs = set(waiting.values_list("run_id", flat=True))
    waiting.update(not_before=None)
    held = SyncRun.objects.filter(pk__in=runs, state=SyncRun.State.WAITING)
    for run in held:
        dispatch.wake(run)
    return held.update(not_before=None)


@subscribe("ledger.writes_allowed")
def writes_allowed(_event: Event) -> None:
    """A stop on writing was lifted: whatever waited for it looks again, and meets the next stop if there is one."""
    for connection in Connection.objects.exclude(state=Connection.State.DISCONNECTED):
        go_on(connection=connection)
