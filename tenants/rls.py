"""The one migration operation that puts a table behind row-level security.

`Protect("Model")` in a migration does it all for a tenant-owned table: the policy, FORCE (so that
even the owner obeys), UNIQUE(tenant_id, id) for others to point at, UNIQUE(tenant_id, public_id), and the composite
foreign keys of its `TenantKey` fields. `insert_only` takes UPDATE and DELETE away from the application,
`secret` takes every right away from the console. `later` names keys towards tables that are not
protected yet; `LinkWithinTenant` makes them afterwards.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation

from tenants.fields import TenantKey

SESSION_TENANT = "nullif(current_setting('app.tenant', true), '')::bigint"


class Protect(Operation):
    reversible = True
    reduces_to_sql = True

    def __init__(self, name: str, *, secret: bool = False, insert_only: bool = False, later: tuple[str, ...] = ()) -> None:
        self.name = name
        self.secret = secret
        self.insert_only = insert_only
        self.later = later

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        options = {"secret": self.secret, "insert_only": self.insert_only, "later": self.later}
        kwargs = {key: value for key, value in options.items() if value}
        return (type(self).__qualname__, [self.name], kwargs)

    def describe(self) -> str:
        return f"Put {self.name} behind row-level security"

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        for statement in self._statements(model):
            schema_editor.execute(statement)
        for field in model._meta.local_fields:
            if isinstance(field, TenantKey) and field.name not in self.later:
                schema_editor.execute(composite_key(model, field))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = from_state.apps.get_model(app_label, self.name)._meta.db_table
        schema_editor.execute(f"DROP POLICY IF EXISTS tenant ON {table}")
        schema_editor.execute(f"DROP POLICY IF EXISTS console ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def _statements(self, model: type[models.Model]) -> list[str]:
        table = model._meta.db_table
        statements = [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant ON {table} USING (tenant_id = {SESSION_TENANT}) WITH CHECK (tenant_id = {SESSION_TENANT})",
        ]
        if any(field.name == "id" for field in model._meta.local_fields):
            statements.append(f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_key UNIQUE (tenant_id, id)")
        if any(field.name == "public_id" for field in model._meta.local_fields):
            statements.append(f"ALTER TABLE {table} ADD CONSTRAINT {table}_public_key UNIQUE (tenant_id, public_id)")
        if self.secret:
            statements.append(_if_role("tieout_console", f"REVOKE ALL ON {table} FROM tieout_console"))
        else:
            statements.append(
                _if_role("tieout_console", f"CREATE POLICY console ON {table} FOR SELECT TO tieout_console USING (true)")
            )
        if self.insert_only:
            for role in ("tieout_app", "tieout_console"):
                statements.append(_if_role(role, f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}"))
        return statements


class LinkWithinTenant(Operation):
    """Make the composite foreign key for one `TenantKey` added after its table was protected."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, name: str, field: str) -> None:
        self.name = name
        self.field = field

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (type(self).__qualname__, [self.name, self.field], {})

    def describe(self) -> str:
        return f"Tie {self.name}.{self.field} to its own tenant's rows"

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        schema_editor.execute(composite_key(model, model._meta.get_field(self.field)))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.name)
        field = model._meta.get_field(self.field)
        schema_editor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {_key_name(model, field)}")


def _key_name(model: Any, field: Any) -> str:
    return f"{model._meta.db_table}_{field.column}_tenant_fk"


def composite_key(model: Any, field: Any) -> str:
    table, target = model._meta.db_table, field.related_model._meta.db_table
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {_key_name(model, field)} "
        f"FOREIGN KEY (tenant_id, {field.column}) REFERENCES {target} (tenant_id, id) DEFERRABLE INITIALLY DEFERRED"
    )


def _if_role(role: str, statement: str) -> str:
    """Roles belong to the cluster; a database restored elsewhere may not have them."""
    return f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN {statement}; END IF; END $$"
