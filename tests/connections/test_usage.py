"""The meter of calls: it counts every call exactly, warns in time, and keeps room for closing a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections import upkeep, usage
from connections.models import ApiCall, Connection, Grant, UsageDay
from connections.usage import Day
from tenants import clock
from tenants.charts import Column, bar_chart, nice_top
from tenants.models import Alert, Tenant
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def books(db: None) -> Iterator[Connection]:
    tenant = Tenant.objects.create(name="Oak Ltd")
    with tenant_scope(tenant), clock.frozen(NOON):
        grant = Grant.objects.create(provider="quickbooks_online", environment="twin", application="a", provider_user="u")
        yield Connection.objects.create(
            provider="quickbooks_online", environment="twin", external_account="1", name="Oak books", grant=grant,
            reference_synced_at=NOON - timedelta(days=9),
        )  # fmt: skip


def called(books: Connection, at: datetime, operation: str, method: str = "GET", count: int = 1, **more: Any) -> None:
    rows = [
        ApiCall(
            connection=books, provider=books.provider, operation=operation, method=method, url="https://x.test/", at=at,
            delete_after=at + timedelta(days=30), status=more.get("status", 200), failure=more.get("failure", ""), ms=100,
        ).named()
        for _n in range(count)
    ]  # fmt: skip
    ApiCall.objects.bulk_create(rows)


def test_reads_and_batches_are_metered_and_single_writes_are_not(books: Connection) -> None:
    called(books, NOON, "Account.query", count=30)
    called(books, NOON, "batch", "POST", count=5)
    called(books, NOON, "JournalEntry.create", "POST", count=7)
    called(books, NOON, "cdc", count=1, status=429, failure="throttled")
    found = usage.usage_of(books)
    assert found.meter is not None
    assert (found.today.calls, found.meter.used, found.today.throttled, found.today.failed) == (43, 36, 1, 1)
    assert [(row.name, row.calls, row.metered) for row in found.operations][:2] == [
        ("Account.query", 30, 30),
        ("JournalEntry.create", 7, 0),
    ]
    assert (found.meter.limit, found.meter.kept, found.meter.left) == (500_000, 50_000, 499_964)


def test_finished_days_stay_exact_after_their_calls_are_deleted(books: Connection) -> None:
    for back in range(20):
        called(books, NOON - timedelta(days=back), "Account.query", count=back + 1)
    called(books, datetime(2026, 11, 10, 23, 59, 59, tzinfo=UTC), "cdc")
    called(books, datetime(2026, 11, 11, 0, 0, 0, tzinfo=UTC), "cdc")
    before = usage.usage_of(books)
    assert usage.roll_up() == 19
    assert usage.usage_of(books).days == before.days
    assert usage.usage_of(books).operations == before.operations
    ApiCall.objects.filter(at__lt=NOON - timedelta(hours=12)).delete()
    after = usage.usage_of(books)
    assert after.days == before.days
    assert [(row.name, row.calls) for row in after.operations] == [(row.name, row.calls) for row in before.operations]
    assert sum(day.calls for day in after.days) == sum(range(1, 21)) + 2
    by_day = {day.day: day.calls for day in after.days}
    assert (by_day[date(2026, 11, 10)], by_day[date(2026, 11, 11)]) == (13, 12)


def test_counting_again_changes_nothing_and_takes_in_what_came_late(books: Connection) -> None:
    called(books, NOON - timedelta(days=2), "cdc")
    called(books, NOON - timedelta(days=1), "cdc")
    usage.roll_up()
    usage.roll_up()
    assert sum(row.calls for row in UsageDay.objects.all()) == 2
    called(books, NOON - timedelta(days=1), "cdc")
    usage.roll_up()
    assert sum(row.calls for row in UsageDay.objects.all()) == 3


def test_the_forecast_carries_the_last_weeks_pace_to_the_end_of_the_month(books: Connection) -> None:
    for back in range(1, 21):
        called(books, NOON - timedelta(days=back), "Account.query", count=10)
    called(books, NOON, "Account.query", count=4)
    found = usage.reading(books)
    assert found is not None
    # 200 in twenty finished days, 4 today and 6 more expected, nine days to come at 10 a day
    assert (found.used, found.forecast, found.days_left) == (204, 204 + 6 + 90, 9)


@given(st.lists(st.integers(0, 1000), max_size=20), st.integers(0, 1000))
def test_a_forecast_is_never_below_what_is_used(counts: list[int], today: int) -> None:
    last = date(2026, 11, 21)
    days = [Day(last - timedelta(days=len(counts) - n), metered=count) for n, count in enumerate(counts)]
    used = sum(counts) + today
    forecast = usage._forecast([*days, Day(last, metered=today)], used, last, 30)
    assert forecast >= used
    assert forecast <= used + 10 * max([*counts[-7:], today])


def limit(settings: Any, reads: int) -> None:
    table = {key: {name: dict(place) for name, place in places.items()} for key, places in settings.PROVIDERS.items()}
    table["quickbooks_online"]["twin"]["extra"] = {**table["quickbooks_online"]["twin"]["extra"], "metered_reads": str(reads)}
    settings.PROVIDERS = table


def test_seventy_per_cent_is_told_once_and_settled_next_month(books: Connection, settings: Any) -> None:
    limit(settings, 100)
    called(books, NOON, "cdc", count=69)
    usage.watch()
    assert [alert.problem_code for alert in Alert.objects.filter(state="open")] == ["usage.will_run_out"]
    called(books, NOON, "cdc", count=1)
    for _again in range(3):
        usage.watch()
    told = Alert.objects.get(state="open")
    assert (told.problem_code, told.count, told.problem_params["percent"]) == ("usage.running_out", 1, 70)
    with clock.frozen(datetime(2026, 12, 1, 12, tzinfo=UTC)):
        usage.watch()
    assert not Alert.objects.filter(state="open", problem_code="usage.running_out").exists()


def test_what_is_kept_for_closing_is_spent_on_nothing_else(books: Connection, settings: Any) -> None:
    limit(settings, 100)
    called(books, NOON, "cdc", count=89)
    assert upkeep.due_references() == [books]
    called(books, NOON, "cdc", count=1)
    assert usage.reading(books).state == "warns"  # type: ignore[union-attr]
    assert upkeep.due_references() == []
    with clock.frozen(datetime(2026, 12, 3, 12, tzinfo=UTC)):
        called(books, clock.now(), "cdc", count=95)
        assert upkeep.due_references() == [books], "the month is being closed"
    Connection.objects.update(reference_synced_at=None)
    assert upkeep.due_references() != [], "without accounts nothing works at all"


def test_a_chart_says_what_its_table_says() -> None:
    chart = bar_chart([Column("1 Nov", 40, "forty", part=10), Column("2 Nov", 0, "none"), Column("3 Nov", 20, "twenty")])
    heights = {(bar.title, bar.css): bar.height for bar in chart.bars}
    assert heights["forty", "chart-bar"] == 2 * heights["twenty", "chart-bar"] == 4 * heights["forty", "chart-part"]
    assert [tick.label for tick in chart.heights] == ["0", "20", "40"]
    assert all(bar.y + bar.height == pytest.approx(chart.floor, abs=0.2) for bar in chart.bars)


@given(st.integers(0, 10**9))
def test_the_top_of_a_chart_is_round_and_above(most: int) -> None:
    assert most <= nice_top(most) <= max(2, 2.5 * most + 1)
    assert nice_top(most) % 2 == 0
