"""One settlement: its proof, what is left to do, what would be posted, and the acts upon it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from canonical.problems import Refused
from reconciliation import exporting, page, services, sheet, transactions
from reconciliation.forms import ChooseAccountForm, DecideRowForm, NarrowingForm, PayoutAccountForm, ReasonForm
from reconciliation.models import Settlement
from syncs import services as sync_services
from tenants.exports import table_response
from tenants.problems import shown
from tenants.progress import Poll, patience
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view


def found(public_id: str) -> Settlement:
    rows = Settlement.objects.select_related("integration__ledger", "integration__mapping_set", "source", "document__blob")
    settlement: Settlement = get_object_or_404(rows, public_id=public_id)
    return settlement


def back(request: TenantRequest, settlement: Settlement, part: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(tenant_url(request.tenant, "settlement", settlement.public_id) + part)


def refuse(request: TenantRequest, refusal: Refused) -> None:
    for problem in refusal.problems:
        words = shown(problem)
        messages.error(request, f"{words.text} {words.remedy}")


@require_GET
@tenant_view(Permission.VIEW)
def settlement(request: TenantRequest, settlement: str) -> HttpResponse:
    one = found(settlement)
    narrowing = NarrowingForm(request.GET).narrowing()
    context = page.build(one, narrowing) | {"poll": _poll(request, one), "narrowing_query": _query(request)}
    return render(request, "reconciliation/settlement.html", context)


def _query(request: TenantRequest) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()


@require_GET
@tenant_view(Permission.VIEW)
def settlement_lines(request: TenantRequest, settlement: str) -> HttpResponse:
    """The transactions table alone: the next page, or after a change of filter."""
    one = found(settlement)
    narrowing = NarrowingForm(request.GET).narrowing()
    context = {
        "settlement": one,
        "narrowing": narrowing,
        "lines": transactions.page(one, narrowing),
        "narrowing_query": _query(request),
    }
    context["kinds"] = page.kinds_of(one)
    if not request.htmx:
        return back(request, one, f"?{request.GET.urlencode()}#transactions")
    return render(request, "reconciliation/parts/transactions.html", context)


@require_GET
@tenant_view(Permission.VIEW)
def settlement_raw_line(request: TenantRequest, settlement: str, line: int) -> HttpResponse:
    """One row as it stands in the file, column by column."""
    one = found(settlement)
    head, raw = transactions.raw_line(one, line)
    charset = str(one.facts.get("encoding") or "utf-8")
    names, values = (part.decode(charset, "replace").split("\t") for part in (head, raw))
    cells = [(name, value) for name, value in zip(names, [*values, *[""] * len(names)], strict=False) if value]
    return render(request, "reconciliation/parts/raw_line.html", {"cells": cells, "line": line, "settlement": one})


@require_GET
@tenant_view(Permission.VIEW)
def settlement_progress(request: TenantRequest, settlement: str) -> HttpResponse:
    """Live progress of the work on this settlement; when it ends the whole page is asked again."""
    one = found(settlement)
    poll = _poll(request, one)
    if poll is None or page.waits_for(one, sheet.live(one)) is not None:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "components/progress.html", {"poll": poll})


def _poll(request: TenantRequest, one: Settlement) -> Poll | None:
    run, item = sheet.open_work(one)
    if run is None or item is None:
        return None
    asked = int(request.GET.get("asked", "0") or 0) if request.GET.get("asked", "0").isdigit() else 0
    href = f"{tenant_url(request.tenant, 'settlement_progress', one.public_id)}?asked={asked + 1}"
    return Poll(id="work", href=href, word=page.at_work(item), seconds=patience(asked))


# ------------------------------------------------------------------ acts


@require_POST
@tenant_view(Permission.POST)
def settlement_post(request: TenantRequest, settlement: str) -> HttpResponse:
    """Post what was shown: the hashes of the documents on the page come with it, and stale ones are refused."""
    one = found(settlement)
    expected = {key.removeprefix("hash:"): str(value) for key, value in request.POST.items() if key.startswith("hash:")}
    try:
        services.post_settlement(settlement=one, expected=expected)
    except Refused as refusal:
        refuse(request, refusal)
    return back(request, one)


@require_POST
@tenant_view(Permission.UNDO)
def settlement_undo(request: TenantRequest, settlement: str) -> HttpResponse:
    one = found(settlement)
    try:
        services.undo_settlement(settlement=one, reason=request.POST.get("reason", "")[:200])
    except Refused as refusal:
        refuse(request, refusal)
    return back(request, one)


@require_POST
@tenant_view(Permission.POST)
def settlement_begin(request: TenantRequest, settlement: str) -> HttpResponse:
    """The one before is missing for good: take what this one brings forward from the opening balance."""
    one = found(settlement)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say in a few words why the settlement before cannot be had."))
        return back(request, one, "#todo")
    services.begin_here(settlement=one, reason=form.cleaned_data["reason"])
    messages.success(request, _("It begins from the opening balance; the entry is worked out again."))
    return back(request, one, "#todo")


@require_POST
@tenant_view(Permission.POST)
def settlement_exclude(request: TenantRequest, settlement: str) -> HttpResponse:
    one = found(settlement)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say in a few words why it is left out."))
        return back(request, one)
    try:
        services.exclude(settlement=one, reason=form.cleaned_data["reason"])
        messages.success(request, _("Left out of the books."))
    except Refused as refusal:
        refuse(request, refusal)
    return back(request, one)


@require_POST
@tenant_view(Permission.POST)
def settlement_include(request: TenantRequest, settlement: str) -> HttpResponse:
    one = found(settlement)
    services.include(settlement=one)
    messages.success(request, _("Taken back in."))
    return back(request, one)


@require_POST
@tenant_view(Permission.MAP)
def settlement_refresh(request: TenantRequest, settlement: str) -> HttpResponse:
    """Compose again from the kept file under the mapping as it is now."""
    one = found(settlement)
    services.replan(settlement=one)
    messages.success(request, _("Worked out again from the kept file."))
    return back(request, one)


@require_POST
@tenant_view(Permission.MAP)
def settlement_decide(request: TenantRequest, settlement: str) -> HttpResponse:
    """Say what an unknown row is, here and in all settlements to come."""
    one = found(settlement)
    form = DecideRowForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what the row is."))
        return back(request, one, "#todo")
    good = form.cleaned_data
    triple = (good["transaction_type"], good["amount_type"], good["amount_description"])
    try:
        services.decide_row(
            settlement=one, triple=triple, treat_as=good["treat_as"], account_id=good["account"], tax_code_id=good["tax_code"]
        )
        messages.success(request, _("Noted. Everything that waited for it is worked out again."))
    except Refused as refusal:
        refuse(request, refusal)
    return back(request, one, "#todo")


@require_POST
@tenant_view(Permission.MAP)
def settlement_choose(request: TenantRequest, settlement: str) -> HttpResponse:
    """Give a role or kind its account, here and in all settlements to come."""
    one = found(settlement)
    form = ChooseAccountForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose an account."))
        return back(request, one, "#todo")
    good = form.cleaned_data
    try:
        services.choose_account(
            settlement=one,
            target=good["target"],
            account_id=good["account"],
            tax_code_id=good["tax_code"],
            marketplace=good["marketplace"],
        )
        messages.success(request, _("Noted. Everything that waited for it is worked out again."))
    except Refused as refusal:
        refuse(request, refusal)
    return back(request, one, "#todo")


@require_POST
@tenant_view(Permission.MAP)
def settlement_payout_account(request: TenantRequest, settlement: str) -> HttpResponse:
    """Choose the bank account that payouts in this currency reach."""
    one = found(settlement)
    form = PayoutAccountForm(request.POST)
    if not form.is_valid() or one.integration is None:
        messages.error(request, _("Choose an account."))
        return back(request, one, "#todo")
    options = dict(one.integration.options)
    options["payout_accounts"] = {
        **options.get("payout_accounts", {}),
        form.cleaned_data["currency"]: form.cleaned_data["account"],
    }
    sync_services.change_integration(integration=one.integration, options=options)
    services.replan_all(ledger=one.integration.ledger)
    messages.success(request, _("Noted. Everything that waited for it is worked out again."))
    return back(request, one, "#todo")


# ------------------------------------------------------------------ to take away


@require_GET
@tenant_view(Permission.VIEW)
def settlement_raw(request: TenantRequest, settlement: str) -> HttpResponseBase:
    """The file itself, byte for byte."""
    one = found(settlement)
    response = StreamingHttpResponse(transactions.raw_chunks(one), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="settlement-{one.settlement_id}.txt"'
    return response


@require_GET
@tenant_view(Permission.VIEW)
def settlement_export(request: TenantRequest, settlement: str) -> HttpResponseBase:
    """The rows as a table, under the same filters as the page."""
    one = found(settlement)
    lines = transactions.select(one, NarrowingForm(request.GET).narrowing())
    rows: Any = (transactions.as_cells(line, one.currency) for line in lines.iterator(chunk_size=2000))
    return table_response(request, f"settlement-{one.settlement_id}", transactions.HEAD, rows)


@require_GET
@tenant_view(Permission.VIEW)
def settlement_iif(request: TenantRequest, settlement: str) -> HttpResponse:
    """The entry as a file that QuickBooks Desktop imports, for books that nobody is connected to."""
    one = found(settlement)
    try:
        content = exporting.iif(one)
    except Refused as refusal:
        refuse(request, refusal)
        return back(request, one)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="settlement-{one.settlement_id}.iif"'
    return answer
