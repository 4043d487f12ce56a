"""The legacy layout says the same as V2: each amount becomes a row under the V2 name of its kind."""

from __future__ import annotations

import pytest

from reconciliation.engine import Source, read_settlement, summarise
from tests.reconciliation.engine.files import V1_COLUMNS, header, tsv, v1


def one(transaction: str, **cells: str) -> list[tuple[str, str, str]]:
    """(triple, category, amount) of every amount of one V1 row."""
    row = {
        "settlement-id": "11000000001",
        "transaction-type": transaction,
        "posted-date": "2025-06-06T23:04:51+00:00",
        **{name.replace("_", "-"): value for name, value in cells.items()},
    }
    lines = read_settlement(v1(header("0.00"), row))
    return [
        (f"{line.transaction_type}|{line.amount_type}|{line.amount_description}", line.category, f"{line.amount}")
        for line in lines
    ]


@pytest.mark.parametrize(
    ("transaction", "cells", "expected"),
    [
        (
            "Order",
            {"price_type": "Principal", "price_amount": "35.00"},
            [("Order|ItemPrice|Principal", "sale", "35.00")],
        ),
        (
            "Order",
            {"item_related_fee_type": "FBAPerUnitFulfillmentFee", "item_related_fee_amount": "-6.12"},
            [("Order|ItemFees|FBAPerUnitFulfillmentFee", "fba_fulfillment_fee", "-6.12")],
        ),
        (
            "Order",
            {"promotion_type": "Shipping", "promotion_amount": "-6.99", "promotion_id": "Free"},
            [("Order|Promotion|Shipping", "promotion_discount", "-6.99")],
        ),
        (
            "Order",
            {"shipment_fee_type": "FBA transportation fee", "shipment_fee_amount": "-7.88"},
            [("Order|Shipment Fees|FBA transportation fee", "fba_fulfillment_fee_mcf", "-7.88")],
        ),
        (
            "Order",
            {"order_fee_type": "FBAPerOrderFulfillmentFee", "order_fee_amount": "-1.00"},
            [("Order|Order Fees|FBAPerOrderFulfillmentFee", "fba_fulfillment_fee_mcf", "-1.00")],
        ),
        (
            "Order",
            {"item_related_fee_type": "PointsGranted", "item_related_fee_amount": "-28"},
            [("Order|ItemFees|PointsGranted", "promotion_discount_points", "-28")],
        ),
        (
            "Order",
            {"direct_payment_type": "CollectOnDeliveryRevenue", "direct_payment_amount": "-500"},
            [("Order|DirectPayment|CollectOnDeliveryRevenue", "direct_payment", "-500")],
        ),
        (
            "ServiceFee",
            {
                "item_related_fee_type": "Cost of Advertising",
                "item_related_fee_amount": "-1.16",
                "other_fee_amount": "-0.14",
                "other_fee_reason_description": "TaxAmount",
            },
            [
                ("ServiceFee|Cost of Advertising|TransactionTotalAmount", "advertising", "-1.16"),
                ("ServiceFee|Cost of Advertising|TaxAmount", "advertising_tax", "-0.14"),
            ],
        ),
        (
            "Subscription Fee",
            {"other_amount": "-32.09"},
            [("other-transaction|other-transaction|Subscription Fee", "subscription_fee", "-32.09")],
        ),
        (
            "Successful charge",
            {"other_amount": "32.09    "},
            [("other-transaction|other-transaction|Successful charge", "debt_recovery_card_charge", "32.09")],
        ),
        (
            "WAREHOUSE_DAMAGE",
            {"other_amount": "15.25"},
            [("other-transaction|FBA Inventory Reimbursement|WAREHOUSE_DAMAGE", "reimbursement", "15.25")],
        ),
        (
            "FBA Removal Order: Return Fee",
            {"other_amount": "-60.00"},
            [("other-transaction|other-transaction|FBA Removal Order: Return Fee", "removal_disposal", "-60.00")],
        ),
        (
            "Amazon Easy Ship Charges",
            {"item_related_fee_type": "Amazon Easy Ship Charges", "item_related_fee_amount": "-440"},
            [("Amazon Easy Ship Charges|ItemFees|Amazon Easy Ship Charges", "postage_purchase", "-440")],
        ),
        (
            "Other",
            {"price_type": "SAFE-T Reimbursement", "other_amount": "634"},
            [("other-transaction|other-transaction|SAFE-T Reimbursement", "reimbursement_safe_t", "634")],
        ),
        (
            "SAFE-T Reimbursement",
            {"price_type": "SAFE-T Reimbursement", "other_amount": "1279"},
            [("other-transaction|other-transaction|SAFE-T Reimbursement", "reimbursement_safe_t", "1279")],
        ),
        (
            "Storage Fee - Reversal",
            {"other_amount": "12"},
            [("other-transaction|other-transaction|Storage Fee - Reversal", "fba_storage_fee", "12")],
        ),
        (
            "Fee Adjustment",
            {"item_related_fee_type": "FBA Pick & Pack Fee", "item_related_fee_amount": "106"},
            [("Fee Adjustment|ItemFees|FBA Pick & Pack Fee", "fee_adjustment", "106")],
        ),
        (
            "CouponRedemptionFee",
            {"other_amount": "-0.60"},
            [("CouponRedemptionFee|CouponRedemptionFee|CouponRedemptionFee", "coupon_fee", "-0.60")],
        ),
        (
            "Transfer of funds unsuccessful: Amazon has cancelled it.",
            {"other_amount": "100.00"},
            [
                (
                    "other-transaction|other-transaction|Transfer of funds unsuccessful: Amazon has cancelled it.",
                    "failed_transfer",
                    "100.00",
                )
            ],
        ),
        ("Moon Base Fee", {"other_amount": "-5.00"}, [("other-transaction|other-transaction|Moon Base Fee", "", "-5.00")]),
        ("Order", {"misc_fee_amount": "-5.00"}, [("Order|MiscFees|MiscFees", "", "-5.00")]),
        ("Order", {"quantity_purchased": "2"}, []),
    ],
)
def test_a_row(transaction: str, cells: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    assert one(transaction, **cells) == expected


def test_one_row_with_several_amounts_keeps_its_line_and_counts_each() -> None:
    rows = (
        header("3.00"),
        {"settlement-id": "11000000001", "transaction-type": "Order", "quantity-purchased": "1"},
        {
            "settlement-id": "11000000001",
            "transaction-type": "Order",
            "price-type": "Principal",
            "price-amount": "5.00",
            "item-related-fee-type": "Commission",
            "item-related-fee-amount": "-1.00",
            "promotion-type": "Principal",
            "promotion-amount": "-1.00",
        },
    )
    lines = list(read_settlement(v1(*rows)))
    assert [(line.ordinal, line.line_no, line.category) for line in lines] == [
        (1, 4, "sale"),
        (2, 4, "referral_fee"),
        (3, 4, "promotion_discount"),
    ]
    summary = summarise(v1(*rows))
    assert (summary.row_count, summary.facts.data_rows, summary.difference) == (3, 2, 0)


def test_older_files_have_fewer_columns() -> None:
    columns = [name for name in V1_COLUMNS if not name.startswith("promotion")]
    assert len(columns) == 33
    rows = [header("5.00"), {"settlement-id": "11000000001", "transaction-type": "Subscription Fee", "other-amount": "5.00"}]
    source = Source.from_bytes(tsv(columns, rows).encode())
    assert [line.category for line in read_settlement(source)] == ["subscription_fee"]
