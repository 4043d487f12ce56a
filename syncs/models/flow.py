"""Flows are data from the first day: a `workflow/1` document, kept in immutable versions."""

from __future__ import annotations

from django.db import models

from tenants.fields import TenantKey
from tenants.models import TenantOwned


class Flow(TenantOwned):
    """A named flow of a tenant; what it does is in its versions. `template` names the shipped document."""

    prefix = "flw"

    key = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    template = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="flow_once")]


class FlowVersion(TenantOwned):
    """One version of a flow's document; `doc_hash` leaves out layout and notes."""

    prefix = "flv"

    flow = TenantKey(Flow)
    number = models.PositiveIntegerField()
    document = models.JSONField()
    doc_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "flow", "number"], name="flow_version_once")]
