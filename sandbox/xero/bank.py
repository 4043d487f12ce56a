"""Money in and out of bank accounts that settles no document, and transfers between them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sandbox.xero import chart, documents, lines
from sandbox.xero.books import Body, Books, Effects, Posting, Stored
from sandbox.xero.dates import moment
from sandbox.xero.documents import Options
from sandbox.xero.errors import Invalid
from sandbox.xero.money import number, rounded
from sandbox.xero.query import updated
from sandbox.xero.wire import flag

RECEIVE, SPEND = "RECEIVE", "SPEND"
_NEXT: Final = {None: ("AUTHORISED",), "AUTHORISED": ("AUTHORISED", "DELETED", "VOIDED")}


def find(books: Books, sent: Body) -> Stored | None:
    return books.find("BankTransaction", sent["BankTransactionID"]) if sent.get("BankTransactionID") else None


def write(books: Books, sent: Body, old: Stored | None, options: Options) -> Stored:
    """Money received or spent, booked at once. Raises Invalid."""
    status = str(sent.get("Status") or (old.status if old else "AUTHORISED"))
    if status not in _NEXT.get(old.status if old else None, ()):
        raise Invalid("Bank transaction not of valid status for modification")
    if old and old.body["IsReconciled"] and not sent.get("_feed"):
        raise Invalid("This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement.")
    if old and status in ("DELETED", "VOIDED"):
        books.lock_check(old.body["Date"])
        books.unpost(old)
        books.unmatch(old)
        return books.save("BankTransaction", old.body, status=status, old=old)
    kind = old.body["Type"] if old else sent.get("Type")
    if kind not in (RECEIVE, SPEND):
        raise Invalid("The bank transaction type is not valid")
    account = chart.bank(books, sent.get("BankAccount") or ({"AccountID": old.body["BankID"]} if old else {}))
    body = _body(books, sent, old, account, kind, options)
    books.lock_check(body["Date"])
    if old:
        books.lock_check(old.body["Date"])
    saved = books.save("BankTransaction", body, status=status, old=old)
    direction = -1 if kind == RECEIVE else 1
    found = lines.effects(books, body, account, direction)
    books.post(saved, found)
    return saved


def _body(books: Books, sent: Body, old: Stored | None, account: Stored, kind: str, options: Options) -> Body:
    held = account.body["CurrencyCode"]
    if sent.get("CurrencyCode") not in (None, "", held):
        raise Invalid("The currency of the bank transaction must be the currency of the bank account")
    body = documents.head(books, {**sent, "CurrencyCode": held}, old)
    body |= {"Type": kind, "BankID": account.id, "IsReconciled": flag(sent.get("IsReconciled"), body.get("IsReconciled", False))}
    side = lines.SALE if kind == RECEIVE else lines.PURCHASE
    body = documents.with_lines(books, body, sent, side, True, options)
    for line in body["LineItems"]:
        item = books.find("Item", line["Item"]["ItemID"]) if line.get("Item") else None
        if item and item.body["IsTrackedAsInventory"]:
            raise Invalid("Tracked inventory items cannot be used in bank transactions")
    if Decimal(body["Total"]) <= 0:
        raise Invalid("The total amount of a bank transaction must be greater than zero")
    return body


def show(books: Books, stored: Stored, full: bool, options: Options) -> Body:
    body = stored.body
    return {
        "BankTransactionID": stored.id, "BankAccount": chart.brief(books.need("Account", body["BankID"])), "Type": body["Type"],
        "IsReconciled": body["IsReconciled"], **documents.common_shown(books, stored, full, options),
        "UpdatedDateUTC": moment(updated(stored)),
    }  # fmt: skip


# Transfers


def find_transfer(books: Books, sent: Body) -> Stored | None:
    return books.find("BankTransfer", sent["BankTransferID"]) if sent.get("BankTransferID") else None


def write_transfer(books: Books, sent: Body, old: Stored | None, options: Options) -> Stored:
    """From one bank account to another of the same currency; can be deleted, never changed. Raises Invalid."""
    if old:
        if sent.get("Status") != "DELETED" or old.status == "DELETED":
            raise Invalid("Bank transfers cannot be modified, only created or deleted.")
        books.lock_check(old.body["Date"])
        books.unpost(old)
        return books.save("BankTransfer", old.body, status="DELETED", old=old)
    source, target = (chart.bank(books, sent.get(f"{side}BankAccount") or {}) for side in ("From", "To"))
    currency = source.body["CurrencyCode"]
    if source.id == target.id:
        raise Invalid("The bank accounts of a transfer must be different")
    if currency != target.body["CurrencyCode"]:
        raise Invalid("Bank transfers between accounts of different currencies are not supported by the API")
    amount = rounded(number(sent.get("Amount"), "Amount"), currency)
    if amount <= 0:
        raise Invalid("The amount of a transfer must be greater than zero")
    body: Body = {
        "Amount": amount, "FromID": source.id, "ToID": target.id, "CurrencyCode": currency,
        "Date": documents.read_date(sent, "Date", books.today.isoformat()), "Reference": str(sent.get("Reference") or ""),
        "CurrencyRate": books.rate(currency),
        **{name: flag(sent.get(name)) for name in ("FromIsReconciled", "ToIsReconciled")},
    }  # fmt: skip
    books.lock_check(body["Date"])
    saved = books.save("BankTransfer", body, status="AUTHORISED")
    base = books.in_base(amount, body["CurrencyRate"])
    sides = ((target.id, 1), (source.id, -1))
    books.post(saved, Effects([Posting(account, sign * base, sign * amount, currency) for account, sign in sides]))
    return saved


def show_transfer(books: Books, stored: Stored, full: bool, options: Options) -> Body:
    body = stored.body
    source, target = (chart.brief(books.need("Account", body[f"{side}ID"])) for side in ("From", "To"))
    shown: dict[str, Any] = {
        "BankTransferID": stored.id, "CreatedDateUTC": moment(updated(stored)), **documents.dates_shown(body, "Date"),
        "FromBankAccount": source, "ToBankAccount": target, "Amount": Decimal(body["Amount"]), "Status": stored.status,
        "CurrencyRate": Decimal(body["CurrencyRate"]), "HasAttachments": books.has_files(stored),
    }  # fmt: skip
    return shown | {name: body[name] for name in ("Reference", "FromIsReconciled", "ToIsReconciled") if name in body}
