"""Deliveries: one row per event and endpoint, made in the outbox's round, tried on a schedule, kept as a log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connections.egress import Heard
from connections.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from connections.outbound import catalogue, endpoints
from connections.outbound.schedule import TRIES, asked_for, wait_before
from connections.wake import wake_row
from tenants.clock import now
from tenants.models import Event
from tenants.news import audit
from tenants.outbox import subscribe

SEND_TASK = "connections.send_webhooks"
GONE = 410
KEPT = timedelta(days=30)
STATE = WebhookDelivery.State
__all__ = ["TRIES"]


@subscribe(*catalogue.TYPES)
def queue(event: Event) -> None:
    """Write down who is to be told of an event; once, however often it is asked."""
    wanting = [one for one in WebhookEndpoint.objects.all() if one.wants(event.type)]
    if wanting:
        _queue(event, wanting)


def send_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """An event that says nothing, for this endpoint alone, even one that is switched off."""
    with transaction.atomic():
        event = Event.objects.create(
            type=catalogue.TEST,
            subject_type="webhookendpoint",
            subject_id=endpoint.public_id,
            payload={},
            delivered_at=timezone.now(),
        )
        _queue(event, [endpoint])
    return WebhookDelivery.objects.select_related("event", "endpoint").get(endpoint=endpoint, event=event)


def resend(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send one event again, with its old id, whether it had arrived or not."""
    _again(WebhookDelivery.objects.filter(pk=delivery.pk), delivery.endpoint)
    delivery.refresh_from_db()
    return delivery


def replay(*, endpoint: WebhookEndpoint, since: datetime) -> int:
    """Send again everything since a moment that the endpoint wants, also what it was never told. Returns how many."""
    with transaction.atomic():
        wanted = Q(type__in=catalogue.TYPES if endpoints.ANY in endpoint.types else endpoint.types)
        events = list(Event.objects.filter(wanted, created_at__gte=since).order_by("id"))
        for event in events:
            _queue(event, [endpoint])
        _again(WebhookDelivery.objects.filter(endpoint=endpoint, event__in=events), endpoint)
        audit("webhook.replayed", endpoint, after={"since": since.isoformat(), "events": len(events)})
    return len(events)


def forget() -> int:
    """Delete the log of what is over and older than thirty days."""
    over = WebhookDelivery.objects.exclude(state=STATE.PENDING).filter(created_at__lt=now() - KEPT)
    deleted, _each = over.delete()
    return deleted


# ------------------------------------------------------------------ what came back


def record(delivery: WebhookDelivery, heard: Heard | None, failure: str, *, at: datetime, ms: int) -> None:
    """Write down one try and what follows from it. Within a transaction that holds the delivery's row."""
    delivery.attempts += 1
    good = heard is not None and 200 <= heard.status < 300
    delivery.last_status = heard.status if heard else None
    delivery.last_failure = "" if good else failure or _word(heard)
    WebhookAttempt.objects.create(
        delivery=delivery,
        number=delivery.attempts,
        at=at,
        ms=ms,
        status=delivery.last_status,
        failure=delivery.last_failure,
        said="" if good or heard is None else _printable(heard.body),
    )
    if good:
        delivery.state, delivery.delivered_at = STATE.DELIVERED, at
    else:
        _later(delivery, heard, at)
    delivery.save(update_fields=["attempts", "last_status", "last_failure", "state", "delivered_at", "not_before"])
    _note_health(delivery, good=good, at=at)


def _later(delivery: WebhookDelivery, heard: Heard | None, at: datetime) -> None:
    """The next try, or the end: of this delivery after the last try, of the endpoint too, and at once when it is gone."""
    if heard is not None and heard.status == GONE:
        delivery.state = STATE.FAILED
        endpoints.disable(endpoint=delivery.endpoint, reason=endpoints.GONE)
        return
    asked = asked_for(heard.headers.get("retry-after"), at) if heard else timedelta(0)
    wait = wait_before(_try_of_round(delivery) + 1, asked=asked)
    if wait is not None:
        delivery.not_before = at + wait
        return
    delivery.state = STATE.FAILED
    endpoints.disable(endpoint=delivery.endpoint, reason=endpoints.EXHAUSTED)


def _try_of_round(delivery: WebhookDelivery) -> int:
    """Sent again by a person, a delivery begins its schedule anew: ten more tries."""
    return (delivery.attempts - 1) % TRIES + 1


def _note_health(delivery: WebhookDelivery, *, good: bool, at: datetime) -> None:
    endpoint = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    if good:
        endpoint.update(last_success_at=at, failing_since=None)
    else:
        endpoint.filter(failing_since=None).update(failing_since=at)


def _word(heard: Heard | None) -> str:
    if heard is None:
        return "broken"
    return "redirected" if 300 <= heard.status < 400 else "refused_by_receiver"


def _printable(body: bytes) -> str:
    text = body[:1200].decode("utf-8", "replace")
    return "".join(character if character.isprintable() else " " for character in text)[:300]


# ------------------------------------------------------------------ queueing


def _queue(event: Event, wanting: Iterable[WebhookEndpoint]) -> None:
    at = now()
    rows = [WebhookDelivery(endpoint=one, event=event, type=event.type, not_before=at).named() for one in wanting]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        wake_row(SEND_TASK, row.endpoint)


def _again(rows: object, endpoint: WebhookEndpoint) -> None:
    # Rounded up to whole rounds of tries, so that the schedule begins anew.
    with transaction.atomic():
        for delivery in rows.select_for_update():  # type: ignore[attr-defined]
            delivery.attempts = -(-delivery.attempts // TRIES) * TRIES
            delivery.state, delivery.not_before = STATE.PENDING, now()
            delivery.save(update_fields=["attempts", "state", "not_before"])
        wake_row(SEND_TASK, endpoint)
