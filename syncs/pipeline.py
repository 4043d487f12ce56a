"""The straight line. Read this first.

    discover   list what changed since the watermark; one work item a record; watermark in the same commit
    carry      take each item through the chain: pull, canonicalise, map, validate, post, record
    conclude   say what became of the run

`execute` does all three for one run and may be called again at any time by any worker: what is done
stays done, what another worker holds is left alone, what must wait keeps its time on its row. A worker
may be given a `Turn`: when it is over the run is set down between two pages, and whoever takes it up
goes on there. Nothing here sleeps, and no transaction is open while a step talks to the outside.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, F, Func, Min, Q, QuerySet, TextField

from canonical.problems import Problem, Refused, declare
from connections import selectors
from connections.contracts import Door
from connections.errors import BREAKER_OPEN, BUDGET_SPENT, THROTTLED, Action, Failure
from connections.http import door_for
from connections.models import Connection
from connections.retry import pause
from syncs import flows, hooks
from syncs.models import Integration, SyncRun, Watermark, WorkItem
from syncs.runs import pin_flow
from syncs.steps import Fate, ItemView, Lister, Page, Step, StepOutcome, is_heavy
from tenants import clock
from tenants.news import alert, publish

log = logging.getLogger(__name__)

# Longer than any single call may take (QuickBooks answers within 120 s), so that a lock outlives honest work.
LEASE = timedelta(minutes=5)

BUG = declare(
    "pipeline.bug",
    "Something went wrong on our side while working on %(title)s (%(error)s).",
    "Nothing was posted for it. Retry it; if it comes back, send support the run's number.",
)
GIVEN_UP = declare(
    "pipeline.given_up",
    "%(title)s failed %(attempts)s times; the last time: %(last)s",
    "Look at the last answer, mend its cause, then retry the record.",
)

Watch = Callable[[str, WorkItem, StepOutcome], None]

# Trouble of ours that passes and says nothing about the record: its lock runs out and the next worker goes on.
PASSING = (OperationalError, InterfaceError, SoftTimeLimitExceeded)
# Asked too often: whoever stands behind at the same step would only be told the same.
HELD_BACK = (THROTTLED, BUDGET_SPENT, BREAKER_OPEN)


@dataclass(frozen=True, slots=True)
class Turn:
    """How long a worker stays with one run before others come to it, and whether it may begin heavy steps.

    `ends` is on the monotonic clock, None for never. A page that was begun is always finished.
    """

    ends: float | None = None
    heavy: bool = True

    @classmethod
    def of(cls, length: timedelta, *, heavy: bool) -> Turn:
        return cls(time.monotonic() + length.total_seconds(), heavy)

    @property
    def over(self) -> bool:
        return self.ends is not None and time.monotonic() >= self.ends


UNHURRIED = Turn()


@dataclass(frozen=True, slots=True)
class Context:
    """What a step may know of where it runs. Its doors refuse writes in any mode but live."""

    run: SyncRun
    integration: Integration
    chain: flows.Chain

    @property
    def mode(self) -> str:
        return str(self.run.mode)

    def door(self, connection: Connection) -> Door:
        return door_for(connection, mode=self.mode, correlation_id=self.run.correlation_id)


def execute(run: SyncRun, *, watch: Watch | None = None, turn: Turn = UNHURRIED) -> SyncRun:
    """Bring a run as far as it can go now, or as its turn allows: then it is still running and nobody holds it.

    Safe to call twice, or from two workers at once.
    """
    ctx = Context(run=run, integration=run.integration, chain=flows.chain(pin_flow(run).document))
    worker = f"wrk_{secrets.token_hex(6)}"
    if run.discovered_at is None and not _discover(ctx, worker):
        run.refresh_from_db()
        return run
    closed: set[str] = set()
    while not turn.over and _carry_some(ctx, worker, watch, turn, closed):
        pass
    if turn.ends is not None and ready_items(run).exclude(step__in=closed).exists():
        return _set_down(ctx)
    return _conclude(ctx)


# ---------------------------------------------------------------- discover


def _discover(ctx: Context, worker: str) -> bool:
    """List until nothing is new. False when another worker is listing, or listing must wait."""
    if not _lease_run(ctx.run, worker):
        return False
    try:
        hooks.at("listing")
        for lister in ctx.chain.listers:
            _list(ctx, lister)
    except Failure as failure:
        _postpone(ctx.run, failure)
        return False
    SyncRun.objects.filter(pk=ctx.run.pk).update(discovered_at=clock.now(), locked_by="", locked_until=None, not_before=None)
    return True


def _lease_run(run: SyncRun, worker: str) -> bool:
    now = clock.now()
    free = Q(locked_until__isnull=True) | Q(locked_until__lt=now)
    taken = SyncRun.objects.filter(free, pk=run.pk, discovered_at__isnull=True).exclude(state=SyncRun.State.CANCELLED)
    started = run.started_at or now
    return bool(taken.update(state=SyncRun.State.RUNNING, locked_by=worker, locked_until=now + LEASE, started_at=started))


def _list(ctx: Context, lister: Lister) -> None:
    mark = Watermark.objects.filter(integration=ctx.integration, stream=lister.stream).first()
    for page in lister.pages(ctx, mark.cursor if mark else ""):
        _keep(ctx, lister, page)
        hooks.at("listed")
        if SyncRun.objects.filter(pk=ctx.run.pk, state=SyncRun.State.CANCELLED).exists():
            return
        # A long listing keeps its lease from page to page.
        SyncRun.objects.filter(pk=ctx.run.pk, locked_until__isnull=False).update(locked_until=clock.now() + LEASE)


@transaction.atomic
def _keep(ctx: Context, lister: Lister, page: Page) -> None:
    """One page: its new work items and the moved watermark, in one commit."""
    records = [found.record for found in page.found]
    known = set(WorkItem.objects.filter(integration=ctx.integration, record__in=records).values_list("record", flat=True))
    first = ctx.chain.steps[0].name if ctx.chain.steps else ""
    items = [
        WorkItem(
            run=ctx.run,
            integration=ctx.integration,
            record=found.record,
            flow_key=ctx.chain.key,
            title=found.title[:200],
            step=first,
            input=dict(found.input),
        ).named()
        for found in page.found
        if found.record not in known
    ]
    WorkItem.objects.bulk_create(items, ignore_conflicts=True)
    if page.cursor:
        Watermark.objects.update_or_create(integration=ctx.integration, stream=lister.stream, defaults={"cursor": page.cursor})


def _postpone(run: SyncRun, failure: Failure) -> None:
    waits = failure.action in (Action.RETRY, Action.LOOK, Action.REFRESH, Action.WAIT)
    SyncRun.objects.filter(pk=run.pk).update(
        state=SyncRun.State.WAITING if waits else SyncRun.State.FAILED,
        not_before=clock.now() + pause(failure, 1) if waits else None,
        note=failure.problem.text()[:300],
        problem_code=failure.problem.code,
        problem_params=dict(failure.problem.params),
        ended_at=None if waits else clock.now(),
        locked_by="",
        locked_until=None,
    )
    if not waits:
        publish("run.failed", run, problem=failure.problem.code)


# ---------------------------------------------------------------- carry


def _carry_some(ctx: Context, worker: str, watch: Watch | None, turn: Turn, closed: set[str]) -> bool:
    """Take one page of items through one step. False when nothing is ready for this turn.

    `closed` collects the steps at which the provider wants to be left alone; nothing more is taken to them.
    """
    items = _take(ctx, worker, turn, closed)
    if not items:
        return False
    hooks.at("taken")
    step = next(step for step in ctx.chain.steps if step.name == items[0].step)
    outcomes = _run_step(ctx, step, items)
    hooks.at("stepped")
    for item, outcome in zip(items, outcomes, strict=True):
        _record(ctx, step, item, outcome)
        hooks.at("noted")
        if outcome.fate is Fate.WAITING and outcome.problem is not None and outcome.problem.code in HELD_BACK:
            closed.add(step.name)
        if watch is not None:
            watch(step.title, item, outcome)
    return True


def ready_items(run: SyncRun) -> QuerySet[WorkItem]:
    """A run's items that may be taken now, the oldest first."""
    now = clock.now()
    free = Q(locked_until__isnull=True) | Q(locked_until__lt=now)
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    found: QuerySet[WorkItem] = WorkItem.objects.filter(
        free, due, run=run, state__in=[WorkItem.State.READY, WorkItem.State.WAITING]
    )
    return found.order_by("id")


