"""Partner API: integrations, pairs of a source and a ledger."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections.selectors import forms
from syncs import services
from syncs.models import Integration
from tenants.partner import fields, match
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Choice, Exact, Listing, Search, Since, page
from tenants.partner.scopes import Scope


class IntegrationShown(serializers.Serializer):  # type: ignore[type-arg]
    """Where something is sold, paired with where the books are kept."""

    example = {
        "id": "int_01kav0zr4g8m2c6n9q3s7t5w1x", "name": "Oak & Ash EU → Oak & Ash Ltd", "state": "active", "paused_reason": "",
        "source": "con_01kav0zr4g8m2c6n9q3s7t5w1x", "ledger": "con_01kav0zr4g8m2c6n9q3s7t5w1y",
        "mapping_set": "map_01kav0zr4g8m2c6n9q3s7t5w1x", "posting_shape": "summary_journal",
        "posting_shapes": ["summary_journal", "one_deposit"], "split_months": True, "autopost": False, "starts_on": "2026-01-01", "timezone": "Europe/London", "created_at": "2026-11-02T09:16:00.000000Z",
        "updated_at": "2026-11-20T11:58:41.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    state = serializers.ChoiceField(Integration.State.choices)
    paused_reason = serializers.CharField()
    source = serializers.CharField(source="source.public_id")  # type: ignore[assignment]
    ledger = serializers.CharField(source="ledger.public_id")
    mapping_set = serializers.CharField(source="mapping_set.public_id")
    posting_shape = serializers.ChoiceField(Integration.Shape.choices)
    posting_shapes = serializers.SerializerMethodField(help_text="The shapes that this ledger takes, its own default first.")
    split_months = serializers.BooleanField()
    autopost = serializers.BooleanField()
    starts_on = serializers.DateField(allow_null=True)
    timezone = serializers.CharField()
    created_at = fields.Moment()
    updated_at = fields.Moment()

    def get_posting_shapes(self, integration: Integration) -> list[str]:
        return list(forms(integration.ledger).shapes)


class IntegrationBody(fields.Body):
    example = {"autopost": True}

    name = fields.Text(required=False, min_length=1, max_length=160, trim_whitespace=True)
    autopost = fields.Flag(required=False, help_text="Post what ties without asking a person.")
    split_months = fields.Flag(required=False, help_text="One document a calendar month.")
    posting_shape = fields.OneOf(
        Integration.Shape.choices, required=False, help_text="What an entry looks like: one of the ledger's posting_shapes."
    )


class IntegrationPauseBody(fields.Body):
    example = {"reason": "Year end"}

    reason = fields.Text(required=False, max_length=120, allow_blank=True, default="")


LISTING = Listing(
    filters=(
        Choice("status", "state", [state.value for state in Integration.State]),
        Exact("source", "source__public_id", "The id of a connection."),
        Exact("ledger", "ledger__public_id", "The id of a connection."),
        Since(),
        Search(lambda words: Q(name__startswith=words) | Q(public_id=words), "The beginning of the name, or an id."),
    ),
    sorts={"created_at": "id", "name": "name"},
)


def rows() -> QuerySet[Integration]:
    found: QuerySet[Integration] = Integration.objects.select_related("source", "ledger", "mapping_set")
    return found


def find(public_id: str) -> Integration:
    found: Integration = get_object_or_404(rows(), public_id=public_id)
    return found


class Integrations(Door):
    tag = "Integrations"

    @operation(
        Scope.INTEGRATIONS_READ,
        "List integrations",
        "Pairs of a source and a ledger, and how the books are kept.",
        answer=IntegrationShown,
        listing=LISTING,
    )
    def get(self, request: Request) -> Response:
        return page(request, rows(), LISTING, IntegrationShown)


class OneIntegration(Door):
    tag = "Integrations"

    @operation(Scope.INTEGRATIONS_READ, "Show an integration", "One integration. Comes with an ETag.", answer=IntegrationShown)
    def get(self, request: Request, integration: str) -> Response:
        return match.tagged(IntegrationShown(find(integration)).data)

    @operation(
        Scope.INTEGRATIONS_WRITE,
        "Change an integration",
        "Changes how the books are kept from now on; what was posted stays as it is.",
        answer=IntegrationShown,
        body=IntegrationBody,
        match=True,
        once=MAY,
    )
    def patch(self, request: Request, integration: str, given: dict[str, Any]) -> Response:
        with transaction.atomic():
            Integration.objects.select_for_update().filter(public_id=integration).first()
            one = find(integration)
            match.require_match(request, IntegrationShown(one).data)
            if given:
                services.change_integration(integration=one, **given)
        return match.tagged(IntegrationShown(find(integration)).data)


class PauseIntegration(Door):
    tag = "Integrations"

    @operation(
        Scope.INTEGRATIONS_WRITE,
        "Pause an integration",
        "No schedule of it runs until it is resumed; what is under way ends.",
        answer=IntegrationShown,
        body=IntegrationPauseBody,
        once=MAY,
    )
    def post(self, request: Request, integration: str, given: dict[str, Any]) -> Response:
        services.pause(integration=find(integration), reason=given["reason"])
        return match.tagged(IntegrationShown(find(integration)).data)


class ResumeIntegration(Door):
    tag = "Integrations"

    @operation(
        Scope.INTEGRATIONS_WRITE,
        "Resume an integration",
        "Switches it on; refused while its accounts are not mapped.",
        answer=IntegrationShown,
        once=MAY,
    )
    def post(self, request: Request, integration: str) -> Response:
        services.activate(integration=find(integration))
        return match.tagged(IntegrationShown(find(integration)).data)


URLS = [
    address("integrations", Integrations, "integrations"),
    address("integrations/<pid:integration>", OneIntegration, "integration"),
    address("integrations/<pid:integration>:pause", PauseIntegration, "integration_pause"),
    address("integrations/<pid:integration>:resume", ResumeIntegration, "integration_resume"),
]
