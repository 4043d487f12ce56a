"""The main job of one shop, its worker killed with SIGKILL at every place of a run, while both providers misbehave.

What the killed one had done stays done, what it had not begun is done by the next, and at the end every settlement
ties and stands in the ledger once. Nobody came back to either provider before its Retry-After.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from reconciliation.demo import pairs, people
from syncs import hooks, posting
from syncs.documents import posting_key
from syncs.models import LedgerDocument, SyncRun
from syncs.runs import open_run
from tenants.scope import tenant_scope
from tests.faults.harness import STEP, Worker, early_calls, marker_of, not_tied

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

UK = pairs.UK_SHOP
WEATHER = {"throttle": 0.10, "500": 0.05, "503html": 0.02, "malformed": 0.02}
TURNS = (1, 2, 5)
ROUNDS = 80


@pytest.fixture
def worker(twins: Any) -> Iterator[Worker]:
    made = Worker(twins.url)
    yield made
    made.stop()


def storm(twins: Any, after: int) -> None:
    """On every operation that both providers have been asked for so far, but signing in."""
    asked = {(row["provider"], row["operation"]) for row in twins.journal(after)}
    for provider, operation in sorted(asked):
        if operation in ("token", "refresh", "authorise"):
            continue
        for kind, chance in WEATHER.items():
            wait = {"seconds": 90} if kind == "throttle" else {}
            twins.fault(provider, kind, operation, count=None, probability=chance, **wait)


def test_a_run_killed_at_every_place_ends_as_if_nothing_had_been(
    twins: Any, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = people.tenant()
    people.logins(shop)
    kills: Counter[str] = Counter()
    offset = 0.0
    with tenant_scope(shop):
        run = open_run(integration=pairs.ready(UK), trigger="manual")
        begun = len(twins.journal())
        storm(twins, 0)
        # A place that is not passed lets the run go through: so none of those of doubt, and "concluding" last.
        surely = [place for place in hooks.POSTING if place not in ("looked", "adopting")]
        places = (*hooks.RUNNING[:-1], *surely, hooks.RUNNING[-1])
        fates = [f"{place}:kill@{turn}" for turn in TURNS for place in places]
        for fate in [*fates, *[""] * ROUNDS]:
            offset += STEP.total_seconds()
            twins.clock(shift=STEP.total_seconds())
            cache.clear()
            ending = worker.do(do="run", tenant=shop.pk, id=run.pk, hook=fate, offset=offset)
            assert ending in ("exit 0", "killed 9"), f"{fate}: {ending}"
            kills[fate.partition(":")[0]] += ending == "killed 9"
            worker.do(do="resume", tenant=shop.pk, offset=offset)
            run.refresh_from_db()
            if run.state in (SyncRun.State.SUCCEEDED, SyncRun.State.PARTLY) and not posting.unfinished():
                break
        twins.heal()

        journal = twins.journal()[begun:]
        held = twins.command("quickbooks_online", "documents", realm=UK.realm, kind="JournalEntry")["documents"]
        found = Counter(marker_of(document) for document in held if "tieout:" in str(document.get("PrivateNote")))
        rows = list(LedgerDocument.objects.filter(state=LedgerDocument.State.POSTED).select_related("ledger", "source"))
        wrong = not_tied(twins)
        with capsys.disabled():
            struck = Counter(row["fault"] for row in journal if row["fault"])
            print(f"\n{len(found)} documents; killed at {dict(+kills)}; struck {dict(struck)} of {len(journal)} calls")
    assert wrong == []
    assert found == Counter(posting_key(row).marker() for row in rows)
    assert set(found.values()) == {1}
    assert set(hooks.RUNNING) <= (+kills).keys()
    assert len(set(hooks.POSTING) & (+kills).keys()) >= 6
    assert [early_calls(journal, provider) for provider in ("amazon", "quickbooks_online")] == [[], []]
