"""A thousand documents in each ledger, of each the answer lost after the work was done: each stands there exactly once.

Counted in the ledger's own listing and trial balance. It forgets the keys by which it would know a request again, so
that only our own rows and questions keep it at once each.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.conf import settings

from syncs import hooks
from tenants.scope import require_tenant_id
from tests.faults.harness import Worker
from tests.faults.ledgers import Books
from tests.faults.lost_answers import Storm

pytestmark = pytest.mark.faults

RUNS = int(os.environ.get("LOST_ANSWERS", "1000"))
SEED = 20261130
# These places are passed only when the answer to an earlier call was lost.
IN_DOUBT = ("looked", "adopting")
FEWEST_KILLED = 6  # a ledger that comes to us passes the later places only when it has come


def test_a_thousand_lost_answers_make_a_thousand_documents(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    seen = Storm(books, seed=SEED).run(RUNS)
    with capsys.disabled():
        print(f"\n{books.provider}: {seen}")
    assert seen.struck == RUNS
    assert seen.exactly_once, seen


def test_workers_killed_at_every_place_leave_one_document_each(
    books: Books, twins: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    storm, worker, kind = Storm(books, seed=SEED), Worker(twins.url), books.kinds[0]
    storm.prepare()
    killed = 0
    for place, document in zip(hooks.POSTING, storm.plan(kind, len(hooks.POSTING)), strict=True):
        if place in IN_DOUBT:
            books.lose(kind, 1, storm.chance)
        job = {"do": "post", "tenant": require_tenant_id(), "documents": [document.pk], "hook": f"{place}:kill"}
        ending = worker.do(**job, offset=settings.CLOCK_OFFSET)
        assert ending in ("exit 0", "killed 9"), f"{place}: {ending}"
        killed += ending == "killed 9"
        books.turn()
        books.lost()
        storm.later()
    worker.stop()
    storm.settle()
    seen = storm.seen()
    with capsys.disabled():
        print(f"\n{books.provider}: {killed} workers killed; {seen}")
    assert killed >= FEWEST_KILLED
    assert seen.exactly_once, seen
