"""Sales documents and payments in QuickBooks' shape, both ways.

Pure. A sales form has items where other documents have accounts: each line names an item, and the item
books to its income account. The form shows what the buyer pays as positive, so a sale's credits and a
refund's debits go out positive, promotions negative.

Tax: a company in the United States lets QuickBooks compute sales tax by address, so every line goes out
as `NON` and tax that the marketplace collected is a line of its own. Elsewhere the gross is stated
(TaxInclusiveAmt) beside the net, and QuickBooks derives the same tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from canonical.accounting import (
    SALES_DOCUMENTS,
    AccountRef,
    Applied,
    CreditMemo,
    Document,
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
from canonical.money import round_half_up, unit_price
from connections.contracts import CompanyFacts

from . import fields
from .fields import EXCLUDED, NOT_APPLICABLE, NUMBER_LIMIT, TEXT_LIMIT, ZERO, Body, Rates, Unreadable, amount_of

EMAIL_LIMIT = 100  # IntuitNamesTypes.xsd, EmailAddress.Address
ADDRESS_LINES, ADDRESS_LIMIT = 5, 500  # IntuitNamesTypes.xsd, PhysicalAddress.Line1 to Line5
MESSAGE_LIMIT = 1000  # Finance.xsd, SalesTransaction.CustomerMemo
TRACKING_LIMIT = 31  # what the form's field shows; the interface states no length
PRICE_DECIMALS = 5
UNAPPLIED = "unapplied"  # the reference of money that a payment read back holds for no document
_REFUNDS = (DocumentType.REFUND_RECEIPT, DocumentType.CREDIT_MEMO)
_RECEIPTS = (DocumentType.SALES_RECEIPT, DocumentType.REFUND_RECEIPT)
_LINKED = {
    DocumentType.INVOICE: "Invoice",
    DocumentType.CREDIT_MEMO: "CreditMemo",
    DocumentType.JOURNAL_ENTRY: "JournalEntry",
}


# ------------------------------------------------------------------ what we send


def sale(document: SalesDocument, company: CompanyFacts) -> dict[str, Any]:
    """What a sales form has besides date, memo, currency, number and tax model."""
    direction = -1 if document.document_type in _REFUNDS else 1
    body: dict[str, Any] = {
        "CustomerRef": {"value": document.customer.key},
        **_people(document),
        **_tracking(document),
        "Line": [_line(line, direction, document.currency, company.sales_tax) for line in document.lines],
    }
    if document.document_type in _RECEIPTS:
        body["DepositToAccountRef"] = {"value": document.account.key}
        if document.method:
            body["PaymentMethodRef"] = {"value": document.method.key}
        if 0 < len(document.reference) <= NUMBER_LIMIT:
            body["PaymentRefNum"] = document.reference
    if isinstance(document, Invoice) and document.due_on:
        body["DueDate"] = document.due_on.isoformat()
    locations = {dict(line.dimensions).get("department") or dict(line.dimensions).get("location") for line in document.lines}
    shared = locations.pop() if len(locations) == 1 else None
    return {**body, "DepartmentRef": {"value": shared}} if shared else body


def memo_of(document: Document) -> str:
    """The memo; on a sales form with the order's id and the parcels' numbers, unless it has them already."""
    if not isinstance(document, SALES_DOCUMENTS):
        return document.memo
    parts = [document.memo] if document.memo else []
    if document.reference and document.reference not in document.memo:
        parts.insert(0, document.reference)
    missing = [number for number in document.tracking if number not in document.memo]
    return "\n".join([*parts, *([f"{fields.TRACKING}{', '.join(missing)}"] if missing else [])])


def _people(document: SalesDocument) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if 0 < len(document.email) <= EMAIL_LIMIT:
        found["BillEmail"] = {"Address": document.email}
    if document.shipping:
        found["ShipAddr"] = address(document.shipping)
    if document.billing:  # QuickBooks fills in the customer's own otherwise; an edit of it shows beyond the document
        found["BillAddr"] = address(document.billing)
    return found


def address(lines: Iterable[str]) -> dict[str, str]:
    """A printable address in the form's five lines; what is more goes on the last."""
    given = [line for line in lines if line]
    if len(given) > ADDRESS_LINES:
        given = [*given[: ADDRESS_LINES - 1], ", ".join(given[ADDRESS_LINES - 1 :])]
    return {f"Line{place}": line[:ADDRESS_LIMIT] for place, line in enumerate(given, 1)}


