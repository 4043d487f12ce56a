"""What a source tells of changes is looked at now, not at the next turn of its schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connections.models import Connection
from syncs import schedules
from syncs.models import Integration, SyncSchedule
from syncs.runs import ORDERS, SETTLEMENTS

# The trigger of a run that notices have asked for: to read what they name, or to list what changed.
EVENT, BURST = "event", "burst"
BY_NAME = 20  # as many calls for single orders as are worth it: listing costs one for a hundred
# A run of these reads the very objects that the notices name, and sets the notices down as done.
_READ_BY_NAME = frozenset({ORDERS})


def look(*, connection: Connection, kinds: Mapping[str, int], **_told: Any) -> frozenset[str]:
    """Begin a run of each stream that was told of, in every active integration that follows it.

    Returns the kinds whose notices wait for such a run. A run that has not begun yet serves for all that is
    told meanwhile. A few objects are read by name; of many, a listing tells a hundred in one call.
    """
    waiting = set()
    for schedule in _following(connection, {ORDERS, SETTLEMENTS} & set(kinds)):
        many = kinds[schedule.stream] > BY_NAME
        schedules.run_now(integration=schedule.integration, stream=schedule.stream, trigger=BURST if many else EVENT)
        waiting |= set() if many else {schedule.stream} & _READ_BY_NAME
    return frozenset(waiting)


def _following(connection: Connection, streams: set[str]) -> list[SyncSchedule]:
    """The schedules of these streams that are switched on; one that a person switched off is not begun by a notice."""
    return list(
        SyncSchedule.objects.filter(
            integration__source=connection, integration__state=Integration.State.ACTIVE, stream__in=streams, enabled=True
        )
        .select_related("integration")
        .order_by("pk")
    )
