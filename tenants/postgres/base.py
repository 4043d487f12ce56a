"""Django's PostgreSQL backend plus two promises: a session learns its tenant when it is opened,
and no outermost transaction begins while session and code disagree about it."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from tenants import scope


class DatabaseWrapper(base.DatabaseWrapper):
    # Tests that run inside one outer transaction may enter scopes there; only they set this.
    tenant_follows_transaction = False

    def init_connection_state(self) -> None:
        super().init_connection_state()
        scope.tell(self)

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        if not autocommit:
            self._assert_same_tenant()

    def _assert_same_tenant(self) -> None:
        with self.connection.cursor() as cursor:
            row: tuple[Any, ...] | None = cursor.execute("SELECT nullif(current_setting('app.tenant', true), '')").fetchone()
        session = None if row is None or row[0] is None else int(row[0])
        if session != scope.current_tenant_id():
            raise scope.TenantMismatch(f"session works for tenant {session}, code for {scope.current_tenant_id()}")
