"""Reading runs, held records, schedules and mappings for the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from canonical.problems import Problem
from connections.models import ApiCall, Connection, ReferenceCopy
from syncs import mappings
from syncs import steps as registered
from syncs.changes import STANDING
from syncs.mapping.rules import Rule
from syncs.models import (
    DocumentRevision,
    Due,
    LedgerDocument,
    MappingSet,
    MappingVersion,
    PostingAttempt,
    SyncRun,
    SyncSchedule,
    WorkItem,
)
from tenants.models import User

OVER = (WorkItem.State.DONE, WorkItem.State.CLOSED)
STUCK = (WorkItem.State.HELD, WorkItem.State.DEAD)
_OVER = (SyncRun.State.SUCCEEDED, SyncRun.State.PARTLY, SyncRun.State.FAILED, SyncRun.State.CANCELLED)


# ------------------------------------------------------------------ runs


def runs(*, state: str = "", integration: str = "", trigger: str = "") -> QuerySet[SyncRun]:
    found = SyncRun.objects.select_related("integration", "started_by").order_by("-id")
    if state:
        found = found.filter(state=state)
    if integration:
        found = found.filter(integration__public_id=integration)
    if trigger:
        found = found.filter(trigger=trigger)
    return found


def run_counts() -> dict[str, int]:
    return dict(SyncRun.objects.order_by().values_list("state").annotate(n=Count("id")))


@dataclass(frozen=True, slots=True)
class StepCount:
    """One step of a run's flow: how many items passed it, ended there early (known already, or left for a person to
    post), wait at it, or are stuck there."""

    name: str
    title: str
    passed: int
    ended: int
    writes: bool
    waiting: int
    stuck: int

    @property
    def state(self) -> str:
        if self.stuck:
            return "held"
        if self.waiting:
            return "running"
        return "done" if self.passed or self.ended else "waiting"


@dataclass(frozen=True, slots=True)
class RunSheet:
    """A run with its tally as it is now, and its steps in the flow's order."""

    run: SyncRun
    total: int
    done: int
    stuck: int
    over: bool
    steps: list[StepCount]


def run_sheet(run: SyncRun) -> RunSheet:
    items: list[Mapping[str, Any]] = list(WorkItem.objects.filter(run=run).values("state", "step", "made"))
    titles = {f"{node['type']}@{node['v']}": node.get("name") or node["type"] for node in run.flow_version.document["nodes"]}
    titles = {name: title for name, title in titles.items() if not name.startswith("trigger.")}
    last = list(titles)[-1] if titles else ""
    steps = [_step(name, title, items, is_last=name == last) for name, title in titles.items() if not _lists(name, items)]
    return RunSheet(
        run=run,
        total=len(items),
        done=sum(item["state"] in OVER for item in items),
        stuck=sum(item["state"] in STUCK for item in items),
        over=run.state in _OVER,
        steps=steps,
    )


def _lists(name: str, items: Sequence[Mapping[str, Any]]) -> bool:
    """Whether nothing ever stands at or passed this step: it lists work instead of doing it, or was skipped."""
    return bool(items) and not any(name in item["made"] or name == item["step"] for item in items)


def _step(name: str, title: str, items: Sequence[Mapping[str, Any]], *, is_last: bool) -> StepCount:
    here = [item for item in items if item["step"] == name]
    over = sum(item["state"] in OVER for item in here)
    return StepCount(
        name=name,
        title=title,
        passed=sum(name in item["made"] and item["step"] != name for item in items) + (over if is_last else 0),
        ended=0 if is_last else over,
        writes=registered.writes(name),
        waiting=sum(item["state"] in (WorkItem.State.READY, WorkItem.State.WAITING) for item in here),
        stuck=sum(item["state"] in STUCK for item in here),
    )


def items_of(run: SyncRun) -> QuerySet[WorkItem]:
    return WorkItem.objects.filter(run=run).order_by("id")


def calls_of(run: SyncRun) -> QuerySet[ApiCall]:
    """The run's exchanges with providers, newest first."""
    return ApiCall.objects.filter(correlation_id=run.correlation_id).select_related("connection").order_by("-at")


