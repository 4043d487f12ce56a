"""Consents and their tokens: what an app may do in which company, for how long.

An access token lives an hour. A refresh token lives a rolling hundred days and never past a hard cap of
five years; its value changes about every day, and the one before goes on working for a short while.
Two workers that refresh with an old value lose the connection: that is modelled on purpose.

World settings (`POST /world/quickbooks_online/tokens`):
`rotation`: "daily" (default) or "every" refresh; `grace`: seconds an old value still works (default 60);
`reuse`: what an old value does after that: "refuse" (default) or "revoke", which ends the consent.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.world import World

ACCESS_SECONDS: Final = 3600
REFRESH_SECONDS: Final = 8_726_400
HARD_YEARS: Final = 5
CODE_SECONDS: Final = 300
ROTATES_AFTER: Final = timedelta(hours=24)
SETTING: Final = "quickbooks_online.tokens"
DEFAULTS: Final[dict[str, Any]] = {"rotation": "daily", "grace": 60, "reuse": "refuse"}
ACCOUNTING: Final = "com.intuit.quickbooks.accounting"


class GrantError(Exception):
    """A token request that is refused: OAuth's error code, and what it says about it."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.status = error, description, status


@dataclass(frozen=True, slots=True)
class Access:
    """A valid access token and the consent behind it."""

    token: str
    grant: int
    client: str
    realm: str
    scope: str


