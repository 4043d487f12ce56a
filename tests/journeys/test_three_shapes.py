"""The same trade booked by journal, by deposit and order by order leaves the same books."""

from __future__ import annotations

import pytest

from reconciliation import ladders
from reconciliation.demo import job, people, shapes
from reconciliation.engine import RungState
from reconciliation.models import Settlement
from reconciliation.orders import clearing
from syncs.models import Integration, LedgerDocument, PostingAttempt, RevenueClaim
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small(monkeypatch):
    """The story of the demo with fewer orders; nothing else of it is changed."""
    for name, count in (("ORDERS_PLACED", 40), ("ON_ACCOUNT", 8), ("CHANGED", 6), ("CANCELLED", 3), ("REFUNDED", 6)):
        monkeypatch.setattr(shapes, name, count)


def test_three_shapes_leave_the_same_books(twins, small):
    people.logins(people.tenant())
    told: list[str] = []
    compared = shapes.run(told.append)
    assert compared.wrong == [], "\n".join([*told, *compared.wrong])
    assert (compared.orders, compared.refunds) == (37, 6)
    with tenant_scope(people.tenant()):
        each = Integration.objects.get(name="Meridian order by order")
        _what_changed_was_updated_and_what_was_cancelled_undone(each)
        _every_rung_is_equal()
        assert {residual.left for residual in clearing.residuals(each)} == {0}
        assert not RevenueClaim.objects.filter(holder="order", document=None).exists()
    again = shapes.run(told.append)
    assert (again.orders, again.refunds, again.wrong) == (37, 6, [])


def _what_changed_was_updated_and_what_was_cancelled_undone(each: Integration) -> None:
    done = PostingAttempt.objects.filter(document__ledger=each.ledger, phase="done", document__source_kind="order")
    assert done.filter(action="update").values("document").distinct().count() >= 6
    undone = LedgerDocument.objects.filter(ledger=each.ledger, source_kind="order", state="undone")
    assert undone.count() == 3


def _every_rung_is_equal() -> None:
    posted = [each for each in job.settlements() if each.shown_state == Settlement.State.POSTED]
    assert len(posted) == 3
    for settlement in posted:
        differing = [rung.name for rung in ladders.ladder(settlement).rungs if rung.state is RungState.DIFFERS]
        assert differing == [], settlement.settlement_id
