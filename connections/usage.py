"""How much is asked of each connection, against what it may be asked.

Every call that leaves is a row of the log (ApiCall). Rows are deleted after a month, so finished days are
kept as counts (UsageDay); today is counted from the log itself. Both count rows, neither estimates, so the
meter says what was sent.

A provider that meters by the month would refuse everything once the allowance is used, most likely while a
month is being closed. So a tenth is kept for closing: from there on what can wait waits.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Avg, Count, Max, Min, Q, Sum
from django.db.models.functions import TruncDate

from canonical.problems import N_, Problem, Refused, Severity, declare
from connections import registry
from connections.contracts import Meter
from connections.models import ApiCall, Connection, UsageDay
from tenants.clock import now
from tenants.models import Alert
from tenants.news import alert, settle_alerts

KEPT_FOR_CLOSING = 10  # per cent of the allowance
WARN_AT = 70  # per cent
RECENT = 7  # finished days a forecast looks at
# The days in which last month is closed: what was kept is for them.
CLOSING_ENDS = 5

RUNNING_OUT = declare(
    "usage.running_out",
    N_("%(percent)s %% of this month's reads of %(name)s are used (%(used)s of %(limit)s)."),
    N_("Look less often (Schedules), or ask whoever runs Tieout for a larger share. A tenth is kept for closing the month."),
    Severity.WARNS,
)
WILL_RUN_OUT = declare(
    "usage.will_run_out",
    N_("At this pace the reads of %(name)s end before the month does: %(forecast)s expected, %(limit)s allowed."),
    N_("Look less often (Schedules). Posting is not stopped by this: single writes are not counted."),
    Severity.WARNS,
)


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day of one connection."""

    day: date
    calls: int = 0
    metered: int = 0
    throttled: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of call, this month."""

    name: str
    calls: int
    metered: int
    throttled: int
    failed: int
    average_ms: int | None


@dataclass(frozen=True, slots=True)
class MeterReading:
    """Where the month's allowance stands. `everyday` is the allowance without what is kept for closing."""

    meter: Meter
    limit: int
    used: int
    forecast: int
    days_left: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def kept(self) -> int:
        return self.limit * KEPT_FOR_CLOSING // 100

    @property
    def everyday(self) -> int:
        return self.limit - self.kept

    @property
    def percent(self) -> int:
        """Whole per cent used, rounded down: 100 means that nothing is left."""
        return min(100, self.used * 100 // self.limit) if self.limit else 100

    @property
    def forecast_percent(self) -> int:
        return self.forecast * 100 // self.limit if self.limit else 100

    @property
    def state(self) -> str:
        """ "blocks" when used up, "warns" from 70 per cent or when the forecast eats what is kept, else "good"."""
        if self.used >= self.limit:
            return "blocks"
        return "warns" if self.percent >= WARN_AT or self.forecast > self.everyday else "good"


@dataclass(frozen=True, slots=True)
class Usage:
    """One connection's page: days oldest first, operations by how often they were called, the meter if there is one."""

    connection: Connection
    days: list[Day]
    operations: list[Operation] = field(default_factory=list)
    meter: MeterReading | None = None

    @property
    def today(self) -> Day:
        return self.days[-1]

    @property
    def month(self) -> int:
        """Calls since the first of the month."""
        return sum(day.calls for day in self.days if day.day >= self.days[-1].day.replace(day=1))


# ------------------------------------------------------------------ counting


def roll_up() -> int:
    """Keep the counts of finished days of this tenant's connections. Safe to repeat. Returns how many days were counted."""
    today = _today()
    counted = 0
    for connection in Connection.objects.order_by("pk"):
        first = _first_uncounted(connection)
        for day in _days(first, today - timedelta(days=1)) if first else ():
            _keep(connection, day)
            counted += 1
    return counted


def _first_uncounted(connection: Connection) -> date | None:
    """The day after the last counted one; it is counted once more, in case a call was logged late."""
    last: date | None = UsageDay.objects.filter(connection=connection).aggregate(last=Max("day"))["last"]
    if last is not None:
        return last
    begun: datetime | None = ApiCall.objects.filter(connection=connection).aggregate(first=Min("at"))["first"]
    return begun.astimezone(UTC).date() if begun else None


def _keep(connection: Connection, day: date) -> None:
    rows = [
        UsageDay(connection=connection, day=day, operation=row.pop("operation"), **row).named()
        for row in _counts(connection, day)
    ]
    changed = ["calls", "metered", "throttled", "failed"]
    keys = ["tenant", "connection", "day", "operation"]
    UsageDay.objects.bulk_create(rows, update_conflicts=True, update_fields=changed, unique_fields=keys)
    if not rows:  # a day without calls is counted too
        UsageDay.objects.get_or_create(connection=connection, day=day, operation="")


def _counts(connection: Connection, day: date) -> list[dict[str, Any]]:
    begin = datetime.combine(day, time(), UTC)
    calls = ApiCall.objects.filter(connection=connection, at__gte=begin, at__lt=begin + timedelta(days=1))
    rows: Any = calls.order_by().values("operation").annotate(**_tally(meter_of(connection)))
    return list(rows)


def _tally(meter: Meter | None) -> dict[str, Count]:
    metered = Q(method__in=meter.methods) | Q(operation__in=meter.operations) if meter else Q(pk__isnull=True)
    return {
        "calls": Count("pk"),
        "metered": Count("pk", filter=metered),
        "throttled": Count("pk", filter=Q(status=429)),
        "failed": Count("pk", filter=~Q(failure="")),
    }


def meter_of(connection: Connection) -> Meter | None:
    return registry.provider(connection.provider).info.meter


def days_of(connection: Connection, *, since: date) -> list[Day]:
    """Every UTC day from `since` to today: counted ones from their counts, the others from the log."""
    known = {day: Day(day) for day in _days(since, _today())}
    last = UsageDay.objects.filter(connection=connection).aggregate(last=Max("day"))["last"] or date.min
    for row in (
        UsageDay.objects.filter(connection=connection, day__gte=since, day__lte=last)
        .order_by()
        .values("day")
        .annotate(calls_=Sum("calls"), metered_=Sum("metered"), throttled_=Sum("throttled"), failed_=Sum("failed"))
    ):
        known[row["day"]] = Day(row["day"], row["calls_"], row["metered_"], row["throttled_"], row["failed_"])
    begin = datetime.combine(max(since, last + timedelta(days=1)) if last > date.min else since, time(), UTC)
    fresh: Any = ApiCall.objects.filter(connection=connection, at__gte=begin).annotate(day=TruncDate("at", tzinfo=UTC))
    for live in fresh.order_by().values("day").annotate(**_tally(meter_of(connection))):
        known[live["day"]] = Day(live["day"], live["calls"], live["metered"], live["throttled"], live["failed"])
    return [known[day] for day in sorted(known)]


def operations_of(connection: Connection, *, since: date) -> list[Operation]:
    """Calls by operation since a day, the most frequent first."""
    found: dict[str, list[int]] = {}
    last = UsageDay.objects.filter(connection=connection).aggregate(last=Max("day"))["last"] or date.min
    for row in UsageDay.objects.filter(connection=connection, day__gte=since, day__lte=last).exclude(operation=""):
        _add(found, row.operation, (row.calls, row.metered, row.throttled, row.failed))
    begin = datetime.combine(max(since, last + timedelta(days=1)) if last > date.min else since, time(), UTC)
    calls: Any = ApiCall.objects.filter(connection=connection, at__gte=begin).order_by().values("operation")
    for entry in calls.annotate(**_tally(meter_of(connection))):
        _add(found, entry["operation"], (entry["calls"], entry["metered"], entry["throttled"], entry["failed"]))
    recent = ApiCall.objects.filter(connection=connection, at__gte=now() - timedelta(days=1)).order_by().values("operation")
    speed = dict(recent.annotate(ms_=Avg("ms")).values_list("operation", "ms_"))
    rows = [
        Operation(name, calls_, metered, throttled, failed, round(speed[name]) if speed.get(name) is not None else None)
        for name, (calls_, metered, throttled, failed) in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.calls, row.name))


