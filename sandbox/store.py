"""The sandbox's own store: one SQLite file that every thread of one process shares.

A single connection behind a re-entrant lock is enough for a simulator and makes every `with` block
one serialised transaction, which is also what keeps a twin's books consistent under fifty clients.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, operation TEXT NOT NULL, kind TEXT NOT NULL,
    remaining INTEGER, probability REAL NOT NULL, seconds REAL NOT NULL, cut_at INTEGER,
    seen INTEGER NOT NULL DEFAULT 0, hit INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS journal (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, provider TEXT NOT NULL, operation TEXT NOT NULL,
    status INTEGER, fault TEXT, wait REAL
);
"""
FILE_NAME = "world.sqlite3"


class Store:
    """One SQLite file. `path` is the file, or a directory in which it is made."""

    def __init__(self, path: Path) -> None:
        self.path = path if path.suffix else path / FILE_NAME
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=30)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_SCHEMA)
        self._catch_up()

    def _catch_up(self) -> None:
        """A store made before journals told waits."""
        if "wait" not in {row["name"] for row in self._connection.execute("PRAGMA table_info(journal)")}:
            self._connection.execute("ALTER TABLE journal ADD COLUMN wait REAL")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction, undone as a whole by an exception; a nested block joins the outer one."""
        with self._lock:
            if not self._depth:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._depth -= 1
                if not self._depth:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if not self._depth:
                self._connection.execute("COMMIT")

    def get(self, name: str, default: Any = None) -> Any:
        """A setting by name, as it was put: any JSON value."""
        with self.transaction() as conn:
            row = conn.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row["value"])

    def put(self, name: str, value: Any) -> None:
        with self.transaction() as conn:
            conn.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class Planting:
    """A twin's first contents: made once, and put back as they were each time its tables are empty again."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        self._tables = tables
        self._kept: dict[str, list[tuple[Any, ...]]] | None = None

    def plant(self, conn: sqlite3.Connection, make: Callable[[], None]) -> None:
        """Fill empty tables: by `make` the first time, by its rows from then on."""
        if self._kept is None:
            make()
            self._kept = {name: [tuple(row) for row in conn.execute(f"SELECT * FROM {name}")] for name in self._tables}  # noqa: S608
            return
        for name, rows in self._kept.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                conn.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - a twin's own names
