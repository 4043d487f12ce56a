"""The operator console: Django's admin with Unfold, for staff who have passed a second factor.

It runs with TIEOUT_ROLE=console. Staff sign in on the same pages as everybody else (with the same
limits on guesses); the admin's own login form is not used.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]
    """Staff only, second factor required."""

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request)) and is_mfa_enabled(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send strangers to the common login, staff without a second factor to the product to set one up, others away."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or reverse("admin:index"), login_url=reverse("account_login"))
        if not getattr(request.user, "is_staff", False):
            raise PermissionDenied
        if not is_mfa_enabled(request.user):
            return redirect(f"{settings.PUBLIC_URL}/accounts/2fa/totp/activate/")
        return redirect("admin:index")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The admin's own addresses, and ours: the front page, the search box, the tenant's page."""
        from config.console import views  # needs the models, which are not loaded when sites are made

        ours = [
            path("", self.admin_view(views.front), name="index"),
            path("find/", self.admin_view(views.find), name="find"),
            path("tenant/<str:tenant>/", self.admin_view(views.tenant), name="tenant"),
            path("stop/", self.admin_view(views.stop), name="stop"),
            path("exchange/<str:tenant>/<str:disclosure>/", self.admin_view(views.exchange), name="exchange"),
        ]
        return [*ours, *super().get_urls()]