def _add(found: dict[str, list[int]], name: str, numbers: Iterable[int]) -> None:
    found[name] = [a + b for a, b in zip(found.get(name, [0, 0, 0, 0]), numbers, strict=True)]


# ------------------------------------------------------------------ the meter


def usage_of(connection: Connection) -> Usage:
    """Everything the page says about one connection: at least 31 days, and all of this month."""
    today = _today()
    month = today.replace(day=1)
    days = days_of(connection, since=min(month, today - timedelta(days=30)))
    return Usage(connection, days, operations_of(connection, since=month), reading(connection, days))


def reading(connection: Connection, days: list[Day] | None = None) -> MeterReading | None:
    """Where this connection's monthly allowance stands; None where nobody meters by the month."""
    meter = meter_of(connection)
    if meter is None:
        return None
    today = _today()
    month = today.replace(day=1)
    known = days or days_of(connection, since=min(month, today - timedelta(days=RECENT)))
    used = sum(day.metered for day in known if day.day >= month)
    last = calendar.monthrange(today.year, today.month)[1]
    return MeterReading(meter, _limit(connection, meter), used, _forecast(known, used, today, last), last - today.day)


def _limit(connection: Connection, meter: Meter) -> int:
    """The allowance, or the share of it that this installation gives each account."""
    try:
        share = registry.endpoints(connection.provider, connection.environment).extra.get(meter.share, "")
    except Refused:  # not offered here any more
        share = ""
    return int(share) if share.isdigit() and int(share) > 0 else meter.limit


