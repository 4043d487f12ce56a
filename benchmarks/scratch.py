"""A database for one benchmark: made by the owner on a server of its own, used as the application, then dropped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
NAME = "tieout_bench"


@contextmanager
def scratch_database() -> Iterator[str]:
    """Set Django up as the application on an empty, migrated database; yields the owner's URL to it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import data_dir, embedded
    from config.database_roles import grant_statements

    with embedded.leased(data_dir.data_dir() / "bench") as place:
        with psycopg.connect(place.url("owner", "postgres"), autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        owner = place.url("owner", NAME)
        with psycopg.connect(owner, autocommit=True) as inside:
            for statement in grant_statements(NAME):
                inside.execute(statement)
        os.environ |= {"DATABASE_URL": place.url("app", NAME), "DATABASE_URL_OWNER": owner}
        for command in (["migrate", "--verbosity", "0"], ["createcachetable"]):
            subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), *command], env={**os.environ, "TIEOUT_ROLE": "owner"}, check=True
            )
        import django

        django.setup()
        try:
            yield owner
        finally:
            django.db.connections.close_all()
            with psycopg.connect(place.url("owner", "postgres"), autocommit=True) as server:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))
