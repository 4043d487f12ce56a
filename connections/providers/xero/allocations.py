"""Setting a credit note against an invoice: what to us is a payment of nothing is an Allocation in Xero.

It hangs on its credit note and carries no mark. So it is known by what it joins: an allocation of that credit
note to that invoice, of that amount, is the one that was asked for.
"""

from __future__ import annotations

from canonical.accounting import DocumentType, Payment
from connections.contracts import Found, PostRequest

from . import fields, mapper, money
from .client import Body, Books, Element, promised

_CREDIT_NOTES = "CreditNotes"


def create(books: Books, request: PostRequest) -> tuple[Element, str]:
    """The element is the allocation together with its credit note (`_joined`). Raises Failure."""
    assert isinstance(request.document, Payment)  # noqa: S101 - the caller has asked
    note_id = money.credit_note_of(request.document)
    path = f"/{_CREDIT_NOTES}/{note_id}/Allocations"
    elements, trace_id = books.write(
        _CREDIT_NOTES, [mapper.exact(request.payload)], request.request_id, path=path, plural="Allocations"
    )
    if elements[0].body is None:
        return elements[0], trace_id
    note = {"CreditNoteID": note_id, "CurrencyCode": request.document.currency}
    return Element(body=_joined(note, elements[0].body)), trace_id


def delete(books: Books, external_id: str) -> Element | None:
    """None when it is gone already. Raises Failure."""
    note_id, allocation_id = money.split_id(external_id)
    if read(books, external_id) is None:
        return None
    books.delete(f"{_CREDIT_NOTES}.allocations", f"/{_CREDIT_NOTES}/{note_id}/Allocations/{allocation_id}")
    return Element(body={"AllocationID": allocation_id})


def read(books: Books, external_id: str) -> Found | None:
    note_id, allocation_id = money.split_id(external_id)
    note = books.read(_CREDIT_NOTES, note_id)
    return next((_found(note, each) for each in _of(note) if each.get("AllocationID") == allocation_id), None) if note else None


def find(books: Books, request: PostRequest) -> Found | None:
    """The allocation that this payment of nothing stands for."""
    assert isinstance(request.document, Payment)  # noqa: S101 - the caller has asked
    note = books.read(_CREDIT_NOTES, money.credit_note_of(request.document))
    wanted = next(each for each in request.document.applied if each.document_type is DocumentType.INVOICE)
    for each in _of(note or {}):
        same = (each.get("Invoice") or {}).get("InvoiceID") == wanted.external_id
        if note and same and fields.decimal(each.get("Amount")) == wanted.amount:
            return _found(note, each)
    return None


def in_note(note: Body) -> list[Found]:
    """All allocations of one credit note, read."""
    return [_found(note, each) for each in _of(note)]


def _of(note: Body) -> list[Body]:
    given = note.get("Allocations") or ()
    return [each for each in given if isinstance(each, dict) and each.get("AllocationID") and not each.get("IsDeleted")]


def _found(note: Body, allocation: Body) -> Found:
    return promised(lambda: mapper.found(DocumentType.PAYMENT.value, _joined(note, allocation), ""))


def _joined(note: Body, allocation: Body) -> Body:
    """An allocation as one body: `mapper.found` reads it like a payment."""
    return {"Allocation": allocation, "CreditNote": note}
