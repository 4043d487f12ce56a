"""A worker that dies at any place of the sequence leaves a row behind from which the next one finishes: once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection

from connections.models import Connection
from syncs import hooks, posting
from syncs.models import LedgerDocument, PostingAttempt
from syncs.posting import Verdict, checks, claims, ledgers
from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.syncs.posting.conftest import NOON, Shop, fresh, journal, shown
from tests.syncs.posting.ledger import HOME, Books, lost_answer

State = LedgerDocument.State


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it, and open transactions are rolled back."""


def kill_at(point: str) -> Callable[[str], None]:
    """Die the first time the place is passed."""
    left = [point]

    def handler(passed: str) -> None:
        if left and passed == left[0]:
            left.clear()
            raise Killed

    return handler


def converge(hours: int = 2) -> None:
    """What the sweeper does, every two minutes of a stretch of time."""
    for minute in range(2, hours * 60, 2):
        with clock.frozen(NOON + timedelta(minutes=minute)):
            posting.resume()
        if not posting.unfinished() and not LedgerDocument.objects.filter(
            state__in=["posting", "amending", "unknown", "undoing"]
        ):
            return


@pytest.mark.parametrize("point", hooks.POSTING)
@pytest.mark.parametrize("answer", ["comes", "is lost"])
def test_killed_anywhere_in_posting_the_document_is_there_once(shop: Shop, point: str, answer: str) -> None:
    if answer == "is lost":
        shop.books.after = lambda request: lost_answer()
    (document,) = shop.plan()
    seen = shown(document)
    try:
        with hooks.during(kill_at(point)):
            posting.post(documents=[document], shown=seen)
    except Killed:
        pass
    if fresh(document).state == State.PLANNED:
        posting.post(documents=[fresh(document)], shown=seen)
    converge()
    assert fresh(document).state == State.POSTED
    assert fresh(document).external_id == "1001"
    assert len(shop.books.documents) == 1
    assert not PostingAttempt.objects.filter(phase__in=["claimed", "sent", "unknown"]).exists()


@pytest.mark.parametrize("point", hooks.UNDOING)
def test_killed_anywhere_in_undoing_the_document_is_gone(shop: Shop, point: str) -> None:
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    with hooks.during(kill_at(point)), pytest.raises(Killed):
        posting.undo(documents=[fresh(document)])
    if fresh(document).state == State.POSTED:
        posting.undo(documents=[fresh(document)])
    converge()
    assert fresh(document).state == State.UNDONE
    assert shop.books.documents == {}


def post_all_in_trouble(shop: Shop, *, seed: int, count: int = 30) -> list[LedgerDocument]:
    """Post many settlements in batches while workers die and answers are lost, all by one seed; then let it settle."""
    chance = random.Random(seed)

    def before(request: Any) -> Any:
        return lost_answer() if chance.random() < 0.15 else None

    def after(request: Any) -> Any:
        return lost_answer() if chance.random() < 0.3 else None

    def dying(_point: str) -> None:
        if chance.random() < 0.04:
            raise Killed

    shop.books.before, shop.books.after = before, after
    documents = [shop.plan(str(number), journal(sales=f"{100 + number}.00"))[0] for number in range(count)]
    for minute in range(0, 240, 4):
        with clock.frozen(NOON + timedelta(minutes=minute)):
            todo = [document for document in map(fresh, documents) if document.state == State.PLANNED][:10]
            try:
                with hooks.during(dying):
                    posting.post(documents=todo, shown=shown(*todo))
                    posting.resume()
            except Killed:
                continue
    shop.books.before = shop.books.after = lambda request: None
    with clock.frozen(NOON + timedelta(hours=5)):
        for _turn in range(4):
            posting.resume()
    return documents


@pytest.mark.parametrize("seed", range(3))
def test_many_settlements_in_trouble_end_up_once_each(shop: Shop, seed: int) -> None:
    documents = post_all_in_trouble(shop, seed=seed)
    states = {fresh(document).state for document in documents}
    assert states == {State.POSTED}
    assert len(shop.books.documents) == len(documents) == len(set(shop.books.markers))
    planned = sum(document.current_revision.total for document in documents)
    assert sum(found.document.total for found in shop.books.documents.values()) == planned


# ---------------------------------------------------------------- each guard is needed


def outcome_in_trouble(shop: Shop) -> tuple[int, int]:
    """(documents planned, documents in the ledger) after the trouble above."""
    return len(post_all_in_trouble(shop, seed=1)), len(shop.books.documents)


def test_without_asking_the_ledger_there_would_be_duplicates(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers.OpenLedger, "find", lambda self, requests: {})
    planned, there = outcome_in_trouble(shop)
    assert there > planned


def test_without_the_confirm_window_there_would_be_duplicates(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "confirm_window", lambda: timedelta(0))
    shop.books.after, shop.books.hidden = (lambda request: lost_answer()), True
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    with clock.frozen(NOON + timedelta(seconds=20)):
        posting.resume()
    assert len(shop.books.documents) > 1


