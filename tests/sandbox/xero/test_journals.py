"""Manual journals, lock dates, plan limits, and settlements in each country's taxes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.xero.conftest import Body, Organisation, bill, invoice, journal, line, payment

# accounting.md 5, UK-1: (account, gross with its sign as a debit, tax type)
UK_1 = (
    ("200", "-120.00", "OUTPUT2"), ("260", "24.00", "OUTPUT2"), ("404", "18.36", "INPUT2"), ("404", "-3.67", "INPUT2"),
    ("325", "3.60", "INPUT2"), ("425", "1.20", "INPUT2"), ("400", "12.00", "INPUT2"), ("620", "64.51", "NONE"),
)  # fmt: skip


def _taxed(rows: tuple[tuple[str, str, str], ...], **changes: Any) -> Body:
    made = journal(*((account, amount) for account, amount, _ in rows), LineAmountTypes="Inclusive", **changes)
    for found, (_, _, tax) in zip(made["JournalLines"], rows, strict=True):
        found["TaxType"] = tax
    return made


def test_a_settlement_with_vat_to_the_penny(uk: Organisation) -> None:
    made = uk.put("ManualJournals", _taxed(UK_1))
    assert uk.balances() == {
        "Sales": "-100.00", "Other Revenue": "20.00", "Bank Fees": "12.24", "Direct Expenses": "3.00",
        "Postage, Freight & Courier": "1.00", "Advertising & Marketing": "10.00", "Prepayments": "64.51", "VAT": "-10.75",
    }  # fmt: skip
    taxes = [line["TaxAmount"] for line in made["JournalLines"]]
    assert taxes == [Decimal(text) for text in ("-20.00", "4.00", "3.06", "-0.61", "0.60", "0.20", "2.00", "0.00")]
    uk.post(f"ManualJournals/{made['ManualJournalID']}", {"Narration": "Settlement 1", "Status": "VOIDED"})
    assert uk.balances() == {}


def test_exclusive_amounts_balance_with_their_tax(uk: Organisation) -> None:
    made = journal(("404", "10.00"), ("620", "-12.00"), LineAmountTypes="Exclusive")
    made["JournalLines"][1]["TaxType"] = "NONE"
    uk.put("ManualJournals", made)
    assert uk.balances() == {"Bank Fees": "10.00", "VAT": "2.00", "Prepayments": "-12.00"}


def test_a_journal_is_changed_whole_and_drafts_are_not_posted(uk: Organisation) -> None:
    draft = uk.put("ManualJournals", journal(("404", "5.00"), ("850", "-5.00"), Status="DRAFT"))
    assert uk.balances() == {}
    changed = journal(("404", "7.00"), ("850", "-7.00"), ManualJournalID=draft["ManualJournalID"])
    assert uk.post("ManualJournals", changed)["Status"] == "POSTED"
    assert uk.balances() == {"Bank Fees": "7.00", "Suspense": "-7.00"}
    again = {**changed, "Status": "DELETED"}
    assert "not of valid status" in uk.refused("ManualJournals", again, "POST")


@pytest.mark.parametrize("code", ["090", "092", "610", "800", "820", "860", "877", "960"])
def test_accounts_with_a_duty_are_not_for_journals(uk: Organisation, code: str) -> None:
    words = f"Account code '{code}' is not a valid code for this document."
    assert uk.refused("ManualJournals", journal((code, "1.00"), ("404", "-1.00"), Status="DRAFT")) == words


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            journal(("404", "10.00"), ("850", "-9.99"), Status="DRAFT"),
            "The total debits (10.00) must equal total credits (-9.99)",
        ),
        (journal(("404", "0.00")), "at least 2 lines"),
        (journal(("404", "1.00"), ("498X", "-1.00")), "archived"),
        (journal(("404", "1.00"), ("850", "-1.00"), Narration=""), "must have a narration"),
        (journal(("404", "1.00"), ("850", "-1.00"), Status="VOIDED"), "status is not valid"),
        (journal(("404", "1.00"), ("850", "-1.00"), Date="2026-02-30"), "Date is not a valid date"),
    ],
)
def test_what_a_journal_may_not_be(uk: Organisation, changed: Body, words: str) -> None:
    if uk.watched:
        uk.watched.requests = False
    assert words in uk.refused("ManualJournals", changed)
    assert uk.get("ManualJournals")["ManualJournals"] == []


def test_australia_has_no_tax_type_none(au: Organisation) -> None:
    assert "'NONE' does not exist" in au.refused("Invoices", invoice(line("110.00"), line("-5.00", "850", TaxType="NONE")))
    au.put("Invoices", invoice(line("110.00"), line("-5.00", "850", TaxType="BASEXCLUDED")))
    assert au.balances() == {"Accounts Receivable": "105.00", "Sales": "-100.00", "Suspense": "5.00", "GST": "-10.00"}


def test_the_united_states_book_without_tax(us: Organisation) -> None:
    us.put("Invoices", invoice(line("200.00"), line("16.00", "850"), line("-16.00", "850"), line("-29.25", "404")))
    assert us.balances() == {"Accounts Receivable": "170.75", "Sales": "-200.00", "Bank Fees": "29.25"}
    assert "not subscribed to currency EUR" in us.refused("Invoices", invoice(CurrencyCode="EUR"))
    assert "does not include multiple currencies" in us.ask("PUT", "Currencies", {"Code": "EUR"}).text


# Lock dates


def test_a_locked_period_takes_drafts_only(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice())
    paid = uk.put("Payments", payment(made, "20.00"))
    posted = uk.put("ManualJournals", journal(("404", "1.00"), ("850", "-1.00")))
    uk.world("lock", period="2026-11-20")
    before = uk.balances()
    words = "The document date cannot be before the period lock date, currently set at 20 November 2026"
    assert uk.refused("Invoices", invoice()) == words
    assert uk.refused("ManualJournals", journal(("404", "1.00"), ("850", "-1.00"))) == words
    assert uk.refused("Payments", payment(made, "1.00")) == words
    assert uk.refused(f"Payments/{paid['PaymentID']}", {"Status": "DELETED"}, "POST") == words
    assert uk.refused(f"ManualJournals/{posted['ManualJournalID']}", {"Narration": "x", "Status": "VOIDED"}, "POST") == words
    assert uk.put("Invoices", invoice(Status="DRAFT"))["Status"] == "DRAFT"
    assert uk.put("Invoices", invoice(Date="2026-11-21", DueDate="2026-11-21"))["Status"] == "AUTHORISED"
    assert uk.get("Organisation")["Organisations"][0]["PeriodLockDate"] == "/Date(1795132800000+0000)/"
    uk.world("lock", period=None, year="2026-11-18")
    assert "end of year lock date, currently set at 18 November 2026" in uk.refused("Invoices", invoice())
    assert uk.balances()["Bank Fees"] == before["Bank Fees"]


# Plans


def test_a_small_plan_approves_a_few_documents_a_month(small: Organisation) -> None:
    small.world("plan", invoices=2, bills=1, journals=1)
    first = small.put("Invoices", invoice(), invoice())[0]
    assert small.refused("Invoices", invoice()).startswith("You have reached the limit of 2 approved invoices a month")
    small.post(f"Invoices/{first['InvoiceID']}", {"Reference": "approved already"})
    assert small.put("Invoices", invoice(Status="DRAFT"))["Status"] == "DRAFT"
    small.put("Invoices", bill())
    assert "1 approved bills" in small.refused("Invoices", bill())
    small.put("ManualJournals", journal(("404", "1.00"), ("850", "-1.00")))
    assert "1 approved journals" in small.refused("ManualJournals", journal(("404", "1.00"), ("850", "-1.00")))
    small.app.world.clock.shift(31 * 86400)
    small.tokens = small.world("authorise")
    assert small.put("Invoices", invoice())["Status"] == "AUTHORISED"
