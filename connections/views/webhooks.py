"""Webhook endpoints for people: the list, one endpoint with its log, and what can be done with it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from canonical.problems import Refused
from connections.forms_webhooks import SPANS, EndpointForm, ReplayForm
from connections.models import WebhookDelivery, WebhookEndpoint
from connections.outbound import catalogue, deliveries, endpoints, selectors
from tenants.clock import now
from tenants.problems import shown
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_url, tenant_view

PAGE = 25


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.DEVELOP)
def webhooks(request: TenantRequest) -> HttpResponse:
    """Where events are sent, and the form that adds an address; the new secret is on this page only."""
    if request.method == "GET":
        return _list(request, EndpointForm(initial={"everything": True}))
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    good = form.cleaned_data
    try:
        made, secret = endpoints.create(url=good["url"].strip(), types=form.chosen(), description=good["description"])
    except Refused as refusal:
        _blame(form, refusal)
        return _list(request, form, status=422)
    return _one(request, made, secret=secret)


@require_http_methods(["GET", "POST"])
@tenant_view(Permission.DEVELOP)
def webhook(request: TenantRequest, webhook: str) -> HttpResponse:
    """One endpoint: how it goes, what it is told of, and the log."""
    one = _found(webhook)
    if request.method == "GET":
        return _one(request, one)
    form = EndpointForm(request.POST)
    if form.is_valid():
        good = form.cleaned_data
        try:
            endpoints.change(endpoint=one, url=good["url"].strip(), types=form.chosen(), description=good["description"])
        except Refused as refusal:
            _blame(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return _to(request, one)
    return _one(request, one, form=form, status=422)


@require_POST
@tenant_view(Permission.DEVELOP)
def webhook_rotate(request: TenantRequest, webhook: str) -> HttpResponse:
    one = _found(webhook)
    return _one(request, one, secret=endpoints.rotate(endpoint=one))


@require_POST
@tenant_view(Permission.DEVELOP)
def webhook_test(request: TenantRequest, webhook: str) -> HttpResponse:
    one = _found(webhook)
    sent = deliveries.send_test(endpoint=one)
    messages.success(request, _("A test event is on its way. The log shows what comes back."))
    return HttpResponseRedirect(tenant_url(request.tenant, "connections:webhook_delivery", one.public_id, sent.public_id))


@require_POST
@tenant_view(Permission.DEVELOP)
def webhook_switch(request: TenantRequest, webhook: str) -> HttpResponse:
    """Off where it is on, on where it is off."""
    one = _found(webhook)
    if one.state == WebhookEndpoint.State.ACTIVE:
        endpoints.disable(endpoint=one)
        messages.success(request, _("Switched off. What happens meanwhile waits."))
    else:
        endpoints.enable(endpoint=one)
        messages.success(request, _("Switched on. What waited is sent now."))
    return _to(request, one)


@require_POST
@tenant_view(Permission.DEVELOP)
def webhook_delete(request: TenantRequest, webhook: str) -> HttpResponse:
    endpoints.delete(endpoint=_found(webhook))
    messages.success(request, _("Deleted. Nothing is sent there any more."))
    return HttpResponseRedirect(tenant_url(request.tenant, "connections:webhooks"))


@require_POST
@tenant_view(Permission.DEVELOP)
def webhook_replay(request: TenantRequest, webhook: str) -> HttpResponse:
    one, form = _found(webhook), ReplayForm(request.POST)
    if not form.is_valid():
        raise Http404
    sent = deliveries.replay(endpoint=one, since=now() - form.span())
    messages.success(request, ngettext("%(n)d event is sent again.", "%(n)d events are sent again.", sent) % {"n": sent})
    return _to(request, one)


@require_GET
@tenant_view(Permission.DEVELOP)
def webhook_delivery(request: TenantRequest, webhook: str, delivery: str) -> HttpResponse:
    """One event for one endpoint: what was sent, and every try."""
    one = _delivery(webhook, delivery)
    sent = json.dumps(catalogue.payload(one.event), indent=2)
    context = {"endpoint": one.endpoint, "delivery": one, "attempts": selectors.attempts(one), "sent": sent}
    return render(request, "connections/webhook_delivery.html", context)


@require_POST
@tenant_view(Permission.DEVELOP)
def webhook_resend(request: TenantRequest, webhook: str, delivery: str) -> HttpResponse:
    one = deliveries.resend(delivery=_delivery(webhook, delivery))
    messages.success(request, _("It is sent again, with the same id."))
    return HttpResponseRedirect(tenant_url(request.tenant, "connections:webhook_delivery", webhook, one.public_id))


# ------------------------------------------------------------------ pages


def _list(request: TenantRequest, form: EndpointForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "rows": selectors.endpoint_rows()}
    return render(request, "connections/webhooks.html", context, status=status)


def _one(
    request: TenantRequest, one: WebhookEndpoint, *, secret: str = "", form: EndpointForm | None = None, status: int = 200
) -> HttpResponse:
    log = Paginator(selectors.deliveries(one), PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"endpoint": one, "secret": secret, "form": form or _filled(one), "page": log, "spans": SPANS}
    return render(request, "connections/webhook.html", context, status=status)


def _filled(one: WebhookEndpoint) -> EndpointForm:
    everything = endpoints.ANY in one.types
    types = [] if everything else one.types
    return EndpointForm(initial={"url": one.url, "description": one.description, "everything": everything, "types": types})


def _blame(form: EndpointForm, refusal: Refused) -> None:
    words = shown(refusal.problems[0])
    field = "types" if "type" in words.code else "url"
    form.add_error(field, f"{words.text} {words.remedy}")


def _found(public_id: str) -> WebhookEndpoint:
    found: WebhookEndpoint = get_object_or_404(WebhookEndpoint.objects.all(), public_id=public_id)
    return found


def _delivery(webhook: str, delivery: str) -> WebhookDelivery:
    found: WebhookDelivery = get_object_or_404(selectors.deliveries(_found(webhook)), public_id=delivery)
    return found


def _to(request: TenantRequest, one: WebhookEndpoint) -> HttpResponse:
    return HttpResponseRedirect(tenant_url(request.tenant, "connections:webhook_endpoint", one.public_id))
