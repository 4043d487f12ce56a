"""The test database: migrated once by its owner, cloned for each process, used as the application.

Row-level security is therefore on in every test, exactly as it is in service. The template is kept
between runs under a name made from everything that shapes the schema.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase
from psycopg import sql

from config import data_dir, embedded
from config.database_roles import ROLES, grant_statements
from config.env import database_url, with_user
from config.pg_process import locked
from tests.support.canaries import scan_tables
from tests.support.urls import database_of, with_database

SHAPING_FILES = ("tenants/rls.py", "tenants/fields.py", "config/database_roles.py")
_CREATE = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
OWNER = sql.Identifier(ROLES["owner"])
KEPT = {"django_migrations", "django_content_type", "auth_permission"}
TEST_PREFIX = "tieout_test_"
TEMPLATE_PREFIX = "tieout_template_"


def urls() -> dict[str, str]:
    """URL of this process's test database for each of the three roles."""
    return {role: database_url(role, production=False) for role in ("app", "owner", "console")}


def template_name() -> str:
    """Changes whenever a migration of any installed app, or what our own operations do, changes."""
    digest = hashlib.sha256()
    files = [data_dir.BASE_DIR / name for name in SHAPING_FILES]
    for app in apps.get_app_configs():
        files += sorted(Path(app.path, "migrations").glob("*.py"))
    for file in files:
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{TEMPLATE_PREFIX}{digest.hexdigest()[:16]}"


class TestDatabase:
    """Creates the template if it is missing, this process's clone, and drops the clone at the end."""

    __test__ = False

    def __init__(self) -> None:
        self.name = database_of(urls()["app"])
        self.owner_url = urls()["owner"]
        self.lock = Path(os.environ["TIEOUT_TEST_DATA"]) / "template.lock"

    def create(self) -> None:
        data_dir.ensure(self.lock.parent)
        with locked(self.lock), self._maintenance() as server:
            names = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
            self._sweep(server, names)
            template = template_name()
            if template not in names:
                self._build(server, template)
            server.execute(_CREATE.format(sql.Identifier(self.name), sql.Identifier(template), OWNER))

    def drop(self) -> None:
        connections.close_all()
        with self._maintenance() as server:
            _drop(server, self.name)

    @contextlib.contextmanager
    def _maintenance(self) -> Iterator[psycopg.Connection[Any]]:
        """Any owner may drop his database; dropping it under a live session takes more, which only our own server gives."""
        url = with_user(self.owner_url, embedded.SUPERUSER) if os.environ.get("TIEOUT_TEST_EMBEDDED") else self.owner_url
        with psycopg.connect(with_database(url, "postgres"), autocommit=True) as server:
            yield server

    def _build(self, server: psycopg.Connection[Any], template: str) -> None:
        draft = "tieout_draft"
        _drop(server, draft)
        server.execute(_CREATE.format(sql.Identifier(draft), sql.Identifier("template1"), OWNER))
        draft_url = with_database(self.owner_url, draft)
        with psycopg.connect(draft_url, autocommit=True) as inside:
            for statement in grant_statements(draft):
                inside.execute(statement)
        _prepare(draft_url)
        server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(template)))

    def _sweep(self, server: psycopg.Connection[Any], names: set[str]) -> None:
        """Drop what killed test runs left behind, and templates of other schemas."""
        for name in names:
            if _orphaned(name) or (name.startswith(TEMPLATE_PREFIX) and name != template_name()):
                _drop(server, name)


def _orphaned(name: str) -> bool:
    """A clone is named after its process; /proc tells whether that still lives, elsewhere clones are kept."""
    processes = Path("/proc")
    return name.startswith(TEST_PREFIX) and (processes / "self").exists() and not (processes / name.rsplit("_", 1)[1]).exists()


def _prepare(owner_url: str) -> None:
    own = {"DATABASE_URL_OWNER": owner_url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "-m", "config.prepare"], cwd=data_dir.BASE_DIR, env={**os.environ, **own}, check=True)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Replaces pytest-django's: it would create and migrate the database as the user under test."""
    with contextlib.ExitStack() as stack:
        if os.environ.get("TIEOUT_TEST_EMBEDDED"):
            stack.enter_context(embedded.leased(Path(os.environ["TIEOUT_TEST_DATA"]), disposable=True))
        database = TestDatabase()
        database.create()
        stack.callback(database.drop)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_tables())
        yield
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


def empty_tables() -> None:
    """Forget committed rows. The application may not truncate, so the owner does; untouched tables have no size."""
    for each in connections.all(initialized_only=True):
        each.close()
    scan_tables(urls()["console"])
    with psycopg.connect(urls()["owner"], autocommit=True) as owner:
        rows = owner.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0"
        ).fetchall()
        names = [sql.Identifier(name) for (name,) in rows if name not in KEPT]
        if names:
            owner.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))


@pytest.fixture(autouse=True)
def _scope_inside_the_test_transaction(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that lives in one rolled-back transaction may enter tenants inside it; committed tests may not."""
    marker = request.node.get_closest_marker("django_db")
    committed = {"transactional_db", "live_server", "django_db_serialized_rollback"} & set(request.fixturenames)
    inside = (marker is not None or "db" in request.fixturenames) and not committed
    if inside and not (marker is not None and (marker.kwargs.get("transaction") or (marker.args and marker.args[0]))):
        request.getfixturevalue("db")
        connection.tenant_follows_transaction = True  # type: ignore[attr-defined]
    yield
    connection.tenant_follows_transaction = False  # type: ignore[attr-defined]


@pytest.fixture
def database_urls(django_db_setup: None) -> dict[str, str]:
    """libpq URLs of the test database by role: app, owner, console."""
    return urls()


@pytest.fixture
def owner_connection(django_db_setup: None) -> Iterator[psycopg.Connection[Any]]:
    """The schema's owner. Row-level security is forced on it too: set app.tenant to see a tenant's rows."""
    with psycopg.connect(urls()["owner"], autocommit=True) as owner:
        yield owner


@pytest.fixture
def console_connection(django_db_setup: None) -> Iterator[psycopg.Connection[Any]]:
    """The operator console's database user."""
    with psycopg.connect(urls()["console"], autocommit=True) as console:
        yield console
