"""What can be done with connections. Doors (pages, tasks, commands) call these and nothing else.

All run inside a tenant's scope, except `finish`, which finds its tenant itself, and outside any transaction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from django.db import transaction

from canonical.problems import Problem, Refused
from connections import oauth, registry, signals, standing, tokens, upkeep, vault
from connections.contracts import OpensSeveral, ProviderRole
from connections.errors import Failure
from connections.http import door_for, entry_door
from connections.models import AccountRoute, Connection, Grant, GrantSecret
from connections.oauth import begin, begin_from_invitation
from connections.reference import ReferenceCounts
from connections.reference import refresh as refresh_reference
from connections.reference import remember as remember_references
from connections.wake import wake
from tenants import news
from tenants.clock import now
from tenants.models import User

logger = logging.getLogger(__name__)

__all__ = [
    "ReferenceCounts",
    "adopt",
    "begin",
    "begin_from_invitation",
    "disconnect",
    "finish",
    "finish_all",
    "mark_needs_reconnect",
    "pause",
    "refresh_reference",
    "remember_references",
    "resume",
    "test",
]


def finish(*, user: User, session_mark: str, provider: str, callback: Mapping[str, str]) -> Connection:
    """End of a consent: the connection that was begun, or Refused or Failure (see connections/oauth.py)."""
    return finish_all(user=user, session_mark=session_mark, provider=provider, callback=callback)[0]


def finish_all(*, user: User, session_mark: str, provider: str, callback: Mapping[str, str]) -> list[Connection]:
    """As `finish`, with all that the same consent opened besides."""
    connections = oauth.finish(user=user, session_mark=session_mark, provider=provider, callback=callback)
    for connection in connections:
        _fetch_references(connection)
    return connections


def adopt(*, provider: str, environment: str, region: str = "", answers: Mapping[str, str], reconnects: str = "") -> Connection:
    """Connect by a pasted token: an active connection, or Refused or Failure."""
    connection = oauth.adopt(provider=provider, environment=environment, region=region, answers=answers, reconnects=reconnects)
    _fetch_references(connection)
    return connection


def _fetch_references(connection: Connection) -> None:
    """A ledger's reference data are fetched by a worker, as soon as one is free. Where they come to us, everything is asked
    for at once, so that the first visit finds it."""
    info = registry.provider(connection.provider).info
    if info.polls_us:
        upkeep.refreshed(connection)
    elif ProviderRole.LEDGER in info.roles:
        wake("connections.refresh_reference", connection)


def test(*, connection: Connection) -> Connection:
    """One harmless read, timed. A failure passes through as it is; a paused connection is tested too."""
    provider = registry.provider(connection.provider)
    started = time.monotonic()
    account = provider.authoriser.ping(door_for(connection, even_paused=True), connection.account())
    latency = int((time.monotonic() - started) * 1000)
    if account.external_id != connection.external_account:
        raise Refused(Problem(oauth.OTHER_ACCOUNT, {"expected": connection.name, "given": account.name or account.external_id}))
    connection.last_tested_at, connection.last_latency_ms = now(), latency
    connection.name = account.name[:200] or connection.name
    connection.save(update_fields=["last_tested_at", "last_latency_ms", "name"])
    return connection


@transaction.atomic
def pause(*, connection: Connection, reason: str = "") -> Connection:
    """Nothing is asked of it and nothing sent until it is resumed; its permission stays."""
    return _move(connection, Connection.State.ACTIVE, Connection.State.PAUSED, "connection.paused", reason)


@transaction.atomic
def resume(*, connection: Connection) -> Connection:
    resumed = _move(connection, Connection.State.PAUSED, Connection.State.ACTIVE, "connection.resumed", "")
    signals.renewed.send(Connection, connection=resumed)
    return resumed


def disconnect(*, connection: Connection, reason: str = "") -> bool:
    """End it: hand the permission back, destroy the credential, free the account for others.

    True when the provider confirmed; where it could not be reached the permission is still destroyed
    here, and the person is told to remove it there too. Data already fetched stays.
    """
    grant: Grant = Grant.objects.get(pk=connection.grant_id)
    shared = (
        Connection.objects.filter(grant=grant).exclude(pk=connection.pk).exclude(state=Connection.State.DISCONNECTED).exists()
    )
    closed, serves_others = _close(connection)
    revoked = (not shared and not serves_others and _revoke(connection, grant)) or closed
    with transaction.atomic():
        connection.state, connection.reason = Connection.State.DISCONNECTED, reason[:80]
        connection.save(update_fields=["state", "reason"])
        if not shared:
            GrantSecret.objects.filter(grant=grant).delete()
            Grant.objects.filter(pk=grant.pk).update(state=Grant.State.REVOKED, reason=reason[:80])
        AccountRoute.objects.filter(tenant_id=connection.tenant_id, connection_id=connection.pk).delete()
        news.publish("connection.disconnected", connection, provider=connection.provider)
        news.audit("connection.disconnected", connection, after={"revoked": revoked}, reason=reason)
        for fingerprint in (standing.reconnect_fingerprint(connection), *standing.expiry_fingerprints(connection)):
            news.settle_alerts(fingerprint)
    return revoked


def mark_needs_reconnect(*, connection: Connection, reason: str) -> None:
    """They no longer let us in: park it, tell people once. `reason` is a code of standing.REASONS."""
    standing.lose(Grant.objects.get(pk=connection.grant_id), reason)
    connection.refresh_from_db(fields=["state", "reason"])


def _move(connection: Connection, before: str, after: str, event: str, reason: str) -> Connection:
    row: Connection = Connection.objects.select_for_update().get(pk=connection.pk)
    if row.state == before:
        row.state, row.reason = after, reason[:80]
        row.save(update_fields=["state", "reason"])
        news.publish(event, row)
        news.audit(event, row, before={"state": before}, after={"state": after}, reason=reason)
    connection.state, connection.reason = row.state, row.reason
    return connection


def _close(connection: Connection) -> tuple[bool, bool]:
    """Give up one account of several, where permissions open several. Returns whether that was confirmed, and whether the
    permission still serves others: another tenant's connection may hang on the same person's, so the provider says it."""
    authoriser = registry.provider(connection.provider).authoriser
    if not isinstance(authoriser, OpensSeveral):
        return False, False
    try:
        last = authoriser.close(door_for(connection, even_paused=True), connection.account())
    except (Failure, Refused, vault.Tampered, GrantSecret.DoesNotExist) as error:
        logger.warning("connection %s: the account could not be closed: %s", connection.public_id, type(error).__name__)
        return False, True
    return True, not last


def _revoke(connection: Connection, grant: Grant) -> bool:
    """Hand the permission back. False when it could not be said."""
    if grant.state == Grant.State.REVOKED:
        return False
    try:
        door = entry_door(connection.provider, connection.environment, connection_id=connection.pk)
        registry.provider(connection.provider).authoriser.revoke(door, tokens.load(grant).tokens)
    except (Failure, Refused, vault.Tampered, GrantSecret.DoesNotExist) as error:
        logger.warning("connection %s: the permission could not be handed back: %s", connection.public_id, type(error).__name__)
        return False
    return True
