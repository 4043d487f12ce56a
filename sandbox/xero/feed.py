"""The bank feed: lines of a bank account as the bank sends them, and what a person's OK on a match makes of them.

A line matched with an invoice, bill or credit note becomes its Payment; one coded to an account becomes a Receive or
Spend Money; one matched with a payment, bank transaction or transfer that is already there only reconciles it.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any

from sandbox.xero import bank, chart, documents, payments
from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import read_day
from sandbox.xero.documents import Options
from sandbox.xero.errors import Invalid
from sandbox.xero.money import from_units, number, rounded, to_units


def add(books: Books, params: Body) -> Body:
    """A line: `amount` is positive for money in. Raises Invalid for an account that is no bank account."""
    account = chart.bank(books, {"Code": str(params.get("account", "090"))})
    amount = rounded(number(str(params["amount"]), "amount"), account.body["CurrencyCode"])
    day = read_day(params.get("date") or books.today.isoformat()).isoformat()
    row = (books.tenant, account.id, day, to_units(amount), str(params.get("text", "")))
    made = books.conn.execute(
        "INSERT INTO xero_bank_line (tenant, account, day, amount, text) VALUES (?, ?, ?, ?, ?) RETURNING *", row
    ).fetchone()
    return shown(books, made)


def lines(books: Books) -> list[Body]:
    found = books.conn.execute("SELECT * FROM xero_bank_line WHERE tenant = ? ORDER BY id", (books.tenant,)).fetchall()
    return [shown(books, row) for row in found]


def shown(books: Books, row: sqlite3.Row) -> Body:
    account = books.need("Account", row["account"])
    amount = from_units(row["amount"], account.body["CurrencyCode"])
    return {
        "line": row["id"], "account": account.body["Code"], "date": row["day"], "amount": str(amount), "text": row["text"],
        "matched": {"kind": row["matched_kind"], "id": row["matched"]} if row["matched"] else None,
    }  # fmt: skip


def match(books: Books, params: Body) -> Body:
    """`line`, and one of `invoice`, `credit_note` (id or number), `account` (code), `payment`, `transaction`, `transfer` (id).

    KeyError: no such line or document. Raises Invalid where amounts or sides don't agree.
    """
    row = books.conn.execute(
        "SELECT * FROM xero_bank_line WHERE tenant = ? AND id = ?", (books.tenant, int(params["line"]))
    ).fetchone()
    if row is None or row["matched"]:
        raise KeyError(f"line {params['line']} isn't there or is matched already")
    account = books.need("Account", row["account"])
    amount = from_units(row["amount"], account.body["CurrencyCode"])
    made = _matched(books, account, row, amount, params)
    books.conn.execute("UPDATE xero_bank_line SET matched_kind = ?, matched = ? WHERE id = ?", (made.kind, made.id, row["id"]))
    fresh = books.conn.execute("SELECT * FROM xero_bank_line WHERE id = ?", (row["id"],)).fetchone()
    return shown(books, fresh)


def _matched(books: Books, account: Stored, row: sqlite3.Row, amount: Decimal, params: Body) -> Stored:
    for kind, name in (("Invoice", "invoice"), ("CreditNote", "credit_note")):
        if params.get(name):
            return _pay(books, account, row, amount, _document(books, kind, str(params[name])))
    if params.get("account"):
        return _code(books, account, row, amount, params)
    for kind, name in (("Payment", "payment"), ("BankTransaction", "transaction"), ("BankTransfer", "transfer")):
        if params.get(name):
            return _reconcile(books, account, amount, books.need(kind, str(params[name])))
    raise KeyError("invoice, credit_note, account, payment, transaction or transfer")


def _document(books: Books, kind: str, text: str) -> Stored:
    numbered = [one for one in books.all(kind) if one.body.get(f"{kind}Number") == text and one.status == "AUTHORISED"]
    found = books.find(kind, text) or (numbered[0] if numbered else None)
    if found is None:
        raise KeyError(f"{kind} {text}")
    return found


def _pay(books: Books, account: Stored, row: sqlite3.Row, amount: Decimal, document: Stored) -> Stored:
    comes_in = document.body["Type"] in ("ACCREC", "ACCPAYCREDIT")
    if (amount > 0) != comes_in or abs(amount) > documents.due(books, document):
        raise Invalid("The bank line does not fit the document")
    sent: dict[str, Any] = {
        document.kind: {f"{document.kind}ID": document.id}, "Account": {"AccountID": account.id}, "Date": row["day"],
        "Amount": abs(amount), "Reference": row["text"], "IsReconciled": True,
    }  # fmt: skip
    return payments.write(books, sent, None, Options())


def _code(books: Books, account: Stored, row: sqlite3.Row, amount: Decimal, params: Body) -> Stored:
    line = {
        "Description": str(params.get("description") or row["text"] or "Bank line"), "Quantity": 1, "UnitAmount": abs(amount),
        "AccountCode": str(params["account"]), "TaxType": str(params.get("tax") or chart.no_tax(books)),
    }  # fmt: skip
    sent = {
        "Type": bank.RECEIVE if amount > 0 else bank.SPEND, "BankAccount": {"AccountID": account.id}, "Date": row["day"],
        "Contact": {"Name": str(params.get("contact") or "Bank feed")}, "LineAmountTypes": "Inclusive", "Reference": row["text"],
        "IsReconciled": True, "LineItems": [line],
    }  # fmt: skip
    return bank.write(books, sent, None, Options())


def _reconcile(books: Books, account: Stored, amount: Decimal, stored: Stored) -> Stored:
    """What is there already moved the account by exactly the line's amount."""
    moved = sum((posting.own for posting in books.postings(stored) if posting.account == account.id), Decimal(0))
    if moved != amount or stored.status != "AUTHORISED":
        raise Invalid("The bank line does not fit the transaction")
    fields = ("FromIsReconciled", "ToIsReconciled") if stored.kind == "BankTransfer" else ("IsReconciled",)
    return books.save(stored.kind, {**stored.body, **dict.fromkeys(fields, True)}, status=stored.status, old=stored)
