"""How much was asked of a connection, day by day: what stays when the single exchanges are deleted."""

from __future__ import annotations

from django.db import models

from tenants.fields import TenantKey
from tenants.models import TenantOwned

from .connection import Connection


class UsageDay(TenantOwned):
    """All calls of one operation on one UTC day. Counted from the log of exchanges once the day is over."""

    prefix = "usg"

    connection = TenantKey(Connection)
    day = models.DateField()
    operation = models.CharField(max_length=60)
    calls = models.PositiveIntegerField(default=0)
    metered = models.PositiveIntegerField(default=0)
    throttled = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "connection", "day", "operation"], name="usage_day_once")]
