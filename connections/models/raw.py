"""Raw bytes, kept before anything else happens to them."""

from __future__ import annotations

from django.db import models

from tenants.fields import TenantKey
from tenants.models import TenantOwned

from .connection import Connection


class RawBlob(TenantOwned):
    """Bytes by their hash: compressed, sealed with the tenant's key, in Django storage; never shared across tenants."""

    prefix = "raw"

    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=80)
    charset = models.CharField(max_length=40, blank=True)
    storage_key = models.CharField(max_length=200)
    origin = models.CharField(max_length=40)  # provider key, or "upload": which rules of keeping apply
    delete_after = models.DateTimeField(null=True, blank=True)
    data_key = TenantKey("connections.TenantDataKey", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "sha256"], name="raw_blob_once")]
        indexes = [models.Index(fields=["tenant", "delete_after"], name="raw_blob_retention")]


class SourceDocument(TenantOwned):
    """One document at one revision as a source gave it to us: a settlement report, an order."""

    prefix = "src"

    connection = TenantKey(Connection, null=True, blank=True)
    type = models.CharField(max_length=40)
    external_id = models.CharField(max_length=160)
    revision = models.CharField(max_length=80, blank=True)
    blob = TenantKey(RawBlob)
    file_name = models.CharField(max_length=255, blank=True)
    facts = models.JSONField(default=dict)
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connection", "type", "external_id", "revision"],
                name="source_document_once",
                nulls_distinct=False,
            )
        ]
