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
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
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


# What operators look at, by the question they come with: (title, ((label, icon, model as app.model), ...)).
MENU = (
    (
        _("Who"),
        (
            (_("Tenants"), "domain", "tenants.tenant"),
            (_("People"), "person", "tenants.user"),
            (_("Memberships"), "group", "tenants.membership"),
        ),
    ),
    (
        _("What needs somebody"),
        (
            (_("Alerts"), "notifications", "tenants.alert"),
            (_("Work items"), "checklist", "syncs.workitem"),
            (_("Breakers"), "electrical_services", "connections.breaker"),
        ),
    ),
    (
        _("Books"),
        (
            (_("Settlements"), "receipt_long", "reconciliation.settlement"),
            (_("Payouts"), "account_balance", "reconciliation.payout"),
            (_("Uploads"), "upload_file", "reconciliation.upload"),
            (_("Ledger documents"), "description", "syncs.ledgerdocument"),
            (_("Revisions"), "history", "syncs.documentrevision"),
            (_("Posting attempts"), "send", "syncs.postingattempt"),
        ),
    ),
    (
        _("Connections"),
        (
            (_("Connections"), "cable", "connections.connection"),
            (_("Grants"), "key", "connections.grant"),
            (_("API calls"), "http", "connections.apicall"),
            (_("Rate budgets"), "speed", "connections.ratebudget"),
            (_("Inbound notices"), "move_to_inbox", "connections.inboundnotice"),
        ),
    ),
    (
        _("Runs"),
        (
            (_("Integrations"), "sync_alt", "syncs.integration"),
            (_("Runs"), "play_circle", "syncs.syncrun"),
            (_("Schedules"), "schedule", "syncs.syncschedule"),
            (_("Periodic tasks"), "event_repeat", "django_celery_beat.periodictask"),
        ),
    ),
    (
        _("What happened"),
        (
            (_("Audit trail"), "policy", "tenants.auditevent"),
            (_("Events"), "bolt", "tenants.event"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The console's side bar in Unfold's shape; the icons are names of its own icon font."""
    return [
        {
            "title": title,
            "separator": True,
            "items": [
                {"title": label, "icon": icon, "link": reverse(f"admin:{model.replace('.', '_')}_changelist")}
                for label, icon, model in items
            ],
        }
        for title, items in MENU
    ]
