"""Integrations: which source goes into which ledger, how, and since when."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from canonical.problems import Refused
from connections import selectors
from connections.contracts import ProviderRole
from connections.models import Connection
from reconciliation import selectors_pages
from reconciliation.forms_integrations import NameForm, PairForm, PauseForm
from reconciliation.orders.policy import is_shop
from reconciliation.selectors_pages import Wanted
from reconciliation.views.settlement import refuse
from reconciliation.wizard import steps, summary, trial
from reconciliation.wizard.known import Known
from syncs import schedules, services
from syncs.models import Integration, SyncRun, SyncSchedule
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view


def found(public_id: str) -> Integration:
    rows = Integration.objects.select_related("source", "ledger", "mapping_set", "tenant")
    one: Integration = get_object_or_404(rows, public_id=public_id)
    return one


@require_GET
@tenant_view(Permission.VIEW)
def integrations(request: TenantRequest) -> HttpResponse:
    rows = list(Integration.objects.select_related("source", "ledger").order_by("name", "id"))
    context = {"rows": [(one, Known(one)) for one in rows], "ready": _sides()}
    return render(request, "reconciliation/integrations.html", context)


def _sides() -> dict[str, list[Connection]]:
    """Connections that can be paired: not those that were disconnected."""

    def usable(role: ProviderRole) -> list[Connection]:
        return [one for one in selectors.connections(role=role) if one.state != Connection.State.DISCONNECTED]

    return {"sources": usable(ProviderRole.SOURCE), "ledgers": usable(ProviderRole.LEDGER)}


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.SCHEDULE)
def integration_new(request: TenantRequest) -> HttpResponse:
    """Pair a source with a ledger, then on to the wizard."""
    sides = _sides()
    form = PairForm(request.POST or None, **sides)
    if request.method == "POST" and form.is_valid():
        source = form.chosen("source")
        try:
            made = services.create_integration(
                source=source, ledger=form.chosen("ledger"), name=form.cleaned_data["name"], timezone=request.tenant.timezone
            )
            return HttpResponseRedirect(
                tenant_url(request.tenant, "order_settings" if is_shop(made) else "wizard", made.public_id)
            )
        except Refused as refusal:
            refuse(request, refusal)
    context = {"form": form, **sides}
    return render(request, "reconciliation/integration_new.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@tenant_view(Permission.VIEW)
def integration(request: TenantRequest, integration: str) -> HttpResponse:
    one = found(integration)
    known = Known(one)
    wanted = Wanted(integration=one.public_id)
    context = {
        "integration": one,
        "answers": summary.answers(known),
        "will_hold": summary.will_hold(known) if one.wizard_step else [],
        "finished": one.wizard_step == steps.LAST.key,
        "step": steps.BY_KEY.get(one.wizard_step, steps.FIRST),
        "counts": selectors_pages.counts_by_state(wanted, zone=one.timezone),
        "facts": trial.facts(one),
        "schedules": _schedules(one),
        "runs": list(SyncRun.objects.filter(integration=one).order_by("-id")[:5]),
        "name_form": NameForm(initial={"name": one.name}),
        "is_shop": is_shop(one),
    }
    return render(request, "reconciliation/integration.html", context)


def _schedules(integration: Integration) -> list[tuple[SyncSchedule, object]]:
    rows = SyncSchedule.objects.filter(integration=integration).order_by("stream")
    return [(row, schedules.next_run(schedule=row)) for row in rows]


@require_POST
@tenant_view(Permission.SCHEDULE)
def integration_change(request: TenantRequest, integration: str) -> HttpResponse:
    """Give it another name."""
    one = found(integration)
    form = NameForm(request.POST)
    if form.is_valid():
        services.change_integration(integration=one, name=form.cleaned_data["name"])
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("A name has 1 to 160 characters."))
    return _back(request, one)


@require_POST
@tenant_view(Permission.SCHEDULE)
def integration_pause(request: TenantRequest, integration: str) -> HttpResponse:
    one = found(integration)
    form = PauseForm(request.POST)
    services.pause(integration=one, reason=form.cleaned_data["reason"] if form.is_valid() else "")
    messages.success(request, _("Paused. What is under way ends; nothing new begins."))
    return _back(request, one)


@require_POST
@tenant_view(Permission.SCHEDULE)
def integration_resume(request: TenantRequest, integration: str) -> HttpResponse:
    one = found(integration)
    try:
        services.activate(integration=one)
        messages.success(request, _("Running again. What was missed meanwhile is fetched with the next run."))
    except Refused as refusal:
        refuse(request, refusal)
    return _back(request, one)


def _back(request: TenantRequest, integration: Integration) -> HttpResponseRedirect:
    return HttpResponseRedirect(tenant_url(request.tenant, "integration", integration.public_id))
