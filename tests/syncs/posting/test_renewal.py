"""A posting that waits for its connection goes on the moment the connection is renewed; one in doubt keeps its time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections.http import door_for
from connections.signals import renewed
from syncs import posting
from syncs.models import LedgerDocument
from syncs.posting.results import Verdict
from tenants import clock, outbox, stops
from tenants.models import User
from tenants.news import Actor, acting
from tests.syncs.posting.conftest import Shop, fresh, shown

State = LedgerDocument.State


@pytest.mark.parametrize(
    ("state", "code", "waits"),
    [
        (State.POSTING, "connection.needs_reconnect", False),
        (State.UNDOING, "connection.needs_reconnect", False),
        (State.POSTING, "provider.throttled", True),
        (State.UNKNOWN, "connection.needs_reconnect", True),
    ],
)
def test_only_what_waited_for_the_connection_is_hurried(shop: Shop, state: str, code: str, waits: bool) -> None:
    (document,) = shop.plan()
    later = clock.now() + timedelta(minutes=15)
    LedgerDocument.objects.filter(pk=document.pk).update(state=state, problem_code=code, not_before=later)

    renewed.send(type(shop.ledger), connection=shop.ledger)

    assert (fresh(document).not_before is not None) is waits


def test_another_connection_hurries_nothing(shop: Shop) -> None:
    (document,) = shop.plan()
    later = clock.now() + timedelta(minutes=15)
    LedgerDocument.objects.filter(pk=document.pk).update(
        state=State.POSTING, problem_code="connection.needs_reconnect", not_before=later
    )

    renewed.send(type(shop.source), connection=shop.source)

    assert fresh(document).not_before == later


def test_a_posting_that_meets_the_kill_switch_waits_undoubted_and_goes_on_when_it_is_lifted(shop: Shop) -> None:
    """Nothing was sent, so nothing is asked of the ledger first; in the end the document stands there once."""
    person = User.objects.create_user("operator@house.test")
    door = door_for(shop.ledger)
    shop.books.before = lambda _request: door._refuse_while_stopped()
    (document,) = shop.plan()
    with acting(Actor(user=person, kind="operator")):
        stop = stops.stop_writes(tenant=shop.ledger.tenant, lasts=timedelta(hours=1), reason="sums are wrong")

    (held,) = posting.post(documents=[document], shown=shown(document)).results

    waiting = fresh(document)
    assert (held.verdict, waiting.state, waiting.problem_code) == (Verdict.WAITING, State.POSTING, "connection.writes_stopped")
    assert timedelta(0) < waiting.not_before - clock.now() <= timedelta(minutes=6)
    assert shop.books.documents == {}

    with acting(Actor(user=person, kind="operator")):
        stops.lift(stop=stop, reason="mended")
    outbox.drain()
    assert fresh(document).not_before is None

    again = fresh(document)
    (done,) = posting.post(documents=[again], shown=shown(again)).results
    assert done.verdict is Verdict.POSTED
    assert len(shop.books.documents) == 1
