"""Transfers to the bank as the marketplace reports them, and which settlements each one pays."""

from __future__ import annotations

from django.db import models

from connections.models import Connection
from tenants.fields import AmountField, CurrencyField, TenantKey
from tenants.models import TenantOwned


class Payout(TenantOwned):
    """One transfer. `trace_id` is the bank's reference; NO_PAYOUT and FAILED are states, not absences."""

    prefix = "pay"

    source = TenantKey(Connection)
    payout_id = models.CharField(max_length=120)
    status = models.CharField(max_length=20)
    amount = AmountField()
    currency = CurrencyField()
    initiated_at = models.DateTimeField(null=True, blank=True)
    trace_id = models.CharField(max_length=120, blank=True)
    account_tail = models.CharField(max_length=20, blank=True)
    converted_amount = AmountField(null=True, blank=True)
    converted_currency = CurrencyField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "source", "payout_id"], name="payout_once")]
        indexes = [
            models.Index(fields=["tenant", "payout_id"], name="payout_by_number"),
            models.Index(fields=["tenant", "trace_id"], name="payout_by_trace"),
        ]


class PayoutSettlement(TenantOwned):
    """One payout may pay several settlements."""

    prefix = "pys"

    payout = TenantKey(Payout, on_delete=models.CASCADE)
    source = TenantKey(Connection)
    settlement_id = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "payout", "settlement_id"], name="payout_settlement_once")]
        indexes = [models.Index(fields=["tenant", "source", "settlement_id"], name="payout_of_settlement")]
