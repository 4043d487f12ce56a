"""Partner API: operations, the long jobs that a request starts. An operation is a run seen from the outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.problems import Problem, Refused, declare
from syncs import services
from syncs.dispatch import UNFINISHED
from syncs.models import SyncRun, WorkItem
from syncs.selectors import STUCK
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Between, Choice, Exact, Listing, Since, page
from tenants.partner.scopes import Scope
from tenants.problems import shown

OVER = declare("run.over", "This run is over, so it cannot be stopped.", "Nothing to do: what it did stays done.")

# What a run's state is called here. A run that held records did not do all it was asked to.
STATUS: dict[str, str] = {
    SyncRun.State.QUEUED: "pending",
    SyncRun.State.RUNNING: "running",
    SyncRun.State.WAITING: "waiting",
    SyncRun.State.SUCCEEDED: "succeeded",
    SyncRun.State.PARTLY: "failed",
    SyncRun.State.FAILED: "failed",
    SyncRun.State.CANCELLED: "cancelled",
}
_STATES = {status: [state for state, said in STATUS.items() if said == status] for status in STATUS.values()}


@dataclass(frozen=True, slots=True)
class Tallied:
    """A run with its count of records, and the first record that is held."""

    run: SyncRun
    total: int
    done: int
    held: int
    first_held: WorkItem | None


def tallied(runs: Iterable[SyncRun]) -> list[Tallied]:
    """The runs of a page with their counts, in two queries."""
    rows = list(runs)
    items = WorkItem.objects.filter(run__in=rows)
    counts = {
        row["run_id"]: row
        for row in items.order_by()
        .values("run_id")
        .annotate(
            total=Count("id"), done=Count("id", filter=Q(state=WorkItem.State.DONE)), held=Count("id", filter=Q(state__in=STUCK))
        )
    }
    stuck: dict[int, WorkItem] = {}
    for item in items.filter(state__in=STUCK).order_by("run_id", "id").distinct("run_id"):
        stuck[item.run_id] = item
    none = {"total": 0, "done": 0, "held": 0}
    found = [(run, counts.get(run.pk, none)) for run in rows]
    return [Tallied(run, one["total"], one["done"], one["held"], stuck.get(run.pk)) for run, one in found]


def operation_id(run: SyncRun) -> str:
    return f"op_{run.public_id.partition('_')[2]}"


def run_id(operation: str) -> str:
    return f"run_{operation.removeprefix('op_')}"


class ProblemShown(serializers.Serializer):  # type: ignore[type-arg]
    """One problem in words, with its code."""

    code = serializers.CharField()
    detail = serializers.CharField()
    remedy = serializers.CharField()


def problem_shown(code: str, params: Any, where: Any = None) -> dict[str, str] | None:
    if not code:
        return None
    words = shown({"code": code, "params": params or {}, "where": where or {}})
    return {"code": words.code, "detail": words.text, "remedy": words.remedy}


class ProgressShown(serializers.Serializer):  # type: ignore[type-arg]
    """How many records it is about, how many are done, how many are held."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    held = serializers.IntegerField()


class OperationShown(serializers.Serializer):  # type: ignore[type-arg]
    """A long job: ask again until status is succeeded, failed or cancelled."""

    example = {
        "id": "op_01kav0zr4g8m2c6n9q3s7t5w1x", "status": "running", "progress": {"total": 1, "done": 0, "held": 0},
        "run": "run_01kav0zr4g8m2c6n9q3s7t5w1x", "result": None, "problem": None, "created_at": "2026-11-20T11:58:41.000000Z",
        "ended_at": None,
    }  # fmt: skip

    id = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    progress = ProgressShown(source="*")
    run = serializers.CharField(source="run.public_id")
    result = serializers.SerializerMethodField(allow_null=True)
    problem = serializers.SerializerMethodField(allow_null=True)
    created_at = fields.Moment(source="run.created_at")
    ended_at = fields.Moment(source="run.ended_at", allow_null=True)

    def get_id(self, row: Tallied) -> str:
        return operation_id(row.run)

    def get_status(self, row: Tallied) -> str:
        return STATUS[row.run.state]

    def get_result(self, row: Tallied) -> dict[str, int] | None:
        """What it counted, once it is over."""
        if row.run.state in UNFINISHED:
            return None
        return {str(name): int(value) for name, value in row.run.counts.items() if isinstance(value, int)}

    def get_problem(self, row: Tallied) -> dict[str, str] | None:
        """Why it failed: of the first record that is held, or of the run itself."""
        if row.first_held is not None:
            item = row.first_held
            return problem_shown(item.problem_code, item.problem_params, item.problem_where)
        if row.run.state == SyncRun.State.FAILED:
            return {"code": "run.failed", "detail": row.run.note, "remedy": ""}
        return None


def accepted(run: SyncRun) -> Response:
    """202 with the operation to watch, and where."""
    said = OperationShown(tallied([SyncRun.objects.get(pk=run.pk)])[0]).data
    return Response(said, status=202, headers={"Location": f"/api/v1/operations/{said['id']}"})


def rows() -> QuerySet[SyncRun]:
    found: QuerySet[SyncRun] = SyncRun.objects.select_related("integration")
    return found


class _StatusOfRun(Choice):
    """`status` in the words of operations."""

    def narrow(self, name: str, text: str) -> Q:
        Choice.narrow(self, name, text)
        return Q(state__in=[state for status in text.split(",") for state in _STATES[status]])


LISTING = Listing(
    filters=(
        _StatusOfRun("status", "state", sorted(set(STATUS.values()))),
        Exact("integration", "integration__public_id", "The id of an integration."),
        Between("created_at", "created_at"),
        Since(),
    )
)


class Operations(Door):
    tag = "Operations"

    @operation(
        Scope.RUNS_READ,
        "List operations",
        "Long jobs, newest first, whoever started them.",
        answer=OperationShown,
        listing=LISTING,
    )
    def get(self, request: Request) -> Response:
        return page(request, rows(), LISTING, OperationShown, prepare=tallied)


class OneOperation(Door):
    tag = "Operations"

    @operation(Scope.RUNS_READ, "Show an operation", "How far it is, and what stopped it if it failed.", answer=OperationShown)
    def get(self, request: Request, operation: str) -> Response:
        return Response(OperationShown(tallied([_found(operation)])[0]).data)


class CancelOperation(Door):
    tag = "Operations"

    @operation(
        Scope.RUNS_WRITE,
        "Cancel an operation",
        "What is done stays done; what has not begun is not begun.",
        answer=OperationShown,
        once=MAY,
    )
    def post(self, request: Request, operation: str) -> Response:
        return Response(OperationShown(tallied([cancel(_found(operation))])[0]).data)


def cancel(run: SyncRun) -> SyncRun:
    if run.state not in UNFINISHED:
        raise Refused(Problem(OVER))
    return services.cancel_run(run=run)


def _found(operation: str) -> SyncRun:
    run: SyncRun = get_object_or_404(rows(), public_id=run_id(operation))
    return run


URLS = [
    address("operations", Operations, "operations"),
    address("operations/<pid:operation>", OneOperation, "operation"),
    address("operations/<pid:operation>:cancel", CancelOperation, "operation_cancel"),
]
