"""When a row last changed, kept by the database itself.

Many changes are bulk updates that no model's `save` sees, so a row trigger stamps them all. The partner
API's `updated_since` reads it.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Now

FUNCTION = """
CREATE OR REPLACE FUNCTION tenants_stamp_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
"""


class UpdatedField(models.DateTimeField):  # type: ignore[type-arg]
    """`updated_at`: written by the trigger that `Stamp` makes, whatever the application says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_default", Now())
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)


class Stamp(Operation):
    """Have the database keep a model's `updated_at`."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, name: str) -> None:
        self.name = name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (type(self).__qualname__, [self.name], {})

    def describe(self) -> str:
        return f"Stamp every change of {self.name}"

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        schema_editor.execute(
            f"CREATE TRIGGER stamp_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION tenants_stamp_update()"
        )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        table = from_state.apps.get_model(app_label, self.name)._meta.db_table
        schema_editor.execute(f"DROP TRIGGER stamp_update ON {table}")
