"""Orders placed by command, and what is then done to them: sent, changed, cancelled, refunded.

Such an order is kept as what it was when placed and a list of events; both its versions and its settlement
rows are told from them, so that the next settlement of the store says the same amounts as the order.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.amazon.lives import (
    CANCELLED,
    PARTLY,
    PENDING,
    SHIPPED,
    UNSHIPPED,
    Life,
    Version,
    cancelled,
    conceded,
    parcel,
    scaled,
)
from sandbox.amazon.places import MARKETPLACES, SELLERS
from sandbox.amazon.rows import Item, Order, Row, order_rows, price_share_of, refund_rows, share_of
from sandbox.amazon.shop import drawn, shipment_id, whole
from sandbox.world import World

SCHEMA = """
CREATE TABLE IF NOT EXISTS amazon_order (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, seller_id TEXT NOT NULL, code TEXT NOT NULL, data TEXT NOT NULL
)
"""
Data = dict[str, Any]


class Placed:
    """Every order placed by command, in the world's store."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.RLock()
        self._read: dict[tuple[str, str], list[Data]] = {}
        self._told: dict[tuple[str, str], list[Story]] = {}
        with world.db() as conn:
            conn.execute(SCHEMA)

    def forget(self) -> None:
        with self._lock, self._world.db() as conn:
            conn.execute("DELETE FROM amazon_order")
            self._forget_read()

    def place(self, seller_id: str, code: str, count: int, wishes: Data) -> list[str]:
        """`count` new orders in a store, now (or `wishes["at"]`); their ids, the first placed first."""
        with self._lock, self._world.db() as conn:
            mine = "SELECT count(*) FROM amazon_order WHERE seller_id = ?"
            before = conn.execute(mine, (seller_id,)).fetchone()[0]
            made = [self._new(seller_id, code, before + turn, wishes) for turn in range(count)]
            conn.executemany(
                "INSERT INTO amazon_order (id, seller_id, code, data) VALUES (?, ?, ?, ?)",
                [(data["id"], seller_id, code, json.dumps(data)) for data in made],
            )
            self._forget_read()
        return [data["id"] for data in made]

    def _new(self, seller_id: str, code: str, turn: int, wishes: Data) -> Data:
        place = MARKETPLACES[code]
        seller = SELLERS[seller_id]
        rng = random.Random(f"{self._world.seed}:placed:{seller.fortune}:{code}:{turn}")
        at = whole(_instant(wishes["at"]) if wishes.get("at") else self._world.now())
        order = drawn(place, rng, at, str(wishes.get("fulfillment") or ""), seller.numbers(place))
        credit = wishes.get("terms") == "credit"
        return {
            "id": order.id,
            "code": code,
            "fulfillment": order.fulfillment,
            "purchased": at.isoformat(),
            "status": PENDING if wishes.get("pending") else UNSHIPPED,
            "business": bool(wishes.get("business")) or credit,
            "on_account": credit,
            "replaces": str(wishes.get("replaces") or ""),
            "buyer_of": str(wishes.get("buyer_of") or ""),
            "items": [_item_data(item) for item in _wanted(order.items, wishes)],
            "events": [],
        }

    def happen(self, order_id: str, kind: str, **details: Any) -> Life:
        """Add an event to an order, now; its life with it. Raises ValueError for what cannot be done to it."""
        with self._lock, self._world.db() as conn:
            row = conn.execute("SELECT data FROM amazon_order WHERE id = ?", (order_id,)).fetchone()
            if row is None:
                raise ValueError(f"no order {order_id} was placed by command")
            data: Data = json.loads(row["data"])
            story = Story(data)
            event = {"at": whole(self._world.now()).isoformat(), "kind": kind, **details}
            story.add(event)
            data["events"].append(event)
            conn.execute("UPDATE amazon_order SET data = ? WHERE id = ?", (json.dumps(data), order_id))
            self._forget_read()
        return story.life()

    def say(self, order_id: str, status: str) -> Life:
        """Let the order's status be a word of its own; "" gives the true one back."""
        with self._lock, self._world.db() as conn:
            row = conn.execute("SELECT data FROM amazon_order WHERE id = ?", (order_id,)).fetchone()
            if row is None:
                raise ValueError(f"no order {order_id} was placed by command")
            data: Data = {**json.loads(row["data"]), "stated_status": status, "said": whole(self._world.now()).isoformat()}
            conn.execute("UPDATE amazon_order SET data = ? WHERE id = ?", (json.dumps(data), order_id))
            self._forget_read()
        return Story(data).life()

    def stores(self, order_ids: Iterable[str]) -> set[tuple[str, str]]:
        """(seller, store) of these orders."""
        with self._world.db() as conn:
            rows = [conn.execute("SELECT seller_id, code FROM amazon_order WHERE id = ?", (one,)).fetchone() for one in order_ids]
        return {(row["seller_id"], row["code"]) for row in rows if row is not None}

    def ids(self, seller_id: str, code: str) -> list[str]:
        return [data["id"] for data in self._data(seller_id, code)]

    def lives(self, seller_id: str, code: str) -> list[Life]:
        return [story.life() for story in self._stories(seller_id, code)]

    def rows(self, seller_id: str, code: str, start: datetime, end: datetime) -> Iterator[Row]:
        """The settlement rows of all that was sent or refunded in a span of time."""
        for story in self._stories(seller_id, code):
            yield from (row for row in story.rows() if start <= row.posted < end)

    def _forget_read(self) -> None:
        self._read.clear()
        self._told.clear()

    def _stories(self, seller_id: str, code: str) -> list[Story]:
        with self._lock:
            if (seller_id, code) not in self._told:
                self._told[seller_id, code] = [Story(data) for data in self._data(seller_id, code)]
            return self._told[seller_id, code]

    def _data(self, seller_id: str, code: str) -> list[Data]:
        with self._lock:
            key = (seller_id, code)
            if key not in self._read:
                with self._world.db() as conn:
                    rows = conn.execute(
                        "SELECT data FROM amazon_order WHERE seller_id = ? AND code = ? ORDER BY number", key
                    ).fetchall()
                self._read[key] = [json.loads(row["data"]) for row in rows]
            return self._read[key]


