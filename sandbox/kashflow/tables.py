"""The twin's tables in the world's store."""

from __future__ import annotations

import sqlite3
from typing import Final

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS kf_company (id TEXT PRIMARY KEY, name TEXT NOT NULL, username TEXT NOT NULL UNIQUE,"
    " settings TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS kf_object (company TEXT NOT NULL, kind TEXT NOT NULL, id INTEGER NOT NULL, number INTEGER,"
    " code TEXT, reference TEXT, day TEXT, parent INTEGER, archived INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL,"
    " updated TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (company, kind, id))",
    "CREATE UNIQUE INDEX IF NOT EXISTS kf_object_number ON kf_object (company, kind, number) WHERE number IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS kf_object_code ON kf_object (company, kind, code)",
    "CREATE INDEX IF NOT EXISTS kf_object_reference ON kf_object (company, kind, reference)",
    "CREATE INDEX IF NOT EXISTS kf_object_day ON kf_object (company, kind, day)",
    "CREATE INDEX IF NOT EXISTS kf_object_parent ON kf_object (company, kind, parent)",
    "CREATE TABLE IF NOT EXISTS kf_sequence (company TEXT NOT NULL, name TEXT NOT NULL, last INTEGER NOT NULL,"
    " PRIMARY KEY (company, name))",
    "CREATE TABLE IF NOT EXISTS kf_posting (company TEXT NOT NULL, kind TEXT NOT NULL, doc INTEGER NOT NULL,"
    " line INTEGER NOT NULL, nominal INTEGER NOT NULL, amount INTEGER NOT NULL, day TEXT NOT NULL, memo TEXT NOT NULL,"
    " PRIMARY KEY (company, kind, doc, line))",
    "CREATE INDEX IF NOT EXISTS kf_posting_nominal ON kf_posting (company, nominal, day)",
    "CREATE TABLE IF NOT EXISTS kf_stock (company TEXT NOT NULL, kind TEXT NOT NULL, doc INTEGER NOT NULL, line INTEGER NOT NULL,"
    " product INTEGER NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (company, kind, doc, line))",
    "CREATE TABLE IF NOT EXISTS kf_session (token TEXT PRIMARY KEY, company TEXT NOT NULL, stage TEXT NOT NULL,"
    " positions TEXT NOT NULL, used TEXT NOT NULL)",
)
TABLES: Final = ("kf_company", "kf_object", "kf_sequence", "kf_posting", "kf_stock", "kf_session")


def create(conn: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        conn.execute(statement)


def empty(conn: sqlite3.Connection) -> None:
    for table in TABLES:
        conn.execute(f"DELETE FROM {table}")  # noqa: S608 - names above
