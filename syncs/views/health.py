"""The live part of the overview: how each integration is, asked again while the page is open."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from syncs import health
from tenants.progress import patience
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

# While nothing goes on, a look now and then is enough.
IDLE_SECONDS = 20


@require_GET
@tenant_view(Permission.VIEW)
def health_live(request: TenantRequest) -> HttpResponse:
    asked = int(request.GET["asked"]) if request.GET.get("asked", "").isdigit() else 0
    return render(request, "syncs/parts/health.html", context(request, asked + 1))


def context(request: TenantRequest, asked: int = 0) -> dict[str, Any]:
    """What the card needs; the overview shows it the first time."""
    rows = health.health()
    working = any(row.is_working for row in rows)
    return {
        "health": rows,
        "health_href": f"{tenant_url(request.tenant, 'health_live')}?asked={0 if working else asked}",
        "health_seconds": patience(0) if working else max(IDLE_SECONDS, patience(asked)),
    }
