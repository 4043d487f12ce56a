"""Doors for the worker. Every task carries ids only, the tenant's first, and enters that tenant before it looks."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from connections import changes
from syncs import dispatch, posting, schedules
from syncs.models import SyncSchedule
from tenants.models import Tenant
from tenants.scope import tenant_scope

SCHEDULE: dict[str, timedelta] = {
    "syncs.tasks.sweep": timedelta(minutes=1),
    "syncs.tasks.watch_ledgers": timedelta(hours=1),
    "syncs.tasks.follow_ledgers": timedelta(minutes=15),
}


@shared_task(name=dispatch.RUN_TASK)
def run(tenant_id: int, run_id: int) -> None:
    """One turn of a run; whatever takes long is left to the long queue."""
    with tenant_scope(tenant_id):
        dispatch.take_turn(run_id=run_id)


@shared_task(name=dispatch.LONG_TASK)
def run_long(tenant_id: int, run_id: int) -> None:
    """One turn of a run, heavy steps included."""
    with tenant_scope(tenant_id):
        dispatch.take_turn(run_id=run_id, heavy=True)


@shared_task(name="syncs.tasks.run_scheduled")
def run_scheduled(tenant_id: int, schedule_id: int) -> None:
    """What a PeriodicTask row stands for, should anybody send it by hand."""
    with tenant_scope(tenant_id):
        schedule = SyncSchedule.objects.select_related("integration").get(pk=schedule_id)
        schedules.run_now(integration=schedule.integration, stream=schedule.stream, trigger="schedule")


@shared_task(name="syncs.tasks.sweep")
def sweep() -> int:
    """Wake whatever should have gone on by itself, tenant by tenant. Returns how many tenants had something."""
    waiting = dispatch.tenants_waiting()
    for tenant_id in waiting:
        dispatch.send(dispatch.SWEEP_TASK, tenant_id)
    return len(waiting)


@shared_task(name=dispatch.SWEEP_TASK)
def sweep_tenant(tenant_id: int) -> None:
    """Wake one tenant's stuck runs and finish its begun postings."""
    with tenant_scope(tenant_id):
        dispatch.sweep()


@shared_task(name="syncs.tasks.watch_ledgers")
def watch_ledgers() -> None:
    """Have every tenant's posted documents compared with its ledgers; each comes round once a day."""
    for tenant_id in Tenant.objects.filter(state=Tenant.State.ACTIVE).order_by("pk").values_list("pk", flat=True):
        with tenant_scope(tenant_id):
            due = bool(posting.unwatched())
        if due:
            dispatch.send(dispatch.WATCH_TASK, tenant_id)


@shared_task(name=dispatch.WATCH_TASK)
def watch_tenant(tenant_id: int) -> None:
    """Compare one tenant's posted documents with its ledgers."""
    with tenant_scope(tenant_id):
        posting.watch()


@shared_task(name="syncs.tasks.follow_ledgers")
def follow_ledgers() -> None:
    """Have every ledger read for changes that was called about, or not looked at for a day."""
    for tenant_id in changes.tenants():
        with tenant_scope(tenant_id):
            due = bool(changes.due())
        if due:
            dispatch.send(dispatch.FOLLOW_TASK, tenant_id)


@shared_task(name=dispatch.FOLLOW_TASK)
def follow_tenant(tenant_id: int) -> None:
    """Read what changed in one tenant's ledgers."""
    with tenant_scope(tenant_id):
        posting.follow_due()


@shared_task(name="syncs.tasks.follow_ledger")
def follow_ledger(tenant_id: int, connection_id: int) -> None:
    """Read what changed in a ledger that a webhook told about. What comes too soon after the last time waits for the sweep."""
    with tenant_scope(tenant_id):
        if any(ledger.pk == connection_id for ledger in changes.due()):
            posting.follow_due()
