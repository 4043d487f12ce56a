"""Deposits that others made into a bank account. QuickBooks tells apps nothing of its bank feed, but these it shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from connections.contracts import BankDeposit

from . import fields
from .client import Body, Books, malformed, quoted


def into(books: Books, bank_account: str, since: date) -> Iterator[BankDeposit]:
    """Those since a day, without the ones that carry our marker. Raises Failure MALFORMED for a body without amount or day."""
    for rows in books.pages("Deposit", f" WHERE TxnDate >= {quoted(since.isoformat())}"):
        for row in rows:
            if fields.reference(row, "DepositToAccountRef")[0] == bank_account and not fields.marker_of(row):
                yield _deposit(row)


def _deposit(body: Body) -> BankDeposit:
    try:
        return BankDeposit(
            external_id=fields.text(body, "Id"),
            on=fields.day(body),
            amount=fields.amount_of(body, "TotalAmt"),
            currency=fields.currency_of(body),
            description=" ".join(dict.fromkeys(word for word in _words(body) if word)),
            number=str(body.get("DocNumber") or ""),
        )
    except fields.Unreadable as wrong:
        raise malformed(str(wrong), "", writes=False) from wrong


def _words(body: Body) -> Iterator[str]:
    """Everything that says where the money came from: memo, lines, and the names of those it came from."""
    yield str(body.get("PrivateNote") or "")
    for line in body.get("Line") or ():
        yield str(line.get("Description") or "")
        yield fields.reference(line.get("DepositLineDetail") or {}, "Entity")[1]