def _tracking(document: SalesDocument) -> dict[str, Any]:
    """The field shows as many whole numbers as fit; an invoice's message to the customer names the order and all parcels."""
    if document.document_type in _REFUNDS:
        return {}
    shown = ""
    for number in document.tracking:
        longer = f"{shown}, {number}" if shown else number
        if len(longer) > TRACKING_LIMIT:
            break
        shown = longer
    found: dict[str, Any] = {"TrackingNum": shown} if shown else {}
    message = [f"{fields.ORDER}{document.reference}"] if document.reference else []
    message += [f"{fields.TRACKING}{', '.join(document.tracking)}"] if document.tracking else []
    if message and isinstance(document, Invoice):
        found["CustomerMemo"] = {"value": "\n".join(message)[:MESSAGE_LIMIT]}
    return found


def _line(line: DocumentLine, direction: int, currency: str, sales_tax: str) -> dict[str, Any]:
    refs = fields.dimension_refs(line.dimensions)
    refs.pop("DepartmentRef", None)  # a sales form has one location for the whole of it
    detail: dict[str, Any] = {**({"ItemRef": {"value": line.item.key}} if line.item else {}), **refs}
    sign = direction if line.side is Side.CREDIT else -direction
    amount = sign * line.gross
    if sales_tax == "codes" and line.tax:
        detail |= {"TaxCodeRef": {"value": line.tax.key}, "TaxInclusiveAmt": amount}
        amount = sign * line.net
    elif sales_tax == "us":
        detail["TaxCodeRef"] = {"value": "NON"}
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "Description": line.description[:TEXT_LIMIT],
        "SalesItemLineDetail": {**detail, **_quantity(line.quantity, amount, currency)},
    }


def _quantity(quantity: Decimal | None, amount: Decimal, currency: str) -> dict[str, Decimal]:
    """Quantity, and the unit price only where both multiply to the amount exactly (else fault 6070)."""
    if not quantity:
        return {}
    price = unit_price(amount, quantity, currency, PRICE_DECIMALS)
    return {"Qty": quantity} if price is None or price * quantity != amount else {"Qty": quantity, "UnitPrice": price}


def payment(document: Payment, number: str) -> dict[str, Any]:
    """Money from a customer and what it is set against; nothing but the links where its total is zero."""
    return {
        "PaymentRefNum": number,
        **({"PaymentMethodRef": {"value": document.method.key}} if document.method else {}),
        "CustomerRef": {"value": document.customer.key},
        "TotalAmt": document.total,
        "DepositToAccountRef": {"value": document.account.key},
        "ARAccountRef": {"value": document.receivable.key},
        "Line": [
            {"Amount": each.amount, "LinkedTxn": [{"TxnId": each.external_id, "TxnType": _LINKED[each.document_type]}]}
            for each in document.applied
        ],
    }


# ------------------------------------------------------------------ what we read back


def read_sale(kind: DocumentType, body: Body, rates: Rates) -> SalesDocument:
    """A sales form as canonical lines. Raises Unreadable, or ValueError for one that cannot be."""
    direction = -1 if kind in _REFUNDS else 1
    currency = fields.currency_of(body)
    lines = [line for entry in fields.lines_of(body) if (line := _read_line(entry, body, rates, direction, currency))]
    lines = _reconciled([*lines, *_computed_tax(body, direction)], body, direction)
    common: dict[str, Any] = {
        "date": fields.day(body),
        "currency": currency,
        "customer": PartyRef(*fields.reference(body, "CustomerRef")),
        "account": _other_side(kind, body),
        "lines": tuple(lines),
        "memo": _memo(body),
        "reference": str(body.get("PaymentRefNum") or ""),
        "email": str((body.get("BillEmail") or {}).get("Address") or ""),
        "shipping": _read_address(body),
        "tracking": tuple(part for part in str(body.get("TrackingNum") or "").split(", ") if part),
    }
    if kind is DocumentType.INVOICE:
        due = fields.day(body, "DueDate") if body.get("DueDate") else None
        return Invoice(**common, due_on=due)
    made: Mapping[DocumentType, type[SalesReceipt] | type[RefundReceipt] | type[CreditMemo]] = {
        DocumentType.SALES_RECEIPT: SalesReceipt,
        DocumentType.REFUND_RECEIPT: RefundReceipt,
        DocumentType.CREDIT_MEMO: CreditMemo,
    }
    return made[kind](**common)


def _other_side(kind: DocumentType, body: Body) -> AccountRef:
    """Where the money lies. Invoices and credit memos do not say which receivable account they stand on: its key is "" then."""
    if kind in _RECEIPTS:
        return fields.account(body, "DepositToAccountRef")
    return AccountRef(*fields.reference(body, "ARAccountRef"))


def _memo(body: Body) -> str:
    """The memo without the line of parcels' numbers that `memo_of` puts under it."""
    written = fields.memo_of(body).splitlines()
    return "\n".join(written[:-1] if written and written[-1].startswith(fields.TRACKING) else written)