def heavy_next(run: SyncRun) -> bool:
    """Whether the next thing to do in this run is a step that keeps a worker busy for long."""
    name = ready_items(run).values_list("step", flat=True).first()
    return name is not None and is_heavy(name)


@transaction.atomic
def _take(ctx: Context, worker: str, turn: Turn, closed: set[str]) -> list[WorkItem]:
    """Lock the oldest ready item, and its neighbours at the same step up to a page."""
    now = clock.now()
    ready = ready_items(ctx.run).exclude(step__in=closed).select_for_update(skip_locked=True)
    _quarantine(ctx, ready)
    first = ready.first()
    if first is None or (is_heavy(first.step) and not turn.heavy):
        return []
    step = next((step for step in ctx.chain.steps if step.name == first.step), None)
    page = _page(ctx, step) if step else 1
    items = [first] if page == 1 else list(ready.filter(step=first.step)[:page])
    for item in items:
        item.locked_by, item.locked_until = worker, now + LEASE
        item.attempts += 1
    WorkItem.objects.filter(pk__in=[item.pk for item in items]).update(
        locked_by=worker, locked_until=now + LEASE, attempts=F("attempts") + 1
    )
    return items


def _page(ctx: Context, step: Step) -> int:
    return selectors.callful(ctx.integration.ledger, step.page) if step.fills_calls else step.page


