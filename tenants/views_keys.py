"""API keys: the list, making one, rolling and revoking. A key's text is on the page that made it and never again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from canonical.problems import Refused
from tenants.forms_keys import OVERLAPS, KeyForm, RollForm
from tenants.models import ApiKey
from tenants.partner import keys
from tenants.partner.scopes import READ_ONLY, Scope
from tenants.roles import Permission
from tenants.views import say
from tenants.web import TenantRequest, tenant_url, tenant_view


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.DEVELOP)
def api_keys(request: TenantRequest) -> HttpResponse:
    """The keys, and the form that makes another."""
    if request.method == "GET":
        return _page(request, _blank())
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    good = form.cleaned_data
    key, text = keys.create_key(tenant=request.tenant, name=good["name"], scopes=good["scopes"], expires_at=form.expires_at())
    return _page(request, _blank(), made=key, text=text)


@require_POST
@tenant_view(Permission.DEVELOP)
def api_key_roll(request: TenantRequest, key: str) -> HttpResponse:
    """A new text for the same rights; the old one ends when the person says."""
    found, form = _found(request, key), RollForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        fresh, text = keys.roll_key(key=found, overlap=form.overlap())
    except Refused as refusal:
        say(request, refusal)
        return _back(request)
    return _page(request, _blank(), made=fresh, text=text)


@require_POST
@tenant_view(Permission.DEVELOP)
def api_key_revoke(request: TenantRequest, key: str) -> HttpResponse:
    found = keys.revoke_key(key=_found(request, key))
    messages.success(request, _("%(name)s no longer works.") % {"name": found.name})
    return _back(request)


def _blank() -> KeyForm:
    """A key that only reads, unless the person ticks more."""
    return KeyForm(initial={"scopes": [scope.value for scope in READ_ONLY]})


def _page(
    request: TenantRequest, form: KeyForm, *, made: ApiKey | None = None, text: str = "", status: int = 200
) -> HttpResponse:
    rows = [{"key": key, "state": _state(key)} for key in keys.keys_of(request.tenant)]
    context = {"form": form, "rows": rows, "made": made, "text": text, "overlaps": OVERLAPS, "scopes": len(Scope)}
    return render(request, "tenants/api_keys.html", context, status=status)


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "active" if keys.in_force(key) else "expired"


def _found(request: TenantRequest, public_id: str) -> ApiKey:
    return get_object_or_404(ApiKey, tenant=request.tenant, public_id=public_id)


def _back(request: TenantRequest) -> HttpResponse:
    return HttpResponseRedirect(tenant_url(request.tenant, "api_keys"))
