"""Which tenant this code works for: one context variable, mirrored into the database session.

`tenant_scope(tenant)` is the only way in. Row-level security reads the session variable
`app.tenant`; the scoped managers read the Python side. They are compared before every outermost
transaction (see tenants/postgres/base.py), because a rolled-back `set_config` would silently
return the session to an earlier tenant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import connections

if TYPE_CHECKING:
    from tenants.models import Tenant

_current: ContextVar[int | None] = ContextVar("tenant", default=None)


class NoTenant(RuntimeError):
    """Tenant-owned rows were asked for outside any tenant's scope."""


class TenantMismatch(RuntimeError):
    """The database session and the code disagree about the tenant; nothing may be read or written."""


def current_tenant_id() -> int | None:
    return _current.get()


def require_tenant_id() -> int:
    tenant_id = _current.get()
    if tenant_id is None:
        raise NoTenant("enter tenant_scope(tenant) before touching a tenant's rows")
    return tenant_id


@contextmanager
def tenant_scope(tenant: Tenant | int) -> Iterator[None]:
    """Work for one tenant. Nested scopes of the same tenant are free; another tenant's is refused in a transaction."""
    tenant_id = tenant if isinstance(tenant, int) else int(tenant.pk)
    previous = _current.get()
    if previous == tenant_id:
        yield
        return
    _refuse_inside_transaction()
    token = _current.set(tenant_id)
    try:
        write_session()
        yield
    finally:
        _current.reset(token)
        write_session()


@contextmanager
def no_tenant() -> Iterator[None]:
    """Step out of any scope for a moment: for code that must prove it needs no tenant."""
    if _current.get() is None:
        yield
        return
    _refuse_inside_transaction()
    token = _current.set(None)
    try:
        write_session()
        yield
    finally:
        _current.reset(token)
        write_session()


def _refuse_inside_transaction() -> None:
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block and not getattr(connection, "tenant_follows_transaction", False):
            raise TenantMismatch("the tenant cannot change inside a transaction: its rollback would change it back")


def write_session() -> None:
    """Make every open database session agree with the context; a session opened later is told on check-out."""
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.needs_rollback:
            tell(connection)


def tell(connection: object) -> None:
    tenant_id = _current.get()
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT set_config('app.tenant', %s, false)", ["" if tenant_id is None else str(tenant_id)])
