"""Scheduling at 10,000 tenants with three schedules each: idle tick, edit, everything due at once, two at once, a sweep.

    python -m benchmarks.scheduling [tenants]

Every figure stands beside what it is measured against in the same run: celery-beat's own
DatabaseScheduler over the very same entries, a bare round trip to the database, one plain INSERT of as
many runs. Goals: idle tick at most 1 ms, an edit in force within 50 ms and without any reload, no slot
twice from two dispatchers at once.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from benchmarks import crowd
from benchmarks.crowd import milliseconds
from benchmarks.goals import goal, told
from benchmarks.scratch import scratch_database


def main(tenants: int = 10_000) -> None:
    with scratch_database() as scratch:
        took = crowd.arrive(scratch, tenants)
        print(f"{tenants} tenants, {3 * tenants} schedules ({took:.1f} s to seed, projections by triggers)")
        _measure(tenants)


def _measure(tenants: int) -> None:
    from syncs import dispatch

    dispatch.send = lambda task, *arguments: True  # the database's part alone: no broker
    ours, theirs = _ticks()
    goal("idle tick", ours[0], 1, "ms", against=f"a bare round trip is {_bare():.2f} ms, stock's idle tick {theirs[0]:.1f} ms")
    goal("an edit until it is in force", ours[1], 50, "ms", against=f"no reload; stock's next tick takes {theirs[1]:.0f} ms")
    _catch_up()
    _two_at_once()
    _sweep(tenants)


def _bare() -> float:
    from django.db import connection

    def round_trip() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    return milliseconds(round_trip, 300)


def _ticks() -> tuple[tuple[float, float], tuple[float, float]]:
    """(idle tick, tick after an edit) in ms: ours, then stock's over the same PeriodicTask rows."""
    from django_celery_beat.models import PeriodicTasks
    from django_celery_beat.schedulers import DatabaseScheduler

    from config.celery import app
    from syncs import dispatch, schedules
    from syncs.models import SyncSchedule
    from tenants.models import Tenant
    from tenants.scope import tenant_scope

    idle, span = milliseconds(dispatch.dispatch_due, 300), [3600]
    with tenant_scope(Tenant.objects.order_by("pk")[0]):
        schedule = SyncSchedule.objects.order_by("pk")[0]

        def edit() -> None:
            span[0] += 900
            SyncSchedule.objects.filter(pk=schedule.pk).update(every_s=span[0])
            assert schedules.next_run(schedule=schedule) is not None

        changed = milliseconds(edit, 100)

    stock = DatabaseScheduler(app=app, lazy=True)
    stock.apply_async = lambda *_given, **_more: None
    stock.tick()

    def edit_stock() -> None:
        PeriodicTasks.update_changed()
        stock.tick()

    return (idle, changed), (milliseconds(stock.tick, 5), milliseconds(edit_stock, 2))


def _catch_up() -> None:
    """Everybody's slot is due at once, as after a night without a dispatcher."""
    from syncs import dispatch

    _all_due()
    begun, made = time.perf_counter(), 0
    while handful := dispatch.dispatch_due():
        made += handful
    took = time.perf_counter() - begun
    told(f"catch-up of {made} slots", f"{took:.1f} s", f"{took / _plain_inserts(made):.1f} x one plain INSERT of as many runs")


def _two_at_once() -> None:
    """Two dispatchers over the same due slots; each run they made, with its schedule and slot, is counted."""
    from django.db import connection

    from syncs import dispatch

    _all_due(finished=True)

    def dispatcher(_number: int) -> list[tuple[int, int]]:
        claimed: list[tuple[int, int]] = []
        try:
            while pairs := dispatch.claim_due(limit=dispatch.HANDFUL):
                claimed += pairs
        finally:
            connection.close()
        return claimed

    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        shares = list(pool.map(dispatcher, range(2)))
    took = time.perf_counter() - begun
    times = Counter(pair for share in shares for pair in share)
    twice = sum(count - 1 for count in times.values())
    goal(
        "slots sent twice by two dispatchers",
        twice,
        0,
        "",
        against=f"of {len(times)} in {took:.1f} s, shared {list(map(len, shares))}",
    )


def _all_due(*, finished: bool = False) -> None:
    """Every schedule is due now; what was queued before counts as done."""
    from django.db import connection
    from django.utils.timezone import now

    from syncs.models import Due, SyncRun
    from tenants.models import Tenant
    from tenants.scope import tenant_scope

    if finished:
        for tenant in Tenant.objects.all():
            with tenant_scope(tenant):
                SyncRun.objects.filter(state="queued").update(state="succeeded")
    Due.objects.update(next_at=now() - timedelta(seconds=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', '', false)")


def _sweep(tenants: int) -> None:
    from syncs import dispatch

    took = milliseconds(dispatch.tenants_waiting, 5)
    told("sweep of all tenants", f"{took:.0f} ms", f"{took / tenants * 1000:.0f} us a tenant, once a minute")


def _plain_inserts(count: int) -> float:
    """Seconds for as many bare run rows in one statement, as one tenant, without looking anything up."""
    from django.db import connection, transaction

    from syncs.models import Integration
    from tenants.models import Tenant
    from tenants.scope import tenant_scope

    with tenant_scope(Tenant.objects.order_by("-pk")[0]), connection.cursor() as cursor:
        integration = Integration.objects.get()
        begun = time.perf_counter()
        with transaction.atomic():
            cursor.execute(
                "INSERT INTO syncs_syncrun (tenant_id, public_id, created_at, integration_id, stream, flow_version_id, mode,"
                " trigger, dedupe_key, state, counts, note, correlation_id, locked_by)"
                " SELECT %s, 'run_bare' || n, now(), %s, 's', %s, 'live', 'schedule', '', 'succeeded', '{}', '', 'c', ''"
                " FROM generate_series(1, %s) n",
                [integration.tenant_id, integration.pk, integration.flow_version_id, count],
            )
        return time.perf_counter() - begun


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
