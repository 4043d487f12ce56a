"""The console's pages about connections and the calls made over them. Secrets have no page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from connections import disclosure, handover, reconnecting, services
from connections.models import (
    ApiCall,
    Breaker,
    Connection,
    Disclosure,
    Grant,
    InboundNotice,
    RateBudget,
    StrayMessage,
    WebhookDelivery,
    WebhookEndpoint,
)
from connections.outbound import endpoints
from connections.wake import wake
from tenants import stops
from tenants.console import ReadOnlyAdmin, ReasonForm, TenantRowAdmin, console_action, pretty
from tenants.models import Tenant, WriteStop
from tenants.news import current_actor


class CredentialForm(ReasonForm):
    """What a customer gave support to paste. The fields are emptied on every answer, and nothing shows them again."""

    token = forms.CharField(
        label=_("New token"),
        max_length=4000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}, render_value=False),
        help_text=_("It goes sealed to a worker, which tries it and puts it into the vault. It is never shown."),
    )
    account = forms.CharField(
        label=_("Account id"),
        max_length=60,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("The seller's merchant token, where the provider asks for it; else that of the connection is used."),
    )


def show_exchange(request: HttpRequest, asked: Disclosure) -> HttpResponse:
    return redirect("admin:exchange", asked.tenant.public_id, asked.public_id)


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
    actions = ("test", "pause", "resume", "mail_reconnect", "ask_to_reconnect", "replace_credential")
    readonly_fields = ("what_it_says",)
    exclude = ("facts",)

    @admin.display(description=_("facts"))
    def what_it_says(self, connection: Connection) -> Any:
        return pretty(connection.facts)

    @console_action(_("Test"), effect=_("A worker makes one harmless read over each connection; its latency or failure is kept."))
    def test(self, connection: Connection) -> None:
        wake("connections.test", connection)

    @console_action(_("Pause"), effect=_("No call is made over these connections until they are resumed. Waiting work is kept."))
    def pause(self, connection: Connection) -> None:
        services.pause(connection=connection)

    @console_action(_("Resume"), effect=_("Calls are made again; waiting work goes on."))
    def resume(self, connection: Connection) -> None:
        services.resume(connection=connection)

    @console_action(
        _("Ask to reconnect"),
        effect=_(
            "Owners and administrators get a letter with your reason and the way to the connection. Nothing stops meanwhile."
        ),
    )
    def mail_reconnect(self, connection: Connection) -> None:
        reconnecting.ask_by_mail(connection=connection, reason=current_actor().reason)

    @console_action(
        _("Stop until reconnected"),
        effect=_("The connection is marked as needing a new consent and is not used before; its tenant is told by mail."),
    )
    def ask_to_reconnect(self, connection: Connection) -> None:
        services.mark_needs_reconnect(connection=connection, reason="asked_by_support")

    @console_action(
        _("Replace the credential"),
        effect=_(
            "For a token that the customer gave you. A worker tries it with the provider; only if it opens the same account is it kept. Nobody sees it again."
        ),
        form=CredentialForm,
    )
    def replace_credential(self, connection: Connection, *, token: str, account: str) -> None:
        told = reconnecting.pasted(connection, token=token, account=account)
        handover.hand_over(connection=connection, answers=told, reason=current_actor().reason)


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
    exclude = ("request_blob", "response_blob")
    actions = ("show", "unmask")

    @console_action(
        _("Show, values blanked"),
        effect=_("A worker lays the exchange out with every value of its bodies blanked: its structure, codes and states."),
        then=show_exchange,
    )
    def show(self, call: ApiCall) -> Disclosure:
        return disclosure.ask(call=call, level=Disclosure.Level.REDACTED, reason=current_actor().reason)

    @console_action(
        _("Unmask"),
        effect=_(
            "A worker lays the exchange out as it was, the customer's data among it. It is shown to you once; the customer finds it in the audit trail with your reason. Tokens and secrets were never kept and are not in it."
        ),
        then=show_exchange,
    )
    def unmask(self, call: ApiCall) -> Disclosure:
        return disclosure.ask(call=call, level=Disclosure.Level.WHOLE, reason=current_actor().reason)


@admin.register(InboundNotice)
class InboundNoticeAdmin(TenantRowAdmin):
    list_display = ("created_at", "tenant", "connection", "kind", "operation", "external_id", "state")
    list_select_related = ("connection",)
    list_filter = ("kind", "state")


@admin.register(StrayMessage)
class StrayMessageAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "provider", "environment", "reason", "kind", "size", "times", "last_seen_at")
    list_filter = ("provider", "reason")
    exclude = ("sealed",)


@admin.register(RateBudget)
class RateBudgetAdmin(ReadOnlyAdmin):
    list_display = ("provider", "operation", "rate", "burst", "tokens", "blocked_until", "calls", "throttled", "learned_at")
    list_filter = ("provider", "operation")


@admin.register(Breaker)
class BreakerAdmin(ReadOnlyAdmin):
    list_display = ("scope", "state", "failures", "opened_at", "probe_at")
    list_filter = ("state",)


@admin.register(WriteStop)
class WriteStopAdmin(ReadOnlyAdmin):
    """Stops for everybody are placed on the front page, those for one company on its own page; both are lifted here."""

    list_display = ("created_at", "whom", "provider", "reason", "placed_by", "expires_at", "lifted_at", "lifted_by")
    list_select_related = ("tenant", "placed_by", "lifted_by")
    list_filter = ("provider",)
    ordering = ("-id",)
    actions = ("lift",)

    @admin.display(description=_("for"))
    def whom(self, stop: WriteStop) -> str:
        return str(stop.tenant or _("everybody"))

    @console_action(_("Lift"), effect=_("Writing to ledgers is allowed again; what waited goes on by itself within minutes."))
    def lift(self, stop: WriteStop) -> None:
        concerned = Connection.everywhere.exclude(state=Connection.State.DISCONNECTED)
        concerned = concerned.filter(provider=stop.provider) if stop.provider else concerned
        affected = Tenant.objects.filter(pk__in=concerned.values("tenant_id"))
        stops.lift(stop=stop, reason=current_actor().reason, affected=list(affected))


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(TenantRowAdmin):
    list_display = ("created_at", "tenant", "url", "state", "disabled_reason", "last_success_at", "failing_since")
    list_filter = ("state", "disabled_reason")
    actions = ("switch_off",)

    @console_action(
        "Switch off",
        effect="Nothing is sent to these addresses until the customer switches them on; what happens meanwhile waits.",
    )
    def switch_off(self, endpoint: WebhookEndpoint) -> None:
        endpoints.disable(endpoint=endpoint)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(TenantRowAdmin):
    list_display = ("created_at", "tenant", "endpoint", "type", "state", "attempts", "last_status", "last_failure", "not_before")
    list_select_related = ("endpoint",)
    list_filter = ("state", "type")