def _forecast(days: list[Day], used: int, today: date, last: int) -> int:
    """Used so far, and the recent pace for the rest of the month; today counts for what it has had already."""
    begun = next((place for place, day in enumerate(days) if day.metered), 0)  # before that it was not connected
    finished = [day.metered for day in days[begun:] if day.day < today][-RECENT:]
    spent_today = next((day.metered for day in days if day.day == today), 0)
    if not finished:
        pace = spent_today
    else:
        pace = -(-sum(finished) // len(finished))  # rounded up
    return used + max(0, pace - spent_today) + pace * (last - today.day)


def may_spend_idly(connection: Connection) -> bool:
    """Whether reads that can wait may be made: not once only what is kept for closing is left, unless it is being closed."""
    found = reading(connection)
    if found is None or found.used < found.everyday:
        return True
    return _today().day <= CLOSING_ENDS and found.used < found.limit


def watch() -> int:
    """Raise or settle the alerts about running out, for each of the tenant's connections. Returns how many are open."""
    raised = 0
    for connection in Connection.objects.exclude(state=Connection.State.DISCONNECTED).order_by("pk"):
        found = reading(connection)
        raised += _tell(connection, found) if found else 0
    return raised


def _tell(connection: Connection, found: MeterReading) -> int:
    month = f"{_today():%Y-%m}"
    marks = {RUNNING_OUT: f"usage:{connection.public_id}", WILL_RUN_OUT: f"usage-forecast:{connection.public_id}"}
    facts: dict[str, str | int] = {
        "name": connection.name, "used": found.used, "limit": found.limit, "percent": found.percent,
        "forecast": found.forecast, "month": month,
    }  # fmt: skip
    wanted = RUNNING_OUT if found.percent >= WARN_AT else WILL_RUN_OUT if found.forecast > found.limit else ""
    for code, mark in marks.items():
        if code == wanted:
            told = Alert.objects.filter(fingerprint=mark, state=Alert.State.OPEN)
            if not told.update(problem_params=facts, last_seen_at=now()):
                alert(Problem(code, facts), connection, fingerprint=mark)
        else:
            settle_alerts(mark)
    return bool(wanted)


def _today() -> date:
    return now().astimezone(UTC).date()


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
