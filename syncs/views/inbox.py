"""The errors inbox: four tabs, one case, and what can be done for a whole group at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from canonical.problems import Refused
from syncs import steps
from syncs.forms import InboxFilter
from syncs.inbox import acts, live, reading, remedies
from syncs.inbox.reading import Wanted
from syncs.models import Case, SyncRun, WorkItem
from tenants import selectors as tenant_selectors
from tenants.exports import table_response
from tenants.models import User
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

PAGE = 25
MOST_AT_ONCE = 200
TEMPLATES = {"resolved": "syncs/inbox_resolved.html", "retries": "syncs/inbox_retries.html"}


# ------------------------------------------------------------------ looking


@require_GET
@tenant_view(Permission.VIEW)
def inbox(request: TenantRequest) -> HttpResponse:
    wanted = InboxFilter(request.GET).wanted()
    page = Paginator(_rows(request, wanted), PAGE).get_page(request.GET.get("page"))
    if wanted.tab not in TEMPLATES:
        reading.dressed(list(page.object_list))
    titles = reading.step_titles(list(page.object_list)) if wanted.tab == "retries" else {}
    context = {
        "page": page,
        "rows": [_resolved_row(case) for case in page.object_list] if wanted.tab == "resolved" else page.object_list,
        "titles": titles,
        "waiting_runs": list(live.retrying_runs()[:20]) if wanted.tab == "retries" and not wanted.narrowed else [],
        "wanted": wanted,
        "tabs": _tabs(request, wanted),
        "members": acts.members(),
        "integrations": reading.integrations(),
        "kinds": Case.Kind.choices,
    }
    return render(request, TEMPLATES.get(wanted.tab, "syncs/inbox.html"), context)


def _rows(request: TenantRequest, wanted: Wanted) -> Any:
    if wanted.tab == "resolved":
        return reading.resolved(wanted, user=request.user)
    if wanted.tab == "retries":
        return reading.retries(wanted)
    return reading.groups(wanted, user=request.user)


def _resolved_row(case: Case) -> dict[str, Any]:
    return {"case": case, "problem": reading.words(case)}


def _tabs(request: TenantRequest, wanted: Wanted) -> list[dict[str, Any]]:
    counts = reading.tab_counts(user=request.user)
    words = (("open", _("Open")), ("assigned", _("Assigned")), ("resolved", _("Resolved")), ("retries", _("Retries")))
    query = request.GET.copy()
    query.pop("page", None)
    tabs = []
    for tab, label in words:
        query["tab"] = tab
        tabs.append({"href": f"?{query.urlencode()}", "label": label, "count": counts[tab], "here": wanted.tab == tab})
    return tabs


@require_GET
@tenant_view(Permission.VIEW)
def held(request: TenantRequest) -> HttpResponse:
    """The page's former address."""
    return HttpResponseRedirect(tenant_url(request.tenant, "inbox"))


@require_GET
@tenant_view(Permission.VIEW)
def case(request: TenantRequest, case: str) -> HttpResponse:
    one = _found(case)
    group = reading.group_of(one)
    items = Paginator(reading.records_of(one), PAGE).get_page(request.GET.get("page"))
    rows = reading.rows_of(one)
    context = {
        "case": one,
        "group": group,
        "problem": reading.words(one),
        "page": items,
        "titles": reading.step_titles(list(items.object_list)),
        "runs": rows["runs"],
        "documents": reading.documents_in_ledgers(rows["documents"]),
        "connection": rows["connection"],
        "calls": reading.calls_for(list(items.object_list), rows["runs"], rows["connection"]),
        "members": acts.members(),
        "remedy": _remedy(one, items.object_list),
        "history": tenant_selectors.audit_events(subject=one.public_id)[:20],
        "can_reopen": one.resolved_by_id is not None and one.state != Case.State.OPEN,
    }
    return render(request, "syncs/inbox_case.html", context)


