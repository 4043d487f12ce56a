"""The twin's tables in the world's store."""

from __future__ import annotations

import sqlite3
from typing import Final

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS xero_organisation (tenant TEXT PRIMARY KEY, user TEXT NOT NULL, name TEXT NOT NULL,"
    " country TEXT NOT NULL, base TEXT NOT NULL, settings TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS xero_object (tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,"
    " status TEXT NOT NULL, label TEXT, second TEXT, day TEXT, created TEXT NOT NULL, updated TEXT NOT NULL, app TEXT,"
    " body TEXT NOT NULL, PRIMARY KEY (tenant, kind, id))",
    "CREATE INDEX IF NOT EXISTS xero_object_number ON xero_object (tenant, kind, number)",
    "CREATE INDEX IF NOT EXISTS xero_object_label ON xero_object (tenant, kind, label)",
    "CREATE INDEX IF NOT EXISTS xero_object_second ON xero_object (tenant, kind, second)",
    "CREATE INDEX IF NOT EXISTS xero_object_updated ON xero_object (tenant, kind, updated)",
    "CREATE TABLE IF NOT EXISTS xero_posting (tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, line INTEGER NOT NULL,"
    " account TEXT NOT NULL, base INTEGER NOT NULL, own INTEGER NOT NULL, currency TEXT NOT NULL, contact TEXT,"
    " day TEXT NOT NULL, memo TEXT NOT NULL, PRIMARY KEY (tenant, kind, id, line))",
    "CREATE INDEX IF NOT EXISTS xero_posting_account ON xero_posting (tenant, account, day)",
    "CREATE TABLE IF NOT EXISTS xero_link (tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, to_kind TEXT NOT NULL,"
    " to_id TEXT NOT NULL, amount INTEGER NOT NULL, base INTEGER NOT NULL, PRIMARY KEY (tenant, kind, id, to_kind, to_id))",
    "CREATE INDEX IF NOT EXISTS xero_link_to ON xero_link (tenant, to_kind, to_id)",
    "CREATE TABLE IF NOT EXISTS xero_stock (tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, line INTEGER NOT NULL,"
    " item TEXT NOT NULL, quantity INTEGER NOT NULL, cost INTEGER NOT NULL, PRIMARY KEY (tenant, kind, id, line))",
    "CREATE INDEX IF NOT EXISTS xero_stock_item ON xero_stock (tenant, item)",
    "CREATE TABLE IF NOT EXISTS xero_approval (tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, month TEXT NOT NULL,"
    " PRIMARY KEY (tenant, kind, id))",
    "CREATE TABLE IF NOT EXISTS xero_file (tenant TEXT NOT NULL, kind TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL,"
    " name TEXT NOT NULL, mime TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (tenant, kind, object, name))",
    "CREATE TABLE IF NOT EXISTS xero_note (number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL,"
    " object TEXT NOT NULL, at TEXT NOT NULL, changes TEXT NOT NULL, user TEXT NOT NULL, details TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS xero_note_object ON xero_note (tenant, kind, object)",
    "CREATE TABLE IF NOT EXISTS xero_key (client TEXT NOT NULL, tenant TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL,"
    " status INTEGER NOT NULL, type TEXT NOT NULL, body BLOB NOT NULL, at TEXT NOT NULL, PRIMARY KEY (client, tenant, key))",
    "CREATE TABLE IF NOT EXISTS xero_user (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS xero_grant (id INTEGER PRIMARY KEY, client TEXT NOT NULL, user TEXT NOT NULL,"
    " granted TEXT NOT NULL, ended TEXT, ended_by TEXT, refreshes INTEGER NOT NULL DEFAULT 0,"
    " refused INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS xero_code (code TEXT PRIMARY KEY, client TEXT NOT NULL, user TEXT NOT NULL,"
    " redirect_uri TEXT NOT NULL, scope TEXT NOT NULL, event TEXT NOT NULL, challenge TEXT NOT NULL, expires TEXT NOT NULL,"
    " used INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS xero_token (value TEXT PRIMARY KEY, kind TEXT NOT NULL, grant_id INTEGER NOT NULL,"
    " scope TEXT NOT NULL, event TEXT NOT NULL, expires TEXT NOT NULL, replaced TEXT)",
    "CREATE TABLE IF NOT EXISTS xero_connection (id TEXT PRIMARY KEY, client TEXT NOT NULL, user TEXT NOT NULL,"
    " tenant TEXT NOT NULL, event TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, UNIQUE (client, user, tenant))",
    "CREATE TABLE IF NOT EXISTS xero_event (id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, category TEXT NOT NULL,"
    " object TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, at TEXT NOT NULL, delivered TEXT,"
    " attempts INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS xero_bank_line (id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, account TEXT NOT NULL,"
    " day TEXT NOT NULL, amount INTEGER NOT NULL, text TEXT NOT NULL, matched_kind TEXT, matched TEXT)",
)
TABLES: Final = tuple(text.split()[5] for text in _SCHEMA if text.startswith("CREATE TABLE"))


def create(conn: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        conn.execute(statement)


def empty(conn: sqlite3.Connection) -> None:
    for table in TABLES:
        conn.execute(f"DELETE FROM {table}")  # noqa: S608 - names above
