"""Undoing: gone from the ledger, proven by reading; and then it may be posted again, once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from connections.errors import FailureKind
from syncs import posting
from syncs.models import LedgerDocument, PeriodLock, PostingAttempt
from syncs.posting import Verdict
from tenants.models import AuditEvent
from tests.syncs.posting.conftest import Shop, fresh, journal, shown
from tests.syncs.posting.ledger import failure

State = LedgerDocument.State


def posted(shop: Shop) -> LedgerDocument:
    (document,) = shop.plan()
    assert posting.post(documents=[document], shown=shown(document)).posted
    shop.books.asked.clear()
    return fresh(document)


def test_undoing_removes_the_document_and_proves_its_absence(shop: Shop) -> None:
    document = posted(shop)
    outcome = posting.undo(documents=[document], reason="wrong account")
    assert outcome.results[0].verdict is Verdict.UNDONE
    assert shop.books.documents == {}
    assert shop.books.asked == ["read", "remove", "read"]
    assert fresh(document).state == State.UNDONE
    assert AuditEvent.objects.get(action="document.undone").reason == "wrong account"
    assert [attempt.action for attempt in PostingAttempt.objects.order_by("number")] == ["create", "delete"]


def test_what_was_undone_can_be_posted_again_as_a_new_intent(shop: Shop) -> None:
    document = posted(shop)
    posting.undo(documents=[document])
    (again,) = shop.plan("12395580393", journal(fees="13.76"))
    assert again.pk == document.pk
    assert posting.post(documents=[again], shown=shown(again)).posted
    assert len(shop.books.documents) == 1
    assert len(set(shop.books.request_ids)) == 2


def test_undoing_twice_removes_once(shop: Shop) -> None:
    document = posted(shop)
    posting.undo(documents=[document])
    assert posting.undo(documents=[fresh(document)]).results[0].verdict is Verdict.UNDONE
    assert shop.books.asked.count("remove") == 1


def test_an_answer_lost_on_removal_is_settled_by_looking(shop: Shop) -> None:
    shop.books.remove_loses = True
    document = posted(shop)
    assert posting.undo(documents=[document]).results[0].verdict is Verdict.UNDONE
    assert shop.books.documents == {}


def test_a_removal_that_was_turned_away_goes_on_by_itself(shop: Shop, later: Any) -> None:
    shop.books.remove_fails = failure(FailureKind.THROTTLED, wait=timedelta(seconds=60))
    document = posted(shop)
    assert posting.undo(documents=[document]).results[0].verdict is Verdict.WAITING
    assert fresh(document).state == State.UNDOING
    shop.books.remove_fails = None
    with later(timedelta(seconds=30)):
        assert posting.resume().results == ()
    with later(timedelta(seconds=90)):
        assert posting.resume().results[0].verdict is Verdict.UNDONE


def test_a_document_edited_in_the_ledger_is_not_thrown_away(shop: Shop) -> None:
    document = posted(shop)
    shop.books.edit("1001", journal(sales="101.00"))
    outcome = posting.undo(documents=[document])
    assert (outcome.results[0].verdict, outcome.problem.code) == (Verdict.HELD, "undo.edited_there")
    assert fresh(document).state == State.POSTED
    assert "1001" in shop.books.documents


def test_what_somebody_deleted_there_is_undone_here_without_a_call_to_remove(shop: Shop) -> None:
    document = posted(shop)
    shop.books.documents.clear()
    assert posting.undo(documents=[document]).results[0].verdict is Verdict.UNDONE
    assert shop.books.asked == ["read"]


def test_nothing_is_removed_from_a_locked_period(shop: Shop) -> None:
    document = posted(shop)
    PeriodLock.objects.create(ledger=shop.ledger, through=date(2026, 7, 31))
    outcome = posting.undo(documents=[document])
    assert (outcome.results[0].verdict, outcome.problem.code) == (Verdict.REFUSED, "posting.period_locked")
    assert shop.books.asked == []


def test_parts_are_undone_from_the_last(shop: Shop) -> None:
    documents = shop.plan("1", journal(), journal(sales="50.00"))
    posting.post(documents=documents, shown=shown(*documents))
    first_alone = posting.undo(documents=[documents[0]])
    assert first_alone.problem.code == "undo.later_part"
    together = posting.undo(documents=documents)
    assert [each.verdict for each in together.results] == [Verdict.UNDONE, Verdict.UNDONE]
    assert shop.books.documents == {}


def test_what_is_not_posted_cannot_be_undone(shop: Shop) -> None:
    (document,) = shop.plan()
    assert posting.undo(documents=[document]).problem.code == "undo.not_posted"
