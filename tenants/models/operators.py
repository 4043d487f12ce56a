"""What operators do: a log of every act, their read-only visits to a tenant, and the stops they put on writing."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .base import Shared, TenantOwned
from .people import Tenant


class OperatorAct(Shared):
    """One act of an operator: a search, a look, a change. Can be added and read, never changed.

    Global, because a search belongs to no tenant. What concerns a tenant stands in the tenant's own
    audit trail besides. `subject` is a public id, an address or what was searched for.
    """

    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200, blank=True)
    tenant = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    correlation_id = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["operator", "-id"], name="operator_act_latest")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}".strip()


class SupportSession(TenantOwned):
    """An operator looks at the product as this tenant sees it: read-only, with a reason, until a moment that is said.

    Only a hash of the one-time token that carries it from the console to the product is kept.
    """

    prefix = "sup"

    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    token_hash = models.CharField(max_length=64)
    enter_before = models.DateTimeField()
    entered_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "token_hash"], name="support_session_token_once")]


class WriteStop(Shared):
    """The kill switch: nothing is written to ledgers, for one tenant or for everybody, at one provider or at all.

    Global, because one row may stand for all tenants. `provider` "" means every provider. It ends by itself
    at `expires_at`, or when somebody lifts it.
    """

    tenant = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    provider = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["expires_at"], condition=models.Q(lifted_at__isnull=True), name="write_stop_standing")]


class PasswordUsed(Shared):
    """A hash of a password somebody had: it is not to be had again soon. Global, as people are."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    password = models.CharField(max_length=128)