def _read_address(body: Body) -> tuple[str, ...]:
    given = body.get("ShipAddr") or {}
    return tuple(str(given[name]) for name in (f"Line{place}" for place in range(1, ADDRESS_LINES + 1)) if given.get(name))


def _read_line(entry: Body, body: Body, rates: Rates, direction: int, currency: str) -> DocumentLine | None:
    if entry.get("DetailType") == "DiscountLineDetail":
        return _read_discount(entry, direction)
    detail = fields.detail_of(entry, "SalesItemLineDetail")
    net = amount_of(entry, "Amount")
    tax = None if body.get("GlobalTaxCalculation") == NOT_APPLICABLE else fields.read_tax(detail, rates)
    gross = fields.decimal(detail.get("TaxInclusiveAmt"), net) if tax else net
    if tax and body.get("GlobalTaxCalculation") == EXCLUDED:
        gross = net + round_half_up(net * tax.rate / 100, currency)
    if not gross:
        return None
    quantity = detail.get("Qty")
    return DocumentLine(
        account=AccountRef(*fields.reference(detail, "ItemAccountRef")),
        side=Side.CREDIT if (gross > 0) == (direction > 0) else Side.DEBIT,
        gross=abs(gross),
        description=str(entry.get("Description") or ""),
        kind="",
        tax=tax,
        tax_amount=(gross - net) * (1 if gross > 0 else -1),
        dimensions=fields.read_dimensions(detail),
        item=ItemRef(*fields.reference(detail, "ItemRef")),
        quantity=None if quantity is None else fields.decimal(quantity, ZERO),
    )


def _read_discount(entry: Body, direction: int) -> DocumentLine | None:
    """A discount that a person gave on the form: it takes away from the total."""
    detail, amount = fields.detail_of(entry, "DiscountLineDetail"), amount_of(entry, "Amount")
    if not amount:
        return None
    side = Side.DEBIT if (amount > 0) == (direction > 0) else Side.CREDIT
    return DocumentLine(fields.account(detail, "DiscountAccountRef"), side, abs(amount), "", "discount")


def _computed_tax(body: Body, direction: int) -> list[DocumentLine]:
    """Tax that QuickBooks put on top of a form by itself, as automated sales tax does: a line of its own, never hidden."""
    detail = body.get("TxnTaxDetail") or {}
    if body.get("GlobalTaxCalculation") or not detail.get("TotalTax"):
        return []
    tax = amount_of(detail, "TotalTax")
    side = Side.CREDIT if (tax > 0) == (direction > 0) else Side.DEBIT
    return [DocumentLine(AccountRef("", "Sales tax"), side, abs(tax), "Sales tax", "tax")]


def _reconciled(lines: list[DocumentLine], body: Body, direction: int) -> list[DocumentLine]:
    """Lines whose tax adds up to the total stated on the form; a difference shows on the last taxed line."""
    stated = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    taxed = [index for index, line in enumerate(lines) if line.tax]
    if stated is None or not taxed:
        return lines
    derived = sum((direction * (line.tax_amount if line.side is Side.CREDIT else -line.tax_amount) for line in lines), ZERO)
    difference = direction * (fields.decimal(stated, ZERO) - derived)
    if difference:
        last = lines[taxed[-1]]
        lines[taxed[-1]] = replace(last, tax_amount=last.tax_amount + (difference if last.side is Side.CREDIT else -difference))
    return lines


def read_payment(body: Body) -> Payment:
    """A payment and what it is set against; money set against nothing (yet, or no more) is shown as applied to no document.

    Raises Unreadable, or ValueError for one that holds neither money nor links.
    """
    applied = [_applied(entry) for entry in fields.lines_of({"Line": [], **body})]
    total = amount_of(body, "TotalAmt")
    rest = total - sum(
        (-each.amount if each.document_type is DocumentType.CREDIT_MEMO else each.amount for each in applied), ZERO
    )
    if rest:
        applied.append(Applied(DocumentType.INVOICE, "", rest, UNAPPLIED))
    return Payment(
        date=fields.day(body),
        currency=fields.currency_of(body),
        customer=PartyRef(*fields.reference(body, "CustomerRef")),
        account=AccountRef(*fields.reference(body, "DepositToAccountRef")),
        receivable=AccountRef(*fields.reference(body, "ARAccountRef")),
        applied=tuple(applied),
        memo=fields.memo_of(body),
    )


def _applied(entry: Body) -> Applied:
    linked = entry.get("LinkedTxn")
    first = linked[0] if isinstance(linked, list) and linked and isinstance(linked[0], Mapping) else {}
    kinds = {name: kind for kind, name in _LINKED.items()}
    kind = kinds.get(str(first.get("TxnType")))
    if kind is None:
        raise Unreadable(f"a payment set against {first.get('TxnType')!r}")
    return Applied(kind, str(first.get("TxnId") or ""), amount_of(entry, "Amount"))
