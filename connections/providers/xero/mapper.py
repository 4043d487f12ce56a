"""Xero's shape of a document, both ways.

Pure. `payload` writes a canonical document as the very element that is sent; `document` reads an element back
into canonical lines, so that what stands in the ledger can be compared with what was planned, to the
penny, tax included. Sales documents and bank transactions are in `lines`, payments and allocations in `money`.

Tax: where the organisation keeps it, amounts are stated tax-inclusive and every line names a tax type, because
Xero puts the account's default on a line that names none. Balance-sheet lines carry NONE.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from canonical.accounting import (
    CreditMemo,
    Deposit,
    Document,
    DocumentLine,
    DocumentType,
    Invoice,
    JournalEntry,
    Payment,
    Side,
    Withdrawal,
)
from connections.contracts import CompanyFacts, Found

from . import fields, lines, money
from .fields import ZERO, Body, Taxing, Unreadable, marker_of
from .numbers import NUMBER_LIMIT, number

__all__ = ["ENTITIES", "IDS", "Unreadable", "document", "exact", "found", "marker_of", "number", "number_of", "payload"]

# What Xero calls each type of document, and the name of its id.
ENTITIES: Mapping[str, str] = {
    DocumentType.JOURNAL_ENTRY.value: "ManualJournals",
    DocumentType.DEPOSIT.value: "BankTransactions",
    DocumentType.WITHDRAWAL.value: "BankTransactions",
    DocumentType.INVOICE.value: "Invoices",
    DocumentType.CREDIT_MEMO.value: "CreditNotes",
    DocumentType.PAYMENT.value: "Payments",
}
IDS: Mapping[str, str] = {
    "ManualJournals": "ManualJournalID",
    "BankTransactions": "BankTransactionID",
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Payments": "PaymentID",
}
_AMOUNTS = frozenset({"UnitAmount", "Quantity", "LineAmount", "TaxAmount", "Amount", "CurrencyRate"})
_NARRATION = re.compile(r"^(?P<number>\S+): (?P<memo>.*?)\s*\[tieout:\w{40}\]$", re.DOTALL)
NARRATION_LIMIT = 4000  # what Xero's form takes; the interface states no length


# ------------------------------------------------------------------ what we send


def payload(document: Document, *, number: str, marker: str, company: CompanyFacts, home: str) -> dict[str, Any]:
    """The element of a create. Amounts are Decimal; they leave as JSON numbers. `home`: our own address, for the way back.

    TypeError for a type that is not in ENTITIES.
    """
    if isinstance(document, Payment):
        return money.payment(document, number, marker)
    taxing, back = fields.taxing(document.lines, company), fields.url(home, number, marker)
    if isinstance(document, JournalEntry):
        return _journal(document, number, marker, back, taxing)
    if isinstance(document, Invoice):
        return lines.invoice(document, number, back, taxing)
    if isinstance(document, CreditMemo):
        return lines.credit_note(document, number, marker, taxing)
    if isinstance(document, Deposit | Withdrawal):
        return lines.bank_transaction(document, number, back, taxing)
    raise TypeError(f"Xero is not told a {document.document_type.value}")


def _journal(document: JournalEntry, number: str, marker: str, back: str, taxing: Taxing) -> dict[str, Any]:
    """A journal states no currency: it is in the organisation's own."""
    room = NARRATION_LIMIT - len(number) - len(marker) - 5
    return {
        "Narration": f"{number}: {fields.text_of(document.memo)[:room]} [{marker}]",
        "Date": document.date.isoformat(),
        "Status": "POSTED",
        "LineAmountTypes": taxing.model,
        "ShowOnCashBasisReports": True,
        "Url": back,
        "JournalLines": [_journal_line(line, taxing) for line in document.lines],
    }


def _journal_line(line: DocumentLine, taxing: Taxing) -> dict[str, Any]:
    return {
        "LineAmount": -line.signed,  # debits are positive
        **fields.line_account(line.account),
        "TaxType": taxing.type_of(line),
        "Description": fields.described(line),
        **fields.tracking(line.dimensions),
    }


def exact(body: Any, name: str = "") -> Any:
    """A payload as it goes out: amounts kept as text (in a JSON column, say) become Decimal again."""
    if isinstance(body, Mapping):
        return {key: exact(value, key) for key, value in body.items()}
    if isinstance(body, Sequence) and not isinstance(body, str):
        return [exact(item) for item in body]
    return Decimal(body) if name in _AMOUNTS and isinstance(body, str) else body


# ------------------------------------------------------------------ what we read back


def found(document_type: str, body: Body, home_currency: str) -> Found:
    """A document as Xero holds it now. Raises Unreadable."""
    if "Allocation" in body:
        return _allocation(body)
    return Found(
        external_id=fields.text(body, IDS[ENTITIES[document_type]]),
        external_version=fields.version_of(body),
        number=number_of(document_type, body),
        marker=marker_of(body),
        document=document(document_type, body, home_currency),
        body=body,
        beyond=_beyond(document_type, body),
    )


