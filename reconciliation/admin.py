"""The console's pages about settlements, payouts and uploads."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from reconciliation.models import BankAccount, BankLine, BankMatch, BankStatement, Payout, Settlement, Upload
from reconciliation.state import with_state
from reconciliation.tasks import COMPOSE_AGAIN
from syncs import dispatch
from tenants.console import TenantRowAdmin, console_action, pretty


@admin.register(Settlement)
class SettlementAdmin(TenantRowAdmin):
    list_display = (
        "settlement_id",
        "tenant",
        "marketplace",
        "currency",
        "period_end",
        "header_total",
        "line_total",
        "row_count",
        "shown",
    )
    list_filter = ("state", "currency", "marketplace")
    search_fields = ("settlement_id", "public_id")
    list_select_related = ("integration",)
    actions = ("compose_again",)
    readonly_fields = ("open_points", "summary")
    exclude = ("problems", "categories", "unclassified", "facts")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_state(super().get_queryset(request))

    @admin.display(description=_("state"))
    def shown(self, settlement: Any) -> str:
        return str(Settlement.State(settlement.shown_state).label)

    @admin.display(description=_("open points"))
    def open_points(self, settlement: Settlement) -> Any:
        return pretty(settlement.problems)

    @admin.display(description=_("summary"))
    def summary(self, settlement: Settlement) -> Any:
        return pretty(settlement.categories)

    @console_action(
        "Compose again",
        effect="A worker composes the entry again from the kept file. What stands in the ledger is not touched.",
    )
    def compose_again(self, settlement: Settlement) -> None:
        dispatch.send(COMPOSE_AGAIN, settlement.tenant_id, settlement.pk)


@admin.register(Payout)
class PayoutAdmin(TenantRowAdmin):
    list_display = ("payout_id", "tenant", "status", "amount", "currency", "initiated_at", "trace_id")
    list_filter = ("status", "currency")
    search_fields = ("payout_id", "trace_id")


@admin.register(BankAccount)
class BankAccountAdmin(TenantRowAdmin):
    list_display = ("name", "tenant", "ledger", "external_id", "currency")
    list_select_related = ("ledger",)
    search_fields = ("name", "external_id", "public_id")


@admin.register(BankStatement)
class BankStatementAdmin(TenantRowAdmin):
    list_display = (
        "file_name", "tenant", "account", "format", "state", "starts_on", "ends_on", "line_count", "known_count", "adds_up",
    )  # fmt: skip
    list_filter = ("format", "state", "adds_up")
    list_select_related = ("account", "uploaded_by")
    search_fields = ("file_name", "public_id")


@admin.register(BankLine)
class BankLineAdmin(TenantRowAdmin):
    list_display = ("booked_on", "tenant", "account", "amount", "currency", "statement")
    list_filter = ("currency",)
    list_select_related = ("account", "statement")
    search_fields = ("public_id", "external_id")


@admin.register(BankMatch)
class BankMatchAdmin(TenantRowAdmin):
    list_display = ("payout", "tenant", "line", "why", "matched_by", "created_at", "ended_at", "ended_by")
    list_filter = ("why",)
    list_select_related = ("payout", "line", "matched_by", "ended_by")
    search_fields = ("public_id", "payout__payout_id", "payout__trace_id")


@admin.register(Upload)
class UploadAdmin(TenantRowAdmin):
    list_display = ("file_name", "tenant", "size", "state", "settlement", "uploaded_by", "created_at")
    list_select_related = ("settlement", "uploaded_by")
    list_filter = ("state",)
