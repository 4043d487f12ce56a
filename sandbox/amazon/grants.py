"""Consents and what they give: codes, refresh tokens, access tokens, by the world's clock.

A grant is one seller's consent to one application. Its refresh token lives until the seller takes the
consent back; an access token lives an hour; a code five minutes, for one use (Amazon's documentation
of the website workflow).
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.amazon.places import PRIVATE_CLIENT, SELLERS, self_authorised_token
from sandbox.world import World

CODE_LIFE = timedelta(minutes=5)
TOKEN_LIFE = timedelta(hours=1)
SCHEMA = """
CREATE TABLE IF NOT EXISTS amazon_grant (
    id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, seller_id TEXT NOT NULL, refresh_token TEXT NOT NULL UNIQUE,
    granted TEXT NOT NULL, revoked TEXT
);
CREATE TABLE IF NOT EXISTS amazon_code (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, seller_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    expires TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS amazon_token (
    token TEXT PRIMARY KEY, client_id TEXT NOT NULL, grant_id INTEGER, scope TEXT NOT NULL DEFAULT '', expires TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS amazon_state (
    state TEXT PRIMARY KEY, client_id TEXT NOT NULL, seller_id TEXT NOT NULL, expires TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS amazon_request (
    id TEXT PRIMARY KEY, seller_id TEXT NOT NULL, type TEXT NOT NULL, marketplaces TEXT NOT NULL,
    start TEXT NOT NULL, until TEXT NOT NULL, created TEXT NOT NULL
);
"""
TABLES = ("amazon_grant", "amazon_code", "amazon_token", "amazon_state", "amazon_request")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who an access token speaks for; `seller_id` is empty for a grantless one."""

    token: str
    client_id: str
    seller_id: str
    grant_id: int | None
    expired: bool
    revoked: bool


class Grants:
    """The consents of the twin's sellers, in the world's store."""

    def __init__(self, world: World) -> None:
        self._world = world

    def seed(self) -> None:
        """Tables, and the private application authorised by every seller."""
        with self._world.db() as conn:
            _each(conn, SCHEMA)
            for seller in SELLERS.values():
                conn.execute(
                    "INSERT OR IGNORE INTO amazon_grant (client_id, seller_id, refresh_token, granted) VALUES (?, ?, ?, ?)",
                    (PRIVATE_CLIENT, seller.id, self_authorised_token(seller), self._now()),
                )

    def forget(self) -> None:
        with self._world.db() as conn:
            for table in TABLES:
                conn.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above

    def _now(self) -> str:
        return self._world.now().isoformat()

    def _until(self, life: timedelta) -> str:
        return (self._world.now() + life).isoformat()

    # The consent page

    def issue_code(self, client_id: str, seller_id: str, redirect_uri: str) -> str:
        code = "".join(("AN", secrets.token_hex(9)))
        with self._world.db() as conn:
            conn.execute(
                "INSERT INTO amazon_code (code, client_id, seller_id, redirect_uri, expires) VALUES (?, ?, ?, ?, ?)",
                (code, client_id, seller_id, redirect_uri, self._until(CODE_LIFE)),
            )
        return code

    def start_state(self, client_id: str, seller_id: str) -> str:
        """The `amazon_state` of an authorisation that starts at Amazon."""
        state = f"amzn-{secrets.token_hex(12)}"
        with self._world.db() as conn:
            conn.execute(
                "INSERT INTO amazon_state VALUES (?, ?, ?, ?)", (state, client_id, seller_id, self._until(CODE_LIFE))
            )  # fmt: skip
        return state

    def take_state(self, state: str) -> sqlite3.Row | None:
        """Use it up: the row it stands for, once and in time."""
        with self._world.db() as conn:
            row: sqlite3.Row | None = conn.execute(
                "DELETE FROM amazon_state WHERE state = ? AND expires > ? RETURNING *", (state, self._now())
            ).fetchone()
        return row

    # The token endpoint

    def redeem(self, code: str, client_id: str, redirect_uri: str | None) -> sqlite3.Row | None:
        """A code for its grant, once, in time, by its own client; None otherwise."""
        with self._world.db() as conn:
            row = conn.execute(
                "UPDATE amazon_code SET used = 1 WHERE code = ? AND client_id = ? AND used = 0 AND expires > ? RETURNING *",
                (code, client_id, self._now()),
            ).fetchone()
            if row is None or (redirect_uri and redirect_uri != row["redirect_uri"]):
                return None
        return self.consent(client_id, row["seller_id"])

    def consent(self, client_id: str, seller_id: str, refresh_token: str | None = None) -> sqlite3.Row:
        """A new grant. Consenting anew takes the place of an earlier consent, whose refresh token dies."""
        with self._world.db() as conn:
            conn.execute(
                "UPDATE amazon_grant SET revoked = ? WHERE client_id = ? AND seller_id = ? AND revoked IS NULL",
                (self._now(), client_id, seller_id),
            )
            row: sqlite3.Row = conn.execute(
                "INSERT INTO amazon_grant (client_id, seller_id, refresh_token, granted) VALUES (?, ?, ?, ?) RETURNING *",
                (client_id, seller_id, refresh_token or f"Atzr|{secrets.token_urlsafe(48)}", self._now()),
            ).fetchone()
        return row

    def by_refresh_token(self, refresh_token: str, client_id: str) -> sqlite3.Row | None:
        with self._world.db() as conn:
            row: sqlite3.Row | None = conn.execute(
                "SELECT * FROM amazon_grant WHERE refresh_token = ? AND client_id = ? AND revoked IS NULL",
                (refresh_token, client_id),
            ).fetchone()
        return row

    def issue_token(self, client_id: str, grant_id: int | None, scope: str = "") -> str:
        token = f"Atza|{secrets.token_urlsafe(64)}"
        with self._world.db() as conn:
            conn.execute("DELETE FROM amazon_token WHERE expires < ?", ((self._world.now() - TOKEN_LIFE * 24).isoformat(),))
            conn.execute(
                "INSERT INTO amazon_token VALUES (?, ?, ?, ?, ?)", (token, client_id, grant_id, scope, self._until(TOKEN_LIFE))
            )
        return token

    # The API

    def caller(self, token: str) -> Caller | None:
        """Whom an access token speaks for, even when it no longer may; None for one never issued."""
        with self._world.db() as conn:
            row = conn.execute(
                "SELECT t.*, g.seller_id, g.revoked FROM amazon_token t LEFT JOIN amazon_grant g ON g.id = t.grant_id"
                " WHERE token = ?",
                (token,),
            ).fetchone()
        if row is None:
            return None
        expired = datetime.fromisoformat(row["expires"]) <= self._world.now()
        return Caller(token, row["client_id"], row["seller_id"] or "", row["grant_id"], expired, row["revoked"] is not None)

    def expire(self, token: str | None = None) -> None:
        """End one access token, or all of them."""
        with self._world.db() as conn:
            conn.execute("UPDATE amazon_token SET expires = ? WHERE ? IS NULL OR token = ?", (self._now(), token, token))

    def revoke(self, *, grant_id: int | None = None, seller_id: str | None = None, client_id: str | None = None) -> int:
        """Take consents back; what is None doesn't narrow. Returns how many there were."""
        with self._world.db() as conn:
            return conn.execute(
                "UPDATE amazon_grant SET revoked = ?1 WHERE revoked IS NULL AND (?2 IS NULL OR id = ?2)"
                " AND (?3 IS NULL OR seller_id = ?3) AND (?4 IS NULL OR client_id = ?4)",
                (self._now(), grant_id, seller_id, client_id),
            ).rowcount

    def list(self, seller_ids: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
        with self._world.db() as conn:
            rows = conn.execute("SELECT id, client_id, seller_id, granted, revoked FROM amazon_grant ORDER BY id").fetchall()
        return [dict(row) for row in rows if seller_ids is None or row["seller_id"] in seller_ids]


def _each(conn: sqlite3.Connection, script: str) -> None:
    """Run a script statement by statement: executescript would end the transaction we are in."""
    for statement in script.split(";"):
        conn.execute(statement)
