"""Partner API: settlements, their rows, documents and proofs, and what may be done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reconciliation import ladders, services, state
from reconciliation.api.documents import DocumentShown, with_lines
from reconciliation.engine import Ladder, Rung, RungState
from reconciliation.models import Settlement, SettlementLine
from reconciliation.selectors_pages import matching_words
from syncs.api.operations import OperationShown, accepted
from syncs.models import LedgerDocument
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import MAY, MUST, Door, operation
from tenants.partner.listing import Between, Choice, Exact, Listing, Search, Since, page
from tenants.partner.scopes import Scope
from tenants.partner.trouble import invalid
from tenants.problems import shown as in_words

EVERY_STATE = [each.value for each in Settlement.State if each is not Settlement.State.SUPERSEDED]


class CategoryShown(serializers.Serializer):  # type: ignore[type-arg]
    """All rows of one kind together; `kind` is empty for rows nobody knows yet."""

    kind = serializers.CharField(source="category")
    rows = serializers.IntegerField()
    amount = serializers.CharField(help_text="In the settlement's currency.")


class OpenPointShown(serializers.Serializer):  # type: ignore[type-arg]
    """Something to be done or known before posting."""

    code = serializers.CharField()
    detail = serializers.CharField()
    remedy = serializers.CharField()
    severity = serializers.ChoiceField(["blocks", "warns", "tells"])


class SettlementShown(serializers.Serializer):  # type: ignore[type-arg]
    """One settlement in one currency, at its newest revision."""

    example: dict[str, Any] = {
        "id": "set_01kav0zr4g8m2c6n9q3s7t5w1x", "settlement_id": "12395580393", "revision": 1, "status": "ready",
        "integration": "int_01kav0zr4g8m2c6n9q3s7t5w1x", "source": "con_01kav0zr4g8m2c6n9q3s7t5w1x", "marketplace": "Amazon.co.uk",
        "currency": "GBP", "period_start": "2026-10-31T00:00:00.000000Z", "period_end": "2026-11-14T00:00:00.000000Z",
        "deposit_at": "2026-11-16T10:00:00.000000Z", "payout": {"amount": "86.25", "currency": "GBP"},
        "line_total": {"amount": "86.25", "currency": "GBP"}, "row_count": 214,
        "categories": [{"kind": "sale", "rows": 12, "amount": "120.00"}], "open_points": [],
        "created_at": "2026-11-16T12:00:04.000000Z", "updated_at": "2026-11-16T12:00:09.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    settlement_id = serializers.CharField(help_text="The marketplace's own id.")
    revision = serializers.IntegerField()
    status = serializers.ChoiceField(Settlement.State.choices, source="shown_state")
    integration = serializers.SerializerMethodField(allow_null=True)
    source = serializers.CharField(source="source.public_id")  # type: ignore[assignment]
    marketplace = serializers.CharField()
    currency = serializers.CharField()
    period_start = fields.Moment(allow_null=True)
    period_end = fields.Moment(allow_null=True)
    deposit_at = fields.Moment(allow_null=True)
    payout = fields.Money("header_total")
    line_total = fields.Money("line_total")
    row_count = serializers.IntegerField()
    categories = CategoryShown(many=True)
    open_points = serializers.SerializerMethodField()
    created_at = fields.Moment()
    updated_at = fields.Moment()

    def get_integration(self, settlement: Settlement) -> str | None:
        return settlement.integration.public_id if settlement.integration else None

    def get_open_points(self, settlement: Settlement) -> list[dict[str, str]]:
        words = [in_words(problem) for problem in settlement.problems]
        return [{"code": one.code, "detail": one.text, "remedy": one.remedy, "severity": one.severity} for one in words]


class SettlementLineShown(serializers.Serializer):  # type: ignore[type-arg]
    """One row of the settlement, exactly as stated."""

    example: dict[str, Any] = {
        "ordinal": 1, "file_line": 3, "transaction_type": "Order", "amount_type": "ItemPrice", "amount_description": "Principal",
        "kind": "sale", "amount": {"amount": "24.00", "currency": "GBP"}, "posted_at": "2026-11-01T08:12:44.000000Z",
        "marketplace": "Amazon.co.uk", "order_id": "203-1234567-7654321", "sku": "OAK-1", "quantity": 1,
    }  # fmt: skip

    ordinal = serializers.IntegerField()
    file_line = serializers.IntegerField(source="line_no")
    transaction_type = serializers.CharField()
    amount_type = serializers.CharField()
    amount_description = serializers.CharField()
    kind = serializers.CharField(source="category")
    amount = fields.Money("amount", "shown_currency")
    posted_at = fields.Moment(allow_null=True)
    marketplace = serializers.CharField()
    order_id = serializers.CharField(source="order_ref")
    sku = serializers.CharField()
    quantity = serializers.IntegerField(allow_null=True)


class RungShown(serializers.Serializer):  # type: ignore[type-arg]
    """One rung of the ladder: an amount, what it is compared with, and whether both are the same."""

    name = serializers.CharField(source="rung.name.value")
    title = serializers.CharField()
    state = serializers.ChoiceField([each.value for each in RungState], source="rung.state.value")
    part = serializers.CharField(source="rung.part")
    amount = fields.Money("rung.amount", "currency")
    compared_to = serializers.CharField(source="rung.compared_to.value", allow_null=True, default=None)
    compared_amount = fields.Money("rung.compared_amount", "currency")
    difference = fields.Money("rung.difference", "currency")


class ProofShown(serializers.Serializer):  # type: ignore[type-arg]
    """The ladder from the payout down to what the ledger holds. It ties when no rung differs."""

    example = {
        "settlement": "set_01kav0zr4g8m2c6n9q3s7t5w1x", "ties": True,
        "rungs": [
            {"name": "header", "title": "File header", "state": "equal", "part": "", "amount": {"amount": "86.25", "currency": "GBP"},
             "compared_to": "file_rows", "compared_amount": {"amount": "86.25", "currency": "GBP"},
             "difference": {"amount": "0.00", "currency": "GBP"}},
        ],
    }  # fmt: skip

    settlement = serializers.CharField()
    ties = serializers.BooleanField()
    rungs = RungShown(many=True)


class EntriesShown(serializers.Serializer):  # type: ignore[type-arg]
    """The documents of one settlement, in posting order."""

    example = {"data": [DocumentShown.example]}

    data = DocumentShown(many=True)  # type: ignore[assignment]


class PostBody(fields.Body):
    example = {
        "documents": {"doc_01kav0zr4g8m2c6n9q3s7t5w1x": "9f2c1d7e0b6a4c3b2a1f9f2c1d7e0b6a4c3b2a1f9f2c1d7e0b6a4c3b2a1f0000"}
    }

    documents = serializers.DictField(
        child=fields.Pattern("[0-9a-f]{64}"),
        help_text="The documents to post, each with the hash you were shown. Anything that has changed since is refused.",
    )


class UndoBody(fields.Body):
    example = {"reason": "Posted to the wrong period"}

    reason = fields.Text(required=False, max_length=200, allow_blank=True, default="")


LISTING = Listing(
    filters=(
        Choice("status", "shown_state", EVERY_STATE),
        Exact("integration", "integration__public_id", "The id of an integration."),
        Exact("settlement_id", "settlement_id", "The marketplace's own id."),
        Exact("marketplace", "marketplace", "Such as Amazon.co.uk."),
        Exact("currency", "currency", "An ISO 4217 code."),
        Between("deposit_at", "deposit_at", "The day of the payout."),
        Between("posted_at", "posted_at", "When its newest document was posted."),
        Between("created_at", "created_at"),
        Since(("updated_at", "document_updated_at")),
        Search(matching_words, "A settlement id or its beginning, our own id, an order in it, or a document number."),
    ),
    sorts={"created_at": "id", "deposit_at": "deposited"},
    default="-deposit_at",
)
LINES = Listing(
    filters=(
        Exact("kind", "category", "The kind of row."),
        Exact("order_id", "order_ref", "The marketplace's order."),
        Exact("sku", "sku", "The seller's SKU."),
        Between("posted_at", "posted_at"),
    ),
    sorts={"ordinal": "ordinal"},
    default="ordinal",
    key="ordinal",
)


def rows() -> QuerySet[Any]:
    """Settlements at their newest revision, with their shown state and what lists filter and sort by."""
    documents = LedgerDocument.objects.filter(
        source_id=OuterRef("source_id"), source_kind="settlement", source_ref=OuterRef("settlement_id")
    )
    current = Settlement.objects.exclude(state=Settlement.State.SUPERSEDED).select_related("integration", "source")
    long_ago = Value(fields.EARLIEST, output_field=DateTimeField())
    return state.with_state(current).annotate(
        deposited=Coalesce("deposit_at", long_ago),
        posted_at=documents.exclude(posted_at=None).order_by("-posted_at").values("posted_at")[:1],
        document_updated_at=documents.order_by("-updated_at").values("updated_at")[:1],
    )


def find(settlement: str) -> Any:
    return get_object_or_404(rows(), public_id=settlement)


@dataclass(frozen=True, slots=True)
class _NamedRung:
    rung: Rung
    title: str
    currency: str


def proof_of(settlement: Settlement, ladder: Ladder) -> dict[str, Any]:
    rungs = [_NamedRung(rung, ladders.title(rung), settlement.currency) for rung in ladder.rungs]
    return {"settlement": settlement.public_id, "ties": not ladder.blocks, "rungs": rungs}


class Settlements(Door):
    tag = "Settlements"

    @operation(
        Scope.SETTLEMENTS_READ,
        "List settlements",
        "Newest payout first. Filter by what needs you with status=ready,needs_mapping,needs_review.",
        answer=SettlementShown,
        listing=LISTING,
    )
    def get(self, request: Request) -> Response:
        return page(request, rows(), LISTING, SettlementShown)


class OneSettlement(Door):
    tag = "Settlements"

    @operation(
        Scope.SETTLEMENTS_READ,
        "Show a settlement",
        "One settlement with its kinds of row and its open points.",
        answer=SettlementShown,
    )
    def get(self, request: Request, settlement: str) -> Response:
        return Response(SettlementShown(find(settlement)).data)


class SettlementLines(Door):
    tag = "Settlements"

    @operation(
        Scope.SETTLEMENTS_READ,
        "List settlement lines",
        "Every row as the file states it, in the file's order. Pages stay quick at the millionth row.",
        answer=SettlementLineShown,
        listing=LINES,
    )
    def get(self, request: Request, settlement: str) -> Response:
        one = find(settlement)

        def in_currency(lines: list[Any]) -> list[Any]:
            for line in lines:
                line.shown_currency = one.currency
            return lines

        found = SettlementLine.objects.filter(settlement_id=one.pk)
        return page(request, found, LINES, SettlementLineShown, prepare=in_currency)


class SettlementDocuments(Door):
    tag = "Settlements"

    @operation(
        Scope.SETTLEMENTS_READ,
        "List settlement documents",
        "The exact entry: what will be posted, or what stands in the ledger. The hashes are what posting names.",
        answer=EntriesShown,
    )
    def get(self, request: Request, settlement: str) -> Response:
        documents = state.documents_of(find(settlement)).select_related("ledger", "source", "current_revision")
        return Response(EntriesShown({"data": with_lines(documents)}).data)


class SettlementProof(Door):
    tag = "Settlements"

    @operation(
        Scope.SETTLEMENTS_READ,
        "Show a settlement proof",
        "Payout, file header, rows of the file, stored lines, entry as planned, ledger read back: each compared with the next, to the penny.",
        answer=ProofShown,
    )
    def get(self, request: Request, settlement: str) -> Response:
        one = find(settlement)
        return Response(ProofShown(proof_of(one, ladders.ladder(one))).data)


class PostSettlement(Door):
    tag = "Settlements"

    @operation(
        Scope.SETTLEMENTS_POST,
        "Post a settlement",
        "Posts the documents exactly as you were shown them: give each with its hash. Posting the same settlement twice makes one "
        "document, whatever Idempotency-Key comes with it.",
        answer=OperationShown,
        status=202,
        body=PostBody,
        once=MUST,
    )
    def post(self, request: Request, settlement: str, given: dict[str, Any]) -> Response:
        one = find(settlement)
        _refuse_strangers(one, given["documents"])
        return accepted(services.post_settlement(settlement=one, expected=given["documents"]))


class UndoSettlement(Door):
    tag = "Settlements"

    @operation(
        Scope.SETTLEMENTS_POST,
        "Undo a settlement",
        "Takes its documents out of the ledger, the last first; afterwards it can be posted again.",
        answer=OperationShown,
        status=202,
        body=UndoBody,
        once=MUST,
    )
    def post(self, request: Request, settlement: str, given: dict[str, Any]) -> Response:
        return accepted(services.undo_settlement(settlement=find(settlement), reason=given["reason"]))


class RefreshSettlement(Door):
    tag = "Settlements"

    @operation(
        Scope.MAPPINGS_WRITE,
        "Refresh a settlement",
        "Works out its documents again from the kept file under the mapping as it is now. What stands in the ledger is not touched.",
        answer=OperationShown,
        status=202,
        once=MAY,
    )
    def post(self, request: Request, settlement: str) -> Response:
        return accepted(services.replan_one(settlement=find(settlement)))


def _refuse_strangers(settlement: Settlement, documents: dict[str, str]) -> None:
    """Every document of the settlement must be named, and no other: what is not named is not agreed to."""
    own = set(
        services.expected_of(state.documents_of(settlement).exclude(current_revision=None).select_related("current_revision"))
    )
    if set(documents) != own:
        raise invalid("/documents", "not_its_documents", "Name every document of this settlement with its hash, and no other.")


URLS = [
    address("settlements", Settlements, "settlements"),
    address("settlements/<pid:settlement>", OneSettlement, "settlement"),
    address("settlements/<pid:settlement>/lines", SettlementLines, "settlement_lines"),
    address("settlements/<pid:settlement>/documents", SettlementDocuments, "settlement_documents"),
    address("settlements/<pid:settlement>/proof", SettlementProof, "settlement_proof"),
    address("settlements/<pid:settlement>:post", PostSettlement, "settlement_post"),
    address("settlements/<pid:settlement>:undo", UndoSettlement, "settlement_undo"),
    address("settlements/<pid:settlement>:refresh", RefreshSettlement, "settlement_refresh"),
]
