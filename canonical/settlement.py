"""A settlement as the marketplace states it: a header, and signed rows that must add up to it.

A row's sign is the seller's balance at the marketplace: positive is owed to the seller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .money import Money


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One component row of a settlement file, exactly as stated.

    `ordinal` counts component rows from 1 and, with the settlement, is the row's identity (equal
    rows are legitimate and never merged). `line_no` is the physical line in the file. `posted_at`
    is aware UTC, or None where the file leaves it blank. `category` is the kind the catalogue
    gives the row, "" when it is unknown and the row therefore is held.
    """

    ordinal: int
    line_no: int
    transaction_type: str
    amount_type: str
    amount_description: str
    amount: Decimal
    category: str = ""
    posted_at: datetime | None = None
    marketplace: str = ""
    order_id: str = ""
    merchant_order_id: str = ""
    adjustment_id: str = ""
    shipment_id: str = ""
    order_item_code: str = ""
    sku: str = ""
    quantity: int | None = None
    fulfillment: str = ""
    promotion_id: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The header of a settlement file. `header_total` is None when the file has no summary row."""

    settlement_id: str
    currency: str
    period_start: datetime | None
    period_end: datetime | None
    deposit_at: datetime | None
    header_total: Decimal | None

    @property
    def total(self) -> Money | None:
        return None if self.header_total is None else Money(self.header_total, self.currency)
