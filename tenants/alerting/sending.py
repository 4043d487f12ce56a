"""Sending messages whose time has come. A row is taken with a lease, so that two workers never send the same one;
what fails is tried again, ever later, for three days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.db.models import F, Q

from tenants import clock, mails
from tenants.alerting import channels, payloads
from tenants.models import Alert, AlertDelivery, Tenant

log = structlog.get_logger(__name__)
News, State, Channel = AlertDelivery.News, AlertDelivery.State, AlertDelivery.Channel
LEASE = timedelta(minutes=5)
AGAIN = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600, 840, 1200, 1440))
BATCH = 200


def send_due(*, tenant: Tenant) -> int:
    """Send what is due; returns how many messages went out."""
    due = AlertDelivery.objects.filter(_free(), state=State.WAITING, not_before__lte=clock.now()).order_by("id")
    return sum(send(tenant=tenant, message=message) for message in list(due[:BATCH]))


def _free() -> Q:
    return Q(locked_until=None) | Q(locked_until__lt=clock.now())


def send(*, tenant: Tenant, message: AlertDelivery) -> bool:
    """Send one message, if nobody else is at it. Never raises for the receiver's sake: the row says what happened."""
    mine = AlertDelivery.objects.filter(_free(), pk=message.pk, state=State.WAITING)
    if not mine.update(locked_until=clock.now() + LEASE, attempts=F("attempts") + 1):
        return False
    message.refresh_from_db()
    try:
        told = _deliver(tenant, message)
    except OSError as error:
        _note_failure(message, error)
        return False
    done = {"state": State.SENT if told else State.NO_NEWS, "sent_at": clock.now() if told else None, "last_error": ""}
    AlertDelivery.objects.filter(pk=message.pk).update(**done, locked_until=None)
    return told


def _deliver(tenant: Tenant, message: AlertDelivery) -> bool:
    """False when there is nothing left to say."""
    rows = list(Alert.objects.filter(public_id__in=message.alerts).order_by("id"))
    open_ones = [row for row in rows if row.state == Alert.State.OPEN]
    over = [row for row in rows if row.state == Alert.State.RESOLVED]
    if message.news == News.RAISED and not message.digest:
        over = []
    if message.news == News.RECOVERED:
        open_ones = []
    if message.news != News.TEST and not open_ones and not over:
        return False
    if message.channel == Channel.EMAIL:
        mails.send_alerts(tenant, open_ones, over, message.target, test=message.news == News.TEST, digest=message.digest)
    else:
        channels.call(message.target, payloads.payload(tenant, message, open_ones, over))
    return True


def _note_failure(message: AlertDelivery, error: OSError) -> None:
    final = getattr(error, "final", False) or message.attempts > len(AGAIN)
    changes: dict[str, Any] = {"last_error": f"{type(error).__name__}: {error}"[:200], "locked_until": None}
    if final:
        changes["state"] = State.FAILED
    else:
        changes["not_before"] = clock.now() + AGAIN[message.attempts - 1]
    AlertDelivery.objects.filter(pk=message.pk).update(**changes)
    log.warning("alert_not_delivered", message=message.public_id, channel=message.channel, final=final)
