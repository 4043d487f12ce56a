"""A worker that dies anywhere in amending, lost answers, people who edit meanwhile: one update, no lost edit."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from canonical.accounting import JournalEntry
from syncs import hooks, posting
from syncs.models import LedgerDocument, PostingAttempt
from syncs.posting import Verdict, claims, comparing
from tenants import clock
from tenants.scope import tenant_scope
from tests.syncs.posting.conftest import NOON, Shop, fresh, journal, shown
from tests.syncs.posting.ledger import lost_answer
from tests.syncs.posting.test_crashes import Killed, committed_shop, converge, kill_at

__all__ = ["committed_shop"]
State = LedgerDocument.State


def stood_and_changed(shop: Shop, ref: str = "111-1") -> LedgerDocument:
    """An order's document, posted at 100.00, that should be 120.00 by now."""
    document = shop.order("100.00", ref=ref)
    assert posting.post(documents=[document], shown=shown(document)).posted
    return shop.order("120.00", ref=ref)


def amend(document: LedgerDocument) -> posting.Posting:
    now = fresh(document)
    return posting.amend(documents=[now], shown=shown(now))


@pytest.mark.parametrize("point", hooks.AMENDING)
@pytest.mark.parametrize("answer", ["comes", "is lost", "is lost before"])
def test_killed_anywhere_in_amending_the_change_is_there_once(shop: Shop, point: str, answer: str) -> None:
    document = stood_and_changed(shop)
    left = [lost_answer()]
    if answer != "comes":
        setattr(shop.books, "after" if answer == "is lost" else "before", lambda request: left.pop() if left else None)
    try:
        with hooks.during(kill_at(point)):
            amend(document)
    except Killed:
        pass
    if fresh(document).state == State.POSTED and fresh(document).pending_revision is not None:
        amend(document)
    converge()
    now = fresh(document)
    assert (now.state, now.pending_revision, now.external_id) == (State.POSTED, None, "1001")
    assert now.current_revision.total == Decimal("120.00")
    assert [found.document.total for found in shop.books.documents.values()] == [Decimal("120.00")]
    assert len(shop.books.updates) == 1
    assert not PostingAttempt.objects.filter(phase__in=["claimed", "sent", "unknown"]).exists()


@pytest.mark.parametrize("point", hooks.AMENDING)
def test_killed_anywhere_an_edit_made_meanwhile_is_not_lost(shop: Shop, point: str) -> None:
    document = stood_and_changed(shop)
    try:
        with hooks.during(kill_at(point)):
            amend(document)
    except Killed:
        pass
    updated = len(shop.books.updates)
    shop.books.edit("1001", journal(sales="101.00"))
    if fresh(document).state == State.POSTED and fresh(document).pending_revision is not None:
        amend(document)
    converge()
    assert shop.books.documents["1001"].document.total == Decimal("101.00")
    assert len(shop.books.updates) == updated
    assert fresh(document).state == State.POSTED


# ---------------------------------------------------------------- the world at random


