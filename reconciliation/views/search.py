"""The one search box: Ctrl+K anywhere, or a page of its own where there are no scripts."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from reconciliation import search
from reconciliation.search import Hit
from reconciliation.templatetags.shell import SIDEBAR
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

KINDS = {
    "page": (_("Page"), "list"), "settlement": (_("Settlement"), "receipt-2"), "order": (_("Order"), "shopping-cart"),
    "document": (_("Document"), "file-invoice"), "sku": (_("SKU"), "tag"), "run": (_("Run"), "history"),
    "connection": (_("Connection"), "plug-connected"), "integration": (_("Integration"), "arrows-left-right"),
    "record": (_("Held record"), "alert-triangle"),
}  # fmt: skip


@require_GET
@tenant_view(Permission.VIEW)
def find(request: TenantRequest) -> HttpResponse:
    """Pages by their name, then whatever has this number or name. htmx gets the list alone."""
    text = request.GET.get("q", "").strip()[: search.LONGEST]
    rows = [*_pages(request, text), *(_row(request, hit) for hit in search.find(text))]
    template = "reconciliation/parts/search_results.html" if request.htmx else "reconciliation/search.html"
    return render(request, template, {"rows": rows, "q": text, "asked": len(text) >= search.SHORTEST})


def _pages(request: TenantRequest, text: str) -> list[dict[str, Any]]:
    if not text:
        return []
    places = [place for _label, group in SIDEBAR for place in group if request.membership.allows(place.permission)]
    fits = [place for place in places if text.casefold() in str(place.label).casefold()]
    return [
        {"kind": KINDS["page"][0], "icon": place.icon, "title": place.label, "detail": "", "href": _page(request, place.name)}
        for place in fits
    ]


def _page(request: TenantRequest, name: str) -> str:
    return reverse(name, args=[request.tenant.public_id])


def _row(request: TenantRequest, hit: Hit) -> dict[str, Any]:
    word, icon = KINDS[hit.kind]
    href = tenant_url(request.tenant, hit.view, *hit.arguments)
    query = f"?{quote(hit.query, safe='=')}" if hit.query else ""
    anchor = f"#{hit.anchor}" if hit.anchor else ""
    return {"kind": word, "icon": icon, "title": hit.title, "detail": hit.detail, "href": f"{href}{query}{anchor}"}
