"""Every tenant-owned row: its tenant, a public id that may be shown, and when it was made."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models

from tenants.fields import new_public_id
from tenants.scope import NoTenant, require_tenant_id

_Row = TypeVar("_Row", bound=models.Model, covariant=True)


class TenantManager(models.Manager[_Row]):
    """Rows of the tenant in scope; outside any scope a query is an exception, not an empty list."""

    def get_queryset(self) -> models.QuerySet[_Row]:
        return super().get_queryset().filter(tenant_id=require_tenant_id())


class EverywhereManager(models.Manager[_Row]):
    """All tenants' rows, read-only by database role: only the operator console's process may ask."""

    def get_queryset(self) -> models.QuerySet[_Row]:
        if settings.TIEOUT_ROLE != "console":
            raise NoTenant("only the console process reads across tenants")
        return super().get_queryset()


class TenantOwned(models.Model):
    """Base of every table behind row-level security. Its migration runs `tenants.rls.Protect`."""

    prefix: ClassVar[str] = "row"

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False)
    public_id = models.CharField(max_length=40, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TenantManager[Self]] = TenantManager()
    everywhere: ClassVar[EverywhereManager[Self]] = EverywhereManager()

    class Meta:
        abstract = True
        default_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.tenant_id is None:
            self.tenant_id = require_tenant_id()
        if not self.public_id:
            self.public_id = new_public_id(self.prefix)
        super().save(*args, **kwargs)

    def named(self) -> Self:
        """Give the row its ids without saving it: for bulk inserts."""
        if self.tenant_id is None:
            self.tenant_id = require_tenant_id()
        if not self.public_id:
            self.public_id = new_public_id(self.prefix)
        return self

    def __str__(self) -> str:
        return self.public_id


class Shared(models.Model):
    """Base of the few tables outside row-level security. Each is listed, with its reason, in
    tests/security/test_row_level_security.py, and holds no business data."""

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
