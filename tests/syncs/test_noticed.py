"""A notice makes its stream look at once: by name for a few, by listing for many, and never in what is switched off."""

from __future__ import annotations

import pytest

from connections import inbound
from connections.models import InboundNotice
from syncs import noticed, schedules
from syncs.models import Integration, SyncRun, SyncSchedule
from syncs.runs import ORDERS, SETTLEMENTS
from tenants.scope import tenant_scope
from tests.syncs.schedules.conftest import integration  # noqa: F401 - a fixture


def tell(told: Integration, kind: str, count: int = 1, since: int = 0) -> None:
    rows = [
        InboundNotice(connection=told.source, provider_event_id=f"{kind}-{number}", kind=kind, external_id=str(number)).named()
        for number in range(since, since + count)
    ]
    InboundNotice.objects.bulk_create(rows)


def runs() -> list[tuple[str, str]]:
    return sorted(SyncRun.objects.values_list("stream", "trigger"))


@pytest.fixture
def follows(integration: Integration) -> Integration:  # noqa: F811
    with tenant_scope(integration.tenant_id):
        schedules.ensure_defaults(integration=integration)
        yield integration


def test_a_few_orders_are_read_by_name(follows: Integration) -> None:
    tell(follows, ORDERS, 3)
    assert inbound.hand_on(connection=follows.source) == {"waiting": 3}
    assert runs() == [(ORDERS, noticed.EVENT)]
    # More notices before that run has begun: the same run.
    tell(follows, ORDERS, 2, since=3)
    assert inbound.hand_on(connection=follows.source) == {"waiting": 5}
    assert runs() == [(ORDERS, noticed.EVENT)]


def test_many_orders_are_listed_instead(follows: Integration) -> None:
    tell(follows, ORDERS, noticed.BY_NAME + 1)
    assert inbound.hand_on(connection=follows.source) == {"done": noticed.BY_NAME + 1}
    assert runs() == [(ORDERS, noticed.BURST)]


def test_a_finished_settlement_is_listed_at_once(follows: Integration) -> None:
    tell(follows, SETTLEMENTS)
    assert inbound.hand_on(connection=follows.source) == {"done": 1}
    assert runs() == [(SETTLEMENTS, noticed.EVENT)]


def test_what_a_person_switched_off_is_not_begun(follows: Integration) -> None:
    SyncSchedule.objects.filter(stream=ORDERS).update(enabled=False)
    tell(follows, ORDERS)
    assert inbound.hand_on(connection=follows.source) == {"done": 1}
    Integration.objects.update(state=Integration.State.PAUSED)
    tell(follows, SETTLEMENTS)
    assert inbound.hand_on(connection=follows.source) == {"done": 1}
    assert runs() == []


def test_other_kinds_are_seen_and_ignored(follows: Integration) -> None:
    tell(follows, "feed_processing_finished", 2)
    assert inbound.hand_on(connection=follows.source) == {"ignored": 2}
    assert inbound.hand_on(connection=follows.source) == {}
    assert runs() == []
