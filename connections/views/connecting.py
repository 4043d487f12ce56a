"""Connecting and reconnecting: the generated form, and the way out to the provider's consent page."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from canonical.problems import Refused
from connections import registry, services
from connections.contracts import Entrance
from connections.errors import Failure
from connections.forms import ConnectForm
from connections.models import Connection
from connections.registry import Provider
from connections.views.common import find, find_provider, leave, say, session_mark
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view, two_steps_first


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.CONNECT)
@two_steps_first
def connect(request: TenantRequest, provider: str) -> HttpResponse:
    chosen = find_provider(provider)
    if not registry.environments(provider):
        raise Http404
    entrance = _entrance(chosen, request.POST.get("entrance") or request.GET.get("entrance", ""))
    form = ConnectForm(chosen, entrance, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if entrance is Entrance.OAUTH_CODE:
                return _to_consent(request, chosen, form)
            return _adopted(request, chosen, form)
        except (Refused, Failure) as error:
            say(request, error)
    others = [way for way in chosen.info.entrances if way is not entrance]
    context = {
        "provider": chosen.info,
        "form": form,
        "entrance": entrance.value,
        "others": [way.value for way in others],
        "reconnects": _reconnected(request),
        "next": _next(request),
    }
    return render(request, "connections/connect.html", context)


@require_POST
@tenant_view(Permission.CONNECT)
@two_steps_first
def reconnect(request: TenantRequest, connection: str) -> HttpResponse:
    """Straight to the consent page with what is known already; a pasted token is asked for again."""
    row = find(connection)
    chosen = registry.provider(row.provider)
    if chosen.info.polls_us:
        return _polled_again(request, row)
    if Entrance.OAUTH_CODE not in chosen.info.entrances:
        address = tenant_url(request.tenant, "connections:connect", row.provider)
        return redirect(f"{address}?reconnects={row.public_id}")
    try:
        url = services.begin(
            user=request.user,
            session_mark=session_mark(request),
            provider=row.provider,
            environment=row.environment,
            region=row.region,
            reconnects=row.public_id,
        )
    except Refused as error:
        say(request, error)
        return redirect(tenant_url(request.tenant, "connections:detail", row.public_id))
    return leave(request, chosen, url)


def _to_consent(request: TenantRequest, chosen: Provider, form: ConnectForm) -> HttpResponse:
    url = services.begin(
        user=request.user,
        session_mark=session_mark(request),
        provider=chosen.info.key,
        environment=form.cleaned_data["environment"],
        region=form.cleaned_data.get("region", ""),
        answers=form.answers(),
        reconnects=_reconnected(request),
        return_to=_next(request),
    )
    return leave(request, chosen, url)


def _adopted(request: TenantRequest, chosen: Provider, form: ConnectForm) -> HttpResponse:
    row = services.adopt(
        provider=chosen.info.key,
        environment=form.cleaned_data["environment"],
        region=form.cleaned_data.get("region", ""),
        answers=form.answers(),
        reconnects=_reconnected(request),
    )
    if chosen.info.polls_us:
        address = tenant_url(request.tenant, "connections:visits", row.public_id)
    else:
        messages.success(request, _("%(name)s is connected.") % {"name": row.name})
        address = _next(request) or tenant_url(request.tenant, "connections:detail", row.public_id)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _polled_again(request: TenantRequest, row: Connection) -> HttpResponse:
    """Under the id it had, so that its computer goes on as before; a new password is made on the page that follows."""
    answers = {"external_account": row.external_account, "company": row.name}
    try:
        services.adopt(provider=row.provider, environment=row.environment, answers=answers, reconnects=row.public_id)
    except Refused as refusal:
        say(request, refusal)
    address = tenant_url(request.tenant, "connections:visits", row.public_id)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _entrance(chosen: Provider, asked: str) -> Entrance:
    ways = chosen.info.entrances
    return Entrance(asked) if asked in [way.value for way in ways] else ways[0]


def _reconnected(request: TenantRequest) -> str:
    """The connection to be reconnected, if one was named and is ours."""
    asked = request.POST.get("reconnects") or request.GET.get("reconnects", "")
    return asked if asked and Connection.objects.filter(public_id=asked).exists() else ""


def _next(request: TenantRequest) -> str:
    """Where to go on afterwards: an address of our own, or nothing."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith("/")
    return asked if ours and len(asked) <= 200 else ""
