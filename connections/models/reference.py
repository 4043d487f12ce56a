"""The ledger's reference data as we last saw it."""

from __future__ import annotations

from django.db import models

from tenants.fields import TenantKey
from tenants.models import TenantOwned

from .connection import Connection


class ReferenceCopy(TenantOwned):
    """An account, tax code, class, item ... of a ledger; refreshed by change data capture."""

    prefix = "ref"

    connection = TenantKey(Connection)
    kind = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=255)
    active = models.BooleanField(default=True)
    facts = models.JSONField(default=dict)
    body = models.JSONField(default=dict)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "connection", "kind", "external_id"], name="reference_copy_once")
        ]

    def __str__(self) -> str:
        return self.name
