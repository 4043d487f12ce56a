"""Who did what, when: rows that can be added and read, never changed, sealed in a hash chain."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .base import TenantOwned


class AuditEvent(TenantOwned):
    """One act. Ids, codes and hashes only; the application has no right to update or delete it."""

    prefix = "aud"

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    actor_kind = models.CharField(max_length=12, default="person")  # person, system, operator
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    correlation_id = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "id"], name="audit_in_order"),
            models.Index(fields=["tenant", "subject_type", "subject_id"], name="audit_by_subject"),
            models.Index(fields=["tenant", "correlation_id"], name="audit_by_request"),
        ]


class AuditSeal(TenantOwned):
    """A link of the tenant's chain: the root over all events up to `last_event_id`, and the seal before it.

    Made by one sealer per tenant after the fact, so that no business transaction waits for a chain.
    """

    prefix = "sel"

    seq = models.PositiveIntegerField()
    last_event_id = models.BigIntegerField()
    events = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    previous_root = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "seq"], name="audit_seal_in_order")]
