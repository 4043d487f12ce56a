"""Partner API: payouts, the bank's lines, and which is which."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reconciliation.bank import services
from reconciliation.models import BankLine, BankMatch, BankStatement, Payout, PayoutSettlement
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Between, Choice, Exact, Listing, Since, YesNo, page
from tenants.partner.scopes import Scope
from tenants.partner.trouble import invalid


class PayoutShown(serializers.Serializer):  # type: ignore[type-arg]
    """A transfer to the bank, as the marketplace reports it."""

    example: dict[str, Any] = {
        "id": "pay_01kav0zr4g8m2c6n9q3s7t5w1x", "payout_id": "amzn1.payout.1", "source": "con_01kav0zr4g8m2c6n9q3s7t5w1x",
        "status": "SUCCEEDED", "total": {"amount": "86.25", "currency": "GBP"}, "initiated_at": "2026-11-16T10:00:00.000000Z",
        "trace_id": "TRACE123", "settlements": ["12395580393"], "created_at": "2026-11-16T12:00:00.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    payout_id = serializers.CharField(help_text="The marketplace's own id.")
    source = serializers.CharField(source="source.public_id")  # type: ignore[assignment]
    status = serializers.CharField()
    total = fields.Money("amount")
    initiated_at = fields.Moment(allow_null=True)
    trace_id = serializers.CharField(help_text="The bank's reference.")
    settlements = serializers.ListField(child=serializers.CharField(), source="pays", help_text="The marketplace's ids.")
    created_at = fields.Moment()


class BankLineShown(serializers.Serializer):  # type: ignore[type-arg]
    """One movement on a bank account, from a statement that was uploaded; money in is positive."""

    example: dict[str, Any] = {
        "id": "bln_01kav0zr4g8m2c6n9q3s7t5w1x", "account": "Business current account", "booked_on": "2026-11-17",
        "total": {"amount": "86.25", "currency": "GBP"}, "description": "AMAZON PAYMENTS UK", "reference": "TRACE123", "matched": True,
        "created_at": "2026-11-18T08:00:00.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    account = serializers.CharField(source="account.name")
    booked_on = serializers.DateField()
    total = fields.Money("amount")
    description = serializers.CharField()
    reference = serializers.CharField()
    matched = serializers.BooleanField(source="is_matched")
    created_at = fields.Moment()


class BankMatchShown(serializers.Serializer):  # type: ignore[type-arg]
    """A bank line that is a payout. Taken apart it stays, as the record of both acts."""

    example: dict[str, Any] = {
        "id": "bmt_01kav0zr4g8m2c6n9q3s7t5w1x", "line": "bln_01kav0zr4g8m2c6n9q3s7t5w1x", "payout": "pay_01kav0zr4g8m2c6n9q3s7t5w1x",
        "total": {"amount": "86.25", "currency": "GBP"}, "booked_on": "2026-11-17", "why": "trace", "note": "",
        "created_at": "2026-11-18T08:00:00.000000Z", "ended_at": None, "ended_reason": "",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    line = serializers.CharField(source="line.public_id")
    payout = serializers.CharField(source="payout.public_id")
    total = fields.Money("line.amount", "line.currency")
    booked_on = serializers.DateField(source="line.booked_on")
    why = serializers.ChoiceField(BankMatch.Why.choices)
    note = serializers.CharField()
    created_at = fields.Moment()
    ended_at = fields.Moment(allow_null=True)
    ended_reason = serializers.CharField()


class MatchBody(fields.Body):
    example = {
        "line": "bln_01kav0zr4g8m2c6n9q3s7t5w1x",
        "payout": "pay_01kav0zr4g8m2c6n9q3s7t5w1x",
        "note": "Seen on the statement",
    }

    line = fields.Text(min_length=1, max_length=64)
    payout = fields.Text(min_length=1, max_length=64)
    note = fields.Text(required=False, max_length=200, allow_blank=True, default="")


class UnmatchBody(fields.Body):
    example = {"reason": "It was another payout"}

    reason = fields.Text(required=False, max_length=200, allow_blank=True, default="")


PAYOUTS = Listing(
    filters=(
        Exact("status", "status", "As the marketplace says: SUCCEEDED, FAILED ..."),
        Exact("currency", "currency", "An ISO 4217 code."),
        Between("initiated_at", "initiated_at"),
        Since(("created_at",)),
    )
)
LINES = Listing(
    filters=(
        YesNo("matched", "is_matched", "Whether it is a payout."),
        Between("created_at", "created_at"),
        Since(("created_at",)),
    )
)
MATCHES = Listing(
    filters=(
        Exact("payout", "payout__public_id", "The id of a payout."),
        Exact("line", "line__public_id", "The id of a bank line."),
        Choice("why", "why", [why.value for why in BankMatch.Why]),
        Since(("created_at", "ended_at")),
    )
)


def with_settlements(payouts: list[Any]) -> list[Any]:
    """Payouts with the settlements each pays, in one query."""
    paid: dict[int, list[str]] = {one.pk: [] for one in payouts}
    for row in PayoutSettlement.objects.filter(payout__in=payouts).order_by("id"):
        paid[row.payout_id].append(row.settlement_id)
    for one in payouts:
        one.pays = paid[one.pk]
    return payouts


def payouts() -> QuerySet[Payout]:
    found: QuerySet[Payout] = Payout.objects.select_related("source")
    return found


def lines() -> QuerySet[Any]:
    """Lines of statements that were uploaded. What a ledger showed of its own deposits is its own and is not given on."""
    live = BankMatch.objects.filter(line=OuterRef("pk"), ended_at=None)
    uploaded = BankLine.objects.exclude(statement__format=BankStatement.Format.LEDGER)
    return uploaded.select_related("account").annotate(is_matched=Exists(live))


def matches() -> QuerySet[BankMatch]:
    found: QuerySet[BankMatch] = BankMatch.objects.select_related("line", "payout")
    return found


class Payouts(Door):
    tag = "Bank"

    @operation(
        Scope.BANK_READ,
        "List payouts",
        "Transfers to the bank and the settlements they pay.",
        answer=PayoutShown,
        listing=PAYOUTS,
    )
    def get(self, request: Request) -> Response:
        return page(request, payouts(), PAYOUTS, PayoutShown, prepare=with_settlements)


class OnePayout(Door):
    tag = "Bank"

    @operation(Scope.BANK_READ, "Show a payout", "One payout.", answer=PayoutShown)
    def get(self, request: Request, payout: str) -> Response:
        return Response(PayoutShown(with_settlements([get_object_or_404(payouts(), public_id=payout)])[0]).data)


class BankLines(Door):
    tag = "Bank"

    @operation(
        Scope.BANK_READ, "List bank lines", "Movements from statements that were uploaded.", answer=BankLineShown, listing=LINES
    )
    def get(self, request: Request) -> Response:
        return page(request, lines(), LINES, BankLineShown)


class BankMatches(Door):
    tag = "Bank"

    @operation(
        Scope.BANK_READ,
        "List bank matches",
        "Which bank line is which payout, also those taken apart.",
        answer=BankMatchShown,
        listing=MATCHES,
    )
    def get(self, request: Request) -> Response:
        return page(request, matches(), MATCHES, BankMatchShown)

    @operation(
        Scope.BANK_WRITE,
        "Match a bank line",
        "Says that this line is this payout. The amount must be the same to the penny; the day is yours to judge.",
        answer=BankMatchShown,
        status=201,
        body=MatchBody,
        once=MAY,
    )
    def post(self, request: Request, given: dict[str, Any]) -> Response:
        line = lines().filter(public_id=given["line"]).first()
        payout = payouts().filter(public_id=given["payout"]).first()
        if line is None or payout is None:
            name = "line" if line is None else "payout"
            raise invalid(f"/{name}", "not_found", "There is no such thing.")
        made = services.match(line=line, payout=payout, note=given["note"])
        return Response(BankMatchShown(matches().get(pk=made.pk)).data, status=201)


class OneBankMatch(Door):
    tag = "Bank"

    @operation(Scope.BANK_READ, "Show a bank match", "One match.", answer=BankMatchShown)
    def get(self, request: Request, bank_match: str) -> Response:
        return Response(BankMatchShown(get_object_or_404(matches(), public_id=bank_match)).data)


class Unmatch(Door):
    tag = "Bank"

    @operation(
        Scope.BANK_WRITE,
        "Unmatch a bank line",
        "Takes a match apart. The two are not matched again by themselves.",
        answer=BankMatchShown,
        body=UnmatchBody,
        once=MAY,
    )
    def post(self, request: Request, bank_match: str, given: dict[str, Any]) -> Response:
        one = get_object_or_404(matches(), public_id=bank_match)
        services.unmatch(match=one, reason=given["reason"])
        return Response(BankMatchShown(matches().get(pk=one.pk)).data)


URLS = [
    address("payouts", Payouts, "payouts"),
    address("payouts/<pid:payout>", OnePayout, "payout"),
    address("bank_lines", BankLines, "bank_lines"),
    address("bank_matches", BankMatches, "bank_matches"),
    address("bank_matches/<pid:bank_match>", OneBankMatch, "bank_match"),
    address("bank_matches/<pid:bank_match>:unmatch", Unmatch, "bank_unmatch"),
]
