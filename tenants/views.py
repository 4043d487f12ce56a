"""Pages about people and companies. Doors: each reads with selectors and writes with services."""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from canonical.problems import Refused
from tenants import countries, forms, sealing, selectors, services
from tenants.adapters import INVITED
from tenants.exports import table_response
from tenants.models import Invitation, Membership, User
from tenants.problems import shown
from tenants.roles import Permission, Role
from tenants.web import LAST_TENANT, TenantRequest, tenant_url, tenant_view

AUDIT_PAGE = 50


def say(request: HttpRequest, refusal: Refused) -> None:
    """A refusal as a message: what is wrong and what to do."""
    for problem in refusal.problems:
        words = shown(problem)
        messages.error(request, f"{words.text} {words.remedy}")


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Where "/" leads: the invitation being answered, the company last worked for, or the first step of a new one."""
    if request.session.get(INVITED):
        return redirect("invitation", request.session[INVITED])
    memberships = list(selectors.memberships_of(cast(User, request.user)))
    if not memberships:
        return redirect("tenant_new")
    last = request.session.get(LAST_TENANT)
    chosen = next((m for m in memberships if m.tenant.public_id == last), memberships[0])
    return redirect("overview", chosen.tenant.public_id)


@require_http_methods(["GET", "POST"])
@login_required
def tenant_new(request: HttpRequest) -> HttpResponse:
    """A new company, with country, currency and time zone guessed from the browser."""
    guess = countries.guess(request.headers.get("Accept-Language", ""))
    initial = {"country": guess.code, "home_currency": guess.currency, "timezone": guess.zone}
    form = forms.TenantForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        tenant = services.create_tenant(user=cast(User, request.user), **form.cleaned_data)
        return redirect("overview", tenant.public_id)
    places = {c.code: {"currency": c.currency, "zone": c.zone} for c in countries.COUNTRIES}
    first = not Membership.objects.filter(user=request.user.pk).exists()
    return render(request, "tenants/tenant_new.html", {"form": form, "places": places, "first": first})


@require_http_methods(["GET", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = forms.ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("profile")
    return render(request, "tenants/profile.html", {"form": form, "two_steps": is_mfa_enabled(user)})


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.MANAGE_TEAM)
def tenant_settings(request: TenantRequest) -> HttpResponse:
    form = forms.TenantForm(request.POST or None, instance=request.tenant)
    if request.method == "POST" and form.is_valid():
        fresh = type(request.tenant).objects.get(pk=request.tenant.pk)
        services.change_tenant(tenant=fresh, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(tenant_url(request.tenant, "tenant_settings"))
    return render(request, "tenants/tenant_settings.html", {"form": form})


# ------------------------------------------------------------------ invitations


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What a mailed link opens: for somebody logged in a button, for a stranger the way to log in or sign up first."""
    try:
        found = services.find_invitation(token=token)
    except Refused as refusal:
        request.session.pop(INVITED, None)
        return render(request, "tenants/invitation_dead.html", {"problem": refusal.problems[0]}, status=410)
    if request.method == "POST" and request.user.is_authenticated:
        return _accept(request, token)
    request.session[INVITED] = token
    mine = request.user.is_authenticated and request.user.email.lower() == found.email
    known = User.objects.filter(email=found.email).exists()
    return render(request, "tenants/invitation.html", {"invitation": found, "mine": mine, "known": known, "token": token})


def _accept(request: HttpRequest, token: str) -> HttpResponse:
    try:
        membership = services.accept_invitation(token=token, user=cast(User, request.user))
    except Refused as refusal:
        say(request, refusal)
        return redirect("invitation", token)
    request.session.pop(INVITED, None)
    messages.success(request, _("You now work for %(company)s.") % {"company": membership.tenant.name})
    return redirect("overview", membership.tenant.public_id)


# ------------------------------------------------------------------ team


@require_GET
@tenant_view(Permission.VIEW)
def team(request: TenantRequest) -> HttpResponse:
    return _team(request, forms.InvitationForm())


