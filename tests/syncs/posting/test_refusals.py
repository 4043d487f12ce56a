"""What is not sent: stale, held, locked, refused by the ledger's own rules; and what happens to it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from canonical.problems import Problem
from connections.errors import FailureKind
from connections.models import Connection
from syncs import posting
from syncs.documents import PlannedPart
from syncs.models import LedgerDocument, PeriodLock, PostingAttempt
from syncs.posting import Verdict
from tests.syncs.posting.conftest import Shop, fresh, journal, shown
from tests.syncs.posting.ledger import CANNOT, failure, lost_answer, says_no

State = LedgerDocument.State


def post(*documents: LedgerDocument) -> posting.Posting:
    return posting.post(documents=documents, shown=shown(*documents))


def test_what_was_shown_must_be_what_is_there_now(shop: Shop) -> None:
    (document,) = shop.plan()
    seen = shown(document)
    (changed,) = shop.plan("12395580393", journal(sales="100.00", fees="13.76"))
    outcome = posting.post(documents=[changed], shown=seen)

    assert outcome.results[0].verdict is Verdict.REFUSED
    problem = outcome.problem
    assert problem is not None
    assert problem.code == "posting.stale"
    assert problem.params["lines"] == 4
    assert fresh(document).state == State.PLANNED
    assert shop.books.asked == []
    assert post(fresh(document)).posted


def test_nothing_shown_is_nothing_posted(shop: Shop) -> None:
    (document,) = shop.plan()
    assert posting.post(documents=[document], shown={}).results[0].verdict is Verdict.REFUSED
    assert shop.books.asked == []


def test_a_held_document_is_not_posted_and_says_why(shop: Shop) -> None:
    (document,) = shop.plan("1", PlannedPart("", journal(), problem=Problem(CANNOT, {"why": "no account"})))
    outcome = post(document)
    assert (outcome.results[0].verdict, outcome.problem) == (Verdict.HELD, Problem(CANNOT, {"why": "no account"}))
    assert shop.books.asked == []


def test_a_locked_period_holds_the_document_before_anything_is_sent(shop: Shop) -> None:
    lock = PeriodLock.objects.create(ledger=shop.ledger, through=date(2026, 7, 14))
    (document,) = shop.plan()
    assert post(document).results[0].verdict is Verdict.HELD
    assert fresh(document).problem_code == "posting.period_locked"
    assert shop.books.asked == []

    lock.delete()
    assert post(posting.release(document=document)).posted


def test_the_day_after_the_lock_is_open(shop: Shop) -> None:
    PeriodLock.objects.create(ledger=shop.ledger, through=date(2026, 7, 13))
    (document,) = shop.plan()
    assert post(document).posted


def test_what_the_ledger_would_refuse_is_found_before_it_is_sent(shop: Shop) -> None:
    shop.books.problems = [Problem(CANNOT, {"why": "account 79 is inactive"})]
    (document,) = shop.plan()
    outcome = post(document)
    assert outcome.problem == Problem(CANNOT, {"why": "account 79 is inactive"})
    assert (fresh(document).state, shop.books.asked) == (State.HELD, [])


def test_what_would_be_sent_must_say_what_was_shown(shop: Shop) -> None:
    (document,) = shop.plan()
    shop.books.payload_extra = {"CurrencyRef": "GBP"}
    outcome = post(document)
    assert outcome.problem is not None
    assert outcome.problem.code == "posting.payload_changed"
    assert shop.books.asked == []
    (again,) = shop.plan()
    assert post(again).posted


def test_the_ledgers_refusal_holds_the_document_with_its_words_and_a_retry_is_a_new_intent(shop: Shop) -> None:
    shop.books.before = lambda request: says_no("account archived")
    (document,) = shop.plan()
    outcome = post(document)
    assert outcome.results[0].verdict is Verdict.HELD
    assert outcome.problem is not None
    assert outcome.problem.text() == "The ledger says no: account archived."
    attempt = PostingAttempt.objects.get()
    assert (attempt.phase, attempt.problem_code, attempt.provider_trace_id) == ("rejected", "test.refused", "t-2")

    shop.books.before = lambda request: None
    assert post(posting.release(document=document)).posted
    assert len(set(shop.books.request_ids)) == 2


@pytest.mark.parametrize(
    ("kind", "verdict", "state"),
    [
        (FailureKind.THROTTLED, Verdict.WAITING, State.POSTING),
        (FailureKind.BREAKER_OPEN, Verdict.WAITING, State.POSTING),
        (FailureKind.BUDGET_SPENT, Verdict.WAITING, State.POSTING),
        (FailureKind.TOKEN_EXPIRED, Verdict.WAITING, State.POSTING),
        (FailureKind.NEEDS_RECONNECT, Verdict.WAITING, State.POSTING),
        (FailureKind.UNAVAILABLE, Verdict.WAITING, State.UNKNOWN),
        (FailureKind.MALFORMED, Verdict.WAITING, State.UNKNOWN),
        (FailureKind.UNKNOWN_OUTCOME, Verdict.WAITING, State.UNKNOWN),
        (FailureKind.REJECTED, Verdict.HELD, State.HELD),
        (FailureKind.PERIOD_CLOSED, Verdict.HELD, State.HELD),
        (FailureKind.BAD_REFERENCE, Verdict.HELD, State.HELD),
        (FailureKind.WRITES_REFUSED, Verdict.HELD, State.HELD),
        (FailureKind.OUR_BUG, Verdict.HELD, State.HELD),
    ],
)
def test_every_failure_leaves_the_document_where_it_belongs(shop: Shop, kind: FailureKind, verdict: str, state: str) -> None:
    shop.books.before = lambda request: failure(kind)
    (document,) = shop.plan()
    assert post(document).results[0].verdict is verdict
    assert fresh(document).state == state
    assert ("find 1" in shop.books.asked) is (state == State.UNKNOWN)
    assert shop.books.documents == {}


def test_somebody_elses_document_with_our_number_is_held_once_it_is_surely_not_ours(shop: Shop, later: Any) -> None:
    shop.books.before = lambda request: failure(FailureKind.DUPLICATE)
    (document,) = shop.plan()
    assert post(document).results[0].verdict is Verdict.WAITING
    with later(timedelta(minutes=4)):
        outcome = posting.resume()
    assert outcome.results[0].verdict is Verdict.HELD
    assert fresh(document).problem_code == "posting.foreign_duplicate"


def test_a_ledger_that_must_be_reconnected_parks_the_work_and_goes_on_by_itself(shop: Shop, later: Any) -> None:
    shop.books.before = lambda request: failure(FailureKind.NEEDS_RECONNECT)
    (document,) = shop.plan()
    post(document)
    Connection.objects.filter(pk=shop.ledger.pk).update(state="needs_reconnect")
    shop.books.before = lambda request: None
    with later(timedelta(hours=1)):
        assert posting.resume().results == ()
        waiting = post(fresh(document))
        assert (waiting.results[0].verdict, waiting.problem.code) == (Verdict.WAITING, "posting.not_connected")
        Connection.objects.filter(pk=shop.ledger.pk).update(state="active")
        assert posting.resume().posted
    assert len(shop.books.documents) == 1


def test_what_vanishes_again_and_again_is_held_for_a_person(shop: Shop, later: Any) -> None:
    shop.books.before = lambda request: lost_answer()
    (document,) = shop.plan()
    post(document)
    for turn in range(1, 7):
        with later(timedelta(minutes=4 * turn)):
            posting.resume()
    assert fresh(document).problem_code == "posting.keeps_vanishing"
    assert shop.books.asked.count("post 1") == 5


def test_our_own_mistake_holds_what_was_not_sent_and_looks_for_what_was(shop: Shop, later: Any) -> None:
    def broken(request: Any) -> None:
        raise KeyError("Id")

    shop.books.after = broken
    (document,) = shop.plan()
    with pytest.raises(KeyError):
        post(document)
    assert fresh(document).state == State.UNKNOWN
    with later(timedelta(minutes=4)):
        assert posting.resume().posted
    assert len(shop.books.documents) == 1
