"""What every page of the operator console shares: rows are read across tenants and never edited;
acts go through services, inside the row's tenant, with a reason that the audit trail keeps."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from canonical.problems import Refused
from tenants.models import TenantOwned
from tenants.news import Actor, acting
from tenants.problems import shown
from tenants.scope import tenant_scope

LEAST_REASON = 10


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows to look at. What may be done to them are actions."""

    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Every column as it is. (Django would build choices for foreign keys, which need a tenant.)"""
        hidden = {"id", *(self.exclude or ())}
        columns = [field.name for field in self.model._meta.concrete_fields if field.name not in hidden]
        return [*self.readonly_fields, *columns]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    has_module_permission = has_view_permission


class TenantRowAdmin(ReadOnlyAdmin):
    """Rows of all tenants, newest first. The console's database user may read them and write none."""

    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model.everywhere.select_related("tenant")
        return rows.order_by(*self.get_ordering(request))


class ReasonForm(forms.Form):
    reason = forms.CharField(min_length=LEAST_REASON, max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


Act = Callable[[Any], object]


def console_action(
    description: str, *, effect: str
) -> Callable[[Callable[[Any, Any], object]], Callable[..., HttpResponse | None]]:
    """Make an admin action of a function of one row: asks for the reason, enters the row's tenant, audits, reports.

    `effect` is the sentence that says what will happen, shown before it does.
    """

    def decorate(act: Callable[[Any, Any], object]) -> Callable[..., HttpResponse | None]:
        @functools.wraps(act)
        def action(admin: TenantRowAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            form = ReasonForm(request.POST if "reason" in request.POST else None)
            if not form.is_valid():
                return _ask(admin, request, queryset, form, act.__name__, description, effect)
            reason = str(form.cleaned_data["reason"])
            done = sum(_do(admin, request, row, act, reason) for row in queryset)
            if done:
                text = ngettext("%(action)s: %(n)d row.", "%(action)s: %(n)d rows.", done)
                messages.success(request, text % {"action": description, "n": done})
            return None

        action.short_description = description  # type: ignore[attr-defined]
        return action

    return decorate


def _do(admin: TenantRowAdmin, request: HttpRequest, row: Any, act: Callable[[Any, Any], object], reason: str) -> int:
    tenant = row.tenant if isinstance(row, TenantOwned) else row
    who = Actor(user=request.user, kind="operator", ip=request.META.get("REMOTE_ADDR"), reason=reason)  # type: ignore[arg-type]
    try:
        with tenant_scope(tenant.pk), acting(who):
            act(admin, row)
    except Refused as refused:
        for problem in refused.problems:
            told = shown(problem)
            messages.error(request, f"{row}: {told.text} {told.remedy}")
        return 0
    return 1


def _ask(
    admin: TenantRowAdmin, request: HttpRequest, rows: Iterable[Any], form: ReasonForm, name: str, title: str, effect: str
) -> TemplateResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": title,
        "effect": effect,
        "rows": list(rows),
        "form": form,
        "action": name,
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
        "opts": admin.model._meta,
    }
    return TemplateResponse(request, "admin/reason.html", context)


def pretty(value: Any) -> SafeString | str:
    """JSON for people."""
    if not value:
        return "—"
    return format_html("<pre class='whitespace-pre-wrap text-xs'>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))
