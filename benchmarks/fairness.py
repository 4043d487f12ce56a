"""What a hostile tenant costs the others: their runs from "now" to done, without it and with it, in turns.

    python -m benchmarks.fairness [--seconds 30] [--lines 1000000] [--items 40000] [--rounds 2]

Ten shops start a small run (five records, each a call of 50 ms to a provider) every quarter of a second. Then one
tenant comes with a run of 40,000 records that wait for nothing, and with a settlement of a million lines. All of it by
real Celery workers on a real broker, started as the Procfile does: four on the short queue, one on the long one.
Goal: the others' 95th percentile at most 1.2 times what it was. Medians are told beside it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from benchmarks import crowd, queue, settlement_file, shop
from benchmarks.goals import goal, told
from benchmarks.scratch import Scratch, scratch_database, scratch_folder

if TYPE_CHECKING:
    from syncs.models import FlowVersion, Integration, SyncRun
    from tenants.models import Tenant

SHOPS, RECORDS, EVERY_S = 10, 5, 0.25
ITEMS = """
    INSERT INTO syncs_workitem (tenant_id, public_id, created_at, run_id, integration_id, record, flow_key, title, step, input,
            made, state, attempts, locked_by, problem_code, problem_params, problem_where, fingerprint)
    SELECT %s, 'itm_' || %s || '_' || n, now(), %s, %s, 'busy' || n || '_' || %s, 'bench', 't', 'bench.work@1', '{}', '{}',
           'ready', 0, '', '', '{}', '{}', ''
    FROM generate_series(1, %s) n
"""


@dataclass(slots=True)
class Shop:
    """A tenant with an integration and the benchmark's flow."""

    tenant: Tenant
    integration: Integration
    flow: FlowVersion

    def run(self, stream: str) -> SyncRun:
        """A run with nothing in it, as if it had been listed."""
        from syncs.models import SyncRun
        from tenants import clock

        made: SyncRun = SyncRun.objects.create(
            integration=self.integration, stream=stream, flow_version=self.flow, trigger="bench", correlation_id="bench",
            discovered_at=clock.now(),
        )  # fmt: skip
        return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    with scratch_folder() as folder, queue.broker(folder), scratch_database() as scratch:
        crowd.arrive(scratch, SHOPS + 1)
        hostile, *others = _shops()
        seller = Seller(scratch, given.lines, given.rounds)
        with queue.workers(short=4, long=1, steps="benchmarks.fair_steps"):
            _quiet(others, 5)  # everybody has come up
            quiet, loud = [], []
            for number in range(given.rounds):
                quiet.append(_quiet(others, given.seconds))
                _come(hostile, given.items, number)
                seller.upload(number)
                loud.append(_quiet(others, given.seconds))
                _leave(hostile)
                seller.wait()
    _tell(quiet, loud, seller.took)


def _tell(quiet: list[list[float]], loud: list[list[float]], took: list[float]) -> None:
    ratios = [_p95(with_it) / _p95(without) for with_it, without in zip(loud, quiet, strict=True)]
    all_quiet, all_loud = [*chain(*quiet)], [*chain(*loud)]
    against = f"p95 {_p95(all_loud):.2f} s against {_p95(all_quiet):.2f} s, {len(all_loud)} runs each"
    goal("others beside a hostile tenant, p95", statistics.median(ratios), 1.2, against=against, among=ratios)
    middle = statistics.median(all_loud) / statistics.median(all_quiet)
    told("their median", f"{middle:.2f} x", f"{statistics.median(all_loud):.2f} s against {statistics.median(all_quiet):.2f} s")
    told("the hostile tenant's settlement", " and ".join(f"{each:.0f} s" for each in took), "upload to stored, on the long queue")


def _p95(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95)]


def _shops() -> list[Shop]:
    from benchmarks.fair_steps import FLOW
    from syncs.models import FlowVersion, Integration
    from tenants.models import Tenant
    from tenants.scope import tenant_scope

    made = []
    for tenant in Tenant.objects.order_by("pk"):
        with tenant_scope(tenant):
            FlowVersion.objects.update(document=FLOW)
            made.append(Shop(tenant, Integration.objects.get(), FlowVersion.objects.get()))
    return made


