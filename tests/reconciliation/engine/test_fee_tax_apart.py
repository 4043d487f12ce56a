"""VAT of fees that has rows of its own is taken once: it joins its fee, and nothing is taken out of the fee again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import DocumentLine
from canonical.settlement import LineCategory
from reconciliation.engine import CATALOGUE, Registration
from tests.reconciliation.engine.files import Row, header, row
from tests.reconciliation.engine.test_golden_uk import UK, book, composed, scheme

CAPACITY = "other-transaction/Capacity Reservation Fee/"


def order(triple: str, amount: str, number: str = "1") -> Row:
    return row(triple, amount, order=number, marketplace=UK)


def lines(*rows: Row) -> dict[str, DocumentLine]:
    """The lines of a registered seller's entry by kind; each kind stands once."""
    total = str(sum(Decimal(each["amount"]) for each in rows))
    result = composed((header(total, "GBP"), *rows), book(scheme()))
    found = [line for part in result.documents for line in part.document.lines if line.row_count]
    assert len({line.kind for line in found}) == len(found)
    return {line.kind: line for line in found}


def test_tax_on_fees_is_the_vat_of_its_orders_fees() -> None:
    found = lines(
        order("Order/ItemPrice/Principal", "120.00"),
        order("Order/ItemFees/Commission", "-15.30"),
        order("Order/ItemFees/FBAPerUnitFulfillmentFee", "-3.00"),
        order("Order/ItemFees/TaxOnFees", "-3.66"),
    )
    assert (found["referral_fee"].gross, found["referral_fee"].tax_amount) == (Decimal("18.96"), Decimal("3.66"))
    assert (found["fba_fulfillment_fee"].gross, found["fba_fulfillment_fee"].tax_amount) == (Decimal("3.00"), Decimal(0))


def test_tax_on_fees_given_back_goes_with_the_fee_given_back() -> None:
    found = lines(
        order("Order/ItemPrice/Principal", "120.00"),
        order("Order/ItemFees/Commission", "-15.30"),
        order("Order/ItemFees/TaxOnFees", "-3.06"),
        order("Refund/ItemFees/Commission", "3.06"),
        order("Refund/ItemFees/TaxOnFees", "0.61"),
    )
    assert (found["referral_fee"].gross, found["referral_fee"].tax_amount) == (Decimal("18.36"), Decimal("3.06"))
    assert (found["refund_referral_fee"].gross, found["refund_referral_fee"].tax_amount) == (Decimal("3.67"), Decimal("0.61"))


@pytest.mark.parametrize("transaction", ["A-to-z Guarantee Refund", "Chargeback Refund"])
def test_tax_on_fees_of_a_claim_is_tax(transaction: str) -> None:
    rule = CATALOGUE.find(transaction, "ItemFees", "TaxOnFees")
    assert rule is not None
    assert rule.category is LineCategory.FEE_TAX_INPUT
    assert rule.joins in (LineCategory.A_TO_Z_FEE, LineCategory.CHARGEBACK_FEE)


def test_a_reservation_fee_with_a_tax_row_excludes_it() -> None:
    found = lines(
        order("Order/ItemPrice/Principal", "120.00"),
        row(f"{CAPACITY}Reservation Fee", "-10.00", marketplace=""),
        row(f"{CAPACITY}Tax", "-2.00", marketplace=""),
    )
    fee = found["fba_storage_fee_reservation"]
    assert (fee.gross, fee.tax_amount) == (Decimal("12.00"), Decimal("2.00"))


def test_a_reservation_fee_without_a_tax_row_includes_it() -> None:
    found = lines(
        order("Order/ItemPrice/Principal", "120.00"),
        row(f"{CAPACITY}Reservation Fee", "-12.00", marketplace=""),
    )
    assert found["fba_storage_fee_reservation"].tax_amount == Decimal("2.00")


@pytest.mark.parametrize(("posted", "held"), [("21", False), ("22", False), ("23", True), ("25", True)])
def test_after_the_end_of_a_scheme_nothing_is_guessed(posted: str, held: bool) -> None:
    sale = row("Order/ItemPrice/Principal", "120.00", f"2026-10-{posted} 12:00:00 UTC", "1", UK)
    result = composed((header("120.00", "GBP"), sale), book(scheme(ends_on=date(2026, 10, 22))))
    assert result.held is held
    if held:
        assert [problem.code for problem in result.problems] == ["compose.tax_unknown"]


@pytest.mark.parametrize("shop", ["Non-Amazon UK", "SI UK Prod Marketplace", ""])
def test_fees_of_multi_channel_orders_are_taxed_as_at_home(shop: str) -> None:
    rows = (
        order("Order/ItemPrice/Principal", "120.00"),
        row("Order/Shipment Fees/FBA transportation fee", "-3.60", order="S01-1", marketplace=shop),
    )
    result = composed((header("116.40", "GBP"), *rows), book(scheme()))
    fee = next(line for part in result.documents for line in part.document.lines if line.kind == "fba_fulfillment_fee_mcf")
    assert fee.tax_amount == Decimal("0.60")


def test_reverse_charge_takes_nothing_out_of_a_fee_whose_tax_stands_apart() -> None:
    rows = (
        order("Order/ItemPrice/Principal", "120.00"),
        order("Order/ItemFees/Commission", "-18.00"),
    )
    result = composed((header("102.00", "GBP"), *rows), book(scheme(Registration.REGISTERED_ABROAD)))
    fee = next(line for part in result.documents for line in part.document.lines if line.kind == "referral_fee")
    assert (fee.tax_amount, fee.tax and fee.tax.key) == (Decimal(0), "50")
