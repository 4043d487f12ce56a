"""The shops' history: eleven weeks of orders before the world's anchor, drawn from the world's seed.

Orders are placed and carried on through the same functions as at a request, so that what is seeded foots
as what is done later. What a world starts with is drawn once a process and kept as rows.
"""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sandbox.magento import documents, goods, people, refunds
from sandbox.magento.installation import Body, Installation, stamp
from sandbox.magento.money import ZERO
from sandbox.magento.orders import CARD, ON_TERMS, ONLINE, PAYPAL, TRANSFER, Basket, place
from sandbox.magento.shops import COMMERCE, SHOPS, Shop

WEEKS: Final = 11
CUSTOM_STATUS: Final = "awaiting_pickup"
SWITCHES: Final[dict[str, Any]] = {
    "bearer": None, "last_page_repeats": True, "input_limits": False, "maintenance": False, "touch": "sometimes",
    "two_factor": True, "bulk_seconds": 5,
}  # fmt: skip
"""A shop's configuration: `bearer` None as the shop has it, `touch` always, sometimes or never (see sales.touch)."""
_KEPT = ("magento_document", "magento_sequence")
_drawn: dict[tuple[int, date], dict[str, list[tuple[Any, ...]]]] = {}


def plant(conn: sqlite3.Connection, seed: int, anchor: date) -> None:
    """All shops' first contents."""
    key = (seed, anchor)
    if key not in _drawn:
        for shop in SHOPS.values():
            _history(conn, shop, seed, anchor)
        _drawn[key] = {name: [tuple(row) for row in conn.execute(f"SELECT * FROM {name}")] for name in _KEPT}  # noqa: S608
        return
    for name, rows in _drawn[key].items():
        marks = ", ".join("?" * len(rows[0]))
        conn.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - names above


def _history(conn: sqlite3.Connection, shop: Shop, seed: int, anchor: date) -> None:
    end = datetime.combine(anchor, time(12), UTC)
    start = end - timedelta(weeks=WEEKS)
    found = Installation(conn, shop, start, {**SWITCHES, "touch": "sometimes"})
    since = stamp(start - timedelta(days=200))
    goods.plant(found, since)
    people.plant(found, since)
    rng = random.Random(f"{seed}:{shop.code}")
    step = timedelta(weeks=WEEKS) / shop.orders
    for index in range(shop.orders):
        found.now = (start + step * index + timedelta(minutes=rng.randrange(240))).replace(microsecond=0)
        _life(found, place(found, drawn(found, rng, f"{seed}:{index}", index)), rng, index, end)


def drawn(found: Installation, rng: random.Random, seed: str, index: int) -> Basket:
    """One basket: every kind of product, method, view and discount comes up within a dozen."""
    shop = found.shop
    skus = rng.sample(list(goods.GOODS)[:11], rng.choices((1, 2, 3), (60, 30, 10))[0])
    kinds = {1: "TEE-NAVY", 4: "BOX-PICNIC", 7: "SET-CAMP", 10: "COURSE-ROPE"}
    if extra := kinds.get(index % 12):
        skus = [extra] if extra == "COURSE-ROPE" else [extra, *skus[:1]]
    lines = [(sku, rng.choices((1, 2, 3), (75, 18, 7))[0]) for sku in skus]
    method = ON_TERMS if index % 6 == 5 else TRANSFER if index % 20 == 13 else PAYPAL if index % 3 == 1 else CARD
    off = Decimal("0.10") if index % 7 == 3 else ZERO
    commerce = shop.edition == COMMERCE
    return Basket(
        lines, method, view=shop.views[index % 5 == 2 and len(shop.views) > 1].code, off=off, coupon="AUTUMN10" if off else "",
        post_off=Decimal("0.5") if index % 14 == 3 else ZERO, customer=None if index % 3 == 2 and method in ONLINE else 1 + index % 12,
        seed=seed, variant=index, credit=Decimal("5.00") if commerce and index % 8 == 6 else ZERO,
        cards=Decimal("10.00") if commerce and index % 8 == 2 else ZERO,
    )  # fmt: skip


def _life(found: Installation, order: Body, rng: random.Random, index: int, end: datetime) -> None:
    """What became of an order up to the anchor: paid, sent, refunded, cancelled; some only in part."""
    if order["payment"]["method"] in ONLINE:
        documents.invoice(found, order, {}, transaction=documents.transaction_of(order, "capture"))
    if index % 15 == 11 and order["state"] == "new":
        if _after(found, end, rng, 60):
            documents.cancel(found, order)
        return
    if not _after(found, end, rng, 30):
        return
    if order["state"] == "new" and index % 12 != 5:
        _on_terms(found, order, index)
    if index % 9 == 8 and order["state"] == "processing":
        found.save("order", order | {"status": CUSTOM_STATUS, "updated_at": found.stamp})
        return
    if index % 10 == 9:
        _send_some(found, order)
    elif order["state"] == "processing" and not order["is_virtual"] and _after(found, end, rng, 20):
        documents.ship(found, order, {}, [_track(order)])
    if index % 8 == 0 and _after(found, end, rng, 150):
        _give_back(found, order, index)


def _after(found: Installation, end: datetime, rng: random.Random, hours: int) -> bool:
    """Let some time pass; False: that would be after the anchor, and hasn't happened."""
    later = (found.now + timedelta(hours=hours * rng.uniform(0.5, 1.5))).replace(microsecond=0)
    if later >= end:
        return False
    found.now = later
    return True


def _on_terms(found: Installation, order: Body, index: int) -> None:
    """Invoiced in full, or the first line only: then the rest is still due."""
    first = next(item for item in order["items"] if "parent_item_id" not in item)
    some = {first["item_id"]: Decimal(1)} if index % 4 == 1 else {}
    documents.invoice(found, order, some)


def _send_some(found: Installation, order: Body) -> None:
    first = next((item for item in order["items"] if "parent_item_id" not in item and not item["is_virtual"]), None)
    if first is not None and order["state"] == "processing":
        documents.ship(found, order, {first["item_id"]: Decimal(1)}, [_track(order)])


def _give_back(found: Installation, order: Body, index: int) -> None:
    """All of it, one line without its postage, or a goodwill amount."""
    invoices = list(found.all("invoice", order["entity_id"]))
    if not invoices or order["state"] in ("canceled", "closed"):
        return
    online = order["payment"]["method"] in ONLINE
    first = next(item for item in order["items"] if "parent_item_id" not in item)
    if index % 3 == 0:
        refunds.refund(found, order, {}, of=invoices[0], online=online)
    elif index % 3 == 1:
        one = Decimal(1)
        refunds.refund(
            found, order, {first["item_id"]: one}, shipping=ZERO, of=invoices[0], online=online, back=(first["item_id"],)
        )
    else:
        nothing = {first["item_id"]: ZERO}
        refunds.refund(found, order, nothing, shipping=ZERO, more=Decimal(3), minus=Decimal(1), of=invoices[0], online=online)


def _track(order: Body) -> Body:
    return {"track_number": f"JD{order['entity_id']:014d}", "title": "DHL", "carrier_code": "dhl"}
