"""Finishing what was begun: after a crash, a lost answer, a restore, or a wait that is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from connections.contracts import Found
from connections.errors import Failure
from connections.models import Connection
from syncs.changes import OPEN_PHASES, STANDING, not_amended_mark
from syncs.models import LedgerDocument, PostingAttempt
from syncs.posting import calls, claims, create, ledgers, proof, reading, records
from syncs.posting.amend import go_on
from syncs.posting.results import Posting, Result, Verdict, result
from syncs.posting.undo import undo
from tenants import clock
from tenants.models import User
from tenants.news import audit, publish, settle_alerts

State = LedgerDocument.State
Phase = PostingAttempt.Phase
BEGUN = (State.POSTING, State.AMENDING, State.UNKNOWN, State.UNDOING)

# Posted documents are compared with the ledger once a day, for as long as people still work on the period.
WATCHED_FOR, WATCHED_EVERY = timedelta(days=62), timedelta(hours=20)
# What was posted is read back at once; when that failed, the sweeper tries for this long.
READ_BACK_FOR = timedelta(days=2)
SOME = 200
# As many as one taking by the sweeper goes on with, before other tenants have their turn.
CALLFUL = 30


def unfinished(*, ledger: Connection | None = None, limit: int = SOME) -> list[LedgerDocument]:
    """Documents whose posting, amending or undoing was begun and may go on now: their wait is over, no worker has them."""
    now = clock.now()
    leased = PostingAttempt.objects.filter(document=OuterRef("pk"), phase__in=OPEN_PHASES, claimed_until__gt=now)
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    found = LedgerDocument.objects.filter(due, ~Exists(leased), state__in=BEGUN, ledger__state=Connection.State.ACTIVE)
    if ledger is not None:
        found = found.filter(ledger=ledger)
    return list(found.select_related("current_revision").order_by("pk")[:limit])


def unread(*, ledger: Connection | None = None, limit: int = SOME) -> list[LedgerDocument]:
    """Posted documents that have not been read back yet."""
    found = LedgerDocument.objects.filter(
        state=State.POSTED,
        read_back_at__isnull=True,
        posted_at__gt=clock.now() - READ_BACK_FOR,
        ledger__state=Connection.State.ACTIVE,
    )
    if ledger is not None:
        found = found.filter(ledger=ledger)
    return list(found.select_related("current_revision").order_by("pk")[:limit])


def planned(*, ledger: Connection) -> list[LedgerDocument]:
    """Everything that is to be posted to a ledger and, as far as we know, is not there."""
    found = LedgerDocument.objects.filter(ledger=ledger, state__in=[State.PLANNED, State.HELD])
    return list(found.select_related("current_revision", "ledger", "source").order_by("pk"))


def resume(*, ledger: Connection | None = None, limit: int = SOME) -> Posting:
    """Go on with what was begun in this tenant and whose time has come, so many documents of it. What was asked for was
    asked for as it stands: a document cannot be planned otherwise while it is under way."""
    begun = unfinished(ledger=ledger, limit=limit)
    going_in = [document for document in begun if document.state in (State.POSTING, State.UNKNOWN)]
    changing = [document for document in begun if document.state == State.AMENDING]
    coming_out = [document for document in begun if document.state == State.UNDOING]
    shown = {each.public_id: each.current_revision.hash for each in going_in if each.current_revision is not None}
    results = [*create.post(documents=going_in, shown=shown).results, *go_on(changing).results]
    results += undo(documents=coming_out).results
    not_read = unread(ledger=ledger, limit=limit)
    proof.compare(documents=[document for document in not_read if document.source_kind != proof.SETTLEMENT])
    for document in not_read:
        if document.source_kind == proof.SETTLEMENT:
            verify(document=document)
    return Posting.of(results)


def verify(*, document: LedgerDocument) -> LedgerDocument:
    """Read a posted document back from its ledger. A ledger that cannot be asked now changes nothing."""
    connection = Connection.objects.get(pk=document.ledger_id)
    ledger = ledgers.open_ledger(connection)
    try:
        found = ledger.read(document)
    except Failure:
        return document
    return reading.read_back(document, found)


def unwatched() -> list[LedgerDocument]:
    """Documents of settlements that were last compared with their ledger too long ago. Those of orders are many: they
    are compared when the ledger says that they changed, and before each amendment."""
    found = LedgerDocument.objects.filter(
        state=State.POSTED,
        source_kind=proof.SETTLEMENT,
        read_back_at__lt=clock.now() - WATCHED_EVERY,
        posted_at__gt=clock.now() - WATCHED_FOR,
        ledger__state=Connection.State.ACTIVE,
    )
    return list(found.select_related("current_revision", "ledger", "source").order_by("read_back_at")[:SOME])


def watch() -> int:
    """Compare what was posted with what stands in the ledgers now: somebody may have edited or deleted it there.
    Returns how many were compared."""
    return proof.compare(documents=unwatched())


def look(*, documents: Iterable[LedgerDocument]) -> Posting:
    """Ask the ledger whether it already has these, and take over what it has: after a restore, our tables may be
    behind the ledger. Sends nothing."""
    given = list(documents)
    results: dict[int, Result] = {}
    for connection, group in calls.by_ledger(given):
        ledger = ledgers.open_ledger(connection)
        for some in calls.callfuls(group, ledger.batch):
            results |= {each.document_id: each for each in _look_for(ledger, some)}
    return Posting.of(results[document.pk] for document in given)


def _look_for(ledger: ledgers.OpenLedger, documents: Sequence[LedgerDocument]) -> list[Result]:
    asked = [document for document in documents if document.state in (State.PLANNED, State.HELD) and document.current_revision]
    results = [result(document, Verdict.REFUSED) for document in documents if document not in asked]
    if not asked:
        return results
    found = ledger.find([ledgers.request_for(document, document.current_revision, ledger) for document in asked])
    for document in asked:
        here = found.get(ledgers.marker_of(document))
        results.append(result(document, Verdict.REFUSED) if here is None else _take_over(document, here))
    return results


def _take_over(document: LedgerDocument, here: Found) -> Result:
    with transaction.atomic(durable=True):
        locked = claims.lock([document]).get(document.pk)
        if locked is None or locked.state not in (State.PLANNED, State.HELD):
            return result(document, Verdict.BUSY)
        key = ledgers.request_id(locked, PostingAttempt.Action.CREATE)
        attempt = claims.new_attempt(locked, PostingAttempt.Action.CREATE, key, claims.worker_name())
        return records.posted(
            records.Claim(locked, attempt, doubtful=True),
            external_id=here.external_id,
            version=here.external_version,
            number=here.number,
            phase=Phase.FOUND,
            found=here,
        )


@transaction.atomic
def release(*, document: LedgerDocument, by: User | None = None) -> LedgerDocument:
    """Let a held document be posted again: a person says that its cause is mended."""
    locked: LedgerDocument = LedgerDocument.objects.select_for_update().get(pk=document.pk)
    if locked.state != State.HELD:
        return locked
    audit("document.released", locked, before={"problem": locked.problem_code}, after={"by": by.pk if by else None})
    locked.state, locked.problem_code, locked.problem_params, locked.not_before = State.PLANNED, "", {}, None
    locked.save(update_fields=["state", "problem_code", "problem_params", "not_before"])
    return locked


@transaction.atomic
def leave(*, document: LedgerDocument, by: User | None = None, reason: str = "") -> LedgerDocument:
    """Leave the ledger's document as it is: the change that waits is not sent, and not asked about again."""
    locked: LedgerDocument = LedgerDocument.objects.select_for_update().get(pk=document.pk)
    left = locked.pending_revision
    if left is None or locked.state not in STANDING or claims.open_attempt(locked) is not None:
        return locked
    locked.state, locked.not_before = State.POSTED, None
    locked.left_revision, locked.pending_revision = left, None
    records.set_problem(locked, None)
    locked.save(update_fields=["state", "not_before", "left_revision", "pending_revision", "problem_code", "problem_params"])
    settle_alerts(not_amended_mark(locked))
    publish("document.left", locked, hash=left.hash)
    audit("document.left", locked, after={"hash": left.hash, "by": by.pk if by else None}, reason=reason)
    return locked
