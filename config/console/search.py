"""One box: find whatever an operator was given (an address, an order, a trace id) over all tenants.

Row-level security lets the console read every tenant's rows, but an index is used only by plain
comparisons, and every index is led by the tenant. So the question is asked as "tenant is one of all of them and
number is this": PostgreSQL then descends the index once a tenant, and never reads a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connections.models import ApiCall, Connection
from reconciliation.models import Order, Payout, Settlement
from syncs.models import LedgerDocument, PostingAttempt, SyncRun
from tenants.models import ApiKey, AuditEvent, Membership, Tenant, TenantOwned, User

MOST = 20  # of each kind
SHORTEST = 3
_SHARED: dict[str, type[Any]] = {"ten": Tenant, "key": ApiKey}  # tables outside the wall that have ids of ours
_PUBLIC_ID = re.compile(r"[a-z]{3}_[0-9a-z]{26}\Z")


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: what it is called, what it says of itself, whose it is, and where it opens."""

    name: str
    facts: str
    href: str
    tenant: Tenant | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind; `more` when only the first are shown."""

    title: Promise | str
    hits: list[Hit] = field(default_factory=list)
    more: bool = False


def find(text: str) -> list[Group]:
    """Everything that bears this name or number, by kind; empty for less than three characters."""
    text = text.strip()
    if len(text) < SHORTEST:
        return []
    if _PUBLIC_ID.match(text.lower()):
        return [*_by_public_id(text.lower()), *_acts_on(text.lower())]
    if "@" in text:
        return _filled(_people(text.lower()), _tenants(text))
    everywhere = list(Tenant.objects.values_list("pk", flat=True))
    return _filled(*(kind(text, everywhere) for kind in KINDS))


def _filled(*groups: Group) -> list[Group]:
    return [group for group in groups if group.hits]


def page_of(row: Model) -> str:
    """The console's page of a row."""
    if isinstance(row, Tenant) or not admin.site.is_registered(type(row)):
        return reverse("admin:tenant", args=[(row if isinstance(row, Tenant) else row.tenant).public_id])  # type: ignore[attr-defined]
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


# ------------------------------------------------------------------ by our own ids


def _by_public_id(text: str) -> list[Group]:
    prefix = text[:3]
    if prefix in _SHARED:
        rows: list[Any] = list(_SHARED[prefix].objects.filter(public_id=text))
    else:
        models = [m for m in apps.get_models() if issubclass(m, TenantOwned) and m.prefix == prefix]
        everywhere = list(Tenant.objects.values_list("pk", flat=True))
        rows = [row for m in models for row in _rows(m, everywhere, public_id=text)]
    return [Group(row._meta.verbose_name.capitalize(), [_hit(row)]) for row in rows]


def _acts_on(text: str) -> list[Group]:
    """What the audit trail tells of a thing, for ids whose row has no page or is gone."""
    everywhere = list(Tenant.objects.values_list("pk", flat=True))
    events = AuditEvent.everywhere.filter(tenant_id__in=everywhere, subject_id=text).exclude(subject_type="")
    found = list(events.select_related("tenant").order_by("-id")[: MOST + 1])
    hits = [Hit(row.action, row.created_at.strftime("%Y-%m-%d %H:%M UTC"), page_of(row), row.tenant) for row in found[:MOST]]
    return _filled(Group(_("In the audit trail"), hits, len(found) > MOST))


def _rows(model: type[Any], everywhere: list[int], **exactly: Any) -> list[Any]:
    rows = model.everywhere.filter(tenant_id__in=everywhere, **exactly)
    return list(rows.select_related("tenant").order_by("-pk")[: MOST + 1])


# ------------------------------------------------------------------ by other people's numbers


def _people(text: str) -> Group:
    """People by their address, whole or its beginning, with the companies they work for."""
    users = list(User.objects.filter(email__startswith=text).order_by("email")[: MOST + 1])
    places: dict[int, list[Tenant]] = {}
    for member in Membership.objects.filter(user__in=users).select_related("tenant"):
        places.setdefault(member.user_id, []).append(member.tenant)
    return Group(_("People"), list(_with_places(users[:MOST], places)), len(users) > MOST)


def _with_places(users: list[User], places: dict[int, list[Tenant]]) -> Iterator[Hit]:
    for user in users:
        facts = str(_("active") if user.is_active else _("closed"))
        mine = places.get(user.pk, [])
        yield Hit(user.email, facts, page_of(user), mine[0] if mine else None)
        for other in mine[1:]:
            yield Hit(user.email, facts, page_of(user), other)


