"""The customer pages' one way into a tenant: who asks, for which tenant, and whether he may.

    @tenant_view(Permission.POST)
    def settlement_post(request: TenantRequest, settlement: str) -> HttpResponse: ...

with a route `app/<str:tenant>/settlements/<str:settlement>/post`. Inside, `request.tenant` and
`request.membership` are set, the tenant's rows are in scope, and what is audited is said to be
done by this person. Somebody else's tenant does not exist (404, never 403); a missing permission
is a 403 page that names who has it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

import structlog
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from tenants.models import Membership, SupportSession, Tenant, User
from tenants.news import Actor, acting
from tenants.roles import Permission, Role, roles_with
from tenants.scope import tenant_scope

LAST_TENANT = "last_tenant"  # session key: where "/" leads


class TenantRequest(HttpRequest):
    """A request that has passed `tenant_view`."""

    tenant: Tenant
    membership: Membership
    user: User
    htmx: Any


P = ParamSpec("P")
View = Callable[Concatenate[TenantRequest, P], HttpResponseBase]
Door = Callable[..., HttpResponseBase]


def tenant_view(permission: Permission = Permission.VIEW) -> Callable[[View[P]], Door]:
    """A view under `/app/<tenant>/...` for members whose role has `permission`."""

    def decorate(view: View[P]) -> Door:
        @wraps(view)
        def door(request: HttpRequest, tenant: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return ask_to_log_in(request)
            asked = _admit(request, tenant)
            with inside(asked):
                if not asked.membership.allows(permission):
                    return refused(asked, permission)
                return _kept_inside(asked, view(asked, *args, **kwargs))

        door.permission = permission  # type: ignore[attr-defined]
        return door

    return decorate


def ask_to_log_in(request: HttpRequest) -> HttpResponse:
    """To the login page and back; a fragment asked by htmx takes the whole page there."""
    if getattr(request, "htmx", False):
        back = request.headers.get("HX-Current-URL-abs-path") or request.htmx.current_url_abs_path  # type: ignore[attr-defined]
        login = redirect_to_login(back or "/", resolve_url("account_login"))
        return cast(HttpResponse, HttpResponseClientRedirect(login.url))
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/", resolve_url("account_login"))


def _admit(request: HttpRequest, public_id: str) -> TenantRequest:
    """Find the membership, or say that there is no such page. A visiting operator is nobody's member: he reads as a viewer."""
    visit = getattr(request, "support", None)
    if visit is not None:
        return _visitor(request, visit, public_id)
    membership = Membership.objects.select_related("tenant").filter(user=request.user.pk, tenant__public_id=public_id).first()
    if membership is None:
        raise Http404
    asked = cast(TenantRequest, request)
    asked.membership = membership
    asked.tenant = membership.tenant
    if request.session.get(LAST_TENANT) != public_id:
        request.session[LAST_TENANT] = public_id
    return asked


def _visitor(request: HttpRequest, visit: SupportSession, public_id: str) -> TenantRequest:
    if visit.tenant.public_id != public_id:
        raise Http404
    asked = cast(TenantRequest, request)
    asked.tenant = visit.tenant
    asked.membership = Membership(user=cast(User, request.user), tenant=visit.tenant, role=Role.VIEWER)
    return asked


@contextmanager
def inside(request: TenantRequest) -> Iterator[None]:
    """The tenant's scope, its time zone, and this person as the one who acts."""
    with ExitStack() as stack:
        stack.enter_context(tenant_scope(request.tenant))
        stack.enter_context(acting(actor_of(request)))
        stack.enter_context(timezone.override(request.tenant.timezone))
        yield


def actor_of(request: HttpRequest) -> Actor:
    user = cast(User, request.user)
    visit = getattr(request, "support", None)
    kind, reason = ("operator", visit.reason) if visit is not None else ("person", "")
    return Actor(user=user, kind=kind, reason=reason, ip=request.META.get("REMOTE_ADDR") or None, correlation_id=correlation_id())


def correlation_id() -> str:
    """The request's id as the logs have it, so that an audit row leads to its log lines."""
    return str(structlog.contextvars.get_contextvars().get("request_id") or uuid.uuid4())[:40]


def _kept_inside(request: TenantRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A streamed answer is produced after the view has returned: its rows are read inside the tenant too."""
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = _streamed(request, iter(response.streaming_content))  # type: ignore[arg-type]
    elif isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
        return response.render()
    return response


def _streamed(request: TenantRequest, content: Iterator[bytes]) -> Iterator[bytes]:
    with inside(request):
        yield from content


def two_steps_first(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Inside `tenant_view`: for people with a second step at login only; others are shown how to get one.

    Amazon and Intuit ask for it of whoever can open their customers' accounts to us.
    """

    @wraps(view)
    def door(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_mfa_enabled(request.user):
            return view(request, *args, **kwargs)
        if getattr(request, "htmx", False):
            return cast(HttpResponse, HttpResponseClientRedirect(reverse("mfa_activate_totp")))
        return render(request, "tenants/two_steps_first.html", status=403)

    return door


def refused(request: TenantRequest, permission: Permission) -> HttpResponse:
    """The page for a member whose role is too small: what it takes, and who has it."""
    labels = dict(Role.choices)
    context = {"permission": permission.label, "roles": [labels[role] for role in roles_with(permission)]}
    return render(request, "tenants/refused.html", context, status=403)


def tenant_url(tenant: Tenant, name: str, *args: Any) -> str:
    """The address of a tenant's page: `tenant_url(request.tenant, "settlement", settlement.public_id)`."""
    return reverse(name, args=[tenant.public_id, *args])
