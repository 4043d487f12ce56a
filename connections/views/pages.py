"""A tenant's connections: the list, the gallery, one connection, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from canonical.problems import Refused
from connections import browsing, registry, selectors, services, standing, visits
from connections.contracts import Environment, ProviderInfo, ProviderRole
from connections.errors import Failure, FailureKind
from connections.models import ApiCall, Connection
from connections.views.common import find, say, take_trouble
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

LOOKS_AGAIN = 15  # seconds after which a page that waits for a provider asks again


@dataclass(frozen=True, slots=True)
class Tile:
    """A connection as the list shows it, or a provider as the gallery does."""

    info: ProviderInfo
    connection: Connection | None = None
    offered: bool = True

    @property
    def is_ledger(self) -> bool:
        return ProviderRole.LEDGER in self.info.roles


@require_GET
@tenant_view(Permission.VIEW)
def overview(request: TenantRequest) -> HttpResponse:
    tiles = [Tile(registry.provider(row.provider).info, row) for row in selectors.connections()]
    groups = [
        (_("Where you sell"), [tile for tile in tiles if not tile.is_ledger]),
        (_("Where your books are kept"), [tile for tile in tiles if tile.is_ledger]),
    ]
    return render(request, "connections/list.html", {"groups": groups, "any": bool(tiles), "trouble": take_trouble(request)})


@require_GET
@tenant_view(Permission.CONNECT)
def gallery(request: TenantRequest) -> HttpResponse:
    tiles = [Tile(p.info, offered=bool(registry.environments(p.info.key))) for p in registry.providers()]
    groups = [
        (_("Where you sell"), [tile for tile in tiles if not tile.is_ledger]),
        (_("Where your books are kept"), [tile for tile in tiles if tile.is_ledger]),
    ]
    return render(request, "connections/gallery.html", {"groups": groups})


@require_GET
@tenant_view(Permission.VIEW)
def detail(request: TenantRequest, connection: str) -> HttpResponse:
    row = find(connection)
    return render(request, "connections/detail.html", {**_facts(row), "trouble": take_trouble(request)})


def _facts(row: Connection) -> dict[str, object]:
    provider = registry.provider(row.provider)
    needs = row.state == Connection.State.NEEDS_RECONNECT
    return {
        "connection": row,
        "region": _(dict(provider.info.regions).get(row.region, row.region.upper())) if row.region else "",
        "provider": provider.info,
        "is_ledger": provider.target is not None,
        "simulated": row.environment != Environment.PRODUCTION,
        "problem": shown(standing.reconnect_problem(row, row.reason)) if needs else None,
        "scopes": selectors.scopes_in_words(row),
        "expiries": selectors.expiries(row),
        "quota": selectors.quota(connection=row) if registry.environments(row.provider) else [],
        "kinds": browsing.kinds(row) if row.state == Connection.State.ACTIVE else (),
        "calls": selectors.api_calls(connection=row, limit=12),
        **({"visits": visits.of(row), "asked": 1, "seconds": 15} if provider.poller is not None else {}),
    }


@require_GET
@tenant_view(Permission.CONNECT)
def data(request: TenantRequest, connection: str, kind: str) -> HttpResponse:
    """A page of what the account holds over there, read now. Only for whoever may connect it: it is their raw data."""
    row, cursor = find(connection), request.GET.get("cursor", "")
    shown_page, trouble, again = None, None, None
    try:
        shown_page = browsing.look(row, kind, cursor)
        again = shown_page.next if shown_page.waits else None
    except Refused as error:
        raise Http404 from error
    except Failure as error:
        trouble = error
        again = cursor if error.kind is FailureKind.QUEUED else None
    context = {
        "connection": row,
        "provider": registry.provider(row.provider).info,
        "kinds": browsing.kinds(row),
        "kind": kind,
        "page": shown_page,
        "problem": shown(trouble.problem) if trouble else None,
        "again": None if again is None else urlencode({"cursor": again}),
    }
    answer = render(request, "connections/data.html", context)
    if again is not None:
        answer.headers["Refresh"] = f"{LOOKS_AGAIN}; url=?{context['again']}"
    return answer


@require_POST
@tenant_view(Permission.CONNECT)
def test(request: TenantRequest, connection: str) -> HttpResponse:
    """One harmless read; the result in place for htmx, as a message otherwise."""
    row = find(connection)
    trouble: Refused | Failure | None = None
    try:
        services.test(connection=row)
    except (Refused, Failure) as error:
        trouble = error
    if not request.htmx:
        _tell_test(request, row, trouble)
        return redirect(tenant_url(request.tenant, "connections:detail", row.public_id))
    problems = () if trouble is None else trouble.problems if isinstance(trouble, Refused) else (trouble.problem,)
    trace_id = trouble.trace_id if isinstance(trouble, Failure) else ""
    context = {"connection": row, "problems": [shown(problem) for problem in problems], "trace_id": trace_id}
    return render(request, "connections/tested.html", context)


def _tell_test(request: TenantRequest, row: Connection, trouble: Refused | Failure | None) -> None:
    if trouble is not None:
        say(request, trouble)
        return
    messages.success(request, _("It works: %(name)s answered in %(ms)s ms.") % {"name": row.name, "ms": row.last_latency_ms})


@require_POST
@tenant_view(Permission.CONNECT)
def refresh(request: TenantRequest, connection: str) -> HttpResponse:
    """Read the ledger's accounts and settings again, all of them."""
    row = find(connection)
    try:
        counts = services.refresh_reference(connection=row, full=True)
        messages.success(request, _("Read again: %(count)s entries.") % {"count": counts.upserted})
    except (Refused, Failure) as error:
        say(request, error)
    return redirect(tenant_url(request.tenant, "connections:detail", row.public_id))


@require_POST
@tenant_view(Permission.CONNECT)
def pause(request: TenantRequest, connection: str) -> HttpResponse:
    row = services.pause(connection=find(connection))
    messages.success(request, _("%(name)s is paused: nothing is asked of it until you resume it.") % {"name": row.name})
    return redirect(tenant_url(request.tenant, "connections:detail", row.public_id))


@require_POST
@tenant_view(Permission.CONNECT)
def resume(request: TenantRequest, connection: str) -> HttpResponse:
    row = services.resume(connection=find(connection))
    messages.success(request, _("%(name)s is in use again.") % {"name": row.name})
    return redirect(tenant_url(request.tenant, "connections:detail", row.public_id))


@require_POST
@tenant_view(Permission.CONNECT)
def disconnect(request: TenantRequest, connection: str) -> HttpResponse:
    row = find(connection)
    provider = registry.provider(row.provider).info.name
    if services.disconnect(connection=row):
        messages.success(request, _("%(name)s is disconnected.") % {"name": row.name})
    else:
        text = _("%(name)s is disconnected here, but %(provider)s did not confirm. Remove our access on their side too.")
        messages.warning(request, text % {"name": row.name, "provider": provider})
    return redirect(tenant_url(request.tenant, "connections:list"))


@require_GET
@tenant_view(Permission.CONNECT)
def call(request: TenantRequest, connection: str, call: str) -> HttpResponse:
    """One exchange with its masked bodies: what a support desk asks for."""
    row = find(connection)
    found = ApiCall.objects.filter(connection=row, public_id=call).first()
    if found is None:
        raise Http404
    context = {
        "connection": row,
        "provider": registry.provider(row.provider).info,
        "call": found,
        "trace": selectors.trace(found),
    }
    return render(request, "connections/call.html", context)
