"""Payments in Xero's shape, both ways, and allocations: money that was not paid but set against what is owed.

Pure. A payment belongs to one invoice, or gives back what a credit note holds. A payment of nothing, which
only sets a credit note against an invoice, is an Allocation in Xero: it has no field of its own for our mark,
so it is known by the two documents it joins, and its id here names both its credit note and itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canonical.accounting import AccountRef, Applied, DocumentType, PartyRef, Payment

from . import fields
from .fields import Body, Unreadable

_BETWEEN = "/"


def payment(document: Payment, number: str, marker: str) -> dict[str, Any]:
    """Money in for an invoice, or back out for a credit note; an allocation where the total is zero."""
    if is_allocation(document):
        return allocation(document)
    each = document.applied[0]
    invoice = each.document_type is not DocumentType.CREDIT_MEMO
    against = {"Invoice": {"InvoiceID": each.external_id}} if invoice else {"CreditNote": {"CreditNoteID": each.external_id}}
    return {
        **against,
        "Account": fields.account(document.account),
        "Date": document.date.isoformat(),
        "Amount": abs(document.total),
        "Reference": fields.reference(each.reference or number, marker),
    }


def is_allocation(document: Payment) -> bool:
    """One invoice and one credit note, as much of the one as of the other."""
    kinds = sorted(each.document_type.value for each in document.applied)
    return not document.total and kinds == [DocumentType.CREDIT_MEMO.value, DocumentType.INVOICE.value]


def allocation(document: Payment) -> dict[str, Any]:
    invoice = next(each for each in document.applied if each.document_type is DocumentType.INVOICE)
    return {"Amount": invoice.amount, "Date": document.date.isoformat(), "Invoice": {"InvoiceID": invoice.external_id}}


def credit_note_of(document: Payment) -> str:
    """The id of the credit note that an allocation uses up."""
    return next(each.external_id for each in document.applied if each.document_type is DocumentType.CREDIT_MEMO)


def allocation_id(credit_note: str, allocation: str) -> str:
    return f"{credit_note}{_BETWEEN}{allocation}"


def split_id(external_id: str) -> tuple[str, str]:
    """(credit note, allocation); the second is "" for a payment proper."""
    credit_note, _, allocation = external_id.partition(_BETWEEN)
    return credit_note, allocation


def read_payment(body: Body, home_currency: str) -> Payment:
    """A payment and the document it is for; one at a rate of 1 is in the home currency, which is not always said. Raises Unreadable."""
    for name, key, kind in (
        ("Invoice", "InvoiceID", DocumentType.INVOICE),
        ("CreditNote", "CreditNoteID", DocumentType.CREDIT_MEMO),
    ):
        for_ = body.get(name)
        if isinstance(for_, Mapping) and for_.get(key):
            said = fields.without_mark(str(body.get("Reference") or ""))
            applied = Applied(kind, str(for_[key]), fields.amount_of(body, "Amount"), said)
            home = home_currency if fields.decimal(body.get("CurrencyRate"), fields.ONE) == 1 else ""
            return _payment(body, for_, applied, home)
    raise Unreadable("a payment of neither an invoice nor a credit note")


def _payment(body: Body, for_: Body, applied: Applied, home: str) -> Payment:
    """Which receivable account it is for is not said, since there is one: its key is ""."""
    return Payment(
        date=fields.day(body),
        currency=str(for_.get("CurrencyCode") or body.get("CurrencyCode") or home),
        customer=_contact(for_),
        account=fields.read_account(body, "Account"),
        receivable=AccountRef("", ""),
        applied=(applied,),
    )


def read_allocation(credit_note: Body, allocation: Body) -> Payment:
    """An allocation as the payment of nothing that it is to us. Raises Unreadable."""
    invoice = allocation.get("Invoice")
    if not isinstance(invoice, Mapping) or not invoice.get("InvoiceID"):
        raise Unreadable("an allocation to no invoice")
    amount = fields.amount_of(allocation, "Amount")
    return Payment(
        date=fields.day(allocation),
        currency=str(credit_note.get("CurrencyCode") or ""),
        customer=_contact(credit_note),
        account=AccountRef("", ""),
        receivable=AccountRef("", ""),
        applied=(
            Applied(DocumentType.INVOICE, str(invoice["InvoiceID"]), amount),
            Applied(DocumentType.CREDIT_MEMO, fields.text(credit_note, "CreditNoteID"), amount),
        ),
    )


def _contact(body: Body) -> PartyRef:
    contact = body.get("Contact")
    stated = contact if isinstance(contact, Mapping) else {}
    return PartyRef(str(stated.get("ContactID") or ""), str(stated.get("Name") or ""))
