"""The ladder of a stored settlement: gathers the facts, lets the engine compare them, and says where each rung leads."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from canonical.problems import Problem
from reconciliation import books
from reconciliation.engine import Ladder, PayoutFacts, Rung, RungState, TieOutFacts, tie_out
from reconciliation.models import PayoutSettlement, Settlement, SettlementLine
from reconciliation.state import documents_of
from syncs.models import DocumentLine, LedgerDocument

_TITLES = {
    "payout": _("Payout reported"),
    "header": _("File header"),
    "file_rows": _("Rows of the file"),
    "settlement_lines": _("Settlement lines"),
    "planned": _("Entry as planned"),
    "read_back": _("Ledger read back"),
}


def title(rung: Rung) -> str:
    return str(_TITLES.get(rung.name, rung.name))


def ladder(settlement: Settlement) -> Ladder:
    """Payout = header = rows of the file = stored lines = settling lines planned = settling lines read back."""
    documents = list(documents_of(settlement))
    return tie_out(
        TieOutFacts(
            currency=settlement.currency,
            header_total=settlement.header_total,
            file_total=settlement.line_total,
            line_total=line_total(settlement),
            planned=_planned(documents),
            read_back=_read_back(documents),
            payout=_payout(settlement),
            unbalanced=_unbalanced(documents),
        )
    )


def disagreement(found: Ladder, code: str) -> Problem | None:
    """The first rung that differs, as a problem; None when nothing does."""
    for rung in found.rungs:
        if rung.state is RungState.DIFFERS:
            params = {
                "rung": title(rung),
                "amount": str(rung.amount),
                "compared": str(_TITLES.get(rung.compared_to, rung.compared_to)),
                "compared_amount": str(rung.compared_amount),
                "difference": str(rung.difference),
            }
            return Problem(code, params)
    return None


def line_total(settlement: Settlement) -> Decimal:
    total = SettlementLine.objects.filter(settlement_id=settlement.pk).aggregate(total=Sum("amount"))["total"]
    return Decimal(0) if total is None else total


def _planned(documents: list[LedgerDocument]) -> Decimal | None:
    """Debit minus credit over the settling lines of all documents; None before anything is planned."""
    if not documents:
        return None
    revisions = [document.current_revision_id for document in documents]
    journals = DocumentLine.objects.filter(revision_id__in=revisions, settling=True)
    sums = journals.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    settled = (sums["debit"] or Decimal(0)) - (sums["credit"] or Decimal(0))
    # A deposit is itself the settling line: what the bank receives is its total.
    deposits = [document for document in documents if document.document_type == "deposit"]
    return settled + sum((document.current_revision.total for document in deposits), Decimal(0))


def _read_back(documents: list[LedgerDocument]) -> Decimal | None:
    """The same as the ledger holds it now; None unless every document has been read back."""
    if not documents or any(not document.read_back for document in documents):
        return None
    return sum((Decimal(document.read_back["settling"]) for document in documents), Decimal(0))


def _unbalanced(documents: list[LedgerDocument]) -> tuple[str, ...]:
    journals = [document for document in documents if document.document_type == "journal_entry"]
    lines = DocumentLine.objects.filter(revision_id__in=[document.current_revision_id for document in journals])
    sums = lines.values("revision_id").annotate(debit=Sum("debit"), credit=Sum("credit"))
    off = {row["revision_id"] for row in sums if row["debit"] != row["credit"]}
    return tuple(document.public_id for document in journals if document.current_revision_id in off)


def _payout(settlement: Settlement) -> PayoutFacts | None:
    """The transfer that pays this settlement, with the headers of all settlements it pays; None when none is known."""
    payouts = books.payouts_of(settlement)
    if not payouts:
        return None
    latest = payouts[-1]
    paid = PayoutSettlement.objects.filter(payout=latest).values_list("settlement_id", flat=True)
    together = Settlement.objects.filter(
        ~Q(state=Settlement.State.SUPERSEDED), source_id=settlement.source_id, settlement_id__in=list(paid)
    )
    headers = dict(together.values_list("settlement_id", "header_total"))
    return PayoutFacts(
        status=latest.status,
        amount=latest.amount,
        currency=latest.currency,
        headers=tuple(headers.get(settlement_id) for settlement_id in paid),
        trace_id=latest.trace_id,
    )