class Story:
    """One order's events told in order: its versions and its rows."""

    def __init__(self, data: Data) -> None:
        self._data, self._place = data, MARKETPLACES[data["code"]]
        items = tuple(_item(one) for one in data["items"])
        self.versions = [Version(_instant(data["purchased"]), data["status"], items)]
        self._rows: list[Row] = []
        self._life: Life | None = None
        for event in data["events"]:
            self.add(event)

    @property
    def last(self) -> Version:
        return self.versions[-1]

    def life(self) -> Life:
        if self._life is None:
            self._life = self._as_life()
        return self._life

    def _as_life(self) -> Life:
        data, versions = self._data, list(self.versions)
        if data.get("said"):
            versions.append(replace(self.last, at=max(self.last.at, _instant(data["said"]))))
        return Life(
            data["id"], self._place, data["fulfillment"], _instant(data["purchased"]), tuple(versions),
            data["business"], data["on_account"], data["replaces"], data.get("stated_status", ""), data["buyer_of"],
        )  # fmt: skip

    def rows(self) -> list[Row]:
        return self._rows

    def add(self, event: Data) -> None:
        """Tell one event. Raises ValueError when the order's state does not allow it."""
        self._life = None
        at, kind = _instant(event["at"]), event["kind"]
        if kind == "refund":
            self._refund(event, at)
            return
        if self.last.status not in _ALLOWED[kind]:
            raise ValueError(f"order {self._data['id']} is {self.last.status}: no {kind}")
        self.versions.append(
            {"pay": self._pay, "ship": self._ship, "change": self._change, "cancel": self._cancel}[kind](event, at)
        )

    def _pay(self, event: Data, at: datetime) -> Version:
        return replace(self.last, at=at, status=UNSHIPPED)

    def _ship(self, event: Data, at: datetime) -> Version:
        """The items of these codes, or all that are left, in one shipment."""
        left = [item for item in self.last.items if item.code not in self.last.sent and item.quantity]
        chosen = [_chosen(left, name).code for name in event.get("items") or [item.code for item in left]]
        sent = self.last.sent | set(chosen)
        number, status = len(self.last.parcels) + 1, SHIPPED if len(chosen) == len(left) else PARTLY
        parcels = self.last.parcels
        if self._data["fulfillment"] == "MFN":
            parcels = (*parcels, parcel(self._data["id"], at, number, chosen))
        together = tuple(item for item in left if item.code in chosen)
        self._rows += order_rows(replace(self._order(at, number), items=together))
        return replace(self.last, at=at, status=status, sent=frozenset(sent), parcels=parcels)

    def _change(self, event: Data, at: datetime) -> Version:
        """Fewer (or more) units of an item, or money off its price. An item already sent stays as it is."""
        items = list(self.last.items)
        item = _chosen([one for one in items if one.code not in self.last.sent], event.get("item"))
        changed, ordered = item, dict(self.last.ordered)
        if event.get("quantity") is not None:
            if int(event["quantity"]) < 1:
                raise ValueError("an item without units: cancel the order instead")
            changed = scaled(item, int(event["quantity"]), self._place.quantum)
            ordered[item.code] = max(ordered.get(item.code, item.quantity), changed.quantity)
        if event.get("off"):
            changed = conceded(changed, Decimal(str(event["off"])), self._place.quantum)
        items[items.index(item)] = changed
        return replace(self.last, at=at, items=tuple(items), ordered=ordered, reason="changed")

    def _cancel(self, event: Data, at: datetime) -> Version:
        return cancelled(self.last.items, at)

    def _refund(self, event: Data, at: datetime) -> None:
        """Give back one item or all that was sent: whole, a share of it, or an amount of the price."""
        items = [item for item in self.last.items if item.code in self.last.sent]
        if not items:
            raise ValueError(f"order {self._data['id']} was not sent: nothing to refund")
        chosen = [_chosen(items, event["item"])] if event.get("item") is not None else items
        for item in chosen:
            part = _part(item, event, self._place.quantum)
            self._rows += refund_rows(self._order(at, 1), part, at, event["adjustment_id"], self._place.quantum)

    def _order(self, at: datetime, number: int) -> Order:
        rng = random.Random(f"shipment:{self._data['id']}:{number}")
        return Order(self._data["id"], shipment_id(rng), at, self._data["fulfillment"], (), prompt=True)


