"""The bank: what was paid out and what arrived, side by side; statements; matching and taking apart."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from canonical.problems import Problem, Refused
from connections.errors import Failure
from reconciliation.bank import accounts, expected, selectors, services
from reconciliation.forms_bank import ColumnsForm, MatchForm, StatementForm, WindowForm
from reconciliation.models import BankLine, BankMatch, BankStatement, Payout
from reconciliation.statements.statement import MOST_BYTES, TOO_LARGE
from syncs.models import Integration
from tenants.exports import table_response
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, refused, tenant_url, tenant_view

PAGE = 25
LINES = 50
SAMPLE = 6
MOST_FILES = 12
TABS = ("open", "matched", "statements")


@require_GET
@tenant_view(Permission.VIEW)
def bank(request: TenantRequest) -> HttpResponse:
    """Payouts and bank lines that wait for each other; what is matched; the statements."""
    here = request.GET.get("tab", "")
    here = here if here in TABS else TABS[0]
    found = selectors.open_payouts()
    counts = selectors.counts(found)
    context: dict[str, Any] = {
        "here": here,
        "tabs": _tabs(here, counts),
        "counts": counts,
        "ways": found.ways,
        "search": request.GET.get("q", "").strip()[:80],
        "choices": accounts.choices(),
        "any_statement": BankStatement.objects.exists(),
    }
    context |= {"open": _open, "matched": _matched, "statements": _statements}[here](request, context, found)
    return render(request, "bank/bank.html", context)


def _tabs(here: str, counts: selectors.Counts) -> list[dict[str, Any]]:
    words = {"open": _("Open"), "matched": _("Matched"), "statements": _("Statements")}
    numbers = {"open": counts.payouts, "matched": counts.matched, "statements": counts.statements}
    return [{"href": f"?tab={tab}", "label": words[tab], "count": numbers[tab], "here": tab == here} for tab in TABS]


def _open(request: TenantRequest, context: dict[str, Any], found: selectors.Open) -> dict[str, Any]:
    everything = request.GET.get("lines") == "all"
    amounts = {one.expected.side.amount for one in found.payouts}
    lines = selectors.open_lines(search=context["search"], everything=everything, amounts=amounts)
    return {
        "page": Paginator(found.payouts, PAGE).get_page(request.GET.get("page")),
        "lines": Paginator(lines, LINES).get_page(request.GET.get("lines_page")),
        "everything": everything,
    }


def _matched(request: TenantRequest, context: dict[str, Any], found: selectors.Open) -> dict[str, Any]:
    page = Paginator(selectors.matches(search=context["search"]), PAGE).get_page(request.GET.get("page"))
    return {"page": page, "rows": selectors.with_settlements(page.object_list), "ended": selectors.taken_apart()}


def _statements(request: TenantRequest, context: dict[str, Any], found: selectors.Open) -> dict[str, Any]:
    integrations = Integration.objects.order_by("name")
    return {
        "page": Paginator(selectors.statements(), PAGE).get_page(request.GET.get("page")),
        "windows": [(one, expected.window_of(one)) for one in integrations],
        "most_days": expected.MOST_DAYS,
    }


@require_POST
@tenant_view(Permission.UPLOAD)
def bank_upload(request: TenantRequest) -> HttpResponse:
    """Statements of one account; each file by itself, so that one that is refused does not keep the others out."""
    form = StatementForm(request.POST, choices=accounts.choices())
    files = request.FILES.getlist("file")[:MOST_FILES]
    if not form.is_valid() or not files:
        messages.error(request, _("Choose the bank account and a file."))
        return _to(request, "statements")
    kept = [one for one in (_keep(request, form.cleaned_data["account"], file) for file in files) if one is not None]
    asking = next((one for one in kept if one.state != BankStatement.State.READ), None)
    if asking is not None:
        return HttpResponseRedirect(tenant_url(request.tenant, "bank_statement", asking.public_id))
    return _to(request, "open") if kept else _to(request, "statements")


def _keep(request: TenantRequest, account: str, file: Any) -> BankStatement | None:
    try:
        if file.size > MOST_BYTES:
            raise Refused(Problem(TOO_LARGE, {"file": file.name, "megabytes": MOST_BYTES // 1024 // 1024}))
        kept = services.upload(account=account, file_name=file.name, content=file.read())
    except Refused as refusal:
        _refuse(request, refusal)
        return None
    if kept.state == BankStatement.State.READ:
        new = kept.fresh_count
        text = ngettext("%(file)s: %(n)d new line.", "%(file)s: %(n)d new lines.", new)
        messages.success(request, text % {"file": kept.file_name, "n": new})
    return kept


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.VIEW)
def bank_statement(request: TenantRequest, statement: str) -> HttpResponse:
    """One statement: what it says of itself, its lines, and what it asks. A POST answers."""
    one = get_object_or_404(BankStatement.objects.select_related("account__ledger", "uploaded_by", "blob"), public_id=statement)
    reading = services.columns_of(one) if one.state != BankStatement.State.READ else None
    form = None
    if reading is not None:
        width = max((len(cells) for _line, cells in reading.body[:SAMPLE]), default=0)
        form = ColumnsForm(request.POST or None, columns=width, layout=reading.layout)
    if request.method == "POST":
        if not request.membership.allows(Permission.UPLOAD):
            return refused(request, Permission.UPLOAD)
        if form is not None and form.is_valid():
            return _answered(request, one, form)
    lines = BankLine.objects.filter(statement=one).order_by("line")
    context = {
        "statement": one,
        "form": form,
        "head": _head(form, reading),
        "sample": [cells for _line, cells in reading.body[:SAMPLE]] if reading else [],
        "page": Paginator(lines, LINES).get_page(request.GET.get("page")),
    }
    return render(request, "bank/statement.html", context, status=422 if form is not None and form.errors else 200)


def _head(form: ColumnsForm | None, reading: Any) -> list[tuple[Any, str]]:
    """Each column's choice and its header, for the table that asks."""
    if form is None or reading is None:
        return []
    header = reading.shape.header
    return [(form[f"column_{index}"], header[index] if index < len(header) else "") for index in range(form.columns)]


