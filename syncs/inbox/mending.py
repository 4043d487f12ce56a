"""Causes that are over for many records at once: whoever publishes such an event lets the records go on.

    mends("mapping.published", "compose.", "mapping.")

Nothing is listed, downloaded or run again: each record goes on at the step where it stopped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from django.db.models import Q

from connections.models import Connection
from syncs import dispatch, services
from syncs.inbox import live
from syncs.models import Integration, MappingSet, WorkItem
from tenants.models import Event
from tenants.outbox import subscribe

_MENDS: dict[str, tuple[str, ...]] = defaultdict(tuple)
Preparation = Callable[[WorkItem], None]
_PREPARES: dict[str, Preparation] = {}


def mends(event: str, *codes: str) -> None:
    """After `event`, records held by problems whose code begins with one of `codes` are tried again."""
    known = bool(_MENDS[event])
    _MENDS[event] = tuple(dict.fromkeys([*_MENDS[event], *codes]))
    if not known:
        subscribe(event)(_hear)


def _hear(event: Event) -> None:
    go_on(event)


def go_on(event: Event) -> int:
    """Try again what the event may have mended, within what it is about. Returns how many records."""
    codes = Q()
    for prefix in _MENDS[event.type]:
        codes |= Q(problem_code__startswith=prefix)
    stuck = list(live.stuck_records().filter(codes, integration__in=_about(event), problem_at__lt=event.created_at))
    return retry(stuck)


def prepare(step: str, preparation: Preparation) -> None:
    """Before a record held at `step` is tried again, let its room undo what stands in its way (release a document)."""
    _PREPARES[step] = preparation


def retry(items: list[WorkItem]) -> int:
    """Put records back to work and wake their runs. Returns how many were taken."""
    for item in items:
        if item.step in _PREPARES:
            _PREPARES[item.step](item)
    runs = services.retry_items(items=items)
    for run in runs:
        dispatch.wake(run)
    return len(items)


def _about(event: Event) -> list[int]:
    """The integrations an event concerns: those that use its mapping set or its connection, else all."""
    every = Integration.objects.order_by()
    if event.subject_type == "mappingset":
        every = every.filter(mapping_set__in=MappingSet.objects.filter(public_id=event.subject_id))
    elif event.subject_type == "connection":
        about = Connection.objects.filter(public_id=event.subject_id)
        every = every.filter(Q(source__in=about) | Q(ledger__in=about))
    elif event.subject_type == "integration":
        every = every.filter(public_id=event.subject_id)
    return list(every.values_list("pk", flat=True))


# Choosing an account mends what had none; reading the ledger's lists again mends what was missing or switched off there.
mends("mapping.published", "compose.", "mapping.")
mends(
    "connection.reference_refreshed", "quickbooks_online.check.", "quickbooks_online.bad_reference",
    "quickbooks_desktop.check.", "quickbooks_desktop.bad_reference", "mapping.account", "compose.currency_not_in_ledger",
)  # fmt: skip
