"""Telling people what needs them and what is over: the one call the worker makes, and what hurries it."""

from __future__ import annotations

from tenants.alerting import planning, sending
from tenants.models import Event, Membership, Tenant
from tenants.outbox import subscribe
from tenants.roles import Role

RESPONSIBLE = (Role.OWNER, Role.ADMIN)


def mail_open_alerts(*, tenant: Tenant) -> int:
    """Plan messages about what is new or over, and send those whose time has come. Runs inside the tenant's scope.

    Returns how many alerts were newly told of. What cannot be delivered stays a row and is tried again.
    """
    told = planning.plan(tenant=tenant)
    planning.plan_recoveries()
    sending.send_due(tenant=tenant)
    return told


@subscribe("connection.reconnected", "case.resolved")
def tell_recovery(event: Event) -> None:
    """Good news need not wait for the next round."""
    if planning.plan_recoveries():
        sending.send_due(tenant=Tenant.objects.get(pk=event.tenant_id))


def audience(tenant: Tenant) -> list[str]:
    """The addresses of those who answer for a company as a whole."""
    members = Membership.objects.filter(tenant=tenant, role__in=RESPONSIBLE, user__is_active=True)
    return sorted(members.values_list("user__email", flat=True))
