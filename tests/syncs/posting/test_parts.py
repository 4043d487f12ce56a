"""The parts of a settlement are one operation: in order, and either complete or undone."""

from __future__ import annotations

from syncs import posting
from syncs.documents import PlannedPart
from syncs.models import LedgerDocument
from syncs.posting import Verdict
from syncs.posting.calls import part_order
from tests.syncs.posting.conftest import Shop, fresh, journal, shown
from tests.syncs.posting.ledger import says_no

State = LedgerDocument.State


def two(shop: Shop, ref: str = "1") -> list[LedgerDocument]:
    return shop.plan(ref, journal(sales="100.00"), journal(sales="50.00"))


def test_every_name_of_a_part_has_its_place() -> None:
    names = ["", "1", "2", "10"], ["1i", "1p", "1r1", "1r2", "1r10", "2j", "2t", "p1", "p2", "p10"], ["paid"], ["out", "link"]
    for expected in names:
        given = [LedgerDocument(part=name) for name in reversed(expected)]
        assert [each.part for each in sorted(given, key=part_order)] == expected


def test_parts_are_posted_in_order_in_one_call_each(shop: Shop) -> None:
    sent: list[str] = []
    shop.books.before = lambda request: sent.append(request.number)
    documents = two(shop)
    assert posting.post(documents=reversed(documents), shown=shown(*documents)).posted
    assert sent == ["AMZ-1-1", "AMZ-1-2"]


def test_settlements_share_calls_part_by_part(shop: Shop) -> None:
    documents = [document for ref in ("1", "2", "3") for document in two(shop, ref)]
    assert posting.post(documents=documents, shown=shown(*documents)).posted
    assert [asked for asked in shop.books.asked if asked.startswith("post")] == ["post 3", "post 3"]


def test_parts_that_are_only_counted_share_a_call(shop: Shop) -> None:
    names = ["1i", "1r1", "1r2", "1t", "p1", "p2", "p3"]
    documents = shop.plan("1", *(PlannedPart(name, journal(), settlement_id=7) for name in names))
    assert posting.post(documents=documents, shown=shown(*documents)).posted
    assert [asked for asked in shop.books.asked if asked.startswith("post")] == ["post 1", "post 2", "post 1", "post 3"]


def test_when_the_second_part_fails_it_can_be_completed(shop: Shop) -> None:
    shop.books.before = lambda request: says_no() if request.number.endswith("-2") else None
    documents = two(shop)
    outcome = posting.post(documents=documents, shown=shown(*documents))
    assert [each.verdict for each in outcome.results] == [Verdict.POSTED, Verdict.HELD]
    assert outcome.partly

    shop.books.before = lambda request: None
    posting.release(document=documents[1])
    completed = posting.post(documents=[fresh(each) for each in documents], shown=shown(*documents))
    assert [each.verdict for each in completed.results] == [Verdict.ALREADY, Verdict.POSTED]
    assert len(shop.books.documents) == 2


def test_when_the_second_part_fails_the_first_can_be_undone(shop: Shop) -> None:
    shop.books.before = lambda request: says_no() if request.number.endswith("-2") else None
    documents = two(shop)
    posting.post(documents=documents, shown=shown(*documents))
    outcome = posting.undo(documents=[documents[0]])
    assert outcome.results[0].verdict is Verdict.UNDONE
    assert shop.books.documents == {}


def test_a_later_part_is_not_sent_before_the_earlier_stands(shop: Shop) -> None:
    shop.books.before = lambda request: says_no() if request.number.endswith("-1") else None
    documents = two(shop)
    outcome = posting.post(documents=documents, shown=shown(*documents))
    assert [each.verdict for each in outcome.results] == [Verdict.HELD, Verdict.BEHIND]
    alone = posting.post(documents=[documents[1]], shown=shown(documents[1]))
    assert alone.results[0].verdict is Verdict.BEHIND
    assert shop.books.documents == {}
