"""Money that others put into a bank account: what they received there, and payments of invoices.

Xero says of each whether a statement line was matched with it (IsReconciled): that is as near to the bank as an
app gets, since the lines of the feed themselves are not shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from connections.contracts import BankDeposit

from . import fields
from .client import Body, Books, from_day, promised


def into(books: Books, bank_account: str, since: date) -> Iterator[BankDeposit]:
    """Those since a day, without the ones that carry our mark. Raises Failure MALFORMED for a body without amount or day."""
    for rows in books.pages("BankTransactions", where=f'{from_day(since)} AND Type=="RECEIVE"'):
        for row in rows:
            if _lies_in(row, "BankAccount", bank_account):
                yield promised(lambda row=row: _received(row))  # type: ignore[misc]
    for rows in books.pages("Payments", where=from_day(since)):
        for row in rows:
            if row.get("PaymentType") == "ACCRECPAYMENT" and _lies_in(row, "Account", bank_account):
                yield promised(lambda row=row: _paid(row, books.home))  # type: ignore[misc]


def _lies_in(row: Body, name: str, bank_account: str) -> bool:
    given = row.get(name) or {}
    known = {given.get("Code"), given.get("AccountID")} - {None, ""}
    return bank_account in known and not fields.gone(row) and not fields.marker_of(row)


def _received(row: Body) -> BankDeposit:
    lines = [str(line.get("Description") or "") for line in row.get("LineItems") or ()]
    words = [str((row.get("Contact") or {}).get("Name") or ""), str(row.get("Reference") or ""), *lines]
    return _deposit(row, "BankTransactionID", "Total", str(row.get("CurrencyCode") or ""), words, "")


def _paid(row: Body, home: str) -> BankDeposit:
    invoice: Mapping[str, object] = row.get("Invoice") or {}
    number = str(invoice.get("InvoiceNumber") or "")
    return _deposit(
        row, "PaymentID", "Amount", str(invoice.get("CurrencyCode") or home), [str(row.get("Reference") or ""), number], number
    )


def _deposit(row: Body, key: str, amount: str, currency: str, words: list[str], number: str) -> BankDeposit:
    return BankDeposit(
        external_id=fields.text(row, key),
        on=fields.day(row),
        amount=fields.amount_of(row, amount),
        currency=currency,
        description=" ".join(dict.fromkeys(word for word in words if word)),
        number=number,
        reconciled=row.get("IsReconciled") is True,
    )
