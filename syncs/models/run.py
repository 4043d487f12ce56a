"""Runs and the items they carry: state, retry and dead letter live on the item."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import TenantKey
from tenants.models import TenantOwned
from tenants.stamps import UpdatedField

from .flow import FlowVersion
from .integration import Integration
from .mapping import MappingVersion


class SyncRun(TenantOwned):
    """One execution of a flow over a set of work items. Pins the flow and mapping version it used."""

    prefix = "run"

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        WAITING = "waiting", _("Waiting")
        SUCCEEDED = "succeeded", _("Succeeded")
        PARTLY = "partly", _("Finished with held records")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Mode(models.TextChoices):
        LIVE = "live", _("Live")
        TEST = "test", _("Test")
        REPLAY = "replay", _("Replay")
        BACKFILL = "backfill", _("Back-fill")

    integration = TenantKey(Integration)
    stream = models.CharField(max_length=40)
    flow_version = TenantKey(FlowVersion)
    mapping_version = TenantKey(MappingVersion, null=True, blank=True)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.LIVE)
    trigger = models.CharField(max_length=20)  # schedule, manual, event, upload, demo
    schedule = TenantKey("syncs.SyncSchedule", null=True, blank=True, db_constraint=False)
    slot_at = models.DateTimeField(null=True, blank=True)
    dedupe_key = models.CharField(max_length=120, blank=True)
    replay_of = TenantKey("self", null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    # {"listed": 7, "downloaded": 7, "posted": 5, ...}: the bars people watch.
    counts = models.JSONField(default=dict)
    note = models.CharField(max_length=300, blank=True)
    # Why it failed, or waits: the note's problem, for whoever groups and translates it.
    problem_code = models.CharField(max_length=80, blank=True, db_default="")
    problem_params = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    correlation_id = models.CharField(max_length=40)
    not_before = models.DateTimeField(null=True, blank=True)
    locked_by = models.CharField(max_length=60, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    # When it last had a turn and was set down with more to do: of a tenant's runs the longest waiting goes on first.
    turn_at = models.DateTimeField(null=True, blank=True)
    # How often a worker died, or met a bug, on this run itself; after a few times it is left to a person.
    crashes = models.PositiveSmallIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    discovered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    updated_at = UpdatedField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "schedule", "slot_at"], condition=models.Q(schedule__isnull=False), name="run_once_per_slot"
            ),
            models.UniqueConstraint(
                fields=["tenant", "integration", "dedupe_key"],
                condition=models.Q(mode="live") & ~models.Q(dedupe_key=""),
                name="run_once_per_key",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="run_recent"),
            models.Index(fields=["tenant", "correlation_id"], name="run_by_correlation"),
            # What is not finished; the sweeper asks every tenant for it.
            models.Index(
                fields=["tenant", "not_before"],
                condition=models.Q(state__in=["queued", "waiting", "running"]),
                name="run_unfinished",
            ),
        ]


class WorkItem(TenantOwned):
    """One record on its way through a flow."""

    prefix = "itm"

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        WAITING = "waiting", _("Waiting")
        HELD = "held", _("Held")
        DONE = "done", _("Done")
        DEAD = "dead", _("Given up")
        CLOSED = "closed", _("Closed by hand")

    run = TenantKey(SyncRun)
    integration = TenantKey(Integration)
    # What the item is about: "settlement:12395580393:GBP", a report listing, an order id.
    record = models.CharField(max_length=200)
    flow_key = models.CharField(max_length=80)
    title = models.CharField(max_length=200, blank=True)
    step = models.CharField(max_length=80)
    # What the next step takes: ids and small facts only, never bodies.
    input = models.JSONField(default=dict)
    # hash of what each finished step made, by step name
    made = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    not_before = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    locked_by = models.CharField(max_length=60, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    problem_code = models.CharField(max_length=80, blank=True)
    problem_params = models.JSONField(default=dict)
    problem_where = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=120, blank=True)
    # When the problem it has now was met last.
    problem_at = models.DateTimeField(null=True, blank=True)
    # The trouble it belongs to, or last belonged to.
    case = TenantKey("syncs.Case", null=True, blank=True)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    updated_at = UpdatedField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "integration", "record", "flow_key"],
                condition=models.Q(state__in=["ready", "waiting", "held"]),
                name="work_item_open_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "run", "state"], name="work_item_of_run"),
            models.Index(fields=["tenant", "state", "not_before"], name="work_item_due"),
            # The next items to take, in order: a run with forty thousand items must not be sorted for every page.
            models.Index(
                fields=["tenant", "run", "id"], condition=models.Q(state__in=["ready", "waiting"]), name="work_item_next"
            ),
            models.Index(fields=["tenant", "fingerprint"], name="work_item_alike"),
            models.Index(fields=["tenant", "case"], condition=models.Q(case__isnull=False), name="work_item_of_case"),
        ]
