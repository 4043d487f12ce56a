"""Reading documents back from a ledger in as few calls as may be.

A settlement is proved by reading it again after it was written: that is the last rung of its ladder. Of an
order, the ledger's own answer to the write is proof enough where it shows the whole document; what the
answer did not show is asked for by one query for many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connections.contracts import Found
from connections.errors import Failure
from syncs import hooks
from syncs.models import LedgerDocument
from syncs.posting import calls, ledgers, reading
from syncs.posting.ledgers import OpenLedger
from syncs.posting.records import Claim

SETTLEMENT = "settlement"


def read_back(ledger: OpenLedger, claims: Sequence[Claim]) -> None:
    """Keep how the ledger holds what was just written. It stands there whether this works or not; the sweeper reads
    what is missing."""
    again = [claim.document for claim in claims if claim.document.source_kind == SETTLEMENT]
    rest = [claim for claim in claims if claim.document.source_kind != SETTLEMENT]
    for claim in rest:
        if claim.here is not None:
            _keep(claim.document, claim.here)
    try:
        for document in again:
            _keep(document, ledger.read(document))
        _read_and_keep(ledger, [claim.document for claim in rest if claim.here is None], just_written=True)
    except Failure:
        return


def compare(*, documents: Iterable[LedgerDocument]) -> int:
    """Compare posted documents with what stands in their ledgers now, with one query for each callful; what it does
    not show is read by itself. Returns how many were compared; a ledger that cannot be asked now changes nothing."""
    compared = 0
    for connection, group in calls.by_ledger(documents):
        ledger = ledgers.open_ledger(connection)
        for some in calls.callfuls(group, ledger.batch):
            try:
                _read_and_keep(ledger, some)
            except Failure:
                break
            compared += len(some)
    return compared


def read_many(ledger: OpenLedger, documents: Sequence[LedgerDocument]) -> dict[int, Found | None]:
    """What stands in the ledger for each of these, by primary key: one read for one, one query for several."""
    if len(documents) < 2:
        return {document.pk: ledger.read(document) for document in documents}
    found = ledger.find([ledgers.request_for(document, document.current_revision, ledger) for document in documents])
    here: dict[int, Found | None] = {}
    for document in documents:
        seen = found.get(ledgers.marker_of(document))
        if seen is None or seen.external_id != document.external_id:  # gone, or a copy that somebody made of it
            seen = ledger.read(document)
        here[document.pk] = seen
    return here


def _read_and_keep(ledger: OpenLedger, documents: Sequence[LedgerDocument], *, just_written: bool = False) -> None:
    here = read_many(ledger, documents)
    for document in documents:
        seen = here[document.pk]
        if just_written and seen is not None and seen.external_version != document.external_version:
            seen = ledger.read(document)  # a query may lag behind what was written a moment ago
        _keep(document, seen)


def _keep(document: LedgerDocument, found: Found | None) -> None:
    hooks.at("read")
    reading.read_back(document, found)
