"""The guards are what keeps the faults away: with each in place its fault does no harm, taken out the checker sees it.

A suite that stays green without the look-up, the claim, the refresh lock or the tenant assertion would prove nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connections.models import Connection
from sandbox.quickbooks_online.seed import US
from syncs.models import LedgerDocument
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.faults import mutations
from tests.faults.harness import TwinShop, Worker
from tests.faults.sources import SettlementDeposits

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

State = LedgerDocument.State
Start = Callable[[int], list[Worker]]
Scenario = Callable[[TwinShop, Start], None]


@pytest.fixture
def shop(twins: Any) -> Iterator[TwinShop]:
    made = TwinShop(twins, US, SettlementDeposits())  # of which QuickBooks takes as many with one number as it is given
    made.forget_request_ids()
    yield made
    made.remember_request_ids()


def check(shop: TwinShop, documents: list[LedgerDocument]) -> None:
    """Everything planned stands in the ledger once."""
    tally = shop.tally(documents)
    assert (tally.posted, tally.duplicates, tally.lost) == (len(documents), 0, 0), tally
    assert len(shop.in_state(State.POSTED)) == len(documents)
    assert shop.balances_in_ledger() == shop.balances_planned(documents)


def answers_are_lost(shop: TwinShop, start: Start) -> None:
    """The ledger did its work and the answer was lost, also to the worker itself."""
    documents, (worker,) = shop.plan(8), start(1)
    for document in documents:
        shop.lose("drop-after-commit")
        worker.do(**shop.job("post", [document], "looked:kill"))
    for _turn in range(4):
        shop.later()
        worker.do(**shop.job("resume"))
    check(shop, documents)


def two_workers_have_the_same_task(shop: TwinShop, start: Start) -> None:
    """Both hold the document in their hands before either has sent it."""
    documents, workers = shop.plan(6), start(2)
    for document in documents:
        # The second comes while the first has not sent yet, looks, finds nothing, and sends after the first has.
        for worker, pause in zip(workers, ("claimed:sleep:0.8", "looked:sleep:1.5"), strict=True):
            worker.begin(**shop.job("post", [document], pause))
            time.sleep(0.3)
        for worker in workers:
            worker.end()
    check(shop, documents)


def all_find_the_token_old(shop: TwinShop, start: Start) -> None:
    """Six workers, one token that has just ended, a provider that answers slowly and ends the consent on a second use."""
    shop.twins.command("quickbooks_online", "tokens", rotation="every", reuse="revoke", grace=0)
    workers = start(6)
    for _turn in range(6):
        shop.later()
    shop.twins.fault("quickbooks_online", "slow", "refresh", count=None, seconds=0.5)
    for worker in workers:
        worker.begin(**shop.job("read"), id=shop.ledger.pk)
    endings = {worker.end() for worker in workers}
    consent = shop.twins.world()["twins"]["quickbooks_online"]["consents"][-1]
    with tenant_scope(shop.tenant):
        state = Connection.objects.get(pk=shop.ledger.pk).state
    assert (endings, state, consent["ended"], consent["refreshes"]) == ({"exit 0"}, "active", None, 1)


def the_session_strays(shop: TwinShop, start: Start) -> None:
    """The database session works for another tenant than the code; that must be said, aloud, before anything is done."""
    other = Tenant.objects.create(name="Somebody else")
    documents, (worker,) = shop.plan(3), start(1)
    ending = worker.do(**shop.job("post", documents), stray=other.pk)
    assert ending == "exit 4", "a TenantMismatch"
    assert shop.held() == []
    assert len(shop.in_state(State.PLANNED)) == len(documents)
    assert worker.do(**shop.job("post", documents)) == "exit 0"
    check(shop, documents)


SCENARIOS: dict[str, Scenario] = {
    "find": answers_are_lost,
    "claim": two_workers_have_the_same_task,
    "refresh lock": all_find_the_token_old,
    "tenant assertion": the_session_strays,
}


@pytest.fixture
def start(twins: Any, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Start]]:
    started: list[Worker] = []

    def without(guard: str) -> Start:
        def begin(count: int) -> list[Worker]:
            made = [Worker(twins.url, **{mutations.VARIABLE: guard}) for _number in range(count)]
            started.extend(made)
            return made

        return begin

    yield without
    for worker in started:
        worker.stop()


@pytest.mark.parametrize("guard", SCENARIOS)
def test_with_its_guard_the_fault_does_no_harm(shop: TwinShop, start: Callable[[str], Start], guard: str) -> None:
    SCENARIOS[guard](shop, start(""))


@pytest.mark.parametrize("guard", SCENARIOS)
def test_without_its_guard_the_checker_sees_red(
    shop: TwinShop, start: Callable[[str], Start], guard: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError) as red:
        SCENARIOS[guard](shop, start(guard))
    with capsys.disabled():
        print(f"\nwithout the {guard}: {str(red.value).splitlines()[0]}")


def test_every_guard_has_a_fault_that_needs_it() -> None:
    assert SCENARIOS.keys() == mutations.GUARDS.keys()
