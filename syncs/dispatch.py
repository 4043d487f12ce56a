"""Waking the workers. A row says what is to be done; a message only says "look".

The dispatcher claims due schedules and makes their runs in one commit; the sweeper finds what should have
gone on by itself. Losing every message therefore costs time, never work.

Fair to all tenants: a worker carries a run for one turn only and then sends a new message, which stands
behind everybody else's; a tenant has a limited number of seats (syncs/seats.py), whatever it has queued;
and steps that keep a worker busy for long are done from a queue of their own.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from kombu.exceptions import OperationalError

from canonical.problems import Problem, Refused, declare
from syncs import pipeline, posting
from syncs.models import SyncRun, WorkItem
from syncs.seats import seat
from tenants import clock
from tenants.fields import new_public_id
from tenants.news import Actor, acting, alert, publish
from tenants.scope import require_tenant_id

log = logging.getLogger(__name__)

RUN_TASK = "syncs.tasks.run"
LONG_TASK = "syncs.tasks.run_long"
SWEEP_TASK = "syncs.tasks.sweep_tenant"
WATCH_TASK = "syncs.tasks.watch_tenant"
FOLLOW_TASK = "syncs.tasks.follow_tenant"
# How many due schedules are claimed in one commit.
HANDFUL = 200
# A message that was just sent again is given this long before it is sent once more.
PATIENCE = timedelta(minutes=5)
# A queued run is nobody's trouble until its message had time to arrive.
GRACE = timedelta(seconds=30)
UNFINISHED = (SyncRun.State.QUEUED, SyncRun.State.WAITING, SyncRun.State.RUNNING)

MOST_CRASHES = 3

CRASHES = declare(
    "run.crashes",
    "This run stopped %(times)s times before it was through (%(error)s), so it is not tried again by itself.",
    "Nothing that was done is undone. Start it again; if it stops again, send support the run's number.",
)


# ---------------------------------------------------------------- schedules


def claim_due(*, limit: int = HANDFUL) -> list[tuple[int, int]]:
    """Take what is due now and make its runs, over all tenants, in one commit. Returns (tenant, run) pairs.

    Costs one look at an index when nothing is due. Any number of dispatchers may call it at once.
    """
    now = clock.now()
    with connection.cursor() as cursor:  # a tick a second for ever: asked without the ORM, which costs more than the question
        cursor.execute("SELECT EXISTS (SELECT FROM syncs_due WHERE next_at <= %s)", [now])
        if cursor.fetchone() == (False,):
            return []
        names = [new_public_id(SyncRun.prefix) for _turn in range(limit)]
        cursor.execute("SELECT tenant, run FROM syncs_claim_due(%s, %s)", [now, names])
        return [(int(tenant), int(run)) for tenant, run in cursor.fetchall()]


def dispatch_due(*, limit: int = HANDFUL) -> int:
    """Claim what is due and wake a worker for each run. Returns how many runs were made."""
    claimed = claim_due(limit=limit)
    for tenant_id, run_id in claimed:
        send(RUN_TASK, tenant_id, run_id)
    return len(claimed)


# ---------------------------------------------------------------- messages


def wake(run: SyncRun) -> None:
    """Have a worker look at a run as soon as the present change is committed."""
    tenant_id, run_id = run.tenant_id, run.pk
    transaction.on_commit(lambda: send(RUN_TASK, tenant_id, run_id))


def send(task: str, *arguments: int) -> bool:
    """Send a message. False when the broker cannot be reached: the sweeper will find the row."""
    try:
        current_app.send_task(task, args=list(arguments))
    except (OperationalError, OSError):
        log.warning("the broker took no message for %s %s; the sweeper will repair it", task, arguments)
        return False
    return True


# ---------------------------------------------------------------- sweeping


def tenants_waiting() -> list[int]:
    """Tenants in which something should have gone on by itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT syncs_tenants_waiting(%s)", [clock.now()])
        return [int(row[0]) for row in cursor.fetchall()]


def sweep() -> None:
    """Wake this tenant's stuck runs and finish its begun postings. Where its seats are taken, those in them do the latter."""
    sweep_runs()
    with seat(require_tenant_id()) as seated:
        if seated:
            posting.resume()


def sweep_runs() -> int:
    """Wake this tenant's runs whose time has come and that no worker holds. Returns how many messages were sent."""
    tenant_id = require_tenant_id()
    for run in _abandoned_while_listing():
        note_crash(run=run, what="the worker died")
    sent = 0
    for run_id in sorted({*_idle_runs(), *_forsaken_runs()}):
        if cache.add(f"woken:{tenant_id}:{run_id}", 1, PATIENCE.total_seconds()):
            sent += send(RUN_TASK, tenant_id, run_id)
    return sent


