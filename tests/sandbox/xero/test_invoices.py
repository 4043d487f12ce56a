"""Invoices and bills: what they do to the books, their numbers, their states, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.xero.conftest import Organisation, bill, invoice, line, payment


def test_vat_inside_the_price(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice(line("120.00"), line("-18.36", "404")))
    assert [Decimal(made[name]) for name in ("SubTotal", "TotalTax", "Total", "AmountDue")] == [
        Decimal(value) for value in ("84.70", "16.94", "101.64", "101.64")
    ]
    assert uk.balances() == {"Accounts Receivable": "101.64", "Sales": "-100.00", "Bank Fees": "15.30", "VAT": "-16.94"}


def test_vat_on_top_is_rounded_once_a_line(uk: Organisation) -> None:
    lines = [line("0.99") for _ in range(3)]
    made = uk.put("Invoices", invoice(*lines, LineAmountTypes="Exclusive"))
    assert (made["SubTotal"], made["TotalTax"]) == (Decimal("2.97"), Decimal("0.60"))
    stated = uk.put("Invoices", invoice(line("0.99", TaxAmount=Decimal("0.19")), LineAmountTypes="Exclusive"))
    assert stated["TotalTax"] == Decimal("0.19")


def test_a_bill_without_tax(uk: Organisation) -> None:
    uk.put("Invoices", bill(line("60.00", "404", TaxType="INPUT2"), LineAmountTypes="NoTax"))
    assert uk.balances() == {"Accounts Payable": "-60.00", "Bank Fees": "60.00"}


def test_drafts_are_not_in_the_books_and_need_little(uk: Organisation) -> None:
    draft = uk.put("Invoices", {"Type": "ACCREC", "Contact": {"Name": "Zoë & Şirin Ltd"}, "LineItems": []})
    assert (draft["Status"], draft["Contact"]["Name"]) == ("DRAFT", "Zoë & Şirin Ltd")
    assert uk.balances() == {}
    uk.post("Invoices", {"InvoiceID": draft["InvoiceID"], "Status": "DELETED"})
    again = {"InvoiceID": draft["InvoiceID"], "Status": "AUTHORISED"}
    assert uk.refused("Invoices", again, "POST") == "Invoice not of valid status for modification"


def test_paid_by_payments_and_open_again_without_them(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice())
    first = uk.put("Payments", payment(made, "20.00"))
    assert "exceeds the amount outstanding" in uk.refused("Payments", payment(made, "100.01"))
    uk.put("Payments", payment(made, "100.00"))
    whole = uk.get(f"Invoices/{made['InvoiceID']}")["Invoices"][0]
    assert (whole["Status"], whole["AmountPaid"], whole["AmountDue"]) == ("PAID", Decimal("120.00"), Decimal("0.00"))
    assert len(whole["Payments"]) == 2
    assert uk.balances() == {"Business Bank Account": "120.00", "Sales": "-100.00", "VAT": "-20.00"}
    changed = {"InvoiceID": made["InvoiceID"], "LineItems": [line("1.00")]}
    assert "payment or credit note allocated" in uk.refused("Invoices", changed, "POST")
    assert "payment or credit note allocated" in uk.refused("Invoices", {**changed, "Status": "VOIDED"}, "POST")
    uk.post(f"Payments/{first['PaymentID']}", {"Status": "DELETED"})
    opened = uk.get(f"Invoices/{made['InvoiceID']}")["Invoices"][0]
    assert (opened["Status"], opened["AmountDue"]) == ("AUTHORISED", Decimal("20.00"))
    assert "cannot be modified" in uk.refused(f"Payments/{first['PaymentID']}", {"Status": "DELETED"}, "POST")


def test_voiding_takes_it_out_of_the_books(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice(InvoiceNumber="AMZ-1"))
    uk.post(f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})
    assert uk.balances() == {}
    assert uk.put("Invoices", invoice(InvoiceNumber="AMZ-1"))["InvoiceID"] != made["InvoiceID"]


def test_an_approved_invoice_without_payments_can_be_rewritten(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice(InvoiceNumber="AMZ-2"))
    again = uk.post("Invoices", invoice(line("60.00"), InvoiceNumber="amz-2"))
    assert (again["InvoiceID"], again["Total"]) == (made["InvoiceID"], Decimal("60.00"))
    assert uk.balances() == {"Accounts Receivable": "60.00", "Sales": "-50.00", "VAT": "-10.00"}


def test_numbers_of_sales_invoices_are_unique_and_of_bills_not(uk: Organisation) -> None:
    uk.put("Invoices", invoice(InvoiceNumber="AMZ-3"))
    assert uk.refused("Invoices", invoice(InvoiceNumber="amz-3")) == "Invoice # must be unique."
    numbers = [uk.put("Invoices", bill(InvoiceNumber="AMZ-3"))["InvoiceNumber"] for _ in range(2)]
    assert numbers == ["AMZ-3", "AMZ-3"]
    assert uk.put("Invoices", invoice())["InvoiceNumber"].startswith("INV-")


def test_a_total_of_nought_is_paid_at_once_and_one_below_is_refused(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice(line("173.75"), line("-173.75", "850"), LineAmountTypes="NoTax"))
    assert made["Status"] == "PAID"
    assert uk.balances() == {"Sales": "-173.75", "Suspense": "173.75"}
    assert "must not be negative" in uk.refused("Invoices", invoice(line("-0.01")))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Contact": {"Name": "Dormant Buyer"}}, "archived"),
        ({"Contact": {}}, "must contain at least 1"),
        ({"DueDate": None}, "due date"),
        ({"LineItems": []}, "line items"),
        ({"LineItems": [line("1.00", "090")]}, "Account code '090' is not a valid code for this document."),
        ({"LineItems": [line("1.00", "610")]}, "Account code '610' is not a valid code for this document."),
        ({"LineItems": [line("1.00", "498X")]}, "archived"),
        ({"LineItems": [line("1.00", "9999")]}, "Account code '9999' is not a valid code for this document."),
        ({"LineItems": [line("1.00", TaxType="INPUT2")]}, "'INPUT2' cannot be used with account code '200'"),
        ({"LineItems": [line("1.00", TaxType="TAX999")]}, "'TAX999' does not exist"),
        ({"LineItems": [line("1.00", LineAmount=Decimal("2.00"))]}, "does not match the expected line total 1.00"),
        ({"LineItems": [line("1.00", Tracking=[{"Name": "Channel", "Option": "Radio"}])]}, "'Radio' is not valid"),
        ({"CurrencyCode": "SEK"}, "Organisation is not subscribed to currency SEK"),
        ({"Status": "PAID"}, "Invoice not of valid status for creation"),
        ({"InvoiceNumber": "9" * 256}, "255 characters"),
    ],
)
def test_what_is_refused_leaves_no_trace(uk: Organisation, change: dict[str, Any], words: str) -> None:
    if uk.watched:
        uk.watched.requests = False  # some of it is nonsense on purpose
    assert words in uk.refused(
        "Invoices", invoice(**{**change, **({"Contact": {"Name": "New"}} if "Contact" not in change else {})})
    )
    assert uk.balances() == {}
    assert "New" not in {contact["Name"] for contact in uk.get("Contacts")["Contacts"]}


def test_three_decimals_none_and_two(uk: Organisation) -> None:
    made = {
        code: uk.put("Invoices", invoice(line(amount), CurrencyCode=code, CurrencyRate=Decimal(rate)), query="?unitdp=4")
        for code, amount, rate in (("KWD", "1.005", "0.39"), ("JPY", "1000", "191.5"), ("EUR", "86.25", "1.17"))
    }
    totals = [(one["Total"], one["TotalTax"]) for one in made.values()]
    assert totals == [
        (Decimal("1.005"), Decimal("0.168")), (Decimal(1000), Decimal(167)), (Decimal("86.25"), Decimal("14.38")),
    ]  # fmt: skip
    # 1.005/0.39 + 1000/191.5 + 86.25/1.17, each line and its tax converted by itself
    assert uk.balances() == {"Accounts Receivable": "81.52", "Sales": "-67.93", "VAT": "-13.59"}


def test_a_payment_at_another_rate_leaves_a_gain_and_no_debt(uk: Organisation) -> None:
    made = uk.put("Invoices", invoice(line("100.00"), CurrencyCode="EUR", CurrencyRate=Decimal("1.25"), LineAmountTypes="NoTax"))
    uk.put("Payments", payment(made, "33.33", CurrencyRate=Decimal("1.20")))
    uk.put("Payments", payment(made, "66.67", "092", CurrencyRate=Decimal("1.30")))
    assert uk.balances() == {
        "Business Bank Account": "27.78", "Euro Account": "51.28", "Sales": "-80.00", "Realised Currency Gains": "0.94",
    }  # fmt: skip


_CENTS = st.integers(-20_000, 50_000).map(lambda cents: Decimal(cents) / 100)
_RATES = st.sampled_from(
    [("200", "OUTPUT2"), ("200", "RROUTPUT"), ("404", "INPUT2"), ("620", "NONE"), ("850", "ZERORATEDOUTPUT")]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(_CENTS, _RATES), min_size=1, max_size=6),
    st.sampled_from(["Inclusive", "Exclusive", "NoTax"]), st.sampled_from([("GBP", "1"), ("EUR", "1.17"), ("JPY", "191.5")]),
)  # fmt: skip
def test_whatever_is_booked_adds_up_and_can_be_taken_back(
    uk: Organisation, lines: list[tuple[Decimal, tuple[str, str]]], model: str, currency: tuple[str, str]
) -> None:
    sent = [line(str(amount), account, TaxType=tax) for amount, (account, tax) in lines]
    sent.append(line("5000.00", "850", TaxType="NONE"))
    whole = invoice(*sent, LineAmountTypes=model, CurrencyCode=currency[0], CurrencyRate=Decimal(currency[1]))
    made = uk.put("Invoices", whole)
    assert made["SubTotal"] + made["TotalTax"] == made["Total"] == made["AmountDue"]
    assert sum(one["TaxAmount"] for one in made["LineItems"]) == made["TotalTax"]
    assert uk.balances()["Accounts Receivable"]  # in balance, which is checked there
    uk.post(f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})
    assert uk.balances() == {}


def test_a_line_amount_alone_survives_an_edit_of_something_else(uk: Organisation) -> None:
    only = {"Description": "Goods", "Quantity": 3000, "LineAmount": Decimal("1000.00"), "AccountCode": "200"}
    made = uk.put("Invoices", invoice(only))
    assert (made["LineItems"][0]["UnitAmount"], made["Total"]) == (Decimal("0.33"), Decimal("1000.00"))
    assert uk.post(f"Invoices/{made['InvoiceID']}", {"Reference": "edited"})["Total"] == Decimal("1000.00")


def test_unit_amounts_of_four_decimals_only_where_asked(uk: Organisation) -> None:
    lines = [line("0.12345", Quantity=1000)]
    plain = uk.put("Invoices", invoice(*lines, LineAmountTypes="NoTax"))
    exact = uk.put("Invoices", invoice(*lines, LineAmountTypes="NoTax"), query="?unitdp=4")
    assert (plain["Total"], exact["Total"]) == (Decimal("120.00"), Decimal("123.50"))
    assert exact["LineItems"][0]["UnitAmount"] == Decimal("0.1235")
