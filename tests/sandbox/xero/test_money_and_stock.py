"""Bank transactions and transfers, the bank feed, credit notes, payments by other accounts, and tracked stock."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.xero.conftest import Body, Organisation, bill, invoice, journal, line, payment


def _received(*lines: Body, **changes: Any) -> Body:
    return {
        "Type": "RECEIVE", "Contact": {"Name": "Amazon"}, "BankAccount": {"Code": "090"}, "Date": "2026-11-18",
        "LineAmountTypes": "Inclusive", "LineItems": list(lines), **changes,
    }  # fmt: skip


def _note(*lines: Body, **changes: Any) -> Body:
    head = {"Type": "ACCRECCREDIT", "Status": "AUTHORISED", "Contact": {"Name": "Coastline Cafe"}, "Date": "2026-11-19"}
    return {**head, "LineAmountTypes": "Inclusive", "LineItems": list(lines) or [line("24.00")], **changes}


def test_money_received_with_fees_on_its_lines(uk: Organisation) -> None:
    made = uk.put("BankTransactions", _received(line("120.00"), line("-36.00", "404"), line("-20.00", "900", TaxType="NONE")))
    assert made["Total"] == Decimal("64.00")
    assert uk.balances() == {
        "Business Bank Account": "64.00", "Sales": "-100.00", "Bank Fees": "30.00", "Loan": "20.00", "VAT": "-14.00",
    }  # fmt: skip
    uk.post(f"BankTransactions/{made['BankTransactionID']}", {"Status": "DELETED", **_received(line("120.00"))})
    assert uk.balances() == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"BankAccount": {"Code": "620"}}, "must be an account of type BANK"),
        ({"LineItems": [line("1.00"), line("-1.00")]}, "must be greater than zero"),
        ({"LineItems": [line("1.00", "091")]}, "'091' is not a valid code"),
        ({"CurrencyCode": "EUR"}, "must be the currency of the bank account"),
        ({"LineItems": []}, "line items"),
    ],
)
def test_what_money_received_may_not_be(uk: Organisation, change: Body, words: str) -> None:
    assert words in uk.refused("BankTransactions", _received(**{"LineItems": [line("1.00")], **change}))


def test_transfers_between_banks(uk: Organisation) -> None:
    sent = {"FromBankAccount": {"Code": "090"}, "ToBankAccount": {"Code": "091"}, "Amount": Decimal("5.00"), "Date": "2026-11-18"}
    made = uk.put("BankTransfers", sent)
    assert uk.balances() == {"Business Bank Account": "-5.00", "Business Savings Account": "5.00"}
    assert "different currencies" in uk.refused("BankTransfers", {**sent, "ToBankAccount": {"Code": "092"}})
    uk.world("void", kind="BankTransfer", id=made["BankTransferID"])
    assert uk.balances() == {}
    assert [len(uk.get(f"BankTransfers{query}")["BankTransfers"]) for query in ("", "?includeDeleted=true")] == [0, 1]


def test_the_bank_feed_matches_an_invoice_and_an_amount_in_transit(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice(line("86.25", TaxType="ZERORATEDOUTPUT"), InvoiceNumber="AMZ-1"))
    uk.put("ManualJournals", journal(("620", "64.51"), ("850", "-64.51")))
    first = uk.world("bank_line", amount="86.25", date="2026-11-20", text="AMAZON 1")
    with pytest.raises(AssertionError, match="does not fit"):
        uk.world("match", line=uk.world("bank_line", amount="86.26")["line"], invoice="AMZ-1")
    done = uk.world("match", line=first["line"], invoice="AMZ-1")
    paid = uk.get(f"Payments/{done['matched']['id']}")["Payments"][0]
    assert (paid["IsReconciled"], paid["Invoice"]["InvoiceID"]) == (True, made["InvoiceID"])
    second = uk.world("bank_line", amount="64.51", text="AMAZON 2")
    uk.world("match", line=second["line"], account="620", contact="Amazon")
    assert uk.balances() == {"Business Bank Account": "150.76", "Sales": "-86.25", "Suspense": "-64.51"}
    spent = uk.world("bank_line", amount="-12.00", text="CARD FEE")
    money = uk.world("match", line=spent["line"], account="404", tax="INPUT2")["matched"]
    assert uk.balances()["VAT"] == "2.00"
    refused = uk.refused(f"BankTransactions/{money['id']}", _received(line("1.00"), Type="SPEND"), "POST")
    assert "reconciled" in refused
    uk.world("void", kind="BankTransaction", id=money["id"])
    uk.post(f"Payments/{paid['PaymentID']}", {"Status": "DELETED"})
    assert [found["matched"] is None for found in uk.world("bank_lines")["lines"]] == [True, True, False, True]


def test_payments_need_a_bank_or_an_account_that_takes_them(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice())
    assert "not enabled for payments" in uk.refused("Payments", payment(made, "1.00", "620"))
    clearing = {"Code": "6110", "Name": "Amazon Clearing", "Type": "CURRENT", "EnablePaymentsToAccount": True}
    assert uk.ask("PUT", "Accounts", clearing).status_code == 200
    uk.put("Payments", payment(made, "120.00", "6110"))
    assert uk.balances() == {"Amazon Clearing": "120.00", "Sales": "-100.00", "VAT": "-20.00"}
    bills = uk.put("Invoices", bill())
    uk.put("Payments", payment(bills, "60.00"))
    assert uk.balances()["Business Bank Account"] == "-60.00"
    draft = uk.put("Invoices", invoice(Status="DRAFT"))
    assert "approved documents" in uk.refused("Payments", payment(draft, "1.00"))
    assert "greater than zero" in uk.refused("Payments", payment(uk.put("Invoices", invoice()), "0.00"))


def test_a_credit_note_allocated_and_paid_out(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice())
    note = uk.put("CreditNotes", _note(line("44.00")))
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    sent = {"Allocations": [{"Amount": Decimal("24.00"), "Date": "2026-11-20", "Invoice": {"InvoiceID": made["InvoiceID"]}}]}
    assert uk.ask("PUT", path, sent).status_code == 200
    whole = uk.get(f"Invoices/{made['InvoiceID']}")["Invoices"][0]
    assert (whole["AmountCredited"], whole["AmountDue"]) == (Decimal("24.00"), Decimal("96.00"))
    sent["Allocations"][0]["Amount"] = Decimal("20.01")
    assert "exceeds" in uk.ask("PUT", path, sent).text
    refund = {"CreditNote": {"CreditNoteID": note["CreditNoteID"]}, "Account": {"Code": "090"}, "Amount": Decimal("20.00")}
    assert uk.put("Payments", refund)["PaymentType"] == "ARCREDITPAYMENT"
    assert uk.get(f"CreditNotes/{note['CreditNoteID']}")["CreditNotes"][0]["Status"] == "PAID"
    assert uk.balances() == {
        "Business Bank Account": "-20.00", "Accounts Receivable": "96.00", "Sales": "-63.33", "VAT": "-12.67",
    }  # fmt: skip


def test_credit_at_another_rate_becomes_a_gain(uk: Organisation) -> None:
    common = {"CurrencyCode": "EUR", "LineAmountTypes": "NoTax"}
    made = uk.put("Invoices", invoice(line("100.00"), CurrencyRate=Decimal("1.25"), **common))
    note = uk.put("CreditNotes", _note(line("100.00"), CurrencyRate=Decimal("1.00"), **common))
    one = {"Amount": Decimal("100.00"), "Date": "2026-11-20", "Invoice": {"InvoiceID": made["InvoiceID"]}}
    assert uk.ask("PUT", f"CreditNotes/{note['CreditNoteID']}/Allocations", one).status_code == 200
    assert uk.balances() == {"Sales": "20.00", "Realised Currency Gains": "-20.00"}


# Stock


def _mugs(quantity: str, unit: str) -> Body:
    return {"ItemCode": "MUG", "Quantity": Decimal(quantity), "UnitAmount": Decimal(unit)}


def test_stock_comes_in_at_cost_and_goes_out_at_the_average(uk: Organisation) -> None:
    plain = {"LineAmountTypes": "NoTax"}
    uk.put("Invoices", bill(_mugs("10", "4.00"), **plain))
    uk.put("Invoices", bill(_mugs("5", "5.50"), **plain))
    sold = uk.put("Invoices", invoice(_mugs("4", "12.00"), **plain))
    assert uk.world("stock", item="MUG") == {"item": "MUG", "quantity": "11", "cost": "49.50"}
    assert uk.balances() == {
        "Accounts Receivable": "48.00", "Accounts Payable": "-67.50", "Sales": "-48.00", "Cost of Goods Sold": "18.00",
        "Inventory": "49.50",
    }  # fmt: skip
    short = uk.refused("Invoices", invoice(_mugs("11.5", "12.00"), **plain))
    assert short == "Item 'MUG' has insufficient quantity on hand: 11"
    uk.put("CreditNotes", _note(_mugs("1", "12.00"), **plain))
    assert uk.world("stock", item="MUG")["cost"] == "54.00"
    uk.post(f"Invoices/{sold['InvoiceID']}", {"Status": "VOIDED"})
    assert uk.world("stock", item="MUG")["quantity"] == "16"
    assert uk.get("Items/MUG")["Items"][0]["QuantityOnHand"] == 16


def test_a_bill_whose_goods_are_sold_cannot_be_voided(uk: Organisation) -> None:
    bought = uk.put("Invoices", bill(_mugs("2", "4.00"), LineAmountTypes="NoTax"))
    uk.put("Invoices", invoice(_mugs("2", "12.00"), LineAmountTypes="NoTax"))
    assert uk.world("stock", item="MUG") == {"item": "MUG", "quantity": "0", "cost": "0.00"}
    assert "insufficient quantity" in uk.refused(f"Invoices/{bought['InvoiceID']}", {"Status": "VOIDED"}, "POST")


def test_quantities_are_adjusted_by_a_bill_of_nought(uk: Organisation) -> None:
    lines = [_mugs("3", "4.00"), line("-12.00", "311")]
    assert uk.put("Invoices", bill(*lines, LineAmountTypes="NoTax"))["Status"] == "PAID"
    assert uk.balances() == {"Inventory": "12.00", "Inventory Adjustments": "-12.00"}
    back = _note(_mugs("1", "4.00"), line("-4.00", "311"), Type="ACCPAYCREDIT", LineAmountTypes="NoTax")
    uk.put("CreditNotes", back)
    assert uk.world("stock", item="MUG")["quantity"] == "2"
