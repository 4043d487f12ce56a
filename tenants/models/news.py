"""What happened, for whoever wants to know: the outbox, and the alerts raised from it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import TenantOwned


class Event(TenantOwned):
    """The outbox: a thin fact written in the transaction of the change itself.

    The only source of outbound webhooks, alerts, event triggers and live pages. `payload` holds ids
    and codes, never buyer data or secrets.
    """

    prefix = "evt"

    type = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "type", "created_at"], name="event_by_type"),
            models.Index(fields=["tenant", "id"], condition=models.Q(delivered_at__isnull=True), name="event_undelivered"),
        ]


class Alert(TenantOwned):
    """Something a person should know or do; one open alert per fingerprint, counted, never repeated."""

    prefix = "alr"

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")
        DISMISSED = "dismissed", _("Put aside")

    fingerprint = models.CharField(max_length=120)
    problem_code = models.CharField(max_length=80)
    problem_params = models.JSONField(default=dict)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    last_seen_at = models.DateTimeField(auto_now=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    # When it was settled who is told that it is over.
    over_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "fingerprint"], condition=models.Q(state="open"), name="alert_open_once")
        ]
