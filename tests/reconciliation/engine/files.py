"""Settlement files written in a test: the columns Amazon writes, rows as a test states them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from reconciliation.engine import Source

V2_COLUMNS = [
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "marketplace-name",
    "amount-type",
    "amount-description",
    "amount",
    "fulfillment-id",
    "posted-date",
    "posted-date-time",
    "order-item-code",
    "merchant-order-item-id",
    "merchant-adjustment-item-id",
    "sku",
    "quantity-purchased",
    "promotion-id",
]

V1_COLUMNS = [
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "marketplace-name",
    "shipment-fee-type",
    "shipment-fee-amount",
    "order-fee-type",
    "order-fee-amount",
    "fulfillment-id",
    "posted-date",
    "order-item-code",
    "merchant-order-item-id",
    "merchant-adjustment-item-id",
    "sku",
    "quantity-purchased",
    "price-type",
    "price-amount",
    "item-related-fee-type",
    "item-related-fee-amount",
    "misc-fee-amount",
    "other-fee-amount",
    "other-fee-reason-description",
    "promotion-id",
    "promotion-type",
    "promotion-amount",
    "direct-payment-type",
    "direct-payment-amount",
    "other-amount",
]

Row = Mapping[str, str]


def tsv(columns: Iterable[str], rows: Iterable[Row], end: str = "\n") -> str:
    columns = list(columns)
    lines = ["\t".join(columns), *("\t".join(row.get(column, "") for column in columns) for row in rows)]
    return end.join(lines) + end


def header(
    total: str | None,
    currency: str = "USD",
    start: str = "2026-10-20 00:00:00 UTC",
    end: str = "2026-11-03 00:00:00 UTC",
    deposit: str = "2026-11-05 00:00:00 UTC",
    settlement: str = "11000000001",
) -> Row:
    return {
        "settlement-id": settlement,
        "settlement-start-date": start,
        "settlement-end-date": end,
        "deposit-date": deposit,
        "total-amount": total or "",
        "currency": currency,
    }


def row(
    triple: str,
    amount: str,
    posted: str = "2026-10-25 12:00:00 UTC",
    order: str = "",
    marketplace: str = "Amazon.com",
    **cells: str,
) -> Row:
    """`triple` is 'Order/ItemPrice/Principal'; other cells by name with underscores."""
    transaction, amount_type, description = triple.split("/", 2)
    return {
        "settlement-id": "11000000001",
        "transaction-type": transaction,
        "amount-type": amount_type,
        "amount-description": description,
        "amount": amount,
        "posted-date": posted[:10],
        "posted-date-time": posted,
        "order-id": order,
        "marketplace-name": marketplace,
        **{name.replace("_", "-"): value for name, value in cells.items()},
    }


def v2(*rows: Row, end: str = "\n") -> Source:
    return Source.from_bytes(tsv(V2_COLUMNS, rows, end).encode(), "v2.txt")


def v1(*rows: Row, end: str = "\n") -> Source:
    return Source.from_bytes(tsv(V1_COLUMNS, rows, end).encode(), "v1.txt")


def us_1() -> tuple[Row, ...]:
    """The worked settlement of the accounting design, section 2."""
    november = "2026-11-02 12:00:00 UTC"
    third = "2026-11-03 00:00:00 UTC"
    other = "other-transaction/other-transaction/"
    return (
        header("86.25"),
        row("Order/ItemPrice/Principal", "200.00", order="A"),
        row("Order/ItemPrice/Tax", "16.00", order="A"),
        row("Order/ItemPrice/Shipping", "5.00", order="A"),
        row("Order/Promotion/Principal", "-10.00", order="A"),
        row("Order/ItemWithheldTax/MarketplaceFacilitatorTax-Principal", "-16.00", order="A"),
        row("Order/ItemFees/Commission", "-29.25", order="A"),
        row("Order/ItemFees/FBAPerUnitFulfillmentFee", "-9.50", order="A"),
        row("Refund/ItemPrice/Principal", "-40.00", november, "A"),
        row("Refund/ItemPrice/Tax", "-3.20", november, "A"),
        row("Refund/ItemWithheldTax/MarketplaceFacilitatorTax-Principal", "3.20", november, "A"),
        row("Refund/ItemFees/Commission", "6.00", november, "A"),
        row("Refund/ItemFees/RefundCommission", "-1.20", november, "A"),
        row(f"{other}Storage Fee", "-7.30", third, marketplace=""),
        row("ServiceFee/Cost of Advertising/TransactionTotalAmount", "-12.50", "2026-10-31 12:00:00 UTC", marketplace=""),
        row(f"{other}Previous Reserve Amount Balance", "30.00", "2026-10-20 12:00:00 UTC", marketplace=""),
        row(f"{other}Current Reserve Amount", "-25.00", third, marketplace=""),
        row(f"{other}Amazon Capital Services", "-20.00", third, marketplace=""),
    )


def uk_1() -> tuple[Row, ...]:
    """The United Kingdom's worked settlement, section 5: prices include VAT, no tax rows on sales."""
    uk = {"marketplace": "Amazon.co.uk"}
    rows = (
        row("Order/ItemPrice/Principal", "120.00", order="B", **uk),
        row("Order/ItemFees/Commission", "-18.36", order="B", **uk),
        row("Order/ItemFees/FBAPerUnitFulfillmentFee", "-3.60", order="B", **uk),
        row("Refund/ItemPrice/Principal", "-24.00", order="B", **uk),
        row("Refund/ItemFees/Commission", "3.67", order="B", **uk),
        row("other-transaction/other-transaction/Storage Fee", "-1.20", marketplace=""),
        row("ServiceFee/Cost of Advertising/TransactionTotalAmount", "-10.00", marketplace=""),
        row("ServiceFee/Cost of Advertising/TaxAmount", "-2.00", marketplace=""),
    )
    return (header("64.51", "GBP"), *rows)


def shared_samples() -> Path:
    """The folder of sample settlements beside the repository; skips where it is absent."""
    root = os.environ.get("TIEOUT_SHARED") or str(Path(__file__).parents[3].parent / "shared")
    folder = Path(root) / "samples" / "settlements"
    if not folder.is_dir():
        pytest.skip(f"no sample settlements at {folder}")
    return folder
