"""When a cadence is next due: grids that summer time does not shake, local times that follow the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db
SIX_HOURS, DAY, WEEK = 21600, 86400, 604800


def slots(every: int, at: int | None, zone: str, after: str, count: int = 1) -> list[str]:
    """The next `count` slots after a UTC moment, as UTC texts."""
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = []
    for _turn in range(count):
        with connection.cursor() as cursor:
            cursor.execute("SELECT syncs_next_slot(%s, %s, %s, %s)", [every, at, zone, moment])
            (moment,) = cursor.fetchone()
        found.append(moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M"))
    return found


def test_an_interval_stands_on_its_own_grid() -> None:
    assert slots(SIX_HOURS, None, "Europe/London", "2026-07-14T11:59:59") == ["2026-07-14 12:00"]
    assert slots(SIX_HOURS, None, "Europe/London", "2026-07-14T12:00:00") == ["2026-07-14 18:00"]


def test_a_daily_time_follows_the_wall_clock_into_and_out_of_summer_time() -> None:
    # London: clocks go forward on 29 March 2026 at 01:00 UTC, back on 25 October 2026.
    assert slots(DAY, 180, "Europe/London", "2026-03-27T12:00", 3) == ["2026-03-28 03:00", "2026-03-29 02:00", "2026-03-30 02:00"]
    assert slots(DAY, 180, "Europe/London", "2026-10-23T12:00", 3) == ["2026-10-24 02:00", "2026-10-25 03:00", "2026-10-26 03:00"]


def test_a_time_that_a_day_does_not_have_or_has_twice_comes_once() -> None:
    # New York skips 02:30 on 8 March 2026 and has 01:30 twice on 1 November 2026.
    assert slots(DAY, 150, "America/New_York", "2026-03-07T12:00", 2) == ["2026-03-08 07:30", "2026-03-09 06:30"]
    assert slots(DAY, 90, "America/New_York", "2026-10-31T12:00", 2) == ["2026-11-01 06:30", "2026-11-02 06:30"]


def test_every_seventh_day_is_a_week_apart() -> None:
    first, second = slots(WEEK, 540, "Australia/Sydney", "2026-07-14T00:00", 2)
    gap = datetime.fromisoformat(second) - datetime.fromisoformat(first)
    assert gap.days == 7
