"""Sales forms and payments in QuickBooks Desktop's shape, both ways.

Pure. Each line names an item, and the item books to its income account. The form shows what the buyer pays as
positive, so a sale's credits and a credit memo's debits go out positive. Quantity and amount are stated, and QuickBooks
derives the price: the line's total is the truth.

The order's own number stands where people look for it: in the check number of a receipt, in the P.O. number of an
invoice (25 characters each), and whole in the memo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from canonical.accounting import (
    AccountRef,
    Applied,
    CreditMemo,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    PartyRef,
    Payment,
    RefundReceipt,
    SalesDocument,
    SalesReceipt,
    Side,
)
from connections.contracts import CompanyFacts

from . import fields, names
from .fields import ZERO
from .numbers import LIMIT, PAYMENT_LIMIT, guid
from .qbxml import LINES, Body, Element, Unreadable, amount, body_of, needed, of

REFERENCE_LIMIT: Final = 25
NOT_TAXED: Final = "Non"  # the tax code that every file has for what is not taxed
TRACKING: Final = "Tracking: "
UNAPPLIED: Final = "unapplied"
_TYPES: Final = {
    "Invoice": DocumentType.INVOICE,
    "CreditMemo": DocumentType.CREDIT_MEMO,
    "JournalEntry": DocumentType.JOURNAL_ENTRY,
}


# ------------------------------------------------------------------ what we send


def sale(document: SalesDocument, entity: str, number: str, marker: str, company: CompanyFacts) -> dict[str, Any]:
    """The element of a SalesReceiptAdd, InvoiceAdd or CreditMemoAdd."""
    direction = -1 if document.document_type is DocumentType.CREDIT_MEMO else 1
    receipt = entity == "SalesReceipt"
    reference = document.reference if len(document.reference) <= REFERENCE_LIMIT else ""
    shipping = {"ShipAddress": names.address(document.shipping)} if document.shipping else {}
    body: dict[str, Any] = {"CustomerRef": fields.ref(document.customer.key)}
    if not receipt:
        body["ARAccountRef"] = fields.ref(document.account.key)
    body |= {"TxnDate": document.date.isoformat(), "RefNumber": number[:LIMIT], **shipping}
    if reference:
        body["CheckNumber" if receipt else "PONumber"] = reference
    if isinstance(document, Invoice) and document.due_on:
        body["DueDate"] = document.due_on.isoformat()
    body["Memo"] = fields.memo(memo_of(document), marker)
    if receipt:
        body["DepositToAccountRef"] = fields.ref(document.account.key)
    taxed = company.sales_tax == "us"
    lines = [{f"{entity}LineAdd": _line(line, direction, taxed=taxed)} for line in document.lines]
    return {**body, "ExternalGUID": guid(marker), LINES: lines}


def memo_of(document: SalesDocument) -> str:
    """The memo with the order's id and the parcels' numbers, unless it has them already."""
    parts = [document.memo] if document.memo else []
    if document.reference and document.reference not in document.memo:
        parts.insert(0, document.reference)
    missing = [number for number in document.tracking if number not in document.memo]
    return "; ".join([*parts, *([f"{TRACKING}{', '.join(missing)}"] if missing else [])])


def _line(line: DocumentLine, direction: int, *, taxed: bool) -> dict[str, Any]:
    assert line.item is not None  # noqa: S101 - the preflight refuses a sales line without one
    return {
        "ItemRef": fields.ref(line.item.key),
        **({"Desc": line.description[: fields.TEXT_LIMIT]} if line.description else {}),
        **({"Quantity": line.quantity} if line.quantity else {}),
        **fields.with_class(line.dimensions),
        "Amount": fields.money(direction * line.signed),
        **({"SalesTaxCodeRef": {"FullName": NOT_TAXED}} if taxed else {}),
    }


def payment(document: Payment, number: str, marker: str) -> dict[str, Any]:
    """A ReceivePaymentAdd; money given back for credit memos is an ARRefundCreditCardAdd."""
    if document.total < 0:
        return {"ARRefundCreditCardAdd": _refund(document, number, marker)}
    return {
        "ReceivePaymentAdd": {
            "CustomerRef": fields.ref(document.customer.key),
            "ARAccountRef": fields.ref(document.receivable.key),
            "TxnDate": document.date.isoformat(),
            "RefNumber": number[:PAYMENT_LIMIT],
            "TotalAmount": fields.money(document.total),
            "Memo": fields.memo(document.memo, marker),
            "DepositToAccountRef": fields.ref(document.account.key),
            "ExternalGUID": guid(marker),
            LINES: [{"AppliedToTxnAdd": each} for each in _set_against(document)],
        }
    }


def _set_against(document: Payment) -> list[dict[str, Any]]:
    """What is owed, each with the credits that settle it first; the rest is paid in money."""
    left = {each.external_id: each.amount for each in document.applied if each.document_type is DocumentType.CREDIT_MEMO}
    lines = []
    for owed in document.applied:
        if owed.document_type is DocumentType.CREDIT_MEMO:
            continue
        rest, used = owed.amount, []
        for credit, value in left.items():
            part = min(rest, value)
            if part > 0:
                used.append({"SetCredit": {"CreditTxnID": credit, "AppliedAmount": fields.money(part)}})
                rest, left[credit] = rest - part, value - part
        lines.append({"TxnID": owed.external_id, "PaymentAmount": fields.money(rest), LINES: used})
    return lines


def _refund(document: Payment, number: str, marker: str) -> dict[str, Any]:
    lines = [
        {"RefundAppliedToTxnAdd": {"TxnID": each.external_id, "RefundAmount": fields.money(each.amount)}}
        for each in document.applied
    ]
    return {
        "CustomerRef": fields.ref(document.customer.key),
        "RefundFromAccountRef": fields.ref(document.account.key),
        "ARAccountRef": fields.ref(document.receivable.key),
        "TxnDate": document.date.isoformat(),
        "RefNumber": number[:LIMIT],
        "Memo": fields.memo(document.memo, marker),
        "ExternalGUID": guid(marker),
        LINES: lines,
    }


# ------------------------------------------------------------------ what we read back


def read_sale(kind: DocumentType, element: Element, home: str) -> SalesDocument:
    """A sales form as canonical lines. Raises Unreadable, or ValueError for one that cannot be."""
    direction = -1 if kind is DocumentType.CREDIT_MEMO else 1
    entity = str(element.tag).removesuffix("Ret")
    lines = [line for child in element.iterchildren(f"{entity}LineRet") if (line := _read_line(child, direction))]
    receipt = kind is DocumentType.SALES_RECEIPT
    common: dict[str, Any] = {
        "date": fields.day(element),
        "currency": fields.currency(element, home),
        "customer": PartyRef(of(element, "CustomerRef/ListID"), of(element, "CustomerRef/FullName")),
        "account": fields.account(element, "DepositToAccountRef" if receipt else "ARAccountRef"),
        "lines": (*lines, *_added_tax(element, direction)),
        "memo": fields.unmarked(of(element, "Memo")),
        "reference": of(element, "CheckNumber" if receipt else "PONumber"),
        "shipping": tuple(value for place in range(1, 6) if (value := of(element, f"ShipAddress/Addr{place}"))),
    }
    if kind is DocumentType.INVOICE:
        return Invoice(**common, due_on=fields.day(element, "DueDate") if of(element, "DueDate") else None)
    made: Mapping[DocumentType, type[SalesReceipt] | type[RefundReceipt] | type[CreditMemo]] = {
        DocumentType.SALES_RECEIPT: SalesReceipt,
        DocumentType.CREDIT_MEMO: CreditMemo,
    }
    return made[kind](**common)


def _read_line(child: Element, direction: int) -> DocumentLine | None:
    value = amount(child, "Amount")
    if not value:
        return None
    item = of(child, "ItemRef/ListID")
    return DocumentLine(
        account=AccountRef("", ""),  # the item's own; the form does not say which
        side=Side.CREDIT if (value > 0) == (direction > 0) else Side.DEBIT,
        gross=abs(value),
        description=of(child, "Desc"),
        kind="",
        dimensions=fields.dimensions(child),
        item=ItemRef(item, of(child, "ItemRef/FullName")) if item else None,
        quantity=amount(child, "Quantity"),
    )


def _added_tax(element: Element, direction: int) -> list[DocumentLine]:
    """Sales tax that QuickBooks put on top, because a person made a line taxable: a line of its own, never hidden."""
    tax = amount(element, "SalesTaxTotal")
    if not tax:
        return []
    side = Side.CREDIT if (tax > 0) == (direction > 0) else Side.DEBIT
    return [DocumentLine(AccountRef("", "Sales tax"), side, abs(tax), "Sales tax", "tax")]


def read_payment(element: Element, home: str) -> Payment:
    """A payment, or money given back, and what it is set against. Raises Unreadable."""
    refund = str(element.tag).startswith("ARRefund")
    lines = element.iterchildren("RefundAppliedToTxnRet" if refund else "AppliedToTxnRet")
    applied = [_applied(child, "RefundAmount" if refund else "Amount") for child in lines]
    total = amount(element, "TotalAmount") or ZERO
    set_against = sum((each.amount for each in applied), ZERO)
    if not refund and total != set_against:
        applied.append(Applied(DocumentType.INVOICE, "", total - set_against, UNAPPLIED))
    return Payment(
        date=fields.day(element),
        currency=fields.currency(element, home),
        customer=PartyRef(needed(element, "CustomerRef/ListID"), of(element, "CustomerRef/FullName")),
        account=fields.account(element, "RefundFromAccountRef" if refund else "DepositToAccountRef"),
        receivable=fields.account(element, "ARAccountRef"),
        applied=tuple(applied),
        memo=fields.unmarked(of(element, "Memo")),
    )


def with_credits(payment: Payment, invoices: Sequence[Element]) -> Payment:
    """A payment with the credits that settle its invoices besides: its own answer shows only the money.

    `invoices` are read with their links. A credit is seen on the invoice, whichever payment set it there.
    """
    settled: dict[str, Decimal] = {}
    credits = []
    for invoice in invoices:
        for link in invoice.iterchildren("LinkedTxn"):
            if of(link, "TxnType") == "CreditMemo":
                value = abs(amount(link, "Amount") or ZERO)
                settled[of(invoice, "TxnID")] = settled.get(of(invoice, "TxnID"), ZERO) + value
                credits.append(Applied(DocumentType.CREDIT_MEMO, of(link, "TxnID"), value, of(link, "RefNumber")))
    owed = [replace(each, amount=each.amount + settled.get(each.external_id, ZERO)) for each in payment.applied]
    return replace(payment, applied=(*(each for each in owed if each.amount), *credits))


def _applied(child: Element, name: str) -> Applied:
    kind = _TYPES.get(of(child, "TxnType"))
    if kind is None:
        raise Unreadable(f"a payment set against {of(child, 'TxnType')!r}")
    return Applied(kind, needed(child, "TxnID"), amount(child, name) or ZERO, of(child, "RefNumber"))


# Read into the canonical document, or computed and moved by QuickBooks itself: no addition of a person's.
_READ: Final = frozenset(
    {
        *("TxnID", "TimeCreated", "TimeModified", "EditSequence", "TxnNumber", "TxnDate", "RefNumber", "Memo", "CurrencyRef"),
        *("ExchangeRate", "ExternalGUID", "CustomerRef", "ARAccountRef", "DepositToAccountRef", "RefundFromAccountRef"),
        *("ShipAddress", "CheckNumber", "PONumber", "DueDate", "Subtotal", "SalesTaxTotal", "SalesTaxPercentage", "TotalAmount"),
        *("AppliedAmount", "BalanceRemaining", "CreditRemaining", "IsPaid", "LinkedTxn", "UnusedPayment", "UnusedCredits"),
        *("DepositTotal", "IsAdjustment", "IsPending", "IsToBePrinted", "IsToBeEmailed", "IsFinanceCharge", "ShipDate"),
        *("JournalDebitLine", "JournalCreditLine", "IsManuallyClosed", "CustomerSalesTaxCodeRef", "ItemSalesTaxRef"),
        *("BillAddress", "BillAddressBlock", "ShipAddressBlock"),
    }
)


def beyond(element: Element) -> Body:
    """What a person may have added to a form that the canonical document has no room for: a class, terms, a message."""
    body = body_of(element)
    return {
        name: value
        for name, value in body.items()
        if name not in _READ and not name.endswith(("LineRet", "TxnRet", "InHomeCurrency"))
    }
