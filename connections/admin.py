"""The console's pages about connections and the calls made over them. Secrets have no page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from connections import services
from connections.models import ApiCall, Breaker, Connection, Grant, InboundNotice, RateBudget
from connections.wake import wake
from tenants.console import ReadOnlyAdmin, TenantRowAdmin, console_action, pretty


@admin.register(Connection)
class ConnectionAdmin(TenantRowAdmin):
    list_display = (
        "name",
        "tenant",
        "provider",
        "environment",
        "region",
        "external_account",
        "state",
        "reason",
        "last_good_call_at",
    )
    list_filter = ("provider", "environment", "state")
    search_fields = ("external_account", "name", "public_id", "tenant__name")
    actions = ("test", "pause", "resume", "ask_to_reconnect")
    readonly_fields = ("what_it_says",)
    exclude = ("facts",)

    @admin.display(description=_("facts"))
    def what_it_says(self, connection: Connection) -> Any:
        return pretty(connection.facts)

    @console_action("Test", effect="A worker makes one harmless read over each connection; its latency or failure is kept.")
    def test(self, connection: Connection) -> None:
        wake("connections.test", connection)

    @console_action("Pause", effect="No call is made over these connections until they are resumed. Waiting work is kept.")
    def pause(self, connection: Connection) -> None:
        services.pause(connection=connection)

    @console_action("Resume", effect="Calls are made again; waiting work goes on.")
    def resume(self, connection: Connection) -> None:
        services.resume(connection=connection)

    @console_action(
        "Ask to reconnect", effect="The connection is marked as needing a new consent, and its tenant is told by mail."
    )
    def ask_to_reconnect(self, connection: Connection) -> None:
        services.mark_needs_reconnect(connection=connection, reason="asked_by_support")


@admin.register(Grant)
class GrantAdmin(TenantRowAdmin):
    list_display = (
        "provider",
        "tenant",
        "environment",
        "state",
        "reason",
        "generation",
        "access_expires",
        "refresh_expires",
        "hard_expires",
    )
    list_filter = ("provider", "state")


@admin.register(ApiCall)
class ApiCallAdmin(TenantRowAdmin):
    list_display = (
        "at",
        "tenant",
        "provider",
        "operation",
        "method",
        "status",
        "failure",
        "ms",
        "provider_trace_id",
        "correlation_id",
    )
    list_filter = ("provider", "failure", "operation")
    search_fields = ("provider_trace_id", "correlation_id")
    list_select_related = ("connection",)


@admin.register(InboundNotice)
class InboundNoticeAdmin(TenantRowAdmin):
    list_display = ("created_at", "tenant", "connection", "kind", "operation", "external_id", "state")
    list_select_related = ("connection",)
    list_filter = ("kind", "state")


@admin.register(RateBudget)
class RateBudgetAdmin(ReadOnlyAdmin):
    list_display = ("provider", "operation", "rate", "burst", "tokens", "blocked_until", "calls", "throttled", "learned_at")
    list_filter = ("provider", "operation")


@admin.register(Breaker)
class BreakerAdmin(ReadOnlyAdmin):
    list_display = ("scope", "state", "failures", "opened_at", "probe_at")
    list_filter = ("state",)
