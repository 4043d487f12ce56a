"""QuickBooks' shape of a document, both ways.

Pure. `payload` writes a canonical document as the very body that is sent; `document` reads a body back
into canonical lines, so that what stands in the ledger can be compared with what was planned, to the
penny, tax included. Journals and deposits are here, sales documents and payments in `sales`.

Tax: outside the United States amounts are stated tax-inclusive, because the gross is the truth and net
and tax are derived from it, by QuickBooks as by us. A journal line states net, tax and gross; a
deposit line has room for the gross alone (IntuitRestServiceDef / Finance.xsd, DepositLineDetail).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from canonical.accounting import (
    SALES_DOCUMENTS,
    Deposit,
    Document,
    DocumentLine,
    DocumentType,
    JournalEntry,
    PartyRef,
    Payment,
    Side,
)
from canonical.money import round_half_up
from connections.contracts import CompanyFacts, Found

from . import fields, sales
from .fields import (
    EXCLUDED,
    INCLUSIVE,
    NOT_APPLICABLE,
    TEXT_LIMIT,
    ZERO,
    Body,
    Rates,
    Unreadable,
    amount_of,
    marker_of,
    note,
    text,
)
from .numbers import number

__all__ = [
    "ENTITIES",
    "Rates",
    "Unreadable",
    "amount_of",
    "document",
    "exact",
    "found",
    "marker_of",
    "note",
    "number",
    "number_of",
    "payload",
    "text",
]

ENTITIES: Mapping[str, str] = {
    DocumentType.JOURNAL_ENTRY.value: "JournalEntry",
    DocumentType.DEPOSIT.value: "Deposit",
    DocumentType.SALES_RECEIPT.value: "SalesReceipt",
    DocumentType.INVOICE.value: "Invoice",
    DocumentType.CREDIT_MEMO.value: "CreditMemo",
    DocumentType.REFUND_RECEIPT.value: "RefundReceipt",
    DocumentType.PAYMENT.value: "Payment",
}
_AMOUNTS = frozenset({"Amount", "TaxAmount", "TaxInclusiveAmt", "ExchangeRate", "TotalAmt", "Qty", "UnitPrice"})


# ------------------------------------------------------------------ what we send


def payload(document: Document, *, number: str, marker: str, company: CompanyFacts) -> dict[str, Any]:
    """The body of a create. Amounts are Decimal; they leave as JSON numbers. TypeError for a type that is not in ENTITIES."""
    body: dict[str, Any] = {"TxnDate": document.date.isoformat(), "PrivateNote": note(sales.memo_of(document), marker)}
    if company.multicurrency:
        body["CurrencyRef"] = {"value": document.currency}
    if isinstance(document, Payment):
        return {**body, **sales.payment(document, number)}
    taxed = company.sales_tax == "codes"
    if taxed:
        body["GlobalTaxCalculation"] = INCLUSIVE if any(line.tax for line in document.lines) else NOT_APPLICABLE
    if isinstance(document, Deposit):
        return {**body, **_deposit(document, taxed)}
    if company.custom_numbers:
        body["DocNumber"] = number
    if isinstance(document, JournalEntry):
        return {**body, "Line": [_journal_line(line, taxed) for line in document.lines]}
    if not isinstance(document, SALES_DOCUMENTS):
        raise TypeError(f"QuickBooks Online is not told a {document.document_type.value}")
    return {**body, **sales.sale(document, company)}


def _journal_line(line: DocumentLine, taxed: bool) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "PostingType": "Debit" if line.side is Side.DEBIT else "Credit",
        "AccountRef": {"value": line.account.key},
        **fields.dimension_refs(line.dimensions),
    }
    if line.party:
        detail["Entity"] = {"Type": "Customer", "EntityRef": {"value": line.party.key}}
    if taxed and line.tax:
        detail |= fields.tax_code(line.tax) | {"TaxAmount": line.tax_amount, "TaxInclusiveAmt": line.gross}
    amount = line.net if taxed and line.tax else line.gross
    return {
        "DetailType": "JournalEntryLineDetail",
        "Amount": amount,
        "Description": line.description[:TEXT_LIMIT],
        "JournalEntryLineDetail": detail,
    }


def _deposit(document: Deposit, taxed: bool) -> dict[str, Any]:
    """A deposit has no number of its own, and its location stands on the whole of it."""
    lines = []
    locations = set()
    for line in document.lines:
        refs = fields.dimension_refs(line.dimensions)
        locations.add(refs.pop("DepartmentRef", {}).get("value"))
        detail = {"AccountRef": {"value": line.account.key}, **refs, **(fields.tax_code(line.tax) if taxed and line.tax else {})}
        lines.append(
            {
                "DetailType": "DepositLineDetail",
                "Amount": line.signed,
                "Description": line.description[:TEXT_LIMIT],
                "DepositLineDetail": detail,
            }
        )
    body: dict[str, Any] = {"DepositToAccountRef": {"value": document.account.key}, "Line": lines}
    shared = locations.pop() if len(locations) == 1 else None
    return {**body, "DepartmentRef": {"value": shared}} if shared else body


def exact(body: Any, name: str = "") -> Any:
    """A payload as it goes out: amounts kept as text (in a JSON column, say) become Decimal again."""
    if isinstance(body, Mapping):
        return {key: exact(value, key) for key, value in body.items()}
    if isinstance(body, Sequence) and not isinstance(body, str):
        return [exact(item) for item in body]
    return Decimal(body) if name in _AMOUNTS and isinstance(body, str) else body


# ------------------------------------------------------------------ what we read back


def found(document_type: str, body: Body, rates: Rates) -> Found:
    """A document as QuickBooks holds it now. Raises Unreadable."""
    return Found(
        external_id=text(body, "Id"),
        external_version=text(body, "SyncToken"),
        number=number_of(document_type, body),
        marker=marker_of(body),
        document=document(document_type, body, rates),
        body=body,
        beyond=fields.beyond(body),
    )


def number_of(document_type: str, body: Body) -> str:
    """The number a person sees; a payment has its own field for it."""
    name = "PaymentRefNum" if document_type == DocumentType.PAYMENT.value else "DocNumber"
    return str(body.get(name) or "")


def document(document_type: str, body: Body, rates: Rates) -> Document:
    """The canonical document a body stands for; lines in their order, gross amounts, tax as QuickBooks states it."""
    try:
        if document_type == DocumentType.PAYMENT.value:
            return sales.read_payment(body)
        if document_type == DocumentType.DEPOSIT.value:
            return _read_deposit(body, rates)
        if document_type == DocumentType.JOURNAL_ENTRY.value:
            lines = [line for entry in fields.lines_of(body) if (line := _read_journal_line(entry, body, rates))]
            return JournalEntry(fields.day(body), fields.currency_of(body), tuple(lines), fields.memo_of(body))
        return sales.read_sale(DocumentType(document_type), body, rates)
    except Unreadable:
        raise
    except ValueError as wrong:
        raise Unreadable(f"{body.get('Id')}: {wrong}") from wrong


def _read_deposit(body: Body, rates: Rates) -> Deposit:
    currency = fields.currency_of(body)
    lines = [line for entry in fields.lines_of(body) if (line := _read_deposit_line(entry, body, rates, currency))]
    into = fields.account(body, "DepositToAccountRef")
    return Deposit(fields.day(body), currency, into, tuple(_reconciled(lines, body)), fields.memo_of(body))


def _read_journal_line(entry: Body, body: Body, rates: Rates) -> DocumentLine | None:
    detail = fields.detail_of(entry, "JournalEntryLineDetail")
    amount, tax = amount_of(entry, "Amount"), ZERO
    if detail.get("TaxCodeRef") and body.get("GlobalTaxCalculation") != NOT_APPLICABLE:
        tax = fields.decimal(detail.get("TaxAmount"), ZERO)
    gross = fields.decimal(detail.get("TaxInclusiveAmt"), amount + tax)
    side = {"Debit": Side.DEBIT, "Credit": Side.CREDIT}.get(str(detail.get("PostingType")))
    if side is None:
        raise Unreadable(f"posting type {detail.get('PostingType')!r}")
    if not gross:
        return None
    return DocumentLine(
        account=fields.account(detail, "AccountRef"),
        side=side,
        gross=gross,
        description=str(entry.get("Description") or ""),
        kind="",
        tax=fields.read_tax(detail, rates),
        tax_amount=gross - amount if tax else ZERO,
        dimensions=fields.read_dimensions(detail),
        party=_read_party(detail),
    )


def _read_party(detail: Body) -> PartyRef | None:
    entity = detail.get("Entity")
    key, name = fields.reference(entity, "EntityRef") if isinstance(entity, Mapping) else ("", "")
    return PartyRef(key, name) if key else None


def _read_deposit_line(entry: Body, body: Body, rates: Rates, currency: str) -> DocumentLine | None:
    """Tax is not stated on the line: it follows from the rate, by the same rounding as QuickBooks'."""
    detail = fields.detail_of(entry, "DepositLineDetail")
    amount, tax = amount_of(entry, "Amount"), fields.read_tax(detail, rates)
    model = body.get("GlobalTaxCalculation")
    tax_amount = ZERO
    if tax and model == INCLUSIVE:
        tax_amount = round_half_up(amount * tax.rate / (100 + tax.rate), currency)
    elif tax and model == EXCLUDED:
        tax_amount = round_half_up(amount * tax.rate / 100, currency)
        amount += tax_amount
    if not amount:
        return None
    return DocumentLine(
        account=fields.account(detail, "AccountRef"),
        side=Side.CREDIT if amount > 0 else Side.DEBIT,
        gross=abs(amount),
        description=str(entry.get("Description") or ""),
        kind="",
        tax=tax,
        tax_amount=abs(tax_amount),
        dimensions=fields.read_dimensions(detail),
    )


def _reconciled(lines: list[DocumentLine], body: Body) -> list[DocumentLine]:
    """Lines whose tax adds up to the total QuickBooks states; a difference shows on the last taxed line, never hides."""
    stated = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    taxed = [index for index, line in enumerate(lines) if line.tax]
    if stated is None or not taxed:
        return lines
    derived = sum((line.tax_amount if line.side is Side.CREDIT else -line.tax_amount for line in lines), ZERO)
    difference = fields.decimal(stated, ZERO) - derived
    if difference:
        last = lines[taxed[-1]]
        changed = last.tax_amount + (difference if last.side is Side.CREDIT else -difference)
        lines[taxed[-1]] = replace(last, tax_amount=changed)
    return lines
