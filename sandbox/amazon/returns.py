"""What buyers sent back to Amazon's warehouses: one unit for every unit whose whole price was refunded.

A concession (a part of the price given back) returns nothing. A return is booked at the moment of its refund,
goes back on the shelf or not, and is told by the report GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA, whose columns
Amazon's page "FBA Customer Concessions reports attributes" lists. Goods that the merchant sent come back to the
merchant, and Amazon's warehouses know nothing of them.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sandbox.amazon.goods import asin, fnsku, title
from sandbox.amazon.lives import Life
from sandbox.amazon.places import Marketplace, Seller
from sandbox.amazon.rows import ZERO, Row
from sandbox.amazon.shops import Shops

REPORT_TYPE = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
COLUMNS = (
    "return-date", "order-id", "sku", "asin", "fnsku", "product-name", "quantity", "fulfillment-center-id",
    "detailed-disposition", "reason", "status", "license-plate-number", "customer-comments",
)  # fmt: skip
SELLABLE = "SELLABLE"
DISPOSITIONS = (SELLABLE, "CUSTOMER_DAMAGED", "DEFECTIVE")
REASONS = {
    SELLABLE: ("UNWANTED_ITEM", "ORDERED_WRONG_ITEM", "NO_REASON_GIVEN"),
    "CUSTOMER_DAMAGED": ("DAMAGED_BY_CARRIER", "UNWANTED_ITEM"),
    "DEFECTIVE": ("DEFECTIVE", "QUALITY_UNACCEPTABLE"),
}
STATUSES = {SELLABLE: "Unit returned to inventory"}
WAREHOUSES = {"na": ("PHX7", "MDT2"), "eu": ("LTN4", "LEJ1"), "fe": ("BWU2", "NRT5")}


@dataclass(frozen=True, slots=True)
class Return:
    """One unit that came back."""

    at: datetime
    order_id: str
    sku: str
    disposition: str
    reason: str
    warehouse: str
    plate: str

    def record(self) -> tuple[str, ...]:
        """Its line in the report. Buyers' comments are theirs: the twin's buyers write none."""
        status = STATUSES.get(self.disposition, "Reimbursed" if self.reason == "DAMAGED_BY_CARRIER" else "Unit received")
        return (
            self.at.isoformat(), self.order_id, self.sku, asin(self.sku), fnsku(self.sku), title(self.sku), "1", self.warehouse,
            self.disposition, self.reason, status, self.plate, "",
        )  # fmt: skip


def returns_of(shops: Shops, seller: Seller, place: Marketplace, now: datetime) -> Iterator[Return]:
    """Every unit of a store that has come back by now, the first refund of an item first."""
    lives = {life.id: life for life in shops.lives_in(seller, place)}
    for (order_id, item_code), (at, given_back) in _refunds(shops, seller, place, now).items():
        units = _units(lives.get(order_id), item_code, given_back)
        yield from (_return(place, seller, order_id, item_code, at, unit, lives[order_id]) for unit in range(units))


def _refunds(shops: Shops, seller: Seller, place: Marketplace, now: datetime) -> dict[tuple[str, str], tuple[datetime, Decimal]]:
    """(order, item) -> when its price was first given back, and how much of it then."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in shops.rows(seller, place):
        if row.transaction_type == "Refund" and row.fulfillment == "AFN" and row.posted <= now:
            found.setdefault((row.order_id, row.item_code, row.adjustment_id), []).append(row)
    first: dict[tuple[str, str], tuple[datetime, Decimal]] = {}
    for (order_id, item_code, _adjustment), rows in found.items():
        price = sum((-row.amount for row in rows if (row.amount_type, row.description) == ("ItemPrice", "Principal")), ZERO)
        first.setdefault((order_id, item_code), (rows[0].posted, price))
    return first


def _units(life: Life | None, item_code: str, given_back: Decimal) -> int:
    """How many came back: all of the item, when all of its price was given back."""
    items = life.versions[-1].items if life else ()
    return next((item.quantity for item in items if item.code == item_code and item.principal == given_back), 0)


def _return(place: Marketplace, seller: Seller, order_id: str, item_code: str, at: datetime, unit: int, life: Life) -> Return:
    rng = random.Random(f"return:{order_id}:{item_code}:{unit}")
    disposition = rng.choices(DISPOSITIONS, (70, 20, 10))[0]
    sku = next(item.sku for item in life.versions[-1].items if item.code == item_code)
    plate = f"LPN{place.code[:2]}{rng.randrange(10**9):09d}"
    return Return(at, order_id, sku, disposition, rng.choice(REASONS[disposition]), rng.choice(WAREHOUSES[seller.region]), plate)


def document(places: Iterable[Marketplace], returned: Iterable[Return]) -> tuple[bytes, str]:
    """The report's file, gzipped, and its charset: the newest return first, as the first of its stores writes."""
    style = next(iter(places)).style
    records = [COLUMNS, *(one.record() for one in sorted(returned, key=lambda one: one.at, reverse=True))]
    text = "".join("\t".join(record) + style.newline for record in records)
    return gzip.compress(text.encode(style.encoding), mtime=0), style.charset
