"""Finding out what Xero holds of our documents.

The mark is believed, not the number. Invoices are asked for by their numbers, all of a lost batch in one
question; what it does not show, and every other type, is sought among the documents of the days, since a filter
on texts would be a long chain of alternatives that Xero answers slowly or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from canonical.accounting import DocumentType, Payment
from connections.contracts import Found, PostRequest

from . import allocations, fields, mapper, money
from .client import Body, Books, between, promised

_KINDS = {"deposit": "RECEIVE", "withdrawal": "SPEND", "invoice": "ACCREC", "credit_memo": "ACCRECCREDIT"}
# They need not say their currency: it is the home currency, or their document's.
_SILENT = (DocumentType.JOURNAL_ENTRY.value, DocumentType.PAYMENT.value)
ASKED_AT_ONCE = 1500  # characters of ids or numbers in one question: an address has room for a few thousand


def find(books: Books, requests: Sequence[PostRequest]) -> dict[str, Found]:
    """By marker. One question per type in nearly every case."""
    have: dict[str, Found] = {}
    for document_type, asked in _by_type(requests).items():
        for rows in _searches(books, document_type, asked):
            wanted = {request.marker for request in asked} - have.keys()
            have |= _matching(books, document_type, rows, wanted)
            if {request.marker for request in asked} <= have.keys():
                break
    for request in requests:
        if isinstance(request.document, Payment) and money.is_allocation(request.document):
            found = allocations.find(books, request)
            have |= {request.marker: found} if found else {}
    return have


def _by_type(requests: Sequence[PostRequest]) -> dict[str, list[PostRequest]]:
    found: dict[str, list[PostRequest]] = {}
    for request in requests:
        if not (isinstance(request.document, Payment) and money.is_allocation(request.document)):
            found.setdefault(request.document.document_type.value, []).append(request)
    return found


def _searches(books: Books, document_type: str, asked: Sequence[PostRequest]) -> Iterator[list[Body]]:
    """Rows to look at, narrowest first."""
    entity = mapper.ENTITIES[document_type]
    if document_type == DocumentType.INVOICE.value:
        for some in in_portions([str(request.payload["InvoiceNumber"]) for request in asked]):
            yield from books.pages(entity, more={"InvoiceNumbers": ",".join(some)})
    days = [request.document.date for request in asked]
    yield from books.pages(entity, where=between(min(days), max(days)))


def _matching(books: Books, document_type: str, rows: Sequence[Body], wanted: set[str]) -> dict[str, Found]:
    """Those that carry a mark we look for; of two with one mark (somebody copied ours) the older is it."""
    have: dict[str, Found] = {}
    for row in rows:
        marker = fields.marker_of(row)
        if marker not in wanted or marker in have or not is_of(document_type, row):
            continue
        found = found_in(books, document_type, row)
        if found:
            have[marker] = found
    return have


def is_of(document_type: str, row: Body) -> bool:
    """Bank transactions and invoices of several types share a list."""
    wanted = _KINDS.get(document_type)
    return wanted is None or row.get("Type") == wanted


def found_in(books: Books, document_type: str, body: Body) -> Found | None:
    """Read back; a document that was voided or deleted counts as gone. Raises Failure MALFORMED."""
    if fields.gone(body):
        return None
    home = books.home if document_type in _SILENT else ""
    return promised(lambda: mapper.found(document_type, _with_currency(books, document_type, body), home))


def _with_currency(books: Books, document_type: str, body: Body) -> Body:
    """A payment of a credit note does not say its currency: outside the home currency the credit note is asked."""
    note = body.get("CreditNote")
    if document_type != DocumentType.PAYMENT.value or not isinstance(note, dict) or note.get("CurrencyCode"):
        return body
    if fields.decimal(body.get("CurrencyRate"), fields.ONE) == 1:
        return body
    whole = books.read("CreditNotes", str(note.get("CreditNoteID") or ""))
    return {**body, "CreditNote": {**note, "CurrencyCode": (whole or {}).get("CurrencyCode")}}


def read(books: Books, document_type: str, external_id: str) -> Found | None:
    """The document as it stands now; None when it is gone."""
    if document_type == DocumentType.PAYMENT.value and money.split_id(external_id)[1]:
        return allocations.read(books, external_id)
    body = books.read(mapper.ENTITIES[document_type], external_id)
    return found_in(books, document_type, body) if body else None


def standing(books: Books, entity: str, ids: Sequence[str]) -> dict[str, Body]:
    """Objects that are there and not voided, by id: many invoices by one question, others one by one."""
    name = mapper.IDS[entity]
    if entity == "Invoices" and len(ids) > 1:
        pages = (books.pages(entity, more={"IDs": ",".join(some)}) for some in in_portions(ids))
        rows = [row for several in pages for page in several for row in page]
    else:
        rows = [row for external_id in ids if (row := books.read(entity, external_id))]
    return {str(row.get(name)): row for row in rows if not fields.gone(row)}


def in_portions(values: Sequence[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    size = 0
    for value in dict.fromkeys(values):
        if portion and size + len(value) > ASKED_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(value)
        size += len(value) + 1
    if portion:
        yield portion
