"""Telling people what needs them: new alerts of a tenant go out in one letter to those who can act on them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from tenants import clock, mails
from tenants.models import Alert, Event, Membership, Tenant
from tenants.outbox import subscribe
from tenants.roles import Role

AUDIENCE = (Role.OWNER, Role.ADMIN)
# An alert that is still open after this is worth a second letter, not a hundredth.
REMINDER = timedelta(days=3)
# The alert is settled in the transaction that writes the event, or moments before.
SAME_MOMENT = timedelta(minutes=1)


def mail_open_alerts(*, tenant: Tenant) -> int:
    """Mail what is open and not mailed lately; returns how many alerts went out. Runs inside the tenant's scope."""
    due = Q(mailed_at=None) | Q(mailed_at__lt=clock.now() - REMINDER)
    alerts = list(Alert.objects.filter(due, state=Alert.State.OPEN).order_by("id"))
    recipients = audience(tenant)
    if not alerts or not recipients:
        return 0
    claimed = [alert for alert in alerts if _claim(alert)]
    if not claimed:
        return 0
    try:
        mails.send_alerts(tenant, claimed, recipients)
    except OSError:
        Alert.objects.filter(pk__in=[alert.pk for alert in claimed]).update(mailed_at=None)
        raise
    return len(claimed)


@subscribe("connection.reconnected")
def tell_recovery(event: Event) -> None:
    """Who was told of the trouble is told that it is over; nobody is told of what he never heard of."""
    told = Alert.objects.filter(subject_id=event.subject_id, state=Alert.State.RESOLVED).exclude(mailed_at=None)
    tenant = Tenant.objects.get(pk=event.tenant_id)
    recipients = audience(tenant)
    over = [alert for alert in told if alert.resolved_at and alert.resolved_at >= event.created_at - SAME_MOMENT]
    if over and recipients:
        mails.send_recovery(tenant, over, recipients)


def audience(tenant: Tenant) -> list[str]:
    members = Membership.objects.filter(tenant=tenant, role__in=AUDIENCE, user__is_active=True)
    return sorted(members.values_list("user__email", flat=True))


def _claim(alert: Alert) -> bool:
    """Two mailers never send the same alert: the one who moves `mailed_at` does."""
    return bool(Alert.objects.filter(pk=alert.pk, mailed_at=alert.mailed_at).update(mailed_at=clock.now()))
