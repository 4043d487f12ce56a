"""A thousand documents in each ledger, of each the answer lost after the work was done: each stands there exactly once.

Counted in the ledger's own listing and trial balance. It forgets the keys by which it would know a request again, so
that only our own rows and questions keep it at once each.
"""

from __future__ import annotations

import os

import pytest

from tests.faults.ledgers import Books
from tests.faults.lost_answers import Storm

pytestmark = pytest.mark.faults

RUNS = int(os.environ.get("LOST_ANSWERS", "1000"))
SEED = 20261130


def test_a_thousand_lost_answers_make_a_thousand_documents(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    seen = Storm(books, seed=SEED).run(RUNS)
    with capsys.disabled():
        print(f"\n{books.provider}: {seen}")
    assert seen.struck == RUNS
    assert seen.exactly_once, seen
