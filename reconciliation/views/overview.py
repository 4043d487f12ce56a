"""The first page: what needs somebody, how the connections are, what came in lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET

from connections.contracts import ProviderRole
from connections.models import Connection
from connections.registry import provider
from reconciliation import selectors_pages
from reconciliation.models import Settlement
from syncs.models import SyncSchedule
from syncs.views import health
from tenants import clock
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

LATELY = timedelta(days=31)
_State = Settlement.State


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that waits for a person. `text` counts itself; `tone` colours the count."""

    text: Any
    hint: Any
    tone: str = "warning"


BROKEN = Kind(
    ngettext_lazy("connection must be renewed", "connections must be renewed", "n"),
    gettext_lazy("Work for it waits and goes on by itself afterwards."),
    "danger",
)
HELD = Kind(ngettext_lazy("record is held", "records are held", "n"), gettext_lazy("Each says what is wrong and what to do."))
REFUSED = Kind(
    ngettext_lazy("uploaded file could not be read", "uploaded files could not be read", "n"),
    gettext_lazy("The upload says which line and why."),
)
# By state of the settlement, the most pressing first.
BY_STATE: dict[str, Kind] = {
    _State.FAILED: Kind(
        ngettext_lazy("posting failed", "postings failed", "n"),
        gettext_lazy("The ledger refused something; the settlement says what."),
        "danger",
    ),
    _State.PARTIALLY_POSTED: Kind(
        ngettext_lazy("settlement is posted in part", "settlements are posted in part", "n"),
        gettext_lazy("Complete it or undo it."),
        "danger",
    ),
    _State.CHANGED: Kind(
        ngettext_lazy("settlement changed after posting", "settlements changed after posting", "n"),
        gettext_lazy("Its file or mapping now says something else than the ledger holds."),
    ),
    _State.NEEDS_MAPPING: Kind(
        ngettext_lazy("settlement needs an account", "settlements need an account", "n"),
        gettext_lazy("Say once where a new kind of row goes; it holds for all to come."),
    ),
    _State.NEEDS_REVIEW: Kind(
        ngettext_lazy("settlement needs a look", "settlements need a look", "n"),
        gettext_lazy("Something does not add up or is missing."),
    ),
    _State.READY: Kind(
        ngettext_lazy("settlement is ready to post", "settlements are ready to post", "n"),
        gettext_lazy("Every rung ties; look and post."),
        "info",
    ),
}


@dataclass(frozen=True, slots=True)
class Need:
    """What waits, how many of it, and where to go."""

    kind: Kind
    count: int
    href: str

    @property
    def text(self) -> str:
        return str(self.kind.text % {"n": self.count})


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
    ticks = setting_up(request, seen)
    done = sum(tick.done for tick in ticks)
    context = {
        "seen": seen,
        "needs": needs(request, seen),
        "ticks": ticks,
        **health.context(request),
        "ticks_done": done,
        # In the beginning the whole way is shown; near its end only what is left.
        "ticks_shown": ticks if done * 2 < len(ticks) else [tick for tick in ticks if not tick.done],
    }
    return render(request, "reconciliation/overview.html", context)


def needs(request: TenantRequest, seen: selectors_pages.Overview) -> list[Need]:
    """What waits for a person, the most pressing first; nothing that counts zero."""
    listed = tenant_url(request.tenant, "settlements")
    broken = sum(one.state == Connection.State.NEEDS_RECONNECT for one in seen.connections)
    by_state = [Need(kind, seen.by_state.get(state, 0), f"{listed}?state={state}") for state, kind in BY_STATE.items()]
    found = [
        Need(BROKEN, broken, tenant_url(request.tenant, "connections:list")),
        *by_state[:-1],
        Need(HELD, seen.held, tenant_url(request.tenant, "inbox")),
        Need(REFUSED, seen.refused_uploads, tenant_url(request.tenant, "uploads")),
        by_state[-1],
    ]
    return [need for need in found if need.count]


def setting_up(request: TenantRequest, seen: selectors_pages.Overview) -> list[Tick]:
    """The way from an empty company to the first posted settlement; empty when all of it is done."""
    connect, lists = tenant_url(request.tenant, "connections:list"), tenant_url(request.tenant, "settlements")
    ticks = [
        Tick(
            bool(is_mfa_enabled(request.user)),
            _("Protect your login"),
            _("A code from your phone, besides the password."),
            reverse("mfa_activate_totp"),
        ),
        Tick(_has(seen, ProviderRole.SOURCE), _("Connect where you sell"), _("Amazon, any region, or a Magento shop."), connect),
        Tick(
            _has(seen, ProviderRole.LEDGER),
            _("Connect where your books are kept"),
            _("QuickBooks Online or Desktop, Xero, or KashFlow."),
            connect,
        ),
        Tick(
            any(one.mapping_set.published for one in seen.integrations),
            _("Choose accounts and taxes"),
            _("A few questions; default accounts can be made for you."),
            tenant_url(request.tenant, "integrations"),
        ),
        Tick(
            SyncSchedule.objects.filter(enabled=True).exists(),
            _("Switch it on"),
            _("New settlements then arrive by themselves."),
            tenant_url(request.tenant, "schedules"),
        ),
        Tick(
            bool(seen.by_state.get(_State.POSTED, 0)),
            _("Post the first settlement"),
            _("Look at the ladder first: every rung must tie."),
            lists,
        ),
    ]
    return [] if all(tick.done for tick in ticks) else ticks


def _has(seen: selectors_pages.Overview, role: ProviderRole) -> bool:
    return any(role in provider(one.provider).info.roles for one in seen.connections)
