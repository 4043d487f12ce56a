"""What a source tells of changes is looked at now, not at the next turn of its schedule."""

from __future__ import annotations

from typing import Any

from connections.models import Connection
from syncs import schedules
from syncs.models import Integration, SyncSchedule
from syncs.runs import ORDERS, SETTLEMENTS

# The trigger of a run that was asked for by a notice.
EVENT = "event"
# A run of these reads the very objects that the notices name, and sets the notices down as done.
_READ_BY_NAME = frozenset({ORDERS})


def look(*, connection: Connection, kinds: frozenset[str], **_told: Any) -> frozenset[str]:
    """Begin a run of each stream that was told of, in every active integration that follows it.

    Returns the kinds whose notices wait for such a run. A run that has not begun yet serves for all that is
    told meanwhile, so a thousand notices are one run.
    """
    waiting = set()
    for schedule in _following(connection, kinds & {ORDERS, SETTLEMENTS}):
        schedules.run_now(integration=schedule.integration, stream=schedule.stream, trigger=EVENT)
        waiting |= {schedule.stream} & _READ_BY_NAME
    return frozenset(waiting)


def _following(connection: Connection, streams: frozenset[str]) -> list[SyncSchedule]:
    """The schedules of these streams that are switched on; one that a person switched off is not begun by a notice."""
    return list(
        SyncSchedule.objects.filter(
            integration__source=connection, integration__state=Integration.State.ACTIVE, stream__in=streams, enabled=True
        )
        .select_related("integration")
        .order_by("pk")
    )
