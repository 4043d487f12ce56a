"""The SOAP door: who may ask, what is read of an envelope, and refusals that come as answers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from werkzeug.test import Client

from sandbox.app import App
from sandbox.kashflow.seed import NOT_REGISTERED, SOAP_OFF
from tests.sandbox.kashflow.conftest import Books, invoice, line, money, payment, xml


def _raw(books: Books, operation: str, body: str) -> tuple[int, str]:
    response = books.post(operation, body)
    return response.status_code, response.get_data(as_text=True)


def _call(books: Books, operation: str, inner: str) -> str:
    login = xml({"UserName": books.username, "Password": books.password})
    return f"<{operation}>{login}{inner}</{operation}>"


def _answer(books: Books, body: object) -> str:
    """The answer to an invoice that is wrong on purpose."""
    return _raw(books, "InsertInvoice", _call(books, "InsertInvoice", xml({"Inv": body})))[1]


def test_who_may_ask(app: App, books: Books) -> None:
    assert books.ok("isUserVATRegistered") == "true"
    assert Books(app, NOT_REGISTERED).ok("isUserVATRegistered") == "false"
    assert "not enabled" in Books(app, SOAP_OFF).no("GetCustomers")
    books.password = "login-severn-1"  # a separate API password is set: the login password is none
    assert books.no("GetCustomers") == "Incorrect username or password."
    books.world("password", api_password=None)
    assert books.ok("isUserVATRegistered") == "true"
    books.world("soap", addresses=["192.0.2.7"])
    assert "not allowed" in books.no("GetCustomers")
    books.world("soap", addresses=[], enabled=False)
    assert "not enabled" in books.no("GetCustomers")


def test_an_element_out_of_its_place_is_passed_over(books: Books) -> None:
    good = xml(invoice(books.customer(), [line(0, "10.00", "2.00")], reference="AMZ-1"))
    early = good.replace("<CustomerReference>AMZ-1</CustomerReference>", "")
    early = early.replace("<InvoiceDate>", "<CustomerReference>AMZ-1</CustomerReference><InvoiceDate>")
    status, text = _raw(books, "InsertInvoice", _call(books, "InsertInvoice", f"<Inv>{early}</Inv>"))
    # What comes after the stray element's own place is what is lost: date, customer and all that precede it.
    assert (status, "<Status>NO</Status>" in text) == (200, True)
    late = good.replace("<CustomerReference>AMZ-1</CustomerReference>", "") + "<CustomerReference>AMZ-1</CustomerReference>"
    assert "<Status>OK</Status>" in _raw(books, "InsertInvoice", _call(books, "InsertInvoice", f"<Inv>{late}</Inv>"))[1]
    assert books.rows("GetInvoice", InvoiceNumber=1)[0]["CustomerReference"] == ""
    books.world("rules", element_order="any")
    assert "<Status>OK</Status>" in _raw(books, "InsertInvoice", _call(books, "InsertInvoice", f"<Inv>{early}</Inv>"))[1]
    assert books.rows("GetInvoice", InvoiceNumber=2)[0]["CustomerReference"] == "AMZ-1"


def test_a_line_without_its_type_can_not_be_read(books: Books) -> None:
    untyped = [("", line(0, "10.00")[1])]
    assert "Unable to cast" in _answer(books, invoice(books.customer(), untyped))
    status, text = _raw(books, "InsertInvoice", _call(books, "InsertInvoice", f"<Inv>{xml(invoice('1', [('Line', {})]))}</Inv>"))
    assert (status, "not recognized" in text) == (500, True)


@pytest.mark.parametrize(
    "change", [("2026-11-18T00:00:00", "2026-11-18"), ("2026-11-18T00:00:00", "18/11/2026"), ("<Rate>10.00", "<Rate>10,00")]
)
def test_what_can_not_be_parsed_is_a_fault(books: Books, change: tuple[str, str]) -> None:
    body = xml({"Inv": invoice(books.customer(), [line(0, "10.00")])}).replace(*change)
    status, text = _raw(books, "InsertInvoice", _call(books, "InsertInvoice", body))
    assert (status, "<faultcode>soap:Client</faultcode>" in text) == (500, True)
    assert books.world("documents", kind="Invoice") == {"documents": []}


def test_hostile_and_stray_envelopes_are_faults(app: App, books: Books) -> None:
    http, headers = Client(app), {"SOAPAction": "KashFlow/GetCustomers", "Content-Type": "text/xml"}
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    inner = '<GetCustomers xmlns="KashFlow">{}</GetCustomers>'
    envelope = f'<s:Envelope xmlns:s="{soap}"><s:Body>{inner}</s:Body></s:Envelope>'
    outside = "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>"
    for raw in (bomb + envelope.format("&b;"), outside + envelope.format(""), "<not xml", envelope.format("\x01"), "<a/>"):
        response = http.post("/kashflow/service.asmx", data=raw, headers=headers)
        assert (response.status_code, "soap:Client" in response.text) == (500, True), raw
    headers["SOAPAction"] = "KashFlow/GetSuppliers"
    assert http.post("/kashflow/service.asmx", data=envelope.format(""), headers=headers).status_code == 500
    headers["SOAPAction"] = "KashFlow/DropEverything"
    assert "SOAPAction" in http.post("/kashflow/service.asmx", data=envelope.format(""), headers=headers).text


def test_asked_twice_it_books_twice(books: Books) -> None:
    """No idempotency: the reference is searchable, and that is all the protection there is."""
    body = invoice(books.customer(), [line(books.nominal(4000), "10.00", "2.00")], reference="AMZ-1")
    assert [books.ok("InsertInvoice", Inv=body) for _ in range(2)] == ["1", "2"]
    paid = payment("1", books.bank("Current Account"), books.method(), "12.00")
    for _ in range(2):
        books.ok("InsertInvoicePayment", InvoicePayment=paid)
    assert books.trial() == {
        "Current Account": Decimal("24.00"), "Sale of Goods": Decimal("-20.00"), "VAT on Sales": Decimal("-4.00"),
    }  # fmt: skip
    found = books.rows("GetInvoicesByDateRange", StartDate="2026-11-18T00:00:00", EndDate="2026-11-18T23:59:59")
    assert [(one["CustomerReference"], one["AmountPaid"]) for one in found] == [("AMZ-1", "24.0000"), ("AMZ-1", "0.0000")]


def test_numbers_and_codes_are_unique(books: Books) -> None:
    customer = books.customer()
    assert books.ok("InsertInvoice", Inv=invoice(customer, [line(0, "1.00")], number=7)) == "7"
    assert books.no("InsertInvoice", Inv=invoice(customer, [line(0, "1.00")], number=7)) == "Invoice number 7 is already in use."
    assert books.ok("InsertInvoice", Inv=invoice(customer, [line(0, "1.00")])) == "8"
    again = {"CustomerID": 0, "Code": "walk01", "Name": "Someone else"}
    assert "already in use" in books.no("InsertCustomer", custr=again)
    assert "already in use" in books.no("InsertNominalCode", name="Again", code=4000, classification=1, nomtype=1)
    assert "already in use" in books.no("CreateBankAccount", AccountName="Again", NominalCode=1200)


def test_what_the_ledger_refuses(app: App, books: Books) -> None:
    customer, sales = books.customer(), books.nominal(4000)
    plain = invoice(customer, [line(sales, "10.00", "2.00")])
    books.world("lock", until="2026-11-30")
    assert "closed" in books.no("InsertInvoice", Inv=plain)
    assert "closed" in books.no("InsertBankTransaction", bp=money(books.bank("Current Account"), sales, into="1.00"))
    books.world("lock", until="", vat_until="2026-11-30")
    assert "VAT return" in books.no("InsertInvoice", Inv=plain)
    books.ok("InsertBankTransaction", bp=money(books.bank("Current Account"), sales, into="1.00"))
    books.world("lock", vat_until="")
    assert "not set up" in books.no("InsertInvoice", Inv=invoice(customer, [line(sales, "1.00")], currency="USD"))
    assert "truncated" in books.no("InsertInvoice", Inv=invoice(customer, [line(sales, "1.00")], reference="x" * 101))
    assert "can't be used" in books.no("InsertInvoice", Inv=invoice(customer, [line(books.nominal(1100), "1.00")]))
    assert "There is no" in books.no("InsertInvoice", Inv=invoice(customer, [line(4000, "1.00")]))  # a code is no id
    books.world("archive", kind="Nominal", code=4000)
    assert "archived" in books.no("InsertInvoice", Inv=plain)
    books.world("archive", kind="Customer", code="WALK01")
    assert "archived" in books.no("InsertInvoice", Inv=invoice(customer, [line(0, "1.00")]))
    assert books.trial() == {"Current Account": Decimal("1.00"), "Sale of Goods": Decimal("-1.00")}
    other = Books(app, NOT_REGISTERED)
    assert "not VAT registered" in other.no("InsertInvoice", Inv=invoice(other.customer(), [line(0, "10.00", "2.00")]))


def test_a_document_with_payments_stays_until_they_are_gone(books: Books) -> None:
    books.ok("InsertInvoice", Inv=invoice(books.customer(), [line(0, "10.00", "2.00")]))
    paid = books.ok("InsertInvoicePayment", InvoicePayment=payment("1", books.bank("Current Account"), books.method(), "12.00"))
    assert "has payments" in books.no("DeleteInvoice", InvoiceNumber=1)
    books.soap("DeleteInvoicePayment", InvoicePaymentNumber=paid)
    assert books.ok("DeleteInvoice", InvoiceNumber=1) == "1"
    assert books.trial() == {}


def test_a_change_replaces_the_document(books: Books) -> None:
    customer, sales = books.customer(), books.nominal(4000)
    books.ok("InsertInvoice", Inv=invoice(customer, [line(sales, "10.00", "2.00"), line(sales, "5.00", "1.00")]))
    status, detail, _ = books.soap(
        "UpdateInvoice", Inv=invoice(customer, [line(sales, "7.00", "1.40")], number=1, reference="new")
    )
    assert (status, detail) == ("OK", "")
    assert books.trial()["Debtors Control Account"] == Decimal("8.40")
    books.soap("UpdateInvoiceHeader", Inv=invoice(customer, [], number=1, reference="header"))
    added = books.ok("InsertInvoiceLineWithInvoiceNumber", InvoiceNumber=1, InvLine=line(sales, "1.00", "0.20")[1])
    shown = books.rows("GetInvoice", InvoiceNumber=1)[0]
    assert (shown["CustomerReference"], shown["NetAmount"], shown["VATAmount"]) == ("header", "8.0000", "1.6000")
    books.ok("DeleteInvoiceLine", LineID=added, InvoiceNumber=1)
    assert books.trial()["Sale of Goods"] == Decimal("-7.00")


def test_a_credit_note_settles_an_invoice_without_money(books: Books) -> None:
    customer, sales = books.customer(), books.nominal(4000)
    books.ok("InsertInvoice", Inv=invoice(customer, [line(sales, "10.00", "2.00")]))
    books.ok("InsertInvoice", Inv=invoice(customer, [line(sales, "-4.00", "-0.80")]))
    ids = [row["InvoiceDBID"] for row in books.rows("GetInvoices_Recent", NumberOfInvoices=2)]
    assert books.ok("applyCreditNoteToInvoice", InvoiceID=ids[1], CreditNoteID=ids[0]) == "true"
    shown = {
        row["InvoiceNumber"]: (row["AmountPaid"], row["Paid"]) for row in books.rows("GetInvoices_Recent", NumberOfInvoices=2)
    }
    assert shown == {"1": ("4.8000", "0"), "2": ("-4.8000", "1")}
    assert "nothing open" in books.no("applyCreditNoteToInvoice", InvoiceID=ids[1], CreditNoteID=ids[0])
    assert books.trial()["Debtors Control Account"] == Decimal("7.20")


def test_customers_that_changed_since(books: Books) -> None:
    made = books.ok("InsertCustomer", custr={"CustomerID": 0, "Name": "New", "Email": "New@Example.org"})
    books.world("modified", code="WALK01", at="2020-01-01T00:00:00")
    found = books.rows("GetCustomersModifiedSince", ModifiedSince="2021-01-01T00:00:00")
    assert [(row["CustomerID"], row["Name"]) for row in found] == [(made, "New")]
    assert books.rows("GetCustomerByEmail", CustomerEmail="new@example.org")[0]["CustomerID"] == made
    assert books.no("GetCustomer", CustomerCode="NOBODY") == "There is no customer NOBODY."
