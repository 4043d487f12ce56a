"""A believable shop, drawn from a seed: what one store sells, refunds and is charged in one fortnight.

Everything is a function of (world's seed, seller, store, period number), so that a restart, a second
listing and a test a month later see the same settlement to the last character.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sandbox.amazon.places import Marketplace
from sandbox.amazon.rows import OTHER, ZERO, Item, Order, Row, order_rows, refund_rows, rounded

COMMISSION = Decimal("0.15")
SERVICES_SHARE = Decimal("0.02")
SHIPMENT_LETTERS = "BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789"


class Product(NamedTuple):
    """A SKU as it may really look (leading zeros, `1E10`, quotes), its US price, its fulfilment fee and its title."""

    sku: str
    price: Decimal
    fee: Decimal
    title: str


PRODUCTS = (
    Product("HP-LANTERN-BRASS", Decimal("34.99"), Decimal("5.42"), "Brass storm lantern, 28 cm"),
    Product("HP-ENAMEL-MUG-2", Decimal("18.50"), Decimal("3.86"), "Enamel mug, set of two"),
    Product("HP-WOOL-THROW", Decimal("79.00"), Decimal("8.10"), "Wool throw, 130 x 180 cm"),
    Product("00123-ROPE", Decimal("12.99"), Decimal("3.22"), "Hemp rope, 10 m"),
    Product("1E10", Decimal("22.00"), Decimal("3.86"), "Folding ruler, beech"),
    Product('PLATE-6"-BLUE', Decimal("27.40"), Decimal("4.75"), 'Stoneware plate 6", blue'),
    Product("HP-AXE-SHEATH", Decimal("41.25"), Decimal("4.75"), "Leather axe sheath"),
    Product("HP/OIL 250ml", Decimal("15.75"), Decimal("3.40"), "Linseed oil, 250 ml"),
    Product("HP-CHAIR-FOLD", Decimal("124.95"), Decimal("14.37"), "Folding chair, ash and canvas"),
    Product("HP-NOTEBOOK-A5", Decimal("9.80"), Decimal("2.92"), "Notebook A5, ruled"),
)
US_TAX_RATES = (Decimal("0.0825"), Decimal("0.06"), Decimal("0.07"), Decimal("0.0625"), ZERO)


@dataclass(frozen=True, slots=True)
class Period:
    """What to draw: one store of one seller from `start` to `end`. `number` 1 is the first of the history."""

    seed: str
    place: Marketplace
    number: int
    start: datetime
    end: datetime
    orders: int
    numbers: str = ""  # how its order numbers begin, where the seller has its own

    def rng(self, topic: str) -> random.Random:
        return random.Random(f"{self.seed}:{self.place.code}:{self.number}:{topic}")


def orders_of(period: Period) -> list[Order]:
    """The shipments of a period, by posted time."""
    rng = period.rng("orders")
    return sorted((_order(period, rng) for _ in range(period.orders)), key=lambda order: order.posted)


def cancelled_of(period: Period) -> list[Order]:
    """Orders that were placed and never sent: one to each dozen sent. `posted` is when they were cancelled."""
    rng = period.rng("cancelled")
    return [_order(period, rng) for _ in range(-(-period.orders // 12))]


def trade_rows(period: Period, orders: list[Order], earlier: list[Order]) -> Iterator[Row]:
    """Orders of the period, and refunds of some of them or of the period before."""
    for order in orders:
        yield from order_rows(order)
    rng = period.rng("refunds")
    for order in [*earlier[-3:], *orders]:
        at = max(order.posted, period.start) + timedelta(hours=rng.uniform(30, 160))
        if rng.random() < 0.12 and at < period.end:
            adjustment = f"amzn1:crow:{rng.getrandbits(60):015x}"
            yield from refund_rows(order, order.items[0], whole(at), adjustment, period.place.quantum)


def service_rows(period: Period) -> Iterator[Row]:
    """What Amazon charges and gives besides orders."""
    yield from _advertising(period)
    yield from _storage(period)
    yield from _occasional(period)


def money(amount: Decimal | str, place: Marketplace) -> Decimal:
    """A US price at the store's level, in its currency."""
    return rounded(Decimal(amount) * place.price_factor, place.quantum)


