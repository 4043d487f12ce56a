"""The test database is what service will be: used as the application, owned by somebody else."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from tenants.models import Tenant
from tenants.scope import tenant_scope


@pytest.mark.django_db
def test_tests_run_as_the_application() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("tieout_app", False, False)


@pytest.mark.django_db
def test_the_application_cannot_truncate_or_change_the_schema() -> None:
    for statement in ("TRUNCATE tenants_tenant CASCADE", "CREATE TABLE intruder (id int)", "DROP TABLE tenants_tenant CASCADE"):
        refused = pytest.raises(DatabaseError, match=r"permission denied|must be owner")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db
def test_a_scope_may_be_entered_inside_the_rolled_back_transaction() -> None:
    tenant = Tenant.objects.create(name="Inside")
    with tenant_scope(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant')")
        assert cursor.fetchone() == (str(tenant.pk),)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_committed_rows_are_gone_before_the_next_test(turn: str, owner_connection: psycopg.Connection[Any]) -> None:
    assert owner_connection.execute("SELECT count(*) FROM tenants_tenant").fetchone() == (0,)
    Tenant.objects.create(name=turn)
    assert owner_connection.execute("SELECT name FROM tenants_tenant").fetchall() == [(turn,)]
    assert owner_connection.execute("SELECT count(*) > 20 FROM django_migrations").fetchone() == (True,)


def test_the_console_is_a_third_user(console_connection: psycopg.Connection[Any]) -> None:
    assert console_connection.execute("SELECT current_user").fetchone() == ("tieout_console",)
    assert console_connection.execute("SELECT count(*) FROM tenants_tenant").fetchone() is not None
