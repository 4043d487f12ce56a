"""In every ledger it is the look-up that keeps a lost answer from becoming a second document.

The same small storm twice: with the look-up in place everything stands once, without it the checker sees red. QuickBooks
Desktop alone would still refuse the second document, by its ExternalGUID; there the posting never comes to its end.
"""

from __future__ import annotations

import pytest

from tests.faults import mutations
from tests.faults.conftest import BOOKS
from tests.faults.ledgers import Books
from tests.faults.lost_answers import Storm

DOCUMENTS, SEED = 5, 3


def test_with_the_look_up_everything_stands_once(books: Books) -> None:
    books.nothing_else_helps()
    seen = Storm(books, seed=SEED).run(DOCUMENTS)
    assert seen.struck == DOCUMENTS
    assert seen.exactly_once, seen


def test_without_the_look_up_the_checker_sees_red(
    books: Books, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mutations.without_look_up(books.provider, monkeypatch)
    books.nothing_else_helps()
    seen = Storm(books, seed=SEED).run(DOCUMENTS)
    with capsys.disabled():
        print(f"\n{books.provider} without its look-up: {seen}")
    assert not seen.exactly_once


def test_every_ledger_has_a_look_up_to_take_out() -> None:
    assert mutations.LOOK_UPS.keys() == {books.provider for books in BOOKS}
