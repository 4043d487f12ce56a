"""Partner API: held records, one by one and all alike at once."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from syncs import dispatch, selectors, services
from syncs.api.operations import OperationShown, accepted, operation_id, problem_shown
from syncs.models import WorkItem
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Between, Choice, Exact, Listing, Search, Since, page
from tenants.partner.scopes import Scope


class HeldRecordShown(serializers.Serializer):  # type: ignore[type-arg]
    """A record that waits for a person, or that was given up."""

    example = {
        "id": "itm_01kav0zr4g8m2c6n9q3s7t5w1x", "integration": "int_01kav0zr4g8m2c6n9q3s7t5w1x",
        "run": "run_01kav0zr4g8m2c6n9q3s7t5w1x", "title": "Settlement 12395580393", "step": "settlement.compose@1", "state": "held",
        "attempts": 1, "fingerprint": "compose.unmapped:vine_fee",
        "problem": {"code": "mapping.unmapped", "detail": "vine_fee has no account yet.", "remedy": "Choose an account for it under Mappings."},
        "created_at": "2026-11-20T11:58:41.000000Z", "updated_at": "2026-11-20T11:58:44.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    integration = serializers.CharField(source="integration.public_id")
    run = serializers.CharField(source="run.public_id")
    title = serializers.CharField()
    step = serializers.CharField()
    state = serializers.ChoiceField([(WorkItem.State.HELD.value, "held"), (WorkItem.State.DEAD.value, "dead")])
    attempts = serializers.IntegerField()
    fingerprint = serializers.CharField(help_text="The same for all records that one act can mend.")
    problem = serializers.SerializerMethodField(allow_null=True)
    created_at = fields.Moment()
    updated_at = fields.Moment()

    def get_problem(self, item: WorkItem) -> dict[str, str] | None:
        return problem_shown(item.problem_code, item.problem_params, item.problem_where)


class RetriedShown(serializers.Serializer):  # type: ignore[type-arg]
    """How many records are tried again, and the operations to watch."""

    example = {"records": 38, "operations": ["op_01kav0zr4g8m2c6n9q3s7t5w1x"]}

    records = serializers.IntegerField()
    operations = serializers.ListField(child=serializers.CharField())


class RetryBody(fields.Body):
    example = {"fingerprint": "compose.unmapped:vine_fee"}

    fingerprint = fields.Text(min_length=1, max_length=120)


LISTING = Listing(
    filters=(
        Choice("status", "state", [state.value for state in selectors.STUCK]),
        Exact("fingerprint", "fingerprint", "All records that one act can mend."),
        Exact("problem", "problem_code", "The code of a problem."),
        Exact("integration", "integration__public_id", "The id of an integration."),
        Exact("run", "run__public_id", "The id of a run."),
        Between("created_at", "created_at"),
        Since(),
        Search(lambda words: Q(title__startswith=words) | Q(public_id=words), "The beginning of the title, or an id."),
    )
)


def stuck() -> QuerySet[WorkItem]:
    found: QuerySet[WorkItem] = WorkItem.objects.filter(state__in=selectors.STUCK).select_related("run", "integration")
    return found


class HeldRecords(Door):
    tag = "Held records"

    @operation(
        Scope.ERRORS_READ,
        "List held records",
        "What waits for a person, with the reason and the remedy.",
        answer=HeldRecordShown,
        listing=LISTING,
    )
    def get(self, request: Request) -> Response:
        return page(request, stuck(), LISTING, HeldRecordShown)


class OneHeldRecord(Door):
    tag = "Held records"

    @operation(Scope.ERRORS_READ, "Show a held record", "One record, while it is held.", answer=HeldRecordShown)
    def get(self, request: Request, held_record: str) -> Response:
        return Response(HeldRecordShown(get_object_or_404(stuck(), public_id=held_record)).data)


class RetryHeldRecord(Door):
    tag = "Held records"

    @operation(
        Scope.ERRORS_WRITE,
        "Retry a held record",
        "Tries it again from the step where it stopped.",
        answer=OperationShown,
        status=202,
        once=MAY,
    )
    def post(self, request: Request, held_record: str) -> Response:
        item = get_object_or_404(stuck(), public_id=held_record)
        for woken in services.retry_items(items=[item]):
            dispatch.wake(woken)
        return accepted(item.run)


class RetryAlike(Door):
    tag = "Held records"

    @operation(
        Scope.ERRORS_WRITE,
        "Retry held records alike",
        "Fix once, retry all: every record with this fingerprint is tried again.",
        answer=RetriedShown,
        status=202,
        body=RetryBody,
        once=MAY,
        also=(404,),
    )
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        items = selectors.stuck_items(fingerprint=given["fingerprint"])
        if not items:
            raise Http404
        woken = services.retry_items(items=items)
        for run in woken:
            dispatch.wake(run)
        ids = [operation_id(run) for run in woken]
        headers = {"Location": f"/api/v1/operations/{ids[0]}"} if ids else {}
        return Response({"records": len(items), "operations": ids}, status=202, headers=headers)


URLS = [
    address("held_records", HeldRecords, "held_records"),
    address("held_records:retry", RetryAlike, "held_records_retry"),
    address("held_records/<pid:held_record>", OneHeldRecord, "held_record"),
    address("held_records/<pid:held_record>:retry", RetryHeldRecord, "held_record_retry"),
]
