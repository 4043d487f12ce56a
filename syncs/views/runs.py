"""Runs: the list, and one run with its live progress, its records and its calls."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from syncs import dispatch, selectors, services
from syncs.forms import RunFilter
from syncs.models import SyncRun
from tenants.progress import Poll, patience
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

PAGE = 50
SHOWN_CALLS = 100


@require_GET
@tenant_view(Permission.VIEW)
def runs(request: TenantRequest) -> HttpResponse:
    chosen = RunFilter(request.GET).chosen()
    page = Paginator(selectors.runs(**chosen), PAGE).get_page(request.GET.get("page"))
    return render(request, "syncs/runs.html", {"page": page, "chosen": chosen, "tabs": _tabs(request, chosen)})


def _tabs(request: TenantRequest, chosen: dict[str, str]) -> list[dict[str, Any]]:
    counts = selectors.run_counts()

    def tab(state: str, label: str, count: int) -> dict[str, Any]:
        return {"href": f"?state={state}" if state else "?", "label": label, "count": count, "here": chosen["state"] == state}

    states = [(state, label) for state, label in SyncRun.State.choices if counts.get(state) or chosen["state"] == state]
    return [tab("", _("All"), sum(counts.values())), *(tab(state, str(label), counts.get(state, 0)) for state, label in states)]


def _found(public_id: str) -> SyncRun:
    rows = SyncRun.objects.select_related(
        "integration__source", "integration__ledger", "flow_version", "mapping_version", "started_by"
    )
    run: SyncRun = get_object_or_404(rows, public_id=public_id)
    return run


@require_GET
@tenant_view(Permission.VIEW)
def run(request: TenantRequest, run: str) -> HttpResponse:
    one = _found(run)
    return render(request, "syncs/run.html", _context(request, one))


@require_GET
@tenant_view(Permission.VIEW)
def run_progress(request: TenantRequest, run: str) -> HttpResponse:
    """The live part of the page, asked again until the run is over; then the whole page, whose buttons have changed."""
    context = _context(request, _found(run))
    response = render(request, "syncs/parts/run_live.html", context)
    if context["sheet"].over:
        response["HX-Refresh"] = "true"
    return response


def _context(request: TenantRequest, one: SyncRun) -> dict[str, Any]:
    sheet = selectors.run_sheet(one)
    asked = int(request.GET["asked"]) if request.GET.get("asked", "").isdigit() else 0
    href = f"{tenant_url(request.tenant, 'run_progress', one.public_id)}?asked={asked + 1}"
    word = _("Done") if sheet.over else _("At work")
    poll = Poll(
        id="run-live",
        href=href,
        word=word,
        done=sheet.done + sheet.stuck,
        total=sheet.total,
        over=sheet.over,
        seconds=patience(asked),
    )
    items = Paginator(selectors.items_of(one), PAGE).get_page(request.GET.get("page"))
    titles = {step.name: step.title for step in sheet.steps}
    item: Any
    for item in items:
        item.step_title = titles.get(item.step, item.step)
    return {
        "sheet": sheet,
        "run": one,
        "poll": poll,
        "items": items,
        "calls": selectors.calls_of(one)[:SHOWN_CALLS],
    }


@require_POST
@tenant_view(Permission.SCHEDULE)
def run_cancel(request: TenantRequest, run: str) -> HttpResponse:
    services.cancel_run(run=_found(run))
    messages.success(request, _("Stopped. What was done stays done."))
    return HttpResponseRedirect(tenant_url(request.tenant, "run", run))


@require_POST
@tenant_view(Permission.UPLOAD)
def run_retry(request: TenantRequest, run: str) -> HttpResponse:
    """Try again what is stuck in this run."""
    one = _found(run)
    stuck = list(selectors.items_of(one).filter(state__in=selectors.STUCK))
    retry(request, stuck)
    return HttpResponseRedirect(tenant_url(request.tenant, "run", run))


def retry(request: TenantRequest, items: list[Any]) -> None:
    for woken in services.retry_items(items=items):
        dispatch.wake(woken)
    messages.success(
        request, ngettext("%(n)d record is tried again.", "%(n)d records are tried again.", len(items)) % {"n": len(items)}
    )
