"""Queues that we empty: take messages, store what they tell, and only then take them off the queue.

The same rules as for webhooks: a notice is a hint, stored once, acknowledged after it is stored, followed by
a read. A message that cannot be read is stored as it is, acknowledged and told of, since it would come back
for ever; one that cannot be stored is not acknowledged and comes again. When a queue is away nothing is
lost but time: the ordinary schedules read the same changes.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from django.db import DatabaseError
from django.db.models import F

from connections import inbound, registry, vault
from connections.contracts import Environment, ProviderRole, QueuedNotice
from connections.errors import Failure
from connections.http import door_for
from connections.models import AccountRoute, Connection, StrayMessage
from connections.wake import wake
from tenants.clock import now

logger = logging.getLogger(__name__)
HANDFUL = 200  # messages taken in one turn; the next turn takes the rest
KEPT_BYTES = 64 * 1024  # of a message that cannot be read


@dataclass(frozen=True, slots=True)
class Emptied:
    """What one turn at one queue came to."""

    taken: int = 0
    stored: int = 0
    stray: int = 0


def poll() -> dict[str, Emptied]:
    """One turn at every queue that is set up and that somebody's connection may be told through."""
    return {f"{key}/{environment}": empty(key, environment) for key, environment in _in_use()}


def empty(provider: str, environment: Environment) -> Emptied:
    """Take a handful off one queue. A queue that cannot be reached is logged: its next turn comes soon."""
    queue, endpoints = registry.provider(provider).queue, registry.endpoints(provider, environment)
    if queue is None:
        return Emptied()
    try:
        messages = queue.receive(endpoints, at_most=HANDFUL)
        kept = [message for message in messages if _kept(provider, environment, message)]
        if kept:
            queue.acknowledge(endpoints, [message.handle for message in kept])
    except Failure as failure:
        logger.warning("the queue of %s (%s): %s", provider, environment, failure.problem.text())
        return Emptied()
    stray = sum(not message.notices for message in kept)
    return Emptied(len(messages), len(kept) - stray, stray)


def follow(*, connection: Connection) -> dict[str, str]:
    """Have the provider tell us of a connection's changes; ids of the subscriptions, none where there is no queue."""
    queue = registry.provider(connection.provider).queue
    endpoints = registry.endpoints(connection.provider, connection.environment)
    if queue is None or not queue.configured(endpoints):
        return {}
    return dict(queue.subscribe(door_for(connection), connection.account()))


def followable() -> list[Connection]:
    """This tenant's working connections to providers that tell of changes by a queue."""
    told = [one.info.key for one in registry.providers() if one.queue is not None and ProviderRole.SOURCE in one.info.roles]
    return list(Connection.objects.filter(provider__in=told, state=Connection.State.ACTIVE).order_by("pk"))


def wake_followers() -> int:
    """Have each of them followed by a worker, apart from one another. Returns how many there are."""
    found = followable()
    for connection in found:
        wake("connections.follow", connection)
    return len(found)


def _in_use() -> list[tuple[str, Environment]]:
    return [
        (one.info.key, environment)
        for one in registry.providers()
        if one.queue is not None
        for environment in registry.environments(one.info.key)
        if one.queue.configured(registry.endpoints(one.info.key, environment))
        and AccountRoute.objects.filter(provider=one.info.key, environment=environment).exists()
    ]


def _kept(provider: str, environment: Environment, message: QueuedNotice) -> bool:
    """Store one message; False when it could not be stored and must come again."""
    try:
        if not message.notices:
            _stray(provider, environment, message, StrayMessage.Reason.UNREADABLE)
            return True
        unknown = inbound.store(
            provider=provider,
            environments=[environment],
            body=message.body,
            media_type="application/json",
            notices=message.notices,
        )
        if unknown:
            _stray(provider, environment, message, StrayMessage.Reason.NOBODYS)
    except DatabaseError:
        logger.exception("a message of %s could not be stored; it is left on the queue", provider)
        return False
    return True


def _stray(provider: str, environment: Environment, message: QueuedNotice, reason: StrayMessage.Reason) -> None:
    """Keep the fact, and the bytes of what cannot be read; an operator is told once, not at each coming."""
    digest, unreadable = hashlib.sha256(message.body).hexdigest(), reason is StrayMessage.Reason.UNREADABLE
    row, fresh = StrayMessage.objects.get_or_create(
        digest=digest,
        defaults={
            "provider": provider,
            "environment": environment,
            "reason": reason,
            "kind": message.notices[0].kind if message.notices else "",
            "size": len(message.body),
            "sealed": vault.seal_for_house(message.body[:KEPT_BYTES]) if unreadable else b"",
            "last_seen_at": now(),
        },
    )
    if not fresh:
        StrayMessage.objects.filter(pk=row.pk).update(times=F("times") + 1, last_seen_at=now())
    elif unreadable:
        logger.error("a message of %s (%s) cannot be read: kept as %s", provider, environment, digest[:12])
    else:
        logger.info("a message of %s (%s) is for an account that nobody here has", provider, environment)
