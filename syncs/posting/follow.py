"""Following a ledger: what somebody changed or deleted there comes back to us, whoever did it.

A webhook only says "look"; looking means reading what changed since the last time, all types in one call,
and comparing what is ours with what was posted. Done once a day even if nobody called, it repairs
every webhook that was lost, came twice or came too early.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from canonical.problems import Problem
from connections import changes
from connections.contracts import Change, ChangeFeed, ChangePage
from connections.errors import Failure
from connections.models import Connection
from syncs.models import LedgerDocument
from syncs.posting import ledgers, reading
from syncs.posting.ledgers import OpenLedger
from tenants import clock

State = LedgerDocument.State

SOME = 500
UNREADABLE = "no longer a document that can be read"


@dataclass(slots=True)
class Followed:
    """What a reading found: documents that changed there, whosever they are, and how many of ours were compared."""

    changes: int = 0
    compared: int = 0


def follow(*, ledger: Connection) -> Followed:
    """Read what changed in a ledger since the last time and compare our documents with it. Raises Failure; what was
    compared before it stays, and the next reading begins where this one did."""
    started = clock.now()
    done = Followed()
    begun, types = _ours(ledger)
    opened = ledgers.open_ledger(ledger) if begun else None
    since = changes.since(ledger, begun or started)
    complete = True
    if opened is not None and isinstance(opened.target, ChangeFeed):
        for page in opened.target.changes(opened.door, opened.account, types, since=since):
            complete = complete and page.complete
            _take(opened, page, done)
    changes.note(connection=ledger, started=started, since=since, complete=complete)
    return done


def follow_due() -> int:
    """Follow this tenant's ledgers that are due; a ledger that cannot be asked now is due again. Returns how many were."""
    followed = 0
    for ledger in changes.due():
        try:
            follow(ledger=ledger)
        except Failure:
            continue
        followed += 1
    return followed


def _ours(ledger: Connection) -> tuple[datetime | None, list[str]]:
    """Since when we have documents in this ledger, and of which types; (None, []) where there are none."""
    posted = LedgerDocument.objects.filter(ledger=ledger, state=State.POSTED)
    begun: datetime | None = posted.aggregate(first=Min("posted_at"))["first"]
    return begun, sorted(posted.order_by().values_list("document_type", flat=True).distinct())


def _take(ledger: OpenLedger, page: ChangePage, done: Followed) -> None:
    """Compare those of a page that are ours. What we wrote ourselves comes back at the version we know: nothing to do."""
    done.changes += len(page.changes)
    for start in range(0, len(page.changes), SOME):
        by_id = {change.external_id: change for change in page.changes[start : start + SOME]}
        mine = LedgerDocument.objects.filter(
            ledger=ledger.connection, document_type=page.document_type, state=State.POSTED, external_id__in=list(by_id)
        ).select_related("current_revision", "ledger", "source")
        touched = [document for document in mine if _is_news(document, by_id[document.external_id])]
        _compare(ledger, touched, by_id)
        done.compared += len(touched)


def _is_news(document: LedgerDocument, change: Change) -> bool:
    return change.deleted or change.external_version != document.external_version


def _compare(ledger: OpenLedger, documents: Iterable[LedgerDocument], by_id: Mapping[str, Change]) -> None:
    documents = list(documents)
    feed = ledger.target
    if not documents or not isinstance(feed, ChangeFeed):
        return
    standing = [by_id[document.external_id] for document in documents if not by_id[document.external_id].deleted]
    found = feed.found_in(ledger.door, ledger.account, standing)
    for document in documents:
        if by_id[document.external_id].deleted:
            reading.read_back(document, None)
        elif document.external_id in found:
            reading.read_back(document, found[document.external_id])
        else:
            reading.report(document, Problem(reading.DIFFERS, {"number": document.number, "what": UNREADABLE}))