_ALLOWED = {
    "pay": (PENDING,),
    "ship": (UNSHIPPED, PARTLY),
    "change": (UNSHIPPED, PARTLY),
    "cancel": (PENDING, UNSHIPPED),
}
KINDS = frozenset(_ALLOWED) | {"refund"}
FINAL = frozenset({CANCELLED, SHIPPED})


def _part(item: Item, event: Data, quantum: Decimal) -> Item:
    if event.get("amount") is not None:
        return price_share_of(item, Decimal(str(event["amount"])), quantum)
    share = Decimal(str(event.get("share") or 1))
    if not 0 < share <= 1:
        raise ValueError("a share lies between 0 and 1")
    return item if share == 1 else share_of(item, share, quantum)


def _chosen(items: list[Item], name: Any) -> Item:
    """An item by its code, SKU or position; the first without a name. Raises ValueError when there is none such."""
    if name is None and items:
        return items[0]
    for number, item in enumerate(items):
        if str(name) in (item.code, item.sku, str(number)):
            return item
    raise ValueError(f"no item {name!r} left to choose")


def _wanted(items: tuple[Item, ...], wishes: Data) -> tuple[Item, ...]:
    """`skus` replaces what was drawn by name: the drawn lines carry them in turn."""
    skus = [str(sku) for sku in wishes.get("skus") or ()]
    return tuple(replace(item, sku=skus[turn % len(skus)]) for turn, item in enumerate(items)) if skus else items


def _item_data(item: Item) -> Data:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(item).items()}


def _item(data: Data) -> Item:
    amounts = {one.name for one in fields(Item) if one.type == "Decimal"}
    values: dict[str, Any] = {name: Decimal(value) if name in amounts else value for name, value in data.items()}
    return Item(**values)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
