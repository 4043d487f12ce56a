"""The very calls that are sent, literally: an order as an invoice (S056, S065), and the four documents of UK-1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import Applied, Deposit, DocumentType, ItemRef, JournalEntry, Payment, Side
from connections.providers.kashflow import mapper, unsettled
from connections.providers.kashflow.provider import target

from . import documents
from .documents import ACCOUNTS, COMPANY, CREDIT, CUSTOMER, DEBIT, GBP, MARKER, ON, line

DAY = "2026-11-05T00:00:00"
D = Decimal


def calls(document: Any, number: str = "AMZ-1") -> list[dict[str, Any]]:
    return list(target.payload(document, number=number, marker=MARKER, company=COMPANY)["Calls"])


def _line(**values: Any) -> dict[str, Any]:
    return {"Is": "InvoiceLine", **values}


def _words(text: str, charge: int) -> dict[str, Any]:
    return _line(Quantity=D(0), Description=text, Rate=D(0), ChargeType=charge, VatRate="-1", VatAmount=D(0))


def test_an_order_becomes_an_invoice() -> None:
    number = target.number("113-0000001-0000001", "", "order")
    assert calls(documents.order(item=ItemRef("61", "Mug")), number) == [
        {
            "Operation": "InsertInvoice",
            "Inv": {
                "InvoiceDate": DAY,
                "CustomerID": 31,
                "CustomerReference": "AMZ-113-0000001-0000001",
                "DueDate": DAY,
                "DeliveryAddress": {"Name": "Ada Byron", "Line1": "1 Mill Lane", "Line2": "BS1 1AA Bristol", "Line3": "GB"},
                "UseCustomDeliveryAddress": True,
                "Lines": [
                    _line(
                        Quantity=D(2), Description="Mug", Rate=D("10.415"), ChargeType=401, VatRate="20", VatAmount=D("4.17"),
                        ProductID=61,
                    ),
                    _line(Quantity=D(1), Description="Shipping", Rate=D("2.00"), ChargeType=401, VatRate="20", VatAmount=D("0.40")),
                    _line(
                        Quantity=D(1), Description="Promotion", Rate=D("-1.00"), ChargeType=413, VatRate="20", VatAmount=D("-0.20")
                    ),
                    _words(f"Amazon order 113-0000001-0000001\nTracking: TRK1, TRK2\n{MARKER}", 401),
                ],
            },
        }
    ]  # fmt: skip


def test_uk_1_is_a_paid_sale_a_paid_purchase_and_a_transfer() -> None:
    fee = {"VatRate": "20", "Quantity": D(1)}
    assert calls(documents.uk1_sale(), "AMZ-17-1i") == [
        {
            "Operation": "InsertInvoice",
            "Inv": {
                "InvoiceDate": DAY, "CustomerID": 31, "CustomerReference": "AMZ-17-1i", "DueDate": DAY,
                "Lines": [
                    _line(Quantity=D(1), Description="Sales", Rate=D("100.00"), ChargeType=401, VatRate="20", VatAmount=D("20.00")),
                    _line(Quantity=D(1), Description="Refunds", Rate=D("-20.00"), ChargeType=413, VatRate="20", VatAmount=D("-4.00")),
                    _words(f"17\nAmazon settlement 17\n{MARKER}".removeprefix("17\n"), 401),
                ],
            },
        },
        {
            "Operation": "InsertInvoicePayment",
            "InvoicePayment": {"PayDate": DAY, "PayNote": f"Amazon settlement 17 {MARKER}", "PayAccount": 9, "PayAmount": D("96.00")},
        },
    ]  # fmt: skip
    assert calls(documents.uk1_purchase(), "AMZ-17-1p") == [
        {
            "Operation": "InsertReceipt",
            "Inv": {
                "InvoiceDate": DAY, "CustomerID": 41, "CustomerReference": "AMZ-17-1p", "DueDate": DAY,
                "Lines": [
                    _line(**fee, Description="Commission", Rate=D("15.30"), ChargeType=511, VatAmount=D("3.06")),
                    _line(**fee, Description="Refunded commission", Rate=D("-3.06"), ChargeType=511, VatAmount=D("-0.61")),
                    _line(**fee, Description="FBA", Rate=D("3.00"), ChargeType=512, VatAmount=D("0.60")),
                    _line(**fee, Description="Storage", Rate=D("1.00"), ChargeType=711, VatAmount=D("0.20")),
                    _line(**fee, Description="Advertising", Rate=D("10.00"), ChargeType=712, VatAmount=D("2.00")),
                    _words(f"Amazon settlement 17\n{MARKER}", 511),
                ],
            },
        },
        {
            "Operation": "InsertReceiptPayment",
            "ReceiptPayment": {"PayDate": DAY, "PayNote": f"Amazon settlement 17 {MARKER}", "PayAccount": 9, "PayAmount": D("31.49")},
        },
    ]  # fmt: skip
    assert calls(documents.uk1_transfer()) == [
        {
            "Operation": "InsertBankTransaction",
            "bp": {
                "accid": 9, "TransactionDate": DAY, "moneyout": D("64.51"), "TransactionType": 120,
                "Comment": f"Amazon settlement 17 {MARKER}",
            },
        }
    ]  # fmt: skip


def test_money_given_back_is_a_credit_note_and_a_payment_below_zero() -> None:
    note, paid = calls(documents.refund())
    assert note["Inv"]["Lines"][0] == _line(
        Quantity=D(2), Description="Mug", Rate=D("-5.21"), ChargeType=413, VatRate="20", VatAmount=D("-2.08")
    )  # no product: what came back to the shelves, nobody knows
    assert paid["InvoicePayment"]["PayAmount"] == D("-12.50")


def test_a_line_without_vat_is_a_movement_of_the_clearing_account_coded_to_its_nominal() -> None:
    reserve = Deposit(
        ON, GBP, ACCOUNTS["clearing"], (line(ACCOUNTS["storage"], CREDIT, "30.00", "Reserve"),), "Amazon settlement 17"
    )
    assert calls(reserve) == [
        {
            "Operation": "InsertBankTransaction",
            "bp": {
                "accid": 9, "TransactionDate": DAY, "moneyin": D("30.00"), "TransactionType": 711,
                "Comment": f"Amazon settlement 17 · Reserve {MARKER}",
            },
        }
    ]  # fmt: skip


def test_a_payment_names_the_invoice_by_kashflows_number() -> None:
    applied = (Applied(DocumentType.INVOICE, "7", D("26.20")),)
    payment = Payment(ON, GBP, CUSTOMER, ACCOUNTS["clearing"], ACCOUNTS["debtors"], applied, "Amazon settlement 17")
    ((call),) = calls(payment)
    assert (call["InvoicePayment"]["PayInvoice"], call["InvoicePayment"]["PayAmount"]) == (7, D("26.20"))


@pytest.mark.parametrize(("positive", "first"), [(Side.DEBIT, D("5.00")), (Side.CREDIT, D("-5.00"))])
def test_one_constant_says_what_a_journals_sign_means(monkeypatch: Any, positive: Side, first: Decimal) -> None:
    monkeypatch.setattr(unsettled, "POSITIVE_IN_A_JOURNAL", positive)
    lines = (line(ACCOUNTS["storage"], DEBIT, "5.00", "a"), line(ACCOUNTS["clearing"], CREDIT, "5.00", "b"))
    (call,) = calls(JournalEntry(ON, GBP, lines, "Amazon settlement 17"))
    assert [(each["NominalID"], each["Amount"]) for each in call["Jnl"]["Lines"]] == [(711, first), (125, -first)]


def test_one_constant_says_how_a_transfer_is_written(monkeypatch: Any) -> None:
    monkeypatch.setattr(unsettled, "TRANSFER_BY", "journal")
    (call,) = calls(documents.uk1_transfer())
    assert [(each["NominalID"], each["Amount"]) for each in call["Jnl"]["Lines"]] == [(120, D("64.51")), (125, D("-64.51"))]


@pytest.mark.parametrize(
    ("quantity", "gross", "written"),
    [
        ("3", "10.00", (D(3), D("3.3333"))),
        ("2", "5.00", (D(2), D("2.50"))),
        ("700", "1.00", (D(1), D("1.00"))),
        ("250", "10.12", (D(1), D("10.12"))),
    ],
)
def test_a_price_is_stated_where_it_multiplies_to_the_line(quantity: str, gross: str, written: tuple[Decimal, Decimal]) -> None:
    assert mapper._priced(D(quantity), D(gross), GBP) == written


def test_references_bear_the_prefix_the_tenant_chose_and_are_never_shared() -> None:
    assert target.number("113-1", "", "order") == "AMZ-113-1"
    assert target.prefixed("113-1", "", "order", "SHOP/") == "SHOP/113-1"
    assert target.number("12345678901", "1i") == "AMZ-12345678901-1i"
    refunds = {target.number(f"113-1#{refund}", "", "refund") for refund in ("a", "b")}
    assert len(refunds) == 2
    assert all(number.startswith("AMZ-113-1-R") for number in refunds)
    long = {target.number(f"{'9' * 60}{end}", "2i") for end in "ab"}
    assert {len(number) for number in long} == {50}
    assert len(long) == 2


def test_words_that_xml_cannot_carry_are_left_out_and_no_text_outgrows_its_field() -> None:
    dirty = replace(documents.uk1_sale().lines[0], description="a\x00b\x1bc" + "d" * 2000)
    sale = replace(documents.uk1_sale(), date=date(2026, 11, 6), lines=(dirty,))
    text = calls(sale)[0]["Inv"]["Lines"][0]["Description"]
    assert text.startswith("abcddd")
    assert len(text) == 1000
    long = replace(documents.uk1_transfer(), memo="m" * 400)
    assert len(calls(long)[0]["bp"]["Comment"]) == 250
    assert calls(long)[0]["bp"]["Comment"].endswith(MARKER)
