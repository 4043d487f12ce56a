"""The console's own pages. Doors: each reads with a selector or acts through a service, and writes down that it was opened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget

from config.console import search, sheet
from config.logs import redact
from connections import disclosure as disclosures
from connections import registry
from connections.contracts import ProviderRole
from connections.models import Connection, Disclosure
from tenants import operators, stops
from tenants.admin import StopForm
from tenants.models import SupportSession, Tenant
from tenants.news import acting
from tenants.scope import tenant_scope


def _page(request: HttpRequest, template: str, title: Any, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), "title": title, **context})


@require_GET
def front(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """What stands out over all tenants, under the search box."""
    context = {
        "stops": stops.standing().select_related("tenant", "placed_by"),
        "visits": SupportSession.everywhere.filter(ended_at=None).select_related("tenant", "operator").order_by("-id")[:10],
        "troubled": sheet.tenants_in_trouble(),
    }
    return _page(request, "admin/front.html", _("Console"), **context)


@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """The search box's answer. Every search is written down, without what looks like a secret."""
    text = request.GET.get("q", "").strip()[:200]
    groups = search.find(text) if text else []
    if text:
        with acting(operators.operator_of(request)):
            operators.note("search", subject=str(redact(text)))
    hits = sum(len(group.hits) for group in groups)
    return _page(
        request, "admin/find.html", _("Find"), text=text, groups=groups, hits=hits, too_short=0 < len(text) < search.SHORTEST
    )


@require_GET
def tenant(request: HttpRequest, tenant: str) -> HttpResponse:
    """The one page support opens."""
    found = get_object_or_404(Tenant, public_id=tenant)
    with acting(operators.operator_of(request)):
        operators.note("tenant.looked_at", subject=found.public_id, tenant=found)
    return _page(request, "admin/tenant.html", found.name, sheet=sheet.sheet_of(found), tenant=found)


# ------------------------------------------------------------------ the kill switch for everybody


class StopEverybodyForm(StopForm):
    provider = forms.ChoiceField(label=gettext_lazy("At"), widget=UnfoldAdminSelectWidget, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ledgers = [p.info for p in registry.providers() if ProviderRole.LEDGER in p.info.roles]
        self.fields["provider"].choices = [("", _("Every ledger")), *((info.key, info.name) for info in ledgers)]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest) -> HttpResponse:
    """Stop writing for everybody, at one provider or at all: says first how many companies it concerns."""
    form = StopEverybodyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        with acting(operators.operator_of(request, reason=answers["reason"])):
            operators.note("writestop.placed", subject=answers["provider"] or "every ledger")
            stops.stop_writes(
                tenant=None,
                provider=answers["provider"],
                lasts=timedelta(hours=answers["hours"]),
                reason=answers["reason"],
                affected=writers(answers["provider"]),
            )
        messages.success(request, _("Nothing is written any more. Lift the stop under Stops on writing."))
        return redirect("admin:index")
    return _page(request, "admin/stop.html", _("Stop writing for everybody"), form=form, concerned=len(writers("")))


def writers(provider: str) -> list[Tenant]:
    """The companies with a connected ledger, of one provider or any."""
    keys = [provider] if provider else [p.info.key for p in registry.providers() if ProviderRole.LEDGER in p.info.roles]
    rows = Connection.everywhere.filter(provider__in=keys).exclude(state=Connection.State.DISCONNECTED)
    return list(Tenant.objects.filter(pk__in=rows.values("tenant_id")))


# ------------------------------------------------------------------ one exchange


@require_GET
def exchange(request: HttpRequest, tenant: str, disclosure: str) -> HttpResponse:
    """What a worker has laid out of one exchange; the page asks again until it is there. As it was, it is shown once."""
    found = get_object_or_404(Tenant, public_id=tenant)
    with tenant_scope(found):
        asked = Disclosure.objects.select_related("call", "call__connection").filter(public_id=disclosure).first()
        if asked is None or asked.operator_id != request.user.pk:
            raise Http404
        shown = disclosures.take(asked)
    return _page(request, "admin/exchange.html", asked.call.operation, asked=asked, shown=shown, tenant=found)
