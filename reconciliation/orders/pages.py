"""Reading for the orders' pages: the list, everything about one order, and what lies on clearing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from canonical.commerce import Order as CanonicalOrder
from reconciliation.models import Order, Refund, Settlement, SettlementLine
from reconciliation.orders.clearing import Residual, residuals
from reconciliation.orders.planning import source_ref
from reconciliation.orders.policy import is_shop, policy_of
from reconciliation.orders.records import order_as_said, refund_as_said
from reconciliation.sheet import ledger_link
from syncs.models import CanonicalRecord, Integration, LedgerDocument, PostingAttempt, RevenueClaim
from tenants.deeds import deed_word
from tenants.models import AuditEvent

KINDS = ("order", "refund", "closing", "payment")
MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """The list's filters, as they stand in the address."""

    state: str = ""
    search: str = ""
    integration: str = ""
    marketplace: str = ""
    method: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def any(self) -> bool:
        return bool(self.search or self.integration or self.marketplace or self.method or self.since or self.until)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    order: Order
    document: LedgerDocument | None


def orders(wanted: Wanted, *, zone: str = "UTC") -> QuerySet[Order]:
    """Orders that match, newest first."""
    found = _matching(wanted, zone)
    if wanted.state:
        found = found.filter(state=wanted.state)
    return found.select_related("integration", "source").order_by("-purchased_at", "-id")


def counts_by_state(wanted: Wanted, *, zone: str = "UTC") -> dict[str, int]:
    return dict(_matching(wanted, zone).order_by().values_list("state").annotate(n=Count("id")))


def _matching(wanted: Wanted, zone: str) -> QuerySet[Order]:
    found = Order.objects.all()
    if wanted.search:
        found = found.filter(_search(wanted.search.strip()))
    if wanted.integration:
        found = found.filter(integration__public_id=wanted.integration)
    if wanted.marketplace:
        found = found.filter(marketplace=wanted.marketplace)
    if wanted.method:
        found = found.filter(method=wanted.method)
    if wanted.since:
        found = found.filter(purchased_at__gte=_midnight(wanted.since, zone))
    if wanted.until:
        found = found.filter(purchased_at__lt=_midnight(date.fromordinal(wanted.until.toordinal() + 1), zone))
    return found


def _search(words: str) -> Q:
    """An order id or its beginning, our own id, a SKU in it, or the number of its document in the ledger."""
    numbers = LedgerDocument.objects.filter(number=words, source_kind="order").values_list("source_ref", flat=True)
    return (
        Q(order_id__startswith=words)
        | Q(number__startswith=words)
        | Q(public_id=words)
        | Q(order_id__in=list(numbers[:20]))
        | Q(record__search_text__contains=words.casefold())
    )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def marketplaces() -> list[str]:
    return sorted(Order.objects.exclude(marketplace="").order_by().values_list("marketplace", flat=True).distinct())


def rows(page: Iterable[Order]) -> list[Row]:
    """A page of orders with their documents, in two queries."""
    found = list(page)
    ids = [each.order_id for each in found]
    live = LedgerDocument.objects.filter(source_kind="order", source_ref__in=ids, part="").select_related("ledger")
    documents = {
        (each.ledger_id, each.source_id, each.source_ref): each for each in live.exclude(state=LedgerDocument.State.UNDONE)
    }
    return [
        Row(each, documents.get((each.integration.ledger_id if each.integration else 0, each.source_id, each.order_id)))
        for each in found
    ]


