"""Carrying news out: each event of the outbox is handed once to whoever subscribed to its type, in order.

An event is written in the transaction of the change it tells of; here it leaves. A subscriber may be
called again for the same event after a crash, so it must bear that. One that raises `OSError` (mail,
network) stops its tenant's queue where it is: order is kept, and the next round tries again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from django.utils import timezone

from tenants.models import Event

Subscriber = Callable[[Event], None]
BATCH = 500
_subscribers: dict[str, list[Subscriber]] = defaultdict(list)


def subscribe(*types: str) -> Callable[[Subscriber], Subscriber]:
    """Have a function called with every event of these types."""

    def register(subscriber: Subscriber) -> Subscriber:
        for type_ in types:
            _subscribers[type_].append(subscriber)
        return subscriber

    return register


def drain() -> int:
    """Deliver the tenant's waiting events, oldest first; returns how many left. Runs inside the tenant's scope."""
    waiting = list(Event.objects.filter(delivered_at=None).order_by("id")[:BATCH])
    for event in waiting:
        for subscriber in _subscribers[event.type]:
            subscriber(event)
        Event.objects.filter(pk=event.pk, delivered_at=None).update(delivered_at=timezone.now())
    return len(waiting)
