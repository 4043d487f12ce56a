"""A page of orders on its way into the ledger: decide, plan, claim, then post, amend or undo.

The same functions serve the flow of orders and a settlement that brings its orders along. Nothing is
sent before the claim is ours; what a settlement has booked meanwhile is left to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from canonical.accounting import DocumentType
from canonical.problems import Problem
from connections import selectors as connection_selectors
from connections.contracts import Door
from connections.registry import provider
from reconciliation.models import Order, Refund
from reconciliation.orders import claims, closing, planning
from reconciliation.orders.planning import Planned, Sale, live_document, source_ref
from reconciliation.orders.policy import UNKNOWN_STATUS, Due, OrderPolicy, is_shop
from reconciliation.orders.records import order_as_said
from syncs import documents, posting
from syncs.models import Integration, LedgerDocument, RevenueClaim
from syncs.posting import Posting, Result, Verdict
from tenants.models import User
from tenants.news import publish

State = Order.State
_Doc = LedgerDocument.State


class Turn(StrEnum):
    """What became of an order at a step."""

    ONWARD = "onward"
    DONE = "done"
    HELD = "held"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Carried:
    """An order after a step: HELD and WAITING say why, WAITING says until when; `document` is what it is about."""

    sale: Sale
    turn: Turn
    document: LedgerDocument | None = None
    problem: Problem | None = None
    not_before: datetime | None = None


# ------------------------------------------------------------------ decide and plan


def compose(
    integration: Integration, sales: Sequence[Sale], door: Door, policy: OrderPolicy, *, settled: bool = False
) -> list[Carried]:
    """What is to be done with each, planned where it is to be posted. In the order given."""
    decided = {sale: _decide(integration, sale, policy, settled) for sale in sales}
    to_plan = [sale for sale, carried in decided.items() if carried is None]
    for planned in planning.plan(integration, to_plan, door, policy) if to_plan else ():
        decided[planned.sale] = _planned(planned, paid_apart=is_shop(integration))
    return [carried for carried in decided.values() if carried is not None]


def _decide(integration: Integration, sale: Sale, policy: OrderPolicy, settled: bool) -> Carried | None:
    """Orders that need no plan; None for those that do."""
    live = live_document(integration, sale)
    standing = live is not None and live.state in documents.STANDING
    if isinstance(sale, Refund):
        due = Due.POST if policy.each or standing else Due.KEEP
    else:
        said = order_as_said(sale)
        due = policy.due(said, starts_on=integration.starts_on, zone=integration.timezone, settled=settled or standing)
        if due is Due.UNKNOWN:
            return _held(sale, Problem(UNKNOWN_STATUS, {"order": sale.order_id, "status": sale.stated_status}), live)
    if due is Due.CANCEL:
        return _cancel(integration, sale, live)
    if due is Due.KEEP and not standing:
        return _rest(sale, State.SYNCED)
    if due is Due.WAIT and not standing:
        return _rest(sale, State.WAITING)
    return _left_to_settlement(integration, sale, live)


def _left_to_settlement(integration: Integration, sale: Sale, live: LedgerDocument | None) -> Carried | None:
    claim = RevenueClaim.objects.filter(
        ledger_id=integration.ledger_id, source_id=sale.source_id, holder=RevenueClaim.Holder.SETTLEMENT, **_key(sale)
    ).first()
    return _in_settlement(sale, claim, live) if claim else None


def _in_settlement(sale: Sale, claim: RevenueClaim, live: LedgerDocument | None) -> Carried:
    params: dict[str, str | int] = {"order": source_ref(sale), "settlement": claims.settlement_holding(claim)}
    _forget_plan(live)
    return _rest(sale, State.IN_SETTLEMENT, Problem(claims.IN_SETTLEMENT, params))


def _cancel(integration: Integration, sale: Sale, live: LedgerDocument | None) -> Carried:
    """A cancelled order: what stands is taken back, what was only planned is forgotten."""
    if live is not None and (live.state in documents.STANDING or live.state in (_Doc.POSTING, _Doc.UNKNOWN, _Doc.UNDOING)):
        relying = claims.settlement_relying_on(live)
        if relying is not None:
            params: dict[str, str | int] = {"order": source_ref(sale), "settlement": relying.settlement_id}
            return _held(sale, Problem(claims.SETTLED, params), live)
        return Carried(sale, Turn.ONWARD, live)
    if live is not None:
        claims.release(live)
        _forget_plan(live)
    return _rest(sale, State.NOTHING_TO_POST)


def _planned(planned: Planned, *, paid_apart: bool) -> Carried:
    """`paid_apart`: an invoice's payments come from the order itself, so it goes on although its document stays as it is."""
    sale, document, problem = planned.sale, planned.document, planned.problem
    if problem is not None:
        return _held(sale, problem, document)
    if document is None:
        return _rest(sale, State.NOTHING_TO_POST)
    if document.problem_code and document.state == _Doc.HELD:
        return _held(sale, Problem(document.problem_code, document.problem_params), document)
    if _says_all(document):
        if paid_apart and document.document_type == DocumentType.INVOICE.value:
            _say(sale, State.POSTED, None)
            return Carried(sale, Turn.ONWARD, document)
        return _rest(sale, State.POSTED)
    _say(sale, State.POSTED if document.state in documents.STANDING else State.READY, None)
    return Carried(sale, Turn.ONWARD, document)


