"""What is in trouble now. Nothing here is kept: it is read from the rows that are in trouble, so it is never out of date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from canonical.problems import Problem
from connections import standing
from connections.models import Connection
from syncs.dispatch import run_fingerprint
from syncs.models import Case, LedgerDocument, SyncRun, WorkItem
from syncs.pipeline import fingerprint
from syncs.selectors import STUCK
from tenants import clock
from tenants.models import Alert

TRYING = (WorkItem.State.READY, WorkItem.State.WAITING)
# A run that failed before this is history: nobody mends it any more.
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause. `stuck` rows wait for a person, `trying` ones are being tried again."""

    kind: str
    fingerprint: str
    code: str
    params: Mapping[str, Any]
    stuck: int
    trying: int
    first: datetime
    last: datetime
    integration_id: int | None = None
    where: Mapping[str, Any] = field(default_factory=dict)

    def problem(self) -> Problem:
        return Problem(self.code, dict(self.params))


def troubles() -> list[Trouble]:
    """All of it, the largest first within each kind; connections first, since they hold everything else up."""
    found = [*connections(), *runs(), *records(), *documents()]
    return [*found, *notices({trouble.fingerprint for trouble in found})]


# ------------------------------------------------------------------ records


def stuck_records() -> QuerySet[WorkItem]:
    return WorkItem.objects.filter(state__in=STUCK).exclude(fingerprint="")


def records() -> list[Trouble]:
    """Held and given-up records; those being tried again count on for as long as their case is open."""
    again = Q(state__in=TRYING, case__state=Case.State.OPEN) & ~Q(run__state=SyncRun.State.CANCELLED)
    seen = Coalesce("problem_at", "created_at")
    groups = (
        WorkItem.objects.filter(Q(state__in=STUCK) | again)
        .exclude(fingerprint="")
        .order_by()
        .values("fingerprint")
        .annotate(
            stuck=Count("id", filter=Q(state__in=STUCK)),
            trying=Count("id", filter=~Q(state__in=STUCK)),
            first=Min(seen),
            last=Max(seen),
            sample=Max("id"),
        )
        .order_by("-stuck", "-sample")
    )
    rows = list(groups)
    samples = WorkItem.objects.in_bulk([row["sample"] for row in rows])
    return [_of_records(row, samples[row["sample"]]) for row in rows if row["sample"] in samples]


def _of_records(row: Mapping[str, Any], sample: WorkItem) -> Trouble:
    return Trouble(
        kind=Case.Kind.RECORD,
        fingerprint=row["fingerprint"],
        code=sample.problem_code,
        params=sample.problem_params,
        where=sample.problem_where,
        stuck=row["stuck"],
        trying=row["trying"],
        first=row["first"],
        last=row["last"],
        integration_id=sample.integration_id,
    )


# ------------------------------------------------------------------ documents


def held_documents() -> QuerySet[LedgerDocument]:
    """Documents that are held while no record says so: their record went on, or never was."""
    told = WorkItem.objects.filter(
        state__in=STUCK, problem_code=OuterRef("problem_code"), problem_params=OuterRef("problem_params")
    )
    return LedgerDocument.objects.filter(~Exists(told), state=LedgerDocument.State.HELD).exclude(problem_code="")


def document_fingerprint(document: LedgerDocument) -> str:
    return f"document:{fingerprint(Problem(document.problem_code, document.problem_params))}"[:120]


def documents() -> list[Trouble]:
    groups: dict[str, list[LedgerDocument]] = {}
    for document in held_documents().order_by("-id")[:500]:
        groups.setdefault(document_fingerprint(document), []).append(document)
    return [_of_documents(mark, rows) for mark, rows in groups.items()]


def _of_documents(mark: str, rows: list[LedgerDocument]) -> Trouble:
    return Trouble(
        kind=Case.Kind.DOCUMENT,
        fingerprint=mark,
        code=rows[0].problem_code,
        params=rows[0].problem_params,
        stuck=len(rows),
        trying=0,
        first=min(row.created_at for row in rows),
        last=max(row.created_at for row in rows),
    )


# ------------------------------------------------------------------ runs


