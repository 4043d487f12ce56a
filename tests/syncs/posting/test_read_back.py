"""What the ledger says it holds is kept beside what was posted, and a difference is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connections.errors import FailureKind
from syncs import posting
from syncs.models import LedgerDocument
from tenants.models import Alert
from tests.syncs.posting.conftest import Shop, fresh, journal, shown
from tests.syncs.posting.ledger import failure


def posted(shop: Shop) -> LedgerDocument:
    (document,) = shop.plan()
    assert posting.post(documents=[document], shown=shown(document)).posted
    return fresh(document)


def test_a_reading_that_fails_is_made_up_for_by_the_sweeper(shop: Shop) -> None:
    shop.books.read_fails = failure(FailureKind.UNAVAILABLE)
    document = posted(shop)
    assert (document.state, document.read_back_at) == ("posted", None)
    shop.books.read_fails = None
    posting.resume()
    assert fresh(document).read_back["settling"] == "86.25"


def test_an_edit_in_the_ledger_is_told_and_taken_back_when_it_is_mended(shop: Shop) -> None:
    document = posted(shop)
    shop.books.edit("1001", journal(sales="101.00"))
    posting.verify(document=document)
    assert fresh(document).problem_code == "document.differs"
    assert fresh(document).read_back["settling"] == "87.25"
    assert Alert.objects.get().state == "open"

    shop.books.edit("1001", journal())
    posting.verify(document=document)
    assert fresh(document).problem_code == ""
    assert Alert.objects.get().state == "resolved"


def test_a_deletion_in_the_ledger_is_told_once_it_cannot_be_mere_lateness(shop: Shop, later: Any) -> None:
    document = posted(shop)
    shop.books.documents.clear()
    posting.verify(document=document)
    assert fresh(document).problem_code == ""
    with later(timedelta(minutes=5)):
        posting.verify(document=document)
    assert (fresh(document).state, fresh(document).problem_code) == ("posted", "document.vanished")
    assert fresh(document).read_back == {}


def test_once_a_day_everything_posted_is_compared_with_one_query(shop: Shop, later: Any) -> None:
    documents = [shop.plan(ref)[0] for ref in ("1", "2", "3")]
    posting.post(documents=documents, shown=shown(*documents))
    shop.books.edit(fresh(documents[1]).external_id, journal(sales="101.00"))
    del shop.books.documents[fresh(documents[2]).external_id]
    shop.books.asked.clear()

    assert posting.watch() == 0
    with later(timedelta(hours=21)):
        assert posting.watch() == 3
        assert posting.watch() == 0
    assert shop.books.asked == ["find 3", "read"]
    assert [fresh(document).problem_code for document in documents] == ["", "document.differs", "document.vanished"]


def test_a_ledger_that_cannot_be_asked_is_asked_the_next_time(shop: Shop, later: Any) -> None:
    document = posted(shop)
    shop.books.find_fails = shop.books.read_fails = failure(FailureKind.UNAVAILABLE)
    with later(timedelta(hours=21)):
        assert posting.watch() == 0
        shop.books.find_fails = shop.books.read_fails = None
        assert posting.watch() == 1
    assert fresh(document).problem_code == ""
