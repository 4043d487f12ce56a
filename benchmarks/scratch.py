"""A database for one benchmark: made by the owner on a server of its own, used as the application, then deleted.

The server is the project's embedded one with the settings it is always run with; its folder, the
kept files in it and everything else a benchmark writes go when the benchmark ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
NAME = "tieout_bench"
SHARED = "TIEOUT_BENCH_DATA"  # set by `python -m benchmarks`: one folder and one server for all


@dataclass(frozen=True, slots=True)
class Scratch:
    """The database's addresses by role, and a folder for files."""

    app: str
    owner: str
    superuser: str
    folder: Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A data folder that lives as long as the benchmark; the one of the whole bench where there is one."""
    from config import data_dir, embedded

    shared = os.environ.get(SHARED)
    folder = Path(shared) if shared else data_dir.data_dir() / f"bench-{os.getpid()}"
    os.environ |= {"TIEOUT_DATA": str(folder), "READ_DOTENV": "off"}
    if shared:
        yield folder
        return
    data_dir.ensure(folder)
    try:
        yield folder
    finally:
        embedded.forget(folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_database() -> Iterator[Scratch]:
    """Set Django up as the application on an empty, migrated database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded

    with scratch_folder() as folder, embedded.leased(folder) as place:
        scratch = Scratch(place.url("app", NAME), place.url("owner", NAME), place.url("postgres", NAME), folder)
        maintenance = place.url("owner", "postgres")
        _create(scratch, maintenance)
        import django

        django.setup()
        try:
            yield scratch
        finally:
            django.db.connections.close_all()
            _drop(place.url("postgres", "postgres"))  # also under threads that have not let go yet


def _create(scratch: Scratch, maintenance: str) -> None:
    from config.database_roles import grant_statements

    _drop(maintenance)
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    with psycopg.connect(scratch.owner, autocommit=True) as inside:
        for statement in grant_statements(NAME):
            inside.execute(statement)
    os.environ |= {"DATABASE_URL": scratch.app, "DATABASE_URL_OWNER": scratch.owner}
    for command in (["migrate", "--verbosity", "0"], ["createcachetable"]):
        manage = [sys.executable, str(ROOT / "manage.py"), *command]
        subprocess.run(manage, env={**os.environ, "TIEOUT_ROLE": "owner"}, check=True)


def _drop(maintenance: str) -> None:
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
