"""Orders and refunds as the pages and the claims know them: one row each, over the versions kept as canonical records."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from syncs.models import CanonicalRecord, Integration
from tenants.fields import AmountField, CurrencyField, TenantKey
from tenants.models import TenantOwned
from tenants.stamps import UpdatedField


class Order(TenantOwned):
    """An order of one source. What it is now is its current canonical record; here is what lists and sums need.

    `state` says what its integration makes of it; whether its document stands in the ledger is read from
    the document, as for settlements (reconciliation.orders.state).
    """

    prefix = "ord"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")  # not shipped, or not due to be posted yet
        SYNCED = "synced", _("Synced")  # kept, and not posted one by one
        READY = "ready", _("Ready")
        HELD = "held", _("Held")
        IN_SETTLEMENT = "in_settlement", _("In its settlement")  # a settlement booked its revenue first
        NOTHING_TO_POST = "nothing", _("Nothing to post")  # cancelled before it was posted, or free of charge
        POSTED = "posted", _("Posted")
        CANCELLED = "cancelled", _("Cancelled")

    source = TenantKey(Connection)
    integration = TenantKey(Integration, null=True, blank=True)
    record = TenantKey(CanonicalRecord)
    order_id = models.CharField(max_length=64)
    # What people call it, where the source has a number besides its id; how it is paid, and what has come of it.
    number = models.CharField(max_length=64, blank=True, default="")
    method = models.CharField(max_length=60, blank=True, default="")
    paid = AmountField(null=True, blank=True)
    status = models.CharField(max_length=16)
    stated_status = models.CharField(max_length=40)
    purchased_at = models.DateTimeField()
    source_updated_at = models.DateTimeField()
    # When it was first seen as shipped, where no parcel tells (Amazon's own fulfilment names none).
    shipped_at = models.DateTimeField(null=True, blank=True)
    currency = CurrencyField()
    gross = AmountField()
    stated_total = AmountField(null=True, blank=True)
    marketplace = models.CharField(max_length=80, blank=True)
    fulfilled_by = models.CharField(max_length=12)
    state = models.CharField(max_length=14, choices=State.choices, default=State.SYNCED)
    problem_code = models.CharField(max_length=80, blank=True)
    problem_params = models.JSONField(default=dict)
    # When all is shipped or cancelled, refunded and settled, and what was left over has its place.
    closed_at = models.DateTimeField(null=True, blank=True)
    updated_at = UpdatedField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "source", "order_id"], name="order_once")]
        indexes = [
            models.Index(fields=["tenant", "-purchased_at", "-id"], name="order_by_day"),
            models.Index(fields=["tenant", "state", "-purchased_at"], name="order_by_state"),
            models.Index(fields=["tenant", "order_id"], name="order_by_number"),
            models.Index(fields=["tenant", "source_updated_at"], name="order_by_change"),
            models.Index(fields=["tenant", "integration", "method", "purchased_at"], name="order_by_method"),
        ]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        """The number that people know it by."""
        return str(self.number or self.order_id)


class Refund(TenantOwned):
    """Money given back on an order. `refund_id` is what settlement rows name as their adjustment."""

    prefix = "rfd"

    source = TenantKey(Connection)
    integration = TenantKey(Integration, null=True, blank=True)
    record = TenantKey(CanonicalRecord)
    order_ref = models.CharField(max_length=64)
    refund_id = models.CharField(max_length=128)
    number = models.CharField(max_length=64, blank=True, default="")
    method = models.CharField(max_length=60, blank=True, default="")
    posted_at = models.DateTimeField()
    currency = CurrencyField()
    gross = AmountField()
    state = models.CharField(max_length=14, choices=Order.State.choices, default=Order.State.SYNCED)
    problem_code = models.CharField(max_length=80, blank=True)
    problem_params = models.JSONField(default=dict)
    updated_at = UpdatedField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "source", "order_ref", "refund_id"], name="refund_once")]
        indexes = [models.Index(fields=["tenant", "-posted_at", "-id"], name="refund_by_day")]

    def __str__(self) -> str:
        return str(self.number or self.refund_id)
