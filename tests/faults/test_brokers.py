"""The main job by two workers on different hosts, on each broker, while everything around them breaks.

One host dies by kill -9 in the middle of its work, the broker loses all it was told and starts again, and
PostgreSQL restarts without a goodbye. All of that may cost time. The ledger must end with exactly the planned
documents, each once, and every rung of every settlement equal.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from config import embedded
from config.providers import provider_settings
from reconciliation.demo import pairs, people
from reconciliation.models import Settlement
from sandbox.server import Server
from syncs import schedules
from syncs.documents import posting_key
from syncs.models import Due, Integration, LedgerDocument, SyncRun, SyncSchedule, WorkItem
from tenants.scope import tenant_scope
from tests.faults import brokers, hosts
from tests.faults.cluster import Cluster
from tests.faults.controls import Controls
from tests.faults.harness import Worker, not_tied
from tests.syncs.schedules.conftest import make_integration

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

STEP = timedelta(minutes=10)
ROUNDS = 60
Stage = Any
UNFINISHED = (SyncRun.State.QUEUED, SyncRun.State.RUNNING, SyncRun.State.WAITING)


@pytest.fixture(params=list(brokers.KINDS))
def broker(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cluster(twins: Any, broker: str, tmp_path: Path, settings: Any) -> Iterator[Cluster]:
    """Two hosts, a broker and the twins where both find them; nothing is running yet but those."""
    with ExitStack() as stack:
        network = stack.enter_context(hosts.network(2))
        started = stack.enter_context(brokers.started(broker, tmp_path / "broker", network.address))
        server = Server(twins.app, host=network.address).start()
        stack.callback(server.stop)
        settings.TWINS_URL = server.url
        settings.PROVIDERS = provider_settings(server.url)
        made = Cluster(network, started, server.url, Controls(tmp_path / "controls"), tmp_path / "log")
        stack.callback(made.stop)
        yield made


class Day:
    """Time as it passes for everybody at once, and somebody who sweeps."""

    def __init__(self, cluster: Cluster, twins: Any) -> None:
        self.cluster, self.twins = cluster, twins
        self.sender = Worker(cluster.twins_url, **cluster.environment)

    def later(self, by: timedelta = STEP) -> None:
        self.cluster.controls.offset += by.total_seconds()
        self.cluster.controls.write()
        self.twins.clock(shift=by.total_seconds())
        cache.clear()

    def send(self, what: str) -> None:
        assert self.sender.do(do=what, offset=self.cluster.controls.offset) == "exit 0"

    def now(self) -> Any:
        return timezone.now() + timedelta(seconds=self.cluster.controls.offset)

    def settle(self, seconds: float) -> None:
        """Until nobody holds anything, or so long."""
        until, quiet = time.monotonic() + seconds, 0
        while time.monotonic() < until and quiet < 4:
            time.sleep(0.25)
            held = SyncRun.objects.filter(locked_until__gt=self.now()).exists()
            quiet = 0 if held or WorkItem.objects.filter(locked_until__gt=self.now()).exists() else quiet + 1


@pytest.fixture
def day(cluster: Cluster, twins: Any) -> Iterator[Day]:
    made = Day(cluster, twins)
    yield made
    made.sender.stop()


def until_busy(twins: Any, writes: int) -> None:
    """Until the ledger has been asked to write so many documents."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        asked = Counter(row["operation"] for row in twins.journal() if row["provider"] == "quickbooks_online")
        if asked["journalentry.create"] + asked["batch"] >= writes:
            return
        time.sleep(0.1)
    raise AssertionError("the workers do not get on")


def restart_postgres() -> None:
    """Without a goodbye to anybody, as `pg_ctl restart -m immediate`."""
    data = Path(os.environ["TIEOUT_TEST_DATA"])
    server = embedded._postmaster(embedded.place(data))
    if server is None:
        pytest.skip("the test database is not ours to restart")
    server.send(signal.SIGQUIT)
    assert server.gone_within(30)
    embedded.start(data, disposable=True)
    connections.close_all()


