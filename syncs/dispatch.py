"""Waking the workers. A row says what is to be done; a message only says "look".

The dispatcher claims due schedules and makes their runs in one commit; the sweeper finds what should have
gone on by itself. Losing every message therefore costs time, never work.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from celery import current_app
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from kombu.exceptions import OperationalError

from syncs.models import SyncRun, WorkItem
from tenants import clock
from tenants.fields import new_public_id
from tenants.scope import require_tenant_id

log = logging.getLogger(__name__)

RUN_TASK = "syncs.tasks.run"
SWEEP_TASK = "syncs.tasks.sweep_tenant"
# How many due schedules are claimed in one commit.
HANDFUL = 200
# A message that was just sent again is given this long before it is sent once more.
PATIENCE = timedelta(minutes=5)
# A queued run is nobody's trouble until its message had time to arrive.
GRACE = timedelta(seconds=30)
UNFINISHED = (SyncRun.State.QUEUED, SyncRun.State.WAITING, SyncRun.State.RUNNING)


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


def sweep_runs() -> int:
    """Wake this tenant's runs whose time has come and that no worker holds. Returns how many messages were sent."""
    tenant_id = require_tenant_id()
    sent = 0
    for run_id in sorted({*_idle_runs(), *_runs_with_idle_items()}):
        if cache.add(f"woken:{tenant_id}:{run_id}", 1, PATIENCE.total_seconds()):
            sent += send(RUN_TASK, tenant_id, run_id)
    return sent


def _free(now: datetime) -> Q:
    return Q(locked_until__isnull=True) | Q(locked_until__lt=now)


def _idle_runs() -> list[int]:
    """Queued or waiting runs past their time, and running ones whose lister's lease ran out."""
    now = clock.now()
    since = Coalesce(F("not_before"), F("created_at") + GRACE)
    due = SyncRun.objects.annotate(since=since).filter(since__lte=now)
    idle = due.filter(_free(now), state__in=[SyncRun.State.QUEUED, SyncRun.State.WAITING])
    abandoned = due.filter(state=SyncRun.State.RUNNING, locked_until__lt=now)
    return [*idle.values_list("pk", flat=True), *abandoned.values_list("pk", flat=True)]


def _runs_with_idle_items() -> list[int]:
    """Running runs nobody works on: an item is due, and no item of the run is locked by anybody alive."""
    now = clock.now()
    running = SyncRun.objects.filter(state=SyncRun.State.RUNNING)
    items = WorkItem.objects.filter(run__in=running)
    alive = set(items.filter(locked_until__gte=now).values_list("run_id", flat=True))
    due = Q(not_before__lte=now) | Q(not_before__isnull=True, created_at__lt=now - GRACE)
    idle = items.filter(_free(now), due, state__in=[WorkItem.State.READY, WorkItem.State.WAITING])
    return [run_id for run_id in idle.values_list("run_id", flat=True).distinct() if run_id not in alive]
