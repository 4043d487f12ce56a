"""Settlements as stored: the header, and every row of the file."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.models import Connection, SourceDocument
from syncs.models import Integration
from tenants.fields import AmountField, CurrencyField, TenantKey
from tenants.models import TenantOwned
from tenants.models.base import TenantManager
from tenants.stamps import UpdatedField


class Settlement(TenantOwned):
    """One settlement in one currency at one revision. Its posting state is derived from its documents."""

    prefix = "set"

    class State(models.TextChoices):
        IMPORTING = "importing", _("Importing")
        REFUSED = "refused", _("Cannot be read")
        NEEDS_MAPPING = "needs_mapping", _("Needs mapping")
        NEEDS_REVIEW = "needs_review", _("Needs review")
        READY = "ready", _("Ready to post")
        POSTING = "posting", _("Posting")
        POSTED = "posted", _("Posted")
        PARTIALLY_POSTED = "partially_posted", _("Partially posted")
        CHANGED = "changed", _("Changed after posting")
        FAILED = "failed", _("Posting failed")
        NOTHING_TO_POST = "nothing_to_post", _("Nothing to post")
        EXCLUDED = "excluded", _("Excluded")
        SUPERSEDED = "superseded", _("Superseded")

    source = TenantKey(Connection)
    integration = TenantKey(Integration, null=True, blank=True)
    settlement_id = models.CharField(max_length=40)
    revision = models.PositiveSmallIntegerField(default=1)
    marketplace = models.CharField(max_length=60, blank=True)
    currency = CurrencyField()
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    deposit_at = models.DateTimeField(null=True, blank=True)
    header_total = AmountField(null=True, blank=True)
    line_total = AmountField(default=0)
    row_count = models.PositiveIntegerField(default=0)
    # What the classifier saw: [{"category": "sale", "rows": 12, "amount": "200.00"}], unknown triples apart.
    categories = models.JSONField(default=list)
    unclassified = models.JSONField(default=list)
    facts = models.JSONField(default=dict)  # format version, number and date style, encoding
    document = TenantKey(SourceDocument)
    supersedes = TenantKey("self", null=True, blank=True)
    # What the file itself says of its chain; compared with its neighbours.
    reserve_opening = AmountField(null=True, blank=True)
    reserve_closing = AmountField(null=True, blank=True)
    # Problems found while planning: [{"code", "params", "where", "severity"}].
    problems = models.JSONField(default=list)
    state = models.CharField(max_length=20, choices=State.choices, default=State.IMPORTING)
    lines_complete = models.BooleanField(default=False)
    excluded_reason = models.CharField(max_length=200, blank=True)
    updated_at = UpdatedField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "settlement_id", "currency", "revision"], name="settlement_once")
        ]
        indexes = [
            models.Index(fields=["tenant", "-deposit_at"], name="settlement_recent"),
            models.Index(fields=["tenant", "source", "period_start"], name="settlement_chain"),
            models.Index(fields=["tenant", "settlement_id"], name="settlement_by_number"),
        ]

    def __str__(self) -> str:
        return self.settlement_id


class SettlementLine(models.Model):
    """One component row, exactly as stated. Bulk table: identity is (settlement, ordinal), loaded by COPY.

    It has no foreign keys (they alone cost 1.7 times) and no row of its own in the admin.
    """

    pk = models.CompositePrimaryKey("tenant_id", "settlement_id", "ordinal")
    tenant_id = models.BigIntegerField()
    settlement_id = models.BigIntegerField()
    ordinal = models.PositiveIntegerField()
    line_no = models.PositiveIntegerField()
    transaction_type = models.TextField()
    amount_type = models.TextField()
    amount_description = models.TextField()
    category = models.TextField()
    amount = AmountField()
    posted_at = models.DateTimeField(null=True)
    marketplace = models.TextField()
    order_ref = models.TextField()
    item_ref = models.TextField()
    adjustment_ref = models.TextField()
    shipment_ref = models.TextField()
    sku = models.TextField()
    quantity = models.IntegerField(null=True)
    fulfillment = models.TextField()

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "order_ref"], name="settlement_line_by_order")]