# ------------------------------------------------------------------ one order


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document of the order, of one of its refunds, or of closing it; undone ones too."""

    document: LedgerDocument
    about: str
    link: str


@dataclass(frozen=True, slots=True)
class InSettlement:
    """What a settlement says of the order: the sum of all its rows, fees included."""

    settlement: Settlement
    rows: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class StepView:
    """Something that happened to the order. `who` is "" for the house itself."""

    at: datetime
    what: str | Promise
    who: str = ""
    detail: str = ""


@dataclass(slots=True)
class Sheet:
    """Everything the page of an order shows. `residual` is None where nothing of it was posted by itself."""

    order: Order
    said: CanonicalOrder
    refunds: list[tuple[Refund, Any]]
    documents: list[DocumentView]
    claims: list[RevenueClaim]
    settlements: list[InSettlement]
    residual: Residual | None
    steps: list[StepView] = field(default_factory=list)


def sheet(order: Order) -> Sheet:
    refunds = list(
        Refund.objects.filter(source_id=order.source_id, order_ref=order.order_id).select_related("record").order_by("posted_at")
    )
    documents = _documents(order, refunds)
    claims = RevenueClaim.objects.filter(source_id=order.source_id, order_ref=order.order_id).select_related("document", "ledger")
    settles = order.integration is not None and not is_shop(order.integration)
    found = residuals(order.integration, [order.order_id]) if order.integration and settles else []
    return Sheet(
        order=order,
        said=order_as_said(order),
        refunds=[(each, refund_as_said(each)) for each in refunds],
        documents=documents,
        claims=list(claims.order_by("refund_ref")),
        settlements=_settlements(order),
        residual=found[0] if found else None,
        steps=_steps(order, refunds, [each.document for each in documents]),
    )


def _documents(order: Order, refunds: Sequence[Refund]) -> list[DocumentView]:
    about = {source_ref(order): _("Order"), **{source_ref(each): _("Refund %(id)s") % {"id": each.refund_id} for each in refunds}}
    found = LedgerDocument.objects.filter(source_id=order.source_id, source_kind__in=KINDS, source_ref__in=about)
    rows_ = found.select_related("current_revision", "ledger", "posted_by").order_by("id")
    return [DocumentView(each, str(about[each.source_ref]), ledger_link(each)) for each in rows_]


def _settlements(order: Order) -> list[InSettlement]:
    sums = (
        SettlementLine.objects.filter(order_ref=order.order_id)
        .order_by()
        .values("settlement_id")
        .annotate(rows=Count("ordinal"), amount=Sum("amount"))
    )
    by_id = {row["settlement_id"]: row for row in sums}
    found = Settlement.objects.filter(pk__in=by_id, source_id=order.source_id).exclude(state=Settlement.State.SUPERSEDED)
    return [InSettlement(each, by_id[each.pk]["rows"], by_id[each.pk]["amount"]) for each in found.order_by("deposit_at", "pk")]


def _steps(order: Order, refunds: Sequence[Refund], documents: Sequence[LedgerDocument]) -> list[StepView]:
    """What the source said, what was sent, and what people did, newest first."""
    steps = [*_said(order, refunds), *_sent(documents), *_done(order, refunds, documents)]
    return sorted(steps, key=lambda step: step.at, reverse=True)[:MOST_STEPS]


def _said(order: Order, refunds: Sequence[Refund]) -> list[StepView]:
    versions = CanonicalRecord.objects.filter(source_id=order.source_id, type="order", external_id=order.order_id)
    steps = [
        StepView(
            each.created_at,
            _("Order came") if each.version == 1 else _("Order changed at its source"),
            detail=f"{each.body.get('stated_status', '')} · v{each.version}",
        )
        for each in versions
    ]
    return steps + [StepView(each.created_at, _("Refund came"), detail=each.refund_id) for each in refunds]


def _sent(documents: Sequence[LedgerDocument]) -> list[StepView]:
    tried = PostingAttempt.objects.filter(document__in=[each.pk for each in documents]).select_related("document", "by")
    return [
        StepView(
            each.ended_at or each.started_at,
            f"{each.get_action_display()}: {each.get_phase_display()}",
            _name(each.by),
            each.document.number or each.provider_key,
        )
        for each in tried
    ]


def _done(order: Order, refunds: Sequence[Refund], documents: Sequence[LedgerDocument]) -> list[StepView]:
    ids: dict[str, list[str]] = defaultdict(list)
    for each in (order, *refunds, *documents):
        ids[each._meta.model_name or ""].append(each.public_id)
    about = Q()
    for kind, public_ids in ids.items():
        about |= Q(subject_type=kind, subject_id__in=public_ids)
    acts = AuditEvent.objects.filter(about).select_related("actor").order_by("-id")[:MOST_STEPS]
    return [StepView(each.created_at, deed_word(each.action), _name(each.actor), each.reason) for each in acts]


def _name(person: Any) -> str:
    return "" if person is None else str(person.name or person.email)


# ------------------------------------------------------------------ clearing


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order with money on clearing. `order` is None for one whose row is not kept any more."""

    residual: Residual
    order: Order | None


@dataclass(slots=True)
class Lying:
    """What lies on Amazon Clearing of one integration in one currency: posted - settled = left (invariant I5)."""

    integration: Integration
    currency: str
    posted: Decimal = Decimal(0)
    settled: Decimal = Decimal(0)
    open: list[OpenOrder] = field(default_factory=list)
    closed: int = 0

    @property
    def left(self) -> Decimal:
        return self.posted - self.settled


def clearing() -> list[Lying]:
    """Each integration that posts orders one by one, with the orders not yet at zero, the largest first."""
    found: list[Lying] = []
    for integration in Integration.objects.select_related("ledger", "source").order_by("name"):
        if is_shop(integration):  # no settlement takes its money: see tie.py
            continue
        found += _lying(integration)
    return found


def _lying(integration: Integration) -> list[Lying]:
    each = residuals(integration)
    known = {
        order.order_id: order
        for order in Order.objects.filter(
            source_id=integration.source_id, order_id__in=[one.order_id for one in each if one.left]
        )
    }
    currencies = dict(
        Order.objects.filter(source_id=integration.source_id, order_id__in=[one.order_id for one in each]).values_list(
            "order_id", "currency"
        )
    )
    by_currency: dict[str, Lying] = {}
    for one in each:
        currency = currencies.get(one.order_id, integration.ledger.home_currency)
        lying = by_currency.setdefault(currency, Lying(integration, currency))
        lying.posted, lying.settled = lying.posted + one.posted, lying.settled + one.settled
        if one.left:
            lying.open.append(OpenOrder(one, known.get(one.order_id)))
        else:
            lying.closed += 1
    for lying in by_currency.values():
        lying.open.sort(key=lambda one: (-abs(one.residual.left), one.residual.order_id))
    return [by_currency[currency] for currency in sorted(by_currency)]


def tolerance_of(integration: Integration) -> Decimal:
    """Up to this much of a closed order goes to Amazon Rounding by itself."""
    return policy_of(integration).tolerance
