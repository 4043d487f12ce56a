"""Orders: the list with its filters in the address, one order with all that became of it, and clearing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reconciliation.models import Order
from reconciliation.orders import pages
from reconciliation.orders.pages import Wanted
from reconciliation.orders.policy import is_shop
from syncs.models import Integration
from tenants.exports import table_response
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_view

PAGE = 50
OPEN_SHOWN = 200

HEAD = ("order", "marketplace", "bought", "status", "amount", "currency", "state", "document", "number")
CLEARING_HEAD = ("integration", "order", "bought", "status", "currency", "posted", "settled", "left", "last row", "closed")


class OrderFilter(forms.Form):
    """The list's filters as they stand in the address; junk is ignored, never an error page."""

    state = forms.ChoiceField(required=False, choices=[("", ""), *Order.State.choices])
    q = forms.CharField(required=False, max_length=80)
    integration = forms.CharField(required=False, max_length=40)
    marketplace = forms.CharField(required=False, max_length=80)
    method = forms.CharField(required=False, max_length=60)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)

    def wanted(self) -> Wanted:
        self.is_valid()
        good = self.cleaned_data
        return Wanted(
            state=good.get("state", ""),
            search=good.get("q", ""),
            integration=good.get("integration", ""),
            marketplace=good.get("marketplace", ""),
            method=good.get("method", ""),
            since=good.get("since"),
            until=good.get("until"),
        )


@require_GET
@tenant_view(Permission.VIEW)
def orders(request: TenantRequest) -> HttpResponse:
    wanted = OrderFilter(request.GET).wanted()
    page = Paginator(pages.orders(wanted, zone=request.tenant.timezone), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": pages.rows(page.object_list),
        "wanted": wanted,
        "tabs": _tabs(request, wanted),
        "marketplaces": pages.marketplaces(),
        "integrations": list(Integration.objects.order_by("name")),
        "any_at_all": Order.objects.exists(),
        "any_shop": any(is_shop(one) for one in Integration.objects.select_related("source")),
    }
    return render(request, "orders/orders.html", context)


def _tabs(request: TenantRequest, wanted: Wanted) -> list[dict[str, Any]]:
    """All, then each state that occurs, with its count under the other filters."""
    counts = pages.counts_by_state(wanted, zone=request.tenant.timezone)
    query = request.GET.copy()
    query.pop("page", None)

    def tab(state: str, label: str, count: int) -> dict[str, Any]:
        query["state"] = state
        return {"href": f"?{query.urlencode()}", "label": label, "count": count, "here": wanted.state == state}

    tabs = [tab("", _("All"), sum(counts.values()))]
    return tabs + [
        tab(state.value, str(state.label), counts.get(state, 0))
        for state in Order.State
        if counts.get(state) or wanted.state == state
    ]


@require_GET
@tenant_view(Permission.VIEW)
def orders_export(request: TenantRequest) -> HttpResponseBase:
    found = pages.orders(OrderFilter(request.GET).wanted(), zone=request.tenant.timezone)
    batches = (pages.rows(found[start : start + 500]) for start in range(0, found.count(), 500))
    return table_response(request, "orders", HEAD, (_cells(row) for batch in batches for row in batch))


def _cells(row: pages.Row) -> list[Any]:
    one, document = row.order, row.document
    return [
        one.order_id, one.marketplace, one.purchased_at, one.stated_status, one.gross, one.currency, one.get_state_display(),
        document.document_type if document else "", document.number if document else "",
    ]  # fmt: skip


@require_GET
@tenant_view(Permission.VIEW)
def order(request: TenantRequest, order: str) -> HttpResponse:
    found = get_object_or_404(Order.objects.select_related("integration__ledger", "source", "record"), public_id=order)
    return render(request, "orders/order.html", {"order": found, "sheet": pages.sheet(found)})


@require_GET
@tenant_view(Permission.VIEW)
def clearing(request: TenantRequest) -> HttpResponse:
    """What lies on clearing, and of which orders."""
    found = pages.clearing()
    context = {
        "lying": [(each, each.open[:OPEN_SHOWN], pages.tolerance_of(each.integration)) for each in found],
        "shown": OPEN_SHOWN,
    }
    return render(request, "orders/clearing.html", context)


@require_GET
@tenant_view(Permission.VIEW)
def clearing_export(request: TenantRequest) -> HttpResponseBase:
    cells = (_open_cells(lying, one) for lying in pages.clearing() for one in lying.open)
    return table_response(request, "clearing", CLEARING_HEAD, cells)


def _open_cells(lying: pages.Lying, one: pages.OpenOrder) -> list[Any]:
    rest, kept = one.residual, one.order
    return [
        lying.integration.name, rest.order_id, kept.purchased_at if kept else None, kept.stated_status if kept else "",
        lying.currency, rest.posted, rest.settled, rest.left, rest.last_row, kept.closed_at if kept else None,
    ]  # fmt: skip