def _quarantine(ctx: Context, ready: QuerySet[WorkItem]) -> None:
    """Give up items that were taken as often as allowed and never came back: they kill their worker."""
    for item in ready.filter(attempts__gte=ctx.chain.max_attempts, problem_code="", locked_until__isnull=False):
        params: dict[str, str | int] = {"title": item.title, "attempts": item.attempts, "last": "the worker died"}
        given_up = _blocked(WorkItem.State.DEAD, item, Problem(GIVEN_UP, params))
        WorkItem.objects.filter(pk=item.pk).update(**given_up, locked_by="", locked_until=None)
        publish("record.held", item, problem=GIVEN_UP)


def _run_step(ctx: Context, step: Step, items: Sequence[WorkItem]) -> list[StepOutcome]:
    views = [ItemView(id=item.pk, record=item.record, input=item.input, attempts=item.attempts) for item in items]
    try:
        return step.run(ctx, views)
    except Failure as failure:
        return [outcome_of(failure, attempts=item.attempts) for item in items]
    except Refused as refused:
        return [StepOutcome(Fate.HELD, problem=refused.problems[0]) for _item in items]
    except PASSING:
        raise
    except Exception as error:  # a bug must hold its record and let the others pass, never loop
        log.exception("step %s of run %s failed", step.name, ctx.run.public_id)
        return [
            StepOutcome(Fate.HELD, problem=Problem(BUG, {"title": item.title, "error": type(error).__name__})) for item in items
        ]


def outcome_of(failure: Failure, *, attempts: int) -> StepOutcome:
    """What a failed call means for the item that needed it. Being held back is no failure: it is never given up for that."""
    if failure.held_back:
        return StepOutcome(Fate.WAITING, problem=failure.problem, not_before=clock.now() + pause(failure, 1))
    if failure.action in (Action.RETRY, Action.LOOK, Action.REFRESH):
        return StepOutcome(Fate.FAILED, problem=failure.problem, not_before=clock.now() + pause(failure, max(attempts, 1)))
    return StepOutcome(Fate.HELD, problem=failure.problem)


@transaction.atomic
def _record(ctx: Context, step: Step, item: WorkItem, outcome: StepOutcome) -> None:
    """Write down what became of the item at this step; only by the worker that holds it."""
    changes = _changes(ctx, step, item, outcome)
    held = WorkItem.objects.filter(pk=item.pk, locked_by=item.locked_by)
    if not held.update(**changes, locked_by="", locked_until=None):
        return
    for name, value in changes.items():
        setattr(item, name, value)
    if item.state in (WorkItem.State.HELD, WorkItem.State.DEAD):
        publish("record.held", item, problem=item.problem_code)
        if item.state == WorkItem.State.DEAD:
            alert(Problem(item.problem_code, item.problem_params), item, fingerprint=item.fingerprint)


