"""What should exist in the ledger: canonical documents turned into rows, once, before anything is sent.

`plan()` may be called as often as one likes. A LedgerDocument is found again by what it is for (ledger,
source, source reference, part), never made twice; what it says is kept in immutable DocumentRevisions,
and a new one is made only when it says something else. Once a document stands in the ledger, planning
writes it over no more: see `changes.py` for what becomes of a change then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db import connection, transaction

from connections.contracts import CompanyFacts, Target
from connections.models import Connection
from syncs import withdrawal
from syncs.changes import (
    CHANGED_AFTER_POSTING,
    OPEN_PHASES,
    STANDING,
    await_amendment,
    report_change,
    report_changed,
    report_gone,
)
from syncs.models import DocumentLine, DocumentRevision, LedgerDocument, LineTrace, MappingVersion, PostingAttempt
from syncs.revisions import PlannedPart, Said, payload_of, posting_key, revise, said_by, said_of
from tenants.news import publish

__all__ = [
    "CHANGED_AFTER_POSTING",
    "OPEN_PHASES",
    "STANDING",
    "PlannedPart",
    "payload_of",
    "plan",
    "posting_key",
    "report_changed",
    "said_by",
]

State = LedgerDocument.State


@transaction.atomic
def plan(
    *,
    ledger: Connection,
    source: Connection,
    source_ref: str,
    parts: Sequence[PlannedPart],
    mapping_version: MappingVersion | None,
    company: CompanyFacts,
    target: Target,
    source_kind: str = "settlement",
    amendable: bool = False,
) -> list[LedgerDocument]:
    """Make the ledger documents of one source say what `parts` say; returns them in the order of `parts`.

    Documents that are being posted or stand in the ledger keep what they say. A change of them is reported;
    with `amendable` it becomes their pending revision, for `posting.amend` to send.
    """
    _one_planner_at_a_time(ledger, source, source_ref)
    documents = list(
        LedgerDocument.objects.select_for_update(of=("self",))
        .filter(ledger=ledger, source=source, source_ref=source_ref, source_kind=source_kind)
        .select_related("current_revision", "pending_revision", "left_revision", "ledger", "source")
        .order_by("pk")
    )
    open_ids = set(_in_flight(documents))
    open_ids -= _taken_back(documents, open_ids, parts, company, target)
    blank = LedgerDocument(ledger=ledger, source=source, source_ref=source_ref, source_kind=source_kind, amendable=amendable)
    planned = []
    for part in parts:
        live = _live(documents, part.part)
        if live is not None and (live.pk in open_ids or live.state in STANDING):
            said = said_of(live if live.document_type == part.document.document_type else blank, part, company, target)
            _plan_over(live, said, mapping_version, in_flight=live.pk in open_ids, amendable=amendable)
            planned.append(live)
            continue
        planned.append(_plan_part(blank, documents, live, said_of(blank, part, company, target), mapping_version))
    _drop_vanished(documents, open_ids, {part.part for part in parts})
    return planned


# ---------------------------------------------------------------- one part


def _plan_over(
    live: LedgerDocument, said: Said, mapping_version: MappingVersion | None, *, in_flight: bool, amendable: bool
) -> None:
    """A document that is in the ledger, or may be: it is not planned over."""
    another_type = live.document_type != said.part.document.document_type
    if amendable and not another_type and live.state != State.UNDOING:
        await_amendment(live, said, mapping_version)
    elif not in_flight:
        report_change(live, said)


def _plan_part(
    blank: LedgerDocument,
    documents: list[LedgerDocument],
    live: LedgerDocument | None,
    said: Said,
    mapping_version: MappingVersion | None,
) -> LedgerDocument:
    if live is not None and live.document_type != said.part.document.document_type:
        _drop(live)
        documents.remove(live)
        live = None
    document = live or _revived(documents, said.part) or _new(blank, said)
    if document not in documents:
        documents.append(document)
    document.amendable, document.pending_revision = blank.amendable, None
    document.save(update_fields=["amendable", "pending_revision"])
    changed = document.current_revision is None or document.current_revision.hash != said.hash
    if changed:
        document.current_revision = revise(document, said, mapping_version)
    _set_planned(document, said, changed=changed)
    return document


def _live(documents: Sequence[LedgerDocument], part: str) -> LedgerDocument | None:
    return next((each for each in documents if each.part == part and each.state != State.UNDONE), None)


def _revived(documents: Sequence[LedgerDocument], part: PlannedPart) -> LedgerDocument | None:
    """The undone document of the same type and part: it is the same document, posted again under a new epoch."""
    same = (each for each in documents if each.part == part.part and each.document_type == part.document.document_type)
    return next(same, None)


def _new(blank: LedgerDocument, said: Said) -> LedgerDocument:
    made: LedgerDocument = LedgerDocument.objects.create(
        ledger=blank.ledger,
        source=blank.source,
        source_ref=blank.source_ref,
        source_kind=blank.source_kind,
        document_type=said.part.document.document_type.value,
        part=said.part.part,
        number=said.number,
        amendable=blank.amendable,
    )
    return made


def _set_planned(document: LedgerDocument, said: Said, *, changed: bool) -> None:
    """Planned, or held by the plan's own problem. What a person asked to post stays asked for while it says the same."""
    problem = said.part.problem
    if not changed and problem is None and document.state in (State.PLANNED, State.POSTING):
        return
    document.state = State.PLANNED if problem is None else State.HELD
    document.number, document.not_before = said.number, None
    document.problem_code = "" if problem is None else problem.code
    document.problem_params = {} if problem is None else dict(problem.params)
    document.save()
    publish(
        "document.held" if problem else "document.planned",
        document,
        hash=said.hash,
        total=f"{said.part.document.total:f}",
        currency=said.part.document.currency,
        problem=document.problem_code,
    )


