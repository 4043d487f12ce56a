"""What lies on Amazon Clearing, order by order, and how it comes to zero.

    residual = posted orders - posted refunds - their rows in posted settlements      (invariant I5)

An invoice puts nothing on clearing; the payments set against it do, and what is given back takes from it. An order is closed once it is shipped
or cancelled and no row of it has come for a while; what is left over then goes to Amazon Rounding when it
is a matter of cents, and is held for a person when it is more.
Source: the accounting design, sections 3c and 9 (I5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from canonical.accounting import AccountRef, DocumentLine, JournalEntry, Side
from canonical.commerce import OrderStatus
from canonical.problems import N_, Problem, declare
from connections import selectors as connection_selectors
from connections.registry import provider
from reconciliation import books
from reconciliation.engine.chart import BY_ROLE, Role
from reconciliation.engine.place import UNMAPPED
from reconciliation.models import Order
from reconciliation.orders.claims import BOOKED_ROWS
from reconciliation.orders.policy import OrderPolicy, policy_of
from syncs import documents, mappings, posting
from syncs.models import Integration, LedgerDocument
from syncs.pipeline import Context
from syncs.posting import Verdict
from syncs.runs import CLEARING
from syncs.steps import Discovery, Fate, ItemView, Lister, Page, Step, StepOutcome, register
from tenants import clock
from tenants.news import alert
from tenants.scope import require_tenant_id

ROUNDING = "clearing"
AT_ONCE = 200
ZERO = Decimal(0)

RESIDUAL = declare(
    "order.residual",
    "Order %(order)s is closed, but %(residual)s %(currency)s of it is left on Amazon Clearing.",
    "Compare the order, its refunds and its settlement rows; book the difference where it belongs, then close the order here.",
)

_SQL = f"""
    WITH standing AS (
        SELECT settlement.id
          FROM reconciliation_settlement settlement
         WHERE settlement.tenant_id = %(tenant)s AND settlement.source_id = %(source)s AND settlement.state <> 'superseded'
           AND EXISTS (SELECT FROM syncs_ledgerdocument document
                        WHERE document.tenant_id = settlement.tenant_id AND document.ledger_id = %(ledger)s
                          AND document.source_id = settlement.source_id AND document.source_kind = 'settlement'
                          AND document.source_ref = settlement.settlement_id AND document.state IN ('posted', 'amending'))
    ), claimed AS (
        SELECT claim.order_ref, claim.refund_ref,
               CASE WHEN document.document_type IN ('invoice', 'credit_memo') THEN coalesce((
                        SELECT sum(application.amount) FROM syncs_paymentapplication application
                          JOIN syncs_ledgerdocument payment ON payment.tenant_id = application.tenant_id
                                                           AND payment.id = application.payment_id
                         WHERE application.tenant_id = claim.tenant_id AND application.target_id = document.id
                           AND (payment.source_kind = 'settlement' OR payment.part = 'paid')
                           AND payment.state IN ('posted', 'amending')), 0)
                    WHEN document.state IN ('posted', 'amending') THEN claim.amount ELSE 0 END AS amount
          FROM syncs_revenueclaim claim
          JOIN syncs_ledgerdocument document ON document.tenant_id = claim.tenant_id AND document.id = claim.document_id
         WHERE claim.tenant_id = %(tenant)s AND claim.ledger_id = %(ledger)s AND claim.source_id = %(source)s
           AND claim.holder = 'order' AND (%(orders)s::text[] IS NULL OR claim.order_ref = ANY(%(orders)s))
    ), cashed AS (
        SELECT split_part(document.source_ref, '#', 1) AS order_ref, sum(abs(revision.total)) AS amount
          FROM syncs_ledgerdocument document
          JOIN syncs_documentrevision revision ON revision.tenant_id = document.tenant_id
                                              AND revision.id = document.current_revision_id
         WHERE document.tenant_id = %(tenant)s AND document.ledger_id = %(ledger)s AND document.source_id = %(source)s
           AND document.source_kind = 'closing' AND (document.document_type = 'journal_entry' OR document.part = 'back')
           AND document.state IN ('posted', 'amending')
         GROUP BY 1
    ), rows AS (
        SELECT row.order_ref, row.refund_ref, sum(row.amount) AS amount, max(row.posted_at) AS last
          FROM ({BOOKED_ROWS}) row JOIN standing ON standing.id = row.settlement_id
         WHERE %(orders)s::text[] IS NULL OR row.order_ref = ANY(%(orders)s)
         GROUP BY 1, 2
    )
    SELECT claimed.order_ref,
           sum(CASE WHEN claimed.refund_ref = '' THEN claimed.amount ELSE -claimed.amount END)
               - coalesce(max(cashed.amount), 0) AS posted,
           coalesce(sum(rows.amount), 0) AS settled,
           max(rows.last) AS last
      FROM claimed
      LEFT JOIN rows ON rows.order_ref = claimed.order_ref AND rows.refund_ref = claimed.refund_ref
      LEFT JOIN cashed ON cashed.order_ref = claimed.order_ref
     GROUP BY claimed.order_ref
