"""A thousand postings in a storm: workers killed with SIGKILL at every place of the sequence while one answer in
twenty is lost after the work was done, one call in ten is throttled, and others fail, break off or come as HTML.

Every call to the ledger may be hit, also the question whether it has a document. It forgets request ids, so that
only our own rows keep it at once each. Its own journal says whether anybody came back too early.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from sandbox.quickbooks_online.seed import US
from syncs import hooks
from syncs.models import LedgerDocument
from tests.faults.harness import TwinShop, Worker, early_calls
from tests.faults.sources import DocumentSource, OrderReceipts, SettlementDeposits, SettlementJournals

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

State = LedgerDocument.State
# Of all calls of each of the named operations. A throttle says to come back in two minutes.
WEATHER = {"drop-after-commit": 0.05, "throttle": 0.10, "500": 0.05, "malformed": 0.02, "503html": 0.02}
RETRY_AFTER = 120
KILLS_AT_EACH = 20
GROUP = 25
# A throttle stops everybody for that round, and one call in ten is throttled: a round brings some ten documents on.
ROUNDS = 300


# What is posted, and how many of it.
KINDS = {"journals": (SettlementJournals(), 1000), "deposits": (SettlementDeposits(), 200), "receipts": (OrderReceipts(), 300)}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind_and_count(request: pytest.FixtureRequest) -> tuple[DocumentSource, int]:
    found: tuple[DocumentSource, int] = request.param
    return found


@pytest.fixture
def shop(twins: Any, kind_and_count: tuple[DocumentSource, int]) -> Iterator[TwinShop]:
    made = TwinShop(twins, US, kind_and_count[0])
    made.forget_request_ids()
    yield made
    made.remember_request_ids()


@pytest.fixture
def workers(twins: Any, shop: TwinShop) -> Iterator[list[Worker]]:
    made = [Worker(twins.url), Worker(twins.url)]
    yield made
    for worker in made:
        worker.stop()


def storm(shop: TwinShop) -> None:
    for operation in (shop.kind.creates, shop.kind.creates.replace("create", "read"), "query", "batch"):
        for kind, chance in WEATHER.items():
            wait = {"seconds": RETRY_AFTER} if kind == "throttle" else {}
            shop.twins.fault("quickbooks_online", kind, operation, count=None, probability=chance, **wait)


def jobs(documents: Sequence[LedgerDocument]) -> Iterator[tuple[list[LedgerDocument], str]]:
    """Most alone, the rest by the batch; each with a place to die at, or none."""
    alone = len(documents) * 7 // 10
    places = [place for place in hooks.POSTING for _turn in range(max(2, KILLS_AT_EACH * len(documents) // 1000))]
    fates = (places + [""] * alone)[:alone]
    random.Random(11).shuffle(fates)
    yield from (([document], fate) for document, fate in zip(documents, fates, strict=False))
    for turn, start in enumerate(range(alone, len(documents), GROUP)):
        yield list(documents[start : start + GROUP]), hooks.POSTING[turn % len(hooks.POSTING)]


def post_all(shop: TwinShop, workers: list[Worker], documents: Sequence[LedgerDocument]) -> Counter[str]:
    """Everything once, two jobs at a time. Returns kills by place."""
    kills: Counter[str] = Counter()
    asked = list(jobs(documents))
    for turn in range(0, len(asked), len(workers)):
        pairs = list(zip(workers, asked[turn : turn + len(workers)], strict=False))
        for worker, (group, place) in pairs:
            worker.begin(**shop.job("post", group, f"{place}:kill" if place else ""))
        for worker, (_group, place) in pairs:
            ending = worker.end()
            assert ending in ("exit 0", "killed 9"), ending
            kills[place] += ending == "killed 9"
        shop.later()
    return kills


def converge(shop: TwinShop, workers: list[Worker]) -> int:
    """What people and the sweeper do afterwards, still in the storm, still dying; in how many rounds."""
    for turn in range(ROUNDS):
        shop.later()
        left = shop.in_state(State.PLANNED)[:GROUP]
        place = hooks.POSTING[turn % len(hooks.POSTING)]
        hook = f"{place}:kill" if turn < 2 * len(hooks.POSTING) else ""
        for do in ("post", "resume") if left else ("resume",):
            for number, worker in enumerate(workers):
                worker.begin(**shop.job(do, left if do == "post" else [], hook if number == 0 else ""))
            assert {worker.end() for worker in workers} <= {"exit 0", "killed 9"}
        if not shop.in_state(State.PLANNED, State.POSTING, State.UNKNOWN, State.UNDOING):
            return turn + 1
    raise AssertionError(f"not all posted: {Counter(d.state for d in shop.in_state(*State.values))}")


def test_exactly_the_planned_documents_and_no_call_too_early(
    shop: TwinShop, workers: list[Worker], kind_and_count: tuple[DocumentSource, int], capsys: pytest.CaptureFixture[str]
) -> None:
    documents = shop.plan(kind_and_count[1])
    begun = len(shop.twins.journal())
    storm(shop)
    kills = post_all(shop, workers, documents)
    rounds = converge(shop, workers)
    shop.twins.heal()

    journal = shop.twins.journal()[begun:]
    struck = Counter(row["fault"] for row in journal if row["fault"])
    tally, early = shop.tally(documents), early_calls(journal, "quickbooks_online")
    with capsys.disabled():
        print(f"\n{tally}; {sum(kills.values())} workers killed at {len(+kills)} places, {rounds} rounds to settle")
        print(f"{len(journal)} calls, struck {dict(struck)}; {len(early)} before Retry-After")
    assert set(WEATHER) <= struck.keys()
    assert (tally.posted, tally.duplicates, tally.lost) == (len(documents), 0, 0)
    assert shop.balances_in_ledger() == shop.balances_planned(documents)
    assert shop.in_balance()
    assert {document.state for document in shop.in_state(*State.values)} == {State.POSTED}
    assert early == []