class Grants:
    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def policy(self) -> dict[str, Any]:
        return {**DEFAULTS, **self.world.store.get(SETTING, {})}

    def code(self, client: str, realm: str, redirect_uri: str, scope: str) -> str:
        """A code for one exchange, within five minutes."""
        value = "AB1" + secrets.token_urlsafe(24)
        expires = self.world.now() + timedelta(seconds=CODE_SECONDS)
        with self.world.db() as conn:
            conn.execute(
                "INSERT INTO qbo_code VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (value, client, realm, redirect_uri, scope, expires.isoformat()),
            )
        return value

    def exchange(self, client: str, code: str, redirect_uri: str) -> dict[str, Any]:
        """Code for tokens. A code works once, for the app and address it was made for."""
        with self.world.db() as conn:
            row = conn.execute("SELECT * FROM qbo_code WHERE code = ?", (code,)).fetchone()
            if row is None or row["client"] != client or row["used"] or self._past(row["expires"]):
                raise GrantError("invalid_grant", "Token invalid")
            if row["redirect_uri"] != redirect_uri:
                raise GrantError("invalid_grant", "Invalid redirectUri")
            now = self.world.now()
            cap = (now + timedelta(days=365 * HARD_YEARS + 1)).isoformat()
            grant = conn.execute(
                "INSERT INTO qbo_grant (client, realm, scope, granted, hard_expiry) VALUES (?, ?, ?, ?, ?) RETURNING *",
                (client, row["realm"], row["scope"], now.isoformat(), cap),
            ).fetchone()
            conn.execute("UPDATE qbo_code SET used = ? WHERE code = ?", (grant["id"], code))
            return self._pair(conn, grant, self._new(conn, "refresh", grant))

    def refresh(self, client: str, value: str) -> dict[str, Any]:
        """A new access token, and the refresh token to use from now on. Raises GrantError invalid_grant."""
        refused: GrantError | None = None
        answer: dict[str, Any] = {}
        with self.world.db() as conn:
            grant, token = self._refreshable(conn, client, value)
            try:
                current = self._current(conn, grant, token)
                conn.execute("UPDATE qbo_grant SET refreshes = refreshes + 1 WHERE id = ?", (grant["id"],))
                answer = self._pair(conn, grant, current)
            except GrantError as error:
                conn.execute("UPDATE qbo_grant SET refused = refused + 1 WHERE id = ?", (grant["id"],))
                refused = error
        if refused:
            raise refused
        return answer

    def _refreshable(self, conn: sqlite3.Connection, client: str, value: str) -> tuple[sqlite3.Row, sqlite3.Row]:
        token = conn.execute("SELECT * FROM qbo_token WHERE value = ? AND kind = 'refresh'", (value,)).fetchone()
        grant = token and conn.execute("SELECT * FROM qbo_grant WHERE id = ?", (token["grant_id"],)).fetchone()
        if not grant or grant["client"] != client:
            raise GrantError("invalid_grant", "Incorrect or invalid refresh token")
        return grant, token

    def _current(self, conn: sqlite3.Connection, grant: sqlite3.Row, token: sqlite3.Row) -> str:
        """The refresh token that is valid after this use: the same, a new one, or the successor of an old one."""
        if grant["ended"] or self._past(token["expires"]) or self._past(grant["hard_expiry"]):
            raise GrantError("invalid_grant", "Incorrect or invalid refresh token")
        now = self.world.now()
        policy = self.policy
        if token["replaced"]:
            return self._successor(conn, grant, token, policy)
        if policy["rotation"] == "every" or now - datetime.fromisoformat(token["issued"]) >= ROTATES_AFTER:
            conn.execute("UPDATE qbo_token SET replaced = ? WHERE value = ?", (now.isoformat(), token["value"]))
            return self._new(conn, "refresh", grant)
        expires = now + timedelta(seconds=REFRESH_SECONDS)
        conn.execute("UPDATE qbo_token SET expires = ? WHERE value = ?", (expires.isoformat(), token["value"]))
        return str(token["value"])

    def _successor(self, conn: sqlite3.Connection, grant: sqlite3.Row, token: sqlite3.Row, policy: dict[str, Any]) -> str:
        replaced = datetime.fromisoformat(token["replaced"])
        if self.world.now() - replaced > timedelta(seconds=float(policy["grace"])):
            if policy["reuse"] == "revoke":
                self._end(conn, grant["id"], "reuse of an old refresh token")
            raise GrantError("invalid_grant", "Incorrect or invalid refresh token")
        newest = conn.execute(
            "SELECT value FROM qbo_token WHERE grant_id = ? AND kind = 'refresh' AND replaced IS NULL ORDER BY issued DESC",
            (grant["id"],),
        ).fetchone()
        return str(newest["value"])

    def _new(self, conn: sqlite3.Connection, kind: str, grant: sqlite3.Row) -> str:
        now = self.world.now()
        value = ("RT1-" if kind == "refresh" else "eyJ") + secrets.token_urlsafe(40)
        expires = now + timedelta(seconds=REFRESH_SECONDS if kind == "refresh" else ACCESS_SECONDS)
        conn.execute(
            "INSERT INTO qbo_token VALUES (?, ?, ?, ?, ?, NULL)", (value, kind, grant["id"], now.isoformat(), expires.isoformat())
        )
        return value

    def _pair(self, conn: sqlite3.Connection, grant: sqlite3.Row, refresh: str) -> dict[str, Any]:
        cap = datetime.fromisoformat(grant["hard_expiry"]) - self.world.now()
        left = int(cap.total_seconds())
        return {
            "token_type": "bearer", "access_token": self._new(conn, "access", grant), "expires_in": ACCESS_SECONDS,
            "refresh_token": refresh, "x_refresh_token_expires_in": min(REFRESH_SECONDS, left),
            "x_refresh_token_hard_expires_in": left, "scope": grant["scope"], "realm": grant["realm"],
        }  # fmt: skip

    def access(self, value: str) -> Access | None:
        """The consent behind an access token; None if it is unknown, expired or ended."""
        with self.world.db() as conn:
            row = conn.execute(
                "SELECT t.expires, g.* FROM qbo_token t JOIN qbo_grant g ON g.id = t.grant_id"
                " WHERE t.value = ? AND t.kind = 'access'",
                (value,),
            ).fetchone()
        if row is None or row["ended"] or self._past(row["expires"]):
            return None
        return Access(value, row["id"], row["client"], row["realm"], row["scope"])

    def expire(self, token: str) -> None:
        with self.world.db() as conn:
            conn.execute("UPDATE qbo_token SET expires = ? WHERE value = ?", (self.world.now().isoformat(), token))

    def revoke(self, value: str, why: str = "the app") -> bool:
        """End the consent behind either kind of token."""
        with self.world.db() as conn:
            row = conn.execute("SELECT grant_id FROM qbo_token WHERE value = ?", (value,)).fetchone()
            if row:
                self._end(conn, row["grant_id"], why)
        return row is not None

    def end(self, grant: int, why: str) -> None:
        with self.world.db() as conn:
            self._end(conn, grant, why)

    def disconnect(self, realm: str, client: str | None = None) -> int:
        """What a person does inside QuickBooks: end every consent of a company. Returns how many ended."""
        with self.world.db() as conn:
            rows = conn.execute(
                "SELECT id FROM qbo_grant WHERE realm = ? AND ended IS NULL AND (? IS NULL OR client = ?)",
                (realm, client, client),
            ).fetchall()
            for row in rows:
                self._end(conn, row["id"], "the company")
        return len(rows)

    def _end(self, conn: sqlite3.Connection, grant: int, why: str) -> None:
        conn.execute(
            "UPDATE qbo_grant SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL",
            (self.world.now().isoformat(), why, grant),
        )

    def _past(self, instant: str) -> bool:
        return datetime.fromisoformat(instant) <= self.world.now()

    def state(self) -> list[dict[str, Any]]:
        with self.world.db() as conn:
            return [dict(row) for row in conn.execute("SELECT * FROM qbo_grant ORDER BY id")]
