"""A slot is dispatched once, by whichever dispatcher comes first, and what was missed is caught up once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from kombu.exceptions import OperationalError

from syncs import beat, dispatch, schedules
from syncs.models import Due, Integration, SyncRun, SyncSchedule, WorkItem
from tenants import clock
from tenants.models import Alert, Tenant, User
from tenants.news import Actor, current_actor
from tenants.scope import current_tenant_id, tenant_scope
from tests.syncs.schedules.conftest import make_integration

SLOT = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """Messages that would have gone to the broker."""
    messages: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(dispatch.current_app, "send_task", lambda name, args, **_rest: messages.append((name, args)))
    return messages


def due_at(integration: Integration, slot: datetime, jitter: int = 60) -> SyncSchedule:
    """The integration's settlement schedule, due at this slot."""
    with tenant_scope(integration.tenant):
        schedule: SyncSchedule = SyncSchedule.objects.create(integration=integration, stream="settlements")
    Due.objects.filter(schedule_id=schedule.pk).update(next_at=slot + timedelta(seconds=jitter), jitter_s=jitter)
    return schedule


def runs(integration: Integration) -> list[SyncRun]:
    with tenant_scope(integration.tenant):
        return list(SyncRun.objects.order_by("pk"))


def at(moment: datetime) -> int:
    with clock.frozen(moment):
        return dispatch.dispatch_due()


def test_a_due_slot_becomes_one_run_and_one_message(integration: Integration, sent: list) -> None:
    schedule = due_at(integration, SLOT)
    assert at(SLOT + timedelta(seconds=59)) == 0
    assert at(SLOT + timedelta(seconds=61)) == 1
    assert at(SLOT + timedelta(seconds=62)) == 0

    (run,) = runs(integration)
    assert (run.schedule_id, run.slot_at, run.trigger, run.stream) == (schedule.pk, SLOT, "schedule", "settlements")
    assert (run.state, run.mode, run.flow_version_id) == ("queued", "live", integration.flow_version_id)
    assert run.public_id.startswith("run_")
    assert sent == [("syncs.tasks.run", [integration.tenant_id, run.pk])]
    assert Due.objects.get(schedule_id=schedule.pk).next_at == SLOT + timedelta(hours=6, seconds=60)


def test_slots_missed_while_nobody_dispatched_are_caught_up_once(integration: Integration) -> None:
    schedule = due_at(integration, SLOT)
    assert at(SLOT + timedelta(hours=26)) == 1
    assert at(SLOT + timedelta(hours=26, seconds=1)) == 0
    assert [run.slot_at for run in runs(integration)] == [SLOT]
    assert Due.objects.get(schedule_id=schedule.pk).next_at == SLOT + timedelta(hours=30, seconds=60)


def test_a_run_that_has_not_begun_is_not_queued_again(integration: Integration) -> None:
    due_at(integration, SLOT)
    assert at(SLOT + timedelta(minutes=2)) == 1
    assert at(SLOT + timedelta(hours=6, minutes=2)) == 0
    with tenant_scope(integration.tenant):
        SyncRun.objects.update(state=SyncRun.State.SUCCEEDED)
    assert at(SLOT + timedelta(hours=12, minutes=2)) == 1


def test_a_paused_integration_keeps_its_slots_moving_and_makes_no_runs(integration: Integration) -> None:
    schedule = due_at(integration, SLOT)
    with tenant_scope(integration.tenant):
        Integration.objects.update(state=Integration.State.PAUSED)
    assert at(SLOT + timedelta(minutes=2)) == 0
    assert Due.objects.get(schedule_id=schedule.pk).next_at > SLOT + timedelta(hours=5)


def test_every_run_belongs_to_its_own_tenant(integration: Integration, another: Callable[[str], Integration]) -> None:
    other = another("Second Shop")
    due_at(integration, SLOT)
    due_at(other, SLOT)
    assert at(SLOT + timedelta(minutes=2)) == 2
    assert len(runs(integration)) == len(runs(other)) == 1
    assert current_tenant_id() is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant', true)")
        assert cursor.fetchone() == ("",)


def test_a_broker_that_is_away_costs_only_time(integration: Integration, monkeypatch: pytest.MonkeyPatch, sent: list) -> None:
    def away(name: str, args: list[int]) -> None:
        raise OperationalError("no broker")

    due_at(integration, SLOT)
    take = dispatch.current_app.send_task
    monkeypatch.setattr(dispatch.current_app, "send_task", away)
    assert at(SLOT + timedelta(minutes=2)) == 1
    (run,) = runs(integration)

    monkeypatch.setattr(dispatch.current_app, "send_task", take)
    with clock.frozen(SLOT + timedelta(minutes=4)):
        assert dispatch.tenants_waiting() == [integration.tenant_id]
        with tenant_scope(integration.tenant):
            assert dispatch.sweep_runs() == 1
            assert dispatch.sweep_runs() == 0, "a message that was just sent is given time to arrive"
    assert sent == [("syncs.tasks.run", [integration.tenant_id, run.pk])]


