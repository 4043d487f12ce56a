"""When work is due: the schedule a person edits, and the index the dispatcher claims from."""

from __future__ import annotations

from django.db import models

from tenants.fields import TenantKey
from tenants.models import TenantOwned
from tenants.stamps import UpdatedField

from .integration import Integration


class SyncSchedule(TenantOwned):
    """The truth about one stream's cadence. PeriodicTask and Due are projections kept right by row triggers."""

    prefix = "sch"

    integration = TenantKey(Integration, on_delete=models.CASCADE)
    stream = models.CharField(max_length=40)
    # "every 6 hours" is 21600; a daily time is at_minute (of the local day) with every_s = 86400.
    every_s = models.PositiveIntegerField(default=21600)
    at_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    enabled = models.BooleanField(default=True)
    updated_at = UpdatedField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "integration", "stream"], name="sync_schedule_once")]

    @property
    def runs(self) -> bool:
        """Whether it is followed now: switched on, and its integration at work."""
        return self.enabled and self.integration.state == Integration.State.ACTIVE


class Due(models.Model):
    """When each schedule is next due. Global: the dispatcher claims over all tenants in one indexed query."""

    schedule_id = models.BigIntegerField(primary_key=True)
    tenant_id = models.BigIntegerField()
    next_at = models.DateTimeField(db_index=True)
    jitter_s = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)
