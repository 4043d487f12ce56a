"""The twin's tables in the world's store."""

from __future__ import annotations

import sqlite3
from typing import Final

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS qbd_file (file TEXT PRIMARY KEY, info TEXT NOT NULL, counter INTEGER NOT NULL DEFAULT 0,"
    " txn_number INTEGER NOT NULL DEFAULT 0, edit INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS qbd_object (file TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,"
    " edit TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1, deleted INTEGER NOT NULL DEFAULT 0, label TEXT, ref_number TEXT,"
    " txn_date TEXT, guid TEXT, created TEXT NOT NULL, updated TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (file, id))",
    "CREATE INDEX IF NOT EXISTS qbd_object_label ON qbd_object (file, kind, label)",
    "CREATE INDEX IF NOT EXISTS qbd_object_kind ON qbd_object (file, kind, number)",
    "CREATE INDEX IF NOT EXISTS qbd_object_ref ON qbd_object (file, kind, ref_number)",
    "CREATE UNIQUE INDEX IF NOT EXISTS qbd_object_guid ON qbd_object (file, guid) WHERE deleted = 0 AND guid IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS qbd_posting (file TEXT NOT NULL, txn TEXT NOT NULL, line INTEGER NOT NULL, account TEXT NOT NULL,"
    " home INTEGER NOT NULL, own INTEGER NOT NULL, party TEXT, day TEXT NOT NULL, memo TEXT, PRIMARY KEY (file, txn, line))",
    "CREATE INDEX IF NOT EXISTS qbd_posting_account ON qbd_posting (file, account, day)",
    "CREATE INDEX IF NOT EXISTS qbd_posting_party ON qbd_posting (file, party)",
    "CREATE TABLE IF NOT EXISTS qbd_stock (file TEXT NOT NULL, txn TEXT NOT NULL, line INTEGER NOT NULL, item TEXT NOT NULL,"
    " quantity INTEGER NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (file, txn, line))",
    "CREATE INDEX IF NOT EXISTS qbd_stock_item ON qbd_stock (file, item)",
    "CREATE TABLE IF NOT EXISTS qbd_link (file TEXT NOT NULL, txn TEXT NOT NULL, line INTEGER NOT NULL, source TEXT NOT NULL,"
    " target TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (file, txn, line))",
    "CREATE INDEX IF NOT EXISTS qbd_link_target ON qbd_link (file, target)",
    "CREATE INDEX IF NOT EXISTS qbd_link_source ON qbd_link (file, source)",
    "CREATE TABLE IF NOT EXISTS qbd_message_set (file TEXT NOT NULL, app TEXT NOT NULL, id TEXT NOT NULL, response TEXT,"
    " at TEXT NOT NULL, PRIMARY KEY (file, app, id))",
    "CREATE TABLE IF NOT EXISTS qbd_application (id INTEGER PRIMARY KEY, file TEXT NOT NULL, owner TEXT NOT NULL,"
    " file_id TEXT NOT NULL, qwc TEXT NOT NULL, password TEXT NOT NULL, state TEXT NOT NULL DEFAULT '{}')",
    "CREATE TABLE IF NOT EXISTS qbd_session (id INTEGER PRIMARY KEY, application INTEGER NOT NULL, file TEXT NOT NULL,"
    " at TEXT NOT NULL, status TEXT NOT NULL, transcript TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS qbd_trouble (id INTEGER PRIMARY KEY, file TEXT NOT NULL, kind TEXT NOT NULL,"
    " request TEXT NOT NULL DEFAULT '*', remaining INTEGER NOT NULL DEFAULT 1, params TEXT NOT NULL DEFAULT '{}')",
)
TABLES: Final = (
    "qbd_file", "qbd_object", "qbd_posting", "qbd_stock", "qbd_link", "qbd_message_set", "qbd_application", "qbd_session",
    "qbd_trouble",
)  # fmt: skip


def create(conn: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        conn.execute(statement)


def empty(conn: sqlite3.Connection) -> None:
    """Forget everything, in all tables."""
    for name in TABLES:
        conn.execute(f"DELETE FROM {name}")  # noqa: S608