def _team(request: TenantRequest, form: forms.InvitationForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "members": selectors.members(request.tenant),
        "invitations": [(one, selectors.expired(one)) for one in selectors.open_invitations(request.tenant)],
        "roles": Role.choices,
        "role_table": selectors.role_table(),
    }
    return render(request, "tenants/team.html", context, status=status)


@require_POST
@tenant_view(Permission.MANAGE_TEAM)
def invite(request: TenantRequest) -> HttpResponse:
    form = forms.InvitationForm(request.POST)
    if not form.is_valid():
        return _team(request, form, status=422)
    try:
        sent = services.invite(tenant=request.tenant, **form.cleaned_data)
    except Refused as refusal:
        say(request, refusal)
        return _team(request, form, status=422)
    messages.success(request, _("Invitation sent to %(email)s.") % {"email": sent.email})
    return HttpResponseRedirect(tenant_url(request.tenant, "team"))


@require_POST
@tenant_view(Permission.MANAGE_TEAM)
def invitation_withdraw(request: TenantRequest, invitation: str) -> HttpResponse:
    found = get_object_or_404(Invitation, tenant=request.tenant, public_id=invitation)
    services.withdraw_invitation(invitation=found)
    messages.success(request, _("The invitation to %(email)s no longer works.") % {"email": found.email})
    return HttpResponseRedirect(tenant_url(request.tenant, "team"))


@require_POST
@tenant_view(Permission.MANAGE_TEAM)
def member_role(request: TenantRequest, member: int) -> HttpResponse:
    membership = get_object_or_404(Membership.objects.select_related("tenant"), tenant=request.tenant, pk=member)
    form = forms.RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        services.change_role(membership=membership, role=form.cleaned_data["role"])
        messages.success(request, _("Role changed."))
    except Refused as refusal:
        say(request, refusal)
    return HttpResponseRedirect(tenant_url(request.tenant, "team"))


@require_POST
@tenant_view(Permission.VIEW)
def member_remove(request: TenantRequest, member: int) -> HttpResponse:
    """Take somebody off the team; everybody may leave by himself."""
    membership = get_object_or_404(Membership.objects.select_related("tenant"), tenant=request.tenant, pk=member)
    leaving = membership.user_id == request.user.pk
    if not leaving and not request.membership.allows(Permission.MANAGE_TEAM):
        raise Http404
    try:
        services.remove_member(membership=membership)
    except Refused as refusal:
        say(request, refusal)
        return HttpResponseRedirect(tenant_url(request.tenant, "team"))
    return redirect("home") if leaving else HttpResponseRedirect(tenant_url(request.tenant, "team"))


# ------------------------------------------------------------------ audit


@require_GET
@tenant_view(Permission.AUDIT)
def audit(request: TenantRequest) -> HttpResponse:
    chosen = _audit_filter(request)
    page = Paginator(selectors.audit_events(**chosen), AUDIT_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "chosen": chosen,
        "actions": selectors.audit_actions(),
        "actors": selectors.audit_actors(),
        "verdict": sealing.verify(),
    }
    return render(request, "tenants/audit.html", context)


@require_GET
@tenant_view(Permission.AUDIT)
def audit_export(request: TenantRequest) -> Any:
    head = ["at", "who", "via", "action", "subject", "id", "before", "after", "reason", "ip", "correlation"]
    events = selectors.audit_events(**_audit_filter(request)).iterator(chunk_size=1000)
    rows = (
        [
            event.created_at, event.actor.email if event.actor else "", event.actor_kind, event.action,
            event.subject_type, event.subject_id, event.before, event.after, event.reason, event.ip or "", event.correlation_id,
        ]
        for event in events
    )  # fmt: skip
    return table_response(request, "audit", head, rows)


def _audit_filter(request: HttpRequest) -> dict[str, str]:
    form = forms.AuditFilter(request.GET)
    return dict(form.cleaned_data) if form.is_valid() else {"subject": "", "actor": "", "action": ""}
