"""Writes a settlement as Amazon's flat file V2: tab-separated, unquoted, a summary row first.

The 24 columns and their order are those of files in circulation. Dates, decimals, encoding and line
ends follow the store (`FileStyle`); a style may also leave out trailing tabs.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sandbox.amazon.chain import Settlement
from sandbox.amazon.places import FileStyle
from sandbox.amazon.rows import Row

REPORT_TYPE = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
COLUMNS = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
    "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name", "amount-type",
    "amount-description", "amount", "fulfillment-id", "posted-date", "posted-date-time", "order-item-code",
    "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased", "promotion-id",
)  # fmt: skip


@lru_cache(maxsize=256)
def document(settlement: Settlement) -> bytes:
    """The file as it is served: encoded and gzipped, the same bytes every time."""
    return gzip.compress(text(settlement).encode(settlement.place.style.encoding), mtime=0)


def text(settlement: Settlement) -> str:
    """The file before encoding."""
    style = settlement.place.style
    records = [COLUMNS, _summary(settlement, style), *(_record(settlement, row, style) for row in settlement.rows)]
    lines = ("\t".join(record) for record in records)
    return "".join((line.rstrip("\t") if style.trimmed else line) + style.newline for line in lines)


def _summary(settlement: Settlement, style: FileStyle) -> tuple[str, ...]:
    dates = (_moment(at, style) for at in (settlement.start, settlement.end, settlement.deposit))
    head = (settlement.id, *dates, _number(settlement.total, style), settlement.place.currency)
    return head + ("",) * (len(COLUMNS) - len(head))


def _record(settlement: Settlement, row: Row, style: FileStyle) -> tuple[str, ...]:
    return (
        settlement.id, "", "", "", "", "",
        row.transaction_type, row.order_id, row.order_id, row.adjustment_id, row.shipment_id,
        settlement.place.name if row.in_store else "",
        row.amount_type, row.description, _number(row.amount, style), row.fulfillment,
        _day(row.posted, style), _moment(row.posted, style), row.item_code, "", row.adjustment_item,
        row.sku, "" if row.quantity is None else str(row.quantity), row.promotion_id,
    )  # fmt: skip


def _day(at: datetime, style: FileStyle) -> str:
    return f"{at:%Y-%m-%d}" if style.iso_dates else f"{at:%d.%m.%Y}"


def _moment(at: datetime, style: FileStyle) -> str:
    return f"{_day(at, style)} {at:%H:%M:%S} UTC"


def _number(amount: Decimal, style: FileStyle) -> str:
    plain = f"{amount:f}"
    return plain.replace(".", ",") if style.comma_decimals else plain
