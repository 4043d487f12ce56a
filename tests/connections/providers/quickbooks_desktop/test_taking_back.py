"""What waits to be fetched can be taken back until somebody fetches it, and never afterwards: not even in a race."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection as database

from connections import polling, registry
from connections.contracts import ParcelKind
from connections.models import PolledCall
from syncs import posting
from syncs.models import LedgerDocument
from syncs.posting import Verdict
from tenants.scope import tenant_scope

PLANNED, POSTING, POSTED, UNDONE = (LedgerDocument.State[name] for name in ("PLANNED", "POSTING", "POSTED", "UNDONE"))


@pytest.fixture
def one(desktop):
    made = desktop()
    made.read_lists()
    with tenant_scope(made.tenant):
        made.document = made.plan(made.journal())[0]
        made.post(made.document)
        yield made


def test_a_plan_that_changes_takes_back_what_nobody_has_fetched(one):
    (again,) = one.plan(one.journal(sales="120.00"))
    assert (again.pk, again.state, again.epoch) == (one.document.pk, PLANNED, 1)
    one.poll()
    assert one.documents() == []
    one.post(again)
    one.settle()
    assert one.payouts() == ["106.25"]


def test_a_plan_that_says_the_same_leaves_it_waiting(one):
    (same,) = one.plan(one.journal())
    assert same.state == POSTING
    one.settle()
    one.document.refresh_from_db()
    assert one.document.state == POSTED
    assert len(one.documents()) == 1


def test_undone_before_it_was_fetched(one):
    assert posting.undo(documents=[one.document]).results[0].verdict is Verdict.UNDONE
    one.poll()
    one.document.refresh_from_db()
    assert (one.document.state, one.documents()) == (UNDONE, [])


def test_undone_after_it_was_fetched_waits_and_is_taken_out(one):
    one.poll()  # it stands there, and nobody here has noticed yet
    assert posting.undo(documents=[one.document]).results[0].verdict is Verdict.REFUSED
    assert len(one.documents()) == 1
    posting.resume()
    one.document.refresh_from_db()
    assert one.document.state == POSTED
    posting.undo(documents=[one.document])
    one.settle()
    one.document.refresh_from_db()
    assert (one.document.state, one.documents()) == (UNDONE, [])


def test_parts_that_wait_for_their_visit_are_taken_out_together(one):
    """The second part only waits to be fetched: the first waits for it, and is not refused for its standing there."""
    parts = one.plan(one.journal(), one.journal(sales="50.00"), ref="22395580393")
    one.post(*parts)
    one.settle()
    one.post(*parts)
    one.settle()
    assert len(one.documents()) == 3
    for _visit in range(4):
        for each in parts:
            each.refresh_from_db()
        verdicts = [each.verdict for each in posting.undo(documents=[each for each in parts if each.state != UNDONE]).results]
        assert set(verdicts) <= {Verdict.WAITING, Verdict.BEHIND, Verdict.UNDONE}
        one.settle()
    for each in parts:
        each.refresh_from_db()
    assert ([each.state for each in parts], len(one.documents())) == ([UNDONE, UNDONE], 1)


@pytest.mark.parametrize("turn", range(4))
def test_fetching_and_taking_back_at_the_same_moment(one, turn):
    """Either it is fetched and stays under way, or it is taken back and never goes out."""
    poller = registry.provider("quickbooks_desktop").poller
    assert poller is not None
    desk = polling.FrontDesk("quickbooks_desktop")
    ticket = desk.enter(user=one.user, password=one.password, client="")
    with desk.visit(ticket) as visit:
        visit.pin(visit.pinned)
    start = threading.Barrier(2)
    out: dict[str, Any] = {}

    def fetch() -> None:
        start.wait()
        with desk.visit(ticket) as visit:
            out["parcel"] = visit.parcel()
        database.close()

    def replan() -> None:
        start.wait()
        with tenant_scope(one.tenant):
            (out["document"],) = one.plan(one.journal(sales="120.00"))
        database.close()

    threads = [threading.Thread(target=each) for each in (fetch, replan)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = out["parcel"] is not None and out["parcel"].kind is ParcelKind.WRITES
    taken_back = out["document"].state == PLANNED
    assert sent != taken_back
    assert PolledCall.objects.get(writes=True).state == ("sent" if sent else "withdrawn")
