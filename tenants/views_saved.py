"""Saving the filters of a list, and dropping them again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from canonical.problems import Refused
from tenants import saved_views
from tenants.models import SavedView
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view


@require_POST
@tenant_view(Permission.VIEW)
def saved_view_save(request: TenantRequest) -> HttpResponse:
    page, query = request.POST.get("page", ""), request.POST.get("query", "")
    if page not in saved_views.PAGES:
        raise Http404
    try:
        row = saved_views.save(user=request.user, page=page, name=request.POST.get("name", ""), query=query)
        messages.success(request, _("Saved as “%(name)s”.") % {"name": row.name})
    except Refused as refusal:
        for problem in refusal.problems:
            messages.error(request, f"{shown(problem).text} {shown(problem).remedy}")
    return _back(request, page, saved_views.cleaned(query))


@require_POST
@tenant_view(Permission.VIEW)
def saved_view_remove(request: TenantRequest) -> HttpResponse:
    row = get_object_or_404(SavedView, public_id=request.POST.get("view", ""), user=request.user)
    page = row.page
    row.delete()
    messages.success(request, _("The saved view is gone."))
    return _back(request, page, "")


def _back(request: TenantRequest, page: str, query: str) -> HttpResponse:
    address = tenant_url(request.tenant, page)
    return HttpResponseRedirect(f"{address}?{query}" if query else address)