def test_without_the_claim_the_database_still_refuses_a_second_open_attempt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (document,) = shop.plan()
    with hooks.during(kill_at("claimed")), pytest.raises(Killed):
        posting.post(documents=[document], shown=shown(document))
    monkeypatch.setattr(claims, "open_attempt", lambda document: None)
    with pytest.raises(Exception, match="posting_attempt_one_open"):
        posting.post(documents=[fresh(document)], shown=shown(document))
    assert shop.books.documents == {}


def test_without_the_expected_hash_something_never_shown_would_be_posted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (document,) = shop.plan()
    seen = shown(document)
    (changed,) = shop.plan("12395580393", journal(fees="13.76"))
    assert not posting.post(documents=[changed], shown=seen).posted

    real = checks.refusal
    monkeypatch.setattr(checks, "refusal", lambda document, _shown: real(document, document.current_revision.hash))
    assert posting.post(documents=[fresh(changed)], shown=seen).posted


def test_a_worker_that_slept_through_its_lease_writes_and_sends_nothing(shop: Shop) -> None:
    (document,) = shop.plan()
    rival: list[posting.Posting] = []

    def overtaken(point: str) -> None:
        if point == "claimed" and not rival:
            rival.append(posting.Posting(()))
            with clock.frozen(NOON + timedelta(minutes=10)):
                rival[0] = posting.post(documents=[fresh(document)], shown=shown(document))

    with hooks.during(overtaken):
        slow = posting.post(documents=[document], shown=shown(document))
    assert rival[0].posted
    assert slow.results[0].verdict is Verdict.POSTED
    assert shop.books.asked.count("post 1") == 1
    assert len(shop.books.documents) == 1


def test_an_answer_that_comes_after_another_worker_took_over_changes_nothing(shop: Shop) -> None:
    (document,) = shop.plan()
    rival: list[bool] = []

    def overtaken(point: str) -> None:
        if point == "answered" and not rival:
            rival.append(True)
            with clock.frozen(NOON + timedelta(minutes=10)):
                assert posting.resume().posted

    with hooks.during(overtaken):
        slow = posting.post(documents=[document], shown=shown(document))
    assert slow.results[0].verdict is Verdict.POSTED
    assert [attempt.phase for attempt in PostingAttempt.objects.all()] == ["found"]
    assert len(shop.books.documents) == 1


@pytest.mark.parametrize("error", [OperationalError("server closed the connection"), SoftTimeLimitExceeded()])
@pytest.mark.parametrize("point", ["claimed", "sent", "answered"])
def test_trouble_that_passes_holds_nothing(shop: Shop, point: str, error: Exception) -> None:
    def trouble(passed: str) -> None:
        if passed == point:
            raise error

    (document,) = shop.plan()
    with hooks.during(trouble), pytest.raises(type(error)):
        posting.post(documents=[document], shown=shown(document))
    if fresh(document).state == State.PLANNED:
        posting.post(documents=[fresh(document)], shown=shown(document))
    converge()
    assert fresh(document).state == State.POSTED
    assert len(shop.books.documents) == 1


# ---------------------------------------------------------------- two at once


@pytest.fixture
def committed_shop(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shop = Shop(Tenant.objects.create(name="Paper & Ink"), Books())

    def open_ledger(connection: Connection, *, correlation_id: str = "") -> ledgers.OpenLedger:
        return ledgers.OpenLedger(connection, shop.target, None, connection.account(), HOME)

    monkeypatch.setattr(ledgers, "open_ledger", open_ledger)
    return shop


def test_two_workers_and_a_double_click_post_once(committed_shop: Shop) -> None:
    shop = committed_shop
    with tenant_scope(shop.tenant):
        documents = [shop.plan(str(number))[0] for number in range(6)]
        seen = shown(*documents)

    def worker(_number: int) -> posting.Posting:
        try:
            with tenant_scope(shop.tenant):
                return posting.post(documents=[fresh(document) for document in documents], shown=seen)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        outcomes = list(pool.map(worker, range(5)))
    verdicts = {each.verdict for outcome in outcomes for each in outcome.results}
    assert verdicts <= {Verdict.POSTED, Verdict.ALREADY, Verdict.BUSY}
    posted = [each.document_id for outcome in outcomes for each in outcome.results if each.verdict is Verdict.POSTED]
    assert sorted(posted) == sorted(document.pk for document in documents)
    assert len(shop.books.documents) == 6


def test_another_tenants_document_cannot_be_posted(committed_shop: Shop) -> None:
    shop = committed_shop
    with tenant_scope(shop.tenant):
        (document,) = shop.plan()
        seen = shown(document)
    stranger = Tenant.objects.create(name="Stranger")
    with tenant_scope(stranger), pytest.raises(Connection.DoesNotExist):
        posting.post(documents=[document], shown=seen)
    assert shop.books.asked == []
