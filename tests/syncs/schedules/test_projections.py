"""PeriodicTask and Due follow the schedule's row, whoever writes it and however."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django_celery_beat.models import PeriodicTask

from canonical.problems import Refused
from syncs import schedules
from syncs.models import Due, Integration, SyncSchedule
from tenants.models import AuditEvent
from tenants.scope import tenant_scope


def task_of(schedule: SyncSchedule) -> PeriodicTask:
    return PeriodicTask.objects.select_related("interval", "crontab").get(name=f"sync:{schedule.pk}")


def test_a_new_integration_gets_its_default_schedules_once(integration: Integration) -> None:
    with tenant_scope(integration.tenant):
        made = schedules.ensure_defaults(integration=integration)
        schedules.set_cadence(schedule=made[0], every=timedelta(hours=2))
        again = schedules.ensure_defaults(integration=integration)
    assert [(each.stream, each.every_s, each.at_minute) for each in made] == [
        ("settlements", 21600, None),
        ("reference", 86400, 180),
        ("orders", 3600, None),
        ("clearing", 86400, 240),
    ]
    assert [each.every_s for each in again] == [7200, 86400, 3600, 86400]


def test_a_schedule_appears_as_a_periodic_task_and_in_the_index(integration: Integration) -> None:
    with tenant_scope(integration.tenant):
        every, daily, *_orders = schedules.ensure_defaults(integration=integration)
        due = schedules.next_run(schedule=every)
    assert task_of(every).interval.every == 21600
    assert task_of(every).args == f"[{integration.tenant_id}, {every.pk}]"
    assert (task_of(daily).crontab.hour, task_of(daily).crontab.minute) == ("3", "0")
    assert str(task_of(daily).crontab.timezone) == "Europe/London"
    now = datetime.now(UTC)
    assert due is not None
    assert now < due <= now + timedelta(hours=7)


def test_the_next_run_stands_on_the_grid_plus_the_schedules_own_delay(integration: Integration) -> None:
    with tenant_scope(integration.tenant):
        every, *_others = schedules.ensure_defaults(integration=integration)
    row = Due.objects.get(schedule_id=every.pk)
    slot = row.next_at - timedelta(seconds=row.jitter_s)
    assert 0 <= row.jitter_s < 3600
    assert (slot.hour % 6, slot.minute, slot.second) == (0, 0, 0)


def test_switching_off_and_on_by_any_way_is_followed_at_once(integration: Integration) -> None:
    with tenant_scope(integration.tenant):
        every, *_others = schedules.ensure_defaults(integration=integration)
        jitter = Due.objects.get(schedule_id=every.pk).jitter_s

        SyncSchedule.objects.filter(pk=every.pk).update(enabled=False)
        assert not Due.objects.filter(schedule_id=every.pk).exists()
        assert not task_of(every).enabled
        assert schedules.next_run(schedule=every) is None

        schedules.set_cadence(schedule=every, enabled=True)
        assert Due.objects.get(schedule_id=every.pk).jitter_s == jitter
        assert task_of(every).enabled


def test_a_new_cadence_moves_the_next_run_and_an_unrelated_edit_does_not(integration: Integration) -> None:
    with tenant_scope(integration.tenant):
        every, *_others = schedules.ensure_defaults(integration=integration)
        Due.objects.filter(schedule_id=every.pk).update(next_at=datetime(2020, 1, 1, tzinfo=UTC))
        every.save()
        assert Due.objects.get(schedule_id=every.pk).next_at.year == 2020

        schedules.set_cadence(schedule=every, every=timedelta(days=1), at=time(7, 30), timezone="America/New_York")
        assert Due.objects.get(schedule_id=every.pk).next_at.year != 2020
        assert (task_of(every).crontab.hour, task_of(every).crontab.minute) == ("7", "30")
        assert task_of(every).interval is None
        assert AuditEvent.objects.get(action="schedule.changed").after["at_minute"] == 450


def test_a_deleted_schedule_leaves_nothing_behind(integration: Integration) -> None:
    with tenant_scope(integration.tenant):
        every, *_others = schedules.ensure_defaults(integration=integration)
        pk = every.pk
        every.delete()
    assert not Due.objects.filter(schedule_id=pk).exists()
    assert not PeriodicTask.objects.filter(name=f"sync:{pk}").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"every": timedelta(minutes=5)}, "schedule.too_often"),
        ({"every": timedelta(hours=6), "at": time(3, 0)}, "schedule.not_daily"),
        ({"timezone": "Mars/Olympus"}, "schedule.no_such_zone"),
    ],
)
def test_a_cadence_that_cannot_be_is_refused_with_a_remedy(integration: Integration, change: dict, code: str) -> None:
    with tenant_scope(integration.tenant):
        every, *_others = schedules.ensure_defaults(integration=integration)
        with pytest.raises(Refused) as refused:
            schedules.set_cadence(schedule=every, **change)
    assert refused.value.problems[0].code == code
    assert refused.value.problems[0].remedy()
