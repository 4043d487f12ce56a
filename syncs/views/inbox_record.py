"""One record of the inbox: what it is, what was asked and answered for it, and correcting it before the next try."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from canonical.problems import Refused
from syncs import steps
from syncs.inbox import acts, editing, places, reading
from syncs.models import WorkItem
from syncs.selectors import STUCK
from syncs.views.inbox import say, say_retried
from tenants import selectors as tenant_selectors
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view


@require_GET
@tenant_view(Permission.VIEW)
def record(request: TenantRequest, item: str) -> HttpResponse:
    return _page(request, _found(item))


def _page(request: TenantRequest, one: WorkItem, *, typed: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    fields = editing.fields_of(one) if one.state in STUCK else []
    problem = shown({"code": one.problem_code, "params": one.problem_params, "where": one.problem_where})
    context = {
        "item": one,
        "problem": problem if one.problem_code else None,
        "step_title": reading.step_titles([one])[one.pk],
        "place": places.place_for(one.problem_code, one.input) if one.problem_code else None,
        "fields": [(field, (typed or {}).get(field.editable.key, field.value)) for field in fields],
        "edits": editing.edits_of(one),
        "calls": reading.calls_for([one]),
        "history": tenant_selectors.audit_events(subject=one.public_id)[:20],
        "most_attempts": reading.most_attempts(one.run),
        "can_retry": one.state in (*STUCK, WorkItem.State.WAITING),
        "may_retry": _may_retry(request, one),
    }
    return render(request, "syncs/inbox_record.html", context, status=status)


def _found(public_id: str) -> WorkItem:
    rows = WorkItem.objects.select_related("run__flow_version", "integration__source", "integration__ledger", "assignee", "case")
    one: WorkItem = get_object_or_404(rows, public_id=public_id)
    return one


def _may_retry(request: TenantRequest, one: WorkItem) -> bool:
    needed = Permission.POST if steps.writes(one.step) else Permission.UPLOAD
    return request.membership.allows(needed)


@require_POST
@tenant_view(Permission.UPLOAD)
def record_retry(request: TenantRequest, item: str) -> HttpResponse:
    """Try it again; with corrected fields where the form holds some."""
    one = _found(item)
    if not _may_retry(request, one):
        messages.error(request, _("This goes into the ledger when it is tried again: somebody who may post has to do it."))
        return HttpResponseRedirect(tenant_url(request.tenant, "inbox_record", item))
    typed = {key.removeprefix("field:"): str(value) for key, value in request.POST.items() if key.startswith("field:")}
    if not typed:
        say_retried(request, acts.retry_records(items=[one]))
        return HttpResponseRedirect(tenant_url(request.tenant, "inbox_record", item))
    try:
        editing.edit_and_retry(item=one, values=typed, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        say(request, refusal)
        return _page(request, one, typed=typed, status=422)
    messages.success(request, _("Corrected, and tried again. The original is kept below."))
    return HttpResponseRedirect(tenant_url(request.tenant, "inbox_record", item))
