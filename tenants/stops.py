"""The kill switch: while a stop stands, nothing is written to the ledgers it covers.

The one door to the network asks `standing` before each write (connections/http.py); work that meets a stop
waits and goes on by itself when it is over. Reading goes on. Customers see the stop on every page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from tenants import clock
from tenants.models import Tenant, WriteStop
from tenants.news import audit, current_actor, publish
from tenants.scope import tenant_scope

LONGEST = timedelta(days=7)


def standing(*, tenant_id: int | None = None, provider: str = "") -> QuerySet[WriteStop]:
    """The stops in force, the one that lasts longest first: all of them, those that cover a tenant, or a provider too."""
    found = WriteStop.objects.filter(lifted_at=None, expires_at__gt=clock.now()).order_by("-expires_at")
    if tenant_id is not None:
        found = found.filter(Q(tenant_id=tenant_id) | Q(tenant=None))
    if provider:
        found = found.filter(provider__in=("", provider))
    return found


def stop_writes(
    *, tenant: Tenant | None, provider: str = "", lasts: timedelta, reason: str, affected: Iterable[Tenant] = ()
) -> WriteStop:
    """Put a stop on writing, for one tenant (inside its scope) or for everybody (outside any).

    `affected`: the tenants whom a stop for everybody concerns; each finds it in its audit trail.
    """
    stop = WriteStop.objects.create(
        tenant=tenant,
        provider=provider,
        reason=reason[:300],
        placed_by=current_actor().user,
        expires_at=clock.now() + min(lasts, LONGEST),
    )
    _tell("ledger.writes_stopped", stop, [tenant] if tenant else affected, reason)
    return stop


def lift(*, stop: WriteStop, reason: str, affected: Iterable[Tenant] = ()) -> bool:
    """End a stop before its time. False when it was over already."""
    ended = WriteStop.objects.filter(pk=stop.pk, lifted_at=None).update(lifted_at=clock.now(), lifted_by=current_actor().user)
    if ended:
        _tell("ledger.writes_allowed", stop, [stop.tenant] if stop.tenant else affected, reason)
    return bool(ended)


def _tell(action: str, stop: WriteStop, tenants: Iterable[Tenant], reason: str) -> None:
    facts = {"provider": stop.provider or "all", "until": stop.expires_at.isoformat(timespec="minutes")}
    for tenant in tenants:
        with tenant_scope(tenant), transaction.atomic():
            audit(action, tenant, after=facts, reason=reason)
            publish(action, tenant, **facts)
