"""Connections to accounts at providers, and the two global tables that route to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.contracts import Environment, ExternalAccount
from tenants.fields import CurrencyField, TenantKey
from tenants.models import Shared, Tenant, TenantOwned
from tenants.stamps import UpdatedField

from .vault import Grant


class Connection(TenantOwned):
    """One account at one provider: an Amazon seller in a region, a QuickBooks company."""

    prefix = "con"

    class State(models.TextChoices):
        ACTIVE = "active", _("Connected")
        PAUSED = "paused", _("Paused")
        NEEDS_RECONNECT = "needs_reconnect", _("Needs reconnect")
        DISCONNECTED = "disconnected", _("Disconnected")

    provider = models.CharField(max_length=40)
    environment = models.CharField(max_length=20, choices=[(e.value, e.value) for e in Environment])
    region = models.CharField(max_length=20, blank=True)
    external_account = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True)
    home_currency = CurrencyField(blank=True, default="")
    grant = TenantKey(Grant)
    state = models.CharField(max_length=20, choices=State.choices, default=State.ACTIVE)
    reason = models.CharField(max_length=80, blank=True)
    # Facts the account states about itself (marketplaces, company preferences); no secrets.
    facts = models.JSONField(default=dict)
    settings = models.JSONField(default=dict)
    last_good_call_at = models.DateTimeField(null=True, blank=True)
    last_tested_at = models.DateTimeField(null=True, blank=True)
    last_latency_ms = models.PositiveIntegerField(null=True, blank=True)
    reference_synced_at = models.DateTimeField(null=True, blank=True)
    # Set by a webhook: somebody changed reference data over there after we last read it.
    reference_stale_at = models.DateTimeField(null=True, blank=True)
    updated_at = UpdatedField()
    # Up to when we know what was written and changed in a ledger, and up to when also what was deleted there.
    changes_read_at = models.DateTimeField(null=True, blank=True)
    deletions_read_at = models.DateTimeField(null=True, blank=True)
    # Set by a webhook: a document of a kind that we write was changed over there after we last looked.
    changes_stale_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "provider", "environment", "external_account", "region"], name="connection_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ledger_name(self) -> str:
        """The account's own name in posting keys: it outlives integrations, flows and reconnects."""
        return ":".join(part for part in (self.provider, self.environment, self.region, self.external_account) if part)

    def account(self) -> ExternalAccount:
        return ExternalAccount(
            external_id=self.external_account,
            name=self.name,
            region=self.region,
            country=self.country,
            currency=self.home_currency,
            facts=self.facts,
        )


class OAuthState(Shared):
    """A consent under way. Global: the callback arrives before any tenant is known.

    Bound to browser session, user, tenant and provider; used once; short-lived. Holds a hash of the
    state value, never the value.
    """

    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=40)
    environment = models.CharField(max_length=20)
    region = models.CharField(max_length=20, blank=True)
    answers = models.JSONField(default=dict)
    # The connection being reconnected: consent for another company than its own is refused.
    reconnects = models.CharField(max_length=40, blank=True)
    return_to = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class AccountRoute(Shared):
    """Which tenant an external account belongs to. Global: webhooks arrive with nothing but the account,
    and the same ledger must not be active in two tenants."""

    provider = models.CharField(max_length=40)
    environment = models.CharField(max_length=20)
    region = models.CharField(max_length=20, blank=True)
    external_account = models.CharField(max_length=120)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    connection_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "environment", "region", "external_account"], name="account_route_once")
        ]
