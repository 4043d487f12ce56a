"""The first page: what needs somebody, how the connections are, what came in lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from connections.contracts import ProviderRole
from connections.models import Connection
from connections.registry import provider
from reconciliation import selectors_pages
from reconciliation.models import Settlement
from syncs.models import Integration, SyncSchedule
from tenants import clock
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

LATELY = timedelta(days=31)
_State = Settlement.State


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for a person. `tone` colours the count."""

    count: int
    text: str
    hint: str
    href: str
    tone: str = "warning"


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of setting up, done or not."""

    done: bool
    text: str
    hint: str
    href: str


@require_GET
@tenant_view(Permission.VIEW)
def overview(request: TenantRequest) -> HttpResponse:
    seen = selectors_pages.overview(since=clock.now() - LATELY)
    ticks = _ticks(request, seen)
    done = sum(tick.done for tick in ticks)
    context = {
        "seen": seen,
        "needs": _needs(request, seen),
        "ticks": ticks,
        "ticks_done": done,
        # In the beginning the whole way is shown; near its end only what is left.
        "ticks_shown": ticks if done * 2 < len(ticks) else [tick for tick in ticks if not tick.done],
    }
    return render(request, "reconciliation/overview.html", context)


def _needs(request: TenantRequest, seen: selectors_pages.Overview) -> list[Need]:
    def listed(state: str) -> str:
        return f"{tenant_url(request.tenant, 'settlements')}?state={state}"

    by_state = seen.by_state
    broken = [connection for connection in seen.connections if connection.state == Connection.State.NEEDS_RECONNECT]
    rows: list[tuple[int, str, str, str, str]] = [
        (len(broken), ngettext("connection must be renewed", "connections must be renewed", len(broken)),
         _("Work for it waits and goes on by itself afterwards."), tenant_url(request.tenant, "connections:list"), "danger"),
        (by_state.get(_State.FAILED, 0), ngettext("posting failed", "postings failed", by_state.get(_State.FAILED, 0)),
         _("The ledger refused something; the settlement says what."), listed(_State.FAILED), "danger"),
        (by_state.get(_State.PARTIALLY_POSTED, 0),
         ngettext("settlement is posted in part", "settlements are posted in part", by_state.get(_State.PARTIALLY_POSTED, 0)),
         _("Complete it or undo it."), listed(_State.PARTIALLY_POSTED), "danger"),
        (by_state.get(_State.NEEDS_MAPPING, 0),
         ngettext("settlement needs an account", "settlements need an account", by_state.get(_State.NEEDS_MAPPING, 0)),
         _("Say once where a new kind of row goes; it holds for all to come."), listed(_State.NEEDS_MAPPING), "warning"),
        (by_state.get(_State.NEEDS_REVIEW, 0),
         ngettext("settlement needs a look", "settlements need a look", by_state.get(_State.NEEDS_REVIEW, 0)),
         _("Something does not add up or is missing."), listed(_State.NEEDS_REVIEW), "warning"),
        (seen.held, ngettext("record is held", "records are held", seen.held),
         _("Each says what is wrong and what to do."), tenant_url(request.tenant, "held"), "warning"),
        (seen.refused_uploads, ngettext("uploaded file could not be read", "uploaded files could not be read", seen.refused_uploads),
         _("The upload says which line and why."), tenant_url(request.tenant, "uploads"), "warning"),
        (by_state.get(_State.READY, 0), ngettext("settlement is ready to post", "settlements are ready to post", by_state.get(_State.READY, 0)),
         _("Every rung ties; look and post."), listed(_State.READY), "info"),
    ]  # fmt: skip
    return [Need(*row) for row in rows if row[0]]


def _ticks(request: TenantRequest, seen: selectors_pages.Overview) -> list[Tick]:
    """What is left of setting up; empty when all is done."""
    def to(name: str, *args: Any) -> str:
        return tenant_url(request.tenant, name, *args)

    sources, ledgers = _by_role(seen.connections)
    mapped = any(one.mapping_set.published for one in _with_sets(seen.integrations))
    wizard = to("connections:list")
    ticks = [
        Tick(bool(is_mfa_enabled(request.user)), _("Protect your login"), _("A code from your phone, besides the password."), "/accounts/2fa/totp/activate/"),
        Tick(bool(sources), _("Connect where you sell"), _("Amazon Seller Central, any region."), to("connections:list")),
        Tick(bool(ledgers), _("Connect where your books are kept"), _("QuickBooks Online."), to("connections:list")),
        Tick(bool(mapped), _("Choose accounts and taxes"), _("A few questions; default accounts can be made for you."), wizard),
        Tick(SyncSchedule.objects.filter(enabled=True).exists(), _("Switch it on"), _("New settlements then arrive by themselves."), to("schedules")),
        Tick(bool(seen.by_state.get(_State.POSTED, 0)), _("Post the first settlement"), _("Look at the ladder first: every rung must tie."), to("settlements")),
    ]  # fmt: skip
    return [] if all(tick.done for tick in ticks) else ticks


def _by_role(connections: list[Connection]) -> tuple[list[Connection], list[Connection]]:
    def having(role: ProviderRole) -> list[Connection]:
        return [one for one in connections if role in provider(one.provider).info.roles]

    return having(ProviderRole.SOURCE), having(ProviderRole.LEDGER)


def _with_sets(integrations: list[Integration]) -> list[Integration]:
    return list(Integration.objects.filter(pk__in=[one.pk for one in integrations]).select_related("mapping_set"))
