"""Documents as plain JSON values and back, exactly; and the hash of what they say.

Every Decimal becomes text with all its digits and comes back as the same Decimal. The content
leaves out which rows of the source a line carries: that is proof, kept beside it, and does not
change what the books say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from .accounting import (
    AccountRef,
    Applied,
    CreditMemo,
    Deposit,
    Document,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    JournalEntry,
    MethodRef,
    PartyRef,
    Payment,
    Purchase,
    RefundReceipt,
    SalesDocument,
    SalesReceipt,
    Side,
    TaxRef,
    Transfer,
    Withdrawal,
)

Plain = dict[str, Any]

_SALES: Mapping[DocumentType, type[SalesDocument]] = {
    DocumentType.SALES_RECEIPT: SalesReceipt,
    DocumentType.REFUND_RECEIPT: RefundReceipt,
    DocumentType.INVOICE: Invoice,
    DocumentType.CREDIT_MEMO: CreditMemo,
}


def plain_document(document: Document) -> Plain:
    """The document as JSON values, rows included."""
    result: Plain = {
        "document_type": document.document_type.value,
        "date": document.date.isoformat(),
        "currency": document.currency,
        "memo": document.memo,
        "lines": [_plain_line(line) for line in document.lines],
    }
    if isinstance(document, Deposit | Withdrawal):
        result["account"] = _plain_ref(document.account)
        if isinstance(document, Deposit) and not document.settling:
            result["settling"] = False
    elif isinstance(document, Purchase):
        supplier = _plain_ref(document.supplier)
        result |= {"account": _plain_ref(document.account), "supplier": supplier, "reference": document.reference}
    elif isinstance(document, Transfer):
        result |= _plain_transfer(document)
    elif isinstance(document, Payment):
        result |= _plain_payment(document)
    elif not isinstance(document, JournalEntry):
        result |= _plain_sale(document)
    return result


def _plain_transfer(transfer: Transfer) -> Plain:
    return {
        "lines": [],  # they follow from the amount
        "account": _plain_ref(transfer.account),
        "into": _plain_ref(transfer.into),
        "amount": f"{transfer.amount:f}",
        "settling": transfer.settling,
    }


def _plain_payment(payment: Payment) -> Plain:
    return {
        "lines": [],  # they follow from what it is applied to
        **_extras(method=_plain_ref(payment.method) if payment.method else None),
        "customer": _plain_ref(payment.customer),
        "account": _plain_ref(payment.account),
        "receivable": _plain_ref(payment.receivable),
        "applied": [
            {
                "document_type": each.document_type.value,
                "external_id": each.external_id,
                "amount": f"{each.amount:f}",
                "reference": each.reference,
            }
            for each in payment.applied
        ],
    }


def _plain_sale(document: SalesDocument) -> Plain:
    result: Plain = {
        "customer": _plain_ref(document.customer),
        "account": _plain_ref(document.account),
        "reference": document.reference,
        "email": document.email,
        "shipping": list(document.shipping),
        "tracking": list(document.tracking),
        **_extras(billing=list(document.billing) or None, method=_plain_ref(document.method) if document.method else None),
    }
    if isinstance(document, Invoice):
        result["due_on"] = document.due_on.isoformat() if document.due_on else None
        if document.settling:
            result["settling"] = True
    return result


def _extras(**values: Any) -> Plain:
    """What a document may have stands in its plain form only where it does: hashes of documents without it stay as they are."""
    return {name: value for name, value in values.items() if value is not None}


def _plain_ref(ref: AccountRef | PartyRef | ItemRef | MethodRef) -> Plain:
    return {"key": ref.key, "name": ref.name}


def document_of(plain: Mapping[str, Any]) -> Document:
    """The very document `plain_document` was given; raises Unbalanced if the text was tampered with."""
    on, currency, memo = date.fromisoformat(plain["date"]), str(plain["currency"]), str(plain["memo"])
    lines = tuple(_line_of(line) for line in plain["lines"])
    kind = DocumentType(plain["document_type"])
    if kind is DocumentType.DEPOSIT:
        return Deposit(on, currency, AccountRef(**plain["account"]), lines, memo, plain.get("settling", True))
    if kind is DocumentType.WITHDRAWAL:
        return Withdrawal(on, currency, AccountRef(**plain["account"]), lines, memo)
    if kind is DocumentType.PURCHASE:
        supplier, account = PartyRef(**plain["supplier"]), AccountRef(**plain["account"])
        return Purchase(on, currency, supplier, account, lines, memo, plain["reference"])
    if kind is DocumentType.TRANSFER:
        accounts = AccountRef(**plain["account"]), AccountRef(**plain["into"])
        return Transfer(on, currency, *accounts, Decimal(plain["amount"]), memo, plain["settling"])
    if kind is DocumentType.PAYMENT:
        return _payment_of(plain, on, currency, memo)
    if kind in _SALES:
        return _sale_of(_SALES[kind], plain, lines)
    return JournalEntry(on, currency, lines, memo)


def _payment_of(plain: Mapping[str, Any], on: date, currency: str, memo: str) -> Payment:
    applied = tuple(
        Applied(DocumentType(each["document_type"]), each["external_id"], Decimal(each["amount"]), each["reference"])
        for each in plain["applied"]
    )
    customer, account = PartyRef(**plain["customer"]), AccountRef(**plain["account"])
    method = MethodRef(**plain["method"]) if "method" in plain else None
    return Payment(on, currency, customer, account, AccountRef(**plain["receivable"]), applied, memo, method)


def _sale_of(kind: type[SalesDocument], plain: Mapping[str, Any], lines: tuple[DocumentLine, ...]) -> SalesDocument:
    more: Plain = {}
    if kind is Invoice:
        more["due_on"] = date.fromisoformat(plain["due_on"]) if plain["due_on"] else None
        more["settling"] = plain.get("settling", False)
    return kind(
        date=date.fromisoformat(plain["date"]),
        currency=str(plain["currency"]),
        customer=PartyRef(**plain["customer"]),
        account=AccountRef(**plain["account"]),
        lines=lines,
        memo=str(plain["memo"]),
        reference=plain["reference"],
        email=plain["email"],
        shipping=tuple(plain["shipping"]),
        tracking=tuple(plain["tracking"]),
        billing=tuple(plain.get("billing", ())),
        method=MethodRef(**plain["method"]) if "method" in plain else None,
        **more,
    )


def content(plain: Mapping[str, Any]) -> Plain:
    """What the document says in the books: without the rows its lines carry."""
    said = [{key: value for key, value in line.items() if key not in ("rows", "row_count")} for line in plain["lines"]]
    return {**plain, "lines": said}


def as_text(value: Any) -> Any:
    """A provider's payload with every Decimal as text; floats are refused with TypeError."""
    if isinstance(value, float):
        raise TypeError("a payload holds no floats: give a Decimal")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return {str(key): as_text(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_text(item) for item in value]
    return value


def content_hash(plain: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """SHA-256 over what the document says and what will be sent, in one canonical spelling."""
    text = json.dumps([content(plain), as_text(payload)], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain_line(line: DocumentLine) -> Plain:
    return {
        **_extras(
            item=_plain_ref(line.item) if line.item else None,
            quantity=None if line.quantity is None else f"{line.quantity:f}",
            party=_plain_ref(line.party) if line.party else None,
        ),
        "account": {"key": line.account.key, "name": line.account.name},
        "side": line.side.value,
        "gross": f"{line.gross:f}",
        "description": line.description,
        "kind": line.kind,
        "tax": None if line.tax is None else _plain_tax(line.tax),
        "tax_amount": f"{line.tax_amount:f}",
        "dimensions": [list(pair) for pair in line.dimensions],
        "rows": [list(span) for span in line.rows],
        "row_count": line.row_count,
        "settling": line.settling,
    }


def _plain_tax(tax: TaxRef) -> Plain:
    return {"key": tax.key, "name": tax.name, "rate": f"{tax.rate:f}", "applies_on": tax.applies_on}


def _line_of(plain: Mapping[str, Any]) -> DocumentLine:
    tax = plain["tax"]
    return DocumentLine(
        account=AccountRef(**plain["account"]),
        side=Side(plain["side"]),
        gross=Decimal(plain["gross"]),
        description=plain["description"],
        kind=plain["kind"],
        tax=None if tax is None else TaxRef(tax["key"], tax["name"], Decimal(tax["rate"]), tax["applies_on"]),
        tax_amount=Decimal(plain["tax_amount"]),
        dimensions=tuple((name, key) for name, key in plain["dimensions"]),
        rows=tuple((first, last) for first, last in plain["rows"]),
        row_count=plain["row_count"],
        settling=plain["settling"],
        item=ItemRef(**plain["item"]) if "item" in plain else None,
        quantity=Decimal(plain["quantity"]) if "quantity" in plain else None,
        party=PartyRef(**plain["party"]) if "party" in plain else None,
    )
