"""Webhooks we send: where to, signed with what, and what became of each event."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import TenantKey
from tenants.models import Event, TenantOwned
from tenants.stamps import UpdatedField


class WebhookEndpoint(TenantOwned):
    """An address of the customer's that is told of events of some types ("*" = all that are offered)."""

    prefix = "whe"

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        DISABLED = "disabled", _("Switched off")

    url = models.CharField(max_length=600)
    description = models.CharField(max_length=120, blank=True)
    types = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    disabled_reason = models.CharField(max_length=80, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Who sends to it just now, and until when nobody else may.
    locked_by = models.CharField(max_length=32, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    updated_at = UpdatedField()

    def __str__(self) -> str:
        return self.url

    def wants(self, type_: str) -> bool:
        return "*" in self.types or type_ in self.types


class WebhookSecret(TenantOwned):
    """A signing secret, sealed. After a rotation the one before signs too, until it expires."""

    prefix = "whs"

    endpoint = TenantKey(WebhookEndpoint, on_delete=models.CASCADE)
    generation = models.PositiveIntegerField()
    ciphertext = models.BinaryField()
    data_key = TenantKey("connections.TenantDataKey")
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "endpoint", "generation"], name="webhook_secret_once")]


class WebhookDelivery(TenantOwned):
    """One event for one endpoint. The row is the truth; a message to a worker only a wake-up."""

    prefix = "dlv"

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    endpoint = TenantKey(WebhookEndpoint, on_delete=models.CASCADE)
    event = TenantKey(Event)
    type = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_failure = models.CharField(max_length=40, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    updated_at = UpdatedField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "endpoint", "event"], name="webhook_delivery_once")]
        indexes = [
            models.Index(fields=["tenant", "not_before"], condition=models.Q(state="pending"), name="webhook_delivery_due"),
            models.Index(fields=["tenant", "endpoint", "-id"], name="webhook_delivery_log"),
        ]


class WebhookAttempt(TenantOwned):
    """One try: when, how long, what came back. Never what was sent; that is the event itself."""

    prefix = "wat"

    delivery = TenantKey(WebhookDelivery, on_delete=models.CASCADE)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    ms = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    failure = models.CharField(max_length=40, blank=True)
    said = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "delivery", "number"], name="webhook_attempt_of")]
