"""Payments of invoices, bills and credit notes: never changed, only deleted (by their status)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sandbox.xero import chart, credit_notes, documents, invoices
from sandbox.xero.books import Body, Books, Effects, Posting, Stored
from sandbox.xero.dates import day, moment
from sandbox.xero.documents import Options
from sandbox.xero.errors import Invalid
from sandbox.xero.money import ZERO, number, rounded
from sandbox.xero.query import updated
from sandbox.xero.wire import flag

# Type of the settled document -> (payment type, control account, whether money comes in)
_TYPES: Final = {
    "ACCREC": ("ACCRECPAYMENT", chart.DEBTORS, True),
    "ACCPAY": ("ACCPAYPAYMENT", chart.CREDITORS, False),
    "ACCRECCREDIT": ("ARCREDITPAYMENT", chart.DEBTORS, False),
    "ACCPAYCREDIT": ("APCREDITPAYMENT", chart.CREDITORS, True),
}


def find(books: Books, sent: Body) -> Stored | None:
    return books.find("Payment", sent["PaymentID"]) if sent.get("PaymentID") else None


def write(books: Books, sent: Body, old: Stored | None, options: Options) -> Stored:
    """A new payment; an old one can only be deleted. Raises Invalid."""
    if old:
        if sent.get("Status") != "DELETED" or old.status == "DELETED":
            raise Invalid("Payments cannot be modified, only created or deleted.")
        return _delete(books, old)
    target = _target(books, sent)
    account = chart.for_payment(books, sent.get("Account") or {"Code": sent.get("Code")})
    currency = target.body["CurrencyCode"]
    amount = rounded(number(sent.get("Amount"), "Amount"), currency)
    if amount <= 0:
        raise Invalid("Payment amount must be greater than zero")
    if amount > documents.due(books, target):
        raise Invalid("Payment amount exceeds the amount outstanding on this document")
    body: Body = {
        "Date": documents.read_date(sent, "Date", books.today.isoformat()), "Amount": amount, "CurrencyCode": currency,
        "Reference": str(sent.get("Reference") or ""), "AccountID": account.id, "TargetKind": target.kind, "TargetID": target.id,
        "IsReconciled": flag(sent.get("IsReconciled")), "ContactID": target.body["ContactID"], "Type": target.body["Type"],
    }  # fmt: skip
    body["CurrencyRate"] = documents.currency_rate(books, sent, {**body, "CurrencyRate": target.body["CurrencyRate"]})
    books.lock_check(body["Date"])
    _check_currency(books, account, currency)
    saved = books.save("Payment", body, status="AUTHORISED")
    _book(books, saved, target, account)
    documents.restate(books, target, body["Date"])
    return saved


def _target(books: Books, sent: Body) -> Stored:
    """The approved document that is paid, by id or number."""
    invoice, note = sent.get("Invoice") or {}, sent.get("CreditNote") or {}
    if sent.get("InvoiceNumber"):
        invoice = {"InvoiceNumber": sent["InvoiceNumber"]}
    if sent.get("CreditNoteNumber"):
        note = {"CreditNoteNumber": sent["CreditNoteNumber"]}
    found = invoices.find(books, invoice) or credit_notes.find(books, note)
    if found is None:
        raise Invalid(
            "Invoice could not be found" if invoice else "You must specify an invoice, credit note, prepayment or overpayment"
        )
    if found.status == "PAID":
        raise Invalid("Payment amount exceeds the amount outstanding on this document")
    if found.status != "AUTHORISED":
        raise Invalid("Payments can only be made against approved documents")
    return found


def _check_currency(books: Books, account: Stored, currency: str) -> None:
    held = account.body.get("CurrencyCode") or books.base
    if held not in (currency, books.base):
        raise Invalid("The currency of the account must be the currency of the document or the base currency")


def _book(books: Books, saved: Stored, target: Stored, account: Stored) -> None:
    """Money on one side, the control account at its booked value on the other, and a gain or loss between two rates."""
    body = saved.body
    _, duty, comes_in = _TYPES[target.body["Type"]]
    amount, sign = Decimal(body["Amount"]), 1 if comes_in else -1
    money = sign * books.in_base(amount, Decimal(body["CurrencyRate"]))
    booked = documents.share(books, target, amount)
    in_base = (account.body.get("CurrencyCode") or books.base) == books.base
    own, currency = (money, books.base) if in_base else (sign * amount, body["CurrencyCode"])
    memo = body["Reference"] or str(target.body.get("InvoiceNumber") or target.body.get("CreditNoteNumber") or "")
    control = chart.system(books, duty).id
    postings = [
        Posting(account.id, money, own, currency, body["ContactID"], memo),
        Posting(control, -sign * booked, -sign * amount, body["CurrencyCode"], body["ContactID"], memo),
    ]
    if difference := sign * booked - money:
        postings.append(Posting(chart.system(books, chart.GAIN).id, difference, ZERO, books.base))
    books.post(saved, Effects(postings))
    books.link(saved, target, amount, booked)


def _delete(books: Books, old: Stored) -> Stored:
    books.lock_check(old.body["Date"])
    if old.body.get("Batch"):
        raise Invalid("Batch payments cannot be deleted through a single payment.")
    books.unlink(old)
    books.unpost(old)
    books.unmatch(old)
    gone = books.save("Payment", old.body, status="DELETED", old=old)
    documents.restate(books, books.need(old.body["TargetKind"], old.body["TargetID"]), old.body["Date"])
    return gone


def show(books: Books, stored: Stored, full: bool, options: Options) -> Body:
    body = stored.body
    account = books.need("Account", body["AccountID"])
    target = books.need(body["TargetKind"], body["TargetID"])
    amount, rate = Decimal(body["Amount"]), Decimal(body["CurrencyRate"])
    held = account.body.get("CurrencyCode") or books.base
    shown: Body = {
        "PaymentID": stored.id, "Date": day(body["Date"]), "Amount": amount, "Reference": body["Reference"], "CurrencyRate": rate,
        "BankAmount": amount if held == body["CurrencyCode"] else books.in_base(amount, rate),
        "PaymentType": _TYPES[body["Type"]][0], "Status": stored.status, "UpdatedDateUTC": moment(updated(stored)),
        "HasAccount": True, "IsReconciled": body["IsReconciled"], "Account": chart.brief(account), "HasValidationErrors": False,
    }  # fmt: skip
    return shown | _target_shown(books, target)


def _target_shown(books: Books, target: Stored) -> dict[str, Any]:
    if target.kind == "Invoice":
        return {"Invoice": invoices.brief(books, target)}
    return {"CreditNote": {"CreditNoteID": target.id, "CreditNoteNumber": target.body["CreditNoteNumber"]}}
