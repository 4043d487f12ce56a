"""The twin's tables in the world's store."""

from __future__ import annotations

import sqlite3
from typing import Final

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS qbo_company (realm TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL,"
    " home TEXT NOT NULL, lapsed INTEGER NOT NULL DEFAULT 0, auto_number INTEGER NOT NULL DEFAULT 1000,"
    " rules TEXT NOT NULL DEFAULT '{}')",
    "CREATE TABLE IF NOT EXISTS qbo_object (realm TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,"
    " sync_token INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 1, deleted INTEGER NOT NULL DEFAULT 0,"
    " label TEXT, doc_number TEXT, txn_date TEXT, created TEXT NOT NULL, updated TEXT NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY (realm, kind, id))",
    "CREATE INDEX IF NOT EXISTS qbo_object_label ON qbo_object (realm, kind, label)",
    "CREATE INDEX IF NOT EXISTS qbo_object_doc ON qbo_object (realm, kind, doc_number)",
    "CREATE INDEX IF NOT EXISTS qbo_object_date ON qbo_object (realm, kind, txn_date)",
    "CREATE INDEX IF NOT EXISTS qbo_object_updated ON qbo_object (realm, kind, updated)",
    "CREATE TABLE IF NOT EXISTS qbo_sequence (realm TEXT NOT NULL, name TEXT NOT NULL, last INTEGER NOT NULL,"
    " PRIMARY KEY (realm, name))",
    "CREATE TABLE IF NOT EXISTS qbo_posting (realm TEXT NOT NULL, kind TEXT NOT NULL, txn TEXT NOT NULL, line INTEGER NOT NULL,"
    " account TEXT NOT NULL, home INTEGER NOT NULL, own INTEGER NOT NULL, currency TEXT NOT NULL, party_kind TEXT, party TEXT,"
    " day TEXT NOT NULL, memo TEXT, PRIMARY KEY (realm, kind, txn, line))",
    "CREATE INDEX IF NOT EXISTS qbo_posting_account ON qbo_posting (realm, account, day)",
    "CREATE TABLE IF NOT EXISTS qbo_stock (realm TEXT NOT NULL, kind TEXT NOT NULL, txn TEXT NOT NULL, line INTEGER NOT NULL,"
    " item TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (realm, kind, txn, line))",
    "CREATE TABLE IF NOT EXISTS qbo_link (realm TEXT NOT NULL, kind TEXT NOT NULL, txn TEXT NOT NULL, line INTEGER NOT NULL,"
    " to_kind TEXT NOT NULL, to_txn TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (realm, kind, txn, line))",
    "CREATE INDEX IF NOT EXISTS qbo_link_to ON qbo_link (realm, to_kind, to_txn)",
    "CREATE TABLE IF NOT EXISTS qbo_request (realm TEXT NOT NULL, request_id TEXT NOT NULL, status INTEGER NOT NULL,"
    " body TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (realm, request_id))",
    "CREATE TABLE IF NOT EXISTS qbo_grant (id INTEGER PRIMARY KEY, client TEXT NOT NULL, realm TEXT NOT NULL,"
    " scope TEXT NOT NULL, granted TEXT NOT NULL, hard_expiry TEXT NOT NULL, ended TEXT, ended_by TEXT,"
    " refreshes INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS qbo_code (code TEXT PRIMARY KEY, client TEXT NOT NULL, realm TEXT NOT NULL,"
    " redirect_uri TEXT NOT NULL, scope TEXT NOT NULL, expires TEXT NOT NULL, used INTEGER)",
    "CREATE TABLE IF NOT EXISTS qbo_token (value TEXT PRIMARY KEY, kind TEXT NOT NULL, grant_id INTEGER NOT NULL,"
    " issued TEXT NOT NULL, expires TEXT NOT NULL, replaced TEXT)",
    "CREATE TABLE IF NOT EXISTS qbo_event (id INTEGER PRIMARY KEY, uid TEXT NOT NULL, realm TEXT NOT NULL, kind TEXT NOT NULL,"
    " object TEXT NOT NULL, operation TEXT NOT NULL, at TEXT NOT NULL, delivered TEXT, attempts INTEGER NOT NULL DEFAULT 0)",
)
TABLES: Final = (
    "qbo_company", "qbo_object", "qbo_sequence", "qbo_posting", "qbo_stock", "qbo_link", "qbo_request", "qbo_grant", "qbo_code",
    "qbo_token", "qbo_event",
)  # fmt: skip


def create(conn: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        conn.execute(statement)


def empty(conn: sqlite3.Connection) -> None:
    for table in TABLES:
        conn.execute(f"DELETE FROM {table}")  # noqa: S608 - names above