def _allocation(body: Body) -> Found:
    """An allocation and its credit note, as `allocations` joins them: it has no version, no number and no mark."""
    allocation, note = body["Allocation"], body["CreditNote"]
    external_id = money.allocation_id(fields.text(note, "CreditNoteID"), fields.text(allocation, "AllocationID"))
    return Found(external_id, "", "", "", money.read_allocation(note, allocation), allocation)


def number_of(document_type: str, body: Body) -> str:
    """The number a person sees, as much of it as we keep; a payment has none."""
    if document_type == DocumentType.PAYMENT.value:
        return ""
    if document_type == DocumentType.JOURNAL_ENTRY.value:
        said = _NARRATION.match(str(body.get("Narration") or ""))
        return said.group("number") if said else ""
    name = {"invoice": "InvoiceNumber", "credit_memo": "CreditNoteNumber"}.get(document_type, "Reference")
    return fields.without_mark(str(body.get(name) or ""))[:NUMBER_LIMIT]


def document(document_type: str, body: Body, home_currency: str) -> Document:
    """The canonical document an element stands for; lines in their order, gross amounts, tax as Xero states it.

    `home_currency` is a journal's, which states none, and that of what is at a rate of 1. Raises Unreadable.
    """
    try:
        if document_type == DocumentType.JOURNAL_ENTRY.value:
            return _read_journal(body, home_currency)
        if document_type == DocumentType.PAYMENT.value:
            return money.read_payment(body, home_currency)
        if document_type in (DocumentType.DEPOSIT.value, DocumentType.WITHDRAWAL.value):
            return lines.read_bank_transaction(body)
        return lines.read_sale(DocumentType(document_type), body)
    except Unreadable:
        raise
    except ValueError as wrong:
        raise Unreadable(str(wrong)) from wrong


def _read_journal(body: Body, home_currency: str) -> JournalEntry:
    model = str(body.get("LineAmountTypes") or "")
    entries = [_read_journal_line(line, model) for line in fields.lines_of(body, "JournalLines")]
    said = _NARRATION.match(str(body.get("Narration") or ""))
    memo = said.group("memo") if said else fields.without_mark(str(body.get("Narration") or ""))
    return JournalEntry(fields.day(body), home_currency, tuple(line for line in entries if line), memo)


def _read_journal_line(line: Body, model: str) -> DocumentLine | None:
    """Inclusive lines state the gross; on exclusive ones tax comes on top."""
    amount, tax = fields.amount_of(line, "LineAmount"), ZERO
    if model != fields.NOT_APPLICABLE:
        tax = fields.decimal(line.get("TaxAmount"))
    gross = amount + (tax if model == fields.EXCLUSIVE else ZERO)
    if not gross:
        return None
    return DocumentLine(
        account=fields.read_line_account(line),
        side=Side.DEBIT if gross > 0 else Side.CREDIT,
        gross=abs(gross),
        description=str(line.get("Description") or ""),
        kind="",
        tax=fields.read_tax(line),
        tax_amount=abs(tax),
        dimensions=fields.read_tracking(line),
    )


# Read into the canonical document, or computed and moved by Xero itself: no addition of a person's.
_READ = frozenset(
    {
        *("Type", "Contact", "LineItems", "JournalLines", "Date", "DateString", "DueDate", "DueDateString", "LineAmountTypes"),
        *("InvoiceNumber", "CreditNoteNumber", "Reference", "Narration", "Url", "CurrencyCode", "Status", "BankAccount"),
        *("InvoiceID", "CreditNoteID", "BankTransactionID", "ManualJournalID", "PaymentID", "Invoice", "CreditNote", "Account"),
        *("Amount", "PaymentType", "ShowOnCashBasisReports"),
    }
)
_COMPUTED = frozenset(
    {
        *("SubTotal", "TotalTax", "Total", "TotalDiscount", "HasAttachments", "Attachments", "IsDiscounted", "Payments"),
        *("Prepayments", "Overpayments", "CreditNotes", "Allocations", "AmountDue", "AmountPaid", "AmountCredited"),
        *("AppliedAmount", "RemainingCredit", "FullyPaidOnDate", "UpdatedDateUTC", "UpdatedDateUTCString", "HasErrors"),
        *("StatusAttributeString", "ValidationErrors", "Warnings", "HasValidationErrors", "HasAccount", "BankAmount"),
        *("IsReconciled", "CurrencyRate", "InvoiceAddresses", "InvoicePaymentServices", "ID", "PrepaymentID", "OverpaymentID"),
        *("SentToContact", "BrandingThemeID", "RepeatingInvoiceID", "BatchPayment", "BatchPaymentID"),
    }
)


def _beyond(document_type: str, body: Body) -> Body:
    """What a person may have added that the canonical document has no room for: an expected date, a discount."""
    added = {name: value for name, value in body.items() if name not in _READ | _COMPUTED and value not in (None, "", [], {})}
    if document_type == DocumentType.INVOICE.value:
        discounts = [line.get("DiscountRate") or line.get("DiscountAmount") for line in body.get("LineItems") or ()]
        added |= {"Discounts": [str(each) for each in discounts]} if any(discounts) else {}
    return added
