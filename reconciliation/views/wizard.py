"""The accounts-and-taxes wizard: one page a question, in any order once reached, left and taken up again at will."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from canonical.problems import Problem, Refused, Where
from connections import registry
from connections import services as connection_services
from connections.errors import QUEUED, Failure
from reconciliation import services as reconciliation_services
from reconciliation import setup
from reconciliation.models import Settlement
from reconciliation.views.integrations import found
from reconciliation.views.settlement import refuse
from reconciliation.wizard import answers, forms, forms_accounts, forms_taxes, steps, summary, trial
from reconciliation.wizard.known import Known
from syncs import schedules as cadences
from syncs import services as sync_services
from syncs.models import Integration
from tenants.problems import shown
from tenants.progress import Poll, patience
from tenants.roles import Permission, Role, roles_with
from tenants.web import TenantRequest, refused, tenant_url, tenant_view

FORMS: dict[str, type[forms.StepForm]] = {
    "ledger": forms.LedgerForm,
    "marketplaces": forms.MarketplacesForm,
    "taxes": forms_taxes.TaxesForm,
    "accounts": forms_accounts.AccountsForm,
    "banks": forms.BanksForm,
    "style": forms.StyleForm,
    "numbers": forms.NumbersForm,
    "goods": forms.GoodsForm,
    "start": forms.StartForm,
    "review": forms.ReviewForm,
}
# Accounts made in one request while a page shows progress; QuickBooks takes ten calls a second.
HANDFUL = 5


@require_GET
@tenant_view(Permission.VIEW)
def wizard(request: TenantRequest, integration: str) -> HttpResponse:
    """Go on where one left."""
    one = found(integration)
    key = one.wizard_step if one.wizard_step in steps.BY_KEY else steps.FIRST.key
    return _to_step(request, one, key)


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.VIEW)
def wizard_step(request: TenantRequest, integration: str, step: str) -> HttpResponse:
    """One question: shown to everybody, answered by those who may."""
    one = found(integration)
    if step not in steps.BY_KEY:
        raise Http404
    if not steps.open_to(one.wizard_step, step):
        return _to_step(request, one, one.wizard_step or steps.FIRST.key)
    if step == steps.LAST.key:
        return _summary(request, one) if request.method == "GET" else HttpResponse(status=405)
    asked = steps.BY_KEY[step]
    if request.method == "POST" and not request.membership.allows(asked.permission):
        return refused(request, asked.permission)
    return _answer(request, one, asked) if request.method == "POST" else _ask(request, asked, FORMS[step](known=Known(one)))


def _answer(request: TenantRequest, integration: Integration, step: steps.Step) -> HttpResponse:
    form = FORMS[step.key](request.POST, known=Known(integration))
    if getattr(form, "only_reshapes", False):
        return _ask(request, step, form)
    if form.is_valid():
        before = answers.what_counts(integration)
        try:
            form.keep()
        except Refused as refusal:
            form.blame(refusal.problems)
        else:
            answers.took_effect(integration, before)
            return _onward(request, integration, step)
    return _ask(request, step, form, status=422)


def _onward(request: TenantRequest, integration: Integration, step: steps.Step) -> HttpResponse:
    """The next question, the summary when all were answered before, or away for now."""
    if request.POST.get("then") == "leave":
        messages.success(request, _("Saved. You can go on at any time."))
        return HttpResponseRedirect(tenant_url(request.tenant, "integration", integration.public_id))
    if step.key == "accounts" and _pending(integration):
        return HttpResponseRedirect(tenant_url(request.tenant, "wizard_accounts", integration.public_id))
    finished = integration.wizard_step == steps.LAST.key
    return _to_step(request, integration, steps.LAST.key if finished else steps.after(step.key).key)


def _ask(request: TenantRequest, step: steps.Step, form: forms.StepForm, *, status: int = 200) -> HttpResponse:
    may = request.membership.allows(step.permission)
    if not may:
        for field in form.fields.values():
            field.disabled = True
    context = {**_frame(request, form.known, step), "form": form, "may_answer": may, **form.extra(), **_told(form.known, step)}
    return render(request, f"wizard/{step.key}.html", context, status=status)


def _frame(request: TenantRequest, known: Known, step: steps.Step) -> dict[str, Any]:
    """What every page of the wizard shows around its question."""
    reached = known.integration.wizard_step or steps.FIRST.key
    trail = [
        {
            "step": one,
            "number": number,
            "here": one.key == step.key,
            "open": steps.open_to(reached, one.key),
            "done": steps.position(one.key) < steps.position(reached),
        }
        for number, one in enumerate(steps.STEPS, 1)
    ]
    labels = dict(Role.choices)
    return {
        "integration": known.integration,
        "known": known,
        "step": step,
        "number": steps.position(step.key) + 1,
        "total": len(steps.STEPS),
        "trail": trail,
        "previous": steps.before(step.key),
        "finished": reached == steps.LAST.key,
        "who_may": [labels[role] for role in roles_with(step.permission)],
    }


def _told(known: Known, step: steps.Step) -> dict[str, Any]:
    """Facts that single steps show."""
    if step.key == "ledger":
        counts = {"accounts": sum(a.active for a in known.accounts.values()), "tax_codes": len(known.tax_codes)}
        return {"counts": counts}
    if step.key == "numbers":
        target = registry.provider(known.ledger.provider).target
        number = target.number if target else lambda ref, part: f"{ref}-{part}"
        return {"whole": number("12345678901", ""), "parts": [number("12345678901", part) for part in ("1", "2")]}
    if step.key == "start":
        return {"here": _early(known.integration)}
    return {}


def _early(integration: Integration) -> list[Settlement]:
    rows = Settlement.objects.filter(integration=integration).exclude(state=Settlement.State.SUPERSEDED)
    return list(rows.order_by("-deposit_at")[:12])


def _to_step(request: TenantRequest, integration: Integration, key: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(tenant_url(request.tenant, "wizard_step", integration.public_id, key))


@require_POST
@tenant_view(Permission.MAP)
def wizard_refresh(request: TenantRequest, integration: str) -> HttpResponse:
    """Read the ledger's accounts, tax codes and settings again, now."""
    one = found(integration)
    try:
        connection_services.refresh_reference(connection=one.ledger, full=True)
        messages.success(request, _("The ledger's accounts, tax codes and settings have been read."))
    except Refused as refusal:
        refuse(request, refusal)
    except Failure as failure:
        refuse(request, Refused(failure.problem))
    step = request.POST.get("step", "")
    return _to_step(request, one, step if step in steps.BY_KEY else steps.FIRST.key)


