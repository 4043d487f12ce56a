"""An integration pairs one source with one ledger and says how the books are to be kept."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from tenants.fields import TenantKey
from tenants.models import TenantOwned
from tenants.stamps import UpdatedField

from .flow import FlowVersion
from .mapping import MappingSet


class Integration(TenantOwned):
    """Amazon seller A into QuickBooks company B, for the marketplaces in scope ("*" = all)."""

    prefix = "int"

    class State(models.TextChoices):
        SETTING_UP = "setting_up", _("Being set up")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")

    class Shape(models.TextChoices):
        SUMMARY_JOURNAL = "summary_journal", _("Summary journal")
        ONE_DEPOSIT = "one_deposit", _("One bank deposit")
        INVOICE = "invoice", _("Invoice for the payout")
        DOCUMENTS = "documents", _("Sale, purchase and transfer")

    source = TenantKey(Connection)
    ledger = TenantKey(Connection)
    name = models.CharField(max_length=160)
    state = models.CharField(max_length=12, choices=State.choices, default=State.SETTING_UP)
    marketplace_scope = models.CharField(max_length=600, default="*")  # ids, comma between them
    starts_on = models.DateField(null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    posting_shape = models.CharField(max_length=20, choices=Shape.choices, default=Shape.SUMMARY_JOURNAL)
    split_months = models.BooleanField(default=True)
    autopost = models.BooleanField(default=False)
    # Everything the wizard asks beyond accounts: tax registrations, payout accounts per currency,
    # dimensions per marketplace, consolidation. Validated by syncs.mapping.validate.
    options = models.JSONField(default=dict)
    flow_version = TenantKey(FlowVersion)
    mapping_set = TenantKey(MappingSet)
    wizard_step = models.CharField(max_length=20, blank=True)
    paused_reason = models.CharField(max_length=120, blank=True)
    updated_at = UpdatedField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "ledger", "marketplace_scope"], name="integration_once")
        ]

    def __str__(self) -> str:
        return self.name


class Watermark(TenantOwned):
    """How far a stream has been listed; moved in the same commit as the work items it found."""

    prefix = "wmk"

    integration = TenantKey(Integration, on_delete=models.CASCADE)
    stream = models.CharField(max_length=40)
    cursor = models.TextField()
    overlap_s = models.PositiveIntegerField(default=300)
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "integration", "stream"], name="watermark_once")]
