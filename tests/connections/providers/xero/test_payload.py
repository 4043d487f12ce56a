"""The very elements that are sent to Xero, literally, and what comes of reading them back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest

from canonical.accounting import DocumentType
from canonical.plain import as_text
from connections import jsontext
from connections.providers.xero import fields, mapper
from connections.providers.xero.mapper import Unreadable

from .documents import (
    DAY,
    FACTS,
    HOME,
    MARKER,
    ORDER,
    REFUND,
    US_FACTS,
    allocation,
    customer,
    deposit,
    journal,
    line,
    order,
    payment,
    refund,
    settlement_invoice,
    uk_1,
    us_1,
    withdrawal,
)

HEX = "7f3a" * 10


def payload(document, number="TIE-1", company=FACTS):
    return mapper.payload(document, number=number, marker=MARKER, company=company, home=HOME)


def test_an_order_is_an_approved_invoice_with_the_order_id_as_reference():
    assert payload(order(customer(), item="MUG"), mapper.number(ORDER, "", "order")) == {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": "C-7"},
        "Date": "2026-10-25",
        "DueDate": "2026-11-24",
        "InvoiceNumber": "AMZ-113-1234567-1234567",
        "Reference": "113-1234567-1234567",
        "CurrencyCode": "GBP",
        "Url": f"https://tieout.example.test/posted/{HEX}/?number=AMZ-113-1234567-1234567",
        "LineAmountTypes": "Inclusive",
        "LineItems": [
            {
                "Description": "on 200",
                "Quantity": D(4),
                "UnitAmount": D("50.00"),
                "ItemCode": "MUG",
                "AccountCode": "200",
                "TaxType": "OUTPUT2",
                "TaxAmount": D("33.33"),
                "Tracking": [{"Name": "Channel", "Option": "Amazon"}],
            },
            {
                "Description": "on 260",
                "Quantity": D(1),
                "UnitAmount": D("5.00"),
                "AccountCode": "260",
                "TaxType": "OUTPUT2",
                "TaxAmount": D("0.83"),
                "Tracking": [{"Name": "Channel", "Option": "Amazon"}],
            },
            {
                "Description": "on 270",
                "Quantity": D(1),
                "UnitAmount": D("-10.00"),
                "AccountCode": "270",
                "TaxType": "OUTPUT2",
                "TaxAmount": D("-1.67"),
                "Tracking": [{"Name": "Channel", "Option": "Amazon"}],
            },
        ],
    }


def test_a_settlement_is_an_invoice_of_signed_lines_that_come_to_the_payout():
    body = payload(settlement_invoice(us_1(), customer(), "USD"), company=US_FACTS)
    assert {name: value for name, value in body.items() if name != "LineItems"} == {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": "C-7"},
        "Date": "2026-11-05",
        "DueDate": "2026-11-05",
        "InvoiceNumber": "TIE-1",
        "Reference": "Amazon settlement 19283746501",
        "CurrencyCode": "USD",
        "Url": f"https://tieout.example.test/posted/{HEX}/?number=TIE-1",
        "LineAmountTypes": "NoTax",
    }
    assert [(entry["AccountCode"], entry["UnitAmount"]) for entry in body["LineItems"]] == [
        ("200", D("200.00")), ("260", D("5.00")), ("270", D("-10.00")), ("200", D("-40.00")), ("325", D("-29.25")),
        ("325", D("6.00")), ("325", D("-1.20")), ("310", D("-9.50")), ("463", D("-7.30")), ("400", D("-12.50")),
        ("850", D("16.00")), ("850", D("-16.00")), ("850", D("-3.20")), ("850", D("3.20")), ("620", D("30.00")),
        ("620", D("-25.00")), ("900", D("-20.00")),
    ]  # fmt: skip
    assert {(entry["Quantity"], entry["TaxType"]) for entry in body["LineItems"]} == {(D(1), "NONE")}
    assert sum(entry["UnitAmount"] for entry in body["LineItems"]) == D("86.25")


def test_a_journal_is_posted_with_number_and_mark_in_its_narration():
    assert payload(journal((line("200", "credit", "940.12"),))) == {
        "Narration": f"TIE-1: Amazon settlement 1 [{MARKER}]",
        "Date": "2026-11-05",
        "Status": "POSTED",
        "LineAmountTypes": "NoTax",
        "ShowOnCashBasisReports": True,
        "Url": f"https://tieout.example.test/posted/{HEX}/?number=TIE-1",
        "JournalLines": [
            {"LineAmount": D("940.12"), "AccountCode": "805", "TaxType": "NONE", "Description": "Payout"},
            {"LineAmount": D("-940.12"), "AccountCode": "200", "TaxType": "NONE", "Description": "on 200"},
        ],
    }


def test_tax_is_inclusive_and_every_line_says_one():
    body = payload(journal((line("200", "credit", "120.00", "OUTPUT2", "20.00"),)))
    assert body["LineAmountTypes"] == "Inclusive"
    assert [(entry["LineAmount"], entry["TaxType"]) for entry in body["JournalLines"]] == [
        (D("120.00"), "NONE"), (D("-120.00"), "OUTPUT2"),
    ]  # fmt: skip


def test_australia_has_another_word_for_no_tax():
    company = replace(FACTS, home_currency="AUD", country="AU")
    lines = (line("200", "credit", "110.00", "OUTPUT", "10.00"), line("620", "debit", "10.00"))
    body = payload(settlement_invoice(lines, customer(), "AUD"), company=company)
    assert [entry["TaxType"] for entry in body["LineItems"]] == ["OUTPUT", "BASEXCLUDED"]


@pytest.mark.parametrize(("make", "kind", "sign"), [(deposit, "RECEIVE", 1), (withdrawal, "SPEND", -1)])
def test_money_in_and_out_of_the_bank(make, kind, sign):
    lines = us_1() if sign > 0 else (line("805", "debit", "321.69"), line("463", "credit", "32.09"))
    body = payload(make(lines, currency="GBP"))
    assert (body["Type"], body["BankAccount"], body["Contact"]) == (kind, {"Code": "090"}, {"Name": "Amazon"})
    assert (body["Reference"], body["CurrencyCode"], body["Status"]) == ("TIE-1", "GBP", "AUTHORISED")
    assert sum(entry["UnitAmount"] for entry in body["LineItems"]) == (D("86.25") if sign > 0 else D("289.60"))


def test_a_refund_is_a_credit_note_whose_mark_stands_in_its_reference():
    body = payload(refund(customer()), mapper.number(REFUND, "", "refund"))
    assert (body["Type"], body["CreditNoteNumber"]) == ("ACCRECCREDIT", "AMR-113-1234567-1234567-AMZ-REF-1")
    assert body["Reference"] == f"113-1234567-1234567 {MARKER}"
    assert "Url" not in body
    assert [(entry["UnitAmount"], entry["TaxAmount"]) for entry in body["LineItems"]] == [(D("40.00"), D("6.67"))]


def test_a_payment_goes_into_clearing_with_the_order_id_as_reference():
    assert payload(payment("I-1", "195.00")) == {
        "Invoice": {"InvoiceID": "I-1"},
        "Account": {"Code": "835"},
        "Date": "2026-11-05",
        "Amount": D("195.00"),
        "Reference": f"113-1234567-1234567 {MARKER}",
    }


def test_money_given_back_is_a_payment_of_the_credit_note_and_a_link_is_an_allocation():
    given_back = payload(payment("N-1", "40.00", DocumentType.CREDIT_MEMO))
    assert (given_back["CreditNote"], given_back["Amount"]) == ({"CreditNoteID": "N-1"}, D("40.00"))
    assert payload(allocation("I-1", "N-1", "40.00")) == {
        "Amount": D("40.00"), "Date": "2026-11-05", "Invoice": {"InvoiceID": "I-1"},
    }  # fmt: skip


def test_an_account_without_a_code_is_named_by_its_id():
    guid = "b1f3a001-0c2d-4e5f-8a9b-000000000101"
    assert payload(deposit(us_1(), bank=guid))["BankAccount"] == {"AccountID": guid}


@pytest.mark.parametrize(
    ("quantity", "gross", "sent"),
    [
        ("4", "200.00", (D(4), D("50.00"))),
        ("3", "10.00", (D(3), D("3.3333"))),
        ("3", "100.00", (D(3), D("33.3333"))),
        ("700", "10.00", (D(1), D("10.00"))),  # 700 times 0.0143 is 10.01: the total is the truth
        ("1", "0.01", (D(1), D("0.01"))),
    ],
)
def test_quantity_times_price_is_the_amount_or_it_is_one_of_it(quantity, gross, sent):
    document = order(customer(), lines=(line("200", "credit", gross, quantity=D(quantity)),))
    entry = payload(document)["LineItems"][0]
    assert (entry["Quantity"], entry["UnitAmount"]) == sent


@pytest.mark.parametrize(
    ("source", "part", "kind", "number"),
    [
        ("19283746501", "", "settlement", "TIE-19283746501"),
        ("19283746501", "2", "settlement", "TIE-19283746501-2"),
        (ORDER, "", "order", "AMZ-113-1234567-1234567"),
        (REFUND, "", "refund", "AMR-113-1234567-1234567-AMZ-REF-1"),
        ("a, b", "", "settlement", "TIE-a_b"),
    ],
)
def test_numbers_are_what_people_search_for(source, part, kind, number):
    assert mapper.number(source, part, kind) == number


def test_a_long_number_keeps_its_beginning_and_a_check():
    one, other = (mapper.number("x" * 300 + end, "") for end in "ab")
    assert len(one) == 40
    assert one != other
    assert mapper.number("113-1234567-1234567#R-2026-10-30-000123456789", "", "refund").startswith("AMR-113-1234567-1234567-R-2-")


def test_texts_are_cut_and_cleaned_to_what_xero_takes():
    lines = (replace(line("200", "credit", "1.00"), description="a\x00b" + "c" * 5000),)
    entry = payload(settlement_invoice(lines, customer()))["LineItems"][0]
    assert entry["Description"] == "ab" + "c" * 3998
    blank = (replace(line("200", "credit", "1.00"), description=" "),)
    assert payload(settlement_invoice(blank, customer()))["LineItems"][0]["Description"] == "Amazon 200"


def test_a_stored_payload_becomes_numbers_again():
    body = payload(order(customer(), item="MUG"))
    again = mapper.exact(jsontext.loads(jsontext.dumps(as_text(body))))
    assert jsontext.dumps(again) == jsontext.dumps(body)


# ------------------------------------------------------------------ reading back


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ({"Date": "/Date(1762300800000+0000)/"}, date(2025, 11, 5)),
        ({"Date": "/Date(1762300800000)/"}, date(2025, 11, 5)),
        ({"DateString": "2026-11-05T00:00:00", "Date": "/Date(0)/"}, date(2026, 11, 5)),
        ({"Date": "2026-11-05"}, date(2026, 11, 5)),
        ({"Date": "/Date(-86400000)/"}, date(1969, 12, 31)),
    ],
)
def test_days_come_in_several_spellings(said, day):
    assert fields.day(said) == day


@pytest.mark.parametrize("said", [{}, {"Date": "soon"}, {"Date": 7}, {"Date": None}])
def test_what_is_no_day_is_refused(said):
    with pytest.raises(Unreadable):
        fields.day(said)


def kept(**changes):
    body = {
        "InvoiceID": "I-1", "Type": "ACCREC", "Status": "AUTHORISED", "InvoiceNumber": "TIE-1", "Reference": "R",
        "Url": f"{HOME}/posted/{HEX}/?number=TIE-1", "DateString": "2026-11-05T00:00:00", "CurrencyCode": "GBP",
        "UpdatedDateUTC": "/Date(1763596800123+0000)/", "Contact": {"ContactID": "C-7"}, "LineAmountTypes": "Exclusive",
        "LineItems": [
            {"Description": "text only"},
            {"Description": "x", "Quantity": D(1), "UnitAmount": D("-10"), "LineAmount": D("-10.00"), "TaxAmount": D("-2.00"),
             "TaxType": "OUTPUT2", "AccountCode": "200"},
            {"Description": "y", "Quantity": D(2), "UnitAmount": D(30), "LineAmount": D(60), "TaxAmount": D(12),
             "TaxType": "OUTPUT2", "AccountCode": "200"},
        ],
    }  # fmt: skip
    return {**body, **changes}


def test_tax_that_comes_on_top_is_part_of_the_gross():
    found = mapper.found("invoice", kept(), "GBP")
    assert (found.marker, found.external_version, found.number) == (MARKER, "1763596800123", "TIE-1")
    assert [(one.signed, one.tax_amount, one.net) for one in found.document.lines] == [
        (D("-12.00"), D("2.00"), D("10.00")), (D("72"), D("12"), D("60")),
    ]  # fmt: skip
    assert found.document.total == D("60.00")


def test_what_people_added_is_beyond_and_what_xero_computes_is_not():
    found = mapper.found("invoice", kept(ExpectedPaymentDate="/Date(0)/", AmountDue=D(60), SentToContact=True), "GBP")
    assert found.beyond == {"ExpectedPaymentDate": "/Date(0)/"}


@pytest.mark.parametrize(
    "changes",
    [
        {"LineItems": None},
        {"LineItems": [{"LineAmount": "x", "AccountCode": "200"}]},
        {"LineItems": [{"LineAmount": D(1)}]},
        {"LineItems": []},
        {"Type": "ACCPAY"},
        {"DateString": None, "Date": None},
        {"InvoiceID": None},
    ],
)
def test_a_body_that_holds_no_document_is_refused(changes):
    with pytest.raises(Unreadable):
        mapper.found("invoice", kept(**changes), "GBP")


def test_a_payment_of_neither_is_refused():
    with pytest.raises(Unreadable):
        mapper.found("payment", {"PaymentID": "P", "Amount": D(1), "Date": "2026-11-05", "Overpayment": {}}, "GBP")


def test_vat_of_the_worked_settlement():
    body = payload(settlement_invoice(uk_1(), customer()))
    assert [entry["TaxAmount"] for entry in body["LineItems"]] == [
        D("20.00"), D("-4.00"), D("-3.06"), D("0.61"), D("-0.60"), D("-0.20"), D("-2.00"),
    ]  # fmt: skip
    assert DAY.isoformat() == body["Date"]


def test_no_text_has_a_character_that_xml_does_not_know():
    """Half of a character (a surrogate) comes from a report that was cut; every text that is sent is without it."""
    bad = "a\ud83d\x07\ufffeb"
    first = replace(line("200", "credit", "1.00"), description=bad)
    nameless = replace(first, description="", account=replace(first.account, name=bad))
    sent = payload(order(customer(), lines=(first, nameless), reference=bad))
    assert [each["Description"] for each in sent["LineItems"]] == ["ab", "ab"]
    assert sent["Reference"] == "ab"
    assert payload(journal(us_1(), memo=bad))["Narration"] == f"TIE-1: ab [{MARKER}]"
    assert mapper.number(bad, "", "order") == "AMZ-a_b"