def finish(day: Day) -> None:
    """What the sweeper does as time goes by, until every run is through."""
    for _turn in range(ROUNDS):
        day.later()
        day.send("sweep")
        day.settle(30)
        if (
            not SyncRun.objects.filter(state__in=UNFINISHED).exists()
            and not LedgerDocument.objects.filter(state__in=[LedgerDocument.State.POSTING, LedgerDocument.State.UNKNOWN]).exists()
        ):
            return
    states = Counter(SyncRun.objects.values_list("state", flat=True))
    raise AssertionError(f"not through: {states}\n{day.cluster.log.read_text()[-3000:]}")


TWO = (pairs.US_SHOP, pairs.UK_SHOP)


def markers(twins: Any, realm: str) -> Counter[str]:
    held = twins.command("quickbooks_online", "documents", realm=realm, kind="JournalEntry")["documents"]
    notes = [str(document.get("PrivateNote")) for document in held]
    return Counter(note[note.index("tieout:") :].split()[0] for note in notes if "tieout:" in note)


def test_the_main_job_survives_everything_around_it(
    twins: Any, cluster: Cluster, day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = cluster.network.hosts
    shop = people.tenant()
    people.logins(shop)
    with tenant_scope(shop):
        for pair in TWO:
            schedules.run_now(integration=pairs.ready(pair), stream="settlements")
        cluster.worker(first)
        cluster.worker(second)
        day.later()
        day.send("sweep")
        until_busy(twins, 3)
        cluster.kill(first.name)
        cluster.broker.lose_everything()
        day.later()
        day.send("sweep")
        until_busy(twins, 8)
        restart_postgres()
        cluster.worker(first)
        finish(day)

        planned = LedgerDocument.objects.exclude(state=LedgerDocument.State.UNDONE)
        wanted = Counter(posting_key(row).marker() for row in planned.filter(state="posted").select_related("ledger", "source"))
        found = sum((markers(twins, pair.ledger.account) for pair in TWO), Counter())
        with capsys.disabled():
            apart = "in namespaces of their own" if cluster.network.apart else "as process groups"
            print(f"\n{cluster.broker.url.partition(':')[0]}: two hosts {apart}; {sum(found.values())} documents, each once")
        assert not_tied(twins) == []
        assert Settlement.objects.exists()
        assert found == wanted
        assert set(found.values()) == {1}
        assert len(found) > 15
        assert all(run.state in ("succeeded", "partly") for run in SyncRun.objects.all())
    companies = twins.world()["twins"]["quickbooks_online"]["companies"]
    assert all(company["in_balance"] for company in companies)


def test_two_schedulers_and_a_gap_of_six_hours_make_each_slot_once(cluster: Cluster, day: Day) -> None:
    every = timedelta(hours=6)
    integrations = [make_integration(f"Shop {number}") for number in range(20)]
    for integration in integrations:
        with tenant_scope(integration.tenant):
            SyncSchedule.objects.create(integration=integration, stream="settlements", every_s=int(every.total_seconds()))
    for name in ("beat 1", "beat 2"):
        cluster.beat(name)
    for _slot in range(3):
        day.later(every)
        _until_claimed(day)
        _as_done(integrations)
    for name in ("beat 1", "beat 2"):
        cluster.kill(name)
    day.later(every)
    time.sleep(1)
    assert Due.objects.filter(next_at__lte=day.now()).count() == len(integrations)
    for name in ("beat 1", "beat 2"):
        cluster.beat(name)
    _until_claimed(day)

    for integration in integrations:
        with tenant_scope(integration.tenant):
            slots = list(SyncRun.objects.order_by("slot_at").values_list("slot_at", flat=True))
        assert len(slots) == 4
        assert {later - earlier for earlier, later in pairwise(slots)} == {every}


def _until_claimed(day: Day) -> None:
    deadline = time.monotonic() + 60
    while Due.objects.filter(next_at__lte=day.now()).exists():
        assert time.monotonic() < deadline, day.cluster.log.read_text()[-3000:]
        time.sleep(0.2)


def _as_done(integrations: list[Integration]) -> None:
    """Nobody works here: what was queued counts as done, so that the next slot may be."""
    for integration in integrations:
        with tenant_scope(integration.tenant):
            SyncRun.objects.filter(state=SyncRun.State.QUEUED).update(state=SyncRun.State.SUCCEEDED)