# ------------------------------------------------------------------ held records


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Records that one act can mend: the same problem, naming the same thing."""

    fingerprint: str
    count: int
    since: datetime
    sample: WorkItem
    items: list[WorkItem] = field(default_factory=list)


SHOWN_PER_GROUP = 10


def held_groups() -> list[HeldGroup]:
    """All that is stuck, the largest group first."""
    stuck = WorkItem.objects.filter(state__in=STUCK)
    groups = (
        stuck.order_by()
        .values("fingerprint")
        .annotate(n=Count("id"), since=Min("created_at"), last=Max("id"))
        .order_by("-n", "-last")
    )
    found = []
    for group in groups[:100]:
        items = list(
            stuck.filter(fingerprint=group["fingerprint"]).select_related("run", "integration").order_by("-id")[:SHOWN_PER_GROUP]
        )
        found.append(HeldGroup(group["fingerprint"], group["n"], group["since"], items[0], items))
    return found


def stuck_items(*, fingerprint: str = "", item: str = "") -> list[WorkItem]:
    """The stuck records of a group, or one of them by its id."""
    chosen = Q(fingerprint=fingerprint) if not item else Q(public_id=item)
    return list(WorkItem.objects.filter(chosen, state__in=STUCK).select_related("run", "integration"))


# ------------------------------------------------------------------ ledger documents


def to_amend(*, ledger: Connection | None = None) -> QuerySet[LedgerDocument]:
    """Documents that stand in a ledger and say something else than they should by now: changed, to be updated there."""
    found = LedgerDocument.objects.filter(pending_revision__isnull=False, state__in=STANDING)
    if ledger is not None:
        found = found.filter(ledger=ledger)
    return found.select_related("current_revision", "pending_revision", "ledger", "source").order_by("pk")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a document's history: a revision was planned (`attempt` is None), or something was tried with it."""

    at: datetime
    revision: DocumentRevision
    attempt: PostingAttempt | None = None
    is_current: bool = False
    is_pending: bool = False

    @property
    def by(self) -> User | None:
        """Who asked for it; None when the house went on by itself."""
        return self.attempt.by if self.attempt else None

    @property
    def problem(self) -> Problem | None:
        if self.attempt is None or not self.attempt.problem_code:
            return None
        return Problem(self.attempt.problem_code, self.attempt.problem_params)


def document_history(document: LedgerDocument) -> list[HistoryEntry]:
    """Every revision that was planned and every attempt to post, update or undo it, the newest last.

    A revision stands before the first attempt with it, or with a later one.
    """
    waiting = list(DocumentRevision.objects.filter(document=document).select_related("mapping_version").order_by("number"))
    entries: list[HistoryEntry] = []
    for attempt in PostingAttempt.objects.filter(document=document).select_related("revision", "by").order_by("number"):
        while waiting and waiting[0].number <= attempt.revision.number:
            entries.append(_planned(document, waiting.pop(0)))
        entries.append(HistoryEntry(at=attempt.started_at, revision=attempt.revision, attempt=attempt))
    return entries + [_planned(document, revision) for revision in waiting]


def _planned(document: LedgerDocument, revision: DocumentRevision) -> HistoryEntry:
    is_current, is_pending = revision.pk == document.current_revision_id, revision.pk == document.pending_revision_id
    return HistoryEntry(at=revision.created_at, revision=revision, is_current=is_current, is_pending=is_pending)


# ------------------------------------------------------------------ schedules


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    schedule: SyncSchedule
    next_at: datetime | None
    last: SyncRun | None


def schedules() -> list[ScheduleRow]:
    """Every schedule with when it is next due and how it went last."""
    found = list(SyncSchedule.objects.select_related("integration").order_by("integration__name", "stream"))
    due = dict(Due.objects.filter(schedule_id__in=[one.pk for one in found]).values_list("schedule_id", "next_at"))
    return [ScheduleRow(one, due.get(one.pk) if one.runs else None, _last(one)) for one in found]


def _last(schedule: SyncSchedule) -> SyncRun | None:
    found: SyncRun | None = (
        SyncRun.objects.filter(integration_id=schedule.integration_id, stream=schedule.stream).order_by("-id").first()
    )
    return found


# ------------------------------------------------------------------ mappings


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One thing that can have an account: its rules (the general one first, then those of single marketplaces or products)."""

    target: str
    rules: list[Rule]
    changed: bool = False

    @property
    def general(self) -> Rule | None:
        return next((rule for rule in self.rules if rule.is_general), None)

    @property
    def special(self) -> list[Rule]:
        return [rule for rule in self.rules if not rule.is_general]

    @property
    def mapped(self) -> bool:
        return self.general is not None


def working_version(mapping_set: MappingSet) -> MappingVersion | None:
    """The draft if there is one, else the published version: what the page shows and edits."""
    draft = MappingVersion.objects.filter(mapping_set=mapping_set, state=MappingVersion.State.DRAFT).first()
    return draft or mappings.published_version(mapping_set)


def rule_rows(mapping_set: MappingSet, targets: Sequence[str]) -> list[RuleRow]:
    """A row for each target that may be mapped, and for each that has a rule; unmapped ones first."""
    by_target: dict[str, list[Rule]] = {target: [] for target in targets}
    for rule in mappings.rules_of(working_version(mapping_set)):
        by_target.setdefault(str(rule.target), []).append(rule)
    touched = (after or before for _what, before, after in mappings.difference(mapping_set))
    changed = {str(rule.target) for rule in touched if rule is not None}
    rows = [RuleRow(target, rules, target in changed) for target, rules in by_target.items()]
    return sorted(rows, key=lambda row: row.mapped)


def versions(mapping_set: MappingSet) -> list[MappingVersion]:
    return list(MappingVersion.objects.filter(mapping_set=mapping_set).select_related("author").order_by("-number"))


def references(mapping_set: MappingSet, kind: str) -> list[ReferenceCopy]:
    return list(ReferenceCopy.objects.filter(connection_id=mapping_set.ledger_id, kind=kind, active=True).order_by("name"))
