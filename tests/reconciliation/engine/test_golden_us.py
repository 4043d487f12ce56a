"""US-1, the worked settlement of the accounting design: every shape gives exactly these documents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import Deposit, Document, JournalEntry, Side
from reconciliation.engine import Composition, Shape, compose, default_book, summarise
from tests.reconciliation.engine.files import us_1, v2
from tests.reconciliation.engine.ledger import CLEARING, IN_TRANSIT, RECEIVABLE, WAYS, Ledger, ways


def lines(document: Document) -> list[tuple[str, str, str]]:
    """(account, side, amount) of every line, sorted."""
    return sorted((line.account.name, line.side.value, f"{line.gross:f}") for line in document.lines)


def composed(shape: Shape, *, month_split: bool) -> Composition:
    book = default_book("USD", shape=shape, month_split=month_split)
    return compose(summarise(v2(*us_1()), book=book), book)


JOURNAL = sorted(
    [
        ("Bank (USD)", "debit", "86.25"),
        ("Amazon Promotions", "debit", "10.00"),
        ("Amazon Refunds", "debit", "40.00"),
        ("Amazon Selling Fees", "debit", "29.25"),
        ("Amazon Selling Fees", "debit", "1.20"),
        ("Amazon FBA Fees", "debit", "9.50"),
        ("Amazon Storage Fees", "debit", "7.30"),
        ("Amazon Advertising", "debit", "12.50"),
        ("Amazon Reserve", "debit", "25.00"),
        ("Amazon Loan", "debit", "20.00"),
        ("Amazon Marketplace Tax", "debit", "16.00"),
        ("Amazon Marketplace Tax", "debit", "3.20"),
        ("Amazon Sales", "credit", "200.00"),
        ("Amazon Shipping Income", "credit", "5.00"),
        ("Amazon Selling Fees", "credit", "6.00"),
        ("Amazon Reserve", "credit", "30.00"),
        ("Amazon Marketplace Tax", "credit", "16.00"),
        ("Amazon Marketplace Tax", "credit", "3.20"),
    ]
)

OCTOBER = sorted(
    [
        ("Amazon Month End Carry", "debit", "173.75"),
        ("Amazon Promotions", "debit", "10.00"),
        ("Amazon Selling Fees", "debit", "29.25"),
        ("Amazon FBA Fees", "debit", "9.50"),
        ("Amazon Advertising", "debit", "12.50"),
        ("Amazon Marketplace Tax", "debit", "16.00"),
        ("Amazon Sales", "credit", "200.00"),
        ("Amazon Shipping Income", "credit", "5.00"),
        ("Amazon Reserve", "credit", "30.00"),
        ("Amazon Marketplace Tax", "credit", "16.00"),
    ]
)

NOVEMBER = [
    ("Amazon Month End Carry", "credit", "173.75"),
    ("Amazon Refunds", "debit", "40.00"),
    ("Amazon Selling Fees", "debit", "1.20"),
    ("Amazon Selling Fees", "credit", "6.00"),
    ("Amazon Storage Fees", "debit", "7.30"),
    ("Amazon Reserve", "debit", "25.00"),
    ("Amazon Loan", "debit", "20.00"),
    ("Amazon Marketplace Tax", "debit", "3.20"),
    ("Amazon Marketplace Tax", "credit", "3.20"),
]


def test_one_summary_journal_balances_at_260_20() -> None:
    result = composed(Shape.SUMMARY_JOURNAL, month_split=False)
    assert not result.held
    (part,) = result.documents
    assert part.part == ""
    assert isinstance(part.document, JournalEntry)
    assert part.document.date == date(2026, 11, 5)
    assert lines(part.document) == JOURNAL
    assert part.document.total == Decimal("260.20")
    assert sum(line.gross for line in part.document.lines if line.side is Side.CREDIT) == Decimal("260.20")


def test_one_deposit_has_signed_lines_and_the_bank_amount() -> None:
    (part,) = composed(Shape.ONE_DEPOSIT, month_split=False).documents
    deposit = part.document
    assert isinstance(deposit, Deposit)
    assert (deposit.date, deposit.account.name, deposit.total) == (date(2026, 11, 5), "Bank (USD)", Decimal("86.25"))
    assert sorted(line.signed for line in deposit.lines) == sorted(
        Decimal(amount)
        for amount in (
            [
                "200.00",
                "5.00",
                "-10.00",
                "-40.00",
                "-29.25",
                "6.00",
                "-1.20",
                "-9.50",
                "-7.30",
                "-12.50",
                "16.00",
                "-16.00",
                "-3.20",
                "3.20",
                "30.00",
                "-25.00",
                "-20.00",
            ]
        )
    )


def test_months_are_split_with_a_carry_account() -> None:
    october, november = composed(Shape.SUMMARY_JOURNAL, month_split=True).documents
    assert (october.part, october.document.date, october.settling) == ("1", date(2026, 10, 31), 0)
    assert lines(october.document) == OCTOBER
    assert (november.part, november.document.date, november.settling) == ("2", date(2026, 11, 5), Decimal("86.25"))
    assert lines(november.document) == sorted([*NOVEMBER, ("Bank (USD)", "debit", "86.25")])


def test_a_split_deposit_is_a_journal_and_exactly_one_deposit() -> None:
    october, november = composed(Shape.ONE_DEPOSIT, month_split=True).documents
    assert isinstance(october.document, JournalEntry)
    assert lines(october.document) == OCTOBER
    assert isinstance(november.document, Deposit)
    assert november.document.total == Decimal("86.25")
    assert lines(november.document) == sorted(NOVEMBER)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("month_split", [True, False])
def test_every_shape_ends_at_the_same_balances(way: str, month_split: bool) -> None:
    book = replace(ways()[way], month_split=month_split)
    ledger = Ledger(book).post(compose(summarise(v2(*us_1()), book=book), book))
    passed = (CLEARING, IN_TRANSIT, RECEIVABLE, "Amazon Month End Carry")
    assert [ledger.balances.pop(name, 0) for name in passed] == [0, 0, 0, 0]
    assert {name: f"{amount:f}" for name, amount in ledger.balances.items()} == {
        "Bank (USD)": "86.25",
        "Amazon Reserve": "-5.00",
        "Amazon Loan": "20.00",
        "Amazon Sales": "-200.00",
        "Amazon Shipping Income": "-5.00",
        "Amazon Promotions": "10.00",
        "Amazon Refunds": "40.00",
        "Amazon Selling Fees": "24.45",
        "Amazon FBA Fees": "9.50",
        "Amazon Storage Fees": "7.30",
        "Amazon Advertising": "12.50",
        "Amazon Marketplace Tax": "0.00",
    }


def test_every_line_names_its_rows() -> None:
    october, november = composed(Shape.SUMMARY_JOURNAL, month_split=True).documents
    rows = {(line.kind, line.side.value): line.rows for part in (october, november) for line in part.document.lines}
    assert rows["sale", "credit"] == ((1, 1),)
    assert rows["refund_sale", "debit"] == ((8, 8),)
    assert rows["reserve_previous", "credit"] == ((15, 15),)
    assert rows["settling", "debit"] == ()


def test_a_month_ends_where_the_tenant_lives() -> None:
    """1 November 05:00 UTC is still October in Los Angeles."""
    rows = [*us_1()]
    rows[8] = {**rows[8], "posted-date": "2026-11-01", "posted-date-time": "2026-11-01 05:00:00 UTC"}
    for zone, october in (("UTC", "173.75"), ("America/Los_Angeles", "133.75")):
        book = default_book("USD", timezone=zone)
        first = compose(summarise(v2(*rows), book=book), book).documents[0]
        carry = next(line for line in first.document.lines if line.kind == "carry")
        assert (zone, f"{carry.gross:f}") == (zone, october)