def failed_runs() -> list[SyncRun]:
    """Runs that failed as a whole and after which none of their kind succeeded."""
    since = clock.now() - LATELY
    over: dict[tuple[int, str, str], int] = {}
    good = SyncRun.objects.filter(state__in=[SyncRun.State.SUCCEEDED, SyncRun.State.PARTLY], created_at__gte=since)
    for row in good.order_by().values("integration_id", "stream", "trigger").annotate(latest=Max("id")):
        over[row["integration_id"], row["stream"], row["trigger"]] = row["latest"]
    failed = SyncRun.objects.filter(state=SyncRun.State.FAILED, created_at__gte=since).select_related("integration")
    return [run for run in failed.order_by("-id")[:500] if run.pk > _latest_good(over, run)]


def _latest_good(over: Mapping[tuple[int, str, str], int], run: SyncRun) -> int:
    """The last success that says the cause is gone: of the same trigger, or of the schedule, which does the same work."""
    pair = (run.integration_id, run.stream)
    return max(over.get((*pair, run.trigger), 0), over.get((*pair, "schedule"), 0))


def runs() -> list[Trouble]:
    groups: dict[str, list[SyncRun]] = {}
    for run in failed_runs():
        groups.setdefault(run_fingerprint(run.integration_id, run.stream, run.problem_code), []).append(run)
    return [_of_runs(mark, rows) for mark, rows in groups.items()]


def _of_runs(mark: str, rows: list[SyncRun]) -> Trouble:
    ended = [row.ended_at or row.created_at for row in rows]
    return Trouble(
        kind=Case.Kind.RUN,
        fingerprint=mark,
        code=rows[0].problem_code or rows[0].note,
        params=rows[0].problem_params,
        stuck=len(rows),
        trying=0,
        first=min(ended),
        last=max(ended),
        integration_id=rows[0].integration_id,
    )


# ------------------------------------------------------------------ connections and notices


def lost_connections() -> QuerySet[Connection]:
    return Connection.objects.filter(state=Connection.State.NEEDS_RECONNECT).select_related("grant").order_by("name")


def connections() -> list[Trouble]:
    lost = list(lost_connections())
    marks = {standing.reconnect_fingerprint(row): row for row in lost}
    since = dict(Alert.objects.filter(fingerprint__in=marks, state=Alert.State.OPEN).values_list("fingerprint", "created_at"))
    found = []
    for mark, row in marks.items():
        problem = standing.reconnect_problem(row, row.reason)
        at = since.get(mark) or row.last_good_call_at or row.created_at
        found.append(Trouble(Case.Kind.CONNECTION, mark, problem.code, dict(problem.params), 1, 0, at, at))
    return found


def notices(covered: set[str]) -> list[Trouble]:
    """Open alerts about something that is in no group above: a permission that ends soon, a document changed over there."""
    told = WorkItem.objects.filter(
        state__in=STUCK, problem_code=OuterRef("problem_code"), problem_params=OuterRef("problem_params")
    )
    # An alert that a case of another kind raised goes when that case does.
    raised = Case.objects.filter(fingerprint=OuterRef("fingerprint")).exclude(kind=Case.Kind.NOTICE)
    rows = Alert.objects.filter(~Exists(told), ~Exists(raised), state=Alert.State.OPEN).order_by("-last_seen_at")[:200]
    return [
        Trouble(
            Case.Kind.NOTICE,
            row.fingerprint,
            row.problem_code,
            row.problem_params,
            row.count,
            0,
            row.created_at,
            row.last_seen_at,
        )
        for row in rows
        if row.fingerprint not in covered
    ]


# ------------------------------------------------------------------ retries


def retrying_records() -> QuerySet[WorkItem]:
    """Records that failed and are tried again by themselves, the next one first."""
    waiting = WorkItem.objects.filter(state=WorkItem.State.WAITING).exclude(problem_code="")
    return (
        waiting.exclude(run__state=SyncRun.State.CANCELLED)
        .select_related("run", "integration")
        .order_by(F("not_before").asc(nulls_first=True), "id")
    )


def retrying_runs() -> QuerySet[SyncRun]:
    """Runs that could not list their work and look again by themselves."""
    waiting = SyncRun.objects.filter(state=SyncRun.State.WAITING, discovered_at=None).exclude(note="")
    return waiting.select_related("integration").order_by(F("not_before").asc(nulls_first=True), "id")
