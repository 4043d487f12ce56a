"""The life of an order: placed, paid, perhaps changed, sent or cancelled, as Amazon shows it at each moment.

An order is PENDING first and has no prices; half an hour later it is UNSHIPPED. Some are changed before
they are sent (fewer units, a price concession), some are sent in two parcels, some are cancelled. Once sent,
its amounts are those of its settlement rows, because both are told from the same `rows.Order`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.amazon.places import Marketplace
from sandbox.amazon.rows import ZERO, Item, Order, rounded
from sandbox.amazon.shop import whole

CHANGED, CONCEDED, ON_ACCOUNT, BUSINESS = 0.05, 0.08, 0.05, 0.12
PENDING, UNSHIPPED, PARTLY, SHIPPED, CANCELLED = "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a merchant sends: these item codes together. FBA orders show none."""

    reference: str
    sent: datetime
    tracking: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """An order from `at` on, until the next version. `ordered`: units by item code, where some were cancelled since."""

    at: datetime
    status: str
    items: tuple[Item, ...]
    sent: frozenset[str] = frozenset()
    parcels: tuple[Parcel, ...] = ()
    ordered: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""

    @property
    def priced(self) -> bool:
        return self.status != PENDING


@dataclass(frozen=True, slots=True)
class Life:
    """Everything that is told of one order over time; `versions` oldest first."""

    id: str
    place: Marketplace
    fulfillment: str
    purchased: datetime
    versions: tuple[Version, ...]
    business: bool = False
    on_account: bool = False
    replaces: str = ""
    stated_status: str = ""
    """A word that stands in place of every status: what Amazon may say next year."""
    buyer_of: str = ""
    """The order whose buyer placed this one too; "" is somebody new."""

    def at(self, now: datetime) -> Version | None:
        """The order as it is at a moment; None before it was placed."""
        past = [version for version in self.versions if version.at <= now]
        return past[-1] if past else None


def sent_life(order: Order, place: Marketplace) -> Life:
    """The life of a seeded order that was sent at `order.posted`."""
    rng = random.Random(f"life:{order.id}")
    placed = whole(order.posted - timedelta(hours=rng.uniform(6, 40)))
    paid = placed + timedelta(minutes=rng.randrange(20, 45))
    first, ordered = _before_the_change(order, place, rng)
    versions = [Version(placed, PENDING, first), Version(paid, UNSHIPPED, first)]
    if first != order.items:
        middle = whole(paid + (order.posted - paid) / 3)
        versions.append(Version(middle, UNSHIPPED, order.items, ordered=ordered, reason="changed"))
    parcels = tuple(_parcels(order, rng))
    if len(parcels) > 1:
        versions.append(Version(parcels[0].sent, PARTLY, order.items, frozenset(parcels[0].codes), parcels[:1], ordered))
    everything = frozenset(item.code for item in order.items)
    versions.append(Version(order.posted, SHIPPED, order.items, everything, parcels, ordered))
    return _life(order, place, placed, versions, rng)


def cancelled_life(order: Order, place: Marketplace) -> Life:
    """The life of a seeded order that was cancelled at `order.posted`, before it was sent."""
    rng = random.Random(f"life:{order.id}")
    placed = whole(order.posted - timedelta(hours=rng.uniform(2, 20)))
    paid = placed + timedelta(minutes=rng.randrange(20, 45))
    versions = [
        Version(placed, PENDING, order.items),
        Version(paid, UNSHIPPED, order.items),
        cancelled(order.items, order.posted),
    ]
    return _life(order, place, placed, versions, rng)


def cancelled(items: tuple[Item, ...], at: datetime) -> Version:
    """Nothing is owed for it any more; how much had been ordered stays known."""
    return Version(at, CANCELLED, tuple(emptied(item) for item in items), ordered={i.code: i.quantity for i in items})


def emptied(item: Item) -> Item:
    return Item(item.code, item.sku, 0, ZERO, withheld=item.withheld)


def scaled(item: Item, quantity: int, quantum: Decimal) -> Item:
    """The same line with another number of units: every amount in proportion."""
    share = Decimal(quantity) / item.quantity
    names = ("principal", "tax", "shipping", "shipping_tax", "gift_wrap", "discount", "shipping_discount", "points",
             "commission", "fulfillment_fee", "services_fee")  # fmt: skip
    amounts: dict[str, Any] = {name: rounded(getattr(item, name) * share, quantum) for name in names}
    return replace(item, quantity=quantity, unit_rows=False, **amounts)


def conceded(item: Item, off: Decimal, quantum: Decimal) -> Item:
    """A price lowered by `off` before the goods were sent, with the tax and the commission on it."""
    if not ZERO <= off < item.principal - item.discount:
        raise ValueError(f"at most {item.principal - item.discount} can be taken off")
    share = 1 - off / (item.principal - item.discount)
    tax, commission = rounded(item.tax * share, quantum), rounded(item.commission * share, quantum)
    return replace(item, discount=item.discount + off, tax=tax, commission=commission,
                   promotion_id=item.promotion_id or "Price concession")  # fmt: skip


def _before_the_change(
    order: Order, place: Marketplace, rng: random.Random
) -> tuple[tuple[Item, ...], dict[str, int]]:  # fmt: skip
    """The items as first ordered: mostly as they were sent; else a unit more, or not yet discounted."""
    roll, first = rng.random(), order.items[0]
    if roll < CHANGED:
        more = scaled(first, first.quantity + 1, place.quantum)
        return (more, *order.items[1:]), {first.code: more.quantity}
    if roll < CHANGED + CONCEDED and first.discount:
        return (replace(first, discount=ZERO, promotion_id=""), *order.items[1:]), {}
    return order.items, {}


def _parcels(order: Order, rng: random.Random) -> Iterable[Parcel]:
    """A merchant's parcels: one, or two of which the first leaves some hours earlier."""
    if order.fulfillment != "MFN":
        return
    codes = [item.code for item in order.items]
    if len(codes) > 1 and rng.random() < 0.5:
        early = whole(order.posted - timedelta(hours=rng.uniform(1, 4)))
        yield parcel(order.id, early, 1, codes[:1])
        yield parcel(order.id, order.posted, 2, codes[1:])
    else:
        yield parcel(order.id, order.posted, 1, codes)


def parcel(order_id: str, sent: datetime, number: int, codes: Iterable[str]) -> Parcel:
    digits = random.Random(f"parcel:{order_id}:{number}").randrange(10**13, 10**14)
    return Parcel(f"{order_id}-{number}", sent, f"TRK{digits}", tuple(codes))


def _life(order: Order, place: Marketplace, placed: datetime, versions: list[Version], rng: random.Random) -> Life:
    on_account = rng.random() < ON_ACCOUNT
    business = on_account or rng.random() < BUSINESS
    return Life(order.id, place, order.fulfillment, placed, tuple(versions), business, on_account)
