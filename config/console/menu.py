"""The console's side bar: what operators look at, by the question they come with."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Word = Promise | str
Menu = tuple[tuple[Word, tuple[tuple[Word, str, str], ...]], ...]

# (title, ((label, icon, model as app.model), ...)).
MENU: Menu = (
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
            (_("Bank accounts"), "savings", "reconciliation.bankaccount"),
            (_("Bank statements"), "request_quote", "reconciliation.bankstatement"),
            (_("Bank lines"), "view_list", "reconciliation.bankline"),
            (_("Bank matches"), "join_inner", "reconciliation.bankmatch"),
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
            (_("Stray messages"), "mark_email_unread", "connections.straymessage"),
        ),
    ),
    (
        _("Developers"),
        (
            (_("API keys"), "vpn_key", "tenants.apikey"),
            (_("Webhook endpoints"), "webhook", "connections.webhookendpoint"),
            (_("Webhook deliveries"), "outbox", "connections.webhookdelivery"),
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
            (_("Support visits"), "visibility", "tenants.supportsession"),
            (_("Stops on writing"), "front_hand", "tenants.writestop"),
            (_("Operators' acts"), "badge", "tenants.operatoract"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The console's side bar in Unfold's shape; the icons are names of its own icon font."""
    first = {"title": "", "items": [{"title": _("Find"), "icon": "search", "link": reverse("admin:find")}]}
    rest = [
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
    return [first, *rest]
