"""What a store of a seller lists: every product of the shop under that store's SKU, with the names Amazon gives it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sandbox.amazon.places import Marketplace
from sandbox.amazon.shop import PRODUCTS, Product, money, sku_in

KINDS = ("LAMP", "DRINKING_CUP", "BLANKET", "ROPE", "MEASURING_TOOL", "PLATE", "TOOL_SHEATH", "WOOD_FINISH", "CHAIR",
         "BLANK_BOOK")  # fmt: skip
"""Product types, in the order of the products."""
TITLES = {product.sku: product.title for product in PRODUCTS}


@dataclass(frozen=True, slots=True)
class Listing:
    """One SKU in one store. Listed long before the history begins, and touched once since."""

    sku: str
    place: Marketplace
    product: Product
    kind: str
    created: datetime

    @property
    def updated(self) -> datetime:
        return self.created + timedelta(days=40, hours=3)

    @property
    def price(self) -> Decimal:
        return money(self.product.price, self.place)


def listings(place: Marketplace, anchor: date) -> list[Listing]:
    """All of a store, the oldest first."""
    first = datetime.combine(anchor - timedelta(days=420), time(8), UTC)
    return [
        Listing(sku_in(place, product), place, product, KINDS[turn], first + timedelta(days=11 * turn))
        for turn, product in enumerate(PRODUCTS)
    ]


def title(sku: str) -> str:
    return TITLES.get(sku.rsplit("_", 1)[0], TITLES.get(sku, sku))


def asin(sku: str) -> str:
    return "B0" + random.Random(f"asin:{sku}").randbytes(4).hex().upper()


def fnsku(sku: str) -> str:
    """What Amazon's warehouses call it."""
    return "X00" + random.Random(f"fnsku:{sku}").randbytes(4).hex().upper()[:7]
