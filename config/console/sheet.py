"""A tenant at one look: people, connections, integrations, schedules, what is stuck, what went into the books, who did what.

Read inside the tenant's scope, so that the walls of the database hold for support's own page too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.db.models import Count, Max

from connections import handover
from connections import selectors as connection_reads
from connections.models import ApiCall, Connection, CredentialHandover
from connections.registry import environments
from reconciliation.models import Settlement
from reconciliation.state import with_state
from syncs import selectors as sync_reads
from syncs.models import Integration, LedgerDocument, SyncRun, WorkItem
from tenants import logins, stops
from tenants.clock import now
from tenants.models import Alert, AuditEvent, Membership, SupportSession, Tenant, WriteStop
from tenants.scope import tenant_scope

LATEST = 10


@dataclass(frozen=True, slots=True)
class PersonRow:
    membership: Membership
    two_steps: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection with its soonest expiry, its emptiest budget, and how its last day of calls went."""

    connection: Connection
    expiry: connection_reads.Expiry | None
    budget: connection_reads.QuotaBar | None
    calls: int
    failures: int
    throttled: int
    pastable: bool


@dataclass(slots=True)
class Sheet:
    """The whole page. Lists are the latest or the largest; the object pages have the rest."""

    tenant: Tenant
    people: list[PersonRow] = field(default_factory=list)
    connections: list[ConnectionRow] = field(default_factory=list)
    handovers: list[dict[str, Any]] = field(default_factory=list)
    integrations: list[Integration] = field(default_factory=list)
    schedules: list[sync_reads.ScheduleRow] = field(default_factory=list)
    held: list[sync_reads.HeldGroup] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    backlog: dict[str, int] = field(default_factory=dict)
    oldest: datetime | None = None
    settlements: list[Any] = field(default_factory=list)
    documents: list[LedgerDocument] = field(default_factory=list)
    calls: list[ApiCall] = field(default_factory=list)
    audit: list[AuditEvent] = field(default_factory=list)
    visits: list[SupportSession] = field(default_factory=list)
    stops: list[WriteStop] = field(default_factory=list)


def sheet_of(tenant: Tenant) -> Sheet:
    """Read a tenant's page."""
    sheet = Sheet(tenant, people=_people(tenant), stops=list(stops.standing(tenant_id=tenant.pk)))
    with tenant_scope(tenant):
        sheet.connections = _connections()
        sheet.handovers = _handovers()
        sheet.integrations = list(Integration.objects.select_related("source", "ledger").order_by("name"))
        sheet.schedules = sync_reads.schedules()
        sheet.held = sync_reads.held_groups()
        sheet.alerts = list(Alert.objects.filter(state=Alert.State.OPEN).order_by("-last_seen_at")[:LATEST])
        sheet.backlog, sheet.oldest = _backlog()
        sheet.settlements = _settlements()
        sheet.documents = list(
            LedgerDocument.objects.exclude(posted_at=None).select_related("ledger").order_by("-posted_at")[:LATEST]
        )
        sheet.calls = list(ApiCall.objects.select_related("connection").order_by("-at", "-pk")[:LATEST])
        sheet.audit = list(AuditEvent.objects.select_related("actor").order_by("-id")[: 2 * LATEST])
        sheet.visits = list(SupportSession.objects.select_related("operator").order_by("-id")[:LATEST])
    return sheet


def _people(tenant: Tenant) -> list[PersonRow]:
    members = Membership.objects.filter(tenant=tenant).select_related("user").order_by("role", "user__email")
    return [PersonRow(one, bool(is_mfa_enabled(one.user)), logins.is_locked(one.user)) for one in members]


def _connections() -> list[ConnectionRow]:
    found = connection_reads.connections()
    since = now() - timedelta(days=1)
    made = ApiCall.objects.filter(at__gte=since).order_by().values("connection_id", "failure").annotate(n=Count("id"))
    calls: dict[int, dict[str, int]] = {}
    for row in made:
        calls.setdefault(row["connection_id"], {})[row["failure"]] = row["n"]
    return [_connection_row(one, calls.get(one.pk, {})) for one in found]


def _connection_row(connection: Connection, calls: dict[str, int]) -> ConnectionRow:
    ends = [end for end in connection_reads.expiries(connection) if end.what != "access"]
    bars = connection_reads.quota(connection=connection) if environments(connection.provider) else []
    total, good = sum(calls.values()), calls.get("", 0)
    return ConnectionRow(
        connection,
        ends[0] if ends else None,
        bars[0] if bars else None,
        total,
        total - good,
        calls.get("throttled", 0),
        bool(handover.questions(connection)),
    )


def _settlements() -> list[Any]:
    """The latest, each with its state in words as `shown_word`."""
    rows: list[Any] = list(with_state(Settlement.objects.order_by("-deposit_at", "-id"))[:LATEST])
    for row in rows:
        row.shown_word = Settlement.State(row.shown_state).label
    return rows


def _handovers() -> list[dict[str, Any]]:
    """Credentials lately handed over; what was handed over cannot be read here."""
    rows = CredentialHandover.objects.order_by("-id").values(
        "public_id", "created_at", "connection__name", "operator__email", "state", "problem", "done_at"
    )
    return [dict(row) for row in rows[:5]]


def _backlog() -> tuple[dict[str, int], datetime | None]:
    """Work items by state and unfinished runs, with the time of the oldest that waits."""
    counts = dict(WorkItem.objects.exclude(state=WorkItem.State.DONE).order_by().values_list("state").annotate(n=Count("id")))
    unfinished = SyncRun.objects.filter(state__in=[SyncRun.State.QUEUED, SyncRun.State.WAITING, SyncRun.State.RUNNING])
    oldest = unfinished.order_by("created_at").values_list("created_at", flat=True).first()
    return {**counts, "runs": unfinished.count()}, oldest


def tenants_in_trouble(limit: int = LATEST) -> list[dict[str, Any]]:
    """Companies with open alerts, the one with most first: for the console's front page."""
    rows = (
        Alert.everywhere.filter(state=Alert.State.OPEN)
        .order_by()
        .values("tenant__public_id", "tenant__name")
        .annotate(n=Count("id"), last=Max("last_seen_at"))
        .order_by("-n")
    )
    return [dict(row) for row in rows[:limit]]
