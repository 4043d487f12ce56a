"""UK-1 and its two sisters: VAT inside the price, VAT in rows of its own, VAT accounted for by Amazon."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import DocumentLine, TaxRef
from reconciliation.engine import Book, Composition, Registration, TaxScheme, compose, default_book, summarise
from tests.reconciliation.engine.files import Row, header, row, uk_1, v2

S20 = TaxRef("20", "20.0% S", Decimal(20))
P20 = TaxRef("21", "20.0% P", Decimal(20), "purchase")
ZERO_RATED = TaxRef("30", "0.0% Z", Decimal(0))
NO_VAT = TaxRef("40", "No VAT", Decimal(0))
REVERSE = TaxRef("50", "Reverse charge", Decimal(20), "purchase")
UK = "Amazon.co.uk"


def scheme(registration: Registration = Registration.REGISTERED, marketplace: str = UK, **more: date) -> TaxScheme:
    return TaxScheme(marketplace, registration, sales=S20, purchases=P20, zero=ZERO_RATED, none=NO_VAT, reverse=REVERSE, **more)


def book(*schemes: TaxScheme) -> Book:
    return replace(default_book("GBP"), tax_schemes=schemes)


def composed(rows: tuple[Row, ...], with_book: Book) -> Composition:
    return compose(summarise(v2(*rows), book=with_book), with_book)


def found(result: Composition) -> dict[tuple[str, str], tuple[str, str, str, str]]:
    """(kind, side) -> (gross, net, VAT, code)."""
    return {
        (line.kind, line.side.value): (f"{line.gross}", f"{line.net}", f"{line.tax_amount}", line.tax.name if line.tax else "")
        for part in result.documents
        for line in part.document.lines
        if not line.settling and line.kind != "carry"
    }


def test_case_1_vat_is_inside_the_price() -> None:
    result = composed(uk_1(), book(scheme()))
    assert not result.held
    assert found(result) == {
        ("sale", "credit"): ("120.00", "100.00", "20.00", "20.0% S"),
        ("refund_sale", "debit"): ("24.00", "20.00", "4.00", "20.0% S"),
        ("referral_fee", "debit"): ("18.36", "15.30", "3.06", "20.0% P"),
        ("refund_referral_fee", "credit"): ("3.67", "3.06", "0.61", "20.0% P"),
        ("fba_fulfillment_fee", "debit"): ("3.60", "3.00", "0.60", "20.0% P"),
        ("fba_storage_fee", "debit"): ("1.20", "1.00", "0.20", "20.0% P"),
        ("advertising", "debit"): ("12.00", "10.00", "2.00", "20.0% P"),
    }


def test_vat_payable_and_profit_add_up_to_the_payout() -> None:
    lines = [line for part in composed(uk_1(), book(scheme())).documents for line in part.document.lines]
    trade = [line for line in lines if not line.settling and line.kind != "carry"]

    def signed_vat(line: DocumentLine) -> Decimal:
        return line.tax_amount if line.signed > 0 else -line.tax_amount

    vat = sum(signed_vat(line) for line in trade)
    net = sum(line.signed - signed_vat(line) for line in trade)
    assert (vat, net, vat + net) == (Decimal("10.75"), Decimal("53.76"), Decimal("64.51"))


def test_case_2_the_tax_rows_are_the_vat() -> None:
    rows = (
        header("120.10", "GBP"),
        row("Order/ItemPrice/Principal", "90.00", order="C", marketplace=UK),
        row("Order/ItemPrice/Tax", "18.01", order="C", marketplace=UK),
        row("Order/ItemPrice/Shipping", "10.00", order="C", marketplace=UK),
        row("Order/ItemPrice/ShippingTax", "2.09", order="C", marketplace=UK),
    )
    result = composed(rows, book(scheme()))
    assert found(result) == {
        ("sale", "credit"): ("108.01", "90.00", "18.01", "20.0% S"),
        ("shipping_income", "credit"): ("12.09", "10.00", "2.09", "20.0% S"),
    }


def test_case_3_amazon_is_the_supplier() -> None:
    rows = (
        header("100.00", "GBP"),
        row("Order/ItemPrice/Principal", "100.00", order="D", marketplace=UK),
        row("Order/ItemPrice/Tax", "20.00", order="D", marketplace=UK),
        row("Order/ItemWithheldTax/MarketplaceFacilitatorVAT-Principal", "-20.00", order="D", marketplace=UK),
    )
    result = composed(rows, book(scheme()))
    assert found(result) == {
        ("sale", "credit"): ("100.00", "100.00", "0", "0.0% Z"),
        ("sales_tax_collected", "credit"): ("20.00", "20.00", "0", "No VAT"),
        ("marketplace_facilitator_tax_withheld", "debit"): ("20.00", "20.00", "0", "No VAT"),
    }


def test_the_three_cases_live_in_one_file_and_any_order() -> None:
    rows = (
        row("Order/ItemWithheldTax/MarketplaceFacilitatorVAT-Principal", "-20.00", order="D", marketplace=UK),
        row("Order/ItemPrice/Principal", "120.00", order="B", marketplace=UK),
        row("Order/ItemPrice/Tax", "18.00", order="C", marketplace=UK),
        row("Order/ItemPrice/Tax", "20.00", order="D", marketplace=UK),
        row("Order/ItemPrice/Principal", "90.00", order="C", marketplace=UK),
        row("Order/ItemPrice/Principal", "100.00", order="D", marketplace=UK),
    )
    result = composed((header("328.00", "GBP"), *rows), book(scheme()))
    sales = [line for part in result.documents for line in part.document.lines if line.kind == "sale"]
    assert sorted((f"{line.gross}", f"{line.tax_amount}") for line in sales) == [
        ("100.00", "0"),
        ("108.00", "18.00"),
        ("120.00", "20.00"),
    ]


def test_a_seller_from_abroad_gets_reverse_charge_on_fees() -> None:
    result = composed(uk_1(), book(scheme(Registration.REGISTERED_ABROAD)))
    assert found(result)["referral_fee", "debit"] == ("18.36", "18.36", "0", "Reverse charge")
    assert found(result)["sale", "credit"] == ("120.00", "100.00", "20.00", "20.0% S")


def test_an_unregistered_seller_has_gross_income_and_gross_cost() -> None:
    result = composed(uk_1(), book(scheme(Registration.NOT_REGISTERED)))
    assert found(result)["sale", "credit"] == ("120.00", "120.00", "0", "No VAT")
    assert found(result)["referral_fee", "debit"] == ("18.36", "18.36", "0", "No VAT")
    assert found(result)["advertising_tax", "debit"] == ("2.00", "2.00", "0", "No VAT")


@pytest.mark.parametrize(
    "schemes",
    [(), (scheme(marketplace="Amazon.de"),), (scheme(starts_on=date(2027, 1, 1)),), (scheme(ends_on=date(2026, 9, 30)),)],
)
def test_an_unknown_scheme_holds_the_settlement(schemes: tuple[TaxScheme, ...]) -> None:
    result = composed(uk_1(), book(*schemes))
    assert result.held
    assert result.documents == ()
    assert "compose.tax_unknown" in {problem.code for problem in result.problems}


def test_the_flat_rate_scheme_holds() -> None:
    result = composed(uk_1(), book(scheme(Registration.FLAT_RATE)))
    assert "compose.flat_rate" in {problem.code for problem in result.problems}
    assert result.documents == ()


def test_a_tax_row_of_zero_holds_when_the_default_is_twenty() -> None:
    rows = (
        header("100.00", "GBP"),
        row("Order/ItemPrice/Principal", "100.00", order="E", marketplace=UK),
        row("Order/ItemPrice/Tax", "0.00", order="E", marketplace=UK),
    )
    result = composed(rows, book(scheme()))
    assert "compose.zero_tax" in {problem.code for problem in result.problems}
    assert result.documents == ()


def test_a_scheme_that_begins_within_a_month_divides_the_month() -> None:
    rows = (
        header("240.00", "GBP"),
        row("Order/ItemPrice/Principal", "120.00", "2026-10-14 23:00:00 UTC", "F", UK),
        row("Order/ItemPrice/Principal", "120.00", "2026-10-15 01:00:00 UTC", "G", UK),
    )
    before = scheme(Registration.NOT_REGISTERED, ends_on=date(2026, 10, 14))
    after = scheme(starts_on=date(2026, 10, 15))
    result = composed(rows, book(before, after))
    sales = [line for part in result.documents for line in part.document.lines if line.kind == "sale"]
    assert sorted((f"{line.gross}", f"{line.tax_amount}") for line in sales) == [("120.00", "0"), ("120.00", "20.00")]


def test_tax_on_a_fee_joins_its_fee_and_balances_carry_no_vat() -> None:
    rows = (
        header("-74.00", "GBP"),
        row("FBAFees/FBA Inventory Storage Fee/Base fee", "-64.00", marketplace=UK),
        row("FBAFees/FBA Inventory Storage Fee/Tax on fee", "-12.80", marketplace=UK),
        row("FBAFees/FBA Inventory Storage Fee/Discount on Fee", "2.00", marketplace=UK),
        row("FBAFees/FBA Inventory Storage Fee/Tax on fee", "0.80", marketplace=UK),
        row("other-transaction/other-transaction/Current Reserve Amount", "-1.00", marketplace=""),
        row("other-transaction/FBA Inventory Reimbursement/WAREHOUSE_LOST", "1.00", marketplace=""),
    )
    result = composed(rows, book(scheme()))
    assert found(result) == {
        ("fba_storage_fee", "debit"): ("76.80", "64.00", "12.80", "20.0% P"),
        ("fba_storage_fee", "credit"): ("2.80", "2.00", "0.80", "20.0% P"),
        ("reserve_current", "debit"): ("1.00", "1.00", "0", "No VAT"),
        ("reimbursement", "credit"): ("1.00", "1.00", "0", "No VAT"),
    }


def test_a_summary_that_forgot_the_supplies_is_refused() -> None:
    summary = summarise(v2(*uk_1()), book=default_book("GBP"))
    with pytest.raises(ValueError, match="summary_for"):
        compose(summary, book(scheme()))
