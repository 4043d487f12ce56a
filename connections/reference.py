"""A ledger's reference data, copied: everything once, then what changed (change data capture).

The copy is what mapping pages and checks before posting read, so that they ask the ledger nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from canonical.problems import Problem, Refused, declare
from connections import registry
from connections.contracts import CompanyFacts, ReferenceItem
from connections.http import door_for
from connections.models import Connection, ReferenceCopy
from tenants import news
from tenants.clock import now

# A change made while we read is read again next time rather than missed.
OVERLAP = timedelta(minutes=5)
# Providers keep changes for a limited time (Intuit: 30 days); beyond this everything is read again.
LONGEST_GAP = timedelta(days=25)

NOT_A_LEDGER = declare(
    "connection.not_a_ledger", "%(name)s is not a ledger: it has no accounts to read.", "Choose a ledger connection."
)


@dataclass(frozen=True, slots=True)
class ReferenceCounts:
    """What a refresh did: pages read, rows written, rows found gone."""

    pages: int
    upserted: int
    deactivated: int


def refresh(*, connection: Connection, full: bool = False) -> ReferenceCounts:
    """Bring the copy up to date, the company's own facts included. Raises Failure; what was read before it stays."""
    provider = registry.provider(connection.provider)
    if provider.target is None:
        raise Refused(Problem(NOT_A_LEDGER, {"name": connection.name}))
    started = now()
    door = door_for(connection)
    company = provider.target.company(door, connection.account())
    kinds = provider.target.reference_kinds
    since = _since(connection, started, full=full)
    pages = upserted = 0
    for page in provider.target.reference_pages(door, connection.account(), kinds, since=since):
        upserted += _keep(connection, page, started)
        pages += 1
    gone = 0 if since else _deactivate_unseen(connection, kinds, started)
    _note(connection, company, started)
    return ReferenceCounts(pages, upserted, gone)


def remember(*, connection: Connection, items: Sequence[ReferenceItem]) -> None:
    """Put objects into the copy at once: those that we have just created there."""
    _keep(connection, items, now())


def company_of(connection: Connection) -> CompanyFacts | None:
    """What the ledger said of itself at the last refresh; None when it was never asked."""
    stored = connection.facts.get("company")
    if not stored:
        return None
    closed = stored.get("close_date")
    return CompanyFacts(**{**stored, "close_date": date.fromisoformat(closed) if closed else None})


def storable(value: Any) -> Any:
    """A provider's body as our JSON: exact numbers become decimal strings."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {str(key): storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _since(connection: Connection, at: datetime, *, full: bool) -> datetime | None:
    last = connection.reference_synced_at
    if full or last is None or at - last > LONGEST_GAP:
        return None
    return last - OVERLAP


def _keep(connection: Connection, page: Sequence[ReferenceItem], at: datetime) -> int:
    last_of_each = {(item.kind, item.external_id): item for item in page}
    rows = [_row(connection, item, at) for item in last_of_each.values()]
    ReferenceCopy.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["tenant", "connection", "kind", "external_id"],
        update_fields=["name", "active", "facts", "body", "as_of"],
        batch_size=500,
    )
    return len(rows)


def _row(connection: Connection, item: ReferenceItem, at: datetime) -> ReferenceCopy:
    return ReferenceCopy(
        connection=connection,
        kind=item.kind,
        external_id=item.external_id,
        name=item.name[:255],
        active=item.active and not item.deleted,
        facts=storable(item.facts),
        body=storable(item.body),
        as_of=at,
    ).named()


def _deactivate_unseen(connection: Connection, kinds: Sequence[str], started: datetime) -> int:
    """After reading everything, what was not seen does not exist there any more."""
    unseen = ReferenceCopy.objects.filter(connection=connection, kind__in=list(kinds), active=True, as_of__lt=started)
    return int(unseen.update(active=False))


@transaction.atomic
def _note(connection: Connection, company: CompanyFacts, started: datetime) -> None:
    row: Connection = Connection.objects.select_for_update().get(pk=connection.pk)
    row.facts = {**row.facts, "company": storable(asdict(company))}
    row.home_currency = company.home_currency or row.home_currency
    row.country = company.country[:2] or row.country
    row.name = company.name[:200] or row.name
    row.reference_synced_at = started
    if row.reference_stale_at is not None and row.reference_stale_at <= started:
        row.reference_stale_at = None
    row.save()
    news.publish("connection.reference_refreshed", row)
    for field in ("facts", "home_currency", "country", "name", "reference_synced_at", "reference_stale_at"):
        setattr(connection, field, getattr(row, field))