def _quiet(others: list[Shop], seconds: float) -> list[float]:
    """Start small runs one shop after the other, for so long; how many seconds each took to be done."""
    from syncs import dispatch
    from syncs.models import SyncRun, WorkItem
    from tenants.scope import tenant_scope

    begun, turn, asked = time.monotonic(), 0, []
    while time.monotonic() < begun + seconds:
        one = others[turn % len(others)]
        with tenant_scope(one.tenant):
            run = one.run(f"s{turn}")
            for number in range(RECORDS):
                WorkItem(
                    run=run, integration=one.integration, record=f"call{run.pk}_{number}", flow_key="bench", step="bench.work@1"
                ).named().save(force_insert=True)
            dispatch.send(dispatch.RUN_TASK, one.tenant.pk, run.pk)
        asked.append((one, run))
        turn += 1
        time.sleep(max(0.0, begun + turn * EVERY_S - time.monotonic()))

    def done(one: Shop, run: SyncRun) -> float | None:
        with tenant_scope(one.tenant):
            row: Any = SyncRun.objects.filter(pk=run.pk).values("created_at", "ended_at").get()
        return None if row["ended_at"] is None else (row["ended_at"] - row["created_at"]).total_seconds()

    taken: list[float] = []
    for one, run in asked:
        queue.patiently("a small run never ends", lambda one=one, run=run: done(one, run) is not None)
        taken.append(done(one, run) or 0.0)
    return taken


def _come(hostile: Shop, items: int, number: int) -> None:
    from django.db import connection

    from syncs import dispatch
    from tenants.scope import tenant_scope

    with tenant_scope(hostile.tenant):
        run = hostile.run("hostile")
        with connection.cursor() as cursor:
            cursor.execute(ITEMS, [hostile.tenant.pk, run.pk, run.pk, hostile.integration.pk, number, items])
        dispatch.send(dispatch.RUN_TASK, hostile.tenant.pk, run.pk)


def _leave(hostile: Shop) -> None:
    """What is left of the hostile run is cancelled, and its last turn is over."""
    from syncs.models import SyncRun, WorkItem
    from tenants import clock
    from tenants.scope import tenant_scope

    with tenant_scope(hostile.tenant):
        left = WorkItem.objects.filter(state="ready").count()
        told("the hostile run", f"{WorkItem.objects.filter(state='done').count()} records done", f"{left} left")
        SyncRun.objects.update(state="cancelled", ended_at=clock.now())
        WorkItem.objects.filter(state="ready").update(state="dead")
    time.sleep(timedelta(seconds=6).total_seconds())


class Seller:
    """The hostile tenant's settlements, kept beforehand: receiving them is not what is measured."""

    def __init__(self, scratch: Scratch, lines: int, count: int) -> None:
        from tenants.scope import tenant_scope

        self.tenant, self.took, self._run = shop.tenant(), list[float](), 0
        with tenant_scope(self.tenant):
            self.integration = shop.integration()
            self.documents = []
            for number in range(count):
                path = scratch.folder / f"hostile{number}.txt"
                settlement_file.write(path, lines, number=f"1509381147{number}")
                self.documents.append(shop.keep(self.integration, path))

    def upload(self, number: int) -> None:
        from syncs import dispatch
        from syncs.models import WorkItem
        from syncs.runs import open_run
        from tenants.scope import tenant_scope

        with tenant_scope(self.tenant):
            run = open_run(integration=self.integration, trigger="upload", discovers=False)
            item = WorkItem(
                run=run, integration=self.integration, record=f"file{number}", flow_key="f", step="settlement.classify@1",
                input={"source_document": self.documents[number].pk},
            ).named()  # fmt: skip
            item.save(force_insert=True)
            dispatch.send(dispatch.LONG_TASK, self.tenant.pk, run.pk)
        self._run = run.pk

    def wait(self) -> None:
        from syncs.models import SyncRun
        from tenants.scope import tenant_scope

        def over() -> bool:
            with tenant_scope(self.tenant):
                return SyncRun.objects.filter(pk=self._run, ended_at__isnull=False).exists()

        queue.patiently("the settlement is never read", over, 600)
        with tenant_scope(self.tenant):
            run = SyncRun.objects.get(pk=self._run)
            self.took.append((run.ended_at - run.created_at).total_seconds())


if __name__ == "__main__":
    main()