def _remedy(one: Case, items: Any) -> dict[str, Any] | None:
    """What can be chosen here and now to mend it."""
    found, sample = remedies.remedy_for(one), next(iter(items), None)
    if found is None or sample is None:
        return None
    return {"label": found.label, "word": found.word, "choices": found.choices(sample)}


def _found(public_id: str) -> Case:
    rows = Case.objects.select_related("assignee", "integration", "resolved_by")
    one: Case = get_object_or_404(rows, public_id=public_id)
    return one


# ------------------------------------------------------------------ doing


@require_POST
@tenant_view(Permission.UPLOAD)
def case_retry(request: TenantRequest, case: str) -> HttpResponse:
    """Try the whole group again, each record where it stopped."""
    _retry_case(request, _found(case))
    return HttpResponseRedirect(tenant_url(request.tenant, "inbox_case", case))


def _retry_case(request: TenantRequest, one: Case) -> None:
    stuck = live.stuck_records().filter(fingerprint=one.fingerprint)
    into_ledger = one.kind == Case.Kind.DOCUMENT or _writes(stuck)
    if into_ledger and not request.membership.allows(Permission.POST):
        messages.error(request, _("These go into the ledger when they are tried again: somebody who may post has to do it."))
        return
    say_retried(request, acts.retry_case(case=one))


def _writes(items: Iterable[WorkItem]) -> bool:
    return any(steps.writes(item.step) for item in items)


def say_retried(request: TenantRequest, count: int) -> None:
    if count:
        messages.success(request, ngettext("%(n)d is tried again.", "%(n)d are tried again.", count) % {"n": count})
    else:
        messages.info(request, _("Nothing is left to try again."))


@require_POST
@tenant_view(Permission.MAP)
def case_mend(request: TenantRequest, case: str) -> HttpResponse:
    """One choice mends the cause; all records of the group go on."""
    try:
        say_retried(request, remedies.mend(case=_found(case), choice=request.POST.get("choice", "")))
    except Refused as refusal:
        say(request, refusal)
    return HttpResponseRedirect(tenant_url(request.tenant, "inbox_case", case))


@require_POST
@tenant_view(Permission.UPLOAD)
def case_assign(request: TenantRequest, case: str) -> HttpResponse:
    one = _found(case)
    try:
        acts.assign(case=one, to=_person(request.POST.get("to", "")))
        name = one.assignee.get_full_name() if one.assignee else ""
        messages.success(request, _("%(name)s sees to it.") % {"name": name} if name else _("Nobody in particular sees to it."))
    except Refused as refusal:
        say(request, refusal)
    return HttpResponseRedirect(tenant_url(request.tenant, "inbox_case", case))


def _person(text: str) -> User | None:
    return User.objects.filter(pk=int(text)).first() if text.isdigit() else None


@require_POST
@tenant_view(Permission.UPLOAD)
def case_close(request: TenantRequest, case: str) -> HttpResponse:
    """Resolved by hand, or ignored, with the reason."""
    one = _found(case)
    try:
        acts.put_aside(case=one, reason=request.POST.get("reason", ""), ignored=request.POST.get("how") == "ignored")
        messages.success(request, _("Put aside. You find it under Resolved, and can take it back there."))
    except Refused as refusal:
        say(request, refusal)
        return HttpResponseRedirect(tenant_url(request.tenant, "inbox_case", case))
    return HttpResponseRedirect(tenant_url(request.tenant, "inbox"))


@require_POST
@tenant_view(Permission.UPLOAD)
def case_reopen(request: TenantRequest, case: str) -> HttpResponse:
    try:
        acts.take_back(case=_found(case))
        messages.success(request, _("It is open again."))
    except Refused as refusal:
        say(request, refusal)
    return HttpResponseRedirect(tenant_url(request.tenant, "inbox_case", case))


def say(request: TenantRequest, refusal: Refused) -> None:
    for problem in refusal.problems:
        words = shown(problem)
        messages.error(request, f"{words.text} {words.remedy}")


