"""The vault: who let us in, and the sealed credential he gave us.

A Grant is what people may see of a credential (whose, since when, until when). The secret itself
lives in GrantSecret, sealed with the tenant's data key, which in turn is sealed with a key that
is not in the database. The operator console has no right on either secret table.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import TenantKey
from tenants.models import TenantOwned


class Grant(TenantOwned):
    """One authorisation by one provider user. Separate from Connection: one Xero user spans organisations."""

    prefix = "grt"

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        NEEDS_RECONNECT = "needs_reconnect", _("Needs reconnect")
        REVOKED = "revoked", _("Revoked")

    provider = models.CharField(max_length=40)
    environment = models.CharField(max_length=20)
    application = models.CharField(max_length=200)
    provider_user = models.CharField(max_length=200)
    # Rises with every stored token pair: a refresher that finds it risen uses what is there.
    generation = models.PositiveIntegerField(default=0)
    access_expires = models.DateTimeField(null=True, blank=True)
    refresh_expires = models.DateTimeField(null=True, blank=True)
    hard_expires = models.DateTimeField(null=True, blank=True)
    scopes = models.JSONField(default=list)
    state = models.CharField(max_length=20, choices=State.choices, default=State.ACTIVE)
    reason = models.CharField(max_length=80, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    # Who renews the tokens just now, and until when nobody else may try (connections/tokens.py).
    refreshing_by = models.CharField(max_length=32, blank=True)
    refreshing_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "provider", "environment", "application", "provider_user"], name="grant_once"
            )
        ]


class GrantSecret(TenantOwned):
    """The sealed tokens of a grant: AES-256-GCM with tenant, grant and generation as associated data."""

    prefix = "gsc"

    grant = TenantKey(Grant, on_delete=models.CASCADE)
    generation = models.PositiveIntegerField()
    ciphertext = models.BinaryField()
    # The pair before, kept until the new one has worked once: a lost answer must not lose the account.
    previous_ciphertext = models.BinaryField(null=True, blank=True)
    previous_generation = models.PositiveIntegerField(null=True, blank=True)
    data_key = TenantKey("connections.TenantDataKey")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "grant"], name="grant_secret_once")]


class TenantDataKey(TenantOwned):
    """A tenant's data key, wrapped with the key-encryption key `kek_id`; rotation re-wraps or replaces it."""

    prefix = "tdk"

    wrapped = models.BinaryField()
    kek_id = models.CharField(max_length=16)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], condition=models.Q(active=True), name="data_key_one_active")]
