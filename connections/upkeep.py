"""What must be done without being asked: keep permissions alive, say when they end, forget what is old."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from canonical.problems import Problem, Severity, declare
from connections import blobs, reference, registry, standing, tokens, usage
from connections.calls import retention
from connections.contracts import ProviderRole
from connections.errors import Action, Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall, Connection, Grant, InboundNotice, OAuthState, PolledCall, PollVisit, RawBlob, StrayMessage
from connections.wake import wake
from tenants import news
from tenants.clock import now

logger = logging.getLogger(__name__)

# A permission that nobody used for this long is renewed, so that it does not lapse from idleness
# (Intuit: 100 days, Xero: 60).
IDLE = timedelta(days=20)
REFERENCE_AGE = timedelta(hours=24)
BATCH = 500

ENDS_SOON = declare(
    "connection.ends_soon",
    "The permission for %(name)s ends on %(date)s, in %(days)s days.",
    "Open Connections and press Reconnect before then; nothing is interrupted.",
    Severity.WARNS,
)


def keep_alive() -> int:
    """Renew this tenant's permissions that would lapse from idleness. Returns how many were renewed."""
    at = now()
    idle = Q(refreshed_at__lt=at - IDLE) | Q(refresh_expires__lt=at + IDLE)
    renewed = 0
    for connection in _active().filter(grant__in=Grant.objects.filter(idle, state=Grant.State.ACTIVE)).select_related("grant"):
        if connection.grant.refresh_expires is not None:
            renewed += _renewed(connection)
    return renewed


def count_down() -> int:
    """Tell people 30, 14 and 3 days before a permission ends for good. Returns how many alerts stand."""
    at = now()
    told = 0
    for connection in _active().select_related("grant"):
        end = ending(connection.grant)
        if end is None:
            continue
        step = next((days for days in sorted(standing.EXPIRY_DAYS) if end - at <= timedelta(days=days)), None)
        if step is not None:
            _tell(connection, end, at, step)
            told += 1
    return told


def ending(grant: Grant) -> datetime | None:
    """When a person has to reconnect at the latest: the earliest end the provider stated."""
    ends = [end for end in (grant.refresh_expires, grant.hard_expires) if end is not None]
    return min(ends, default=None)


def catch_up_references() -> int:
    """Wake a worker for each of this tenant's ledgers whose reference data are missing, stale or a day old."""
    due = due_references()
    for connection in due:
        wake("connections.refresh_reference", connection)
    return len(due)


def due_references() -> list[Connection]:
    """The ledgers in use whose reference data should be read again; what is kept for closing a month is not spent on it."""
    at = now()
    old = Q(reference_synced_at__isnull=True) | Q(reference_synced_at__lt=at - REFERENCE_AGE)
    ledgers = [key for key in registry.PROVIDERS if ProviderRole.LEDGER in registry.provider(key).info.roles]
    found = _active().filter(old | Q(reference_stale_at__isnull=False), provider__in=ledgers)
    return [row for row in found if row.reference_synced_at is None or usage.may_spend_idly(row)]


def refreshed(connection: Connection) -> bool:
    """Refresh one ledger's reference data; False when it has to wait (the next sweep finds it again)."""
    try:
        reference.refresh(connection=connection)
    except Failure as failure:
        logger.info("reference data of connection %s wait: %s", connection.public_id, failure)
        if failure.action is Action.RETRY:
            wake("connections.refresh_reference", connection, after=failure.wait)
        return False
    return True


def go_on_reading(*, connection: Connection, reads: bool, **_told: Any) -> None:
    """What a ledger that polls us has answered was perhaps the next piece of its reference data."""
    if reads and any(row.pk == connection.pk for row in due_references()):
        wake("connections.refresh_reference", connection)


def forget() -> dict[str, int]:
    """Delete what this tenant's rules of keeping no longer allow: exchanges, notices, raw bytes."""
    at = now()
    counts = {"calls": 0, "notices": 0, "blobs": 0, "kept": 0}
    while ids := list(ApiCall.objects.filter(delete_after__lt=at).values_list("pk", flat=True)[:BATCH]):
        counts["calls"] += ApiCall.objects.filter(pk__in=ids).delete()[0]
    old = InboundNotice.objects.filter(state__in=("done", "ignored"), created_at__lt=at - timedelta(days=30))
    counts["notices"] = old.delete()[0]
    forget_polled(at)
    while batch := list(RawBlob.objects.filter(delete_after__lt=at)[:BATCH]):
        for blob in batch:
            counts["blobs" if blobs.discard(blob) else "kept"] += 1
    return counts


def forget_polled(at: datetime) -> None:
    """Readings and visits are of no use after a few days. That a write was answered is remembered for longer than anybody
    could ask again; what it said is forgotten like every exchange."""
    over = PolledCall.objects.exclude(state__in=[PolledCall.State.QUEUED, PolledCall.State.SENT])
    over.filter(writes=False, asked_at__lt=at - timedelta(days=3)).delete()
    over.filter(writes=True, asked_at__lt=at - timedelta(days=800)).delete()
    told = over.filter(asked_at__lt=at - retention()).exclude(response_blob=None)
    if told.exists():
        told.update(request_blob=blobs.keep(b"forgotten", media_type="text/plain", origin="upkeep"), response_blob=None)
    kept = PolledCall.objects.exclude(visit=None).values("visit")
    PollVisit.objects.filter(opened_at__lt=at - timedelta(days=30)).exclude(pk__in=kept).delete()


def forget_states() -> int:
    """Delete consents begun long ago; global, since a state belongs to no tenant yet."""
    return OAuthState.objects.filter(expires_at__lt=now() - timedelta(days=1)).delete()[0]


def forget_strays() -> int:
    """Delete messages that belonged to nobody and did not come again for a month; global, like the messages."""
    return StrayMessage.objects.filter(last_seen_at__lt=now() - timedelta(days=30)).delete()[0]


def _active() -> models.QuerySet[Connection]:
    rows: models.QuerySet[Connection] = Connection.objects.filter(state=Connection.State.ACTIVE).order_by("pk")
    return rows


def _renewed(connection: Connection) -> bool:
    grant: Grant = Grant.objects.get(pk=connection.grant_id)
    try:
        held = tokens.readable(grant)
        tokens.renew(grant, held.generation, door_for(connection).refresh)
    except Failure as failure:
        if failure.kind is not FailureKind.NEEDS_RECONNECT:
            logger.info("the permission of connection %s could not be renewed yet: %s", connection.public_id, failure)
        return False
    return True


def _tell(connection: Connection, end: datetime, at: datetime, step: int) -> None:
    params: dict[str, str | int] = {
        "name": connection.name,
        "date": end.date().isoformat(),
        "days": max(0, (end - at).days),
    }
    fingerprints = standing.expiry_fingerprints(connection)
    mine = f"expiry:{connection.public_id}:{step}"
    for fingerprint in fingerprints:
        if fingerprint != mine:
            news.settle_alerts(fingerprint)
    news.alert(Problem(ENDS_SOON, params), connection, fingerprint=mine)