# ------------------------------------------------------------------ post


def post(
    integration: Integration, sales: Sequence[Sale], policy: OrderPolicy, *, by: User | None, correlation_id: str
) -> list[Carried]:
    """Send what was planned: new documents in as few calls as may be, then changes, then what is taken back."""
    live = {sale: live_document(integration, sale) for sale in sales}
    carried = {sale: _nothing(sale) for sale, document in live.items() if document is None}
    there = {sale: document for sale, document in live.items() if document is not None}
    cancelled = {sale: document for sale, document in there.items() if _is_cancelled(sale, policy)}
    rest = {sale: document for sale, document in there.items() if sale not in cancelled}
    for sale in [sale for sale, document in rest.items() if _says_all(document)]:
        carried[sale] = Carried(sale, Turn.ONWARD, rest.pop(sale))
    lost = claim(integration, rest)
    for sale, its_claim in lost.items():
        carried[sale] = _in_settlement(sale, its_claim, rest.pop(sale))
    changed = {sale: document for sale, document in rest.items() if document.state in documents.STANDING}
    new = {sale: document for sale, document in rest.items() if sale not in changed}
    _carry(
        carried,
        new,
        posting.post(documents=new.values(), shown=posting.shown(new.values()), by=by, correlation_id=correlation_id),
    )
    _carry(
        carried,
        changed,
        posting.amend(documents=changed.values(), shown=posting.shown(changed.values()), by=by, correlation_id=correlation_id),
    )
    _take_back(integration, carried, cancelled, by=by, correlation_id=correlation_id)
    return [carried[sale] for sale in sales]


def _says_all(document: LedgerDocument) -> bool:
    """Whether it stands in the ledger as it should, with nothing to send."""
    return document.state in documents.STANDING and document.pending_revision is None


def _take_back(
    integration: Integration,
    carried: dict[Sale, Carried],
    cancelled: dict[Sale, LedgerDocument],
    *,
    by: User | None,
    correlation_id: str,
) -> None:
    """Undo the documents of cancelled orders; where one was paid at once, its payment first."""
    paid = closing.payments_of(integration, [sale for sale in cancelled if isinstance(sale, Order)])
    undone = posting.undo(documents=paid.values(), by=by, reason="cancelled", correlation_id=correlation_id)
    verdicts = {each.document_id: each for each in undone.results}
    stuck = {order: verdicts[payment.pk] for order, payment in paid.items() if verdicts[payment.pk].verdict is not Verdict.UNDONE}
    for order, result in stuck.items():
        carried[order] = _became(order, paid[order], result)
    free = {sale: document for sale, document in cancelled.items() if sale not in stuck}
    undone = posting.undo(documents=free.values(), by=by, reason="cancelled", correlation_id=correlation_id)
    _carry(carried, free, undone)