# ---------------------------------------------------------------- default accounts, made in the ledger


def _pending(integration: Integration) -> list[str]:
    """Roles whose default account was consented to and is not there yet."""
    wanted = integration.options.get("accounts", {}).get("create", [])
    return [account.role.value for account in setup.missing_accounts(integration.ledger, wanted)]


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.MAP)
def wizard_accounts(request: TenantRequest, integration: str) -> HttpResponse:
    """Make what was consented to: a handful a request while the page shows progress, everything at once without it.

    Safe to repeat at any point: what is there already is not made again.
    """
    one = found(integration)
    wanted = one.options.get("accounts", {}).get("create", [])
    if not wanted or not steps.open_to(one.wizard_step, "accounts"):
        return _to_step(request, one, "accounts")
    problems: list[Problem] = []
    if request.method == "POST":
        problems = _make(request, one)
        if not problems and not _pending(one):
            return _made(request, one)
    rows = setup.default_accounts(one.ledger, wanted)
    done = sum(row.found is not None for row in rows)
    context = {
        **_frame(request, Known(one), steps.BY_KEY["accounts"]),
        "rows": rows,
        "done": done,
        "total_accounts": len(rows),
        "problems": [shown(problem) for problem in problems],
        "waits": bool(problems) and all(problem.code == QUEUED for problem in problems),
        "may_answer": True,
    }
    template = "wizard/parts/creating.html" if request.htmx else "wizard/creating.html"
    return render(request, template, context)