def sku_in(place: Marketplace, product: Product) -> str:
    """What a store calls a product: some sellers mark theirs by country."""
    return f"{product.sku}_{place.code}" if place.code in ("AU", "DE") else product.sku


def whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _order(period: Period, rng: random.Random) -> Order:
    length = (period.end - period.start).total_seconds()
    posted = whole(period.start + timedelta(seconds=rng.uniform(60, length - 60)))
    return drawn(period.place, rng, posted, numbers=period.numbers)


def drawn(place: Marketplace, rng: random.Random, posted: datetime, fulfillment: str = "", numbers: str = "") -> Order:
    """One order of this store. `fulfillment` AFN or MFN, else as it falls."""
    drawn_fulfillment = "AFN" if rng.random() < 0.88 else "MFN"
    fulfillment = fulfillment or drawn_fulfillment
    regime = _tax_regime(place, rng)
    count = rng.choices((1, 2, 3), (70, 22, 8))[0]
    products = rng.sample(PRODUCTS, count)
    items = tuple(_item(place, product, fulfillment, regime, rng) for product in products)
    number = f"{numbers or place.order_prefix}-{rng.randrange(10**7):07d}-{rng.randrange(10**7):07d}"
    return Order(number, shipment_id(rng), posted, fulfillment, items)


def shipment_id(rng: random.Random) -> str:
    return "".join(rng.choices(SHIPMENT_LETTERS, k=9))


def _item(
    place: Marketplace, product: Product, fulfillment: str, regime: tuple[Decimal, str], rng: random.Random
) -> Item:  # fmt: skip
    quantity = rng.choices((1, 2, 3), (82, 14, 4))[0]
    principal = money(product.price, place) * quantity
    discounted = rng.random() < 0.15
    discount = rounded(principal * Decimal("0.1"), place.quantum) if discounted else ZERO
    shipping, waived = _shipping(place, rng)
    rate, withheld = regime
    commission = rounded((principal - discount + shipping - waived) * COMMISSION, place.quantum)
    return Item(
        code=str(rng.randrange(10**13, 10**14)),
        sku=sku_in(place, product),
        quantity=quantity,
        principal=principal,
        tax=rounded((principal - discount) * rate, place.quantum),
        shipping=shipping,
        shipping_tax=rounded((shipping - waived) * rate, place.quantum),
        gift_wrap=money("3.99", place) if rng.random() < 0.07 else ZERO,
        discount=discount,
        shipping_discount=waived,
        points=rounded(principal * Decimal("0.01"), place.quantum) if place.code == "JP" else ZERO,
        withheld=withheld,
        commission=commission,
        fulfillment_fee=money(product.fee, place) * quantity if fulfillment == "AFN" else ZERO,
        services_fee=rounded(commission * SERVICES_SHARE, place.quantum) if place.code in ("UK", "CA") else ZERO,
        promotion_id=_promotion_id(place, rng) if discount or waived else "",
        unit_rows=quantity > 1 and rng.random() < 0.3,
    )


def _shipping(place: Marketplace, rng: random.Random) -> tuple[Decimal, Decimal]:
    """What the buyer pays for shipping, and what of it a promotion takes off again."""
    if rng.random() > 0.3:
        return ZERO, ZERO
    paid = money("5.99", place)
    return paid, paid if rng.random() < 0.6 else ZERO


