"""Keys of the partner API, what they have asked lately, and answers kept for who asks twice."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from tenants.fields import new_public_id
from tenants.partner.scopes import Scope

from .base import Shared, TenantOwned
from .people import Tenant


class ApiKey(Shared):
    """A key that a program logs in with. Global: the key is all that is known of who asks. Only its hash is kept."""

    public_id = models.CharField(max_length=40, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    # What may be shown of it: "tie_live_" and the last four characters.
    prefix = models.CharField(max_length=12)
    last4 = models.CharField(max_length=4)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # The key this one was rolled into: both work until the old one expires.
    rolled_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["tenant", "-id"], name="api_key_of_tenant")]

    def save(self, *args: object, **kwargs: object) -> None:
        self.public_id = self.public_id or new_public_id("key")
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def concerns(self) -> list[Tenant]:
        """Whose it is, for the operator console."""
        return [self.tenant]

    def holds(self, scope: Scope) -> bool:
        return scope.value in self.scopes

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last4}"


class ApiMeter(models.Model):
    """How often a key, and a company, have asked in the present window. Global: counted before the tenant is entered."""

    scope = models.CharField(max_length=40, primary_key=True)  # "key:<id>" or "tenant:<id>"
    window_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)


class ApiRequestKey(TenantOwned):
    """One Idempotency-Key and what became of it. `status` is empty while the first request is under way."""

    prefix = "irk"

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)  # of method, address and body
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    headers = models.JSONField(default=dict)
    held_until = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "api_key", "key"], name="api_request_key_once")]
        indexes = [models.Index(fields=["tenant", "expires_at"], name="api_request_key_expiry")]

    @classmethod
    def finished(cls) -> Q:
        return Q(status__isnull=False)
