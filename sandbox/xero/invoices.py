"""Invoices and bills: DRAFT, SUBMITTED, AUTHORISED, PAID; VOIDED after approval, DELETED before (ledgers.md 2.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sandbox.xero import chart, contacts, documents, lines, plan, stock
from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import day, moment
from sandbox.xero.documents import Options
from sandbox.xero.errors import Invalid
from sandbox.xero.money import ZERO
from sandbox.xero.query import updated
from sandbox.xero.wire import flag

SALES, BILL = "ACCREC", "ACCPAY"
BOOKED: Final = ("AUTHORISED", "PAID")
_NEXT: Final = {
    None: ("DRAFT", "SUBMITTED", "AUTHORISED"),
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
    "PAID": ("PAID", "VOIDED"),
}
_NUMBER: Final = 255
NOT_EDITABLE: Final = "Invoice not of valid status for modification"
SETTLED: Final = "This document cannot be edited as it has a payment or credit note allocated to it."


def find(books: Books, sent: Body) -> Stored | None:
    """By id, or a sales invoice by its number."""
    if sent.get("InvoiceID"):
        return books.find("Invoice", sent["InvoiceID"])
    number = sent.get("InvoiceNumber")
    if not number or sent.get("Type") == BILL:
        return None
    return books.labelled("Invoice", str(number))


def write(books: Books, sent: Body, old: Stored | None, options: Options) -> Stored:
    """A new invoice or bill, or a changed one; posts it once it is approved. Raises Invalid."""
    status = str(sent.get("Status") or (old.status if old else "DRAFT"))
    if status not in _NEXT.get(old.status if old else None, ()):
        raise Invalid(NOT_EDITABLE if old else "Invoice not of valid status for creation")
    if old and status in ("VOIDED", "DELETED"):
        return _end(books, old, status)
    kind = old.body["Type"] if old else sent.get("Type")
    if kind not in (SALES, BILL) or (old and sent.get("Type") not in (None, kind)):
        raise Invalid("The invoice type is not valid")
    body = _body(books, sent, old, kind, status, options)
    links = books.links_to(old) if old else []
    if old and links:
        if documents.changed_money(body, old):
            raise Invalid(SETTLED)
        return books.save("Invoice", body, status=old.status, old=old, label=documents.label(body))
    if status in BOOKED:
        books.lock_check(body["Date"])
        if old and old.status in BOOKED:
            books.lock_check(old.body["Date"])
        status = "AUTHORISED" if Decimal(body["Total"]) else "PAID"  # nothing is open on a document of 0.00
    saved = books.save("Invoice", body, status=status, old=old, label=documents.label(body))
    if status in BOOKED:
        plan.approve(books, saved, "invoices" if kind == SALES else "bills")
        contacts.used(books, books.need("Contact", body["ContactID"]), kind == SALES)
        _post(books, saved)
    return saved


def _body(books: Books, sent: Body, old: Stored | None, kind: str, status: str, options: Options) -> Body:
    body = documents.head(books, sent, old) | {"Type": kind}
    body["DueDate"] = documents.read_date(sent, "DueDate", body.get("DueDate"))
    strict = status != "DRAFT"
    if strict and not body["DueDate"]:
        raise Invalid("The document due date must be specified")
    for name in ("ExpectedPaymentDate", "PlannedPaymentDate"):
        if sent.get(name):
            body[name] = documents.read_date(sent, name)
    if sent.get("SentToContact") is not None:
        body["SentToContact"] = flag(sent["SentToContact"])
    body["InvoiceNumber"] = _numbered(books, sent, old, kind)
    side = lines.SALE if kind == SALES else lines.PURCHASE
    body = documents.with_lines(books, body, sent, side, strict, options)
    if strict and Decimal(body["Total"]) < 0:
        raise Invalid("The total for this document must not be negative")
    return body


def _numbered(books: Books, sent: Body, old: Stored | None, kind: str) -> str:
    number = str(sent.get("InvoiceNumber") or (old.body["InvoiceNumber"] if old else ""))
    if len(number) > _NUMBER:
        raise Invalid(f"The InvoiceNumber exceeds the maximum length of {_NUMBER} characters")
    if kind == BILL:
        return number
    if not number:
        return _free_number(books)
    twin = books.labelled("Invoice", number)
    if twin and (not old or twin.id != old.id):
        raise Invalid("Invoice # must be unique.")
    return number


def _free_number(books: Books) -> str:
    count = books.conn.execute(
        "SELECT count(*) FROM xero_object WHERE tenant = ? AND kind = 'Invoice'", (books.tenant,)
    ).fetchone()[0]
    while books.labelled("Invoice", f"INV-{count + 1:04d}"):
        count += 1
    return f"INV-{count + 1:04d}"


def _post(books: Books, stored: Stored) -> None:
    sales = stored.body["Type"] == SALES
    control = chart.system(books, chart.DEBTORS if sales else chart.CREDITORS)
    mover = stock.Mover(books, stored, -1 if sales else 1, purchase=not sales)
    found = lines.effects(books, stored.body, control, -1 if sales else 1, mover)
    mover.finish(found)
    books.post(stored, found)


def _end(books: Books, old: Stored, status: str) -> Stored:
    """Void or delete: nothing of it stays in the books. Not while something settles it."""
    if books.links_to(old):
        raise Invalid(SETTLED)
    if status == "VOIDED":
        books.lock_check(old.body["Date"])
        books.unpost(old)
        stock.check(books, old)
    return books.save("Invoice", old.body, status=status, old=old, label=documents.label(old.body))


def show(books: Books, stored: Stored, full: bool, options: Options) -> Body:
    body = stored.body
    links = books.links_to(stored)
    paid = sum((amount for kind, _, amount, _ in links if kind == "Payment"), ZERO)
    credited = sum((amount for kind, _, amount, _ in links if kind == "Allocation"), ZERO)
    open_amount = Decimal(body["Total"]) - paid - credited if stored.status not in ("VOIDED", "DELETED") else ZERO
    shown: Body = {
        "Type": body["Type"], "InvoiceID": stored.id, "InvoiceNumber": body["InvoiceNumber"],
        **documents.common_shown(books, stored, full, options), **documents.dates_shown(body, "DueDate"),
        "AmountDue": open_amount, "AmountPaid": paid, "AmountCredited": credited, "Prepayments": [], "Overpayments": [],
        "SentToContact": body.get("SentToContact", False), "IsDiscounted": False, "HasErrors": False,
        "UpdatedDateUTC": moment(updated(stored)),
    }  # fmt: skip
    shown |= {
        name: day(body[name]) for name in ("FullyPaidOnDate", "ExpectedPaymentDate", "PlannedPaymentDate") if body.get(name)
    }
    return shown if options.summary else shown | _settlements(books, links)


def _settlements(books: Books, links: list[tuple[str, str, Decimal, Decimal]]) -> Body:
    payments, credits = [], []
    for kind, link_id, amount, _ in links:
        source = books.need(kind, link_id)
        if kind == "Payment":
            payments.append(payment_brief(source))
        else:
            note = books.need("CreditNote", source.body["CreditNoteID"])
            credits.append(
                {
                    "CreditNoteID": note.id, "CreditNoteNumber": note.body["CreditNoteNumber"], "AppliedAmount": amount,
                    **documents.dates_shown(source.body, "Date"), "Total": Decimal(note.body["Total"]),
                }
            )  # fmt: skip
    return {"Payments": payments, "CreditNotes": credits}


def payment_brief(payment: Stored) -> Body:
    return {
        "PaymentID": payment.id, "Date": day(payment.body["Date"]), "Amount": Decimal(payment.body["Amount"]),
        "Reference": payment.body.get("Reference", ""), "CurrencyRate": Decimal(payment.body["CurrencyRate"]),
        "HasAccount": False, "HasValidationErrors": False,
    }  # fmt: skip


def brief(books: Books, stored: Stored) -> Body:
    """An invoice inside a payment or an allocation."""
    body: dict[str, Any] = show(books, stored, False, Options(summary=True))
    kept = ("Type", "InvoiceID", "InvoiceNumber", "CurrencyCode", "Contact", "IsDiscounted", "HasErrors", "LineItems",
            "Prepayments", "Overpayments")  # fmt: skip
    return {name: body[name] for name in kept}