def claim(integration: Integration, documents_of: dict[Sale, LedgerDocument]) -> dict[Sale, RevenueClaim]:
    """Claim the revenue of these documents; returns those that a settlement holds."""
    wanted = {
        (key["order_ref"], key["refund_ref"]): (sale, document) for sale, document in documents_of.items() for key in [_key(sale)]
    }
    asked = [claims.Claim(*key, document, _total(document)) for key, (_, document) in wanted.items()]
    lost = claims.take(asked, ledger_id=integration.ledger_id, source_id=integration.source_id) if asked else {}
    return {wanted[key][0]: held for key, held in lost.items()}


def _total(document: LedgerDocument) -> Decimal:
    """What the document is going to say: its change where one waits."""
    revision = document.pending_revision or document.current_revision
    return revision.total if revision else Decimal(0)


def _carry(carried: dict[Sale, Carried], documents_of: dict[Sale, LedgerDocument], result: Posting) -> None:
    by_document = {each.document_id: each for each in result.results}
    for sale, document in documents_of.items():
        carried[sale] = _became(sale, document, by_document[document.pk])


def _became(sale: Sale, document: LedgerDocument, result: Result) -> Carried:
    match result.verdict:
        case Verdict.POSTED | Verdict.ALREADY | Verdict.AMENDED:
            _say(sale, State.POSTED, None)
            return Carried(sale, Turn.ONWARD, document)
        case Verdict.UNDONE:
            claims.release(document)
            _say(sale, State.CANCELLED, None)
            return Carried(sale, Turn.ONWARD, document)
        case Verdict.HELD | Verdict.REFUSED:
            return _held(sale, result.problem, document)
    return Carried(sale, Turn.WAITING, document, result.problem, result.not_before)


def _is_cancelled(sale: Sale, policy: OrderPolicy) -> bool:
    if not isinstance(sale, Order):
        return False
    return policy.due(order_as_said(sale), starts_on=None, zone="UTC") is Due.CANCEL


# ------------------------------------------------------------------ words


def _key(sale: Sale) -> dict[str, str]:
    if isinstance(sale, Order):
        return {"order_ref": sale.order_id, "refund_ref": ""}
    return {"order_ref": sale.order_ref, "refund_ref": sale.refund_id}


def _nothing(sale: Sale) -> Carried:
    return Carried(sale, Turn.DONE)


def _rest(sale: Sale, state: str, problem: Problem | None = None) -> Carried:
    _say(sale, state, problem)
    return Carried(sale, Turn.DONE, problem=problem)


def _held(sale: Sale, problem: Problem | None, document: LedgerDocument | None) -> Carried:
    _say(sale, State.HELD, problem)
    return Carried(sale, Turn.HELD, document, problem)


def _say(sale: Sale, state: str, problem: Problem | None) -> None:
    """Write down where the order stands, and tell when that is news."""
    code, params = (problem.code, dict(problem.params)) if problem else ("", {})
    if (sale.state, sale.problem_code, sale.problem_params) == (state, code, params):
        return
    before, sale.state, sale.problem_code, sale.problem_params = sale.state, state, code, params
    sale.save(update_fields=["state", "problem_code", "problem_params"])
    if before != state:
        kind = "order" if isinstance(sale, Order) else "refund"
        publish(f"{kind}.{state}", sale, problem=code)


def _forget_plan(live: LedgerDocument | None) -> None:
    """A plan that will not be carried out; what reached the ledger is never touched here."""
    if live is None or live.state not in (_Doc.PLANNED, _Doc.HELD):
        return
    target = provider(live.ledger.provider).target
    if target is not None:
        documents.plan(
            ledger=live.ledger,
            source=live.source,
            source_ref=live.source_ref,
            source_kind=live.source_kind,
            parts=[],
            mapping_version=None,
            company=connection_selectors.company(live.ledger),
            target=target,
            amendable=True,
        )