class World:
    """One order whose source changes, whose ledger is edited, whose workers die and whose answers are lost, by one seed."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop, self.chance, self.minute = shop, random.Random(seed), 0
        self.ref = f"111-{seed}"
        self.wanted = 100
        self.edits: list[str] = []  # memos that people wrote into the ledger
        self.document = shop.order("100.00", ref=self.ref)
        shop.books.before = shop.books.after = lambda request: None
        assert posting.post(documents=[self.document], shown=shown(self.document)).posted
        self.external_id = fresh(self.document).external_id

    def trouble(self, _request: Any) -> Any:
        if self.chance.random() < 0.1:
            self.edit()
        return lost_answer() if self.chance.random() < 0.2 else None

    def dying(self, _point: str) -> None:
        if self.chance.random() < 0.05:
            raise Killed

    def change(self) -> None:
        self.wanted = self.chance.choice([100, 120, 130, 140])
        self.shop.order(f"{self.wanted}.00", ref=self.ref)

    def edit(self) -> None:
        found = self.shop.books.documents[self.external_id]
        assert isinstance(found.document, JournalEntry)
        memo = f"edit {len(self.edits)}"
        self.edits.append(memo)
        self.shop.books.edit(self.external_id, replace(found.document, memo=memo))

    def touch(self) -> None:
        self.shop.books.touch(self.external_id)

    def step(self) -> None:
        self.minute += 4
        act = self.chance.choice([self.change, self.amend, self.amend, self.resume, self.resume, self.touch])
        if self.chance.random() < 0.06:
            act = self.edit
        with clock.frozen(NOON + timedelta(minutes=self.minute)):
            try:
                with hooks.during(self.dying):
                    act()
            except Killed:
                return

    def amend(self) -> None:
        amend(self.document)

    def resume(self) -> None:
        posting.resume()

    def live(self, steps: int = 10) -> None:
        self.shop.books.before = self.shop.books.after = self.trouble
        for _step in range(steps):
            self.step()
        self.shop.books.before = self.shop.books.after = lambda request: None
        for hours in (6, 12, 18):
            with clock.frozen(NOON + timedelta(hours=hours, minutes=self.minute)):
                posting.resume()
                self.amend()

    @property
    def there(self) -> Any:
        return self.shop.books.documents[self.external_id].document


def check(world: World) -> None:
    """Whatever happened: the last edit stands, or was never made; else the ledger says what the source says."""
    document = fresh(world.document)
    assert document.state == State.POSTED
    markers = world.shop.books.markers
    assert len(markers) == len(set(markers))
    if world.edits:
        assert world.there.memo == world.edits[-1], "somebody's edit was lost"
    else:
        assert world.there.total == Decimal(world.wanted)
        assert (document.pending_revision, document.current_revision.total) == (None, Decimal(world.wanted))


@pytest.mark.parametrize("century", range(4))
def test_no_edit_is_lost_and_no_change_is_forgotten(shop: Shop, century: int) -> None:
    for seed in range(century * 25, century * 25 + 25):
        world = World(shop, seed)
        world.live()
        check(world)


def test_without_reading_first_the_world_loses_edits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    real = comparing.judge

    def blind(document: Any, new: Any, sent: Any, here: Any) -> comparing.Judgement:
        found = real(document, new, sent, here)
        return found if found.standing is comparing.Standing.NEW else comparing.Judgement(comparing.Standing.OURS)

    monkeypatch.setattr(comparing, "judge", blind)
    lost = 0
    for seed in range(25):
        world = World(shop, seed)
        world.live()
        lost += bool(world.edits) and world.there.memo != world.edits[-1]
    assert lost > 0


# ---------------------------------------------------------------- two at once


def test_two_workers_amend_at_once_and_one_update_is_sent(committed_shop: Shop) -> None:
    shop = committed_shop
    with tenant_scope(shop.tenant):
        documents = [stood_and_changed(shop, f"111-{number}") for number in range(4)]
        seen = shown(*documents)

    def worker(_number: int) -> posting.Posting:
        try:
            with tenant_scope(shop.tenant):
                return posting.amend(documents=[fresh(document) for document in documents], shown=seen)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(worker, range(4)))
    verdicts = {each.verdict for outcome in outcomes for each in outcome.results}
    assert verdicts <= {Verdict.AMENDED, Verdict.ALREADY, Verdict.BUSY}
    amended = [each.document_id for outcome in outcomes for each in outcome.results if each.verdict is Verdict.AMENDED]
    assert sorted(amended) == sorted(document.pk for document in documents)
    assert len(shop.books.updates) == 4


def test_a_worker_that_slept_through_its_lease_sends_nothing(shop: Shop) -> None:
    document = stood_and_changed(shop)
    rival: list[posting.Posting] = []

    def overtaken(point: str) -> None:
        if point == "amend_looked" and not rival:
            rival.append(posting.Posting(()))
            with clock.frozen(NOON + timedelta(minutes=10)):
                rival[0] = amend(document)

    with hooks.during(overtaken):
        slow = amend(document)
    assert rival[0].posted
    assert slow.results[0].verdict is Verdict.POSTED
    assert shop.books.asked.count("post 1") == 2, "the create, and the rival's update"


def test_without_the_claim_the_database_still_refuses_a_second_open_attempt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    document = stood_and_changed(shop)
    with hooks.during(kill_at("amend_claimed")), pytest.raises(Killed):
        amend(document)
    monkeypatch.setattr(claims, "open_attempt", lambda document: None)
    with pytest.raises(Exception, match="posting_attempt_one_open"):
        amend(document)
    assert shop.books.updates == []
