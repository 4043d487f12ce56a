"""How far we know what happened to documents in a ledger: up to when changes and deletions were read.

The reading itself belongs to who owns the documents; here is where it stands, and which ledgers are due.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from connections import registry
from connections.contracts import ChangeFeed
from connections.models import AccountRoute, Connection
from tenants.clock import now
from tenants.models import Tenant

EVERY = timedelta(hours=24)
# Webhooks of one burst are answered by one reading.
APART = timedelta(minutes=5)
# A change made while we read, or known to us before it shows there, is read again rather than missed.
OVERLAP = timedelta(minutes=10)


def followed() -> list[str]:
    """Providers whose ledgers tell what changed."""
    return [key for key in registry.PROVIDERS if isinstance(registry.provider(key).target, ChangeFeed)]


def tenants() -> list[int]:
    """Active tenants that have such a ledger; asked of the routes, so that nobody else's is entered."""
    routes = AccountRoute.objects.filter(provider__in=followed(), tenant__state=Tenant.State.ACTIVE)
    return sorted(set(routes.values_list("tenant_id", flat=True)))


def due() -> list[Connection]:
    """This tenant's ledgers whose changes should be read now: once a day, and soon after a webhook told of one."""
    at = now()
    old = Q(changes_read_at__isnull=True) | Q(changes_read_at__lt=at - EVERY)
    told = Q(changes_stale_at__isnull=False, changes_read_at__lt=at - APART)
    rows = Connection.objects.filter(old | told, state=Connection.State.ACTIVE, provider__in=followed())
    return list(rows.order_by("pk"))


def since(connection: Connection, begun: datetime) -> datetime:
    """From when on to read: a little before what is known, or `begun` where nothing is."""
    return (connection.changes_read_at or begun) - OVERLAP


@transaction.atomic
def note(*, connection: Connection, started: datetime, since: datetime, complete: bool) -> None:
    """Write down that everything since `since` was read at `started`. Deletions are known without a gap, or not at all."""
    row: Connection = Connection.objects.select_for_update().get(pk=connection.pk)
    known = row.deletions_read_at
    if complete and (row.changes_read_at is None or (known is not None and since <= known)):
        row.deletions_read_at = started
    row.changes_read_at = started
    if row.changes_stale_at is not None and row.changes_stale_at <= started:
        row.changes_stale_at = None
    row.save(update_fields=["changes_read_at", "deletions_read_at", "changes_stale_at"])
    for field in ("changes_read_at", "deletions_read_at", "changes_stale_at"):
        setattr(connection, field, getattr(row, field))
