"""The way back from a ledger: its link on a document names our mark and number, and no company."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reconciliation.mending import page_of_document
from syncs.documents import posting_key
from syncs.models import LedgerDocument
from tenants.models import Membership, Tenant, User
from tenants.roles import Permission
from tenants.scope import tenant_scope
from tenants.web import tenant_url


@require_GET
@login_required
def posted(request: HttpRequest, mark: str) -> HttpResponse:
    """To the settlement or order behind a document, in whichever of the reader's companies it is."""
    number = request.GET.get("number", "")
    for membership in Membership.objects.select_related("tenant").filter(user=cast(User, request.user)):
        if membership.allows(Permission.VIEW):
            with tenant_scope(membership.tenant):
                found = _address(membership.tenant, mark, number)
            if found:
                return redirect(found)
    messages.info(request, _("None of your companies has posted that document."))
    return redirect("home")


def _address(tenant: Tenant, mark: str, number: str) -> str:
    rows = LedgerDocument.objects.filter(number=number).select_related("ledger", "source")
    document = next((row for row in rows if posting_key(row).digest() == mark), None)
    if document is None:
        return ""
    settlement = page_of_document(document.public_id)
    if settlement:
        return tenant_url(tenant, "settlement", settlement)
    return f"{tenant_url(tenant, 'search')}?q={quote(document.source_ref.partition('#')[0])}"