"""  # noqa: S608 - made of this house's own words only


@dataclass(frozen=True, slots=True)
class Residual:
    """One order on clearing: what its documents put there, what settlements took, and when the last row came."""

    order_id: str
    posted: Decimal
    settled: Decimal
    last_row: datetime | None

    @property
    def left(self) -> Decimal:
        return self.posted - self.settled


def residuals(integration: Integration, orders: Sequence[str] | None = None) -> list[Residual]:
    """Every order posted by itself (or these orders), with what is left of it on clearing."""
    params: dict[str, Any] = {
        "tenant": require_tenant_id(),
        "ledger": integration.ledger_id,
        "source": integration.source_id,
        "orders": list(orders) if orders is not None else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, params)
        return [Residual(*row) for row in cursor.fetchall()]


# ------------------------------------------------------------------ closing


def list_open(ctx: Context, cursor: str) -> Iterator[Page]:
    """Close what is settled to the penny; find the residual cents to book, and hold what is more."""
    decided, integration = policy_of(ctx.integration), ctx.integration
    rest = _settled(integration, decided)
    small = [(order, left) for order, left in rest if abs(left) <= decided.tolerance]
    for order, left in rest:
        if abs(left) > decided.tolerance:
            _hold(order, left)
    today = clock.local_date(clock.now(), integration.timezone)
    for currency in sorted({order.currency for order, _ in small}):
        mine = [order for order, _ in small if order.currency == currency]
        for start in range(0, len(mine), AT_ONCE):
            page = mine[start : start + AT_ONCE]
            record = f"rounding:{currency}:{today.isoformat()}:{page[0].pk}-{page[-1].pk}"
            title = f"Residual cents of {len(page)} orders"
            yield Page(found=[Discovery(record, title, {"orders": [order.pk for order in page], "on": today.isoformat()})])
    yield Page(found=[])


def _settled(integration: Integration, decided: OrderPolicy) -> list[tuple[Order, Decimal]]:
    """Orders to be closed with something left over; those without are closed here."""
    before = clock.now() - decided.closes_after
    done = {each.order_id: each for each in residuals(integration) if each.last_row is not None and each.last_row < before}
    found = Order.objects.filter(
        source_id=integration.source_id,
        closed_at__isnull=True,
        order_id__in=list(done),
        status__in=[OrderStatus.SHIPPED.value, OrderStatus.CANCELLED.value],
    )
    even = [order.pk for order in found if not done[order.order_id].left]
    Order.objects.filter(pk__in=even).update(closed_at=clock.now())
    return [(order, done[order.order_id].left) for order in found.order_by("pk") if done[order.order_id].left]


def _hold(order: Order, left: Decimal) -> None:
    problem = Problem(RESIDUAL, {"order": order.order_id, "residual": f"{left:f}", "currency": order.currency})
    if (order.problem_code, order.problem_params) == (problem.code, dict(problem.params)):
        return
    order.problem_code, order.problem_params = problem.code, dict(problem.params)
    order.save(update_fields=["problem_code", "problem_params"])
    alert(problem, order)


def round_off(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    """One journal for the residual cents of many orders: a line on clearing for each, one on rounding."""
    return [_round_off(ctx, item) for item in items]


def _round_off(ctx: Context, item: ItemView) -> StepOutcome:
    integration = ctx.integration
    orders = {order.order_id: order for order in Order.objects.filter(pk__in=item.input["orders"], closed_at__isnull=True)}
    left = {each.order_id: each.left for each in residuals(integration, list(orders)) if each.left} if orders else {}
    if not left:
        return StepOutcome(Fate.FINISHED)
    accounts = _accounts(integration)
    if isinstance(accounts, Problem):
        return StepOutcome(Fate.HELD, problem=accounts)
    currency = next(iter(orders.values())).currency
    journal = _journal(left, accounts, currency, date.fromisoformat(item.input["on"]))
    (document,) = _plan(integration, item.record, journal)
    return StepOutcome(Fate.ONWARD, input={"document": document.pk})


def _accounts(integration: Integration) -> tuple[AccountRef, AccountRef] | Problem:
    book = books.order_book(integration, mappings.published_version(integration.mapping_set))
    found = []
    for role in (Role.CLEARING, Role.ROUNDING):
        rule = book.account_rule(role.value)
        if rule is None:
            return Problem(UNMAPPED, {"what": BY_ROLE[role.value].name})
        found.append(rule.account)
    return found[0], found[1]


def _journal(left: dict[str, Decimal], accounts: tuple[AccountRef, AccountRef], currency: str, on: date) -> JournalEntry:
    clearing, rounding = accounts
    lines = [_line(clearing, amount, N_("Residual of order %s") % order) for order, amount in sorted(left.items())]
    total = sum(left.values(), ZERO)
    if total:
        lines.append(_line(rounding, -total, N_("Residuals of Amazon orders")))
    return JournalEntry(on, currency, tuple(lines), N_("Residual cents of closed Amazon orders"))


def _line(account: AccountRef, signed: Decimal, text: str) -> DocumentLine:
    """A residual above zero lies on clearing as a debit, so a credit takes it away."""
    side = Side.CREDIT if signed > 0 else Side.DEBIT
    return DocumentLine(account, side, abs(signed), text, "rounding")


def _plan(integration: Integration, record: str, journal: JournalEntry) -> list[LedgerDocument]:
    target = provider(integration.ledger.provider).target
    if target is None:
        raise LookupError(f"{integration.ledger.provider} is not a ledger")
    return documents.plan(
        ledger=integration.ledger,
        source=integration.source,
        source_ref=record,
        source_kind=ROUNDING,
        parts=[documents.PlannedPart(part="", document=journal)],
        mapping_version=mappings.published_version(integration.mapping_set),
        company=connection_selectors.company(integration.ledger),
        target=target,
    )


def post_rounding(ctx: Context, items: Sequence[ItemView]) -> list[StepOutcome]:
    return [_post(ctx, item) for item in items]


def _post(ctx: Context, item: ItemView) -> StepOutcome:
    document = LedgerDocument.objects.select_related("current_revision").get(pk=item.input["document"])
    result = posting.post(
        documents=[document], shown=posting.shown([document]), by=ctx.run.started_by, correlation_id=ctx.run.correlation_id
    )
    verdicts = {each.verdict for each in result.results}
    if verdicts <= {Verdict.POSTED, Verdict.ALREADY}:
        Order.objects.filter(pk__in=item.input["orders"]).update(closed_at=clock.now())
        return StepOutcome(Fate.FINISHED)
    if verdicts & {Verdict.HELD, Verdict.REFUSED}:
        return StepOutcome(Fate.HELD, problem=result.problem)
    return StepOutcome(Fate.WAITING, problem=result.problem, not_before=result.not_before)


def register_all() -> None:
    """Called once from AppConfig.ready()."""
    register(
        Lister(name="clearing.list_open@1", title="Look at open orders", makes="residuals", stream=CLEARING, pages=list_open)
    )
    register(
        Step(
            name="clearing.round_off@1", title="Book residual cents", takes="residuals", makes="documents", run=round_off, writes=True
        )
    )  # fmt: skip
    register(
        Step(
            name="ledger.post_rounding@1", title="Post to the ledger", takes="documents", makes="posted_documents",
            run=post_rounding, writes=True,
        )
    )  # fmt: skip
