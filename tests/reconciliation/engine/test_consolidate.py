"""Consolidated lines: fewer of them, the same money on every account, every row still in exactly one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from canonical.accounting import AccountRef
from reconciliation.engine import AccountRule, Book, Composition, compose, default_book, summarise
from tests.reconciliation.engine.files import header, row, us_1, v2
from tests.reconciliation.engine.generator import random_settlement
from tests.reconciliation.engine.test_invariants import RUNS, VAT_SCHEME, all_lines, balances, check_rows

USD = default_book("USD", month_split=False)
VAT = replace(default_book("GBP"), tax_schemes=(VAT_SCHEME,))


def said(result: Composition) -> list[tuple[str, str, str, str, str]]:
    """Account, side, amount, kind and words of every line but the bank's."""
    return sorted(
        (line.account.name, line.side.value, f"{line.gross:f}", line.kind, line.description)
        for line in all_lines(result)
        if not line.settling
    )


def test_the_worked_settlement_has_one_line_an_account_and_side() -> None:
    result = compose(summarise(v2(*us_1()), book=USD), replace(USD, consolidate=True))
    assert said(result) == [
        ("Amazon Advertising", "debit", "12.50", "advertising", "Advertising"),
        ("Amazon FBA Fees", "debit", "9.50", "fba_fees", "FBA Fees"),
        ("Amazon Loan", "debit", "20.00", "loan", "Loan"),
        ("Amazon Marketplace Tax", "credit", "19.20", "marketplace_tax", "Marketplace Tax"),
        ("Amazon Marketplace Tax", "debit", "19.20", "marketplace_tax", "Marketplace Tax"),
        ("Amazon Promotions", "debit", "10.00", "promotions", "Promotions"),
        ("Amazon Refunds", "debit", "40.00", "refunds", "Refunds"),
        ("Amazon Reserve", "credit", "30.00", "reserve", "Reserve"),
        ("Amazon Reserve", "debit", "25.00", "reserve", "Reserve"),
        ("Amazon Sales", "credit", "200.00", "sales", "Sales"),
        ("Amazon Selling Fees", "credit", "6.00", "selling_fees", "Selling Fees"),
        ("Amazon Selling Fees", "debit", "30.45", "selling_fees", "Selling Fees"),
        ("Amazon Shipping Income", "credit", "5.00", "shipping_income", "Shipping Income"),
        ("Amazon Storage Fees", "debit", "7.30", "storage_fees", "Storage Fees"),
    ]
    assert result.settling_total == Decimal("86.25")


def test_roles_that_share_an_account_share_a_line_whatever_the_order_of_rows() -> None:
    income = AccountRef("40", "Income")
    book = replace(
        USD, accounts=(*(rule for rule in USD.accounts if rule.role not in ("sales", "shipping_income")),
                       AccountRule(income, role="shipping_income"), AccountRule(income, role="sales")), consolidate=True,
    )  # fmt: skip
    rows = (row("Order/ItemPrice/Shipping", "1.00"), row("Order/ItemPrice/Principal", "2.00"))
    for order in (rows, rows[::-1]):
        result = compose(summarise(v2(header("3.00"), *order), book=book), book)
        assert said(result) == [("Income", "credit", "3.00", "sales", "Sales")]


@pytest.mark.parametrize(("book", "currency"), [(default_book("USD"), "USD"), (VAT, "GBP")], ids=["no VAT", "VAT"])
def test_fewer_lines_and_the_same_money_everywhere(book: Book, currency: str) -> None:
    fewer = 0
    for seed in range(RUNS // 2):
        made = random_settlement(seed, currency)
        summary = summarise(made.source(), book=book)
        apart, together = compose(summary, book), compose(summary, replace(book, consolidate=True))
        assert not together.held
        assert balances(together) == balances(apart), seed
        assert together.settling_total == apart.settling_total
        assert [part.document.date for part in together.documents] == [part.document.date for part in apart.documents]
        check_rows(made, together)
        assert len(all_lines(together)) <= len(all_lines(apart))
        fewer += len(all_lines(together)) < len(all_lines(apart))
        for part in together.documents:
            keys = Counter(
                (line.account, line.side, line.tax, line.dimensions)
                for line in part.document.lines
                if not line.settling and not (line.tax and line.tax.rate)
            )
            assert not keys or max(keys.values()) == 1, seed
    assert fewer > RUNS // 8
