"""What follows the document of an order or a refund at once, so that nothing of it stays open.

    PAID       an order that was paid, in a ledger without sales receipts: a payment of its invoice into clearing
    BACK       a credit memo where a payment may give money back: one below zero, out of clearing
    CASH_OUT   a credit memo elsewhere, as far as its invoice is paid: a journal from clearing to the customer,
    LINK       then a payment of 0.00 that sets the memo against it, and against what its invoice still asks for

A page goes together: first all that can go, then the links, which name their cash-out by its id in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from canonical.accounting import AccountRef, Document, DocumentType
from canonical.problems import Problem, declare
from connections import selectors as connection_selectors
from connections.registry import provider
from reconciliation import books
from reconciliation.engine.orders import clearing
from reconciliation.models import Order, Refund
from reconciliation.orders.payments import BACK, CASH_OUT, LINK, PAID, Closing, at_once, keep_applications
from reconciliation.orders.planning import Sale, live_document, order_document, source_ref
from reconciliation.orders.policy import OrderPolicy, is_shop, policy_of
from reconciliation.orders.records import order_as_said
from syncs import documents, mappings, posting
from syncs.models import Integration, LedgerDocument
from syncs.pipeline import Context
from syncs.posting import Result, Verdict
from syncs.steps import Fate, StepOutcome

CLOSING = "closing"

CANNOT_CLOSE = declare(
    "order.cannot_close",
    "The ledger takes neither a payment that gives money back nor a journal with a customer, so %(number)s stays open.",
    "Close the credit in the ledger by hand, out of the clearing account.",
)


def close(ctx: Context, sales: Sequence[Sale]) -> list[StepOutcome]:
    """Pay and close what a page has posted; ONWARD for all that needs nothing more. In the order given."""
    closing = _Closing(ctx.integration)
    outcomes = {sale: StepOutcome(Fate.ONWARD) for sale in sales}
    for turn in (closing.first, closing.link):
        going = {sale: planned for sale, outcome in outcomes.items() if outcome.fate is Fate.ONWARD and (planned := turn(sale))}
        outcomes |= {sale: StepOutcome(Fate.HELD, problem=each) for sale, each in going.items() if isinstance(each, Problem)}
        outcomes |= _post(ctx, {sale: each for sale, each in going.items() if isinstance(each, LedgerDocument)})
    return [outcomes[sale] for sale in sales]


class _Closing:
    """One page; holds what its sales share."""

    def __init__(self, integration: Integration) -> None:
        self.integration = integration
        self.policy: OrderPolicy = policy_of(integration)
        self.forms = connection_selectors.forms(integration.ledger)
        self.version = mappings.published_version(integration.mapping_set)
        self.book = books.order_book(integration, self.version)

    def first(self, sale: Sale) -> LedgerDocument | Problem | None:
        """What goes first, planned or posted already; None where there is nothing to do, a problem where it cannot be."""
        live = live_document(self.integration, sale)
        if live is None or live.state not in documents.STANDING:
            return None
        if isinstance(sale, Order):
            return self._paid(sale, live)
        return self._memo(sale, live) if live.document_type == DocumentType.CREDIT_MEMO.value else None

    def link(self, sale: Sale) -> LedgerDocument | None:
        """The link of a memo whose cash-out stands by now."""
        existing = self._existing(sale)
        out = existing.get(CASH_OUT)
        if out is None or out.state not in documents.STANDING or LINK in existing or not isinstance(sale, Refund):
            return None
        closing = self._of(sale)
        if closing is None or out.current_revision is None:
            return None
        return self._plan(sale, {CASH_OUT: documents.said_by(out.current_revision), LINK: closing.link(out)}).get(LINK)

    def _paid(self, order: Order, invoice: LedgerDocument) -> LedgerDocument | None:
        """The payment of an order that was paid when it was placed: only where no receipt could say both.

        A shop tells each payment of its own (paying.py).
        """
        receipts = DocumentType.SALES_RECEIPT in self.forms.documents
        if receipts or is_shop(self.integration) or invoice.document_type != DocumentType.INVOICE.value:
            return None
        existing = self._existing(order).get(PAID)
        account = self._clearing(order.marketplace, order.method)
        if existing is not None or account is None:
            return existing
        if self.policy.document_type(order_as_said(order)) is not DocumentType.SALES_RECEIPT:
            return None  # on credit terms: the settlement that brings the money pays it
        return self._plan(order, {PAID: at_once(invoice, account)}).get(PAID)

    def _memo(self, refund: Refund, memo: LedgerDocument) -> LedgerDocument | Problem | None:
        existing = self._existing(refund)
        closing = self._of(refund)
        if closing is None or LINK in existing:
            return existing.get(LINK)
        if self.forms.paid_back:
            return existing.get(BACK) or self._plan(refund, {BACK: closing.back()}).get(BACK)
        if not self.forms.journal_takes_parties:
            return Problem(CANNOT_CLOSE, {"number": memo.number})
        out = existing.get(CASH_OUT) or self._plan(refund, {CASH_OUT: closing.cash_out()}).get(CASH_OUT)
        return out or self._plan(refund, {LINK: closing.link(None)}).get(LINK)

    def _of(self, refund: Refund) -> Closing | None:
        """The memo with what it is closed by; None where its order's invoice is gone in a ledger that has receipts for the rest."""
        memo, invoice = live_document(self.integration, refund), order_document(self.integration, refund.order_ref)
        account = self._clearing("", refund.method)
        if invoice is not None and invoice.document_type != DocumentType.INVOICE.value:
            invoice = None
        if memo is None or account is None or (invoice is None and DocumentType.REFUND_RECEIPT in self.forms.documents):
            return None
        return Closing(memo, invoice, account, self.book.source)

    def _clearing(self, marketplace: str, method: str) -> AccountRef | None:
        """Where the money comes in, and goes out of: by method of payment where the shop's have accounts of their own."""
        return clearing(self.book, marketplace, method, [])

    def _existing(self, sale: Sale) -> dict[str, LedgerDocument]:
        found = LedgerDocument.objects.filter(
            ledger_id=self.integration.ledger_id, source_id=sale.source_id, source_kind=CLOSING, source_ref=source_ref(sale)
        )
        live = found.exclude(state=LedgerDocument.State.UNDONE).select_related("current_revision")
        return {each.part: each for each in live}

    def _plan(self, sale: Sale, parts: Mapping[str, Document | None]) -> dict[str, LedgerDocument]:
        wanted = [documents.PlannedPart(part=part, document=document) for part, document in parts.items() if document is not None]
        target = provider(self.integration.ledger.provider).target
        if not wanted or target is None:
            return {}
        planned = documents.plan(
            ledger=self.integration.ledger,
            source=self.integration.source,
            source_ref=source_ref(sale),
            source_kind=CLOSING,
            parts=wanted,
            mapping_version=self.version,
            company=connection_selectors.company(self.integration.ledger),
            target=target,
            amendable=True,
        )
        keep_applications(planned)
        return {document.part: document for document in planned}


