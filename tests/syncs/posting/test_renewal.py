"""A posting that waits for its connection goes on the moment the connection is renewed; one in doubt keeps its time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections.signals import renewed
from syncs.models import LedgerDocument
from tenants import clock
from tests.syncs.posting.conftest import Shop, fresh

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
