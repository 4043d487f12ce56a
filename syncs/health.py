"""How each integration is, right now: when it last looked, when it looks next, what waits, and whether that is too long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q

from connections.models import Connection
from syncs.models import Due, Integration, SyncRun, SyncSchedule, WorkItem
from syncs.selectors import STUCK
from tenants import clock

AT_WORK = (SyncRun.State.QUEUED, SyncRun.State.RUNNING)
GOOD_ENDS = (SyncRun.State.SUCCEEDED, SyncRun.State.PARTLY)
MOVING = (WorkItem.State.READY, WorkItem.State.WAITING)
# Data are stale after twice the cadence somebody chose, and never before an hour.
LATE = 2
SHORTEST = timedelta(hours=1)
# A record that waits longer than this is worth a look, whatever it waits for.
LONG_WAIT = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Progress:
    """A run under way: how many of its records are through."""

    run: SyncRun
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Health:
    """One integration. `state` is good, working, stale, held, lost, paused or setting_up; the worst that holds."""

    integration: Integration
    state: str
    fresh_at: datetime | None
    last: SyncRun | None
    next_at: datetime | None
    stale_after: timedelta
    backlog: int
    oldest: datetime | None
    held: int
    progress: Progress | None
    lost: Connection | None

    @property
    def is_working(self) -> bool:
        return self.progress is not None


def health() -> list[Health]:
    """All integrations of the tenant, by name."""
    found = list(Integration.objects.select_related("source", "ledger").order_by("name"))
    facts = _Facts()
    return [facts.of(one) for one in found]


class _Facts:
    """Everything in a handful of queries, however many integrations there are."""

    def __init__(self) -> None:
        self.now = clock.now()
        listing = SyncRun.objects.filter(state__in=GOOD_ENDS, trigger__in=["schedule", "manual", "event", "demo"]).order_by()
        self.fresh = dict(listing.values_list("integration").annotate(at=Max("ended_at")))
        latest = list(
            SyncRun.objects.order_by().values_list("integration").annotate(latest=Max("id")).values_list("latest", flat=True)
        )
        self.last = {run.integration_id: run for run in SyncRun.objects.filter(pk__in=latest)}
        self.schedules = self._schedules()
        moving = Q(state__in=MOVING)
        rows = WorkItem.objects.filter(moving | Q(state__in=STUCK)).order_by().values("integration")
        self.items: dict[int, Any] = {
            row["integration"]: row
            for row in rows.annotate(
                moving=Count("id", filter=moving),
                held=Count("id", filter=Q(state__in=STUCK)),
                oldest=Min("created_at", filter=moving),
            )
        }
        self.working = {run.integration_id: run for run in SyncRun.objects.filter(state__in=AT_WORK).order_by("id")}

    @staticmethod
    def _schedules() -> dict[int, list[tuple[SyncSchedule, datetime | None]]]:
        enabled = list(SyncSchedule.objects.filter(enabled=True))
        due = dict(Due.objects.filter(schedule_id__in=[one.pk for one in enabled]).values_list("schedule_id", "next_at"))
        found: dict[int, list[tuple[SyncSchedule, datetime | None]]] = {}
        for one in enabled:
            found.setdefault(one.integration_id, []).append((one, due.get(one.pk)))
        return found

    def of(self, one: Integration) -> Health:
        schedules = self.schedules.get(one.pk, [])
        cadence = min((schedule.every_s for schedule, _at in schedules), default=86400)
        numbers: dict[str, Any] = self.items.get(one.pk, {"moving": 0, "held": 0, "oldest": None})
        lost = next((side for side in (one.source, one.ledger) if side.state == Connection.State.NEEDS_RECONNECT), None)
        stale_after = max(SHORTEST, timedelta(seconds=LATE * cadence))
        fresh = self.fresh.get(one.pk)
        made = Health(
            integration=one,
            state="",
            fresh_at=fresh,
            last=self.last.get(one.pk),
            next_at=min((at for _schedule, at in schedules if at), default=None),
            stale_after=stale_after,
            backlog=numbers["moving"],
            oldest=numbers["oldest"],
            held=numbers["held"],
            progress=self._progress(one),
            lost=lost,
        )
        return _with_state(made, self.now)

    def _progress(self, one: Integration) -> Progress | None:
        run = self.working.get(one.pk)
        if run is None:
            return None
        tally = WorkItem.objects.filter(run=run).aggregate(total=Count("id"), open=Count("id", filter=Q(state__in=MOVING)))
        return Progress(run, tally["total"] - tally["open"], tally["total"])


def _with_state(made: Health, now: datetime) -> Health:
    return replace(made, state=_state(made, now))


def _state(made: Health, now: datetime) -> str:
    if made.integration.state != Integration.State.ACTIVE:
        return str(made.integration.state)
    if made.lost is not None:
        return "lost"
    if is_stale(made, now):
        return "stale"
    if made.progress is not None:
        return "working"
    return "held" if made.held else "good"


def is_stale(made: Health, now: datetime) -> bool:
    """Whether nothing was looked at for longer than the cadence promises, or a record waits too long."""
    since = made.fresh_at or made.integration.created_at
    waits = made.oldest is not None and now - made.oldest > LONG_WAIT
    return now - since > made.stale_after or waits
