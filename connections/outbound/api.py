"""Partner API: webhook endpoints, the events that are offered, and what became of each delivery."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections.models import WebhookDelivery, WebhookEndpoint
from connections.outbound import catalogue, deliveries, endpoints, selectors
from tenants.models import Event
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Between, Choice, Exact, Listing, Since, page
from tenants.partner.scopes import Scope


class WebhookEndpointShown(serializers.Serializer):  # type: ignore[type-arg]
    """Where events are sent."""

    example: dict[str, Any] = {
        "id": "whe_01kav0zr4g8m2c6n9q3s7t5w1x", "url": "https://hooks.example.com/tieout", "description": "Warehouse",
        "types": ["settlement.posted", "record.held"], "state": "active", "disabled_reason": "",
        "last_success_at": "2026-11-20T11:58:41.000000Z", "failing_since": None, "created_at": "2026-11-02T09:16:00.000000Z",
        "updated_at": "2026-11-20T11:58:41.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    url = serializers.CharField()
    description = serializers.CharField()
    types = serializers.ListField(child=serializers.CharField(), help_text='Types of event, or "*" for all.')
    state = serializers.ChoiceField(WebhookEndpoint.State.choices)
    disabled_reason = serializers.CharField(help_text="by_person, gone or exhausted; empty while active.")
    last_success_at = fields.Moment(allow_null=True)
    failing_since = fields.Moment(allow_null=True)
    created_at = fields.Moment()
    updated_at = fields.Moment()


class WebhookEndpointMadeShown(WebhookEndpointShown):
    """A new endpoint with its signing secret, shown this once (null when an Idempotency-Key gave the answer again)."""

    example = {**WebhookEndpointShown.example, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}

    secret = serializers.CharField(allow_null=True)


class SecretShown(serializers.Serializer):  # type: ignore[type-arg]
    """A signing secret, shown this once."""

    example = {"id": "whe_01kav0zr4g8m2c6n9q3s7t5w1x", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}

    id = serializers.CharField()
    secret = serializers.CharField(allow_null=True)


class WebhookEventShown(serializers.Serializer):  # type: ignore[type-arg]
    """What happened, as receivers are told."""

    example = {
        "id": "evt_01kav2m3n4p5q6r7s8t9v0w1xy", "type": "settlement.posted", "timestamp": "2026-11-20T11:58:41.000000Z",
        "data": {"object": "settlement", "id": "set_01kav0zr4g8m2c6n9q3s7t5w1x"},
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    type = serializers.CharField()
    timestamp = fields.Moment(source="created_at")
    data = serializers.SerializerMethodField()  # type: ignore[assignment]

    def get_data(self, event: Event) -> dict[str, Any]:
        data: dict[str, Any] = catalogue.payload(event)["data"]
        return data


class DeliveryShown(serializers.Serializer):  # type: ignore[type-arg]
    """One event for one endpoint, and what became of it."""

    example = {
        "id": "dlv_01kav2m3n4p5q6r7s8t9v0w1xy", "endpoint": "whe_01kav0zr4g8m2c6n9q3s7t5w1x",
        "event": "evt_01kav2m3n4p5q6r7s8t9v0w1xy", "type": "settlement.posted", "state": "pending", "attempts": 1,
        "last_status": 503, "last_failure": "refused_by_receiver", "next_try_at": "2026-11-20T11:58:46.400000Z",
        "delivered_at": None, "created_at": "2026-11-20T11:58:41.000000Z", "updated_at": "2026-11-20T11:58:42.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    endpoint = serializers.CharField(source="endpoint.public_id")
    event = serializers.CharField(source="event.public_id")
    type = serializers.CharField()
    state = serializers.ChoiceField(WebhookDelivery.State.choices)
    attempts = serializers.IntegerField()
    last_status = serializers.IntegerField(allow_null=True)
    last_failure = serializers.CharField()
    next_try_at = serializers.SerializerMethodField(allow_null=True)
    delivered_at = fields.Moment(allow_null=True)
    created_at = fields.Moment()
    updated_at = fields.Moment()

    def get_next_try_at(self, delivery: WebhookDelivery) -> str | None:
        return fields.utc(delivery.not_before) if delivery.state == WebhookDelivery.State.PENDING else None


class ReplayedShown(serializers.Serializer):  # type: ignore[type-arg]
    """How many events are sent again."""

    example = {"events": 12}

    events = serializers.IntegerField()


_TYPES = [endpoints.ANY, *catalogue.TYPES]


class WebhookEndpointBody(fields.Body):
    example = {
        "url": "https://hooks.example.com/tieout",
        "types": ["settlement.posted", "record.held"],
        "description": "Warehouse",
    }

    url = fields.Text(min_length=1, max_length=600, help_text="https:// and a public host; port 443 or 8443.")
    types = fields.Items(child=fields.OneOf(_TYPES), min_length=1, max_length=len(_TYPES))
    description = fields.Text(required=False, max_length=120, allow_blank=True, default="")


class WebhookEndpointChangeBody(fields.Body):
    example = {"types": ["*"], "state": "active"}

    url = fields.Text(required=False, min_length=1, max_length=600)
    types = fields.Items(child=fields.OneOf(_TYPES), required=False, min_length=1, max_length=len(_TYPES))
    description = fields.Text(required=False, max_length=120, allow_blank=True)
    state = fields.OneOf(WebhookEndpoint.State.choices, required=False)


class ReplayBody(fields.Body):
    example = {"since": "2026-11-19T00:00:00Z"}

    since = fields.Moment()


ENDPOINTS = Listing(filters=(Choice("status", "state", [state.value for state in WebhookEndpoint.State]), Since()))
EVENTS = Listing(
    filters=(Choice("type", "type", list(catalogue.OFFERED)), Between("created_at", "created_at"), Since(("created_at",)))
)
DELIVERIES = Listing(
    filters=(
        Choice("status", "state", [state.value for state in WebhookDelivery.State]),
        Choice("type", "type", list(catalogue.OFFERED)),
        Exact("endpoint", "endpoint__public_id", "The id of an endpoint."),
        Exact("event", "event__public_id", "The id of an event."),
        Between("created_at", "created_at"),
        Since(),
    )
)


def find(endpoint: str) -> WebhookEndpoint:
    found: WebhookEndpoint = get_object_or_404(WebhookEndpoint.objects.all(), public_id=endpoint)
    return found


class Endpoints(Door):
    tag = "Webhooks"

    @operation(
        Scope.WEBHOOKS_READ,
        "List webhook endpoints",
        "Where events are sent, and how that goes.",
        answer=WebhookEndpointShown,
        listing=ENDPOINTS,
    )
    def get(self, request: Request) -> Response:
        return page(request, selectors.endpoints(), ENDPOINTS, WebhookEndpointShown)

    @operation(
        Scope.WEBHOOKS_WRITE,
        "Make a webhook endpoint",
        "Events of the chosen types are sent there from now on, signed as Standard Webhooks says. The secret is in this answer and "
        "nowhere else. The address must be public: it is looked up now and at every delivery.",
        answer=WebhookEndpointMadeShown,
        status=201,
        body=WebhookEndpointBody,
        once=MAY,
        also=(409, 422),
    )
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        made, secret = endpoints.create(**given)
        made.refresh_from_db()
        return Response({**WebhookEndpointShown(made).data, "secret": secret}, status=201)


class OneEndpoint(Door):
    tag = "Webhooks"

    @operation(Scope.WEBHOOKS_READ, "Show a webhook endpoint", "One endpoint.", answer=WebhookEndpointShown)
    def get(self, request: Request, webhook_endpoint: str) -> Response:
        return Response(WebhookEndpointShown(find(webhook_endpoint)).data)

    @operation(
        Scope.WEBHOOKS_WRITE,
        "Change a webhook endpoint",
        "Changes what is given. Switched on again, it gets what waited meanwhile.",
        answer=WebhookEndpointShown,
        body=WebhookEndpointChangeBody,
        once=MAY,
    )
    def patch(self, request: Request, webhook_endpoint: str, given: dict[str, Any]) -> Response:
        one = find(webhook_endpoint)
        state = given.pop("state", None)
        one = endpoints.change(endpoint=one, **given)
        if state == WebhookEndpoint.State.ACTIVE:
            one = endpoints.enable(endpoint=one)
        elif state == WebhookEndpoint.State.DISABLED:
            one = endpoints.disable(endpoint=one)
        return Response(WebhookEndpointShown(find(one.public_id)).data)

    @operation(
        Scope.WEBHOOKS_WRITE,
        "Delete a webhook endpoint",
        "It and its log of deliveries are gone; what waited is not sent.",
        status=204,
    )
    def delete(self, request: Request, webhook_endpoint: str) -> Response:
        endpoints.delete(endpoint=find(webhook_endpoint))
        return Response(status=204)


class RotateSecret(Door):
    tag = "Webhooks"

    @operation(
        Scope.WEBHOOKS_WRITE,
        "Rotate a webhook secret",
        "A new secret, shown this once. For a day every delivery carries the signatures of both, so that nothing is lost meanwhile.",
        answer=SecretShown,
        once=MAY,
    )
    def post(self, request: Request, webhook_endpoint: str) -> Response:
        one = find(webhook_endpoint)
        return Response({"id": one.public_id, "secret": endpoints.rotate(endpoint=one)})


class TestEndpoint(Door):
    tag = "Webhooks"

    @operation(
        Scope.WEBHOOKS_WRITE,
        "Send a test event",
        "An event of type webhook.test for this endpoint alone. Look at the delivery to see what came back.",
        answer=DeliveryShown,
        status=202,
        once=MAY,
    )
    def post(self, request: Request, webhook_endpoint: str) -> Response:
        return _on_its_way(deliveries.send_test(endpoint=find(webhook_endpoint)))


class ReplayEndpoint(Door):
    tag = "Webhooks"

    @operation(
        Scope.WEBHOOKS_WRITE,
        "Replay webhook events",
        "Sends again everything since a moment that this endpoint wants, with the same ids, also what it was never told.",
        answer=ReplayedShown,
        status=202,
        body=ReplayBody,
        once=MAY,
    )
    def post(self, request: Request, webhook_endpoint: str, given: dict[str, Any]) -> Response:
        one = find(webhook_endpoint)
        sent = deliveries.replay(endpoint=one, since=given["since"])
        return Response({"events": sent}, status=202, headers={"Location": f"/api/v1/deliveries?endpoint={one.public_id}"})


class Events(Door):
    tag = "Webhooks"

    @operation(
        Scope.WEBHOOKS_READ,
        "List webhook events",
        "What happened, as receivers are told, whether or not anybody was.",
        answer=WebhookEventShown,
        listing=EVENTS,
    )
    def get(self, request: Request) -> Response:
        return page(request, selectors.events(), EVENTS, WebhookEventShown)


class OneEvent(Door):
    tag = "Webhooks"

    @operation(Scope.WEBHOOKS_READ, "Show a webhook event", "One event.", answer=WebhookEventShown)
    def get(self, request: Request, webhook_event: str) -> Response:
        return Response(WebhookEventShown(get_object_or_404(selectors.events(), public_id=webhook_event)).data)


class Deliveries(Door):
    tag = "Webhooks"

    @operation(
        Scope.WEBHOOKS_READ,
        "List deliveries",
        "One row per event and endpoint, with the last answer and the next try.",
        answer=DeliveryShown,
        listing=DELIVERIES,
    )
    def get(self, request: Request) -> Response:
        return page(request, selectors.deliveries(), DELIVERIES, DeliveryShown)


class OneDelivery(Door):
    tag = "Webhooks"

    @operation(Scope.WEBHOOKS_READ, "Show a delivery", "One delivery.", answer=DeliveryShown)
    def get(self, request: Request, delivery: str) -> Response:
        return Response(DeliveryShown(get_object_or_404(selectors.deliveries(), public_id=delivery)).data)


class Resend(Door):
    tag = "Webhooks"

    @operation(
        Scope.WEBHOOKS_WRITE,
        "Resend a delivery",
        "Sends the event again with the same id, whether or not it had arrived.",
        answer=DeliveryShown,
        status=202,
        once=MAY,
    )
    def post(self, request: Request, delivery: str) -> Response:
        one = get_object_or_404(selectors.deliveries(), public_id=delivery)
        return _on_its_way(deliveries.resend(delivery=one))


def _on_its_way(delivery: WebhookDelivery) -> Response:
    shown = DeliveryShown(delivery).data
    return Response(shown, status=202, headers={"Location": f"/api/v1/deliveries/{delivery.public_id}"})


URLS = [
    address("webhook_endpoints", Endpoints, "webhook_endpoints"),
    address("webhook_endpoints/<pid:webhook_endpoint>", OneEndpoint, "webhook_endpoint"),
    address("webhook_endpoints/<pid:webhook_endpoint>:rotate_secret", RotateSecret, "webhook_endpoint_rotate"),
    address("webhook_endpoints/<pid:webhook_endpoint>:test", TestEndpoint, "webhook_endpoint_test"),
    address("webhook_endpoints/<pid:webhook_endpoint>:replay", ReplayEndpoint, "webhook_endpoint_replay"),
    address("webhook_events", Events, "webhook_events"),
    address("webhook_events/<pid:webhook_event>", OneEvent, "webhook_event"),
    address("deliveries", Deliveries, "deliveries"),
    address("deliveries/<pid:delivery>", OneDelivery, "delivery"),
    address("deliveries/<pid:delivery>:resend", Resend, "delivery_resend"),
]
