"""Consents, tokens and connections (ledgers.md 2.1, XER-15).

A token set belongs to a Xero user and an app, and opens every organisation that the user connected. An access
token lives thirty minutes. A refresh token lives sixty days unused and is replaced at each use; the old value
goes on working for a grace of thirty minutes, for an answer that was lost, and then never again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import sqlite3
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.world import World

ACCESS_SECONDS: Final = 1800
REFRESH: Final = timedelta(days=60)
GRACE: Final = timedelta(minutes=30)
CODE: Final = timedelta(minutes=5)
ISSUER: Final = "https://identity.xero.com"
_KEY: Final = b"sandbox-xero-token-key"


class GrantError(Exception):
    """A token request that is refused, with OAuth's error code."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


@dataclass(frozen=True, slots=True)
class Access:
    """A valid access token and who stands behind it."""

    token: str
    grant: int
    client: str
    user: str
    scope: list[str]


def jwt(claims: dict[str, Any]) -> str:
    """A token in the form of a JSON web token. Its signature proves nothing outside of this world."""
    head = {"alg": "HS256", "kid": "twin-1", "typ": "JWT"}
    text = ".".join(_b64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    return f"{text}.{_b64(hmac.new(_KEY, text.encode(), hashlib.sha256).digest())}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Grants:
    def __init__(self, world: World) -> None:
        self.world = world

    def code(self, client: str, tenants: list[str], redirect_uri: str, scope: str, challenge: str = "") -> str:
        """A consent to those organisations: connects them, and gives a code for one exchange. KeyError: no such one."""
        value, event, now = secrets.token_urlsafe(32), str(uuid.uuid4()), self.world.now()
        with self.world.db() as conn:
            users = {_owner(conn, tenant) for tenant in tenants}
            if len(users) != 1:
                raise ValueError("the organisations belong to different Xero users")
            user = users.pop()
            for tenant in tenants:
                self._connect(conn, client, user, tenant, event)
            row = (value, client, user, redirect_uri, scope, event, challenge, (now + CODE).isoformat())
            conn.execute("INSERT INTO xero_code VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)", row)
        return value

    def _connect(self, conn: sqlite3.Connection, client: str, user: str, tenant: str, event: str) -> None:
        at = self.world.now().isoformat()
        conn.execute(
            "INSERT INTO xero_connection VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client, user, tenant)"
            " DO UPDATE SET event = excluded.event, updated = excluded.updated",
            (str(uuid.uuid4()), client, user, tenant, event, at, at),
        )

    def exchange(self, client: str, code: str, redirect_uri: str, verifier: str, secret_shown: bool) -> dict[str, Any]:
        """Code for tokens, once. A code asked for with a challenge needs its verifier; without one the app's secret."""
        with self.world.db() as conn:
            row = conn.execute("SELECT * FROM xero_code WHERE code = ?", (code,)).fetchone()
            if row is None or row["client"] != client or row["used"] or self._past(row["expires"]):
                raise GrantError("invalid_grant")
            if row["redirect_uri"] != redirect_uri or not _proved(row["challenge"], verifier, secret_shown):
                raise GrantError("invalid_grant")
            conn.execute("UPDATE xero_code SET used = 1 WHERE code = ?", (code,))
            return self._answer(conn, self._grant(conn, client, row["user"]), row["scope"], row["event"])

    def _grant(self, conn: sqlite3.Connection, client: str, user: str) -> sqlite3.Row:
        """The consent of this user to this app, made if there is none in force."""
        query = "SELECT * FROM xero_grant WHERE client = ? AND user = ? AND ended IS NULL"
        row: sqlite3.Row | None = conn.execute(query, (client, user)).fetchone()
        if row is None:
            made = (client, user, self.world.now().isoformat())
            conn.execute("INSERT INTO xero_grant (client, user, granted) VALUES (?, ?, ?)", made)
            return self._grant(conn, client, user)
        return row

    def refresh(self, client: str, value: str) -> dict[str, Any]:
        """A new token set for a refresh token. Raises GrantError invalid_grant."""
        with self.world.db() as conn:
            token = conn.execute("SELECT * FROM xero_token WHERE value = ? AND kind = 'refresh'", (value,)).fetchone()
            grant = token and conn.execute("SELECT * FROM xero_grant WHERE id = ?", (token["grant_id"],)).fetchone()
            if grant and grant["client"] == client and not grant["ended"] and self._usable(token):
                now = self.world.now().isoformat()
                conn.execute("UPDATE xero_token SET replaced = coalesce(replaced, ?) WHERE value = ?", (now, value))
                conn.execute("UPDATE xero_grant SET refreshes = refreshes + 1 WHERE id = ?", (grant["id"],))
                return self._answer(conn, grant, token["scope"], token["event"])
            if grant:
                conn.execute("UPDATE xero_grant SET refused = refused + 1 WHERE id = ?", (grant["id"],))
        raise GrantError("invalid_grant")

    def _usable(self, token: sqlite3.Row) -> bool:
        if self._past(token["expires"]):
            return False
        return not token["replaced"] or self.world.now() - datetime.fromisoformat(token["replaced"]) <= GRACE

    def _answer(self, conn: sqlite3.Connection, grant: sqlite3.Row, scope: str, event: str) -> dict[str, Any]:
        now = self.world.now()
        access = jwt(self._claims(grant, scope, event))
        self._keep(conn, access, "access", grant, scope, event, now + timedelta(seconds=ACCESS_SECONDS))
        answer: dict[str, Any] = {"access_token": access, "expires_in": ACCESS_SECONDS, "token_type": "Bearer", "scope": scope}
        if "offline_access" in scope.split():
            answer["refresh_token"] = secrets.token_urlsafe(32)
            self._keep(conn, answer["refresh_token"], "refresh", grant, scope, event, now + REFRESH)
        if "openid" in scope.split():
            answer["id_token"] = jwt(self._identity(conn, grant, scope))
        return answer

    def _keep(
        self, conn: sqlite3.Connection, value: str, kind: str, grant: sqlite3.Row, scope: str, event: str, expires: datetime
    ) -> None:
        row = (value, kind, grant["id"], scope, event, expires.isoformat())
        conn.execute("INSERT INTO xero_token VALUES (?, ?, ?, ?, ?, ?, NULL)", row)

    def _claims(self, grant: sqlite3.Row, scope: str, event: str) -> dict[str, Any]:
        now = int(self.world.now().timestamp())
        return {
            "nbf": now, "exp": now + ACCESS_SECONDS, "iss": ISSUER, "aud": f"{ISSUER}/resources", "client_id": grant["client"],
            "sub": grant["user"].replace("-", ""), "auth_time": now, "xero_userid": grant["user"],
            "global_session_id": secrets.token_hex(16), "jti": secrets.token_hex(16), "authentication_event_id": event,
            "scope": scope.split(), "amr": ["pwd"],
        }  # fmt: skip

    def _identity(self, conn: sqlite3.Connection, grant: sqlite3.Row, scope: str) -> dict[str, Any]:
        now = int(self.world.now().timestamp())
        user = conn.execute("SELECT * FROM xero_user WHERE id = ?", (grant["user"],)).fetchone()
        claims = {
            "nbf": now, "exp": now + 300, "iss": ISSUER, "aud": grant["client"], "iat": now, "auth_time": now,
            "sub": grant["user"].replace("-", ""), "xero_userid": grant["user"],
        }  # fmt: skip
        given, _, family = user["name"].partition(" ")
        if "profile" in scope.split():
            claims |= {"name": user["name"], "given_name": given, "family_name": family, "preferred_username": user["email"]}
        return claims | ({"email": user["email"]} if "email" in scope.split() else {})

    # Calls with a token

    def access(self, value: str) -> tuple[Access | None, str]:
        """The access behind a token, or None and what the door says about it."""
        with self.world.db() as conn:
            row = conn.execute(
                "SELECT t.expires, t.scope, g.* FROM xero_token t JOIN xero_grant g ON g.id = t.grant_id"
                " WHERE t.value = ? AND t.kind = 'access'",
                (value,),
            ).fetchone()
        if row is None or row["ended"]:
            return None, "AuthenticationUnsuccessful"
        if self._past(row["expires"]):
            return None, f"TokenExpired: token expired at {datetime.fromisoformat(row['expires']):%m/%d/%Y %H:%M:%S}"
        return Access(value, row["id"], row["client"], row["user"], row["scope"].split()), ""

    def connected(self, access: Access, tenant: str) -> bool:
        with self.world.db() as conn:
            query = "SELECT 1 FROM xero_connection WHERE client = ? AND user = ? AND tenant = ?"
            return conn.execute(query, (access.client, access.user, tenant)).fetchone() is not None

    def connections(self, access: Access, event: str | None) -> list[dict[str, Any]]:
        query = (
            "SELECT c.*, o.name FROM xero_connection c JOIN xero_organisation o ON o.tenant = c.tenant"
            " WHERE c.client = ? AND c.user = ? AND (? IS NULL OR c.event = ?) ORDER BY c.created, o.name"
        )
        with self.world.db() as conn:
            rows = conn.execute(query, (access.client, access.user, event, event)).fetchall()
        return [
            {
                "id": row["id"], "authEventId": row["event"], "tenantId": row["tenant"], "tenantType": "ORGANISATION",
                "tenantName": row["name"], "createdDateUtc": _seven(row["created"]), "updatedDateUtc": _seven(row["updated"]),
            }
            for row in rows
        ]  # fmt: skip

    def remove(self, connection: str, access: Access) -> bool:
        with self.world.db() as conn:
            query = "DELETE FROM xero_connection WHERE id = ? AND client = ? AND user = ?"
            return conn.execute(query, (connection, access.client, access.user)).rowcount == 1

    # Endings

    def expire(self, token: str | None = None, tenant: str | None = None) -> int:
        """Access tokens end now: one, all of an organisation's user, or every one."""
        query = (
            "UPDATE xero_token SET expires = ? WHERE kind = 'access' AND (? IS NULL OR value = ?) AND (? IS NULL OR grant_id IN"
            " (SELECT g.id FROM xero_grant g JOIN xero_organisation o ON o.user = g.user WHERE o.tenant = ?))"
        )
        with self.world.db() as conn:
            return conn.execute(query, (self.world.now().isoformat(), token, token, tenant, tenant)).rowcount

    def revoke(self, value: str, why: str, client: str | None = None) -> bool:
        """End the consent behind either kind of token, and with it every connection of that user and app."""
        with self.world.db() as conn:
            row = conn.execute("SELECT grant_id FROM xero_token WHERE value = ?", (value,)).fetchone()
            grant = row and conn.execute("SELECT * FROM xero_grant WHERE id = ?", (row["grant_id"],)).fetchone()
            if not grant or (client and grant["client"] != client):
                return False
            self._end(conn, grant, why)
        return True

    def end(self, grant_id: int, why: str) -> None:
        with self.world.db() as conn:
            self._end(conn, conn.execute("SELECT * FROM xero_grant WHERE id = ?", (grant_id,)).fetchone(), why)

    def end_of(self, tenant: str, why: str) -> int:
        """Every consent of the user who owns an organisation."""
        with self.world.db() as conn:
            grants = conn.execute("SELECT * FROM xero_grant WHERE user = ? AND ended IS NULL", (_owner(conn, tenant),)).fetchall()
            for grant in grants:
                self._end(conn, grant, why)
        return len(grants)

    def disconnect(self, tenant: str) -> int:
        """What a person does inside Xero: take one organisation away from every app; the tokens live on."""
        with self.world.db() as conn:
            return conn.execute("DELETE FROM xero_connection WHERE tenant = ?", (tenant,)).rowcount

    def _end(self, conn: sqlite3.Connection, grant: sqlite3.Row, why: str) -> None:
        now = self.world.now().isoformat()
        conn.execute("UPDATE xero_grant SET ended = ?, ended_by = ? WHERE id = ? AND ended IS NULL", (now, why, grant["id"]))
        conn.execute("DELETE FROM xero_connection WHERE client = ? AND user = ?", (grant["client"], grant["user"]))

    def _past(self, instant: str) -> bool:
        return datetime.fromisoformat(instant) <= self.world.now()

    def state(self) -> list[dict[str, Any]]:
        with self.world.db() as conn:
            return [dict(row) for row in conn.execute("SELECT * FROM xero_grant ORDER BY id")]


def _owner(conn: sqlite3.Connection, tenant: str) -> str:
    row = conn.execute("SELECT user FROM xero_organisation WHERE tenant = ?", (tenant,)).fetchone()
    if row is None:
        raise KeyError(tenant)
    return str(row["user"])


def _proved(challenge: str, verifier: str, secret_shown: bool) -> bool:
    if not challenge:
        return secret_shown
    return hmac.compare_digest(_b64(hashlib.sha256(verifier.encode()).digest()), challenge)


def _seven(instant: str) -> str:
    """Seven decimals and no zone, as the identity service writes moments."""
    return datetime.fromisoformat(instant).strftime("%Y-%m-%dT%H:%M:%S.%f0")
