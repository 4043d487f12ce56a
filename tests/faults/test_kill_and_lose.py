"""Three hundred postings while workers are killed with SIGKILL at every place of the sequence and answers are lost.

The ledger is the QuickBooks twin over loopback, made to forget request ids, so that only our own rows and
questions keep it at once each. Prints what was planned, posted, posted twice and lost.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.quickbooks_online.seed import US
from syncs import hooks
from syncs.models import LedgerDocument
from tests.faults.harness import TwinShop, Worker
from tests.faults.sources import SettlementJournals

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

DOCUMENTS = 300
KILLS_AT_EACH = 20
State = LedgerDocument.State
# These places are passed only when the answer to an earlier call was lost.
IN_DOUBT = ("looked", "adopting")
TWICE_AT_MOST = 40


@pytest.fixture
def shop(twins: Any) -> Iterator[TwinShop]:
    made = TwinShop(twins, US, SettlementJournals())
    made.forget_request_ids()
    yield made
    made.remember_request_ids()


@pytest.fixture
def workers(twins: Any, shop: TwinShop) -> Iterator[list[Worker]]:
    made = [Worker(twins.url), Worker(twins.url)]
    yield made
    for worker in made:
        worker.stop()


def post_with_kills(shop: TwinShop, worker: Worker, documents: list[LedgerDocument]) -> Counter[str]:
    """Each document once, its worker killed at a place of its own or its answer lost. Returns kills by place."""
    places = [place for place in hooks.POSTING for _turn in range(KILLS_AT_EACH)]
    fates = places + ["lost before", "lost after"] * ((len(documents) - len(places)) // 2)
    random.Random(7).shuffle(fates)
    kills: Counter[str] = Counter()
    for turn, (document, fate) in enumerate(zip(documents, fates, strict=True)):
        if fate in IN_DOUBT or fate == "lost after":
            shop.lose("drop-after-commit")
        elif fate == "lost before":
            shop.lose("drop-before-commit")
        hook = f"{fate}:kill" if fate in hooks.POSTING else ""
        ending = worker.do(**shop.job("post", [document], hook))
        assert ending in ("exit 0", "killed 9"), f"{fate}: {ending}"
        kills[fate] += ending == "killed 9"
        if turn % 4 == 3:  # the breaker must not stay open because of what was lost on purpose
            shop.later()
    return kills


def converge(shop: TwinShop, workers: list[Worker], *, do: str, todo: str, done: str) -> None:
    """What people and the sweeper do afterwards: ask again for what never began, go on with what did, two at once."""
    for _turn in range(TWICE_AT_MOST):
        shop.later()
        for document in shop.in_state(todo):
            for worker in workers:
                worker.begin(**shop.job(do, [document]))
            assert {worker.end() for worker in workers} == {"exit 0"}
        for worker in workers:
            worker.begin(**shop.job("resume"))
        assert {worker.end() for worker in workers} == {"exit 0"}
        if not shop.in_state(todo, State.POSTING, State.UNKNOWN, State.UNDOING):
            return
    raise AssertionError(f"not all {done}: {Counter(d.state for d in shop.in_state(*State.values))}")


def test_exactly_the_planned_documents(shop: TwinShop, workers: list[Worker], capsys: pytest.CaptureFixture[str]) -> None:
    documents = shop.plan(DOCUMENTS)
    kills = post_with_kills(shop, workers[0], documents)
    converge(shop, workers, do="post", todo=State.PLANNED, done=State.POSTED)

    tally = shop.tally(documents)
    with capsys.disabled():
        print(f"\n{tally}; {sum(kills.values())} workers killed at {len(+kills)} places, {shop.lost_answers} answers lost")
    assert {kills[place] for place in hooks.POSTING} == {KILLS_AT_EACH}
    assert (tally.posted, tally.duplicates, tally.lost) == (DOCUMENTS, 0, 0)
    assert shop.balances_in_ledger() == shop.balances_planned(documents)
    assert shop.in_balance()
    assert {document.state for document in shop.in_state(*State.values)} == {State.POSTED}
    assert all(document.read_back for document in shop.in_state(State.POSTED))


def test_a_lost_database_session_leaves_nothing_half_done(
    shop: TwinShop, workers: list[Worker], capsys: pytest.CaptureFixture[str]
) -> None:
    places = [place for place in hooks.POSTING if place not in IN_DOUBT for _turn in range(3)]
    documents = shop.plan(len(places))
    endings = Counter(
        workers[0].do(**shop.job("post", [document], f"{place}:cut")) for document, place in zip(documents, places, strict=True)
    )
    converge(shop, workers, do="post", todo=State.PLANNED, done=State.POSTED)
    tally = shop.tally(documents)
    with capsys.disabled():
        print(f"\n{tally}; database sessions lost {endings['exit 3']}")
    assert set(endings) <= {"exit 0", "exit 3"}
    assert endings["exit 3"] > len(places) // 2
    assert (tally.posted, tally.duplicates, tally.lost) == (len(documents), 0, 0)
    assert not shop.in_state(State.HELD)


def test_exactly_the_undone_documents_are_gone(shop: TwinShop, workers: list[Worker], capsys: pytest.CaptureFixture[str]) -> None:
    places = [place for place in hooks.UNDOING for _turn in range(KILLS_AT_EACH)]
    documents = shop.plan(len(places) + 10)
    for start in range(0, len(documents), 25):
        assert workers[0].do(**shop.job("post", documents[start : start + 25])) == "exit 0"
    kills: Counter[str] = Counter()
    goes, stays = documents[: len(places)], documents[len(places) :]
    for document, place in zip(goes, places, strict=True):
        kills[place] += workers[0].do(**shop.job("undo", [document], f"{place}:kill")) == "killed 9"
    ids = {document.pk for document in stays}
    for _turn in range(3):
        shop.later()
        for document in shop.in_state(State.POSTED):
            if document.pk not in ids:
                assert workers[0].do(**shop.job("undo", [document])) == "exit 0"
        assert workers[0].do(**shop.job("resume")) == "exit 0"

    tally = shop.tally(stays)
    with capsys.disabled():
        print(
            f"\nundone {len(goes)}, left {tally.posted}; {sum(kills.values())} workers killed at {len(+kills)} places of undoing"
        )
    assert {kills[place] for place in hooks.UNDOING} == {KILLS_AT_EACH}
    assert (tally.posted, tally.duplicates, tally.lost) == (len(stays), 0, 0)
    assert len(shop.in_state(State.UNDONE)) == len(goes)
    assert shop.balances_in_ledger() == shop.balances_planned(stays)
