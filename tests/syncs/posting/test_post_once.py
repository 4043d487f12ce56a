"""A document reaches the ledger once, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.management import call_command

from connections.errors import FailureKind
from syncs import posting
from syncs.models import LedgerDocument, PostingAttempt
from syncs.posting import Verdict
from tenants.models import AuditEvent, Event
from tests.syncs.posting.conftest import Shop, fresh, journal, shown
from tests.syncs.posting.ledger import failure, lost_answer, once

State = LedgerDocument.State


def phases(document: LedgerDocument) -> list[str]:
    return list(PostingAttempt.objects.filter(document=document).order_by("number").values_list("phase", flat=True))


def test_a_planned_document_is_posted_recorded_and_read_back(shop: Shop) -> None:
    (document,) = shop.plan()
    outcome = posting.post(documents=[document], shown=shown(document))

    assert outcome.posted
    document = fresh(document)
    assert (document.state, document.external_id, document.number) == (State.POSTED, "1001", "AMZ-12395580393")
    assert str(document.posted_on) == "2026-07-14"
    assert document.read_back["total"] == "100.00"
    assert document.read_back["settling"] == "86.25"
    assert [(line["account"], line["debit"], line["credit"]) for line in document.read_back["lines"]] == [
        ("79", "0", "100.00"),
        ("80", "13.75", "0"),
        ("35", "86.25", "0"),
    ]
    assert shop.books.asked == ["post 1", "read"]
    assert phases(document) == ["done"]
    assert list(Event.objects.order_by("id").values_list("type", flat=True)) == ["document.planned", "document.posted"]
    assert AuditEvent.objects.get(action="document.posted").after["external_id"] == "1001"


def test_posting_again_sends_nothing(shop: Shop) -> None:
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    again = posting.post(documents=[document], shown=shown(document))

    assert [each.verdict for each in again.results] == [Verdict.ALREADY]
    assert len(shop.books.documents) == 1
    assert shop.books.asked == ["post 1", "read"]


def test_an_answer_lost_after_the_ledger_kept_it_is_found_at_once(shop: Shop) -> None:
    shop.books.after = once(lost_answer())
    (document,) = shop.plan()
    outcome = posting.post(documents=[document], shown=shown(document))

    assert outcome.posted
    assert len(shop.books.documents) == 1
    assert shop.books.asked == ["post 1", "find 1", "read"]
    assert phases(document) == ["found"]
    assert fresh(document).external_id == "1001"


def test_an_answer_lost_before_the_ledger_kept_it_is_sent_again_only_when_that_is_certain(shop: Shop, later: Any) -> None:
    shop.books.before = once(lost_answer())
    (document,) = shop.plan()
    outcome = posting.post(documents=[document], shown=shown(document))
    assert outcome.results[0].verdict is Verdict.WAITING
    assert fresh(document).state == State.UNKNOWN

    with later(timedelta(seconds=170)):
        posting.resume()
        assert shop.books.asked == ["post 1", "find 1"]
    with later(timedelta(seconds=181)):
        assert posting.resume().posted
    assert shop.books.asked == ["post 1", "find 1", "find 1", "post 1", "read"]
    assert phases(document) == ["lost", "done"]
    assert len(set(shop.books.request_ids)) == 1, "every retry of one intent carries the same key"
    assert len(shop.books.documents) == 1


def test_a_look_up_that_fails_before_anything_was_sent_again_does_not_stop_it_for_ever(shop: Shop, later: Any) -> None:
    shop.books.before = once(lost_answer())
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    shop.books.before = once(failure(FailureKind.THROTTLED, wait=timedelta(seconds=60)))
    with later(timedelta(seconds=181)):
        posting.resume()  # lost for certain; the second sending is turned away
    shop.books.find_fails = failure(FailureKind.UNAVAILABLE)
    with later(timedelta(minutes=10)):
        posting.resume()
    assert fresh(document).state == State.UNKNOWN

    shop.books.find_fails = None
    with later(timedelta(hours=2)):
        assert posting.resume().posted
    assert len(shop.books.documents) == 1


def test_a_document_that_queries_do_not_show_yet_is_not_sent_twice(shop: Shop, later: Any) -> None:
    shop.books.after, shop.books.hidden = once(lost_answer()), True
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    assert fresh(document).state == State.UNKNOWN

    shop.books.hidden = False
    with later(timedelta(seconds=181)):
        assert posting.resume().posted
    assert len(shop.books.documents) == 1
    assert phases(document) == ["found"]


def test_a_lost_batch_costs_one_query(shop: Shop) -> None:
    shop.books.after = lambda request: failure(FailureKind.MALFORMED)
    documents = [shop.plan(ref)[0] for ref in ("1", "2", "3")]
    kept = shop.books.keep
    target_post = shop.target.post

    def post_all_then_lose(door: Any, account: Any, requests: Any) -> Any:
        shop.books.asked.append(f"post {len(requests)}")
        for request in requests:
            kept(request)
        raise lost_answer()

    shop.target.post = post_all_then_lose  # type: ignore[method-assign]
    outcome = posting.post(documents=documents, shown=shown(*documents))
    shop.target.post = target_post  # type: ignore[method-assign]

    assert outcome.posted
    assert shop.books.asked == ["post 3", "find 3", "read", "read", "read"]
    assert len(shop.books.documents) == 3


def test_what_the_ledger_turned_away_waits_as_long_as_it_says_and_goes_on_by_itself(shop: Shop, later: Any) -> None:
    shop.books.before = once(failure(FailureKind.THROTTLED, wait=timedelta(seconds=60)))
    (document,) = shop.plan()
    outcome = posting.post(documents=[document], shown=shown(document))
    assert outcome.results[0].verdict is Verdict.WAITING
    assert outcome.not_before is not None

    with later(timedelta(seconds=59)):
        assert posting.resume().results == ()
        early = posting.post(documents=[document], shown=shown(document))
        assert early.results[0].verdict is Verdict.WAITING
    with later(timedelta(seconds=61)):
        assert posting.resume().posted
    assert shop.books.asked == ["post 1", "post 1", "read"]


def test_the_ledger_gets_what_was_shown_with_amounts_as_decimals(shop: Shop) -> None:
    sent: list[Any] = []
    shop.books.before = lambda request: sent.append(request)
    (document,) = shop.plan("12395580393", journal(sales="0.10", fees="0.03"))
    posting.post(documents=[document], shown=shown(document))

    assert [line["Amount"] for line in sent[0].payload["Lines"]] == [Decimal("0.10"), Decimal("-0.03"), Decimal("-0.07")]
    assert fresh(document).current_revision.payload["Lines"][0] == {"Account": "79", "Amount": "0.10"}
    assert sent[0].document == journal(sales="0.10", fees="0.03")


def test_after_a_restore_what_the_ledger_has_is_taken_over(shop: Shop) -> None:
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    PostingAttempt.objects.filter(document=document).delete()
    LedgerDocument.objects.filter(pk=document.pk).update(state=State.PLANNED, external_id="", posted_at=None)

    outcome = posting.look(documents=[fresh(document)])
    assert outcome.posted
    assert fresh(document).external_id == "1001"
    assert shop.books.asked == ["post 1", "read", "find 1"]


def test_the_command_for_a_restore_adopts_in_every_tenant(shop: Shop, capsys: Any) -> None:
    documents = [shop.plan(ref)[0] for ref in ("1", "2", "3")]
    posting.post(documents=documents[:2], shown=shown(*documents[:2]))
    PostingAttempt.objects.all().delete()
    LedgerDocument.objects.update(state=State.PLANNED, external_id="")

    call_command("adopt")
    assert "2 of 3 were in the ledger already" in capsys.readouterr().out
    assert [fresh(document).state for document in documents] == [State.POSTED, State.POSTED, State.PLANNED]
