"""What can be asked about connections. All run inside a tenant's scope and change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from canonical.problems import Problem, Refused, declare
from connections import blobs, budgets, jsontext, reference, registry, upkeep, vault
from connections.budgets import Bucket
from connections.contracts import CompanyFacts, LedgerForms, ProviderRole
from connections.models import ApiCall, Connection, Grant, RateBudget, ReferenceCopy
from tenants.clock import now

NEVER_READ = declare(
    "connection.never_read",
    "The accounts and settings of %(name)s have not been read yet.",
    "Wait a moment, or press Refresh on the connection's page.",
)


@dataclass(frozen=True, slots=True)
class Expiry:
    """One of the ends of a permission. `what` is access, refresh or hard."""

    what: str
    at: datetime
    past: bool


@dataclass(frozen=True, slots=True)
class QuotaBar:
    """One budget as a page shows it: what is left of how much, at which rate, and until when it is blocked."""

    operation: str
    left: float
    burst: float
    rate: float
    blocked_until: datetime | None
    calls: int
    throttled: int
    learned_at: datetime | None = None

    @property
    def whole_left(self) -> int:
        return int(self.left)

    @property
    def whole_burst(self) -> int:
        return int(self.burst)

    @property
    def pace(self) -> tuple[int, str]:
        """How many come back in which time: the shortest in which it is at least one."""
        for seconds, word in ((1, "second"), (60, "minute")):
            if self.rate * seconds >= 1:
                return round(self.rate * seconds), word
        return max(1, round(self.rate * 3600)), "hour"

    @property
    def percent(self) -> int:
        return int(100 * self.left / self.burst) if self.burst else 0


def connections(*, role: ProviderRole | None = None, active_only: bool = False) -> list[Connection]:
    """This tenant's connections, by name; of one role, or only those in use."""
    rows = Connection.objects.select_related("grant").order_by("name", "pk")
    if active_only:
        rows = rows.filter(state=Connection.State.ACTIVE)
    return [row for row in rows if role is None or role in registry.provider(row.provider).info.roles]


def connection(*, public_id: str) -> Connection:
    """One connection. Raises Connection.DoesNotExist, for another tenant's as well."""
    row: Connection = Connection.objects.select_related("grant").get(public_id=public_id)
    return row


def references(*, connection: Connection, kind: str, active_only: bool = True) -> QuerySet[ReferenceCopy]:
    """Objects of one kind as last seen, by name."""
    rows: QuerySet[ReferenceCopy] = ReferenceCopy.objects.filter(connection=connection, kind=kind).order_by("name", "pk")
    return rows.filter(active=True) if active_only else rows


def company(connection: Connection) -> CompanyFacts:
    """What a ledger said of itself at the last refresh. Raises Refused when it was never asked."""
    facts = reference.company_of(connection)
    if facts is None:
        raise Refused(Problem(NEVER_READ, {"name": connection.name}))
    return facts


def callful(connection: Connection, most: int) -> int:
    """As many documents as fill whole calls to a ledger, `most` or a little less: with thirty to a call, fifty would be
    one call of thirty and one of twenty."""
    target = registry.provider(connection.provider).target
    batch = min(target.batch, most) if target else 1
    return most // batch * batch


def forms(connection: Connection) -> LedgerForms:
    """What the books of a ledger can be told. Raises LookupError for a connection that is none."""
    target = registry.provider(connection.provider).target
    if target is None:
        raise LookupError(f"{connection.provider} is not a ledger")
    return target.forms


def api_calls(*, connection: Connection, limit: int = 50) -> list[ApiCall]:
    """The latest exchanges, newest first."""
    return list(ApiCall.objects.filter(connection=connection).order_by("-at", "-pk")[:limit])


def api_call_body(blob: Any) -> str:
    """A logged body as text; what cannot be opened says so."""
    if blob is None:
        return ""
    try:
        return blobs.read(blob).decode("utf-8", "replace")
    except (FileNotFoundError, vault.Tampered):
        return ""


def expiries(connection: Connection) -> list[Expiry]:
    """All the ends the provider stated, soonest first."""
    grant: Grant = connection.grant
    if grant.state == Grant.State.REVOKED:
        return []
    at = now()
    ends = {"access": grant.access_expires, "refresh": grant.refresh_expires, "hard": grant.hard_expires}
    found = [Expiry(what, end, end <= at) for what, end in ends.items() if end is not None]
    return sorted(found, key=lambda expiry: expiry.at)


def reconnect_by(connection: Connection) -> datetime | None:
    """When a person has to reconnect at the latest."""
    return upkeep.ending(connection.grant)


def scopes_in_words(connection: Connection) -> list[tuple[str, str]]:
    """What we may do there: (scope, words). Without a list of granted scopes, what the provider's role gives."""
    info = registry.provider(connection.provider).info
    granted = set(connection.grant.scopes)
    return [(scope, words) for scope, words in info.scopes if not granted or scope in granted]


def quota(*, connection: Connection) -> list[QuotaBar]:
    """This connection's budgets that have been used, the emptiest first."""
    info = registry.provider(connection.provider).info
    endpoints = registry.endpoints(connection.provider, connection.environment)
    buckets: dict[str, Bucket] = {}
    for operation in sorted({budget.operation for budget in info.budgets} or {"*"}):
        for bucket in budgets.buckets_for(
            info,
            environment=connection.environment,
            application=endpoints.client_id,
            account=f"{connection.external_account}:{connection.region}",
            operation=operation,
        ):
            buckets[bucket.scope] = bucket
    rows = RateBudget.objects.filter(scope__in=buckets)
    return sorted((_bar(row) for row in rows), key=lambda bar: bar.percent)


def trace(call: ApiCall) -> Mapping[str, Any]:
    """One exchange for a support desk: ids and times, and the masked bodies as text."""
    return {
        "operation": call.operation,
        "status": call.status,
        "trace_id": call.provider_trace_id,
        "at": call.at,
        "ms": call.ms,
        "url": call.url,
        "request": _pretty(api_call_body(call.request_blob)),
        "response": _pretty(api_call_body(call.response_blob)),
    }


def _pretty(text: str) -> str:
    """JSON on several lines, anything else as it is."""
    try:
        return jsontext.pretty(jsontext.loads(text)) if text else ""
    except (ValueError, RecursionError):
        return text


def _bar(row: RateBudget) -> QuotaBar:
    at = now()
    blocked = row.blocked_until if row.blocked_until and row.blocked_until > at else None
    left = 0.0 if blocked else budgets.level(row, at)
    return QuotaBar(row.operation, left, row.burst, row.rate, blocked, row.calls, row.throttled, row.learned_at)
