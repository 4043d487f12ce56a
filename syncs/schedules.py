"""How often each stream of an integration is looked at, and when next.

The SyncSchedule row is the truth; PeriodicTask and Due follow it by row triggers (migration 0005), so an
edit is in force the moment it is committed, by whatever way it was made. Slots stand on a fixed grid and
every schedule keeps its own small delay after the slot, so that tenants do not all knock at once.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.db import transaction

from canonical.problems import Problem, Refused, declare
from connections.registry import provider
from syncs import dispatch
from syncs.models import Due, Integration, SyncRun, SyncSchedule
from syncs.runs import CLEARING, ORDERS, PRODUCTS, REFERENCE, SETTLEMENTS, open_run
from tenants.news import audit

if TYPE_CHECKING:
    from tenants.models import User

# Settlements close every two weeks and Amazon allows a look every 45 s at best: four a day are plenty.
# A ledger's accounts are looked at daily, in the quiet of its own night; webhooks tell of changes sooner.
_DEFAULTS: dict[str, tuple[timedelta, time | None]] = {
    SETTLEMENTS: (timedelta(hours=6), None),
    REFERENCE: (timedelta(days=1), time(3, 0)),
}
# Amazon tells of changed orders; looking every hour as well repairs what was lost, within 20 calls an hour.
_OF_ORDERS: dict[str, tuple[timedelta, time | None]] = {
    ORDERS: (timedelta(hours=1), None),
    CLEARING: (timedelta(days=1), time(4, 0)),
}
_OF_PRODUCTS: dict[str, tuple[timedelta, time | None]] = {PRODUCTS: (timedelta(days=1), time(2, 0))}
SHORTEST, DAY = timedelta(minutes=15), timedelta(days=1)

TOO_OFTEN = declare(
    "schedule.too_often",
    "Every %(minutes)s minutes is more often than providers allow for.",
    "Choose every %(shortest)s minutes or less often.",
)
NOT_DAILY = declare(
    "schedule.not_daily",
    "A time of day goes with a cadence of whole days.",
    "Choose every day, or every n-th day, or leave the time of day out.",
)
NO_SUCH_ZONE = declare(
    "schedule.no_such_zone",
    "There is no time zone called %(zone)s.",
    "Choose one from the list, such as Europe/London.",
)


@transaction.atomic
def ensure_defaults(*, integration: Integration, enabled: bool = True) -> list[SyncSchedule]:
    """Give an integration the schedules it lacks; those it has stay as they are."""
    made = []
    wanted = _wanted(integration)
    for stream, (every, at) in wanted.items():
        schedule, _made = SyncSchedule.objects.get_or_create(
            integration=integration,
            stream=stream,
            defaults={
                "every_s": int(every.total_seconds()),
                "at_minute": _minute(at),
                "timezone": integration.timezone,
                "enabled": enabled,
            },
        )
        made.append(schedule)
    return made


def _wanted(integration: Integration) -> dict[str, tuple[timedelta, time | None]]:
    """The streams that this source has. Clearing is looked at where settlements take from it."""
    source = provider(integration.source.provider)
    wanted = dict(_DEFAULTS) | (_OF_ORDERS if source.order_source else {}) | (_OF_PRODUCTS if source.product_source else {})
    if source.source is None:
        wanted = {stream: cadence for stream, cadence in wanted.items() if stream not in (SETTLEMENTS, CLEARING)}
    return wanted


@transaction.atomic
def set_cadence(
    *,
    schedule: SyncSchedule,
    every: timedelta | None = None,
    at: time | None = None,
    timezone: str | None = None,
    enabled: bool | None = None,
) -> SyncSchedule:
    """Change how often, at which local time of day (whole days only), in which zone, and whether at all.

    Giving `every` without `at` drops a time of day. Raises Refused for a cadence that cannot be.
    """
    locked: SyncSchedule = SyncSchedule.objects.select_for_update().get(pk=schedule.pk)
    before = _facts(locked)
    if every is not None or at is not None:
        span = every if every is not None else timedelta(seconds=locked.every_s)
        _check_span(span, at)
        locked.every_s, locked.at_minute = int(span.total_seconds()), _minute(at)
    if timezone is not None:
        if timezone not in available_timezones():
            raise Refused(Problem(NO_SUCH_ZONE, {"zone": timezone}))
        locked.timezone = timezone
    if enabled is not None:
        locked.enabled = enabled
    after = _facts(locked)
    if before != after:
        locked.save()
        audit("schedule.changed", locked, before=before, after=after)
    return locked


def next_run(*, schedule: SyncSchedule) -> datetime | None:
    """When it runs next (aware UTC), its own delay included; None while it is switched off or its integration rests."""
    if not schedule.runs:
        return None
    found: datetime | None = Due.objects.filter(schedule_id=schedule.pk).values_list("next_at", flat=True).first()
    return found


@transaction.atomic
def run_now(
    *, integration: Integration, stream: str, trigger: str = "manual", user: User | None = None, mode: str = "live"
) -> SyncRun:
    """Look now. Where a run of the same stream has not begun yet, that one is returned: a double click is one click."""
    Integration.objects.select_for_update().get(pk=integration.pk)
    waiting = SyncRun.objects.filter(integration=integration, stream=stream, mode=mode, state=SyncRun.State.QUEUED)
    run: SyncRun | None = waiting.order_by("pk").first()
    if run is None:
        run = open_run(integration=integration, stream=stream, mode=mode, trigger=trigger, user=user)
    dispatch.wake(run)
    return run


def _check_span(span: timedelta, at: time | None) -> None:
    if span < SHORTEST:
        minutes = int(span.total_seconds() // 60)
        raise Refused(Problem(TOO_OFTEN, {"minutes": minutes, "shortest": int(SHORTEST.total_seconds() // 60)}))
    if at is not None and span % DAY:
        raise Refused(Problem(NOT_DAILY))


def _minute(at: time | None) -> int | None:
    return None if at is None else at.hour * 60 + at.minute


def _facts(schedule: SyncSchedule) -> dict[str, int | str | bool | None]:
    return {
        "every_s": schedule.every_s,
        "at_minute": schedule.at_minute,
        "timezone": schedule.timezone,
        "enabled": schedule.enabled,
    }
