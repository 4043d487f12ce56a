"""A settlement's exact sums, always from the kept bytes; those just added up while rows were stored are not added up again.

Reading a million rows takes seconds, and whoever has just stored them has read them all. The sums of
that reading wait here, in the same process, for the plan that follows it; they are used once. What
differs from how they were taken (other decisions about rows, another time zone, rules that name groups
of SKUs) is read again.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from connections.models import SourceDocument
from reconciliation import books, files
from reconciliation.engine import Book, Summary, summarise, summary_for
from reconciliation.models import Settlement
from syncs.models import Integration, MappingVersion
from tenants.scope import require_tenant_id

_WAITING = 16

Key = tuple[object, ...]
_waiting: OrderedDict[Key, Summary] = OrderedDict()
_lock = Lock()


def begun(integration: Integration, version: MappingVersion | None) -> Summary:
    """An empty summary that keeps apart what plans of this integration need apart."""
    return summary_for(books.reading_book(integration), catalogue=books.catalogue_for(version))


def hand_over(document: SourceDocument, version: MappingVersion | None, summary: Summary) -> None:
    """Leave the closed summary of this document for the plan that follows."""
    with _lock:
        _waiting[_key(document, version, summary)] = summary
        while len(_waiting) > _WAITING:
            _waiting.popitem(last=False)


def summary_of(settlement: Settlement, book: Book, version: MappingVersion | None) -> Summary:
    """The sums of the settlement's file under the tenant's catalogue, told apart as `book` needs them."""
    document = settlement.document
    catalogue = books.catalogue_for(version)
    with _lock:
        ready = _waiting.pop(_key(document, version, summary_for(book, catalogue=catalogue)), None)
    if ready is not None:
        return ready
    return summarise(files.source_of(document), book=book, charset=document.blob.charset or None, catalogue=catalogue)


def _key(document: SourceDocument, version: MappingVersion | None, summary: Summary) -> Key:
    """Everything the sums depend on. A published mapping version never changes."""
    apart = (
        summary.periods.zone.key,
        tuple(summary.periods.breaks),
        summary.by_supply,
        summary.sku_groups.groups,
        summary.cleared,
    )
    return (require_tenant_id(), document.pk, document.blob_id, version.pk if version else None, *apart)
