"""Secrets at rest: ciphertext only, and nothing for the operator's console or another tenant."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from connections import blobs
from connections.http import door_for
from connections.models import Connection
from tenants.models import Tenant
from tests.connections.fake_server import FakeServer

committed = pytest.mark.django_db(transaction=True)
SECRET_TABLES = ("connections_grantsecret", "connections_tenantdatakey")
READABLE = ("connections_connection", "connections_grant", "connections_apicall", "connections_rawblob")


@committed
@pytest.mark.parametrize("table", SECRET_TABLES)
@pytest.mark.parametrize(
    "statement", ["SELECT * FROM {}", "INSERT INTO {} DEFAULT VALUES", "UPDATE {} SET id = id", "DELETE FROM {}"]
)
def test_the_console_has_no_right_on_a_secret_table(
    tenant: Tenant, connection: Connection, console_connection: psycopg.Connection[Any], table: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        console_connection.execute(statement.format(table))


@committed
@pytest.mark.parametrize("table", READABLE)
def test_the_console_reads_what_is_not_secret(
    tenant: Tenant, connection: Connection, fake: FakeServer, console_connection: psycopg.Connection[Any], table: str
) -> None:
    door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert console_connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


@committed
def test_a_dump_of_the_database_holds_no_token(
    tenant: Tenant, connection: Connection, fake: FakeServer, owner_connection: psycopg.Connection[Any]
) -> None:
    blobs.keep(b"canary settlement", media_type="text/plain", origin="upload")
    owner_connection.execute("SELECT set_config('app.tenant', %s, false)", [str(tenant.pk)])
    tables = owner_connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    dump = ""
    for (table,) in tables:
        dump += "".join(str(row) for row in owner_connection.execute(f"SELECT t::text FROM {table} t").fetchall())
    assert "Company 77" in dump
    for secret in ("access-0", "refresh-0", "canary settlement"):
        assert secret not in dump
        assert secret.encode().hex() not in dump


@committed
def test_without_a_tenant_the_database_shows_nothing(
    tenant: Tenant, connection: Connection, database_urls: dict[str, str]
) -> None:
    with psycopg.connect(database_urls["app"], autocommit=True) as app:
        for table in (*SECRET_TABLES, *READABLE):
            assert app.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
