"""Workers are shared fairly: a run goes on in turns, a tenant has so many seats, long steps have a queue of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from syncs import dispatch, seats, steps
from syncs.models import FlowVersion, Integration, SyncRun, WorkItem
from syncs.steps import Fate, ItemView, Step, StepOutcome
from tenants import clock
from tenants.scope import tenant_scope

Sent = list[tuple[str, list[int]]]
DOCUMENT = {
    "schema": "workflow/1",
    "key": "turns",
    "name": "Turns",
    "nodes": [
        {"id": "a", "type": "trigger.schedule", "v": 1, "name": "", "params": {}},
        {"id": "b", "type": "turn.light", "v": 1, "name": "", "params": {}},
        {"id": "c", "type": "turn.heavy", "v": 1, "name": "", "params": {}},
    ],
    "edges": [{"id": "1", "from": "a", "to": "b"}, {"id": "2", "from": "b", "to": "c"}],
}


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    messages: Sent = []
    monkeypatch.setattr(dispatch.current_app, "send_task", lambda name, args: messages.append((name, args)))
    return messages


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records by the step that carried them, as "light 1"."""
    done: list[str] = []

    def step(name: str) -> Callable[..., list[StepOutcome]]:
        def run(_ctx: Any, items: list[ItemView]) -> list[StepOutcome]:
            done.extend(f"{name} {item.record}" for item in items)
            return [StepOutcome(Fate.ONWARD) for _item in items]

        return run

    monkeypatch.setattr(steps, "_STEPS", dict(steps._STEPS))
    steps.register(Step("turn.light@1", "Light", "x", "x", step("light")))
    steps.register(Step("turn.heavy@1", "Heavy", "x", "x", step("heavy"), heavy=True))
    return done


def run_of(integration: Integration, records: int, stream: str = "s") -> SyncRun:
    """A run whose items are given to it, all at the first step."""
    flow = integration.flow_version.flow
    version = FlowVersion.objects.filter(flow=flow, number=2).first() or FlowVersion.objects.create(
        flow=flow, number=2, document=DOCUMENT, doc_hash="turns"
    )
    run: SyncRun = SyncRun.objects.create(
        integration=integration,
        stream=stream,
        flow_version=version,
        trigger="manual",
        correlation_id="c",
        discovered_at=clock.now(),
    )
    for number in range(records):
        WorkItem(
            run=run, integration=integration, record=f"{stream}{number}", flow_key="turns", step="turn.light@1"
        ).named().save(force_insert=True)
    return run


def test_a_run_is_set_down_when_its_turn_is_over_and_stands_behind_the_others(
    integration: Integration, settings: Any, carried: list[str], sent: Sent
) -> None:
    settings.RUN_TURN = timedelta(0)
    with tenant_scope(integration.tenant):
        run = run_of(integration, 3)
        assert dispatch.take_turn(run_id=run.pk)
        run.refresh_from_db()
        assert (run.state, run.locked_by, carried) == ("running", "", [])
        assert run.turn_at is not None
        assert sent == [("syncs.tasks.run", [integration.tenant_id, run.pk])]


def test_whoever_waited_longest_goes_on_first(integration: Integration, settings: Any, carried: list[str], sent: Sent) -> None:
    settings.RUN_TURN = timedelta(0)
    with tenant_scope(integration.tenant):
        first, second = run_of(integration, 2, "a"), run_of(integration, 2, "b")
        order = [first.pk]
        for _turn in range(5):
            dispatch.take_turn(run_id=order[-1])
            order.append(sent[-1][1][1])
    assert order == [first.pk, second.pk, first.pk, second.pk, first.pk, second.pk]


def test_heavy_steps_are_left_to_the_long_queue(integration: Integration, carried: list[str], sent: Sent) -> None:
    with tenant_scope(integration.tenant):
        run = run_of(integration, 2)
        dispatch.take_turn(run_id=run.pk)
        assert carried == ["light s0"]
        assert sent == [("syncs.tasks.run_long", [integration.tenant_id, run.pk])]

        dispatch.take_turn(run_id=run.pk)
        assert carried == ["light s0"], "a short worker touches no heavy step, whoever sent it"

        dispatch.take_turn(run_id=run.pk, heavy=True)
        assert carried == ["light s0", "heavy s0", "light s1", "heavy s1"]
        run.refresh_from_db()
    assert (run.state, run.counts) == ("succeeded", {"listed": 2, "done": 2, "turn.light@1": 2, "turn.heavy@1": 2})


def test_a_tenant_without_a_free_seat_waits_and_others_do_not(
    integration: Integration,
    another: Callable[[str], Integration],
    settings: Any,
    carried: list[str],
    sent: Sent,
    database_urls: dict[str, str],
) -> None:
    settings.TENANT_SEATS = 1
    other = another("Second Shop")
    with psycopg.connect(database_urls["app"], autocommit=True) as busy:
        busy.execute("SELECT pg_advisory_lock(%s, %s)", [seats._CLASS, integration.tenant_id])
        with tenant_scope(integration.tenant):
            run = run_of(integration, 1)
            assert not dispatch.take_turn(run_id=run.pk)
            assert (carried, sent) == ([], [])
        with tenant_scope(other.tenant):
            assert dispatch.take_turn(run_id=run_of(other, 1, "o").pk)
    assert carried == ["light o0"]
    with tenant_scope(integration.tenant):
        deadline = time.monotonic() + 30  # the server notices in its own time that a session has ended
        while not dispatch.take_turn(run_id=run.pk):
            assert time.monotonic() < deadline, "a session that ends leaves its seat"
            time.sleep(0.05)
    assert carried == ["light o0", "light s0"]


def test_whoever_gets_up_looks_for_what_found_no_seat(integration: Integration, carried: list[str], sent: Sent) -> None:
    with tenant_scope(integration.tenant):
        done, turned_away = run_of(integration, 0, "a"), run_of(integration, 1, "b")
        dispatch.take_turn(run_id=done.pk)
    assert sent == [("syncs.tasks.run", [integration.tenant_id, turned_away.pk])]


def test_a_run_that_waits_for_its_time_is_not_woken_before(integration: Integration, carried: list[str], sent: Sent) -> None:
    with tenant_scope(integration.tenant):
        run = run_of(integration, 1)
        WorkItem.objects.update(state="waiting", not_before=clock.now() + timedelta(hours=1))
        dispatch.take_turn(run_id=run.pk)
        run.refresh_from_db()
        assert (run.state, sent) == ("waiting", [])
        with clock.shifted(timedelta(hours=2)):
            assert dispatch.wake_next()
    assert sent == [("syncs.tasks.run", [integration.tenant_id, run.pk])]
