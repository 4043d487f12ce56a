"""Held records: grouped by what one act can mend, with the words, the remedy and the retry."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from syncs import selectors
from syncs.views.runs import retry
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view


@require_GET
@tenant_view(Permission.VIEW)
def held(request: TenantRequest) -> HttpResponse:
    return render(request, "syncs/held.html", {"groups": selectors.held_groups()})


@require_POST
@tenant_view(Permission.UPLOAD)
def held_retry(request: TenantRequest) -> HttpResponse:
    """Try one record again, or all that are held for the same reason."""
    fingerprint, item = request.POST.get("fingerprint", ""), request.POST.get("item", "")
    retry(request, selectors.stuck_items(fingerprint=fingerprint, item=item))
    return HttpResponseRedirect(tenant_url(request.tenant, "held"))