# ---------------------------------------------------------------- what vanished


def _drop_vanished(documents: Sequence[LedgerDocument], open_ids: set[int], kept: set[str]) -> None:
    """Parts that are planned no more: forgotten while only planned, reported once they are in the ledger."""
    for document in documents:
        if document.part in kept or document.pk in open_ids or document.state == State.UNDONE:
            continue
        if document.state in STANDING:
            report_gone(document)
        else:
            _drop(document)


def _drop(document: LedgerDocument) -> None:
    """Forget a document that never reached the ledger; where something was tried, its history stays."""
    if PostingAttempt.objects.filter(document=document).exists():
        document.state = State.UNDONE
        document.save(update_fields=["state"])
        return
    revisions = DocumentRevision.objects.filter(document=document)
    LedgerDocument.objects.filter(pk=document.pk).update(current_revision=None, pending_revision=None, left_revision=None)
    LineTrace.objects.filter(line__revision__in=revisions).delete()
    DocumentLine.objects.filter(revision__in=revisions).delete()
    revisions.delete()
    LedgerDocument.objects.filter(pk=document.pk).delete()


def _in_flight(documents: Sequence[LedgerDocument]) -> list[int]:
    """Documents that may stand in the ledger although they are not posted: planning must not touch them."""
    ids = [document.pk for document in documents]
    tried = PostingAttempt.objects.filter(document__in=ids, phase__in=OPEN_PHASES).values_list("document_id", flat=True)
    return [*tried, *(document.pk for document in documents if document.state in (State.UNKNOWN, State.UNDOING))]


def _taken_back(
    documents: Sequence[LedgerDocument], open_ids: set[int], parts: Sequence[PlannedPart], company: CompanyFacts, target: Target
) -> set[int]:
    """Of documents on their way to a ledger that polls us, those that would say something else now, or are wanted no
    more, and that nobody has fetched: they are taken back, and planned like any other."""
    wanted = {part.part: part for part in parts}
    back = set()
    for document in documents:
        if document.pk not in open_ids or document.state not in (State.POSTING, State.UNKNOWN):
            continue
        part = wanted.get(document.part)
        if (part is None or not _says(document, part, company, target)) and withdrawal.take_back(document):
            back.add(document.pk)
    return back


def _says(document: LedgerDocument, part: PlannedPart, company: CompanyFacts, target: Target) -> bool:
    """Whether the document says just what this part would."""
    if document.document_type != part.document.document_type.value or document.current_revision is None:
        return False
    return bool(document.current_revision.hash == said_of(document, part, company, target).hash)


def _one_planner_at_a_time(ledger: Connection, source: Connection, source_ref: str) -> None:
    """Two planners of one source wait for each other: while there is no row yet there is none to lock."""
    name = f"plan\x1f{ledger.pk}\x1f{source.pk}\x1f{source_ref}"
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
