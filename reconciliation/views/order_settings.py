"""What is done with the orders of an integration: the decisions, what they hold up, and reading earlier orders."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from canonical.problems import Refused
from connections import selectors as connection_selectors
from connections.errors import Failure
from connections.models import ReferenceCopy
from connections.registry import provider
from reconciliation.forms_orders import BackFillForm, CloseForm, ItemForm, OrderSettingsForm, StatusForm
from reconciliation.models import Order
from reconciliation.orders import services
from reconciliation.orders.planning import live_document
from reconciliation.orders.policy import OPTION, is_shop
from reconciliation.views import shops
from reconciliation.views.integrations import found
from reconciliation.views.settlement import refuse
from syncs import posting
from syncs import services as sync_services
from syncs.models import Integration, SyncRun, Watermark
from syncs.runs import BACK_FILL
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, refused, tenant_url, tenant_view

SHOWN = 50
_GOING_ON = (SyncRun.State.QUEUED, SyncRun.State.RUNNING, SyncRun.State.WAITING)


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.VIEW)
def order_settings(request: TenantRequest, integration: str) -> HttpResponse:
    """The questions with their present answers; everybody may read them."""
    one = found(integration)
    if request.method == "POST" and not request.membership.allows(Permission.SCHEDULE):
        return refused(request, Permission.SCHEDULE)
    if is_shop(one):
        return shops.settings(request, one)
    kept = one.options.get(OPTION) or {}
    takes = connection_selectors.forms(one.ledger).documents
    form = OrderSettingsForm.of(kept, request.POST or None, takes=takes)
    if request.method == "POST" and form.is_valid() and _decided(request, one, form.settings(kept)):
        return _back(request, one)
    context = {
        "integration": one,
        "form": form,
        "supported": provider(one.source.provider).order_source is not None,
        "back_fill": _back_fill(one),
        "back_fill_form": BackFillForm(),
        **_held(one),
    }
    return render(request, "orders/settings.html", context, status=422 if form.errors else 200)


def _decided(request: TenantRequest, one: Integration, settings: dict[str, Any]) -> bool:
    try:
        services.decide(integration=one, settings=settings)
    except Refused as refusal:
        refuse(request, refusal)
        return False
    except Failure as failure:  # the ledger could not be asked for its clearing account
        messages.error(request, shown(failure.problem).text)
        return False
    messages.success(request, _("Saved. Orders that are kept or wait are looked at again."))
    return True


def _held(one: Integration) -> dict[str, Any]:
    """Words and SKUs that hold orders up, each once, with the choices that end it."""
    held = Order.objects.filter(integration=one, state=Order.State.HELD)
    words = held.filter(problem_code="order.unknown_status").order_by().values_list("stated_status", flat=True).distinct()
    skus = held.filter(problem_code="order.no_item").order_by().values_list("problem_params", flat=True)[:SHOWN]
    unknown = {str(params.get("sku")): str(params.get("title", "")) for params in skus}
    items = (
        ReferenceCopy.objects.filter(connection=one.ledger, kind="item", active=True).order_by("name")[:2000] if unknown else []
    )
    return {
        "words": [(word, StatusForm(initial={"word": word})) for word in words],
        "skus": sorted(unknown.items()),
        "items": items,
    }


def _back_fill(one: Integration) -> SyncRun | None:
    run: SyncRun | None = SyncRun.objects.filter(integration=one, stream=BACK_FILL).order_by("-id").first()
    return run


@require_POST
@tenant_view(Permission.SCHEDULE)
def order_word(request: TenantRequest, integration: str) -> HttpResponse:
    """Say what a status means."""
    one, form = found(integration), StatusForm(request.POST)
    if form.is_valid():
        kept = one.options.get(OPTION) or {}
        meanings = {**kept.get("statuses", {}), form.cleaned_data["word"]: form.cleaned_data["meaning"]}
        _decided(request, one, {**kept, "statuses": meanings})
    return _back(request, one)


@require_POST
@tenant_view(Permission.MAP)
def order_item(request: TenantRequest, integration: str) -> HttpResponse:
    """Say which item a SKU is."""
    one, form = found(integration), ItemForm(request.POST)
    if form.is_valid():
        item = get_object_or_404(ReferenceCopy, connection=one.ledger, kind="item", external_id=form.cleaned_data["item"])
        services.choose_item(integration=one, sku=form.cleaned_data["sku"], item_id=item.external_id)
        messages.success(
            request,
            _("%(sku)s is %(item)s. Orders held for it are taken up again.")
            % {"sku": form.cleaned_data["sku"], "item": item.name},
        )
    return _back(request, one)  # fmt: skip


@require_POST
@tenant_view(Permission.SCHEDULE)
def order_back_fill(request: TenantRequest, integration: str) -> HttpResponse:
    """Begin reading earlier orders, stop it, or take it up again where it stood."""
    one = found(integration)
    running = SyncRun.objects.filter(integration=one, stream=BACK_FILL, state__in=_GOING_ON).first()
    act = request.POST.get("act", "begin")
    if act == "stop" and running is not None:
        sync_services.cancel_run(run=running)
        messages.success(request, _("Stopped. What was read stays; take it up again whenever you like."))
    elif act == "resume" and running is None and Watermark.objects.filter(integration=one, stream=BACK_FILL).exists():
        run = services.resume_back_fill(integration=one)
        return HttpResponseRedirect(tenant_url(request.tenant, "run", run.public_id))
    elif act == "begin" and running is None:
        form = BackFillForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
            return _back(request, one)
        begins = datetime.combine(form.cleaned_data["since"], time.min, ZoneInfo(one.timezone))
        try:
            run = services.back_fill(integration=one, since=begins)
        except Refused as refusal:
            refuse(request, refusal)
            return _back(request, one)
        return HttpResponseRedirect(tenant_url(request.tenant, "run", run.public_id))
    return _back(request, one)


@require_POST
@tenant_view(Permission.MAP)
def order_close(request: TenantRequest, order: str) -> HttpResponse:
    """A person has booked what was left of an order."""
    one = get_object_or_404(Order, public_id=order)
    form = CloseForm(request.POST)
    if form.is_valid():
        try:
            services.close_order(order=one, reason=form.cleaned_data["reason"])
            messages.success(request, _("Closed."))
        except Refused as refusal:
            refuse(request, refusal)
    else:
        messages.error(request, _("Say in a few words what was done about it."))
    return HttpResponseRedirect(tenant_url(request.tenant, "order", one.public_id))


@require_POST
@tenant_view(Permission.UPLOAD)
def order_again(request: TenantRequest, order: str) -> HttpResponse:
    """Look at one order again now."""
    one = get_object_or_404(Order.objects.select_related("integration", "record"), public_id=order)
    run = services.take_up_again(integration=one.integration, sales=[one]) if one.integration else None
    if run is None:
        messages.error(request, _("No integration takes this order."))
        return HttpResponseRedirect(tenant_url(request.tenant, "order", one.public_id))
    messages.success(request, ngettext("%(n)d order is looked at again.", "%(n)d orders are looked at again.", 1) % {"n": 1})
    return HttpResponseRedirect(tenant_url(request.tenant, "run", run.public_id))


@require_POST
@tenant_view(Permission.POST)
def order_document(request: TenantRequest, order: str) -> HttpResponse:
    """Somebody edited or deleted its document in the ledger: leave it so, or write what the order says now over it."""
    one = get_object_or_404(Order.objects.select_related("integration"), public_id=order)
    document = live_document(one.integration, one) if one.integration else None
    if document is None or document.pending_revision is None:
        messages.error(request, _("Nothing waits to be written for this order."))
    elif request.POST.get("act") == "leave":
        posting.leave(document=document, by=request.user, reason=request.POST.get("reason", ""))
        messages.success(request, _("Left as it is in the ledger."))
    else:
        result = posting.amend(documents=[document], shown=posting.shown([document]), by=request.user, overwrite=True)
        if result.posted:
            messages.success(request, _("Written over in the ledger."))
        elif result.problem is not None:
            messages.error(request, shown(result.problem).text)
    return HttpResponseRedirect(tenant_url(request.tenant, "order", one.public_id))


def _back(request: TenantRequest, one: Integration) -> HttpResponseRedirect:
    return HttpResponseRedirect(tenant_url(request.tenant, "order_settings", one.public_id))
