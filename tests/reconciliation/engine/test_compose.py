"""Composing beyond the golden settlements: balances carried, failed payouts, cards, maps, currencies, limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import AccountRef, Deposit, TaxRef
from canonical.settlement import LineCategory
from reconciliation.engine import (
    AccountRule,
    Book,
    Catalogue,
    Composition,
    Opening,
    PayoutState,
    Shape,
    Triple,
    compose,
    default_book,
    summarise,
)
from tests.reconciliation.engine.files import Row, header, row, us_1, v2
from tests.reconciliation.engine.ledger import Ledger, ways

SALE = "Order/ItemPrice/Principal"
OTHER = "other-transaction/other-transaction/"
USD = default_book("USD", month_split=False)


def composed(rows: tuple[Row, ...], book: Book = USD, catalogue: Catalogue | None = None) -> Composition:
    options = {"catalogue": catalogue} if catalogue else {}
    return compose(summarise(v2(*rows), book=book, **options), book)


def lines(result: Composition) -> list[tuple[str, str, str]]:
    return sorted(
        (line.account.name, line.side.value, f"{line.gross}") for part in result.documents for line in part.document.lines
    )


def codes(result: Composition) -> set[str]:
    return {problem.code for problem in result.problems if problem.severity == "blocks"}


def test_a_negative_settlement_credits_balance_owed_in_one_journal() -> None:
    rows = (header("-321.69"), row(f"{OTHER}Inbound Transportation Fee", "-321.69"))
    for shape in (Shape.SUMMARY_JOURNAL, Shape.ONE_DEPOSIT, Shape.INVOICE):
        result = composed(rows, replace(USD, shape=shape))
        assert lines(result) == [("Amazon Balance Owed", "credit", "321.69"), ("Amazon Inbound and Prep", "debit", "321.69")]
        assert result.settling_total == Decimal("-321.69")


def test_the_next_settlement_takes_the_debt_up_and_the_card_pays_it() -> None:
    rows = (
        header("0.00"),
        row(f"{OTHER}Payable to Amazon", "-321.69"),
        row(f"{OTHER}Successful charge", "321.69"),
    )
    assert lines(composed(rows)) == [("Amazon Balance Owed", "debit", "321.69"), ("Amazon Card Charges", "credit", "321.69")]


def test_a_total_of_zero_posts_its_rows_without_a_settling_line() -> None:
    rows = (header("0.00"), row(SALE, "10.00"), row(f"{OTHER}Current Reserve Amount", "-10.00"))
    for shape in Shape:
        result = composed(rows, replace(USD, shape=shape))
        assert lines(result) == [("Amazon Reserve", "debit", "10.00"), ("Amazon Sales", "credit", "10.00")]
        assert not any(line.settling for part in result.documents for line in part.document.lines)


def test_rows_of_zero_alone_post_nothing() -> None:
    result = composed((header("0.00"), row(SALE, "0.00")))
    assert (result.documents, result.held, result.unposted_zero_rows) == ((), False, 1)


def test_the_first_settlement_opens_from_the_opening_balance() -> None:
    rows = (
        header("70.00"),
        row(f"{OTHER}Previous Reserve Amount Balance", "100.00"),
        row(f"{OTHER}Payable to Amazon", "-30.00"),
    )
    first = composed(rows, replace(USD, opening=Opening(first=True)))
    assert lines(first) == [
        ("Amazon Opening Balance", "credit", "100.00"),
        ("Amazon Opening Balance", "debit", "30.00"),
        ("Bank (USD)", "debit", "70.00"),
    ]
    later = composed(rows)
    assert ("Amazon Reserve", "credit", "100.00") in lines(later)
    assert ("Amazon Balance Owed", "debit", "30.00") in lines(later)


def test_the_reserve_before_must_be_the_reserve_released() -> None:
    rows = (header("100.00"), row(f"{OTHER}Previous Reserve Amount Balance", "100.00"))
    assert not composed(rows, replace(USD, opening=Opening(previous_reserve=Decimal("100.00")))).held
    broken = composed(rows, replace(USD, opening=Opening(previous_reserve=Decimal("99.99"))))
    assert codes(broken) == {"compose.reserve_broken"}
    none_released = composed((header("1.00"), row(SALE, "1.00")), replace(USD, opening=Opening(previous_reserve=Decimal(5))))
    assert codes(none_released) == {"compose.reserve_broken"}


def test_a_failed_payout_stays_in_transit() -> None:
    for name, book in ways().items():
        failed = replace(book, month_split=False, payout_state=PayoutState.FAILED)
        result = composed((header("10.00"), row(SALE, "10.00")), failed)
        assert result.settling_total == Decimal("10.00"), name
        found = Ledger(failed).post(result).found()
        assert found == {"Amazon Payouts in Transit": Decimal("10.00"), "Amazon Sales": Decimal("-10.00")}, name
    deposit = composed(
        (header("10.00"), row(SALE, "10.00")), replace(USD, shape=Shape.ONE_DEPOSIT, payout_state=PayoutState.FAILED)
    )
    assert isinstance(deposit.documents[0].document, Deposit)


def test_a_returned_transfer_and_a_micro_deposit_are_in_transit() -> None:
    rows = (header("9.99"), row(f"{OTHER}Failed Disbursement", "10.00"), row("Transfers/Micro Deposit/Micro Deposit", "-0.01"))
    assert lines(composed(rows)) == [
        ("Amazon Payouts in Transit", "credit", "10.00"),
        ("Amazon Payouts in Transit", "debit", "0.01"),
        ("Bank (USD)", "debit", "9.99"),
    ]


def test_the_real_day_of_the_money_takes_the_place_of_the_planned_one() -> None:
    result = composed(us_1(), replace(USD, payout_on=date(2026, 11, 9)))
    assert [part.document.date for part in result.documents] == [date(2026, 11, 9)]


def test_a_card_charge_may_have_its_own_day() -> None:
    rows = (
        header("7.00"),
        row(SALE, "2.00"),
        row(f"{OTHER}Successful charge", "5.00", "2026-10-22 09:00:00 UTC"),
    )
    card, main = composed(rows, replace(USD, card_on_own_date=True)).documents
    assert (card.part, card.document.date, card.settling) == ("1", date(2026, 10, 22), 0)
    assert [(line.account.name, f"{line.signed}") for line in card.document.lines] == [
        ("Amazon Card Charges", "5.00"),
        ("Amazon Month End Carry", "-5.00"),
    ]
    assert (main.document.date, main.settling) == (date(2026, 11, 5), Decimal("7.00"))


def test_all_rows_in_an_earlier_month_leave_a_last_document_of_bank_and_carry() -> None:
    rows = (header("10.00"), row(SALE, "10.00", "2026-10-21 00:00:00 UTC"))
    october, november = composed(rows, default_book("USD")).documents
    assert [(line.account.name, f"{line.signed}") for line in november.document.lines] == [
        ("Bank (USD)", "-10.00"),
        ("Amazon Month End Carry", "10.00"),
    ]
    assert october.document.date == date(2026, 10, 31)


def test_rows_without_a_date_go_to_the_start_or_the_end_of_the_period() -> None:
    blank = {"posted_date": "", "posted_date_time": ""}
    rows = (
        header("35.00"),
        row(f"{OTHER}Previous Reserve Amount Balance", "30.00", **blank),
        row(SALE, "5.00", **blank),
    )
    october, november = composed(rows, default_book("USD")).documents
    assert "reserve_previous" in {line.kind for line in october.document.lines}
    assert "sale" in {line.kind for line in november.document.lines}


def test_three_months_are_three_documents_and_the_carry_ends_at_zero() -> None:
    rows = (
        header("6.00", start="2026-09-20 00:00:00 UTC"),
        row(SALE, "1.00", "2026-09-21 00:00:00 UTC"),
        row(SALE, "2.00", "2026-10-21 00:00:00 UTC"),
        row(SALE, "3.00", "2026-11-01 00:00:00 UTC"),
    )
    result = composed(rows, default_book("USD"))
    assert [part.part for part in result.documents] == ["1", "2", "3"]
    carry = [f"{line.signed}" for part in result.documents for line in part.document.lines if line.kind == "carry"]
    assert carry == ["-1.00", "-2.00", "3.00"]


def test_tax_nobody_withheld_is_the_sellers_own_liability() -> None:
    rows = (
        header("21.00"),
        row("Order/ItemPrice/Tax", "16.00", order="A"),
        row("Order/ItemWithheldTax/MarketplaceFacilitatorTax-Principal", "-16.00", order="A"),
        row("Order/ItemPrice/Tax", "21.00", order="B"),
    )
    assert lines(composed(rows)) == [
        ("Amazon Marketplace Tax", "credit", "16.00"),
        ("Amazon Marketplace Tax", "debit", "16.00"),
        ("Amazon Sales Tax Payable", "credit", "21.00"),
        ("Bank (USD)", "debit", "21.00"),
    ]


def test_tax_withheld_in_part_is_shown() -> None:
    rows = (
        header("1.00"),
        row("Order/ItemPrice/Tax", "16.00", order="A"),
        row("Order/ItemWithheldTax/MarketplaceFacilitatorTax-Principal", "-15.00", order="A"),
    )
    result = composed(rows)
    assert not result.held
    assert "compose.tax_not_zero" in {problem.code for problem in result.problems}


def test_an_unusual_sign_is_posted_by_its_amount_and_shown() -> None:
    result = composed((header("-5.00"), row(SALE, "-5.00")))
    assert ("Amazon Sales", "debit", "5.00") in lines(result)
    assert [problem.code for problem in result.problems] == ["settlement.unusual_sign"]


def test_the_most_specific_rule_wins() -> None:
    def rule(key: str, **what: object) -> AccountRule:
        return AccountRule(AccountRef(key, key), **what)  # type: ignore[arg-type]

    book = replace(
        USD,
        accounts=(
            *USD.accounts,
            rule("kind", kind="sale"),
            rule("uk", kind="sale", marketplace="Amazon.co.uk"),
            rule("role-uk", role="sales", marketplace="amazon.co.uk"),
            rule("triple", triple=Triple("order", "Item Price", "principal"), marketplace="Amazon.de"),
        ),
    )
    rows = [row(SALE, "1.00", marketplace=name) for name in ("Amazon.com", "Amazon.co.uk", "Amazon.de")]
    assert lines(composed((header("3.00"), *rows), book)) == [
        ("Bank (USD)", "debit", "3.00"),
        ("kind", "credit", "1.00"),
        ("triple", "credit", "1.00"),
        ("uk", "credit", "1.00"),
    ]


def test_what_nobody_mapped_is_named_and_held() -> None:
    without = replace(USD, accounts=tuple(rule for rule in USD.accounts if rule.role != "sales"))
    result = composed((header("1.00"), row(SALE, "1.00")), without)
    assert codes(result) == {"compose.unmapped"}
    assert result.problems[0].text() == "No account is chosen for Amazon Sales."


@pytest.mark.parametrize("description", ["Adjustment", "MiscAdjustment", "Balance Adjustment"])
def test_kinds_that_say_nothing_wait_for_a_person(description: str) -> None:
    rows = (header("1.00"), row(f"{OTHER}{description}", "1.00"))
    assert codes(composed(rows)) == {"compose.unmapped"}
    decided = replace(USD, accounts=(*USD.accounts, AccountRule(AccountRef("7", "Ask"), kind="other_adjustment")))
    assert lines(composed(rows, decided)) == [("Ask", "credit", "1.00"), ("Bank (USD)", "debit", "1.00")]


def test_a_decision_about_an_unknown_triple_posts_it() -> None:
    rows = (header("-1.00"), row(f"{OTHER}Moon Base Fee", "-1.00"))
    assert codes(composed(rows)) == {"compose.unknown_rows"}
    own = Catalogue(overrides={Triple("other-transaction", "other-transaction", "moon base fee"): LineCategory.FBA_STORAGE_FEE})
    assert ("Amazon Storage Fees", "debit", "1.00") in lines(composed(rows, catalogue=own))


def test_a_payout_needs_an_account_in_its_currency() -> None:
    rows = (header("1.00", "CAD"), row(SALE, "1.00"))
    assert codes(composed(rows)) == {"compose.no_payout_account"}
    cad = replace(USD, payout_accounts={"CAD": AccountRef("9", "Canadian bank")})
    assert not composed(rows, cad).held
    assert codes(composed(rows, replace(cad, ledger_currencies=frozenset({"USD"})))) == {"compose.currency_not_in_ledger"}
    assert not composed(rows, replace(cad, ledger_currencies=frozenset({"USD", "CAD"}))).held


def test_marketplaces_are_kept_together_or_apart() -> None:
    rows = (header("3.00"), row(SALE, "1.00", marketplace="Amazon.com"), row(SALE, "2.00", marketplace="Amazon.ca"))
    assert len(lines(composed(rows))) == 2
    apart = composed(rows, replace(USD, per_marketplace=True))
    assert sorted(line.description for part in apart.documents for line in part.document.lines) == [
        "Amazon payout",
        "Sale - Amazon.ca",
        "Sale - Amazon.com",
    ]
    classed = composed(rows, replace(USD, dimensions={"Amazon.ca": (("class", "5000"),)}))
    assert sorted(line.dimensions for part in classed.documents for line in part.document.lines) == [(), (), (("class", "5000"),)]


def test_a_document_that_no_ledger_takes_is_not_built() -> None:
    assert codes(composed(us_1(), replace(USD, line_limit=10))) == {"compose.too_many_lines"}


def test_a_file_without_any_date_is_held() -> None:
    rows = (header("1.00", start="", end="", deposit=""), row(SALE, "1.00"))
    assert codes(composed(rows)) == {"compose.no_date"}


def test_the_accounts_own_tax_code_is_used_where_the_ledger_keeps_no_vat() -> None:
    non = TaxRef("NON", "Non taxable", Decimal(0))
    book = replace(USD, accounts=(*USD.accounts, AccountRule(AccountRef("4", "Sales"), kind="sale", tax=non)))
    (part,) = composed((header("1.00"), row(SALE, "1.00")), book).documents
    assert [(line.tax, line.tax_amount) for line in part.document.lines if line.kind == "sale"] == [(non, 0)]