def _make(request: TenantRequest, integration: Integration) -> list[Problem]:
    wanted = integration.options.get("accounts", {}).get("create", [])
    before = answers.what_counts(integration)
    try:
        setup.create_default_accounts(ledger=integration.ledger, roles=wanted, at_most=HANDFUL if request.htmx else None)
        if not _pending(integration):
            answers.finish_accounts(integration)
            answers.took_effect(integration, before)
    except Refused as refusal:
        return list(refusal.problems)
    except Failure as failure:
        return [failure.problem]
    return []


def _made(request: TenantRequest, integration: Integration) -> HttpResponse:
    messages.success(request, _("All accounts are there and every kind of row has its account."))
    finished = integration.wizard_step == steps.LAST.key
    href = tenant_url(
        request.tenant, "wizard_step", integration.public_id, steps.LAST.key if finished else steps.after("accounts").key
    )
    return HttpResponseClientRedirect(href) if request.htmx else HttpResponseRedirect(href)


# ---------------------------------------------------------------- summary, trial, switching on


def _summary(request: TenantRequest, integration: Integration) -> HttpResponse:
    known = Known(integration)
    blockers = [(shown(replace(one, where=Where())), steps.BY_KEY[summary.step_of(one)]) for one in summary.blockers(known)]
    context = {
        **_frame(request, known, steps.LAST),
        "answers": summary.answers(known),
        "blockers": blockers,
        "will_hold": summary.will_hold(known),
        "may_switch_on": request.membership.allows(Permission.SCHEDULE),
        "may_try": request.membership.allows(Permission.MAP),
        **_trial_context(request, integration),
    }
    return render(request, "wizard/summary.html", context)


def _trial_context(request: TenantRequest, integration: Integration) -> dict[str, Any]:
    run = trial.open_run(integration)
    last = trial.last_run(integration)
    asked = int(request.GET["asked"]) if request.GET.get("asked", "").isdigit() else 0
    poll = None
    if run is not None:
        done, total = trial.progress(run)
        href = tenant_url(request.tenant, "wizard_try_progress", integration.public_id)
        word = _("Fetching settlements") if not total else _("Reading and composing settlements")
        poll = Poll("trial", f"{href}?asked={asked + 1}", word, done=done, total=total, seconds=patience(asked))
    return {
        "integration": integration,
        "trial": trial.show(integration),
        "poll": poll,
        "failed_run": last if last is not None and last.state == last.State.FAILED else None,
        "fetched": last is not None and last.state in (last.State.SUCCEEDED, last.State.PARTLY),
        "facts": trial.facts(integration),
    }


@require_POST
@tenant_view(Permission.MAP)
def wizard_try(request: TenantRequest, integration: str) -> HttpResponse:
    """Compose the last payout as it would be posted, after fetching settlements where there are none."""
    one = found(integration)
    try:
        trial.begin(one)
    except Refused as refusal:
        refuse(request, refusal)
    return HttpResponseRedirect(tenant_url(request.tenant, "wizard_step", one.public_id, steps.LAST.key) + "#try")


@require_GET
@tenant_view(Permission.VIEW)
def wizard_try_progress(request: TenantRequest, integration: str) -> HttpResponse:
    """The trial alone, asked again until the fetching is over."""
    one = found(integration)
    context = {**_trial_context(request, one), "may_try": request.membership.allows(Permission.MAP)}
    return render(request, "wizard/parts/trial.html", context)


@require_POST
@tenant_view(Permission.SCHEDULE)
def wizard_switch_on(request: TenantRequest, integration: str) -> HttpResponse:
    """Let the schedules run. Refused, with where to mend it, while an answer does not fit the ledger."""
    one = found(integration)
    blockers = summary.blockers(Known(one))
    if blockers or one.wizard_step != steps.LAST.key:
        refuse(request, Refused(*blockers))
        return _to_step(request, one, one.wizard_step or steps.FIRST.key)
    try:
        sync_services.activate(integration=one)
    except Refused as refusal:
        refuse(request, refusal)
        return _to_step(request, one, steps.LAST.key)
    reconciliation_services.replan_all(ledger=one.ledger)
    run = cadences.run_now(integration=one, stream="settlements", user=request.user)
    messages.success(request, _("%(name)s is switched on. New settlements arrive by themselves.") % {"name": one.name})
    return HttpResponseRedirect(tenant_url(request.tenant, "run", run.public_id))
