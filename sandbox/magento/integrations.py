"""Who may call: a shop's integrations with their tokens, signed or as bearer, and short-lived tokens of people.

An integration's `stage` is as Magento's token types: `verifier` (activated, nobody came yet), `request`,
`access`; `inactive` before and `revoked` after.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from werkzeug.wrappers import Request

from sandbox.magento import oauth
from sandbox.magento.errors import Refusal
from sandbox.magento.shops import SHOPS, Shop, secret_of
from sandbox.world import World

ALL: Final = "Magento_Backend::all"
ADMIN_LIFE, IMS_LIFE = timedelta(hours=4), timedelta(hours=24)
SEEDED: Final[dict[str, tuple[str, ...]]] = {
    "Tieout": (ALL,),
    "Orders only": ("Magento_Sales::actions_view",),
}
"""Integrations that every shop has from the start, already active, with what they may do."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request speaks for; `id` 0 is a person or an IMS client, who may do everything."""

    id: int
    name: str
    resources: frozenset[str]

    def may(self, resource: str) -> bool:
        return ALL in self.resources or resource in self.resources or resource in ("anonymous", "self")


EVERYTHING: Final = Caller(0, "admin", frozenset((ALL,)))


class Integrations:
    """The integrations of all shops, in the world's store."""

    def __init__(self, world: World) -> None:
        self._world = world

    def seed(self) -> None:
        for shop in SHOPS.values():
            for name, resources in SEEDED.items():
                self.create(shop, name, resources, stage="access", label=name)

    def create(
        self, shop: Shop, name: str, resources: tuple[str, ...] = (ALL,), *, callback: str = "", identity: str = "",
        stage: str = "inactive", label: str = "",
    ) -> int:  # fmt: skip
        """Its id. `label` says what the credentials are drawn from; each is new without one."""
        with self._world.db() as conn:
            number = conn.execute("SELECT coalesce(max(id), 0) + 1 FROM magento_integration").fetchone()[0]
            parts = [
                secret_of(shop.code, f"{label or number}:{part}")
                for part in ("key", "secret", "token", "token secret", "verifier")
            ]
            row = (number, shop.code, name, callback, identity, json.dumps(resources), *parts[:2], stage, *parts[2:])
            conn.execute("INSERT INTO magento_integration VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return int(number)

    def list(self, shop: Shop) -> list[dict[str, Any]]:
        with self._world.db() as conn:
            rows = conn.execute("SELECT * FROM magento_integration WHERE shop = ? ORDER BY id", (shop.code,)).fetchall()
        return [dict(row) for row in rows]

    def get(self, shop: Shop, number: int) -> dict[str, Any]:
        """KeyError: no such integration in this shop."""
        return {one["id"]: one for one in self.list(shop)}[number]

    def change(self, number: int, **columns: str) -> None:
        with self._world.db() as conn:
            for column, value in columns.items():
                conn.execute(f"UPDATE magento_integration SET {column} = ? WHERE id = ?", (value, number))  # noqa: S608

    def revoke(self, shop: Shop, name: str | None = None) -> int:
        """Take the tokens of a shop's integrations (or of one) back; how many that were."""
        found = [one for one in self.list(shop) if name in (None, one["name"]) and one["stage"] != "revoked"]
        for one in found:
            self.change(one["id"], stage="revoked")
        return len(found)

    # Requests

    def caller(self, request: Request, shop: Shop, *, bearer: bool) -> Caller | None:
        """Who a request speaks for; None: nobody. Raises Refusal 400 or 401 for one that signs wrongly."""
        if (given := oauth.protocol(request)) is not None:
            return self._signed(request, shop, given)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self._bearer(shop, token.strip().strip('"'), allowed=bearer) if scheme.lower() == "bearer" else None

    def _signed(self, request: Request, shop: Shop, given: dict[str, str]) -> Caller:
        oauth.check_shape(given, ("oauth_token",))
        found = self.consumer(shop, given)
        if given["oauth_token"] != found["token"]:
            raise oauth.denied("Specified token does not exist")
        if found["stage"] == "revoked":
            raise oauth.denied("Access token has been revoked")
        if found["stage"] != "access":
            raise oauth.denied("Token is not an access token")
        oauth.check_signature(request, given, found["consumer_secret"], found["token_secret"])
        return _caller(found)

    def consumer(self, shop: Shop, given: dict[str, str]) -> dict[str, Any]:
        """The integration of a key, its nonce used up. Raises Refusal 401."""
        with self._world.db() as conn:
            row = conn.execute(
                "SELECT * FROM magento_integration WHERE shop = ? AND consumer_key = ?", (shop.code, given["oauth_consumer_key"])
            ).fetchone()
            if row is None:
                raise oauth.denied("A consumer having the specified key does not exist")
            self._use(conn, row["id"], given["oauth_nonce"], oauth.check_time(given, self._world.now()))
        return dict(row)

    @staticmethod
    def _use(conn: sqlite3.Connection, consumer: int, nonce: str, at: int) -> None:
        try:
            conn.execute("INSERT INTO magento_nonce VALUES (?, ?, ?)", (consumer, nonce, at))
        except sqlite3.IntegrityError:
            raise Refusal(
                401, "The nonce is already being used by the consumer with ID %1.", {"1": consumer}
            ) from None  # fmt: skip

    def _bearer(self, shop: Shop, token: str, *, allowed: bool) -> Caller | None:
        """A person's or IMS token; an integration's only where the shop allows it (off since 2.4.4)."""
        with self._world.db() as conn:
            person = conn.execute("SELECT * FROM magento_session WHERE token = ? AND shop = ?", (token, shop.code)).fetchone()
            row = conn.execute("SELECT * FROM magento_integration WHERE token = ? AND shop = ?", (token, shop.code)).fetchone()
        if person is not None:
            return EVERYTHING if datetime.fromisoformat(person["expires"]) > self._world.now() else None
        return _caller(row) if row is not None and allowed and row["stage"] == "access" else None

    def session(self, shop: Shop, kind: str, life: timedelta) -> str:
        """A token for a person (`admin`) or an IMS client (`ims`)."""
        with self._world.db() as conn:
            number = conn.execute("SELECT count(*) FROM magento_session").fetchone()[0]
            token = secret_of(shop.code, f"{kind}:{number}:{self._world.now().isoformat()}")
            conn.execute("INSERT INTO magento_session VALUES (?, ?, ?, ?)",
                         (token, shop.code, kind, (self._world.now() + life).isoformat()))  # fmt: skip
        return token

    def end_sessions(self, shop: Shop) -> None:
        with self._world.db() as conn:
            conn.execute("DELETE FROM magento_session WHERE shop = ?", (shop.code,))


def _caller(row: Any) -> Caller:
    return Caller(row["id"], row["name"], frozenset(json.loads(row["resources"])))


def known(shop: Shop, label: str) -> dict[str, str]:
    """The credentials of an integration that was made with a label, the same in every world."""
    parts = {"consumer_key": "key", "consumer_secret": "secret", "access_token": "token", "access_token_secret": "token secret"}
    return {name: secret_of(shop.code, f"{label}:{part}") for name, part in parts.items()}
