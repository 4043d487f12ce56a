"""One shop's database: documents by kind, their numbers and sequences, and the switches of its configuration."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.jsontext import dump, load
from sandbox.magento.errors import no_order
from sandbox.magento.money import plain
from sandbox.magento.shops import Shop

Body = dict[str, Any]

KEYS: Final = {"order": "increment_id", "invoice": "increment_id", "creditmemo": "increment_id", "shipment": "increment_id",
               "product": "sku", "customer": "email", "source_item": "key", "source": "source_code",
               "attribute": "attribute_code"}  # fmt: skip
"""Under which property each kind is also known, besides its id."""


def stamp(at: datetime) -> str:
    """UTC without saying so, as all of Magento's timestamps."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


class Installation:
    """What one request or command may see and change; `conn` is inside of a transaction. `now` is the world's."""

    def __init__(self, conn: sqlite3.Connection, shop: Shop, now: datetime, switches: Body) -> None:
        self.conn, self.shop, self.now, self.switches = conn, shop, now, switches
        self.changed: list[Body] = []
        """Orders saved by this request, for those who are told of it; `moved` the source items."""
        self.moved: list[Body] = []

    @property
    def stamp(self) -> str:
        return stamp(self.now)

    def next_id(self, name: str) -> int:
        """The next number of a sequence, from 1."""
        row = self.conn.execute(
            "INSERT INTO magento_sequence (shop, name, last) VALUES (?, ?, 1)"
            " ON CONFLICT (shop, name) DO UPDATE SET last = last + 1 RETURNING last",
            (self.shop.code, name),
        ).fetchone()
        return int(row["last"])

    def add(self, kind: str, body: Body, parent: int | None = None) -> Body:
        """Keep a new document under its `entity_id` or `id`."""
        self._put("INSERT INTO magento_document VALUES (?, ?, ?, ?, ?, ?)", kind, body, parent)
        return self._told(kind, body)

    def save(self, kind: str, body: Body) -> Body:
        """Write a document over; whether `updated_at` moves is the caller's business."""
        self.conn.execute(
            "UPDATE magento_document SET number = ?, body = ? WHERE shop = ? AND kind = ? AND id = ?",
            (str(body[KEYS[kind]]), dump(plain(body)), self.shop.code, kind, identity(body)),
        )
        return self._told(kind, body)

    def _told(self, kind: str, body: Body) -> Body:
        if kind == "order":
            self.changed.append(body)
        elif kind == "source_item":
            self.moved.append(body)
        return body

    def _put(self, statement: str, kind: str, body: Body, parent: int | None) -> None:
        values = (self.shop.code, kind, identity(body), str(body[KEYS[kind]]), parent, dump(plain(body)))
        self.conn.execute(statement, values)

    def find(self, kind: str, entity_id: int | str) -> Body | None:
        return self._one("id", kind, entity_id)

    def named(self, kind: str, number: str) -> Body | None:
        """By increment id, SKU, e-mail address or code."""
        return self._one("number", kind, number)

    def _one(self, column: str, kind: str, value: int | str) -> Body | None:
        row = self.conn.execute(
            f"SELECT body FROM magento_document WHERE shop = ? AND kind = ? AND {column} = ?",  # noqa: S608 - a name above
            (self.shop.code, kind, value),
        ).fetchone()
        return load(row["body"]) if row else None

    def order(self, entity_id: int | str) -> Body:
        """Raises Refusal 404."""
        if (found := self.find("order", entity_id)) is None:
            raise no_order()
        return found

    def all(self, kind: str, parent: int | None = None) -> Iterator[Body]:
        """Every document of a kind (of one parent), by id."""
        rows = self.conn.execute(
            "SELECT body FROM magento_document WHERE shop = ? AND kind = ? AND (? IS NULL OR parent = ?) ORDER BY id",
            (self.shop.code, kind, parent, parent),
        ).fetchall()
        return (load(row["body"]) for row in rows)

    def remove(self, kind: str, entity_id: int) -> None:
        place = (self.shop.code, kind, entity_id)
        self.conn.execute("DELETE FROM magento_document WHERE shop = ? AND kind = ? AND id = ?", place)


def identity(body: Body) -> int:
    return int(body["entity_id"] if "entity_id" in body else body["id"])
