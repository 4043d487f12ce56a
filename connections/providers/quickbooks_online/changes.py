"""What changed in a company's books since a moment, by change data capture.

One call tells up to a thousand objects of many types, deleted ones too, with their whole bodies. A busy
company has more: then every type is asked on its own, and one that is still too many is read page by page
by its time of change, which cannot show what was deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connections.contracts import Change, ChangePage, Concern, Found
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import mapper, posting, reference
from .client import CDC_DAYS, CDC_LIMIT, Body, Books, quoted

_DOCUMENTS = frozenset(entity.lower() for entity in mapper.ENTITIES.values())
_REFERENCES = frozenset(entity.lower() for entity in reference.KINDS.values())


def concerns(notice_kind: str) -> Concern:
    """What a notice of this kind ("salesreceipt", "item", "bill") is about."""
    if notice_kind in _DOCUMENTS:
        return Concern.DOCUMENTS
    return Concern.REFERENCES if notice_kind in _REFERENCES else Concern.NOTHING


def pages(books: Books, document_types: Sequence[str], since: datetime) -> Iterator[ChangePage]:
    """Changes type by type; see the module."""
    entities = {mapper.ENTITIES[kind]: kind for kind in document_types}
    if now() - since >= timedelta(days=CDC_DAYS):
        for entity, kind in entities.items():
            yield from _by_time(books, entity, kind, since)
        return
    changed = books.changes(list(entities), since)
    whole = sum(map(len, changed.values())) < CDC_LIMIT
    for entity, kind in entities.items():
        rows = changed[entity] if whole or len(entities) == 1 else books.changes([entity], since)[entity]
        if whole or len(rows) < CDC_LIMIT:
            yield ChangePage(kind, tuple(_change(kind, row) for row in rows))
        else:
            yield from _by_time(books, entity, kind, since)


def _by_time(books: Books, entity: str, kind: str, since: datetime) -> Iterator[ChangePage]:
    where = f" WHERE MetaData.LastUpdatedTime >= {quoted(since.isoformat(timespec='seconds'))}"
    for rows in books.pages(entity, where):
        yield ChangePage(kind, tuple(_change(kind, row) for row in rows), complete=False)
    yield ChangePage(kind, (), complete=False)


def _change(kind: str, body: Body) -> Change:
    deleted = str(body.get("status") or "") == "Deleted"
    return Change(kind, str(body.get("Id") or ""), str(body.get("SyncToken") or ""), {} if deleted else body, deleted)


def found_in(books: Books, changes: Sequence[Change]) -> Mapping[str, Found | None]:
    """Changed documents read, by id: None for a voided one, absent for one that is not what the interface promises."""
    rates = posting.TaxRates(books)
    found: dict[str, Found | None] = {}
    for change in changes:
        try:
            found[change.external_id] = posting.found_in(change.document_type, change.body, rates)
        except Failure as failure:
            if failure.kind is not FailureKind.MALFORMED:
                raise
    return found
