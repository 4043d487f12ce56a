"""What time it is. Everything that needs the time asks `now()`, so that a test or a demo can live elsewhere in time.

The offset comes from the setting `CLOCK_OFFSET` (seconds) and, inside `shifted()` or `frozen()`,
from the test. Database defaults and PostgreSQL's own now() stay on the real clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

_offset: ContextVar[timedelta] = ContextVar("clock_offset", default=timedelta())
_frozen: ContextVar[datetime | None] = ContextVar("clock_frozen", default=None)


def now() -> datetime:
    """The present moment, aware, UTC."""
    held = _frozen.get()
    if held is not None:
        return held
    return datetime.now(UTC) + timedelta(seconds=settings.CLOCK_OFFSET) + _offset.get()


def today(zone: str) -> date:
    """The calendar date in a named zone: accounting dates are the integration's, never the server's."""
    return now().astimezone(ZoneInfo(zone)).date()


def local_date(moment: datetime, zone: str) -> date:
    """The calendar date of a moment in a named zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def start_of(day: date, zone: str) -> datetime:
    """The moment a calendar date begins in a named zone."""
    return datetime.combine(day, time.min, ZoneInfo(zone))


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Live `by` later (or earlier) for a while; shifts add up."""
    token = _offset.set(_offset.get() + by)
    try:
        yield
    finally:
        _offset.reset(token)


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold the clock at an aware moment."""
    if at.tzinfo is None:
        raise ValueError("the clock needs an aware moment")
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