def _changes(ctx: Context, step: Step, item: WorkItem, outcome: StepOutcome) -> dict[str, Any]:
    made = {**item.made, step.name: outcome.made or clock.now().isoformat()}
    following = ctx.chain.after(step.name)
    if outcome.fate is Fate.FINISHED or (outcome.fate is Fate.ONWARD and following is None):
        return _cleared(state=WorkItem.State.DONE, made=made, done_at=clock.now())
    if outcome.fate is Fate.ONWARD and following is not None:
        kept = {**item.input, **outcome.input}
        return _cleared(state=WorkItem.State.READY, step=following.name, input=kept, made=made, attempts=0)
    problem = outcome.problem or Problem(BUG, {"title": item.title, "error": "no reason given"})
    if outcome.fate is Fate.HELD:
        return _blocked(WorkItem.State.HELD, item, problem)
    if outcome.fate is Fate.FAILED and item.attempts >= ctx.chain.max_attempts:
        given_up = Problem(GIVEN_UP, {"title": item.title, "attempts": item.attempts, "last": problem.text()})
        return _blocked(WorkItem.State.DEAD, item, given_up) | {"fingerprint": fingerprint(problem)}
    # Only failures count towards giving up; waiting does not.
    tries = item.attempts if outcome.fate is Fate.FAILED else max(item.attempts - 1, 0)
    return _blocked(WorkItem.State.WAITING, item, problem) | {"not_before": outcome.not_before, "attempts": tries}


def _cleared(**changes: Any) -> dict[str, Any]:
    clear: dict[str, Any] = {"problem_code": "", "problem_params": {}, "problem_where": {}, "problem_at": None, "fingerprint": ""}
    return {**clear, "not_before": None, **changes}


def _blocked(state: str, item: WorkItem, problem: Problem) -> dict[str, Any]:
    where = {"file": problem.where.file, "line": problem.where.line, "field": problem.where.field}
    return {
        "state": state,
        "problem_code": problem.code,
        "problem_params": dict(problem.params),
        "problem_where": {key: value for key, value in where.items() if value},
        "problem_at": clock.now(),
        "fingerprint": fingerprint(problem),
    }


# What a problem may name that one act mends for all records alike: an account, a product, a permission.
_NAMES = frozenset(
    {"provider", "triple", "account", "kind", "error", "sku", "item", "customer", "tax_code", "currency", "ledger"}
)


def fingerprint(problem: Problem) -> str:
    """Problems that one act can mend share a fingerprint: the code and what it names, not where."""
    named = ":".join(str(value) for key, value in sorted(problem.params.items()) if key in _NAMES)
    return f"{problem.code}:{named}"[:120]


# ---------------------------------------------------------------- conclude


def counts(run: SyncRun) -> dict[str, int]:
    """How many items are in which state, and how many passed each step."""
    items = WorkItem.objects.filter(run=run)
    result = {row["state"]: row["n"] for row in items.values("state").annotate(n=Count("pk")).order_by()}
    result["listed"] = sum(result.values())
    names = Func(F("made"), function="jsonb_object_keys", output_field=TextField())
    names.set_returning = True
    for row in items.annotate(name=names).values("name").annotate(n=Count("pk")).order_by():
        result[row["name"]] = row["n"]
    return result


def _set_down(ctx: Context) -> SyncRun:
    """The turn is over and there is more to do: others first, then this run again."""
    still = SyncRun.objects.filter(pk=ctx.run.pk).exclude(state=SyncRun.State.CANCELLED)
    still.update(state=SyncRun.State.RUNNING, counts=counts(ctx.run), not_before=None, turn_at=clock.now())
    ctx.run.refresh_from_db()
    return ctx.run


def _conclude(ctx: Context) -> SyncRun:
    run = ctx.run
    hooks.at("concluding")
    open_items = WorkItem.objects.filter(run=run, state__in=[WorkItem.State.READY, WorkItem.State.WAITING])
    tally = counts(run)
    if open_items.exists():
        waits = open_items.aggregate(at=Min("not_before"))["at"]
        changes: Mapping[str, Any] = {"state": SyncRun.State.WAITING, "not_before": waits or clock.now()}
    else:
        stuck = tally.get(WorkItem.State.HELD, 0) + tally.get(WorkItem.State.DEAD, 0)
        state = SyncRun.State.PARTLY if stuck else SyncRun.State.SUCCEEDED
        changes = {"state": state, "not_before": None, "ended_at": clock.now()}
    with transaction.atomic():
        still = SyncRun.objects.filter(pk=run.pk).exclude(state=SyncRun.State.CANCELLED)
        if still.update(counts=tally, **changes) and "ended_at" in changes:
            publish("run.finished", run, state=str(changes["state"]))
    run.refresh_from_db()
    return run