def _free(now: datetime) -> Q:
    return Q(locked_until__isnull=True) | Q(locked_until__lt=now)


def _idle_runs() -> list[int]:
    """Queued or waiting runs past their time."""
    now = clock.now()
    due = SyncRun.objects.annotate(since=Coalesce(F("not_before"), F("created_at") + GRACE)).filter(since__lte=now)
    return list(due.filter(_free(now), state__in=[SyncRun.State.QUEUED, SyncRun.State.WAITING]).values_list("pk", flat=True))


def _abandoned_while_listing() -> list[SyncRun]:
    """Runs whose worker went away while it was listing: their lease ran out."""
    return list(SyncRun.objects.filter(state=SyncRun.State.RUNNING, locked_until__lt=clock.now()))


def _forsaken_runs() -> list[int]:
    """Running runs nobody works on: not being listed, and none of their items locked by anybody alive."""
    now = clock.now()
    busy = WorkItem.objects.filter(run=OuterRef("pk"), locked_until__gte=now)
    running = SyncRun.objects.filter(_free(now), ~Exists(busy), state=SyncRun.State.RUNNING)
    return list(running.exclude(started_at__gt=now - GRACE).values_list("pk", flat=True))


# ---------------------------------------------------------------- carrying out


def take_turn(*, run_id: int, heavy: bool = False) -> bool:
    """One turn of one run, if the tenant has a seat free; then wake the tenant's run that has waited longest.

    False when all seats were taken: their holders look for what is left when they get up.
    """
    tenant_id = require_tenant_id()
    with seat(tenant_id) as seated:
        if not seated:
            return False
        run = SyncRun.objects.filter(pk=run_id, state__in=UNFINISHED).first()
        if run is not None and (heavy or not pipeline.heavy_next(run)):
            carry_out(run=run, turn=pipeline.Turn.of(settings.RUN_TURN, heavy=heavy))
        posting.resume(limit=posting.CALLFUL)
    wake_next()
    return True


def wake_next() -> bool:
    """Send a message for this tenant's run that can go on now and has waited longest. False when there is none."""
    run = _ready_runs().order_by(F("turn_at").asc(nulls_first=True), "pk").first()
    if run is None:
        return False
    return send(LONG_TASK if pipeline.heavy_next(run) else RUN_TASK, require_tenant_id(), run.pk)


def _ready_runs() -> QuerySet[SyncRun]:
    """Runs that a worker could begin, list for or carry on this moment."""
    now = clock.now()
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    ready = WorkItem.objects.filter(_free(now), due, run=OuterRef("pk"), state__in=[WorkItem.State.READY, WorkItem.State.WAITING])
    begun = Q(state=SyncRun.State.RUNNING, discovered_at__isnull=False) & Exists(ready)
    found: QuerySet[SyncRun] = SyncRun.objects.filter(
        _free(now), begun | Q(due, state__in=[SyncRun.State.QUEUED, SyncRun.State.WAITING])
    )
    return found


def carry_out(*, run: SyncRun, turn: pipeline.Turn = pipeline.UNHURRIED) -> None:
    """Bring a run as far as it can go now, in the name of whoever started it. A run that cannot be carried out at all
    is failed, not tried for ever."""
    who = Actor(user=run.started_by, kind="person" if run.started_by else "system", correlation_id=run.correlation_id)
    try:
        with acting(who):
            pipeline.execute(run, turn=turn)
    except Refused as refused:
        _fail(run, refused.problems[0])
    except Exception as error:
        note_crash(run=run, what=type(error).__name__)
        raise


def note_crash(*, run: SyncRun, what: str) -> None:
    """Count a death or a bug; the third one fails the run, so that it does not take the workers down one by one."""
    SyncRun.objects.filter(pk=run.pk).update(crashes=F("crashes") + 1, locked_by="", locked_until=None)
    run.refresh_from_db(fields=["crashes", "state"])
    if run.crashes >= MOST_CRASHES:
        _fail(run, Problem(CRASHES, {"times": run.crashes, "error": what}))


def run_fingerprint(integration_id: int, stream: str, code: str) -> str:
    """Runs of one stream that fail for the same reason are one trouble, however often they are tried."""
    return f"run:{integration_id}:{stream}:{code}"[:120]


@transaction.atomic
def _fail(run: SyncRun, problem: Problem) -> None:
    still = SyncRun.objects.filter(pk=run.pk, state__in=UNFINISHED)
    ended = {"state": SyncRun.State.FAILED, "ended_at": clock.now(), "locked_by": "", "locked_until": None}
    why = {"note": problem.text()[:300], "problem_code": problem.code, "problem_params": dict(problem.params)}
    if still.update(**why, **ended):
        publish("run.failed", run, problem=problem.code)
        alert(problem, run, fingerprint=run_fingerprint(run.integration_id, run.stream, problem.code))
