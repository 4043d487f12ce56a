"""Every request begins and ends outside any tenant: only `tenants.web.tenant_view` enters one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tenants.scope import TenantMismatch, current_tenant_id, no_tenant

Handler = Callable[[HttpRequest], HttpResponse]


class TenantMiddleware:
    """Gives each request its (yet unknown) tenant and refuses to answer from a scope nobody left."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.tenant = None  # type: ignore[attr-defined]
        request.membership = None  # type: ignore[attr-defined]
        with no_tenant():
            response = self.get_response(request)
            if current_tenant_id() is not None:
                raise TenantMismatch("a view returned without leaving its tenant")
        return response
