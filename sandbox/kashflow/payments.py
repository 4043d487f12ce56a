"""Payments of invoices and purchases into and out of bank accounts, and credit notes set against invoices.

Amounts are in home currency. A payment isn't compared with what is open: paid twice, a document is overpaid.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sandbox.kashflow import documents, problems, rules
from sandbox.kashflow.company import Body, Company, Effects, Posting, Stored
from sandbox.kashflow.documents import SALES, SIDES, Side
from sandbox.kashflow.money import ZERO

METHODS: Final = {"InvoicePayment": "InvPayMethod", "ReceiptPayment": "RecPayMethod"}


def pay(company: Company, side: Side, sent: Body) -> Stored:
    """Record a payment of the document numbered PayInvoice into (or out of) the bank account PayAccount."""
    document = company.numbered(side.kind, sent.get("PayInvoice") or 0)
    if document is None:
        raise problems.unknown(side.kind.lower(), sent.get("PayInvoice"))
    amount = rules.amount(Decimal(sent.get("PayAmount") or 0), "PayAmount")
    if not amount:
        raise problems.missing("PayAmount")
    when = rules.day(sent.get("PayDate"), "PayDate")
    rules.open_on(company, when, vat=False)
    bank = company.need("Bank", sent.get("PayAccount") or 0, "bank account")
    method = company.need(METHODS[side.payment], sent.get("PayMethod") or 0, "payment method")
    body = {
        "PayDate": f"{when}T00:00:00", "PayNote": rules.text(sent.get("PayNote"), "PayNote"), "PayMethod": method.id,
        "PayAccount": bank.id, "PayAmount": amount,
    }  # fmt: skip
    made = company.insert(side.payment, body, parent=document.id, day=when)
    money_in = -side.sign * amount
    memo = f"{side.kind} {document.number}"
    control = company.nominal(side.control).id
    company.apply(made, Effects([Posting(bank.parent, money_in, memo), Posting(control, -money_in, memo)]))
    return made


def unpay(company: Company, side: Side, payment_id: int) -> None:
    """Take a payment back; the other half of a set-off goes with it."""
    payment = company.find(side.payment, payment_id)
    if payment is None:
        raise problems.unknown("payment", payment_id)
    rules.open_on(company, payment.day, vat=False)
    company.remove(payment)
    other = company.find(side.payment, payment.body.get("SetOff", 0))
    if other:
        company.remove(other)


def set_off(company: Company, invoice_id: int, credit_note_id: int) -> None:
    """Use a credit note against an invoice of the same customer, as far as both are open. Moves no nominal."""
    invoice, note = (company.find("Invoice", wanted) for wanted in (invoice_id, credit_note_id))
    if invoice is None or note is None:
        raise problems.unknown("invoice", invoice_id if invoice is None else credit_note_id)
    if invoice.body["CustomerID"] != note.body["CustomerID"]:
        raise problems.invalid("The credit note belongs to another customer.")
    amount = min(owed(company, invoice), -owed(company, note))
    if amount <= 0:
        raise problems.invalid("There is nothing open to set off.")
    day = company.now.date().isoformat()
    first = _half(company, invoice, amount, day, f"Credit note {note.number}")
    second = _half(company, note, -amount, day, f"Invoice {invoice.number}")
    for one, other in ((first, second), (second, first)):
        company.replace(one, {**one.body, "SetOff": other.id})


def _half(company: Company, document: Stored, amount: Decimal, day: str, note: str) -> Stored:
    body = {"PayDate": f"{day}T00:00:00", "PayNote": note, "PayMethod": 0, "PayAccount": 0, "PayAmount": amount}
    return company.insert(SALES.payment, body, parent=document.id, day=day)


def owed(company: Company, document: Stored) -> Decimal:
    """What is open on a document; negative on a credit note."""
    return sum(documents.totals(company, document), ZERO) - documents.paid(company, document)


def of(company: Company, document: Stored) -> list[Body]:
    """A document's payments as the SOAP types show them."""
    payments = company.all(SIDES[document.kind].payment, "AND parent = ?", (document.id,))
    return [{**payment.body, "PayID": payment.id, "PayInvoice": document.number} for payment in payments]