def _answered(request: TenantRequest, one: BankStatement, form: ColumnsForm) -> HttpResponse:
    try:
        kept = services.answer(statement=one, layout=form.layout())
    except Refused as refusal:
        _refuse(request, refusal)
        return HttpResponseRedirect(tenant_url(request.tenant, "bank_statement", one.public_id))
    if kept.state == BankStatement.State.READ:
        messages.success(request, _("Read. The next statement with these columns is read without asking."))
        return _to(request, "open")
    return HttpResponseRedirect(tenant_url(request.tenant, "bank_statement", one.public_id))


@require_POST
@tenant_view(Permission.MAP)
def bank_match(request: TenantRequest) -> HttpResponse:
    """Match the suggested pair, or the payout and the line chosen on either side."""
    form = MatchForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a payout on one side and a bank line on the other."))
        return _to(request, "open")
    good = form.cleaned_data
    line = get_object_or_404(BankLine, public_id=good["line"])
    payout = get_object_or_404(Payout, public_id=good["payout"])
    try:
        services.match(line=line, payout=payout, note=good["note"])
        messages.success(request, _("Matched. Nothing was written to the ledger."))
    except Refused as refusal:
        _refuse(request, refusal)
    return _to(request, "open")


@require_POST
@tenant_view(Permission.MAP)
def bank_unmatch(request: TenantRequest, match: str) -> HttpResponse:
    one = get_object_or_404(BankMatch.objects.select_related("payout", "line"), public_id=match)
    try:
        services.unmatch(match=one, reason=request.POST.get("reason", "")[:200])
        messages.success(request, _("Taken apart. The two are not matched again by themselves."))
    except Refused as refusal:
        _refuse(request, refusal)
    return _to(request, "matched")


@require_POST
@tenant_view(Permission.UPLOAD)
def bank_ledger(request: TenantRequest) -> HttpResponse:
    """Look what deposits others made in the ledger's bank account."""
    form = StatementForm(request.POST, choices=accounts.choices())
    if not form.is_valid():
        messages.error(request, _("Choose the bank account."))
        return _to(request, "statements")
    try:
        kept = services.look_in_ledger(account=form.cleaned_data["account"])
        text = ngettext(
            "The ledger shows %(n)d deposit of others.", "The ledger shows %(n)d deposits of others.", kept.line_count
        )
        messages.success(request, text % {"n": kept.line_count})
    except Refused as refusal:
        _refuse(request, refusal)
    except Failure as failure:
        _refuse(request, Refused(failure.problem))
    return _to(request, "statements")


@require_POST
@tenant_view(Permission.SCHEDULE)
def bank_window(request: TenantRequest) -> HttpResponse:
    form = WindowForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Days are whole numbers from 0 to %(n)d.") % {"n": expected.MOST_DAYS})
        return _to(request, "statements")
    good = form.cleaned_data
    integration = get_object_or_404(Integration, public_id=good["integration"])
    settled = services.set_window(integration=integration, before=good["before"], after=good["after"])
    text = _("Saved. Matched again: %(made)d new, %(ended)d taken apart.")
    messages.success(request, text % {"made": len(settled.made), "ended": len(settled.ended)})
    return _to(request, "statements")


@require_GET
@tenant_view(Permission.VIEW)
def bank_export(request: TenantRequest) -> HttpResponseBase:
    """Payouts with their bank lines, or bank lines with their payouts."""
    if request.GET.get("what") == "lines":
        return table_response(request, "bank-lines", selectors.LINE_HEAD, selectors.line_cells())
    return table_response(request, "payouts-and-bank", selectors.PAYOUT_HEAD, selectors.payout_cells())


def _to(request: TenantRequest, tab: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{tenant_url(request.tenant, 'bank')}?tab={tab}")


def _refuse(request: TenantRequest, refusal: Refused) -> None:
    for problem in refusal.problems:
        words = shown(problem)
        messages.error(request, f"{words.text} {words.remedy}")
