"""US-1 where its order and its refund were posted by themselves: the settlement clears them and carries the rest."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from canonical.accounting import Deposit, JournalEntry
from reconciliation.engine import Cleared, Composition, Shape, compose, default_book, summarise
from tests.reconciliation.engine.files import us_1, v2
from tests.reconciliation.engine.test_golden_us import lines

ORDER, ADJUSTMENT = us_1()[1]["order-id"], "amzn1:crow:7"
ROWS = tuple({**row, "adjustment-id": ADJUSTMENT} if row.get("transaction-type") == "Refund" else row for row in us_1())
BOTH = Cleared(frozenset({(ORDER, ""), (ORDER, ADJUSTMENT)}))

FEES_AND_BALANCES = [
    ("Amazon Advertising", "debit", "12.50"),
    ("Amazon FBA Fees", "debit", "9.50"),
    ("Amazon Loan", "debit", "20.00"),
    ("Amazon Marketplace Tax", "credit", "3.20"),
    ("Amazon Marketplace Tax", "debit", "16.00"),
    ("Amazon Reserve", "credit", "30.00"),
    ("Amazon Reserve", "debit", "25.00"),
    ("Amazon Selling Fees", "credit", "6.00"),
    ("Amazon Selling Fees", "debit", "1.20"),
    ("Amazon Selling Fees", "debit", "29.25"),
    ("Amazon Storage Fees", "debit", "7.30"),
]


def composed(cleared: Cleared, shape: Shape = Shape.SUMMARY_JOURNAL) -> Composition:
    book = replace(default_book("USD", shape=shape, month_split=False), cleared=cleared)
    return compose(summarise(v2(*ROWS), book=book), book)


def test_the_journal_balances_at_250_20_and_leaves_the_revenue_to_the_order() -> None:
    (part,) = composed(BOTH).documents
    assert isinstance(part.document, JournalEntry)
    assert part.document.total == Decimal("250.20")
    assert lines(part.document) == sorted(
        [
            *FEES_AND_BALANCES,
            ("Bank (USD)", "debit", "86.25"),
            ("Amazon Clearing", "credit", "211.00"),
            ("Amazon Clearing", "debit", "43.20"),
        ]
    )


def test_the_deposit_has_the_same_lines_and_the_bank_amount() -> None:
    (part,) = composed(BOTH, Shape.ONE_DEPOSIT).documents
    assert isinstance(part.document, Deposit)
    assert part.document.total == Decimal("86.25")
    expected = [*FEES_AND_BALANCES, ("Amazon Clearing", "credit", "211.00"), ("Amazon Clearing", "debit", "43.20")]
    assert lines(part.document) == sorted(expected)


def test_clearing_lines_name_every_row_they_carry_and_no_tax_code() -> None:
    (part,) = composed(BOTH).documents
    named = {line.kind: line for line in part.document.lines if line.account.name == "Amazon Clearing"}
    assert named["cleared_orders"].rows == ((1, 4),)
    assert named["cleared_refunds"].rows == ((8, 9),)
    assert all(line.tax is None for line in named.values())


@pytest.mark.parametrize(
    ("cleared", "clearing", "revenue"),
    [
        (Cleared(frozenset({(ORDER, "")})), "211.00", [("Amazon Refunds", "debit", "40.00")]),
        (
            Cleared(frozenset({(ORDER, ADJUSTMENT)})),
            "-43.20",
            [("Amazon Promotions", "debit", "10.00"), ("Amazon Sales", "credit", "200.00")],
        ),
    ],
)
def test_what_was_not_posted_by_itself_stays_revenue_of_the_settlement(
    cleared: Cleared, clearing: str, revenue: list[tuple[str, str, str]]
) -> None:
    (part,) = composed(cleared).documents
    moved = sum(line.signed for line in part.document.lines if line.account.name == "Amazon Clearing")
    assert moved == Decimal(clearing)
    assert set(revenue) <= set(lines(part.document))


def test_a_summary_that_does_not_know_the_orders_is_refused() -> None:
    book = replace(default_book("USD", month_split=False), cleared=BOTH)
    with pytest.raises(ValueError, match="orders posted by themselves"):
        compose(summarise(v2(*ROWS), zone="UTC"), book)


def test_a_refund_that_names_no_adjustment_is_never_cleared_by_its_order() -> None:
    book = replace(default_book("USD", month_split=False), cleared=Cleared(frozenset({(ORDER, "")})))
    (part,) = compose(summarise(v2(*us_1()), book=book), book).documents
    assert ("Amazon Refunds", "debit", "40.00") in lines(part.document)
