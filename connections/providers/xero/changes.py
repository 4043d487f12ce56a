"""What changed in an organisation's books since a moment, type by type, by If-Modified-Since.

A list shows voided and deleted documents with their status, so that nothing goes missing. Where nothing changed
the answer is empty and costs next to nothing. Allocations change their credit note: one that was taken off is
the one thing that a list does not show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from canonical.accounting import DocumentType
from connections.contracts import Change, ChangePage, Concern, Found
from connections.errors import Failure, FailureKind

from . import fields, finding, mapper, money
from .client import Body, Books

_CONCERNS = {"invoice": Concern.DOCUMENTS, "creditnote": Concern.DOCUMENTS, "contact": Concern.REFERENCES}
_PAYMENT = DocumentType.PAYMENT.value


def concerns(notice_kind: str) -> Concern:
    """What a notice of this kind is about. An invoice is also told of when its payment changes."""
    return _CONCERNS.get(notice_kind, Concern.NOTHING)


def pages(books: Books, document_types: Sequence[str], since: datetime) -> Iterator[ChangePage]:
    """Changes page by page; bank transactions are read once for both of their types."""
    entities: dict[str, list[str]] = {}
    for kind in document_types:
        entities.setdefault(mapper.ENTITIES[kind], []).append(kind)
    for entity, kinds in entities.items():
        for rows in books.pages(entity, since=since):
            for kind in kinds:
                yield ChangePage(kind, tuple(_change(kind, row) for row in rows if finding.is_of(kind, row)))
    if _PAYMENT in document_types:
        for rows in books.pages("CreditNotes", since=since):
            yield ChangePage(_PAYMENT, tuple(_allocated(rows)))


def _change(kind: str, row: Body) -> Change:
    deleted = fields.gone(row)
    external_id = str(row.get(mapper.IDS[mapper.ENTITIES[kind]]) or "")
    return Change(kind, external_id, fields.version_of(row), {} if deleted else row, deleted)


def _allocated(notes: Sequence[Body]) -> Iterator[Change]:
    for note in notes:
        for each in note.get("Allocations") or ():
            external_id = money.allocation_id(str(note.get("CreditNoteID")), str(each.get("AllocationID")))
            yield Change(_PAYMENT, external_id, "", {"Allocation": each, "CreditNote": note})


def found_in(books: Books, changes: Sequence[Change]) -> Mapping[str, Found | None]:
    """Changed documents read, by id: None for a voided one, absent for one that is not what the interface promises."""
    found: dict[str, Found | None] = {}
    for change in changes:
        try:
            found[change.external_id] = finding.found_in(books, change.document_type, change.body)
        except Failure as failure:
            if failure.kind is not FailureKind.MALFORMED:
                raise
    return found
