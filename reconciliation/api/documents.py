"""Partner API: ledger documents, as planned and as they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from syncs.api.operations import problem_shown
from syncs.models import DocumentLine, LedgerDocument
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import Door, operation
from tenants.partner.listing import Between, Choice, Exact, Listing, Since, page
from tenants.partner.scopes import Scope


@dataclass(frozen=True, slots=True)
class Entry:
    """A document with the lines of its current revision."""

    document: LedgerDocument
    lines: list[DocumentLine]


class DocumentLineShown(serializers.Serializer):  # type: ignore[type-arg]
    """One line: either a debit or a credit."""

    id = serializers.CharField(source="public_id")
    position = serializers.IntegerField()
    account_id = serializers.CharField()
    account_name = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.CharField(help_text="The kind of settlement row, or the role of the account.")
    debit = fields.Money("debit")
    credit = fields.Money("credit")
    net = fields.Money("net")
    tax = fields.Money("tax")
    tax_code_id = serializers.CharField()
    rows = serializers.IntegerField(source="row_count", help_text="How many rows of the settlement it carries.")


class DocumentShown(serializers.Serializer):  # type: ignore[type-arg]
    """One document in one ledger: what it says, and whether it stands there."""

    example = {
        "id": "doc_01kav0zr4g8m2c6n9q3s7t5w1x", "ledger": "con_01kav0zr4g8m2c6n9q3s7t5w1y", "source": "con_01kav0zr4g8m2c6n9q3s7t5w1x",
        "source_kind": "settlement", "source_ref": "12395580393", "type": "journal_entry", "part": "", "state": "planned",
        "number": "AMZ-12395580393", "external_id": "", "date": "2026-11-14", "hash": "9f2c1d7e...", "revision": 1,
        "total": {"amount": "86.25", "currency": "GBP"}, "posted_at": None, "read_back_at": None, "problem": None,
        "lines": [
            {"id": "dln_01kav0zr4g8m2c6n9q3s7t5w1x", "position": 1, "account_id": "91", "account_name": "Amazon Sales",
             "description": "Product sales", "kind": "sale", "debit": {"amount": "0", "currency": "GBP"},
             "credit": {"amount": "120.00", "currency": "GBP"}, "net": {"amount": "100.00", "currency": "GBP"},
             "tax": {"amount": "20.00", "currency": "GBP"}, "tax_code_id": "7", "rows": 12},
        ],
        "created_at": "2026-11-20T11:58:41.000000Z", "updated_at": "2026-11-20T11:58:44.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="document.public_id")
    ledger = serializers.CharField(source="document.ledger.public_id")
    source = serializers.CharField(source="document.source.public_id")  # type: ignore[assignment]
    source_kind = serializers.CharField(source="document.source_kind", help_text="settlement, order, refund, ...")
    source_ref = serializers.CharField(source="document.source_ref", help_text="The source's own id of it.")
    type = serializers.CharField(source="document.document_type")
    part = serializers.CharField(source="document.part")
    state = serializers.ChoiceField(LedgerDocument.State.choices, source="document.state")
    number = serializers.CharField(source="document.number")
    external_id = serializers.CharField(
        source="document.external_id", help_text="The ledger's own id; empty while it is not there."
    )
    date = serializers.DateField(source="document.current_revision.date", allow_null=True, default=None)
    hash = serializers.CharField(
        source="document.current_revision.hash",
        allow_null=True,
        default=None,
        help_text="What posting names, so that nothing unseen is posted.",
    )
    revision = serializers.IntegerField(source="document.current_revision.number", allow_null=True, default=None)
    total = fields.Money("document.current_revision.total", "document.current_revision.currency")
    posted_at = fields.Moment(source="document.posted_at", allow_null=True)
    read_back_at = fields.Moment(source="document.read_back_at", allow_null=True)
    problem = serializers.SerializerMethodField(allow_null=True)
    lines = DocumentLineShown(many=True)
    created_at = fields.Moment(source="document.created_at")
    updated_at = fields.Moment(source="document.updated_at")

    def get_problem(self, entry: Entry) -> dict[str, str] | None:
        return problem_shown(entry.document.problem_code, entry.document.problem_params)


def with_lines(documents: Iterable[LedgerDocument]) -> list[Entry]:
    """Documents with the lines of their current revisions, in one query."""
    listed = list(documents)
    lines: dict[int, list[DocumentLine]] = defaultdict(list)
    revisions = [one.current_revision_id for one in listed if one.current_revision_id]
    for line in DocumentLine.objects.filter(revision_id__in=revisions).order_by("revision_id", "position"):
        lines[line.revision_id].append(line)
    return [Entry(one, lines[one.current_revision_id or 0]) for one in listed]


def rows() -> QuerySet[LedgerDocument]:
    found: QuerySet[LedgerDocument] = LedgerDocument.objects.select_related("ledger", "source", "current_revision")
    return found


LISTING = Listing(
    filters=(
        Choice("status", "state", [state.value for state in LedgerDocument.State]),
        Exact("source_kind", "source_kind", "settlement, order, refund, ..."),
        Exact("source_ref", "source_ref", "The source's own id."),
        Exact("number", "number", "The document's number in the ledger."),
        Exact("ledger", "ledger__public_id", "The id of a connection."),
        Between("posted_at", "posted_at"),
        Between("created_at", "created_at"),
        Since(),
    )
)


class Documents(Door):
    tag = "Documents"

    @operation(
        Scope.SETTLEMENTS_READ,
        "List documents",
        "What should stand in the ledgers, and what does.",
        answer=DocumentShown,
        listing=LISTING,
    )
    def get(self, request: Request) -> Response:
        return page(request, rows(), LISTING, DocumentShown, prepare=with_lines)


class OneDocument(Door):
    tag = "Documents"

    @operation(Scope.SETTLEMENTS_READ, "Show a document", "One document with its lines.", answer=DocumentShown)
    def get(self, request: Request, document: str) -> Response:
        found = get_object_or_404(rows(), public_id=document)
        return Response(DocumentShown(with_lines([found])[0]).data)


URLS = [address("documents", Documents, "documents"), address("documents/<pid:document>", OneDocument, "document")]
