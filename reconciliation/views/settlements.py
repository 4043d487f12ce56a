"""The list of settlements: filters in the address, posting several at once, a table to take away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from canonical.problems import Refused
from reconciliation import selectors_pages, services, totals
from reconciliation.forms import ListFilter
from reconciliation.models import Settlement
from reconciliation.selectors_pages import NEEDS_SOMEBODY, TABS, Row, Wanted
from syncs.models import Integration
from tenants.exports import table_response
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

PAGE = 50
MOST_AT_ONCE = 50


@require_GET
@tenant_view(Permission.VIEW)
def settlements(request: TenantRequest) -> HttpResponse:
    wanted = ListFilter(request.GET).wanted()
    zone = request.tenant.timezone
    page = Paginator(selectors_pages.settlements(wanted, zone=zone), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": selectors_pages.rows(page.object_list),
        "wanted": wanted,
        "tabs": _tabs(request, wanted),
        "marketplaces": selectors_pages.marketplaces(),
        "currencies": selectors_pages.currencies(),
        "integrations": list(Integration.objects.order_by("name")),
        "filtered": any(
            (wanted.search, wanted.marketplace, wanted.currency, wanted.integration, wanted.since, wanted.until, wanted.bank)
        ),
        "any_at_all": Settlement.objects.exists(),
    }
    return render(request, "reconciliation/settlements.html", context)


def _tabs(request: TenantRequest, wanted: Wanted) -> list[dict[str, Any]]:
    """All, to do, then each state that occurs, with its count under the other filters."""
    counts = selectors_pages.counts_by_state(wanted, zone=request.tenant.timezone)
    query = request.GET.copy()
    query.pop("page", None)

    def tab(state: str, label: str, count: int) -> dict[str, Any]:
        query["state"] = state
        return {"href": f"?{query.urlencode()}", "label": label, "count": count, "here": wanted.state == state}

    tabs = [tab("", _("All"), sum(counts.values())), tab("todo", _("To do"), sum(counts.get(s, 0) for s in NEEDS_SOMEBODY))]
    if wanted.state in totals.ALL:
        states = totals.ALL[wanted.state]
        tabs.append(tab(wanted.state, str(totals.WORDS[wanted.state]), sum(counts.get(s, 0) for s in states)))
    tabs += [tab(s.value, str(s.label), counts.get(s, 0)) for s in TABS if counts.get(s) or wanted.state == s]
    return tabs


@require_GET
@tenant_view(Permission.VIEW)
def settlements_export(request: TenantRequest) -> HttpResponseBase:
    wanted = ListFilter(request.GET).wanted()
    found = selectors_pages.settlements(wanted, zone=request.tenant.timezone)
    head = [
        "settlement",
        "marketplace",
        "from",
        "until",
        "deposit",
        "payout",
        "currency",
        "rows",
        "difference",
        "status",
        "documents",
        "bank",
    ]
    pages = (selectors_pages.rows(found[start : start + 500]) for start in range(0, found.count(), 500))
    return table_response(request, "settlements", head, (_cells(row) for page in pages for row in page))


def _cells(row: Row) -> list[Any]:
    one = row.settlement
    numbers = " ".join(document.number for document in row.documents if document.number)
    return [
        one.settlement_id, one.marketplace, one.period_start, one.period_end, one.deposit_at, one.header_total,
        one.currency, one.row_count, row.variance, row.label, numbers, row.bank,
    ]  # fmt: skip


@require_POST
@tenant_view(Permission.POST)
def settlements_post(request: TenantRequest) -> HttpResponse:
    """Post the ticked settlements, each as it was shown: its hashes came with the page."""
    chosen = request.POST.getlist("settlement")[:MOST_AT_ONCE]
    asked = 0
    for settlement in (
        Settlement.objects.filter(public_id__in=chosen).select_related("integration", "source").order_by("period_start")
    ):
        asked += _post_one(request, settlement)
    if asked:
        text = ngettext("%(n)d settlement is being posted.", "%(n)d settlements are being posted.", asked)
        messages.success(request, text % {"n": asked})
    return HttpResponseRedirect(tenant_url(request.tenant, "settlements"))


def _post_one(request: TenantRequest, settlement: Settlement) -> bool:
    prefix = f"hash:{settlement.public_id}:"
    expected = {key.removeprefix(prefix): value for key, value in request.POST.items() if key.startswith(prefix)}
    try:
        services.post_settlement(settlement=settlement, expected={key: str(value) for key, value in expected.items()})
    except Refused as refusal:
        for problem in refusal.problems:
            words = shown(problem)
            messages.error(request, f"{settlement.settlement_id}: {words.text} {words.remedy}")
        return False
    return True