def payments_of(integration: Integration, orders: Sequence[Order]) -> dict[Order, LedgerDocument]:
    """The payments of these orders that stand in the ledger: they are taken back before their invoices are."""
    found = LedgerDocument.objects.filter(
        ledger_id=integration.ledger_id,
        source_kind=CLOSING,
        part=PAID,
        source_ref__in=[order.order_id for order in orders],
        state__in=[*documents.STANDING, LedgerDocument.State.UNKNOWN, LedgerDocument.State.UNDOING],
    )
    by_order = {(each.source_id, each.source_ref): each for each in found}
    return {order: by_order[key] for order in orders if (key := (order.source_id, order.order_id)) in by_order}


def _post(ctx: Context, going: Mapping[Sale, LedgerDocument]) -> dict[Sale, StepOutcome]:
    """All of them in as few calls as may be."""
    if not going:
        return {}
    result = posting.post(
        documents=going.values(),
        shown=posting.shown(going.values()),
        by=ctx.run.started_by,
        correlation_id=ctx.run.correlation_id,
    )
    by_document = {each.document_id: each for each in result.results}
    return {sale: _became(by_document[document.pk]) for sale, document in going.items()}


def _became(result: Result) -> StepOutcome:
    if result.verdict in (Verdict.POSTED, Verdict.ALREADY):
        return StepOutcome(Fate.ONWARD)
    if result.verdict in (Verdict.HELD, Verdict.REFUSED):
        return StepOutcome(Fate.HELD, problem=result.problem)
    return StepOutcome(Fate.WAITING, problem=result.problem, not_before=result.not_before)
