"""Partner API: schedules, how often each stream of an integration is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from syncs import schedules
from syncs.api.operations import OperationShown, accepted
from syncs.models import Due, SyncSchedule
from tenants.partner import fields, match
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Exact, Listing, Since, page
from tenants.partner.scopes import Scope

WEEK = 7 * 24 * 3600
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"


class ScheduleShown(serializers.Serializer):  # type: ignore[type-arg]
    """How often one stream is looked at, and when next."""

    example = {
        "id": "sch_01kav0zr4g8m2c6n9q3s7t5w1x", "integration": "int_01kav0zr4g8m2c6n9q3s7t5w1x", "stream": "settlements",
        "every_seconds": 21600, "at": None, "timezone": "Europe/London", "enabled": True, "next_run_at": "2026-11-20T18:00:17.000000Z",
        "created_at": "2026-11-02T09:16:00.000000Z", "updated_at": "2026-11-02T09:16:00.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    integration = serializers.CharField(source="integration.public_id")
    stream = serializers.CharField()
    every_seconds = serializers.IntegerField(source="every_s")
    at = serializers.SerializerMethodField(allow_null=True)
    timezone = serializers.CharField()
    enabled = serializers.BooleanField()
    next_run_at = serializers.SerializerMethodField(allow_null=True)
    created_at = fields.Moment()
    updated_at = fields.Moment()

    def get_at(self, schedule: SyncSchedule) -> str | None:
        minute = schedule.at_minute
        return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"

    def get_next_run_at(self, schedule: SyncSchedule) -> str | None:
        at: datetime | None = getattr(schedule, "next_at", None)
        return fields.utc(at) if at and schedule.runs else None


class ScheduleBody(fields.Body):
    example = {"every_seconds": 86400, "at": "06:00"}

    every_seconds = fields.Whole(required=False, min_value=60, max_value=WEEK)
    at = fields.Pattern(_TIME, required=False, allow_null=True, help_text="Local time of day, for whole days only.")
    timezone = fields.Text(required=False, min_length=1, max_length=64)
    enabled = fields.Flag(required=False)


LISTING = Listing(
    filters=(
        Exact("integration", "integration__public_id", "The id of an integration."),
        Exact("stream", "stream", "settlements, reference, ..."),
        Since(),
    )
)


def rows() -> QuerySet[SyncSchedule]:
    found: QuerySet[SyncSchedule] = SyncSchedule.objects.select_related("integration")
    return found


def with_next(found: Iterable[SyncSchedule]) -> list[SyncSchedule]:
    """Schedules with when each runs next, in one query."""
    listed = list(found)
    due = dict(Due.objects.filter(schedule_id__in=[one.pk for one in listed]).values_list("schedule_id", "next_at"))
    for one in listed:
        cast(Any, one).next_at = due.get(one.pk)
    return listed


def find(public_id: str) -> SyncSchedule:
    found: SyncSchedule = get_object_or_404(rows(), public_id=public_id)
    return with_next([found])[0]


def _settled(schedule: SyncSchedule) -> dict[str, Any]:
    """What an ETag of a schedule stands for: not when it runs next."""
    return {name: value for name, value in ScheduleShown(schedule).data.items() if name != "next_run_at"}


def _tagged(schedule: SyncSchedule) -> Response:
    return Response(ScheduleShown(schedule).data, headers={"ETag": match.etag_of(_settled(schedule))})


class Schedules(Door):
    tag = "Schedules"

    @operation(
        Scope.INTEGRATIONS_READ,
        "List schedules",
        "How often each stream of each integration is looked at.",
        answer=ScheduleShown,
        listing=LISTING,
    )
    def get(self, request: Request) -> Response:
        return page(request, rows(), LISTING, ScheduleShown, prepare=with_next)


class OneSchedule(Door):
    tag = "Schedules"

    @operation(Scope.INTEGRATIONS_READ, "Show a schedule", "One schedule. Comes with an ETag.", answer=ScheduleShown)
    def get(self, request: Request, schedule: str) -> Response:
        return _tagged(find(schedule))

    @operation(
        Scope.INTEGRATIONS_WRITE,
        "Change a schedule",
        "In force at once. A cadence without a time of day drops the time of day.",
        answer=ScheduleShown,
        body=ScheduleBody,
        match=True,
        once=MAY,
    )
    def patch(self, request: Request, schedule: str, given: dict[str, Any]) -> Response:
        with transaction.atomic():
            SyncSchedule.objects.select_for_update().filter(public_id=schedule).first()
            one = find(schedule)
            match.require_match(request, _settled(one))
            every, at = given.get("every_seconds"), given.get("at")
            if "at" in given and every is None:
                every = one.every_s
            schedules.set_cadence(
                schedule=one,
                every=None if every is None else timedelta(seconds=every),
                at=time.fromisoformat(at) if at else None,
                timezone=given.get("timezone"),
                enabled=given.get("enabled"),
            )
        return _tagged(find(schedule))


class RunSchedule(Door):
    tag = "Schedules"

    @operation(
        Scope.RUNS_WRITE,
        "Run a schedule now",
        "Looks now. Where a run of the same stream has not begun yet, that one is given: asking twice is asking once.",
        answer=OperationShown,
        status=202,
        once=MAY,
    )
    def post(self, request: Request, schedule: str) -> Response:
        one = find(schedule)
        return accepted(schedules.run_now(integration=one.integration, stream=one.stream, trigger="api"))


URLS = [
    address("schedules", Schedules, "schedules"),
    address("schedules/<pid:schedule>", OneSchedule, "schedule"),
    address("schedules/<pid:schedule>:run", RunSchedule, "schedule_run"),
]
