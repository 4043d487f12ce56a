"""A shop's pages: how its orders are booked, the proof that all of it was, and its products beside the ledger's items."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from canonical.problems import Refused
from connections.errors import Failure
from reconciliation.forms_shop import ShopForm
from reconciliation.orders import services, telling
from reconciliation.orders.policy import is_shop
from reconciliation.orders.tie import DAY, MONTH, Row, Tie, tie
from reconciliation.products import selectors as products
from reconciliation.views.integrations import found
from reconciliation.views.settlement import refuse
from syncs import schedules
from syncs.models import Integration
from syncs.runs import PRODUCTS
from tenants import clock
from tenants.exports import table_response
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

SPAN, LONGEST = timedelta(days=92), timedelta(days=740)
HEAD = (
    "integration", "from", "period", "method", "currency", "orders", "refunds", "sold", "given back", "net", "documents", "came",
    "payments", "owed", "difference", "missing payments", "ties",
)  # fmt: skip
PRODUCTS_HEAD = ("integration", "sku", "title", "kind", "shop price", "item", "item price", "differs")


class TieFilter(forms.Form):
    """The proof's span as it stands in the address; junk is ignored, never an error page."""

    integration = forms.CharField(required=False, max_length=40)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    period = forms.ChoiceField(required=False, choices=[(DAY, DAY), (MONTH, MONTH)])


def shops() -> list[Integration]:
    rows = Integration.objects.select_related("source", "ledger").order_by("name", "id")
    return [one for one in rows if is_shop(one)]


def _asked(request: HttpRequest) -> dict[str, Any]:
    form = TieFilter(request.GET)
    form.is_valid()
    good = form.cleaned_data
    until: date = good.get("until") or clock.now().date()
    since: date = good.get("since") or (until - SPAN).replace(day=1)
    return {
        "integration": good.get("integration", ""),
        "since": max(since, until - LONGEST),
        "until": until,
        "period": good.get("period") or MONTH,
    }


def _ties(asked: dict[str, Any]) -> list[Tie]:
    span = {name: asked[name] for name in ("since", "until", "period")}
    return [tie(one, **span) for one in shops() if asked["integration"] in ("", one.public_id)]


@require_GET
@tenant_view(Permission.VIEW)
def proof(request: TenantRequest) -> HttpResponse:
    """What each shop sold, what the documents say, what came, and what the ledger has as payments."""
    asked = _asked(request)
    context = {"ties": _ties(asked), "asked": asked, "shops": shops()}
    return render(request, "orders/proof.html", context)


@require_GET
@tenant_view(Permission.VIEW)
def proof_export(request: TenantRequest) -> HttpResponseBase:
    asked = _asked(request)
    cells = (_cells(each.integration, asked["period"], row) for each in _ties(asked) for row in each.rows)
    return table_response(request, "proof", HEAD, cells)


def _cells(integration: Integration, period: str, row: Row) -> list[Any]:
    return [
        integration.name, row.since, period, row.method, row.currency, row.orders, row.refunds, row.sold, row.refunded, row.net,
        row.documents, row.came, row.payments, row.owed, row.difference, row.missing, "yes" if row.ties else "no",
    ]  # fmt: skip


def settings(request: TenantRequest, one: Integration) -> HttpResponse:
    """The order settings of a shop; the page of marketplaces hands over to it."""
    form = ShopForm(one, request.POST or None)
    if request.method == "POST" and form.is_valid() and _kept(request, one, form):
        return HttpResponseRedirect(tenant_url(request.tenant, "order_settings", one.public_id))
    context = {
        "integration": one,
        "form": form,
        "new": one.state == Integration.State.SETTING_UP,
        "cannot_tell": telling.can_tell(one),
        "stores": one.source.facts.get("marketplaces", []),
    }
    return render(request, "orders/settings_shop.html", context, status=422 if form.errors else 200)


def _kept(request: TenantRequest, one: Integration, form: ShopForm) -> bool:
    """Keep the answers; a shop that was not switched on yet is."""
    try:
        changed = services.decide(integration=one, settings=form.settings())
        if changed.state == Integration.State.SETTING_UP:
            services.open_shop(integration=changed)
            messages.success(request, _("The accounts are there and the shop is switched on. Its orders are read now."))
        else:
            messages.success(request, _("Saved. Orders that are kept or wait are looked at again."))
    except Refused as refusal:
        refuse(request, refusal)
        return False
    except Failure as failure:
        messages.error(request, shown(failure.problem).text)
        return False
    return True


@require_GET
@tenant_view(Permission.VIEW)
def product_list(request: TenantRequest) -> HttpResponse:
    """The shop's products beside the ledger's items; what differs first."""
    wanted = request.GET.get("integration", "")
    rows = [
        (one, sorted(products.compared(one), key=lambda row: (not row.differs and row.item is not None, row.sku)))
        for one in shops()
        if wanted in ("", one.public_id)
    ]
    return render(request, "orders/products.html", {"rows": rows})


@require_GET
@tenant_view(Permission.VIEW)
def product_export(request: TenantRequest) -> HttpResponseBase:
    cells = (
        [one.name, row.sku, row.product.title, row.product.kind, row.product.price, row.item.name if row.item else "", row.item_price,
         ", ".join(row.differs)]
        for one in shops() for row in products.compared(one)
    )  # fmt: skip
    return table_response(request, "products", PRODUCTS_HEAD, cells)


@require_POST
@tenant_view(Permission.SCHEDULE)
def product_run(request: TenantRequest, integration: str) -> HttpResponse:
    """Compare the catalogue now."""
    run = schedules.run_now(integration=found(integration), stream=PRODUCTS, user=request.user)
    return HttpResponseRedirect(tenant_url(request.tenant, "run", run.public_id))
