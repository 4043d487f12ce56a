"""Documents with line items in Xero's shape, both ways: invoices, credit notes, bank transactions.

Pure. All three state signed lines that add up to what is owed, credited, received or spent; a promotion or a
fee stands among them as a negative unit amount. A line of a settlement has quantity 1, a line of an order
what was sold.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from canonical.accounting import (
    AccountRef,
    CreditMemo,
    Deposit,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    PartyRef,
    Side,
    Withdrawal,
)
from canonical.money import unit_price

from . import fields
from .fields import ZERO, Body, Taxing, Unreadable

PRICE_DECIMALS = 4  # unitdp=4
PAYER = "Amazon"  # a bank transaction needs a contact; Xero makes the one of this name when there is none
_RECEIVE, _SPEND = "RECEIVE", "SPEND"


# ------------------------------------------------------------------ what we send


def invoice(document: Invoice, number: str, back: str, taxing: Taxing) -> dict[str, Any]:
    """An approved sales invoice. Its reference is the order's id, or what the settlement is called."""
    said = document.reference or document.memo
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": document.customer.key},
        "Date": document.date.isoformat(),
        "DueDate": (document.due_on or document.date).isoformat(),
        "InvoiceNumber": number,
        "Reference": fields.text_of(said)[: fields.REFERENCE_LIMIT],
        "CurrencyCode": document.currency,
        "Url": back,
        **_lines(document.lines, 1, document.currency, taxing),
    }


def credit_note(document: CreditMemo, number: str, marker: str, taxing: Taxing) -> dict[str, Any]:
    return {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": document.customer.key},
        "Date": document.date.isoformat(),
        "CreditNoteNumber": number,
        "Reference": fields.reference(document.reference or document.memo, marker),
        "CurrencyCode": document.currency,
        **_lines(document.lines, -1, document.currency, taxing),
    }


def bank_transaction(document: Deposit | Withdrawal, number: str, back: str, taxing: Taxing) -> dict[str, Any]:
    receives = isinstance(document, Deposit)
    return {
        "Type": _RECEIVE if receives else _SPEND,
        "Status": "AUTHORISED",
        "Contact": {"Name": PAYER},
        "BankAccount": fields.account(document.account),
        "Date": document.date.isoformat(),
        "Reference": number,
        "CurrencyCode": document.currency,
        "Url": back,
        **_lines(document.lines, 1 if receives else -1, document.currency, taxing),
    }


def _lines(given: tuple[DocumentLine, ...], direction: int, currency: str, taxing: Taxing) -> dict[str, Any]:
    return {
        "LineAmountTypes": taxing.model,
        "LineItems": [_line(line, direction, currency, taxing) for line in given],
    }


def _line(line: DocumentLine, direction: int, currency: str, taxing: Taxing) -> dict[str, Any]:
    sign = direction if line.side is Side.CREDIT else -direction
    quantity, price = _priced(line, sign * line.gross, currency)
    return {
        "Description": fields.described(line),
        "Quantity": quantity,
        "UnitAmount": price,
        **({"ItemCode": line.item.key} if line.item else {}),
        **fields.line_account(line.account),
        "TaxType": taxing.type_of(line),
        **({"TaxAmount": sign * line.tax_amount} if taxing.is_on and line.tax else {}),
        **fields.tracking(line.dimensions),
    }


def _priced(line: DocumentLine, amount: Decimal, currency: str) -> tuple[Decimal, Decimal]:
    """Quantity and unit price that multiply to the amount; where four decimals do not, one of the amount: the total is the truth."""
    quantity = line.quantity
    if not quantity or quantity == 1:
        return Decimal(1), amount
    price = unit_price(amount, quantity, currency, PRICE_DECIMALS)
    return (Decimal(1), amount) if price is None else (quantity, price)


# ------------------------------------------------------------------ what we read back


def read_sale(kind: DocumentType, body: Body) -> Invoice | CreditMemo:
    """An invoice or a credit note as canonical lines. Raises Unreadable, or ValueError for one that cannot be.

    Neither says which receivable account it stands on, since there is one: its key is "" then.
    """
    wanted = "ACCREC" if kind is DocumentType.INVOICE else "ACCRECCREDIT"
    if body.get("Type") != wanted:
        raise Unreadable(f"{body.get('Type')!r} is no {kind.value}")
    contact = body.get("Contact")
    stated = contact if isinstance(contact, Mapping) else {}
    common: dict[str, Any] = {
        "date": fields.day(body),
        "currency": str(body.get("CurrencyCode") or ""),
        "customer": PartyRef(str(stated.get("ContactID") or ""), str(stated.get("Name") or "")),
        "account": AccountRef("", ""),
        "lines": _read_lines(body, 1 if kind is DocumentType.INVOICE else -1),
        "reference": fields.without_mark(str(body.get("Reference") or "")),
    }
    if kind is DocumentType.INVOICE:
        due = fields.day(body, "DueDate") if body.get("DueDate") or body.get("DueDateString") else None
        return Invoice(**common, due_on=due)
    return CreditMemo(**common)


def read_bank_transaction(body: Body) -> Deposit | Withdrawal:
    kind = str(body.get("Type") or "")
    if kind not in (_RECEIVE, _SPEND):
        raise Unreadable(f"a bank transaction of type {kind!r}")
    made = Deposit if kind == _RECEIVE else Withdrawal
    lines = _read_lines(body, 1 if kind == _RECEIVE else -1)
    currency = str(body.get("CurrencyCode") or "")
    return made(fields.day(body), currency, fields.read_account(body, "BankAccount"), lines)


def _read_lines(body: Body, direction: int) -> tuple[DocumentLine, ...]:
    model = str(body.get("LineAmountTypes") or "")
    found = (_read_line(line, model, direction) for line in fields.lines_of(body))
    return tuple(line for line in found if line)


def _read_line(line: Body, model: str, direction: int) -> DocumentLine | None:
    """Xero states tax on every line, as it will stand on the return."""
    amount = fields.amount_of(line, "LineAmount")
    tax = ZERO if model == fields.NOT_APPLICABLE else fields.decimal(line.get("TaxAmount"))
    gross = amount + (tax if model == fields.EXCLUSIVE else ZERO)
    if not gross:
        return None
    item = str(line.get("ItemCode") or "")
    return DocumentLine(
        account=fields.read_line_account(line),
        side=Side.CREDIT if (gross > 0) == (direction > 0) else Side.DEBIT,
        gross=abs(gross),
        description=str(line.get("Description") or ""),
        kind="",
        tax=fields.read_tax(line),
        tax_amount=abs(tax) if (tax < 0) == (gross < 0) else -abs(tax),
        dimensions=fields.read_tracking(line),
        item=ItemRef(item, "") if item else None,
        quantity=fields.decimal(line.get("Quantity")) or None,
    )
