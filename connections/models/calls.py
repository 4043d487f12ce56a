"""Every exchange with a provider, both ways, as tenant data: what support reads at three in the morning."""

from __future__ import annotations

from django.db import models

from tenants.fields import TenantKey
from tenants.models import TenantOwned

from .connection import Connection
from .raw import RawBlob


class ApiCall(TenantOwned):
    """One call we made. Bodies are sealed blobs with secrets masked; application logs carry ids only."""

    prefix = "api"

    connection = TenantKey(Connection, null=True, blank=True)
    provider = models.CharField(max_length=40)
    operation = models.CharField(max_length=60)
    correlation_id = models.CharField(max_length=40, blank=True)
    method = models.CharField(max_length=8)
    url = models.CharField(max_length=600)  # secrets masked
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    failure = models.CharField(max_length=30, blank=True)
    provider_trace_id = models.CharField(max_length=120, blank=True)
    request_blob = TenantKey(RawBlob, null=True, blank=True)
    response_blob = TenantKey(RawBlob, null=True, blank=True)
    ms = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    delete_after = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "connection", "-at"], name="api_call_by_connection"),
            models.Index(fields=["tenant", "correlation_id"], name="api_call_by_correlation"),
            models.Index(fields=["tenant", "provider_trace_id"], name="api_call_by_trace"),
            models.Index(fields=["tenant", "delete_after"], name="api_call_retention"),
            # Deleting a blob asks who refers to it.
            models.Index(fields=["tenant", "request_blob"], name="api_call_request_blob"),
            models.Index(fields=["tenant", "response_blob"], name="api_call_response_blob"),
        ]


class InboundNotice(TenantOwned):
    """A webhook delivery: stored, acknowledged, de-duplicated, then read up."""

    prefix = "inb"

    connection = TenantKey(Connection)
    provider_event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    operation = models.CharField(max_length=20)
    blob = TenantKey(RawBlob, null=True, blank=True)
    state = models.CharField(max_length=10, default="waiting")  # waiting, done

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "connection", "provider_event_id"], name="inbound_notice_once")]
