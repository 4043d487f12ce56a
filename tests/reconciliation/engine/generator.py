"""Random settlements, and chains of them: believable rows whose truth is known because it was made here.

Seeded, so that a number names a settlement for ever. A chain is one seller's settlements in order:
each releases the reserve of the one before, takes up its debt, and gets a failed transfer back.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from reconciliation.engine import Source
from tests.reconciliation.engine.files import V2_COLUMNS, Row, header, row, tsv

OTHER = "other-transaction/other-transaction/"
FEES = (
    f"{OTHER}Subscription Fee",
    f"{OTHER}Storage Fee",
    f"{OTHER}Inbound Transportation Fee",
    f"{OTHER}RemovalComplete",
    f"{OTHER}Shipping label purchase",
    "ServiceFee/Cost of Advertising/TransactionTotalAmount",
    "ServiceFee/Cost of Advertising/TaxAmount",
    "FBAFees/FBA Inventory Storage Fee/Base fee",
    "FBAFees/FBA Inventory Storage Fee/Tax on fee",
    "AmazonFees/Vine Enrollment Fee/Base fee",
    "CouponRedemptionFee/CouponRedemptionFee/Save 5 on everything",
)
INCOME = (
    "other-transaction/FBA Inventory Reimbursement/WAREHOUSE_LOST",
    "other-transaction/FBA Inventory Reimbursement/REVERSAL_REIMBURSEMENT",
    "SAFE-T Reimbursement/Other Transactions/SAFE-T Reimbursement",
)
MARKETS = {"USD": "Amazon.com", "GBP": "Amazon.co.uk"}


@dataclass
class Made:
    """One settlement and what is true about it, all in cents."""

    rows: list[Row]
    total: int
    current_reserve: int = 0
    previous_reserve: int = 0
    failed: bool = False
    returned: int = 0
    deposit: datetime = field(default_factory=lambda: datetime(2026, 1, 1))
    header: Row = field(default_factory=dict)

    def source(self, rows: list[Row] | None = None) -> Source:
        return Source.from_bytes(tsv(V2_COLUMNS, [self.header, *(self.rows if rows is None else rows)]).encode(), "made.txt")


def money(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):.2f}"


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


class Maker:
    """Makes the rows of one settlement."""

    def __init__(self, rng: random.Random, start: datetime, currency: str) -> None:
        self.rng = rng
        self.start = start
        self.end = start + timedelta(days=14)
        self.currency = currency
        self.market = MARKETS[currency]
        self.rows: list[Row] = []
        self.total = 0
        self.orders = 0

    def add(self, triple: str, cents: int, order: str = "", moment: datetime | None = None, refund: str = "") -> None:
        moment = moment or self.start + timedelta(seconds=self.rng.randrange(14 * 86400))
        self.rows.append(row(triple, money(cents), stamp(moment), order, self.market if order else "", adjustment_id=refund))
        self.total += cents

    def order(self, transaction: str, sign: int) -> None:
        """An order or a refund: Amazon withholds the tax, or the seller owes it, or there is none."""
        rng = self.rng
        self.orders += 1
        order, refund = f"O-{self.orders}", "" if sign > 0 else f"R-{self.orders}"
        moment = self.start + timedelta(seconds=rng.randrange(14 * 86400))
        price, tax = rng.randrange(100, 30000), rng.randrange(1, 3000)
        case = rng.choice(("withheld", "withheld", "taxed", "plain"))

        def put(triple: str, cents: int) -> None:
            self.add(f"{transaction}/{triple}", cents, order, moment, refund)

        put("ItemPrice/Principal", sign * price)
        if rng.random() < 0.3:
            put("ItemPrice/Shipping", sign * rng.randrange(1, 900))
        if rng.random() < 0.3:
            put("Promotion/Principal", -sign * rng.randrange(1, 100))
        if case != "plain":
            put("ItemPrice/Tax", sign * tax)
        if case == "withheld":
            put("ItemWithheldTax/MarketplaceFacilitatorTax-Principal", -sign * tax)
        put("ItemFees/Commission", -sign * rng.randrange(1, 4000))
        if sign < 0:
            put("ItemFees/RefundCommission", -rng.randrange(1, 500))

    def settlement(self) -> Made:
        for _ in range(self.rng.randrange(0, 6)):
            self.order("Order", 1)
        for _ in range(self.rng.randrange(0, 3)):
            self.order("Refund", -1)
        for _ in range(self.rng.randrange(0, 5)):
            self.add(self.rng.choice(FEES), -self.rng.randrange(1, 20000))
        if self.rng.random() < 0.4:
            self.add(self.rng.choice(INCOME), self.rng.randrange(1, 5000))
        if self.rng.random() < 0.2:
            self.add(f"{OTHER}Amazon Capital Services", -self.rng.randrange(1, 5000))
        if self.rng.random() < 0.2:
            self.add(f"{OTHER}Storage Fee", 0)
        return Made(self.rows, self.total)

    def finish(self, made: Made) -> Made:
        """Shuffle (a file has no promised order) and state the header."""
        self.rng.shuffle(self.rows)
        made.total = self.total
        made.deposit = self.end + timedelta(days=2)
        made.header = header(money(self.total), self.currency, stamp(self.start), stamp(self.end), stamp(made.deposit))
        return made


def random_settlement(seed: int, currency: str = "USD") -> Made:
    rng = random.Random(seed)
    maker = Maker(rng, datetime(2026, 1, 1) + timedelta(days=rng.randrange(365), seconds=rng.randrange(86400)), currency)
    return maker.finish(maker.settlement())


def random_chain(seed: int, length: int = 4) -> list[Made]:
    """One seller's settlements: reserves, debts with and without a card charge, failed transfers."""
    rng = random.Random(f"chain {seed}")
    chain: list[Made] = []
    start = datetime(2026, 1, 1) + timedelta(days=rng.randrange(200))
    for _ in range(length):
        maker = Maker(rng, start, "USD")
        made = maker.settlement()
        before = chain[-1] if chain else None
        opening = before.current_reserve if before else rng.choice((0, 5000))
        if opening:
            maker.add(f"{OTHER}Previous Reserve Amount Balance", opening, moment=start)
        made.previous_reserve = opening
        if before and before.total < 0:
            maker.add(f"{OTHER}Payable to Amazon", before.total, moment=start)
            if rng.random() < 0.5:
                maker.add(f"{OTHER}Successful charge", -before.total, moment=start + timedelta(hours=1))
        if before and before.failed:
            maker.add(f"{OTHER}Transfer of funds unsuccessful: the account is closed", before.total)
            made.returned = before.total
        if rng.random() < 0.6:
            made.current_reserve = rng.randrange(1, 20000)
            maker.add(f"{OTHER}Current Reserve Amount", -made.current_reserve, moment=maker.end)
        maker.finish(made)
        made.failed = made.total > 0 and rng.random() < 0.2
        chain.append(made)
        start = maker.end
    return chain
