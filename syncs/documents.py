"""What should exist in the ledger: canonical documents turned into rows, once, before anything is sent.

`plan()` may be called as often as one likes. A LedgerDocument is found again by what it is for (ledger,
source, source reference, part), never made twice; what it says is kept in immutable DocumentRevisions,
and a new one is made only when it says something else. Once a document stands in the ledger, planning
touches it no more: a plan that has changed since is reported, never posted over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from canonical.accounting import ZERO, Deposit, Document, Side, balanced_lines
from canonical.accounting import DocumentLine as CanonicalLine
from canonical.identity import PostingKey
from canonical.plain import as_text, content, content_hash, document_of, plain_document
from canonical.problems import Problem, Severity, declare
from connections.contracts import CompanyFacts, Target
from connections.models import Connection
from syncs.models import DocumentLine, DocumentRevision, LedgerDocument, LineTrace, MappingVersion, PostingAttempt
from tenants.news import alert, publish, settle_alerts

State = LedgerDocument.State
OPEN_PHASES = (PostingAttempt.Phase.CLAIMED, PostingAttempt.Phase.SENT, PostingAttempt.Phase.UNKNOWN)

CHANGED_AFTER_POSTING = declare(
    "document.changed_after_posting",
    "%(number)s was posted as %(posted)s; it would now be %(planned)s.",
    "Nothing was changed in the ledger. Undo the posting and post again, or leave it as it is.",
    Severity.WARNS,
)


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One document to be: its part of the source ("" or "1", "2" ...), and what it says.

    `settlement_id` is the id of the Settlement row whose line ordinals `document.lines[].rows` name.
    A `problem` holds the document until it is planned again without one.
    """

    part: str
    document: Document
    settlement_id: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Content:
    """A part with its number, payload and hash."""

    part: PlannedPart
    number: str
    canonical: dict[str, Any]
    payload: dict[str, Any]
    hash: str


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
) -> list[LedgerDocument]:
    """Make the ledger documents of one source say what `parts` say; returns them in the order of `parts`.

    Documents that are being posted or stand in the ledger are returned as they are.
    """
    _one_planner_at_a_time(ledger, source, source_ref)
    documents = list(
        LedgerDocument.objects.select_for_update(of=("self",))
        .filter(ledger=ledger, source=source, source_ref=source_ref, source_kind=source_kind)
        .select_related("current_revision")
        .order_by("pk")
    )
    open_ids = set(_in_flight(documents))
    blank = LedgerDocument(ledger=ledger, source=source, source_ref=source_ref, source_kind=source_kind)
    planned = []
    for part in parts:
        said = _content_of(blank, part, company, target)
        planned.append(_plan_part(blank, documents, open_ids, said, mapping_version))
    _drop_vanished(documents, open_ids, {part.part for part in parts})
    return planned


def posting_key(document: LedgerDocument) -> PostingKey:
    """What makes this document itself, for ever: it survives integrations, flows and reconnects."""
    return PostingKey(
        ledger=document.ledger.ledger_name,
        source=document.source.ledger_name,
        source_ref=document.source_ref,
        document_type=document.document_type,
        part=document.part,
    )


def said_by(revision: DocumentRevision) -> Document:
    """The canonical document a revision keeps."""
    return document_of(revision.canonical)


def settling_total(document: Document) -> Decimal:
    """The money the document says was paid out: its settling lines, debit positive; a deposit's total."""
    if isinstance(document, Deposit):
        return document.total
    return -sum((line.signed for line in document.lines if line.settling), ZERO)


# ---------------------------------------------------------------- one part


def _plan_part(
    blank: LedgerDocument,
    documents: list[LedgerDocument],
    open_ids: set[int],
    said: _Content,
    mapping_version: MappingVersion | None,
) -> LedgerDocument:
    live = _live(documents, said.part.part)
    if live is not None and live.pk in open_ids:
        return live
    if live is not None and live.state == State.POSTED:
        _report_change(live, said)
        return live
    if live is not None and live.document_type != said.part.document.document_type:
        _drop(live)
        documents.remove(live)
        live = None
    document = live or _revived(documents, said.part) or _new(blank, said)
    if document not in documents:
        documents.append(document)
    changed = document.current_revision is None or document.current_revision.hash != said.hash
    if changed:
        document.current_revision = _revise(document, said, mapping_version)
    _set_planned(document, said, changed=changed)
    return document


def _live(documents: Sequence[LedgerDocument], part: str) -> LedgerDocument | None:
    return next((each for each in documents if each.part == part and each.state != State.UNDONE), None)


def _revived(documents: Sequence[LedgerDocument], part: PlannedPart) -> LedgerDocument | None:
    """The undone document of the same type and part: it is the same document, posted again under a new epoch."""
    same = (each for each in documents if each.part == part.part and each.document_type == part.document.document_type)
    return next(same, None)


def _new(blank: LedgerDocument, said: _Content) -> LedgerDocument:
    made: LedgerDocument = LedgerDocument.objects.create(
        ledger=blank.ledger,
        source=blank.source,
        source_ref=blank.source_ref,
        source_kind=blank.source_kind,
        document_type=said.part.document.document_type.value,
        part=said.part.part,
        number=said.number,
    )
    return made


def _set_planned(document: LedgerDocument, said: _Content, *, changed: bool) -> None:
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


def _report_change(document: LedgerDocument, said: _Content) -> None:
    revision = document.current_revision
    assert revision is not None  # noqa: S101 - a posted document was posted from one
    mark = f"{CHANGED_AFTER_POSTING}:{document.public_id}"
    if content(revision.canonical) == content(said.canonical):
        if document.problem_code == CHANGED_AFTER_POSTING:
            _note(document, "", {})
            settle_alerts(mark)
        return
    planned = f"{said.part.document.total:f} {said.part.document.currency}"
    report_changed(document, planned)