def test_run_now_twice_is_one_run(integration: Integration, django_capture_on_commit_callbacks, sent: list) -> None:
    with tenant_scope(integration.tenant), django_capture_on_commit_callbacks(execute=True):
        first = schedules.run_now(integration=integration, stream="settlements")
        second = schedules.run_now(integration=integration, stream="settlements")
    assert first.pk == second.pk
    assert [args for name, args in sent if name == "syncs.tasks.run"] == [[integration.tenant_id, first.pk]] * 2


def test_a_stuck_run_and_nothing_else_is_swept(integration: Integration) -> None:
    with tenant_scope(integration.tenant):
        states = [("queued", None), ("waiting", SLOT), ("waiting", SLOT + timedelta(hours=2)), ("succeeded", None)]
        made = [schedules.run_now(integration=integration, stream=f"s{number}") for number in range(len(states))]
        for run, (state, not_before) in zip(made, states, strict=True):
            SyncRun.objects.filter(pk=run.pk).update(state=state, not_before=not_before, created_at=SLOT)
        with clock.frozen(SLOT + timedelta(hours=1)):
            assert sorted(dispatch._idle_runs()) == sorted(run.pk for run in made[:2])


def running(integration: Integration, **facts: object) -> SyncRun:
    """A run that a worker began an hour after the slot."""
    made = schedules.run_now(integration=integration, stream="settlements")
    SyncRun.objects.filter(pk=made.pk).update(state="running", started_at=SLOT, created_at=SLOT, **facts)
    return made


def test_a_run_whose_worker_died_is_woken_when_nobody_holds_it_or_its_items(integration: Integration, sent: list) -> None:
    with tenant_scope(integration.tenant):
        run = running(integration, discovered_at=SLOT)
        item = WorkItem.objects.create(
            run=run, integration=integration, record="r", flow_key="f", step="s", locked_until=SLOT + timedelta(hours=2)
        )
        sent.clear()
        with clock.frozen(SLOT + timedelta(hours=1)):
            assert dispatch.sweep_runs() == 0
        with clock.frozen(SLOT + timedelta(hours=3)):
            assert dispatch.sweep_runs() == 1
        WorkItem.objects.filter(pk=item.pk).update(state="done", locked_until=None)
        with clock.frozen(SLOT + timedelta(hours=4)):
            assert dispatch._forsaken_runs() == [run.pk], "died after the last item, before the run was concluded"


def test_a_run_that_kills_its_workers_is_left_to_a_person_after_three(integration: Integration, sent: list) -> None:
    with tenant_scope(integration.tenant):
        run = running(integration)
        for hour in range(1, 5):
            SyncRun.objects.filter(pk=run.pk).update(locked_until=SLOT + timedelta(hours=hour, minutes=-1))
            with clock.frozen(SLOT + timedelta(hours=hour)):
                dispatch.sweep_runs()
        run.refresh_from_db()
        assert (run.state, run.crashes) == ("failed", 3)
        assert Alert.objects.get().problem_code == "run.crashes"


def test_a_run_whose_flow_cannot_be_read_fails_with_the_reason(integration: Integration) -> None:
    with tenant_scope(integration.tenant):
        run = schedules.run_now(integration=integration, stream="settlements")
        SyncRun.objects.filter(pk=run.pk).update(flow_version=integration.flow_version)
        dispatch.carry_out(run=SyncRun.objects.get(pk=run.pk))
        run.refresh_from_db()
    assert run.state == "failed"
    assert "workflow/1" in run.note


def test_what_a_run_does_is_done_in_the_name_of_who_started_it(integration: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Actor] = []
    monkeypatch.setattr(dispatch.pipeline, "execute", lambda run, turn: seen.append(current_actor()))
    person = User.objects.create_user("ann@example.com", "a long enough password")
    with tenant_scope(integration.tenant):
        for user in (person, None):
            run = schedules.run_now(integration=integration, stream="settlements", user=user)
            SyncRun.objects.filter(pk=run.pk).update(state="succeeded")
            dispatch.carry_out(run=SyncRun.objects.get(pk=run.pk))
    assert [(actor.user, actor.kind) for actor in seen] == [(person, "person"), (None, "system")]
    assert all(actor.correlation_id for actor in seen)


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_never_send_the_same_slot_twice() -> None:
    integrations = [make_integration(f"Shop {number}") for number in range(12)]
    for integration in integrations:
        due_at(integration, SLOT)

    def dispatcher(_number: int) -> list[tuple[int, int]]:
        try:
            with clock.frozen(SLOT + timedelta(minutes=2)):
                return [pair for _turn in range(6) for pair in dispatch.claim_due(limit=3)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        claimed = [pair for pairs in pool.map(dispatcher, range(4)) for pair in pairs]
    assert len(claimed) == len(set(claimed)) == 12
    assert {tenant for tenant, _run in claimed} == set(Tenant.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_leaves_projections_alone_and_dispatches_from_the_index(sent: list) -> None:
    from config.celery import app

    integration = make_integration("Shop")
    due_at(integration, SLOT)
    scheduler = beat.DueScheduler(app=app, lazy=False)
    assert {"house:syncs.tasks.sweep", "house:tenants.mail_alerts", "house:connections.keep_alive"} <= set(scheduler.schedule)
    assert not [name for name in scheduler.schedule if name.startswith("sync:")]
    with clock.frozen(SLOT + timedelta(minutes=2)):
        assert scheduler.tick() <= 1.0
    assert [name for name, _args in sent] == ["syncs.tasks.run"]
