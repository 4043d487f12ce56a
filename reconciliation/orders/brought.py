"""Orders that a settlement brings along: those it holds that are due with it and stand nowhere yet."""

from __future__ import annotations

from canonical.commerce import OrderStatus
from canonical.problems import Severity, declare
from connections import selectors
from reconciliation.models import Order, Refund, Settlement, SettlementLine
from reconciliation.orders import posting
from reconciliation.orders.planning import Sale
from reconciliation.orders.policy import OrderPolicy
from reconciliation.orders.posting import Carried, Turn
from syncs.models import Integration
from syncs.pipeline import Context

PAGE = 50  # at most; as many of them as fill whole calls
_OPEN = (Order.State.WAITING, Order.State.READY)
_SETTLED = (OrderStatus.UNSHIPPED, OrderStatus.PARTLY_SHIPPED, OrderStatus.SHIPPED)

UNDER_WAY = declare(
    "settlement.posting_orders",
    "The orders of this settlement are being posted.",
    "Its own entry follows by itself.",
    Severity.TELLS,
)


def next_page(settlement: Settlement, integration: Integration) -> list[Sale]:
    """Up to a page of orders, then of refunds, that the settlement brings and that may be posted now."""
    rows = SettlementLine.objects.filter(settlement_id=settlement.pk)
    orders = Order.objects.filter(
        source_id=settlement.source_id,
        integration=integration,
        state__in=_OPEN,
        status__in=[status.value for status in _SETTLED],
        order_id__in=rows.values("order_ref"),
    )
    size = selectors.callful(integration.ledger, PAGE)
    page: list[Sale] = list(orders.select_related("record").order_by("pk")[:size])
    if page:
        return page
    refunds = Refund.objects.filter(
        source_id=settlement.source_id, integration=integration, state__in=_OPEN, refund_id__in=rows.values("adjustment_ref")
    )
    return list(refunds.select_related("record").order_by("pk")[:size])


def carry(ctx: Context, sales: list[Sale], policy: OrderPolicy) -> list[Carried]:
    """Compose and post a page; returns those that must wait for the ledger."""
    integration = ctx.integration
    composed = posting.compose(integration, sales, ctx.door(integration.ledger), policy, settled=True)
    going = [each.sale for each in composed if each.turn is Turn.ONWARD]
    posted = (
        posting.post(integration, going, policy, by=ctx.run.started_by, correlation_id=ctx.run.correlation_id) if going else []
    )
    return [each for each in posted if each.turn is Turn.WAITING]