def _tenants(text: str, _everywhere: list[int] | None = None) -> Group:
    rows = list(Tenant.objects.filter(Q(name__icontains=text)).order_by("name")[: MOST + 1])
    return Group(_("Companies"), [_hit(row) for row in rows[:MOST]], len(rows) > MOST)


def _keys(text: str, _everywhere: list[int]) -> Group:
    """API keys by what may be shown of one: its beginning and last four ("tie_live_…abcd"), or its name. Never by its whole text."""
    begin, dots, last = text.replace("...", "…").partition("…")
    which = Q(prefix=begin, last4=last) if dots else Q(name__iexact=text)
    rows = list(ApiKey.objects.filter(which).select_related("tenant").order_by("-pk")[: MOST + 1])
    return Group(_("API keys"), [_hit(row) for row in rows[:MOST]], len(rows) > MOST)


def _exactly(title: Promise | str, model: type[Any], *columns: str) -> Callable[[str, list[int]], Group]:
    """Rows of a model that have the text in one of these columns; one query a column, so that each uses its index."""

    def kind(text: str, everywhere: list[int]) -> Group:
        found: dict[int, Any] = {}
        for column in columns:
            for row in _rows(model, everywhere, **{column: text}):
                found[row.pk] = row
        rows = list(found.values())
        return Group(title, [_hit(row) for row in rows[:MOST]], len(rows) > MOST)

    return kind


def _in_settlements(text: str, everywhere: list[int]) -> Group:
    """Settlements with rows of an order. Lines have no page of their own."""
    ids = _settlements_of(text, everywhere)
    rows = list(Settlement.everywhere.filter(pk__in=ids[:MOST]).select_related("tenant").order_by("-pk"))
    return Group(_("Settlements with this order"), [_hit(row) for row in rows], len(ids) > MOST)


def _settlements_of(text: str, everywhere: list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT settlement_id FROM reconciliation_settlementline WHERE tenant_id = ANY(%s) AND order_ref = %s LIMIT %s",
            [everywhere, text, MOST + 1],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _hit(row: Any) -> Hit:
    facts = " · ".join(str(part) for part in _FACTS.get(type(row), _plain)(row) if part)
    return Hit(str(row), facts, page_of(row), row if isinstance(row, Tenant) else row.tenant)


def _plain(row: Any) -> tuple[object, ...]:
    return (getattr(row, "state", ""), row.created_at.strftime("%Y-%m-%d %H:%M UTC"))


_FACTS: dict[type, Callable[[Any], tuple[object, ...]]] = {
    Tenant: lambda row: (row.public_id, row.get_state_display(), row.country),
    Connection: lambda row: (row.provider, row.external_account, row.region, row.environment, row.get_state_display()),
    Settlement: lambda row: (row.marketplace, row.header_total, row.currency, row.get_state_display()),
    ApiKey: lambda row: (row.name, ", ".join(row.scopes)),
    Payout: lambda row: (row.status, row.amount, row.currency),
    Order: lambda row: (row.status, row.gross, row.currency, row.get_state_display()),
    LedgerDocument: lambda row: (row.document_type, row.number, row.external_id, row.source_ref, row.get_state_display()),
    PostingAttempt: lambda row: (row.action, row.phase, row.provider_trace_id),
    ApiCall: lambda row: (row.operation, row.status, row.failure, row.at.strftime("%Y-%m-%d %H:%M:%S UTC")),
    AuditEvent: lambda row: (row.action, row.subject_id, row.created_at.strftime("%Y-%m-%d %H:%M:%S UTC")),
    SyncRun: lambda row: (row.stream, row.trigger, row.get_state_display()),
}

KINDS: tuple[Callable[[str, list[int]], Group], ...] = (
    _tenants,
    _exactly(_("Connections"), Connection, "external_account"),
    _exactly(_("Orders"), Order, "order_id"),
    _exactly(_("Settlements"), Settlement, "settlement_id"),
    _in_settlements,
    _exactly(_("Payouts"), Payout, "payout_id", "trace_id"),
    _exactly(_("Ledger documents"), LedgerDocument, "number", "external_id"),
    _exactly(_("Posting attempts"), PostingAttempt, "provider_trace_id"),
    _exactly(_("API calls"), ApiCall, "provider_trace_id", "correlation_id"),
    _exactly(_("Runs"), SyncRun, "correlation_id"),
    _keys,
    _exactly(_("In the audit trail"), AuditEvent, "correlation_id"),
)
