"""Payments of a shop's invoices: each is posted once, into the account of its method, set against its invoice.

An order that was paid when it came is a receipt and says so itself. One on terms is an invoice; the shop tells later
what came for it, whole or in parts, and each part is a payment of its own, known by the shop's own number for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from canonical.accounting import AccountRef, Applied, DocumentType, MethodRef, PartyRef, Payment
from canonical.commerce import Order as CanonicalOrder
from canonical.commerce import PaymentFact
from canonical.problems import Problem
from connections import selectors as connection_selectors
from connections.registry import provider
from reconciliation import books
from reconciliation.engine.orders import clearing
from reconciliation.models import Order
from reconciliation.orders.payments import keep_applications, open_amount
from reconciliation.orders.planning import Sale, live_document, methods_of
from reconciliation.orders.policy import policy_of
from reconciliation.orders.records import order_as_said
from syncs import documents, mappings, posting
from syncs.models import Integration, LedgerDocument
from syncs.pipeline import Context
from syncs.posting import Verdict
from syncs.revisions import PlannedPart
from syncs.steps import Fate, StepOutcome
from tenants import clock

PAYMENT = "payment"
ZERO = Decimal(0)


def apply(ctx: Context, sale: Sale) -> StepOutcome:
    """Post what came for an invoice and is not there yet; ONWARD for everything else."""
    invoice = live_document(ctx.integration, sale)
    if not isinstance(sale, Order) or invoice is None or invoice.document_type != DocumentType.INVOICE.value:
        return StepOutcome(Fate.ONWARD)
    said = order_as_said(sale)
    if invoice.state not in documents.STANDING or not said.shop.payments:
        return StepOutcome(Fate.ONWARD)
    problems: list[Problem] = []
    parts = _parts(ctx.integration, invoice, said, problems)
    if problems:
        return StepOutcome(Fate.HELD, problem=problems[0])
    planned = _plan(ctx.integration, sale, parts)
    due = [each for each in planned if each.state not in documents.STANDING]
    return _post(ctx, due) if due else StepOutcome(Fate.ONWARD)


def standing(integration: Integration, order_id: str) -> list[LedgerDocument]:
    """The payments of an order that are in the ledger, or may be."""
    found = LedgerDocument.objects.filter(
        ledger_id=integration.ledger_id, source_id=integration.source_id, source_kind=PAYMENT, source_ref=order_id
    )
    return list(found.exclude(state=LedgerDocument.State.UNDONE).select_related("current_revision"))


def _parts(integration: Integration, invoice: LedgerDocument, said: CanonicalOrder, problems: list[Problem]) -> list[PlannedPart]:
    """A payment a part, never more in all than the invoice asks for."""
    book = books.order_book(integration, mappings.published_version(integration.mapping_set))
    listed = methods_of(integration, policy_of(integration))
    left = open_amount(invoice, besides=standing(integration, said.order_id))
    parts = []
    for fact in said.shop.payments:
        amount = min(fact.amount, left)
        account = clearing(book, said.marketplace, fact.method, problems)
        if amount <= 0 or account is None:
            continue
        left -= amount
        payment = _payment(integration, invoice, said, fact, amount, account, listed.get(fact.method))
        parts.append(PlannedPart(part=fact.payment_id, document=payment, called=f"P{fact.number or fact.payment_id}"))
    return parts


def _payment(
    integration: Integration, invoice: LedgerDocument, said: CanonicalOrder, fact: PaymentFact, amount: Decimal,
    account: AccountRef, method: MethodRef | None,
) -> Payment:  # fmt: skip
    revision = invoice.current_revision
    assert revision is not None  # noqa: S101 - what stands in the ledger was posted from one
    kept = revision.canonical
    number = said.shop.number or said.order_id
    source = provider(integration.source.provider).info.name
    return Payment(
        clock.local_date(fact.at, integration.timezone),
        said.currency,
        PartyRef(**kept["customer"]),
        account,
        AccountRef(**kept["account"]),
        (Applied(DocumentType.INVOICE, invoice.external_id, amount, invoice.source_ref),),
        f"{source} order {number}: {' '.join(word for word in (fact.method, fact.transaction) if word)}",
        method,
    )


def _plan(integration: Integration, sale: Order, parts: Sequence[PlannedPart]) -> list[LedgerDocument]:
    target = provider(integration.ledger.provider).target
    if target is None:
        return []
    planned = documents.plan(
        ledger=integration.ledger,
        source=integration.source,
        source_ref=sale.order_id,
        source_kind=PAYMENT,
        parts=parts,
        mapping_version=mappings.published_version(integration.mapping_set),
        company=connection_selectors.company(integration.ledger),
        target=target,
        amendable=True,
    )
    keep_applications(planned)
    return planned


def _post(ctx: Context, due: Sequence[LedgerDocument]) -> StepOutcome:
    result = posting.post(
        documents=due, shown=posting.shown(due), by=ctx.run.started_by, correlation_id=ctx.run.correlation_id
    )  # fmt: skip
    verdicts = {each.verdict for each in result.results}
    if verdicts <= {Verdict.POSTED, Verdict.ALREADY}:
        return StepOutcome(Fate.ONWARD)
    if verdicts & {Verdict.HELD, Verdict.REFUSED}:
        return StepOutcome(Fate.HELD, problem=result.problem)
    return StepOutcome(Fate.WAITING, problem=result.problem, not_before=result.not_before)
