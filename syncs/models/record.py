"""What a source said, in our own language, version by version."""

from __future__ import annotations

from django.db import models

from connections.models import Connection, SourceDocument
from tenants.fields import TenantKey
from tenants.models import TenantOwned


class CanonicalRecord(TenantOwned):
    """One record of a source in canonical form; older versions stay, one is current."""

    prefix = "rec"

    source = TenantKey(Connection)
    type = models.CharField(max_length=40)
    external_id = models.CharField(max_length=160)
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    source_updated_at = models.DateTimeField(null=True, blank=True)
    source_document = TenantKey(SourceDocument, null=True, blank=True)
    schema_version = models.PositiveSmallIntegerField(default=1)
    body = models.JSONField()
    hash = models.CharField(max_length=64)
    search_text = models.CharField(max_length=300, blank=True)  # folded; under RLS only plain comparisons use an index

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "type", "external_id", "version"], name="canonical_record_once"),
            models.UniqueConstraint(
                fields=["tenant", "source", "type", "external_id"],
                condition=models.Q(is_current=True),
                name="canonical_record_current_once",
            ),
        ]
