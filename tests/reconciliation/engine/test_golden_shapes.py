"""US-1 and UK-1 as an invoice, as a journal besides a receipt, and as documents of their own: the exact lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from canonical.accounting import (
    Deposit,
    Document,
    DocumentType,
    Invoice,
    JournalEntry,
    Purchase,
    SalesReceipt,
    Transfer,
    Withdrawal,
)
from reconciliation.engine import Book, Cleared, Composition, PayoutState, Shape, compose, summarise
from tests.reconciliation.engine.files import Row, header, row, uk_1, us_1, v2
from tests.reconciliation.engine.ledger import ways
from tests.reconciliation.engine.test_golden_clearing import BOTH, ROWS
from tests.reconciliation.engine.test_golden_uk import scheme

SALE = "Order/ItemPrice/Principal"
OTHER = "other-transaction/other-transaction/"
END = date(2026, 11, 5)


def composed(way: str, rows: tuple[Row, ...] = us_1(), *, currency: str = "USD", **more: object) -> Composition:
    book: Book = replace(ways(currency)[way], **{"month_split": False, **more})  # type: ignore[arg-type]
    result = compose(summarise(v2(*rows), book=book), book)
    assert not result.held, [problem.text() for problem in result.problems]
    return result


def signed(document: Document) -> list[tuple[str, str]]:
    return sorted((line.account.name, f"{line.signed:f}") for line in document.lines)


def parts(result: Composition) -> list[tuple[str, str, str, str]]:
    """(part, type, total, settling) of each document."""
    return [
        (part.part, part.document.document_type.value, f"{part.document.total:f}", f"{part.settling:f}")
        for part in result.documents
    ]


ROWS_OF_US_1 = sorted(
    [
        ("Amazon Sales", "200.00"),
        ("Amazon Shipping Income", "5.00"),
        ("Amazon Promotions", "-10.00"),
        ("Amazon Refunds", "-40.00"),
        ("Amazon Selling Fees", "-29.25"),
        ("Amazon Selling Fees", "6.00"),
        ("Amazon Selling Fees", "-1.20"),
        ("Amazon FBA Fees", "-9.50"),
        ("Amazon Storage Fees", "-7.30"),
        ("Amazon Advertising", "-12.50"),
        ("Amazon Marketplace Tax", "16.00"),
        ("Amazon Marketplace Tax", "-16.00"),
        ("Amazon Marketplace Tax", "-3.20"),
        ("Amazon Marketplace Tax", "3.20"),
        ("Amazon Reserve", "30.00"),
        ("Amazon Reserve", "-25.00"),
        ("Amazon Loan", "-20.00"),
    ]
)


def test_the_invoice_is_due_when_the_money_comes_and_asks_for_just_that() -> None:
    (part,) = composed("d").documents
    invoice = part.document
    assert isinstance(invoice, Invoice)
    assert (invoice.date, invoice.due_on, invoice.total, invoice.customer.name) == (END, END, Decimal("86.25"), "Amazon")
    assert (invoice.reference, invoice.memo) == (v2_id(), f"Amazon settlement {v2_id()}")
    assert signed(invoice) == ROWS_OF_US_1
    assert part.settling == Decimal("86.25")


def v2_id() -> str:
    return us_1()[0]["settlement-id"]


def test_an_earlier_month_is_an_invoice_of_nothing() -> None:
    october, november = composed("d", month_split=True).documents
    assert parts(composed("d", month_split=True)) == [("1", "invoice", "0.00", "0"), ("2", "invoice", "86.25", "86.25")]
    assert october.document.date == date(2026, 10, 31)
    assert ("Amazon Month End Carry", "-173.75") in signed(october.document)
    assert ("Amazon Month End Carry", "173.75") in signed(november.document)


@pytest.mark.parametrize(("way", "kind"), [("d", DocumentType.JOURNAL_ENTRY), ("d abroad", DocumentType.INVOICE)])
def test_less_than_nothing_is_set_aside_against_the_balance_owed(way: str, kind: DocumentType) -> None:
    result = composed(way, (header("-321.69"), row(f"{OTHER}Inbound Transportation Fee", "-321.69")))
    (part,) = result.documents
    assert part.document.document_type is kind
    assert signed(part.document) == [("Amazon Balance Owed", "321.69"), ("Amazon Inbound and Prep", "-321.69")]
    assert part.settling == Decimal("-321.69")
    assert ("compose.set_aside" in {problem.code for problem in result.problems}) is (kind is DocumentType.JOURNAL_ENTRY)


def test_a_total_of_nothing_is_an_invoice_of_nothing() -> None:
    rows = (header("0.00"), row(SALE, "10.00"), row(f"{OTHER}Current Reserve Amount", "-10.00"))
    assert parts(composed("d", rows)) == [("", "invoice", "0.00", "0")]


def test_a_journal_beside_the_bank_is_followed_by_the_receipt() -> None:
    journal, receipt = composed("e").documents
    assert parts(composed("e")) == [("1", "journal_entry", "260.20", "86.25"), ("2", "deposit", "86.25", "0")]
    assert isinstance(journal.document, JournalEntry)
    assert signed(journal.document) == sorted([*ROWS_OF_US_1, ("Amazon Payouts in Transit", "-86.25")])
    assert isinstance(receipt.document, Deposit)
    assert (receipt.document.date, receipt.document.account.name) == (END, "Bank (USD)")
    assert signed(receipt.document) == [("Amazon Payouts in Transit", "86.25")]


def test_the_receipt_is_left_to_the_bank_feed_where_it_writes_one() -> None:
    assert parts(composed("e by feed")) == [("", "journal_entry", "260.20", "86.25")]


def test_a_currency_that_journals_cannot_be_in_goes_as_an_invoice() -> None:
    result = composed("e abroad")
    assert parts(result) == [("", "invoice", "86.25", "86.25")]
    assert "compose.invoice_instead" in {problem.code for problem in result.problems}
    book = replace(ways()["e abroad"], parties=None)
    held = compose(summarise(v2(*us_1()), book=book), book)
    assert (held.documents, "compose.journal_currency" in {problem.code for problem in held.problems}) == ((), True)


def test_a_deposit_is_preceded_by_an_invoice_where_journals_cannot_be_in_its_currency() -> None:
    assert parts(composed("d2 abroad", month_split=True)) == [("1", "invoice", "0.00", "0"), ("2", "deposit", "86.25", "86.25")]


# ------------------------------------------------------------------ documents of their own


def uk(**more: object) -> Composition:
    return composed("f", uk_1(), currency="GBP", tax_schemes=(scheme(),), **more)


def test_uk_1_is_a_sale_a_purchase_and_a_transfer() -> None:
    sale, purchase, transfer = uk().documents
    assert parts(uk()) == [
        ("1i", "sales_receipt", "96.00", "0"),
        ("1p", "purchase", "31.49", "0"),
        ("1t", "transfer", "64.51", "64.51"),
    ]
    assert isinstance(sale.document, SalesReceipt)
    assert (sale.document.account.name, sale.document.customer.name) == ("Amazon Clearing", "Amazon")
    assert taxed(sale.document) == [
        ("Amazon Refunds", "-24.00", "4.00", "20.0% S"),
        ("Amazon Sales", "120.00", "20.00", "20.0% S"),
    ]
    assert isinstance(purchase.document, Purchase)
    assert (purchase.document.account.name, purchase.document.supplier.name) == ("Amazon Clearing", "Amazon")
    assert taxed(purchase.document) == [
        ("Amazon Advertising", "-12.00", "2.00", "20.0% P"),
        ("Amazon FBA Fees", "-3.60", "0.60", "20.0% P"),
        ("Amazon Selling Fees", "-18.36", "3.06", "20.0% P"),
        ("Amazon Selling Fees", "3.67", "0.61", "20.0% P"),
        ("Amazon Storage Fees", "-1.20", "0.20", "20.0% P"),
    ]
    assert isinstance(transfer.document, Transfer)
    accounts = (transfer.document.account.name, transfer.document.into.name, transfer.document.date)
    assert accounts == ("Amazon Clearing", "Bank (GBP)", END)


LINES_OF_UK_1 = [
    ("Amazon Advertising", "-12.00", "2.00", "20.0% P"),
    ("Amazon FBA Fees", "-3.60", "0.60", "20.0% P"),
    ("Amazon Refunds", "-24.00", "4.00", "20.0% S"),
    ("Amazon Sales", "120.00", "20.00", "20.0% S"),
    ("Amazon Selling Fees", "-18.36", "3.06", "20.0% P"),
    ("Amazon Selling Fees", "3.67", "0.61", "20.0% P"),
    ("Amazon Storage Fees", "-1.20", "0.20", "20.0% P"),
]


@pytest.mark.parametrize(
    ("way", "kind", "settling"),
    [
        ("a", DocumentType.JOURNAL_ENTRY, [("Bank (GBP)", "-64.51", "0", "")]),
        ("b", DocumentType.DEPOSIT, []),
        ("d", DocumentType.INVOICE, []),
        ("d2", DocumentType.DEPOSIT, []),
        ("e by feed", DocumentType.JOURNAL_ENTRY, [("Amazon Payouts in Transit", "-64.51", "0", "")]),
    ],
)
def test_uk_1_says_the_same_of_its_vat_in_every_shape(
    way: str, kind: DocumentType, settling: list[tuple[str, str, str, str]]
) -> None:
    (part,) = composed(way, uk_1(), currency="GBP", tax_schemes=(scheme(),)).documents
    assert part.document.document_type is kind
    assert taxed(part.document) == sorted([*LINES_OF_UK_1, *settling])
    assert part.settling == Decimal("64.51")


def test_a_journal_whose_vat_nobody_counts_is_held() -> None:
    book = replace(ways("GBP")["f"], shape=Shape.SUMMARY_JOURNAL, tax_schemes=(scheme(),))
    held = compose(summarise(v2(*uk_1()), book=book), book)
    assert (held.documents, {problem.code for problem in held.problems}) == ((), {"compose.journal_tax"})


def taxed(document: Document) -> list[tuple[str, str, str, str]]:
    return sorted(
        (line.account.name, f"{line.signed:f}", f"{line.tax_amount:f}", line.tax.name if line.tax else "")
        for line in document.lines
    )


def test_lines_without_vat_are_movements_of_clearing_and_months_need_no_carry() -> None:
    held_back = row(f"{OTHER}Current Reserve Amount", "-20.00", posted="2026-11-03 00:00:00 UTC")
    lost = row("other-transaction/FBA Inventory Reimbursement/WAREHOUSE_LOST", "5.00", posted="2026-11-02 00:00:00 UTC")
    sold = row(SALE, "60.00", order="O", marketplace="Amazon.co.uk", posted="2026-10-25 00:00:00 UTC")
    fee = row("Order/ItemFees/Commission", "-6.00", order="O", marketplace="Amazon.co.uk", posted="2026-11-01 00:00:00 UTC")
    rows = (header("39.00", "GBP"), sold, fee, held_back, lost)
    result = composed("f", rows, currency="GBP", tax_schemes=(scheme(),), month_split=True)
    assert parts(result) == [
        ("1i", "sales_receipt", "60.00", "0"),
        ("2p", "purchase", "6.00", "0"),
        ("2r1", "deposit", "5.00", "0"),
        ("2r2", "withdrawal", "20.00", "0"),
        ("2t", "transfer", "39.00", "39.00"),
    ]
    assert [part.document.date for part in result.documents][:2] == [date(2026, 10, 31), END]
    withdrawal = result.documents[3].document
    assert isinstance(withdrawal, Withdrawal)
    assert (withdrawal.account.name, signed(withdrawal)) == ("Amazon Clearing", [("Amazon Reserve", "-20.00")])


def test_more_given_back_than_sold_is_a_refund_receipt_and_a_purchase_below_nothing() -> None:
    rows = (
        header("-18.00", "GBP"),
        row("Refund/ItemPrice/Principal", "-24.00", order="O", marketplace="Amazon.co.uk"),
        row("Refund/ItemFees/Commission", "6.00", order="O", marketplace="Amazon.co.uk"),
    )
    result = composed("f", rows, currency="GBP", tax_schemes=(scheme(),))
    assert parts(result) == [
        ("1i", "refund_receipt", "24.00", "0"),
        ("1p", "purchase", "-6.00", "0"),
        ("1t", "deposit", "18.00", "-18.00"),
    ]
    assert signed(result.documents[-1].document) == [("Amazon Balance Owed", "18.00")]


def test_without_vat_a_journal_and_a_transfer_are_enough() -> None:
    result = composed("f", month_split=True)
    assert parts(result) == [
        ("1j", "journal_entry", "251.00", "0"),
        ("2j", "journal_entry", "96.70", "0"),
        ("2t", "transfer", "86.25", "86.25"),
    ]
    october, november, _ = result.documents
    assert ("Amazon Clearing", "-173.75") in signed(october.document)
    assert ("Amazon Clearing", "87.50") in signed(november.document)


def test_a_transfer_that_failed_waits_in_transit() -> None:
    last = composed("f", payout_state=PayoutState.FAILED).documents[-1]
    assert isinstance(last.document, Withdrawal)
    assert (signed(last.document), last.settling) == ([("Amazon Payouts in Transit", "-86.25")], Decimal("86.25"))


def test_orders_posted_by_themselves_leave_the_rest_to_the_settlement() -> None:
    """Their money lies in clearing already: 211.00 in, 43.20 out, and the entry of the rest takes 81.55."""
    journal, transfer = composed("f", ROWS, cleared=BOTH).documents
    assert isinstance(journal.document, JournalEntry)
    assert ("Amazon Clearing", "81.55") in signed(journal.document)
    assert transfer.settling == Decimal("86.25")
    assert composed("f", ROWS, cleared=Cleared(frozenset())).settling_total == Decimal("86.25")
