"""Sending: one worker at a time for one endpoint, oldest first, for a minute at most.

The lease on the endpoint keeps a slow receiver from holding more than one worker. A worker that dies
leaves its delivery as it was; the receiver may then be told twice, with the same webhook-id.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q

from canonical.problems import Refused
from connections import egress, vault
from connections.models import WebhookDelivery, WebhookEndpoint
from connections.outbound import catalogue, deliveries, signing
from connections.wake import wake_row
from tenants.clock import now

logger = logging.getLogger(__name__)

ROUND_S = 60.0
LEASE = timedelta(seconds=ROUND_S + egress.LONGEST + 30)
_AGENT = "Tieout-Webhooks/1"


def tenants_waiting() -> list[int]:
    """Tenants that have something to send now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT connections_tenants_with_deliveries(%s)", [now()])
        return [int(row[0]) for row in cursor.fetchall()]


def endpoints_waiting() -> list[WebhookEndpoint]:
    """This tenant's endpoints that have something to send now and that nobody sends to."""
    due = WebhookDelivery.objects.filter(state=WebhookDelivery.State.PENDING, not_before__lte=now())
    active = WebhookEndpoint.objects.filter(_free(), pk__in=due.values("endpoint_id"), state=WebhookEndpoint.State.ACTIVE)
    return list(active)


def send_round(*, endpoint_id: int, resolve: egress.Resolve = egress.addresses) -> int:
    """Send what is due to one endpoint. Returns how many tries were made; 0 where another worker is at it."""
    me = secrets.token_hex(8)
    if not WebhookEndpoint.objects.filter(_free(), pk=endpoint_id).update(locked_by=me, locked_until=now() + LEASE):
        return 0
    tries, ends = 0, time.monotonic() + ROUND_S
    try:
        while time.monotonic() < ends:
            delivery = _next(endpoint_id)
            if delivery is None:
                break
            _try(delivery, resolve)
            tries += 1
    finally:
        WebhookEndpoint.objects.filter(pk=endpoint_id, locked_by=me).update(locked_by="", locked_until=None)
    _hint(endpoint_id)
    return tries


def _next(endpoint_id: int) -> WebhookDelivery | None:
    """The oldest that is due; a test goes out even to an endpoint that is switched off."""
    on = Q(endpoint__state=WebhookEndpoint.State.ACTIVE) | Q(type=catalogue.TEST)
    due = WebhookDelivery.objects.filter(on, endpoint_id=endpoint_id, state=WebhookDelivery.State.PENDING, not_before__lte=now())
    found: WebhookDelivery | None = due.select_related("endpoint", "event").order_by("not_before", "id").first()
    return found


def _try(delivery: WebhookDelivery, resolve: egress.Resolve) -> None:
    """One try, with no transaction open while the network is asked."""
    at, started = now(), time.monotonic()
    heard: egress.Heard | None = None
    failure = ""
    try:
        heard = _ask(delivery, resolve)
    except egress.Unreachable as error:
        failure = error.code
    except Refused:
        failure = "blocked"
    except vault.Tampered:
        logger.error("the secret of webhook endpoint %s does not open", delivery.endpoint.public_id)
        failure = "secret_unreadable"
    ms = int((time.monotonic() - started) * 1000)
    with transaction.atomic():
        held = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("endpoint", "event")
        row = held.filter(pk=delivery.pk, state=WebhookDelivery.State.PENDING).first()
        if row is not None:
            deliveries.record(row, heard, failure, at=at, ms=ms)


def _ask(delivery: WebhookDelivery, resolve: egress.Resolve) -> egress.Heard:
    body = json.dumps(catalogue.payload(delivery.event), separators=(",", ":"), ensure_ascii=True).encode()
    headers = {"content-type": "application/json", "user-agent": _AGENT, "accept": "*/*"}
    headers |= signing.sign(delivery.endpoint, delivery.event.public_id, now(), body)
    return egress.send(delivery.endpoint.url, headers, body, resolve=resolve)


def _hint(endpoint_id: int) -> None:
    """What is due again within a minute is not left to the sweep."""
    soon = now() + timedelta(seconds=60)
    following = (
        WebhookDelivery.objects.filter(endpoint_id=endpoint_id, state=WebhookDelivery.State.PENDING, not_before__lte=soon)
        .select_related("endpoint")
        .order_by("not_before")
        .first()
    )
    if following is not None and following.endpoint.state == WebhookEndpoint.State.ACTIVE:
        wake_row(deliveries.SEND_TASK, following.endpoint, after=max(timedelta(0), following.not_before - now()))


def _free() -> Q:
    return Q(locked_until=None) | Q(locked_until__lt=now())
