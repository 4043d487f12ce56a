"""Telling the shop that its order was booked: a comment in the order's history, where the integration says so.

A source that takes nothing back is left alone; whatever goes wrong with a comment never undoes a posting.
"""

from __future__ import annotations

from canonical.problems import Problem, declare
from connections.errors import Failure
from connections.registry import provider
from reconciliation.models import Order
from reconciliation.orders.planning import Sale, live_document
from reconciliation.orders.policy import policy_of
from syncs import documents
from syncs.models import Integration
from syncs.pipeline import Context, outcome_of
from syncs.steps import Fate, StepOutcome

NOT_TAKEN_BACK = declare(
    "orders.nothing_written_back",
    "%(provider)s takes no status back from us.",
    "Leave the comment switched off for this integration; what became of each order is shown under Orders.",
)


def can_tell(integration: Integration) -> Problem | None:
    """Why nothing can be written back to the source; None where it can."""
    source = provider(integration.source.provider)
    return None if source.writer else Problem(NOT_TAKEN_BACK, {"provider": source.info.name})


def tell(ctx: Context, sale: Sale, *, attempts: int) -> StepOutcome:
    """A comment that names the document in the ledger, once; ONWARD where none is wanted."""
    wanted, writer = policy_of(ctx.integration).comment, provider(ctx.integration.source.provider).writer
    document = live_document(ctx.integration, sale)
    if wanted is None or writer is None or not isinstance(sale, Order) or document is None:
        return StepOutcome(Fate.ONWARD)
    if document.state not in documents.STANDING or ctx.mode != "live":
        return StepOutcome(Fate.ONWARD)
    source = ctx.integration.source
    ledger = provider(ctx.integration.ledger.provider).info.name
    text = f"Posted to {ledger} as {document.document_type.replace('_', ' ')} {document.number}."
    try:
        writer.comment(ctx.door(source), source.account(), sale.order_id, text, mark=document.public_id, status=wanted.status)
    except Failure as failure:
        return outcome_of(failure, attempts=attempts)
    return StepOutcome(Fate.ONWARD)
