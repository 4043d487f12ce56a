"""The console's pages about people, tenants and what happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from tenants import logins, stops, support, visits
from tenants.console import ReadOnlyAdmin, ReasonForm, TenantRowAdmin, console_action, pretty
from tenants.mails import absolute
from tenants.models import Alert, ApiKey, AuditEvent, Event, Membership, OperatorAct, SupportSession, Tenant, User
from tenants.news import current_actor
from tenants.partner import keys
from tenants.scope import tenant_scope
from tenants.services import pause_tenant, resume_tenant

MINUTES = [(n, _("%(n)d minutes") % {"n": n}) for n in (15, 30, 60)]
HOURS = [(1, _("1 hour")), (4, _("4 hours")), (24, _("1 day")), (72, _("3 days")), (168, _("7 days"))]


class VisitForm(ReasonForm):
    minutes = forms.TypedChoiceField(
        label=_("Ends by itself after"), coerce=int, choices=MINUTES, initial=30, widget=UnfoldAdminSelectWidget
    )


class StopForm(ReasonForm):
    hours = forms.TypedChoiceField(
        label=_("Ends by itself after"), coerce=int, choices=HOURS, initial=4, widget=UnfoldAdminSelectWidget
    )


def hand_over(request: HttpRequest, begun: tuple[SupportSession, str]) -> HttpResponse:
    """The page whose one button carries the token into the product, in a form's body."""
    visit, token = begun
    context = {**admin.site.each_context(request), "title": _("Visit %(name)s") % {"name": visit.tenant.name}}
    return render(request, "admin/hand_over.html", {**context, "visit": visit, "token": token, "target": absolute(visits.ENTER)})


@admin.register(Tenant)
class TenantAdmin(ReadOnlyAdmin):
    list_display = ("name", "public_id", "state", "country", "home_currency", "people", "is_demo", "created_at")
    list_filter = ("state", "is_demo")
    search_fields = ("name", "public_id", "memberships__user__email")
    actions = ("look_as", "pause", "resume", "stop_writing", "allow_writing")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A tenant's page is the one support opens."""
        tenant = self.get_object(request, object_id)
        if tenant is None:
            answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
            return answer
        return redirect("admin:tenant", tenant.public_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return Tenant.objects.annotate(people=Count("memberships", distinct=True)).order_by("-id")

    @admin.display(description=_("people"), ordering="people")
    def people(self, tenant: Any) -> int:
        return int(tenant.people)

    @console_action(
        _("Pause"), effect="Scheduled work of these tenants stops. Nothing is lost; what is being posted is finished."
    )
    def pause(self, tenant: Tenant) -> None:
        pause_tenant(tenant=tenant)

    @console_action("Resume", effect="Scheduled work of these tenants begins again; missed slots are caught up once.")
    def resume(self, tenant: Tenant) -> None:
        resume_tenant(tenant=tenant)

    @console_action(
        _("Look as this company"),
        effect=_(
            "Opens the product as this company sees it: read-only, with a banner, for the time you choose. The company finds the visit and its reason in its audit trail; every page you look at is written down."
        ),
        form=VisitForm,
        then=hand_over,
    )
    def look_as(self, tenant: Tenant, *, minutes: int) -> tuple[SupportSession, str]:
        return support.begin(tenant=tenant, lasts=timedelta(minutes=minutes), reason=current_actor().reason)

    @console_action(
        _("Stop writing to ledgers"),
        effect=_(
            "Nothing is posted, changed or undone in any ledger of these companies until the time is over or the stop is lifted. Reading goes on; waiting work is kept. The companies see it on every page."
        ),
        form=StopForm,
    )
    def stop_writing(self, tenant: Tenant, *, hours: int) -> None:
        stops.stop_writes(tenant=tenant, lasts=timedelta(hours=hours), reason=current_actor().reason)

    @console_action(_("Allow writing again"), effect=_("Lifts every stop on these companies alone; a stop for everybody stays."))
    def allow_writing(self, tenant: Tenant) -> None:
        for stop in stops.standing(tenant_id=tenant.pk).filter(tenant=tenant):
            stops.lift(stop=stop, reason=current_actor().reason)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff", "last_login", "date_joined", "locked")
    readonly_fields = ("locked",)
    ordering = ("-id",)
    actions = ("unlock", "end_sessions")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.fields)

    @admin.display(description=_("login closed by failed guesses"), boolean=True)
    def locked(self, user: User) -> bool:
        return logins.is_locked(user)

    @console_action(
        _("Unlock the login"),
        effect=_(
            "Forgets the failed guesses of today, so that these people can try again at once. Make sure first that it is they who ask."
        ),
        told="login.unlocked",
    )
    def unlock(self, user: User) -> None:
        logins.unlock(user=user)

    @console_action(
        _("Log out everywhere"), effect=_("Ends every session of these people, on every device."), told="login.sessions_ended"
    )
    def end_sessions(self, user: User) -> None:
        logins.end_sessions(user=user)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("user", "tenant", "role", "created_at")
    list_select_related = ("user", "tenant")
    list_filter = ("role",)
    search_fields = ("user__email", "tenant__name")


@admin.register(AuditEvent)
class AuditEventAdmin(TenantRowAdmin):
    list_display = ("created_at", "tenant", "actor_kind", "actor", "action", "subject_type", "subject_id", "reason")
    list_filter = ("actor_kind", "action")
    search_fields = ("subject_id", "correlation_id")
    list_select_related = ("actor",)
    readonly_fields = ("what_was", "what_is")
    exclude = ("before", "after")

    @admin.display(description=_("before"))
    def what_was(self, event: AuditEvent) -> Any:
        return pretty(event.before)

    @admin.display(description=_("after"))
    def what_is(self, event: AuditEvent) -> Any:
        return pretty(event.after)


@admin.register(Alert)
class AlertAdmin(TenantRowAdmin):
    list_display = ("last_seen_at", "tenant", "problem_code", "subject_type", "subject_id", "count", "state")
    list_filter = ("state", "problem_code")


@admin.register(Event)
class EventAdmin(TenantRowAdmin):
    list_display = ("created_at", "tenant", "type", "subject_type", "subject_id", "delivered_at")
    list_filter = ("type",)


@admin.register(SupportSession)
class SupportSessionAdmin(TenantRowAdmin):
    list_display = ("created_at", "tenant", "operator", "reason", "entered_at", "expires_at", "ended_at")
    list_select_related = ("operator",)
    search_fields = ("operator__email", "public_id")
    exclude = ("token_hash",)
    actions = ("end",)

    @console_action("End", effect=_("These visits end now: the next click leads out."))
    def end(self, visit: SupportSession) -> None:
        support.end(session=visit)


@admin.register(OperatorAct)
class OperatorActAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "operator", "action", "subject", "tenant", "reason", "ip")
    list_select_related = ("operator", "tenant")
    search_fields = ("operator__email", "subject")
    list_filter = ("action",)
    ordering = ("-id",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "tenant", "name", "prefix", "last4", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("tenant",)
    search_fields = ("public_id", "tenant__name", "last4")
    ordering = ("-id",)
    exclude = ("key_hash",)
    actions = ("revoke",)

    @console_action(
        "Revoke", effect="Programs that use these keys are refused from their next request on. This cannot be undone."
    )
    def revoke(self, key: ApiKey) -> None:
        with tenant_scope(key.tenant_id):
            keys.revoke_key(key=key)
