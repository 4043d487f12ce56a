"""Groups of SKUs: a rule that names one takes its rows, and nobody else's, to another account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from canonical.accounting import AccountRef
from reconciliation.engine import AccountRule, Book, SkuGroup, Triple, compose, default_book, summarise, summary_for
from reconciliation.engine.sku import SkuGroups
from tests.reconciliation.engine.files import header, row, us_1, v2
from tests.reconciliation.engine.generator import random_settlement
from tests.reconciliation.engine.test_invariants import all_lines, check_rows

USD = default_book("USD", month_split=False)
SHOES = SkuGroup("Shoes", ("SHOE-*", "boot-??"))
HATS = SkuGroup("Hats", ("*",))
TO_SHOES = AccountRule(AccountRef("41", "Sales - Shoes"), role="sales", sku_group="Shoes")
SALE, REFUND, FEE = "Order/ItemPrice/Principal", "Refund/ItemPrice/Principal", "Order/ItemFees/Commission"


def book(*rules: AccountRule, groups: tuple[SkuGroup, ...] = (SHOES,)) -> Book:
    return replace(USD, accounts=(*USD.accounts, *rules), sku_groups=groups)


def posted(by: Book, total: str, *rows: dict[str, str], trace: bool = True) -> list[tuple[str, str, str]]:
    result = compose(summarise(v2(header(total), *rows), book=by, trace=trace), by)
    assert not result.held, [problem.text() for problem in result.problems]
    return sorted((line.account.name, line.side.value, f"{line.gross:f}") for line in all_lines(result) if not line.settling)


ROWS = (
    row(SALE, "10.00", sku="shoe-42"),
    row(SALE, "5.00", sku="SHOE-43"),
    row(SALE, "3.00", sku="HAT-1"),
    row(SALE, "1.00"),
    row(FEE, "-1.50", sku="SHOE-42"),
    row(REFUND, "-4.00", sku="SHOE-42"),
)


@pytest.mark.parametrize("trace", [True, False])
def test_the_sales_of_a_group_go_to_its_account_and_no_others(trace: bool) -> None:
    assert posted(book(TO_SHOES), "13.50", *ROWS, trace=trace) == [
        ("Amazon Refunds", "debit", "4.00"),
        ("Amazon Sales", "credit", "4.00"),
        ("Amazon Selling Fees", "debit", "1.50"),
        ("Sales - Shoes", "credit", "15.00"),
    ]


def test_refunds_and_fees_follow_rules_of_their_own() -> None:
    refunds = AccountRule(AccountRef("42", "Refunds - Shoes"), role="refunds", sku_group="Shoes")
    fees = AccountRule(AccountRef("43", "Fees - Shoes"), kind="referral_fee", sku_group="Shoes")
    assert posted(book(TO_SHOES, refunds, fees), "13.50", *ROWS) == [
        ("Amazon Sales", "credit", "4.00"),
        ("Fees - Shoes", "debit", "1.50"),
        ("Refunds - Shoes", "debit", "4.00"),
        ("Sales - Shoes", "credit", "15.00"),
    ]


def test_a_group_beats_row_type_kind_role_and_marketplace() -> None:
    at = AccountRef("50", "Elsewhere")
    others = (
        AccountRule(at, triple=Triple("Order", "ItemPrice", "Principal"), marketplace="Amazon.com"),
        AccountRule(at, kind="sale", marketplace="Amazon.com"),
    )
    sale = row(SALE, "10.00", sku="SHOE-42", marketplace="Amazon.com")
    assert posted(book(TO_SHOES, *others), "10.00", sale) == [("Sales - Shoes", "credit", "10.00")]
    by_kind = AccountRule(AccountRef("44", "Shoes by kind"), kind="sale", sku_group="Shoes")
    assert posted(book(by_kind, TO_SHOES), "10.00", sale) == [("Shoes by kind", "credit", "10.00")]
    here = replace(TO_SHOES, account=AccountRef("45", "Shoes in .com"), marketplace="Amazon.com")
    assert posted(book(TO_SHOES, here), "10.00", sale) == [("Shoes in .com", "credit", "10.00")]


def test_the_first_group_that_fits_wins() -> None:
    to_hats = AccountRule(AccountRef("46", "Sales - Hats"), role="sales", sku_group="Hats")
    sale = row(SALE, "10.00", sku="SHOE-42")
    assert posted(book(TO_SHOES, to_hats, groups=(SHOES, HATS)), "10.00", sale) == [("Sales - Shoes", "credit", "10.00")]
    assert posted(book(TO_SHOES, to_hats, groups=(HATS, SHOES)), "10.00", sale) == [("Sales - Hats", "credit", "10.00")]


@pytest.mark.parametrize(
    ("sku", "group"),
    [("SHOE-1", "Shoes"), ("shoe-", "Shoes"), ("BOOT-12", "Shoes"), ("BOOT-123", ""), ("XSHOE-1", ""), ("", ""), ("S", "")],
)
def test_patterns_fit_the_whole_sku_in_any_case(sku: str, group: str) -> None:
    assert SkuGroups((SHOES,)).of(sku) == group


def test_nothing_is_told_apart_until_a_rule_names_a_group() -> None:
    idle = book()
    assert not summary_for(idle).sku_groups
    rows = v2(*us_1())
    assert compose(summarise(rows, book=idle), idle).documents == compose(summarise(rows, book=USD), USD).documents
    assert all(key.sku_group == "" for key in summarise(rows, book=USD).groups)


def test_groups_move_money_between_accounts_and_change_no_total() -> None:
    by = book(TO_SHOES, replace(TO_SHOES, role="selling_fees", account=AccountRef("47", "Fees - Shoes")))
    for seed in range(60):
        made = random_settlement(seed)
        rows = [{**cells, "sku": ("SHOE-1", "HAT-1", "")[at % 3]} for at, cells in enumerate(made.rows)]
        apart, plain = (compose(summarise(made.source(rows), book=one), one) for one in (by, USD))
        assert apart.settling_total == plain.settling_total
        check_rows(made, apart)


def test_a_summary_made_without_the_groups_is_not_composed() -> None:
    by = book(TO_SHOES)
    with pytest.raises(ValueError, match="SKU"):
        compose(summarise(v2(*us_1()), book=USD), by)
