"""Events leave the outbox once and in order; news of recovery reaches only those who heard of the trouble."""

from __future__ import annotations

import pytest
from django.core import mail

from canonical.problems import Problem
from connections import errors
from tenants import alerts, outbox
from tenants.models import Event, Tenant
from tenants.news import alert, publish, settle_alerts


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    numbers: list[int] = []
    monkeypatch.setitem(outbox._subscribers, "test.happened", [lambda event: numbers.append(event.payload["n"])])
    return numbers


def test_each_event_is_delivered_once_and_in_order(tenant: Tenant, heard: list[int]) -> None:
    for number in range(3):
        publish("test.happened", tenant, n=number)
    publish("nobody.listens", tenant)
    assert outbox.drain() == 4
    assert outbox.drain() == 0
    assert heard == [0, 1, 2]
    assert not Event.objects.filter(delivered_at=None).exists()


def test_trouble_keeps_the_order(tenant: Tenant, heard: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_event: Event) -> None:
        raise TimeoutError

    publish("test.happened", tenant, n=1)
    publish("test.fails", tenant)
    publish("test.happened", tenant, n=2)
    with monkeypatch.context() as patch:
        patch.setitem(outbox._subscribers, "test.fails", [broken])
        with pytest.raises(TimeoutError):
            outbox.drain()
    assert heard == [1]
    assert outbox.drain() == 2
    assert heard == [1, 2]


@pytest.mark.parametrize("told", [True, False])
def test_recovery_is_told_to_those_who_heard_of_the_trouble(tenant: Tenant, told: bool) -> None:
    alert(Problem(errors.NEEDS_RECONNECT, {"provider": "Amazon", "reason": "revoked"}), tenant, fingerprint="reconnect:x")
    if told:
        alerts.mail_open_alerts(tenant=tenant)
    settle_alerts("reconnect:x")
    publish("connection.reconnected", tenant)
    outbox.drain()
    subjects = [letter.subject for letter in mail.outbox]
    assert subjects == (["Oak Ltd: 1 thing needs you", "Oak Ltd: it works again"] if told else [])
