"""The operators' own log: who of us searched, looked or acted, for which tenant and why."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from tenants.models import OperatorAct, Tenant, User
from tenants.news import Actor, current_actor
from tenants.web import correlation_id


def operator_of(request: HttpRequest, *, reason: str = "") -> Actor:
    """The operator who asks, as the one who acts."""
    return Actor(
        user=cast(User, request.user),
        kind="operator",
        ip=request.META.get("REMOTE_ADDR") or None,
        correlation_id=correlation_id(),
        reason=reason,
    )


def note(action: str, *, subject: str = "", tenant: Tenant | None = None, reason: str = "") -> OperatorAct:
    """Write down an act by whoever is acting now; it must be a person."""
    actor = current_actor()
    if actor.user is None:
        raise PermissionError("only a person is an operator")
    return OperatorAct.objects.create(
        operator=actor.user,
        action=action[:60],
        subject=subject[:200],
        tenant=tenant,
        reason=(reason or actor.reason)[:300],
        ip=actor.ip,
        correlation_id=actor.correlation_id,
    )
