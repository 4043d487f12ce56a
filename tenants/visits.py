"""The product's side of a support visit: the door the token opens, and what is refused while it lasts.

A visit is a browser session of its own, logged in as the operator, tied to one tenant. Every address
outside that tenant leads back into it, every method that could change something is refused, and every
page is written into the operators' log.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from canonical.problems import Refused
from tenants import clock, operators, support
from tenants.models import SupportSession
from tenants.news import acting
from tenants.problems import shown

Handler = Callable[[HttpRequest], HttpResponse]
KEY = "support"  # session key: (tenant id, public id) of the visit
ENTER, END = "/support/enter/", "/support/end/"
SAFE = ("GET", "HEAD")
# What a visitor may not see although he only looks: bodies of exchanges are opened in the console, one by one, with a reason.
CLOSED = ("connections:call", "connections:connect", "connections:gallery")


class SupportMiddleware:
    """Sets `request.support`; holds a visiting browser inside its tenant, and read-only."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.support = None  # type: ignore[attr-defined]
        key = request.session.get(KEY) if hasattr(request, "session") else None
        if not key:
            return self.get_response(request)
        visit = support.current(tenant_id=int(key[0]), public_id=str(key[1]))
        if visit is None:
            request.session.flush()
            return render(request, "tenants/support_over.html", status=410)
        request.support = visit  # type: ignore[attr-defined]
        return self._visiting(request, visit)

    def _visiting(self, request: HttpRequest, visit: SupportSession) -> HttpResponse:
        inside = request.path.startswith(f"/app/{visit.tenant.public_id}/")
        with acting(operators.operator_of(request, reason=visit.reason)):
            operators.note(f"visit.{request.method}".lower(), subject=request.path, tenant=visit.tenant)
        if request.method not in SAFE and request.path != END:
            return _refused(request, _("This is a read-only visit: nothing can be changed."))
        if not inside and request.path != END:
            return redirect("overview", visit.tenant.public_id)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, _args: object, _kwargs: object) -> HttpResponse | None:
        match = request.resolver_match
        if getattr(request, "support", None) is not None and match is not None and match.view_name in CLOSED:
            return _refused(request, _("This page is not part of a visit: open it in the console, with a reason."))
        return None


def _refused(request: HttpRequest, why: str) -> HttpResponse:
    return render(request, "tenants/support_refused.html", {"why": why}, status=403)


@csrf_exempt
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """The console's token opens the tenant, once. It comes in a form's body, from another origin, so without our CSRF token."""
    try:
        visit = support.enter(token=request.POST.get("token", ""))
    except Refused as refusal:
        return render(request, "tenants/support_over.html", {"problem": shown(refusal.problems[0])}, status=410)
    request.session.flush()
    login(request, visit.operator, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[KEY] = [visit.tenant_id, visit.public_id]
    request.session.set_expiry(max(1, int((visit.expires_at - clock.now()).total_seconds())))
    return redirect("overview", visit.tenant.public_id)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the visit and this browser's session with it."""
    visit: SupportSession | None = getattr(request, "support", None)
    if visit is None:
        return redirect("home")
    with acting(operators.operator_of(request)):
        support.end(session=visit)
    request.session.flush()
    return render(request, "tenants/support_over.html", {"ended": True, "company": visit.tenant.name})
