"""A connection whose program comes to us: setting it up, its password, and how its visits go."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from connections import polling, visits
from connections.models import Connection
from connections.registry import provider
from connections.views.common import find
from tenants.progress import patience
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_view, two_steps_first


@require_GET
@tenant_view(Permission.VIEW)
def page(request: TenantRequest, connection: str) -> HttpResponse:
    return _page(request, _polled(connection))


@require_POST
@tenant_view(Permission.CONNECT)
@two_steps_first
def password(request: TenantRequest, connection: str) -> HttpResponse:
    """A new password, shown on this one page; the one before lets nobody in any more."""
    row = _polled(connection)
    return _page(request, row, password=polling.issue(connection=row))


@require_GET
@tenant_view(Permission.CONNECT)
@two_steps_first
def setup_file(request: TenantRequest, connection: str) -> HttpResponse:
    """The file to be opened with their program."""
    made = visits.setup_file(_polled(connection))
    answer = HttpResponse(made.content, content_type=made.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer


@require_GET
@tenant_view(Permission.VIEW)
def live(request: TenantRequest, connection: str) -> HttpResponse:
    """How the visits go, asked again by itself: often while the first one is waited for."""
    return render(request, "connections/parts/visits.html", _live(_polled(connection), _asked(request)))


def _page(request: TenantRequest, row: Connection, password: str = "") -> HttpResponse:
    info = provider(row.provider).info
    context = {
        **_live(row, 0),
        "provider": info,
        "user_name": visits.user_name(row),
        "address": visits.address(row.provider),
        "reachable": visits.can_be_reached(),
        "password": password,
        "steps": f"connections/steps/{info.key}.html",
    }
    return render(request, "connections/visits.html", context)


def _live(row: Connection, asked: int) -> dict[str, object]:
    return {"connection": row, "visits": visits.of(row), "asked": asked + 1, "seconds": patience(asked)}


def _asked(request: TenantRequest) -> int:
    text = request.GET.get("asked", "")
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _polled(public_id: str) -> Connection:
    row = find(public_id)
    if provider(row.provider).poller is None:
        raise Http404
    return row
