"""The twin's tables in the world's store."""

from __future__ import annotations

import sqlite3
from typing import Final

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS magento_document (shop TEXT NOT NULL, kind TEXT NOT NULL, id INTEGER NOT NULL,"
    " number TEXT NOT NULL, parent INTEGER, body TEXT NOT NULL, PRIMARY KEY (shop, kind, id))",
    "CREATE INDEX IF NOT EXISTS magento_document_number ON magento_document (shop, kind, number)",
    "CREATE INDEX IF NOT EXISTS magento_document_parent ON magento_document (shop, kind, parent)",
    "CREATE TABLE IF NOT EXISTS magento_sequence (shop TEXT NOT NULL, name TEXT NOT NULL, last INTEGER NOT NULL,"
    " PRIMARY KEY (shop, name))",
    "CREATE TABLE IF NOT EXISTS magento_integration (id INTEGER PRIMARY KEY, shop TEXT NOT NULL, name TEXT NOT NULL,"
    " callback TEXT NOT NULL, identity TEXT NOT NULL, resources TEXT NOT NULL, consumer_key TEXT NOT NULL UNIQUE,"
    " consumer_secret TEXT NOT NULL, stage TEXT NOT NULL, token TEXT NOT NULL, token_secret TEXT NOT NULL,"
    " verifier TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS magento_nonce (consumer INTEGER NOT NULL, nonce TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (consumer, nonce))",
    "CREATE TABLE IF NOT EXISTS magento_session (token TEXT PRIMARY KEY, shop TEXT NOT NULL, kind TEXT NOT NULL,"
    " expires TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS magento_bulk (uuid TEXT PRIMARY KEY, shop TEXT NOT NULL, topic TEXT NOT NULL,"
    " started TEXT NOT NULL, due TEXT NOT NULL, integration INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS magento_operation (uuid TEXT NOT NULL, id INTEGER NOT NULL, data TEXT NOT NULL,"
    " status INTEGER NOT NULL, message TEXT, result TEXT, error INTEGER, PRIMARY KEY (uuid, id))",
    "CREATE TABLE IF NOT EXISTS magento_event (id INTEGER PRIMARY KEY, uid TEXT NOT NULL, shop TEXT NOT NULL, type TEXT NOT NULL,"
    " at TEXT NOT NULL, body TEXT NOT NULL, delivered TEXT, attempts INTEGER NOT NULL DEFAULT 0)",
)
TABLES: Final = (
    "magento_document", "magento_sequence", "magento_integration", "magento_nonce", "magento_session", "magento_bulk",
    "magento_operation", "magento_event",
)  # fmt: skip


def create(conn: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        conn.execute(statement)


def empty(conn: sqlite3.Connection) -> None:
    for table in TABLES:
        conn.execute(f"DELETE FROM {table}")  # noqa: S608 - names above
