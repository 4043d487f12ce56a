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
from connections.contracts import CompanyFacts, Door, ReferenceItem, Target
from connections.http import door_for
from connections.models import Connection, ReferenceCopy
from connections.polled import expire_reads, polls_us
from tenants import news
from tenants.clock import now

# A change made while we read is read again next time rather than missed.
OVERLAP = timedelta(minutes=5)
# Providers keep changes for a limited time (Intuit: 30 days); beyond this everything is read again.
LONGEST_GAP = timedelta(days=25)
# A reading that was interrupted goes on where it stood for this long.
LONGEST_READING = timedelta(hours=1)

NOT_A_LEDGER = declare(
    "connection.not_a_ledger", "%(name)s is not a ledger: it has no accounts to read.", "Choose a ledger connection."
)


@dataclass(slots=True)
class ReferenceCounts:
    """What a refresh did: pages read, rows written, rows found gone; `started` is what the copy is as of."""

    started: datetime
    pages: int = 0
    upserted: int = 0
    deactivated: int = 0

    def add(self, written: int) -> None:
        self.pages += 1
        self.upserted += written


def refresh(*, connection: Connection, full: bool = False) -> ReferenceCounts:
    """Bring the copy up to date, the company's own facts included. Raises Failure; what was read before it stays."""
    provider = registry.provider(connection.provider)
    if provider.target is None:
        raise Refused(Problem(NOT_A_LEDGER, {"name": connection.name}))
    door = door_for(connection)
    if full and polls_us(connection):
        expire_reads(connection=connection)
    company = provider.target.company(door, connection.account())
    since = _since(connection, now(), full=full)
    counts = _changes(connection, provider.target, door, since) if since else _everything(connection, provider.target, door)
    _note(connection, company, counts.started)
    return counts


def _changes(connection: Connection, target: Target, door: Door, since: datetime) -> ReferenceCounts:
    counts = ReferenceCounts(started=now())
    for page in target.reference_pages(door, connection.account(), target.reference_kinds, since=since):
        counts.add(_keep(connection, page))
    whole = getattr(target, "whole_kinds", ())
    counts.deactivated = _deactivate_unseen(connection, whole, counts.started)
    return counts


def _everything(connection: Connection, target: Target, door: Door) -> ReferenceCounts:
    """Kind by kind; when a budget ends in the middle, the next attempt goes on with the kinds that are left."""
    counts, done = _progress(connection)
    for kind in target.reference_kinds:
        if kind in done:
            continue
        for page in target.reference_pages(door, connection.account(), (kind,), since=None):
            counts.add(_keep(connection, page))
        done.append(kind)
        _remember_progress(connection, {"started": counts.started.isoformat(), "done": done})
    counts.deactivated = _deactivate_unseen(connection, target.reference_kinds, counts.started)
    return counts


def _progress(connection: Connection) -> tuple[ReferenceCounts, list[str]]:
    """Where an interrupted reading stood, if it was lately; else the beginning."""
    kept = connection.facts.get("reading") or {}
    started = datetime.fromisoformat(kept["started"]) if kept else now()
    if now() - started > LONGEST_READING:
        return ReferenceCounts(started=now()), []
    return ReferenceCounts(started=started), list(kept.get("done", []))


@transaction.atomic
def _remember_progress(connection: Connection, reading: dict[str, Any]) -> None:
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    row.facts = {**row.facts, "reading": reading}
    row.save(update_fields=["facts"])
    connection.facts = row.facts


def remember(*, connection: Connection, items: Sequence[ReferenceItem]) -> None:
    """Put objects into the copy at once: those that we have just created there."""
    _keep(connection, items)


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


def _keep(connection: Connection, page: Sequence[ReferenceItem]) -> int:
    # Stamped with the moment of keeping, not with the start of the reading: of two readings at once the
    # slower would otherwise date back what the faster has just seen, and that one would take it for gone.
    at = now()
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
    known = {name: fact for name, fact in row.facts.items() if name != "reading"}
    row.facts = {**known, "company": storable(asdict(company))}
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
