"""Schedules: how often each stream is looked at, when next, and looking now."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from canonical.problems import Refused
from syncs import schedules as cadences
from syncs import selectors
from syncs.forms import CadenceForm
from syncs.models import Integration, SyncSchedule
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view


@require_GET
@tenant_view(Permission.VIEW)
def schedules(request: TenantRequest) -> HttpResponse:
    rows = [(row, CadenceForm.of(row.schedule)) for row in selectors.schedules()]
    integrations = list(Integration.objects.select_related("source", "ledger").order_by("name"))
    return render(request, "syncs/schedules.html", {"rows": rows, "integrations": integrations})


@require_POST
@tenant_view(Permission.SCHEDULE)
def schedule_change(request: TenantRequest, schedule: str) -> HttpResponse:
    one = get_object_or_404(SyncSchedule.objects.select_related("integration"), public_id=schedule)
    form = CadenceForm(request.POST, prefix=one.public_id)
    form.fields["every_s"].choices = CadenceForm.of(one).fields["every_s"].choices  # type: ignore[attr-defined]
    if not form.is_valid():
        messages.error(request, _("Choose one of the offered cadences."))
        return _back(request)
    try:
        cadences.set_cadence(schedule=one, every=form.every(), at=form.cleaned_data["at"], enabled=form.cleaned_data["enabled"])
        messages.success(request, _("Saved."))
    except Refused as refusal:
        for problem in refusal.problems:
            messages.error(request, f"{shown(problem).text} {shown(problem).remedy}")
    return _back(request)


@require_POST
@tenant_view(Permission.SCHEDULE)
def schedule_run(request: TenantRequest, schedule: str) -> HttpResponse:
    """Look now; two clicks are one run."""
    one = get_object_or_404(SyncSchedule.objects.select_related("integration"), public_id=schedule)
    run = cadences.run_now(integration=one.integration, stream=one.stream, user=request.user)
    return HttpResponseRedirect(tenant_url(request.tenant, "run", run.public_id))


def _back(request: TenantRequest) -> HttpResponse:
    return HttpResponseRedirect(tenant_url(request.tenant, "schedules"))
