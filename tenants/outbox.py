"""Carrying news out: each event of the outbox is handed once to whoever subscribed to its type, in order.

An event is written in the transaction of the change it tells of; here it leaves. A subscriber may be
called again for the same event after a crash, so it must bear that. One that raises `OSError` (mail,
network) stops its tenant's queue where it is: order is kept, and the next round tries again.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery import current_app
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from tenants.models import Event
from tenants.scope import require_tenant_id

log = logging.getLogger(__name__)

Subscriber = Callable[[Event], None]
BATCH = 500
DRAIN_TASK = "tenants.drain_tenant"
# At most one hint a second and tenant; it arrives a second later, so that it covers what follows meanwhile.
HINT_S = 1.0
_LOCK = 0x71E0  # PostgreSQL's advisory locks have a number for what is locked, and one for whose
_hinted: dict[int, float] = {}
_subscribers: dict[str, list[Subscriber]] = defaultdict(list)


def subscribe(*types: str) -> Callable[[Subscriber], Subscriber]:
    """Have a function called with every event of these types."""

    def register(subscriber: Subscriber) -> Subscriber:
        for type_ in types:
            _subscribers[type_].append(subscriber)
        return subscriber

    return register


def drain() -> int:
    """Deliver the tenant's waiting events, oldest first; returns how many left. Runs inside the tenant's scope.

    Where another worker is at it, nothing is done: what it does not see any more is found by the next round.
    """
    with _alone() as mine:
        return _drain() if mine else 0


def hint(event: Event) -> None:
    """Have a worker carry the news out soon after this commit. Losing the hint costs a minute, never the news."""
    tenant_id, at = require_tenant_id(), time.monotonic()
    if not _subscribers.get(event.type) or at - _hinted.get(tenant_id, -HINT_S) < HINT_S:
        return
    _hinted[tenant_id] = at
    transaction.on_commit(lambda: _send_hint(tenant_id))


def _send_hint(tenant_id: int) -> None:
    try:
        current_app.send_task(DRAIN_TASK, args=[tenant_id], countdown=HINT_S, ignore_result=True, retry=False)
    except (OperationalError, OSError):
        log.warning("the broker took no hint; the outbox is looked at every minute anyway")


def _drain() -> int:
    waiting = list(Event.objects.filter(delivered_at=None).order_by("id")[:BATCH])
    for event in waiting:
        for subscriber in _subscribers[event.type]:
            subscriber(event)
        Event.objects.filter(pk=event.pk, delivered_at=None).update(delivered_at=timezone.now())
    return len(waiting)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this session has the tenant's outbox to itself, for as long as it is inside."""
    names = [_LOCK, require_tenant_id() % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", names)
        mine = cursor.fetchone() == (True,)
    try:
        yield mine
    finally:
        if mine and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", names)
