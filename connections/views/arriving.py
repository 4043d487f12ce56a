"""What providers and their pages call: the return from consent, an invitation, a farewell, a webhook.

No tenant is known here. A return carries a code in its address, so it is answered with a redirect
and nothing else, whatever happened.
"""

from __future__ import annotations

import logging
from typing import cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from canonical.problems import Refused
from connections import inbound, oauth, polling, services, visits
from connections.contracts import PollRequest
from connections.errors import Failure
from connections.models import AccountRoute, Connection
from connections.views.common import find_provider, keep_trouble, leave, say, session_mark
from tenants.models import Membership, User
from tenants.news import acting
from tenants.roles import Permission
from tenants.scope import tenant_scope
from tenants.web import actor_of

logger = logging.getLogger(__name__)
LARGEST_POLL = 8 * 1024 * 1024  # an answer of a few thousand list entries


@require_GET
def callback(request: HttpRequest, provider: str) -> HttpResponse:
    """Back from the consent page. 302 always; neither code nor state ever reaches a page."""
    if not request.user.is_authenticated:
        messages.error(request, _("Please log in and begin again from Connections."))
        return redirect("account_login")
    user = request.user
    brought = request.GET.dict()
    try:
        with acting(actor_of(request)):
            rows = services.finish_all(user=user, session_mark=session_mark(request), provider=provider, callback=brought)
    except (Refused, Failure) as error:
        where = _where_to_tell(user, brought.get("state", ""))
        if where == "/":  # the front page has no place for it
            say(request, error)
        else:
            keep_trouble(request, error, provider)
        return HttpResponseRedirect(where)
    row = rows[0]
    names = ", ".join(each.name for each in rows)
    told = ngettext("%(name)s is connected.", "%(name)s are connected.", len(rows))
    messages.success(request, told % {"name": names})
    begun = oauth.way_back(user=user, state=brought.get("state", ""))
    own = reverse("connections:detail", args=[begun.tenant.public_id, row.public_id]) if begun else "/"
    return HttpResponseRedirect((begun.return_to if begun else "") or own)


def _where_to_tell(user: User, state: str) -> str:
    """The connections of the company for which it was begun; the front page when that cannot be known."""
    begun = oauth.way_back(user=user, state=state) if state else None
    if begun is None:
        return "/"
    if begun.reconnects:
        return reverse("connections:detail", args=[begun.tenant.public_id, begun.reconnects])
    return reverse("connections:list", args=[begun.tenant.public_id])


@require_http_methods(["GET", "POST"])
@login_required
def start(request: HttpRequest, provider: str) -> HttpResponse:
    """Consent that began at the provider (Amazon's Appstore): for which company, and in which region?"""
    chosen = find_provider(provider)
    places = [row for row in _memberships(cast(User, request.user)) if row.allows(Permission.CONNECT)]
    if request.method == "POST":
        place = next((row for row in places if row.tenant.public_id == request.POST.get("tenant")), None)
        if place is not None:
            return _follow_invitation(request, provider, place)
    context = {"provider": chosen.info, "places": places, "query": request.GET.dict()}
    return render(request, "connections/start.html", context)


def _follow_invitation(request: HttpRequest, provider: str, place: Membership) -> HttpResponse:
    if not is_mfa_enabled(request.user):
        return redirect("mfa_activate_totp")
    with tenant_scope(place.tenant):
        try:
            url = services.begin_from_invitation(
                user=cast(User, request.user),
                session_mark=session_mark(request),
                provider=provider,
                region=request.POST.get("region", ""),
                query=request.GET.dict(),
            )
        except Refused as error:
            say(request, error)
            return HttpResponseRedirect(request.get_full_path())
    return leave(request, find_provider(provider), url)


@require_GET
@login_required
def disconnected(request: HttpRequest, provider: str) -> HttpResponse:
    """Where a provider sends somebody who has just disconnected us there.

    The address proves nothing: each of his connections to that account is asked, and the door
    itself notices when it is no longer let in.
    """
    chosen = find_provider(provider)
    account = request.GET.get("realmId") or request.GET.get("selling_partner_id", "")
    lost = [row for place in _memberships(cast(User, request.user)) for row in _asked(place, provider, account)]
    return render(request, "connections/disconnected.html", {"provider": chosen.info, "lost": lost})


def _asked(place: Membership, provider: str, account: str) -> list[tuple[Membership, Connection]]:
    routes = AccountRoute.objects.filter(provider=provider, tenant=place.tenant)
    if account:
        routes = routes.filter(external_account=account)
    found = []
    with tenant_scope(place.tenant):
        for row in Connection.objects.filter(pk__in=[route.connection_id for route in routes]):
            try:
                services.test(connection=row)
            except (Refused, Failure) as error:
                logger.info("connection %s after a farewell: %s", row.public_id, type(error).__name__)
            row.refresh_from_db()
            if row.state == Connection.State.NEEDS_RECONNECT:
                found.append((place, row))
    return found


def _memberships(user: User) -> list[Membership]:
    return list(Membership.objects.select_related("tenant").filter(user=user).order_by("tenant__name"))


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Store and acknowledge; nothing else happens here. What cannot be stored is not acknowledged."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        receipt = inbound.receive(provider=provider, headers=headers, body=request.body)
    except (DatabaseError, OSError):
        logger.exception("a delivery from %s could not be stored", provider)
        return HttpResponse(status=503)
    return HttpResponse(status=receipt.value)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def poll(request: HttpRequest, provider: str) -> HttpResponse:
    """A provider's own program comes to fetch what waits, and brings what it was given. No session, no cookie: it names itself."""
    chosen = find_provider(provider)
    if chosen.poller is None:
        raise Http404
    body = request.read(LARGEST_POLL + 1) if request.method == "POST" else b""
    if len(body) > LARGEST_POLL:
        return HttpResponse(status=413)
    asked = PollRequest(
        method=request.method or "GET",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        query=request.GET.dict(),
        address=visits.address(provider),
    )
    try:
        reply = chosen.poller.serve(polling.FrontDesk(provider), asked)
    except (DatabaseError, OSError):
        logger.exception("a visit of %s could not be served", provider)
        return HttpResponse(status=503)
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
