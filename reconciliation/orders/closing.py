"""Closing a credit memo: first the cash-out where its invoice is paid already, then the payment that links.

The link names the cash-out by its id in the ledger, so it can only be planned once that stands there.
"""

from __future__ import annotations

from canonical.accounting import AccountRef, Document, DocumentType
from connections import selectors as connection_selectors
from connections.registry import provider
from reconciliation import books
from reconciliation.engine.orders import clearing
from reconciliation.models import Refund
from reconciliation.orders.payments import CASH_OUT, LINK, Closing, keep_applications
from reconciliation.orders.planning import Sale, live_document, order_document, source_ref
from syncs import documents, mappings, posting
from syncs.models import Integration, LedgerDocument
from syncs.pipeline import Context
from syncs.posting import Verdict
from syncs.steps import Fate, StepOutcome

CLOSING = "closing"


def close(ctx: Context, sale: Sale) -> StepOutcome:
    """Close the credit memo of a refund; ONWARD for everything else."""
    memo = live_document(ctx.integration, sale)
    if not isinstance(sale, Refund) or memo is None or memo.document_type != DocumentType.CREDIT_MEMO.value:
        return StepOutcome(Fate.ONWARD)
    existing = {each.part: each for each in _documents(ctx.integration, sale)}
    if LINK in existing:
        return _post(ctx, existing[LINK])
    invoice, account = order_document(ctx.integration, sale.order_ref), _clearing(ctx.integration, sale.method)
    if invoice is None or account is None or memo.state not in documents.STANDING:
        return StepOutcome(Fate.ONWARD)
    closing = Closing(memo, invoice, account, provider(ctx.integration.source.provider).info.name)
    out = existing.get(CASH_OUT) or _plan(ctx.integration, sale, {CASH_OUT: closing.cash_out()}).get(CASH_OUT)
    if out is not None:
        went = _post(ctx, out)
        if went.fate is not Fate.ONWARD:
            return went
        out.refresh_from_db()
    said = {CASH_OUT: documents.said_by(out.current_revision) if out is not None and out.current_revision else None}
    link = _plan(ctx.integration, sale, {**said, LINK: closing.link(out)}).get(LINK)
    return StepOutcome(Fate.ONWARD) if link is None else _post(ctx, link)


def _documents(integration: Integration, sale: Refund) -> list[LedgerDocument]:
    found = LedgerDocument.objects.filter(
        ledger_id=integration.ledger_id, source_id=sale.source_id, source_kind=CLOSING, source_ref=source_ref(sale)
    )
    return list(found.exclude(state=LedgerDocument.State.UNDONE).select_related("current_revision"))


def _plan(integration: Integration, sale: Refund, parts: dict[str, Document | None]) -> dict[str, LedgerDocument]:
    wanted = [documents.PlannedPart(part=part, document=document) for part, document in parts.items() if document is not None]
    target = provider(integration.ledger.provider).target
    if not wanted or target is None:
        return {}
    planned = documents.plan(
        ledger=integration.ledger,
        source=integration.source,
        source_ref=source_ref(sale),
        source_kind=CLOSING,
        parts=wanted,
        mapping_version=mappings.published_version(integration.mapping_set),
        company=connection_selectors.company(integration.ledger),
        target=target,
        amendable=True,
    )
    keep_applications(planned)
    return {document.part: document for document in planned}


def _post(ctx: Context, document: LedgerDocument) -> StepOutcome:
    result = posting.post(
        documents=[document], shown=posting.shown([document]), by=ctx.run.started_by, correlation_id=ctx.run.correlation_id
    )
    verdicts = {each.verdict for each in result.results}
    if verdicts <= {Verdict.POSTED, Verdict.ALREADY}:
        return StepOutcome(Fate.ONWARD)
    if verdicts & {Verdict.HELD, Verdict.REFUSED}:
        return StepOutcome(Fate.HELD, problem=result.problem)
    return StepOutcome(Fate.WAITING, problem=result.problem, not_before=result.not_before)


def _clearing(integration: Integration, method: str) -> AccountRef | None:
    """Where the money goes out of: where that method's money comes in."""
    return clearing(books.order_book(integration, mappings.published_version(integration.mapping_set)), "", method, [])
