"""How much of every SKU lies where: in Amazon's warehouses (AFN), or with the merchant (MFN).

Stock moves with the shop. It opens full; each order takes its units, first as reserved, then for good; what a
fortnight was drawn to sell comes in again at its end, in cases of six; what buyers return goes back on the shelf,
or among what cannot be sold. Orders placed by command take theirs too; stock never falls below nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.amazon.lives import CANCELLED, SHIPPED
from sandbox.amazon.places import Marketplace, Seller
from sandbox.amazon.returns import SELLABLE, returns_of
from sandbox.amazon.shops import Shops

OPENING, CASE = 60, 6
STAGES = (("receiving", timedelta(days=1)), ("shipped", timedelta(days=4)), ("working", timedelta(days=6)))
"""A delivery on its way: how long before it is received it enters each stage."""


@dataclass
class Level:
    """Units of one SKU. `unfulfillable` by disposition, `inbound` by stage; `updated` is when any of them last changed."""

    updated: datetime
    received: int = OPENING
    sent: int = 0
    reserved: int = 0
    unfulfillable: Counter[str] = field(default_factory=Counter)
    inbound: Counter[str] = field(default_factory=Counter)

    @property
    def fulfillable(self) -> int:
        return max(0, self.received - self.sent - self.reserved)

    @property
    def total(self) -> int:
        return self.fulfillable + self.reserved + sum(self.unfulfillable.values()) + sum(self.inbound.values())

    def touch(self, at: datetime) -> None:
        self.updated = max(self.updated, at)


def levels(
    shops: Shops, seller: Seller, place: Marketplace, skus: list[str], now: datetime, fulfillment: str
) -> dict[str, Level]:
    """By SKU, every one of `skus`."""
    opened = shops.chain(seller.id, place.code).regular_end(0)
    found = {sku: Level(opened) for sku in skus}
    _deliver(shops, seller, place, now, fulfillment, found)
    _sell(shops, seller, place, now, fulfillment, found)
    if fulfillment == "AFN":
        _take_back(shops, seller, place, now, found)
    return found


def _deliver(
    shops: Shops, seller: Seller, place: Marketplace, now: datetime, fulfillment: str, found: dict[str, Level]
) -> None:  # fmt: skip
    for slot in shops.chain(seller.id, place.code).slots(now):
        sold: Counter[str] = Counter()
        for order in slot.orders:
            if order.fulfillment == fulfillment:
                sold.update({item.sku: item.quantity for item in order.items})
        for sku, units in sold.items():
            if sku in found:
                _arrive(found[sku], -(-units // CASE) * CASE, slot.period.end, now)


def _arrive(level: Level, units: int, at: datetime, now: datetime) -> None:
    if at <= now:
        level.received += units
        level.touch(at)
        return
    stage = next((name for name, before in STAGES if at - before <= now), None)
    if stage:
        level.inbound[stage] += units


def _sell(
    shops: Shops, seller: Seller, place: Marketplace, now: datetime, fulfillment: str, found: dict[str, Level]
) -> None:  # fmt: skip
    for life in shops.lives_in(seller, place):
        version = life.at(now) if life.fulfillment == fulfillment else None
        if version is None:
            continue
        for item in version.items:
            level = found.get(item.sku)
            if level is None:
                continue
            level.touch(version.at)
            if version.status == SHIPPED or item.code in version.sent:
                level.sent += item.quantity
            elif version.status != CANCELLED:
                level.reserved += item.quantity


def _take_back(shops: Shops, seller: Seller, place: Marketplace, now: datetime, found: dict[str, Level]) -> None:
    for one in returns_of(shops, seller, place, now):
        level = found.get(one.sku)
        if level is None:
            continue
        level.touch(one.at)
        if one.disposition == SELLABLE:
            level.received += 1
        else:
            level.unfulfillable[one.disposition] += 1
