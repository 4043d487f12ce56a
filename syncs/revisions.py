"""What a document says, written down once and for all: its canonical form, the payload that will be sent, its hash.

A DocumentRevision never changes. Its lines name the rows of the source they carry, and the hash covers
both what the books are told and the exact payload, so that what was shown is what is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canonical.accounting import ZERO, Document, Side, balanced_lines, settling_total
from canonical.accounting import DocumentLine as CanonicalLine
from canonical.identity import PostingKey
from canonical.plain import as_text, content_hash, document_of, plain_document
from canonical.problems import Problem
from connections.contracts import CompanyFacts, TakesPrefix, Target
from syncs.models import DocumentLine, DocumentRevision, LedgerDocument, LineTrace, MappingVersion

SETTLEMENT = "settlement"  # the kind of number that is our prefix and the reference, whatever the reference is


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One document to be: its part of the source ("" or "1", "2" ...), and what it says.

    `settlement_id` is the id of the Settlement row whose line ordinals `document.lines[].rows` name.
    A `problem` holds the document until it is planned again without one. `called` is what its number is made from,
    where the source's own reference says nothing to people.
    """

    part: str
    document: Document
    settlement_id: int | None = None
    problem: Problem | None = None
    called: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A part with its number, payload and hash."""

    part: PlannedPart
    number: str
    canonical: dict[str, Any]
    payload: dict[str, Any]
    hash: str


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


def said_of(document: LedgerDocument, part: PlannedPart, company: CompanyFacts, target: Target) -> Said:
    """What `part` would say as this document; one that is in the ledger keeps the number it has there."""
    number = document.number if document.pk else number_of(document, part, target)
    if not document.pk:
        document.document_type, document.part = part.document.document_type.value, part.part
    payload = payload_of(document, part.document, number, company, target)
    canonical = plain_document(part.document)
    return Said(part, number, canonical, as_text(payload), content_hash(canonical, payload))


def number_of(document: LedgerDocument, part: PlannedPart, target: Target) -> str:
    """The number that a new document asks for, with the prefix that was chosen for its ledger."""
    called = (part.called, "", SETTLEMENT) if part.called else (document.source_ref, part.part, document.source_kind)
    prefix = str(document.ledger.facts.get("number_prefix") or "")
    if prefix and isinstance(target, TakesPrefix):
        return target.prefixed(*called, prefix)
    return target.number(*called)


def payload_of(document: LedgerDocument, said: Document, number: str, company: CompanyFacts, target: Target) -> Mapping[str, Any]:
    """The body the ledger will be sent, amounts as Decimal."""
    return target.payload(said, number=number, marker=posting_key(document).marker(), company=company)


def revise(document: LedgerDocument, said: Said, mapping_version: MappingVersion | None) -> DocumentRevision:
    """Write down a new revision of the document, with its lines and the rows they carry."""
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
