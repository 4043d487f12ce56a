"""Partner API: runs."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.problems import Problem, Refused, declare
from syncs import dispatch, selectors, services
from syncs.api import operations
from syncs.api.operations import OperationShown, ProgressShown, Tallied, accepted, tallied
from syncs.models import SyncRun
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Between, Choice, Exact, Listing, Since, page
from tenants.partner.scopes import Scope

NOTHING_STUCK = declare("run.nothing_held", "Nothing in this run is held, so there is nothing to retry.", "Nothing to do.")


class RunShown(serializers.Serializer):  # type: ignore[type-arg]
    """One execution of a flow."""

    example = {
        "id": "run_01kav0zr4g8m2c6n9q3s7t5w1x", "integration": "int_01kav0zr4g8m2c6n9q3s7t5w1x", "stream": "settlements",
        "mode": "live", "trigger": "schedule", "state": "partly", "progress": {"total": 7, "done": 6, "held": 1},
        "correlation_id": "cor_5d1c0b8e7f6a4c3b2a1f", "created_at": "2026-11-20T11:58:41.000000Z",
        "started_at": "2026-11-20T11:58:41.400000Z", "ended_at": "2026-11-20T11:59:30.000000Z",
        "updated_at": "2026-11-20T11:59:30.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="run.public_id")
    integration = serializers.CharField(source="run.integration.public_id")
    stream = serializers.CharField(source="run.stream")
    mode = serializers.ChoiceField(SyncRun.Mode.choices, source="run.mode")
    trigger = serializers.CharField(source="run.trigger")
    state = serializers.ChoiceField(SyncRun.State.choices, source="run.state")
    progress = ProgressShown(source="*")
    correlation_id = serializers.CharField(source="run.correlation_id")
    created_at = fields.Moment(source="run.created_at")
    started_at = fields.Moment(source="run.started_at", allow_null=True)
    ended_at = fields.Moment(source="run.ended_at", allow_null=True)
    updated_at = fields.Moment(source="run.updated_at")


LISTING = Listing(
    filters=(
        Choice("status", "state", [state.value for state in SyncRun.State]),
        Exact("integration", "integration__public_id", "The id of an integration."),
        Exact("stream", "stream", "What is looked at: settlements, reference, ..."),
        Exact("trigger", "trigger", "What began it: schedule, manual, upload, mapping, ..."),
        Between("created_at", "created_at"),
        Since(),
    )
)


class Runs(Door):
    tag = "Runs"

    @operation(Scope.RUNS_READ, "List runs", "Executions of flows, newest first.", answer=RunShown, listing=LISTING)
    def get(self, request: Request) -> Response:
        return page(request, operations.rows(), LISTING, RunShown, prepare=tallied)


class OneRun(Door):
    tag = "Runs"

    @operation(Scope.RUNS_READ, "Show a run", "One run with its counts.", answer=RunShown)
    def get(self, request: Request, run: str) -> Response:
        return Response(RunShown(_tallied(run)).data)


class RetryRun(Door):
    tag = "Runs"

    @operation(
        Scope.RUNS_WRITE,
        "Retry a run",
        "Tries again what is held in this run, each record from the step where it stopped.",
        answer=OperationShown,
        status=202,
        once=MAY,
    )
    def post(self, request: Request, run: str) -> Response:
        one = _tallied(run).run
        stuck = list(selectors.items_of(one).filter(state__in=selectors.STUCK).select_related("run"))
        if not stuck:
            raise Refused(Problem(NOTHING_STUCK))
        for woken in services.retry_items(items=stuck):
            dispatch.wake(woken)
        return accepted(one)


class CancelRun(Door):
    tag = "Runs"

    @operation(
        Scope.RUNS_WRITE, "Cancel a run", "What is done stays done; what has not begun is not begun.", answer=RunShown, once=MAY
    )
    def post(self, request: Request, run: str) -> Response:
        stopped = operations.cancel(_tallied(run).run)
        return Response(RunShown(_tallied(stopped.public_id)).data)


def _tallied(public_id: str) -> Tallied:
    run: SyncRun = get_object_or_404(operations.rows(), public_id=public_id)
    return tallied([run])[0]


URLS = [
    address("runs", Runs, "runs"),
    address("runs/<pid:run>", OneRun, "run"),
    address("runs/<pid:run>:retry", RetryRun, "run_retry"),
    address("runs/<pid:run>:cancel", CancelRun, "run_cancel"),
]
