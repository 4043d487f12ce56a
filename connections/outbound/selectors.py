"""Reading webhook endpoints and what became of their events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet

from connections.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from connections.outbound.catalogue import OFFERED
from tenants.clock import now
from tenants.models import Event


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint as the list shows it, with how the last seven days went."""

    endpoint: WebhookEndpoint
    delivered: int
    waiting: int
    failed: int


def endpoints() -> QuerySet[WebhookEndpoint]:
    rows: QuerySet[WebhookEndpoint] = WebhookEndpoint.objects.order_by("id")
    return rows


def endpoint_rows() -> list[EndpointRow]:
    state = WebhookDelivery.State
    recent = WebhookDelivery.objects.filter(Q(created_at__gte=now() - timedelta(days=7)) | Q(state=state.PENDING))
    counts = {
        row["endpoint_id"]: row
        for row in recent.order_by()
        .values("endpoint_id")
        .annotate(
            delivered=Count("id", filter=Q(state=state.DELIVERED)),
            waiting=Count("id", filter=Q(state=state.PENDING)),
            failed=Count("id", filter=Q(state=state.FAILED)),
        )
    }
    none = {"delivered": 0, "waiting": 0, "failed": 0}
    rows = [(one, counts.get(one.pk, none)) for one in endpoints()]
    return [EndpointRow(one, count["delivered"], count["waiting"], count["failed"]) for one, count in rows]


def deliveries(endpoint: WebhookEndpoint | None = None) -> QuerySet[WebhookDelivery]:
    """Newest first."""
    rows: QuerySet[WebhookDelivery] = WebhookDelivery.objects.select_related("endpoint", "event").order_by("-id")
    return rows if endpoint is None else rows.filter(endpoint=endpoint)


def attempts(delivery: WebhookDelivery) -> list[WebhookAttempt]:
    return list(WebhookAttempt.objects.filter(delivery=delivery).order_by("number"))


def events() -> QuerySet[Event]:
    """What has happened that is offered to receivers, newest first."""
    rows: QuerySet[Event] = Event.objects.filter(type__in=list(OFFERED)).order_by("-id")
    return rows
