"""What people wrote, changed or deleted in the company file since a moment.

Changes are asked for kind by kind, by their time of change, in portions; deletions in one question. The times are those of
the customer's computer, whose clock may be wrong, and an answer comes visits after it was asked for: so both are asked
for from a while earlier, which costs nothing but lines. What changed is then read anew, since our own writes may have
gone out between. Source: qbXML operations 14.0, ModifiedDateRangeFilter and TxnDeletedQuery.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from connections.contracts import Change, ChangePage, Concern, Found
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import faults, mapper, posting, qbxml, reference
from .client import PAGE, Answered, Books
from .qbxml import Element, of

# An answer serves this long: the questions that follow from it take a visit each, and visits come every quarter of an hour.
SERVES: Final = timedelta(hours=1)
EARLIER: Final = SERVES + timedelta(hours=1)
# For how long a file tells what was deleted (a bound of caution: no document of the vendor's at hand states one).
REMEMBERED: Final = timedelta(days=60)
_DOCUMENTS: Final = frozenset(entity.lower() for kind in mapper.ENTITIES for entity in mapper.entities(kind))


def concerns(notice_kind: str) -> Concern:
    """QuickBooks Desktop sends no notices; the kinds are its own words for what it keeps ("journalentry", "item")."""
    if notice_kind in _DOCUMENTS:
        return Concern.DOCUMENTS
    return Concern.REFERENCES if notice_kind in reference.KINDS else Concern.NOTHING


def pages(books: Books, document_types: Sequence[str], since: datetime) -> Iterator[ChangePage]:
    """Changes type by type. All of them are asked for before the failure that says that some wait."""
    earliest = since - EARLIER
    asked = [lambda kind=kind: _changed(books, kind, earliest) for kind in document_types]
    *changed, gone = posting.all_asked([*asked, lambda: _deleted(books, document_types, earliest)])
    complete = now() - earliest < REMEMBERED
    for kind, rows in zip(document_types, changed, strict=True):
        entities = mapper.entities(kind)
        deleted = [_change(kind, row, deleted=True) for row in gone if of(row, "TxnDelType") in entities]
        yield ChangePage(kind, (*(_change(kind, row) for row in rows), *deleted), complete)


def _changed(books: Books, kind: str, earliest: datetime) -> list[Element]:
    """Heads without lines: what of it is ours is read by itself."""
    body = {"MaxReturned": PAGE, "ModifiedDateRangeFilter": {"FromModifiedDate": _at(earliest)}}
    questions = [qbxml.request(f"{entity}QueryRq", body, iterator="Start") for entity in mapper.entities(kind)]
    asked = [lambda each=each: books.whole("changes", each, fresh=SERVES) for each in questions]
    return [row for answered in posting.all_asked(asked) for row in _told(answered)]


def _deleted(books: Books, kinds: Sequence[str], earliest: datetime) -> list[Element]:
    entities = [entity for kind in kinds for entity in mapper.entities(kind)]
    body = {"TxnDelType": entities, "DeletedDateRangeFilter": {"FromDeletedDate": _at(earliest)}}
    return _told(books.read("deletions", [qbxml.request("TxnDeletedQueryRq", body)], fresh=SERVES))


def _told(answered: Answered) -> list[Element]:
    """All objects. Raises Failure for a question that QuickBooks refused: half an answer would look like no changes."""
    for element in answered.elements:
        refusal = faults.failure(element, answered.trace_id)
        if refusal is not None:
            raise refusal
    return answered.objects()


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _change(kind: str, row: Element, *, deleted: bool = False) -> Change:
    body = {} if deleted else qbxml.body_of(row)
    return Change(kind, of(row, "TxnID"), of(row, "EditSequence"), body, deleted)


def found_in(books: Books, changes: Sequence[Change], home: str) -> dict[str, Found | None]:
    """Changed documents read as they stand now, by id: None for one that is gone or voided, absent for one that cannot be
    read. All are asked for before the failure that says that some wait."""
    found = posting.all_asked([lambda each=each: _read(books, each, home) for each in changes])  # type: ignore[misc]
    return {key: document for rows in found for key, document in rows.items()}


def _read(books: Books, change: Change, home: str) -> dict[str, Found | None]:
    try:
        return {change.external_id: posting.read(books, change.document_type, change.external_id, home, fresh=SERVES)}
    except Failure as failure:
        if failure.kind is not FailureKind.MALFORMED:
            raise
        return {}
