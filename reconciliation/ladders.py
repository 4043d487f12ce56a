"""The ladder of a stored settlement: gathers the facts, lets the engine compare them, and names each rung."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from canonical.problems import Problem
from reconciliation import books
from reconciliation.bank import rung
from reconciliation.engine import (
    DocumentFacts,
    Ladder,
    PayoutFacts,
    Rung,
    RungName,
    RungState,
    TieOutFacts,
    tie_out,
)
from reconciliation.files import UPLOADED
from reconciliation.models import Payout, PayoutSettlement, Settlement, SettlementLine
from reconciliation.state import documents_of
from syncs.models import DocumentLine, LedgerDocument

_TITLES = {
    RungName.BANK: _("Bank deposit"),
    RungName.PAYOUT: _("Payout reported"),
    RungName.HEADER: _("File header"),
    RungName.FILE_ROWS: _("Rows of the file"),
    RungName.SETTLEMENT_LINES: _("Settlement lines"),
    RungName.PLANNED: _("Entry as planned"),
    RungName.READ_BACK: _("Ledger read back"),
    RungName.DOCUMENT: _("Document %(part)s balances"),
    RungName.TAX: _("VAT read back"),
}

# The rungs of the ladder proper; documents and VAT stand beside it.
MAIN = (
    RungName.BANK,
    RungName.PAYOUT,
    RungName.HEADER,
    RungName.FILE_ROWS,
    RungName.SETTLEMENT_LINES,
    RungName.PLANNED,
    RungName.READ_BACK,
)


def title(one: Rung) -> str:
    return named(one.name, one.part)


def named(name: RungName | None, part: str = "") -> str:
    return "" if name is None else str(_TITLES[name]) % {"part": part}


def ladder(settlement: Settlement) -> Ladder:
    """Bank = payout = header = rows of the file = stored lines = settling lines planned = settling lines read back."""
    documents = list(documents_of(settlement))
    facts = TieOutFacts(
        currency=settlement.currency,
        header_total=settlement.header_total,
        file_total=settlement.line_total,
        line_total=line_total(settlement),
        planned=_planned(documents),
        read_back=_read_back(documents),
        payout=_payout(settlement),
        bank=rung.facts_of(settlement),
        uploaded=settlement.document.type == UPLOADED,
        documents=tuple(_sides(document) for document in documents),
        planned_tax=_planned_tax(documents),
        read_back_tax=_read_back_tax(documents),
    )
    return tie_out(facts)


def disagreement(found: Ladder, code: str) -> Problem | None:
    """The first rung that differs and stands in the way of posting, as a problem; None when nothing does."""
    for each in found.rungs:
        if each.state is RungState.DIFFERS and each.name is not RungName.BANK:
            params = {
                "rung": title(each),
                "amount": str(each.amount),
                "compared": named(each.compared_to, each.part),
                "compared_amount": str(each.compared_amount),
                "difference": str(each.difference),
            }
            return Problem(code, params)
    return None


def line_total(settlement: Settlement) -> Decimal:
    """What the stored rows add up to, added up by the database."""
    total = SettlementLine.objects.filter(settlement_id=settlement.pk).aggregate(total=Sum("amount"))["total"]
    return Decimal(0) if total is None else total


def _planned(documents: list[LedgerDocument]) -> Decimal | None:
    """Debit minus credit over the settling lines of all documents; None before anything is planned."""
    if not documents:
        return None
    settling = DocumentLine.objects.filter(revision_id__in=_revisions(documents), settling=True)
    sums = settling.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    return (sums["debit"] or Decimal(0)) - (sums["credit"] or Decimal(0))


def _read_back(documents: list[LedgerDocument]) -> Decimal | None:
    """The same as the ledger holds it now; None unless every document has been read back."""
    if not documents or any(not document.read_back for document in documents):
        return None
    return sum((Decimal(document.read_back["settling"]) for document in documents), Decimal(0))


def _sides(document: LedgerDocument) -> DocumentFacts:
    sums = DocumentLine.objects.filter(revision_id=document.current_revision_id).aggregate(
        debit=Sum("debit"), credit=Sum("credit")
    )
    return DocumentFacts(document.part, sums["debit"] or Decimal(0), sums["credit"] or Decimal(0))


def _planned_tax(documents: list[LedgerDocument]) -> Decimal | None:
    """Output less input VAT over all documents; None where no line carries any."""
    taxed = DocumentLine.objects.filter(revision_id__in=_revisions(documents)).exclude(tax=0)
    if not taxed.exists():
        return None
    credit = taxed.filter(credit__gt=0).aggregate(tax=Sum("tax"))["tax"] or Decimal(0)
    debit = taxed.filter(debit__gt=0).aggregate(tax=Sum("tax"))["tax"] or Decimal(0)
    return credit - debit


def _read_back_tax(documents: list[LedgerDocument]) -> Decimal | None:
    if not documents or any(not document.read_back for document in documents):
        return None
    total = Decimal(0)
    for document in documents:
        for line in document.read_back["lines"]:
            tax = Decimal(line["tax"])
            total += tax if Decimal(line["credit"]) > 0 else -tax
    return total


def _payout(settlement: Settlement) -> PayoutFacts | None:
    """The transfer that pays this settlement, with the headers of all settlements it pays; None when none is known."""
    payouts = books.payouts_of(settlement)
    if not payouts:
        return None
    latest = payouts[-1]
    paid = list(PayoutSettlement.objects.filter(payout=latest).values_list("settlement_id", flat=True))
    together = Settlement.objects.filter(source_id=settlement.source_id, settlement_id__in=paid).exclude(
        state=Settlement.State.SUPERSEDED
    )
    headers = dict(together.values_list("settlement_id", "header_total"))
    return PayoutFacts(
        status=latest.status,
        amount=latest.amount,
        currency=latest.currency,
        headers=tuple(headers.get(settlement_id) for settlement_id in paid),
        trace_id=latest.trace_id,
        rate=_rate(latest),
    )


def _rate(payout: Payout) -> Decimal | None:
    if payout.converted_amount is None or not payout.amount:
        return None
    return Decimal(payout.converted_amount) / Decimal(payout.amount)


def _revisions(documents: list[LedgerDocument]) -> list[int]:
    return [document.current_revision.pk for document in documents]
