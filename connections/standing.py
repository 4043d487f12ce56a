"""How a connection stands: the few changes of its state, each with its event, audit and alert.

Kept apart from services.py because the door itself must be able to say "they no longer let us in".
"""

from __future__ import annotations

from django.db import transaction

from canonical.problems import N_, Problem
from connections import errors, registry
from connections.models import Connection, Grant
from tenants import news

REASONS: dict[str, str] = {
    "invalid_grant": N_("the permission was taken back or has lapsed"),
    "refused_after_refresh": N_("it refuses even a fresh token"),
    "refresh_expired": N_("the permission has reached its end"),
    "not_authorised": N_("the person who connected it may not do so any more"),
    "disconnected_there": N_("it was disconnected on their side"),
    "secret_unreadable": N_("its stored credential can no longer be opened"),
}


def reason_text(reason: str) -> str:
    """The words for a reason code, untranslated."""
    return REASONS.get(reason, reason)


def reconnect_problem(connection: Connection, reason: str) -> Problem:
    name = f"{registry.provider(connection.provider).info.name} ({connection.name})"
    return Problem(errors.NEEDS_RECONNECT, {"provider": name, "reason": reason_text(reason), "code": reason})


def reconnect_fingerprint(connection: Connection) -> str:
    return f"reconnect:{connection.public_id}"


EXPIRY_DAYS = (30, 14, 3)  # a countdown: told at each of these many days before a permission ends


def expiry_fingerprints(connection: Connection) -> list[str]:
    """One alert for each step of the countdown."""
    return [f"expiry:{connection.public_id}:{days}" for days in EXPIRY_DAYS]


@transaction.atomic
def lose(grant: Grant, reason: str) -> None:
    """The provider no longer lets us in: park every connection that used this grant, and tell people once."""
    changed = Grant.objects.filter(pk=grant.pk, state=Grant.State.ACTIVE)
    if not changed.update(state=Grant.State.NEEDS_RECONNECT, reason=reason, refreshing_until=None, refreshing_by=""):
        return
    affected = Connection.objects.filter(grant=grant).exclude(state=Connection.State.DISCONNECTED)
    for connection in affected.select_for_update():
        _park(connection, reason)


@transaction.atomic
def lose_account(connection: Connection, reason: str) -> None:
    """One account is closed to us, while its permission still opens others: park this connection alone."""
    open_states = (Connection.State.ACTIVE, Connection.State.PAUSED)
    row = Connection.objects.select_for_update().filter(pk=connection.pk, state__in=open_states).first()
    if row is not None:
        _park(row, reason)


def _park(connection: Connection, reason: str) -> None:
    connection.state, connection.reason = Connection.State.NEEDS_RECONNECT, reason
    connection.save(update_fields=["state", "reason"])
    news.publish("connection.needs_reconnect", connection, reason=reason, provider=connection.provider)
    news.audit("connection.needs_reconnect", connection, after={"reason": reason})
    news.alert(reconnect_problem(connection, reason), connection, fingerprint=reconnect_fingerprint(connection))
