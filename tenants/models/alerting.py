"""Who is told what, how and when: rules, people's own wishes, and every single message as a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import TenantKey

from .base import TenantOwned


class AlertRule(TenantOwned):
    """Which kinds of trouble go to whom. A company without a rule of its own has one that tells owners and administrators."""

    prefix = "rul"

    class Cadence(models.TextChoices):
        NOW = "now", _("At once")
        DAILY = "daily", _("Once a day")
        WEEKLY = "weekly", _("Once a week")

    class Format(models.TextChoices):
        SLACK = "slack", _("Slack and compatible (a text)")
        GENERIC = "generic", _("Any receiver (JSON with all facts)")

    name = models.CharField(max_length=80)
    kinds = models.JSONField(default=list)  # keys of tenants.alerting.kinds; empty = all
    roles = models.JSONField(default=list)
    emails = models.JSONField(default=list)
    webhook_url = models.CharField(max_length=500, blank=True)
    webhook_format = models.CharField(max_length=8, choices=Format.choices, default=Format.SLACK)
    cadence = models.CharField(max_length=6, choices=Cadence.choices, default=Cadence.NOW)
    enabled = models.BooleanField(default=True)


class AlertPreference(TenantOwned):
    """One person's own wishes about this company's letters; they narrow what the rules send, never widen it."""

    prefix = "prf"

    class Letters(models.TextChoices):
        AS_RULED = "as_ruled", _("As they come")
        DAILY = "daily", _("One letter a day, when there is news")
        WEEKLY = "weekly", _("One letter a week, when there is news")
        NEVER = "never", _("None")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    letters = models.CharField(max_length=8, choices=Letters.choices, default=Letters.AS_RULED)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="alert_preference_once")]


class AlertDelivery(TenantOwned):
    """One message to one receiver about one or several alerts. The row is the truth: it is sent when its time has come."""

    prefix = "dlv"

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")

    class News(models.TextChoices):
        RAISED = "raised", _("Trouble")
        RECOVERED = "recovered", _("Over again")
        TEST = "test", _("Test")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        NO_NEWS = "no_news", _("Over before it was due")

    rule = TenantKey(AlertRule, null=True, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    target = models.CharField(max_length=500)
    format = models.CharField(max_length=8, blank=True)
    news = models.CharField(max_length=10, choices=News.choices)
    alerts = models.JSONField(default=list)  # public ids
    digest = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # What is gathered for one receiver's next digest is one row.
            models.UniqueConstraint(
                fields=["tenant", "channel", "target"],
                condition=models.Q(digest=True, state="waiting"),
                name="alert_digest_gathers_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "not_before"], condition=models.Q(state="waiting"), name="alert_delivery_due"),
            models.Index(fields=["tenant", "-id"], name="alert_delivery_recent"),
        ]


class SavedView(TenantOwned):
    """A list's filters under a name, for one person: the query string of a page."""

    prefix = "viw"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "page", "name"], name="saved_view_once")]