@require_POST
@tenant_view(Permission.UPLOAD)
def inbox_bulk(request: TenantRequest) -> HttpResponse:
    """What was ticked: groups, or records that wait for their next try."""
    wanted = request.POST.get("act", "")
    chosen = list(Case.objects.filter(public_id__in=request.POST.getlist("case")[:MOST_AT_ONCE]))
    if wanted == "retry":
        for one in chosen:
            _retry_case(request, one)
    elif wanted == "now":
        _try_now(request)
    elif wanted in ("mine", "ignore"):
        _each(request, chosen, wanted)
    tab = request.POST.get("tab", "open")
    return HttpResponseRedirect(f"{tenant_url(request.tenant, 'inbox')}?tab={tab if tab in _TABS else 'open'}")


_TABS = ("open", "assigned", "resolved", "retries")


def _each(request: TenantRequest, chosen: list[Case], wanted: str) -> None:
    done = 0
    for one in chosen:
        try:
            if wanted == "mine":
                acts.assign(case=one, to=request.user)
            else:
                acts.put_aside(case=one, reason=request.POST.get("reason", ""), ignored=True)
            done += 1
        except Refused as refusal:
            say(request, refusal)
            break
    if done:
        messages.success(request, ngettext("%(n)d group changed.", "%(n)d groups changed.", done) % {"n": done})


def _try_now(request: TenantRequest) -> None:
    items = list(WorkItem.objects.filter(public_id__in=request.POST.getlist("item")[:MOST_AT_ONCE]).select_related("run"))
    if _writes(items) and not request.membership.allows(Permission.POST):
        items = [item for item in items if not steps.writes(item.step)]
        messages.warning(request, _("What goes into the ledger was left out: somebody who may post has to hurry it."))
    runs = SyncRun.objects.filter(public_id__in=request.POST.getlist("run")[:MOST_AT_ONCE])
    say_retried(request, acts.retry_records(items=items) + acts.retry_runs_now(runs=runs))


# ------------------------------------------------------------------ taking away


@require_GET
@tenant_view(Permission.VIEW)
def inbox_export(request: TenantRequest) -> HttpResponseBase:
    """The tab under its filters, one line a record (or a case, where there are none), as CSV or Excel."""
    wanted = InboxFilter(request.GET).wanted()
    head = [
        _("case"), _("kind"), _("problem"), _("what to do"), _("code"), _("record"), _("integration"), _("status"), _("tries"),
        _("next try"), _("first seen"), _("last seen"), _("assigned to"), _("outcome"), _("reason"),
    ]  # fmt: skip
    return table_response(request, f"inbox-{wanted.tab}", head, _lines(request, wanted))


def _lines(request: TenantRequest, wanted: Wanted) -> Iterator[list[Any]]:
    if wanted.tab == "retries":
        for item in reading.retries(wanted).iterator(chunk_size=500):
            words = shown({"code": item.problem_code, "params": item.problem_params})
            yield _line(None, item, words)
        return
    found = _rows(request, wanted)
    for one in [row if wanted.tab == "resolved" else row.case for row in found]:
        words = reading.words(one)
        items: list[WorkItem | None] = list(reading.records_of(one)[:5000]) if one.kind == Case.Kind.RECORD else []
        for record in items or [None]:
            yield _line(one, record, words)


def _line(one: Case | None, item: WorkItem | None, words: Any) -> list[Any]:
    about = item.integration if item else one.integration if one else None
    return [
        one.public_id if one else "", one.get_kind_display() if one else "", words.text, words.remedy, words.code,
        (item.title or item.record) if item else "", about.name if about else "",
        item.get_state_display() if item else one.get_state_display() if one else "", item.attempts if item else None,
        item.not_before if item else None, one.first_seen_at if one else None,
        one.last_seen_at if one else item.problem_at if item else None,
        one.assignee.get_full_name() if one and one.assignee else "", one.get_outcome_display() if one and one.outcome else "",
        one.reason if one else "",
    ]  # fmt: skip
