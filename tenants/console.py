"""What every page of the operator console shares: rows are read across tenants and never edited;
acts go through services, inside the row's tenant, with a reason that the audit trail keeps."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from canonical.problems import Refused
from tenants import operators
from tenants.models import Tenant, TenantOwned
from tenants.news import acting, audit
from tenants.problems import shown
from tenants.scope import tenant_scope

LEAST_REASON = 10


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows to look at: facts first, JSON last. What may be done to them are actions, in the list and on the row's page."""

    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True
    change_form_outer_before_template = "admin/row_top.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Every column as it is. (Django would build choices for foreign keys, which need a tenant.)"""
        hidden = {"id", *(self.exclude or ())}
        columns = [field.name for field in self.model._meta.concrete_fields if field.name not in hidden]
        return [*columns, *self.readonly_fields]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = self.get_actions(request)
        acts = [{"name": name, "label": label} for name, (_call, _name, label) in found.items() if name != "delete_selected"]
        meta = self.model._meta
        context = {
            **(extra_context or {}),
            "title": None,
            "acts": acts,
            "acts_at": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"),
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
        }
        answer: HttpResponse = super().change_view(request, object_id, form_url, context)
        return answer

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
    reason = forms.CharField(
        min_length=LEAST_REASON,
        max_length=300,
        label=_("Reason (the customer can read it)"),
        help_text=_("At least ten characters: who asked, and for what."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def rest(self) -> dict[str, Any]:
        """What an act asks besides its reason."""
        return {name: value for name, value in self.cleaned_data.items() if name != "reason"}


Then = Callable[[HttpRequest, Any], HttpResponse | None]


def console_action(
    description: Any, *, effect: Any, form: type[ReasonForm] = ReasonForm, told: str = "", then: Then | None = None
) -> Callable[[Callable[..., object]], Callable[..., HttpResponse | None]]:
    """Make an admin action of a function of one row: asks for the reason, enters the row's tenant, audits, reports.

    `effect` is the sentence that says what will happen, shown before it does. `form` may ask more than the
    reason; its fields are the function's keyword arguments. `told` names the entry in the tenant's audit trail
    where the service behind the act writes none. `then` shows what the last row's act gave back.
    """

    def decorate(act: Callable[..., object]) -> Callable[..., HttpResponse | None]:
        @functools.wraps(act)
        def action(admin: ReadOnlyAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            asked = form(request.POST if "reason" in request.POST else None)
            if not asked.is_valid():
                return _ask(admin, request, queryset, asked, act.__name__, description, effect)
            made = [_do(admin, request, row, act, asked, told) for row in queryset]
            done = [result for ok, result in made if ok]
            if done and then is not None:
                return then(request, done[-1])
            if done:
                text = ngettext("%(action)s: %(n)d row.", "%(action)s: %(n)d rows.", len(done))
                messages.success(request, text % {"action": description, "n": len(done)})
            return _back(request)

        action.short_description = description  # type: ignore[attr-defined]
        return action

    return decorate


def tenants_of(row: Any) -> list[Tenant]:
    """Whom a row belongs to: a person may work for several tenants, a shared row for none."""
    if isinstance(row, Tenant):
        return [row]
    if isinstance(row, TenantOwned):
        return [row.tenant]
    return list(row.concerns()) if hasattr(row, "concerns") else []


def _do(
    admin: ReadOnlyAdmin, request: HttpRequest, row: Any, act: Callable[..., object], asked: ReasonForm, told: str
) -> tuple[bool, object]:
    reason = str(asked.cleaned_data["reason"])
    concerned = tenants_of(row)
    with ExitStack() as stack:
        stack.enter_context(acting(operators.operator_of(request, reason=reason)))
        tenant = concerned[0] if len(concerned) == 1 else None
        operators.note(f"{row._meta.model_name}.{act.__name__}", subject=name_of(row), tenant=tenant)
        try:
            if isinstance(row, (Tenant, TenantOwned)):
                stack.enter_context(tenant_scope(concerned[0].pk))
            result = act(admin, row, **asked.rest())
        except Refused as refused:
            _report(request, row, refused)
            return False, None
        if told:
            for each in concerned:
                with tenant_scope(each):
                    audit(told, row if isinstance(row, (Tenant, TenantOwned)) else each)
        return True, result


def name_of(row: Any) -> str:
    """How the operators' log names a row."""
    return str(getattr(row, "public_id", "") or row)


def _report(request: HttpRequest, row: Any, refused: Refused) -> None:
    for problem in refused.problems:
        words = shown(problem)
        messages.error(request, f"{row}: {words.text} {words.remedy}")


def _back(request: HttpRequest) -> HttpResponse | None:
    """To the page the act was begun on; None leads to the list."""
    asked = request.POST.get("next", "")
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return HttpResponseRedirect(asked)
    return None


def _ask(
    admin: ReadOnlyAdmin, request: HttpRequest, rows: Iterable[Any], form: ReasonForm, name: str, title: Any, effect: Any
) -> TemplateResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": title,
        "effect": effect,
        "rows": list(rows),
        "form": form,
        "action": name,
        "next": request.POST.get("next", ""),
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
        "opts": admin.model._meta,
    }
    return TemplateResponse(request, "admin/reason.html", context)


def pretty(value: Any) -> SafeString | str:
    """JSON for people."""
    if not value:
        return "—"
    return format_html("<pre class='whitespace-pre-wrap text-xs'>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))