def _tax_regime(place: Marketplace, rng: random.Random) -> tuple[Decimal, str]:
    """(rate of a Tax row, name of the withholding). Rate zero: prices contain the seller's own VAT, no Tax row."""
    roll = rng.random()
    if place.code == "US":
        return rng.choice(US_TAX_RATES), "MarketplaceFacilitatorTax"
    if place.code == "CA":
        return Decimal("0.13"), "MarketplaceFacilitatorTax"
    if place.code == "MX":
        return Decimal("0.16"), "MarketplaceFacilitatorVAT"
    if place.code == "UK" and roll < 0.3:
        return Decimal("0.20"), "MarketplaceFacilitatorVAT" if roll < 0.1 else ""
    if place.code == "AU" and roll < 0.15:
        return Decimal("0.10"), "LowValueGoodsTax"
    return ZERO, ""


def _promotion_id(place: Marketplace, rng: random.Random) -> str:
    title = {"JP": "春の感謝祭 10%オフ", "DE": "Frühlingsaktion – 10 % für Sie", "ES": "Promoción de otoño"}.get(place.code)
    return title or rng.choice(("Subscribe & Save Promotion V2", "Autumn 10% off", "Free Shipping PLUS"))


def _advertising(period: Period) -> Iterator[Row]:
    rng, place = period.rng("advertising"), period.place
    for week in (0, 1):
        at = whole(period.start + timedelta(days=7 * week + 3, hours=rng.uniform(0, 12)))
        spent = money(Decimal(rng.randrange(90, 210) * max(period.orders, 4)) / 100, place)
        yield Row("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", -spent, at, in_store=False)
        if place.code in ("UK", "CA"):
            tax = rounded(spent * Decimal("0.2" if place.code == "UK" else "0.13"), place.quantum)
            yield Row("ServiceFee", "Cost of Advertising", "TaxAmount", -tax, at, in_store=False)


def _storage(period: Period) -> Iterator[Row]:
    """The monthly storage fee, on the day of the month when it falls into the period; the UK has its tax apart."""
    at = _in_period(period, 8)
    if at is None:
        return
    place = period.place
    fee = money(Decimal(period.rng("storage").randrange(60, 180) * max(period.orders, 4)) / 100, place)
    if place.code != "UK":
        yield Row(OTHER, OTHER, "Storage Fee", -fee, at, in_store=False)
        return
    yield Row("FBAFees", "FBA Inventory Storage Fee", "Base fee", -fee, at)
    yield Row("FBAFees", "FBA Inventory Storage Fee", "Tax on fee", -rounded(fee * Decimal("0.2"), place.quantum), at)


def _occasional(period: Period) -> Iterator[Row]:
    rng, place = period.rng("occasional"), period.place
    middle = whole(period.start + timedelta(days=rng.uniform(4, 10)))
    if at := _in_period(period, 20):
        yield Row(OTHER, OTHER, "Subscription Fee", -money("39.99" if place.code == "US" else "29.99", place), at, in_store=False)
    if rng.random() < 0.35:
        sku = rng.choice(PRODUCTS).sku
        reason = rng.choice(("WAREHOUSE_DAMAGE", "WAREHOUSE_LOST", "REVERSAL_REIMBURSEMENT"))
        paid = money(Decimal(rng.randrange(700, 3000)) / 100, place)
        yield Row(OTHER, "FBA Inventory Reimbursement", reason, paid, middle, sku=sku, quantity=1, in_store=False)
    if rng.random() < 0.3:
        title = "クーポン 秋の収穫祭" if place.code == "JP" else "Save 10% on lanterns"
        yield Row("CouponRedemptionFee", "CouponRedemptionFee", title, -money("0.60", place), middle)
    if rng.random() < 0.2:
        yield Row(OTHER, OTHER, "DisposalComplete", -money("2.08", place), middle, in_store=False)


def _in_period(period: Period, day: int) -> datetime | None:
    """Midday of the `day` of a month, when it lies within the period."""
    for start in (period.start, period.end):
        at = start.replace(day=day, hour=12, minute=0, second=0, microsecond=0)
        if period.start <= at < period.end:
            return at
    return None
