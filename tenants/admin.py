"""The console's pages about people, tenants and what happened."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tenants.console import ReadOnlyAdmin, TenantRowAdmin, console_action, pretty
from tenants.models import Alert, AuditEvent, Event, Membership, Tenant, User
from tenants.services import pause_tenant, resume_tenant


@admin.register(Tenant)
class TenantAdmin(ReadOnlyAdmin):
    list_display = ("name", "public_id", "state", "country", "home_currency", "people", "is_demo", "created_at")
    list_filter = ("state", "is_demo")
    search_fields = ("name", "public_id", "memberships__user__email")
    actions = ("pause", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return Tenant.objects.annotate(people=Count("memberships", distinct=True)).order_by("-id")

    @admin.display(description=_("people"), ordering="people")
    def people(self, tenant: Any) -> int:
        return int(tenant.people)

    @console_action("Pause", effect="Scheduled work of these tenants stops. Nothing is lost; what is being posted is finished.")
    def pause(self, tenant: Tenant) -> None:
        pause_tenant(tenant=tenant)

    @console_action("Resume", effect="Scheduled work of these tenants begins again; missed slots are caught up once.")
    def resume(self, tenant: Tenant) -> None:
        resume_tenant(tenant=tenant)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    ordering = ("-id",)


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
