"""A large settlement file to measure with: Flat File V2, made up from a seed, the same bytes every time.

It is shaped like a European account's: five stores in one settlement, about 150,000 orders in a
million rows, one or two items an order, VAT that Amazon accounts for on a third of the orders,
refunds, storage, advertising, reserves at both ends. It foots, and every row is of a known type.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

COLUMNS = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
    "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name", "amount-type",
    "amount-description", "amount", "fulfillment-id", "posted-date", "posted-date-time", "order-item-code",
    "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased", "promotion-id",
)  # fmt: skip

STORES = (("Amazon.de", 46), ("Amazon.fr", 20), ("Amazon.it", 17), ("Amazon.es", 13), ("Amazon.nl", 4))
DAYS = 14
KNOWN_SKUS = 4000
LONGEST_ORDER = 40  # two items, both returned
OTHER = "other-transaction"
FEES = (
    (OTHER, OTHER, "Subscription Fee", -3900),
    (OTHER, OTHER, "Storage Fee", -48_210),
    (OTHER, OTHER, "Previous Reserve Amount Balance", 9_173_320),
    (OTHER, OTHER, "Current Reserve Amount", -8_812_045),
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What is true of a written file: what it must add up to, in cents, and how large it is."""

    path: Path
    lines: int
    orders: int
    cents: int
    size: int


@dataclass(slots=True)
class _Writer:
    """Rows of one settlement, counted and added up as they are written."""

    settlement_id: str
    rows: int = 0
    orders: int = 0
    cents: int = 0

    def row(self, kind: str, amount_type: str, description: str, cents: int, day: str, moment: str, **cells: str) -> str:
        self.rows += 1
        self.cents += cents
        said = {"order": "", "adjustment": "", "shipment": "", "store": "", "item": "", "sku": "", "quantity": "", **cells}
        amount = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
        return (
            f"{self.settlement_id}\t\t\t\t\t\t{kind}\t{said['order']}\t{said['order']}\t{said['adjustment']}\t{said['shipment']}\t"
            f"{said['store']}\t{amount_type}\t{description}\t{amount}\t{'AFN' if said['order'] else ''}\t{day}\t{moment}\t"
            f"{said['item']}\t\t\t{said['sku']}\t{said['quantity']}\t\n"
        )


def write(
    path: Path, lines: int = 1_000_000, *, seed: int = 7, starts: date = date(2026, 10, 6), number: str = "15093811472"
) -> Stated:
    """Write a settlement of exactly `lines` rows; about 200 bytes each."""
    rng = random.Random(seed)
    writer = _Writer(number)
    body = path.with_suffix(".rows")
    with body.open("w", encoding="ascii") as out:
        for row in _rows(writer, rng, lines, starts):
            out.write(row)
    begins, ends = (f"{starts + timedelta(days=days):%Y-%m-%d} 00:00:00 UTC" for days in (0, DAYS))
    deposit = f"{starts + timedelta(days=DAYS + 2):%Y-%m-%d} 00:00:00 UTC"
    with path.open("w", encoding="ascii") as out, body.open(encoding="ascii") as rows:
        out.write("\t".join(COLUMNS) + "\n")
        total = f"{writer.cents // 100}.{writer.cents % 100:02d}"
        out.write(f"{writer.settlement_id}\t{begins}\t{ends}\t{deposit}\t{total}\tEUR" + "\t" * 18 + "\n")
        while piece := rows.read(1 << 20):
            out.write(piece)
    body.unlink()
    return Stated(path, writer.rows, writer.orders, writer.cents, path.stat().st_size)


def _rows(writer: _Writer, rng: random.Random, lines: int, starts: date) -> Iterator[str]:
    colours, sizes = ("ANTHRACITE", "PETROL-BLUE", "SAND"), ("SMALL", "MEDIUM", "LARGE")
    skus = [f"HP-{rng.randrange(10**6):06d}-{rng.choice(colours)}-{rng.choice(sizes)}" for _ in range(KNOWN_SKUS)]
    stores, weights = zip(*STORES, strict=True)
    while writer.rows + LONGEST_ORDER + len(FEES) <= lines:
        yield from _order(writer, rng, rng.choices(stores, weights)[0], skus, starts)
    yield from _fees(writer, rng, lines - writer.rows, starts)


def _order(writer: _Writer, rng: random.Random, store: str, skus: list[str], starts: date) -> Iterator[str]:
    """One order's rows; a few items come back as a refund right after."""
    writer.orders += 1
    moment = datetime.combine(starts, time()) + timedelta(seconds=rng.randrange(DAYS * 86_400))
    when = (f"{moment:%Y-%m-%d}", f"{moment:%Y-%m-%d %H:%M:%S} UTC")
    order = f"{rng.randrange(302, 307)}-{rng.randrange(10**7):07d}-{rng.randrange(10**7):07d}"
    shipment, facilitated = f"D{rng.randrange(10**8):08d}", rng.random() < 0.34
    for _item in range(1 if rng.random() < 0.85 else 2):
        number = rng.randrange(10**14)
        same = {"order": order, "shipment": shipment, "store": store, "item": f"{number:014d}", "sku": skus[number % len(skus)]}
        amounts = _amounts(rng, store, facilitated)
        for amount_type, description, cents in amounts:
            quantity = "1" if description == "Principal" else ""
            yield writer.row("Order", amount_type, description, cents, *when, **same, quantity=quantity)
        if rng.random() < 0.04:
            for amount_type, description, cents in amounts:
                if description != "FBAPerUnitFulfillmentFee":
                    yield writer.row("Refund", amount_type, description, -cents, *when, **same, adjustment=f"R{shipment}")


def _amounts(rng: random.Random, store: str, facilitated: bool) -> list[tuple[str, str, int]]:
    """An item's amounts in cents: price and VAT, shipping for some, what Amazon withholds, and its fees."""
    price = rng.choice((1299, 1899, 2499, 3499, 5999)) + rng.randrange(-200, 900)
    rows = [("ItemPrice", "Principal", price), ("ItemPrice", "Tax", price // 5)]
    shipping = 399 if rng.random() < 0.25 else 0
    if shipping:
        rows += [("ItemPrice", "Shipping", shipping), ("ItemPrice", "ShippingTax", shipping // 5)]
    if facilitated:
        rows.append(("ItemWithheldTax", "MarketplaceFacilitatorVAT-Principal", -(price // 5)))
        if shipping:
            rows.append(("ItemWithheldTax", "MarketplaceFacilitatorVAT-Shipping", -(shipping // 5)))
    if rng.random() < 0.12:
        rows.append(("Promotion", "Principal", -(price // 10)))
    rows += [
        ("ItemFees", "Commission", -(price * 15 // 100)),
        ("ItemFees", "FBAPerUnitFulfillmentFee", -rng.choice((287, 341, 389, 452, 517))),
    ]
    if store in ("Amazon.fr", "Amazon.it", "Amazon.es"):
        rows.append(("ItemFees", "DigitalServicesFee", -(price * 45 // 10_000)))
    return rows


def _fees(writer: _Writer, rng: random.Random, rows: int, starts: date) -> Iterator[str]:
    """What belongs to no order: fees of the account, reserves released and kept, and advertising up to `rows`."""
    advertising = ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount")
    said = [*FEES, *((*advertising, -rng.randrange(20_000, 50_000)) for _ in range(rows - len(FEES)))]
    day = starts + timedelta(days=DAYS - 1)
    for kind, amount_type, description, cents in said:
        yield writer.row(kind, amount_type, description, cents, f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d} 06:00:00 UTC")
