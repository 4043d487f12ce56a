"""Who is told what: the company's rules, my own wishes, what was sent, and the link that ends letters."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from canonical.problems import Refused
from tenants import services_alerts
from tenants.alerting import routing
from tenants.alerting import unsubscribe as unsubscribing
from tenants.alerting.kinds import LABELS
from tenants.forms_alerts import PreferenceForm, RuleForm
from tenants.models import AlertDelivery, AlertPreference, AlertRule
from tenants.problems import shown
from tenants.roles import Permission, Role
from tenants.web import TenantRequest, tenant_url, tenant_view

HISTORY = 30


@require_GET
@tenant_view(Permission.VIEW)
def alerts(request: TenantRequest) -> HttpResponse:
    return _page(request, PreferenceForm(instance=_mine(request)))


def _page(request: TenantRequest, form: PreferenceForm, status: int = 200) -> HttpResponse:
    rules = routing.rules()
    context = {
        "rules": [_row(rule) for rule in rules],
        "is_default": rules[0].pk is None,
        "form": form,
        "history": AlertDelivery.objects.order_by("-id")[:HISTORY],
        "sees_addresses": request.membership.allows(Permission.MANAGE_TEAM),
    }
    return render(request, "tenants/alerts.html", context, status=status)


def _row(rule: AlertRule) -> dict[str, Any]:
    roles = dict(Role.choices)
    to = [str(roles[role]) for role in rule.roles if role in roles]
    return {
        "rule": rule,
        "name": rule.name or _("Everything to owners and administrators"),
        "about": [str(LABELS[kind]) for kind in rule.kinds if kind in LABELS],
        "to": to,
        "emails": len(rule.emails),
        "webhook": rule.webhook_url.partition("//")[2].partition("/")[0],
    }


def _mine(request: TenantRequest) -> AlertPreference:
    found = AlertPreference.objects.filter(user=request.user).first()
    return found or AlertPreference(user=request.user, timezone=request.tenant.timezone)


@require_POST
@tenant_view(Permission.VIEW)
def alerts_mine(request: TenantRequest) -> HttpResponse:
    form = PreferenceForm(request.POST, instance=_mine(request))
    if not form.is_valid():
        return _page(request, form, status=422)
    services_alerts.set_preference(user=request.user, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return _back(request)


@tenant_view(Permission.MANAGE_TEAM)
def rule_new(request: TenantRequest) -> HttpResponse:
    return _edit(request, None)


@tenant_view(Permission.MANAGE_TEAM)
def rule(request: TenantRequest, rule: str) -> HttpResponse:
    return _edit(request, _found(rule))


def _found(public_id: str) -> AlertRule:
    row: AlertRule = get_object_or_404(AlertRule.objects.all(), public_id=public_id)
    return row


def _edit(request: TenantRequest, row: AlertRule | None) -> HttpResponse:
    if request.method != "POST":
        form = RuleForm.of(row) if row else RuleForm(initial={"roles": [Role.OWNER, Role.ADMIN]})
        return render(request, "tenants/alert_rule.html", {"form": form, "rule": row})
    form = RuleForm(request.POST)
    if form.is_valid():
        try:
            services_alerts.save_rule(rule=row, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return _back(request)
        except Refused as refusal:
            for problem in refusal.problems:
                words = shown(problem)
                form.add_error("webhook_url" if problem.code.startswith("address.") else None, f"{words.text} {words.remedy}")
    return render(request, "tenants/alert_rule.html", {"form": form, "rule": row}, status=422)


@require_POST
@tenant_view(Permission.MANAGE_TEAM)
def rule_test(request: TenantRequest, rule: str) -> HttpResponse:
    count = services_alerts.try_rule(tenant=request.tenant, rule=_found(rule))
    text = ngettext("A test goes to %(n)d receiver within a minute.", "A test goes to %(n)d receivers within a minute.", count)
    messages.success(request, text % {"n": count})
    return _back(request)


@require_POST
@tenant_view(Permission.MANAGE_TEAM)
def rule_remove(request: TenantRequest, rule: str) -> HttpResponse:
    services_alerts.remove_rule(rule=_found(rule))
    messages.success(request, _("The rule is gone."))
    return _back(request)


def _back(request: TenantRequest) -> HttpResponse:
    return HttpResponseRedirect(tenant_url(request.tenant, "alerts"))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End letters to one address. A mail program may post here by itself (RFC 8058): the signature is what admits it."""
    subscription = unsubscribing.read(token)
    if subscription is None:
        raise Http404
    if request.method == "POST":
        unsubscribing.end(subscription)
    context = {"subscription": subscription, "ended": request.method == "POST"}
    return render(request, "tenants/unsubscribe.html", context)