def report_changed(document: LedgerDocument, planned: str) -> None:
    """Say on a posted document that it would be planned otherwise now."""
    revision = document.current_revision
    posted = f"{revision.total:f} {revision.currency}" if revision else ""
    problem = Problem(CHANGED_AFTER_POSTING, {"number": document.number, "posted": posted, "planned": planned})
    if (document.problem_code, document.problem_params) == (problem.code, dict(problem.params)):
        return
    _note(document, problem.code, problem.params)
    publish("document.changed", document, problem=problem.code)
    alert(problem, document)


def _note(document: LedgerDocument, code: str, params: Mapping[str, Any]) -> None:
    document.problem_code, document.problem_params = code, dict(params)
    document.save(update_fields=["problem_code", "problem_params"])


# ---------------------------------------------------------------- what vanished


def _drop_vanished(documents: Sequence[LedgerDocument], open_ids: set[int], kept: set[str]) -> None:
    """Parts that are planned no more: forgotten while only planned, reported once they are in the ledger."""
    for document in documents:
        if document.part in kept or document.pk in open_ids or document.state == State.UNDONE:
            continue
        if document.state == State.POSTED:
            report_changed(document, "-")
        else:
            _drop(document)


def _drop(document: LedgerDocument) -> None:
    """Forget a document that never reached the ledger; where something was tried, its history stays."""
    if PostingAttempt.objects.filter(document=document).exists():
        document.state = State.UNDONE
        document.save(update_fields=["state"])
        return
    revisions = DocumentRevision.objects.filter(document=document)
    LedgerDocument.objects.filter(pk=document.pk).update(current_revision=None)
    LineTrace.objects.filter(line__revision__in=revisions).delete()
    DocumentLine.objects.filter(revision__in=revisions).delete()
    revisions.delete()
    LedgerDocument.objects.filter(pk=document.pk).delete()


def _in_flight(documents: Sequence[LedgerDocument]) -> list[int]:
    """Documents that may stand in the ledger although they are not posted: planning must not touch them."""
    ids = [document.pk for document in documents]
    tried = PostingAttempt.objects.filter(document__in=ids, phase__in=OPEN_PHASES).values_list("document_id", flat=True)
    return [*tried, *(document.pk for document in documents if document.state in (State.UNKNOWN, State.UNDOING))]


def _one_planner_at_a_time(ledger: Connection, source: Connection, source_ref: str) -> None:
    """Two planners of one source wait for each other: while there is no row yet there is none to lock."""
    name = f"plan\x1f{ledger.pk}\x1f{source.pk}\x1f{source_ref}"
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


# ---------------------------------------------------------------- revisions


def _content_of(blank: LedgerDocument, part: PlannedPart, company: CompanyFacts, target: Target) -> _Content:
    blank.document_type, blank.part = part.document.document_type.value, part.part
    number = target.number(blank.source_ref, part.part, blank.source_kind)
    payload = payload_of(blank, part.document, number, company, target)
    canonical = plain_document(part.document)
    return _Content(part, number, canonical, as_text(payload), content_hash(canonical, payload))


def payload_of(document: LedgerDocument, said: Document, number: str, company: CompanyFacts, target: Target) -> Mapping[str, Any]:
    """The body the ledger will be sent, amounts as Decimal."""
    return target.payload(said, number=number, marker=posting_key(document).marker(), company=company)


def _revise(document: LedgerDocument, said: _Content, mapping_version: MappingVersion | None) -> DocumentRevision:
    what = said.part.document
    latest = DocumentRevision.objects.filter(document=document).order_by("-number").values_list("number", flat=True).first()
    debits = sum((line.gross for line in what.lines if line.side is Side.DEBIT), ZERO)
    credits = sum((line.gross for line in what.lines if line.side is Side.CREDIT), ZERO)
    revision: DocumentRevision = DocumentRevision.objects.create(
        document=document,
        number=(latest or 0) + 1,
        date=what.date,
        currency=what.currency,
        canonical=said.canonical,
        payload=said.payload,
        hash=said.hash,
        mapping_version=mapping_version,
        total=what.total,
        totals={"debit": f"{debits:f}", "credit": f"{credits:f}", "settling": f"{settling_total(what):f}"},
    )
    _write_lines(revision, said.part)
    return revision


def _write_lines(revision: DocumentRevision, part: PlannedPart) -> None:
    what = part.document
    left_out = balanced_lines(what)[: len(balanced_lines(what)) - len(what.lines)]
    rows = [_line(revision, 0, line) for line in left_out]
    rows += [_line(revision, position, line) for position, line in enumerate(what.lines, start=1)]
    made = DocumentLine.objects.bulk_create(rows)
    if part.settlement_id is None:
        return
    by_position = {row.position: row for row in made}
    LineTrace.objects.bulk_create(
        LineTrace(line=by_position[position], settlement_id=part.settlement_id, first=first, last=last).named()
        for position, line in enumerate(what.lines, start=1)
        for first, last in line.rows
    )


def _line(revision: DocumentRevision, position: int, line: CanonicalLine) -> DocumentLine:
    return DocumentLine(
        revision=revision,
        position=position,
        account_id=line.account.key,
        account_name=line.account.name,
        description=line.description[:400],
        kind=line.kind,
        debit=line.gross if line.side is Side.DEBIT else ZERO,
        credit=line.gross if line.side is Side.CREDIT else ZERO,
        net=line.net,
        tax=line.tax_amount,
        tax_code_id="" if line.tax is None else line.tax.key,
        tax_code_name="" if line.tax is None else line.tax.name,
        currency=revision.currency,
        dimensions=dict(line.dimensions),
        settling=line.settling,
        row_count=line.row_count,
    ).named()
