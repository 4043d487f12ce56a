"""What the worker does for every tenant from time to time: seal audit trails, mail alerts. Doors only."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task

from tenants import alerts, outbox, sealing
from tenants.models import Tenant
from tenants.partner import once
from tenants.scope import tenant_scope

log = structlog.get_logger(__name__)

SCHEDULE: dict[str, timedelta] = {
    "tenants.seal_audit_trails": timedelta(minutes=1),
    "tenants.mail_alerts": timedelta(minutes=1),
    "tenants.drain_outbox": timedelta(minutes=1),
    "tenants.forget_request_keys": timedelta(hours=6),
}


@shared_task(name="tenants.seal_audit_trails")
def seal_audit_trails() -> int:
    """Seal what is old enough, tenant by tenant. Returns the number of seals made."""
    made = 0
    for tenant in Tenant.objects.order_by("pk"):
        with tenant_scope(tenant):
            made += sealing.seal() is not None
    return made


@shared_task(name="tenants.mail_alerts")
def mail_alerts() -> int:
    """Mail open alerts. One tenant's mail trouble does not keep the others' letters back; it is tried again next time."""
    sent = 0
    for tenant in Tenant.objects.filter(state=Tenant.State.ACTIVE).order_by("pk"):
        with tenant_scope(tenant):
            try:
                sent += alerts.mail_open_alerts(tenant=tenant)
            except OSError as error:
                log.warning("alert_mail_failed", tenant=tenant.public_id, error=type(error).__name__)
    return sent


@shared_task(name="tenants.drain_outbox")
def drain_outbox() -> int:
    """Deliver events. A tenant whose news cannot be delivered now keeps its own back, not the others'."""
    left = 0
    for tenant in Tenant.objects.order_by("pk"):
        with tenant_scope(tenant):
            try:
                left += outbox.drain()
            except OSError as error:
                log.warning("outbox_stuck", tenant=tenant.public_id, error=type(error).__name__)
    return left


@shared_task(name=outbox.DRAIN_TASK)
def drain_tenant(tenant_id: int) -> None:
    """Deliver one tenant's events, soon after they happened."""
    with tenant_scope(tenant_id):
        try:
            outbox.drain()
        except OSError as error:
            log.warning("outbox_stuck", tenant=tenant_id, error=type(error).__name__)


@shared_task(name="tenants.forget_request_keys")
def forget_request_keys() -> int:
    """Delete kept answers of the partner API that are older than seven days."""
    gone = 0
    for tenant in Tenant.objects.order_by("pk"):
        with tenant_scope(tenant):
            gone += once.forget()
    return gone
