"""Documents of orders share calls, and what the ledger answers is their proof: no call is made for one document alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from connections.errors import FailureKind
from syncs import posting
from syncs.documents import PlannedPart, plan
from syncs.models import LedgerDocument, PostingAttempt
from syncs.posting import Verdict, reading
from tests.syncs.posting.conftest import Shop, fresh, journal, shown
from tests.syncs.posting.ledger import HOME, failure, lost_answer, says_no
from tests.syncs.posting.test_plan import deposit

State = LedgerDocument.State


@pytest.fixture
def orders(shop: Shop) -> list[LedgerDocument]:
    """65 orders, planned, in a ledger that takes 30 documents a call and shows what it made of them."""
    shop.target.batch, shop.books.shows = 30, True
    return [shop.order(f"{100 + number}.00", ref=f"111-{number}") for number in range(65)]


def post(documents: list[LedgerDocument]) -> posting.Posting:
    return posting.post(documents=documents, shown=shown(*documents))


def test_orders_are_posted_thirty_a_call_and_never_read_back(shop: Shop, orders: list[LedgerDocument]) -> None:
    assert post(orders).posted
    assert shop.books.asked == ["post 30", "post 30", "post 5"]
    assert [fresh(order).read_back["total"] for order in orders] == [f"{100 + number}.00" for number in range(65)]
    assert PostingAttempt.objects.count() == 65
    assert len(set(shop.books.request_ids)) == 65
    posting.resume()
    assert posting.watch() == 0
    assert len(shop.books.asked) == 3


def test_a_lost_batch_costs_one_query_and_no_reading(shop: Shop, orders: list[LedgerDocument]) -> None:
    real = shop.target.post

    def lose_the_answer(*asked: Any) -> Any:
        real(*asked)
        shop.target.post = real  # type: ignore[method-assign]
        raise lost_answer()

    shop.target.post = lose_the_answer  # type: ignore[method-assign]
    assert post(orders).posted
    assert shop.books.asked == ["post 30", "find 30", "post 30", "post 5"]
    assert len(shop.books.documents) == 65
    assert all(fresh(order).read_back for order in orders)


def test_one_refusal_in_a_batch_holds_one_order(shop: Shop, orders: list[LedgerDocument]) -> None:
    shop.books.before = lambda request: says_no() if request.number == "AMZ-111-3" else None
    outcome = post(orders)
    assert [each.verdict for each in outcome.results].count(Verdict.POSTED) == 64
    assert fresh(orders[3]).state == State.HELD


def test_a_ledger_that_does_not_show_what_it_made_is_asked_once_a_call(shop: Shop, orders: list[LedgerDocument]) -> None:
    shop.books.shows = False
    post(orders)
    assert shop.books.asked == ["post 30", "find 30", "post 30", "find 30", "post 5", "find 5"]
    assert all(fresh(order).read_back for order in orders)


def test_what_could_not_be_read_back_is_made_up_for_by_one_query(shop: Shop, orders: list[LedgerDocument]) -> None:
    shop.books.shows = False
    shop.books.find_fails = failure(FailureKind.UNAVAILABLE)
    post(orders)
    assert not any(fresh(order).read_back for order in orders)
    shop.books.find_fails = None
    shop.books.asked.clear()
    posting.resume()
    assert shop.books.asked == ["find 30", "find 30", "find 5"]
    assert all(fresh(order).read_back for order in orders)


def test_orders_whose_change_is_noticed_are_compared_thirty_a_query(shop: Shop, orders: list[LedgerDocument]) -> None:
    post(orders)
    shop.books.edit(fresh(orders[7]).external_id, journal(sales="999.00"))
    shop.books.asked.clear()
    assert posting.compare(documents=[fresh(order) for order in orders]) == 65
    assert shop.books.asked == ["find 30", "find 30", "find 5"]
    assert [number for number, order in enumerate(orders) if fresh(order).problem_code == "document.differs"] == [7]


def test_an_order_has_one_live_document_of_whatever_type(shop: Shop) -> None:
    document = shop.order()
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerDocument.objects.create(
            ledger=shop.ledger, source=shop.source, source_ref="111-1", source_kind="order", document_type="deposit"
        )
    other = shop.order(parts=(PlannedPart("", deposit()),))
    assert other.document_type == "deposit"
    assert not LedgerDocument.objects.filter(pk=document.pk).exists()


def test_the_invoice_of_an_order_goes_before_its_payment_in_shared_calls(shop: Shop) -> None:
    shop.target.batch = 30
    documents = [
        document
        for number in range(3)
        for document in shop.plan(
            f"111-{number}", journal(sales="100.00"), journal(sales="50.00"), source_kind="order", amendable=True
        )
    ]
    assert post(documents).posted
    assert [asked for asked in shop.books.asked if asked.startswith("post")] == ["post 3", "post 3"]


def test_an_order_cancelled_before_it_was_posted_is_forgotten(shop: Shop) -> None:
    shop.order()
    given = {"ledger": shop.ledger, "source": shop.source, "source_ref": "111-1", "source_kind": "order"}
    assert plan(**given, parts=[], mapping_version=None, company=HOME, target=shop.target, amendable=True) == []
    assert not LedgerDocument.objects.exists()


def test_a_document_read_before_it_was_amended_is_not_held_against_the_amendment(shop: Shop, later: Any) -> None:
    order = shop.order()
    post([order])
    before = fresh(order)
    found = shop.books.documents["1001"]
    shop.order("120.00")
    now = fresh(order)
    posting.amend(documents=[now], shown=shown(now))
    with later(timedelta(minutes=1)):
        reading.read_back(before, found)
    assert (fresh(order).problem_code, fresh(order).read_back["total"]) == ("", "120.00")
    assert fresh(order).current_revision.total == Decimal("120.00")
