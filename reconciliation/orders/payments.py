"""Invoices are paid by the settlement that brings their money; credit memos are closed against what they credit.

    settlement       payments into Amazon Clearing, dated the deposit date, each with as many links as the ledger takes
    paid at once     a payment of the invoice's own, where the ledger has no receipts for what was paid when it was sold
    memo, unpaid     a payment of 0.00 links the memo with its invoice
    memo, paid       a cash-out (Dr receivable, Cr clearing) and a payment of 0.00 that links the two
    memo, either     a payment below zero out of clearing, where the ledger takes one

Source: the accounting design, sections 3 (c2) and (d). After the settlement nothing of these customers is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from canonical.accounting import (
    AccountRef,
    Applied,
    DocumentLine,
    DocumentType,
    JournalEntry,
    PartyRef,
    Payment,
    Side,
)
from connections import selectors as connection_selectors
from reconciliation.engine import Book, Cleared, Composition
from reconciliation.engine.chart import AMAZON, Role
from reconciliation.models import Settlement
from reconciliation.orders import claims
from syncs import documents
from syncs.models import Integration, LedgerDocument, PaymentApplication, RevenueClaim

ZERO = Decimal(0)
PAID, BACK, CASH_OUT, LINK = "paid", "back", "out", "link"  # parts of what closes an order or a refund (closing.py)


@dataclass(frozen=True, slots=True)
class Paid:
    """An invoice, what it still asks for, and what a settlement brings for it."""

    invoice: LedgerDocument
    brought: Decimal


def payments(
    settlement: Settlement, integration: Integration, book: Book, cleared: Cleared | None, composition: Composition
) -> list[documents.PlannedPart]:
    """The payments of the invoices whose money this settlement brings; parts p1, p2 ... behind its entry."""
    if cleared is None or not composition.documents:
        return []
    paid = sorted(_paid(settlement, integration, cleared), key=lambda each: each.invoice.pk)
    clearing = book.account_rule(Role.CLEARING.value, marketplace=settlement.marketplace)
    if not paid or clearing is None:
        return []
    on = composition.documents[-1].document.date
    parts: list[documents.PlannedPart] = []
    links = connection_selectors.forms(integration.ledger).payment_links
    for group in _by_customer(paid):
        for start in range(0, len(group), links):
            payment = _payment(settlement, group[start : start + links], clearing.account, on)
            parts.append(documents.PlannedPart(part=f"p{len(parts) + 1}", document=payment, settlement_id=settlement.pk))
    return parts


def at_once(invoice: LedgerDocument, clearing: AccountRef) -> Payment | None:
    """The payment of an invoice whose order was paid when it was placed, of all that it still asks for."""
    amount, revision = open_amount(invoice), invoice.current_revision
    if amount <= 0 or revision is None:
        return None
    said = _said(invoice)
    applied = Applied(DocumentType.INVOICE, invoice.external_id, amount, invoice.source_ref)
    customer, receivable = PartyRef(**said["customer"]), AccountRef(**said["account"])
    return Payment(revision.date, revision.currency, customer, clearing, receivable, (applied,), str(revision.canonical["memo"]))


def keep_applications(planned: Iterable[LedgerDocument]) -> None:
    """Write down what each planned payment is set against, for the open amounts of the next one."""
    for document in planned:
        if document.document_type != DocumentType.PAYMENT.value:
            continue
        revision = document.pending_revision or document.current_revision
        if revision is None:
            continue
        applied = revision.canonical["applied"]
        ids = {each["external_id"]: Decimal(each["amount"]) for each in applied}
        targets = LedgerDocument.objects.filter(ledger_id=document.ledger_id, external_id__in=ids).exclude(
            state=LedgerDocument.State.UNDONE
        )
        PaymentApplication.objects.filter(payment=document).delete()
        PaymentApplication.objects.bulk_create(
            PaymentApplication(payment=document, target=target, amount=ids[target.external_id]).named() for target in targets
        )


def open_amount(invoice: LedgerDocument, *, besides: Iterable[LedgerDocument] = ()) -> Decimal:
    """What an invoice or credit memo of ours still asks for, counting payments that are only planned."""
    revision = invoice.current_revision
    total = revision.total if revision else ZERO
    others = PaymentApplication.objects.filter(target=invoice).exclude(payment__state=LedgerDocument.State.UNDONE)
    used = others.exclude(payment__in=[each.pk for each in besides]).aggregate(sum=Sum("amount"))["sum"]
    return total - (used or ZERO)


def _paid(settlement: Settlement, integration: Integration, cleared: Cleared) -> Iterator[Paid]:
    brought = claims.amounts(settlement, integration)
    own = LedgerDocument.objects.filter(
        ledger_id=integration.ledger_id, source_id=settlement.source_id, source_ref=settlement.settlement_id,
        source_kind="settlement", document_type=DocumentType.PAYMENT.value,
    )  # fmt: skip
    orders = [order for order, refund in cleared.keys if not refund and brought.get((order, ""), ZERO) > 0]
    invoiced = RevenueClaim.objects.filter(
        ledger_id=integration.ledger_id, source_id=settlement.source_id, refund_ref="", order_ref__in=orders,
        document__document_type=DocumentType.INVOICE.value,
    )  # fmt: skip
    for claim in invoiced.select_related("document__current_revision").order_by("order_ref"):
        invoice = claim.document
        amount = min(brought[claim.order_ref, ""], open_amount(invoice, besides=own))
        if amount > 0:
            yield Paid(invoice, amount)


def _by_customer(paid: Iterable[Paid]) -> list[list[Paid]]:
    groups: dict[tuple[str, str], list[Paid]] = {}
    for each in paid:
        said = _said(each.invoice)
        groups.setdefault((said["customer"]["key"], said["account"]["key"]), []).append(each)
    return [groups[key] for key in sorted(groups)]


def _payment(settlement: Settlement, paid: list[Paid], clearing: AccountRef, on: date) -> Payment:
    said = _said(paid[0].invoice)
    applied = tuple(
        Applied(DocumentType.INVOICE, each.invoice.external_id, each.brought, each.invoice.source_ref) for each in paid
    )
    return Payment(
        on,
        settlement.currency,
        PartyRef(**said["customer"]),
        clearing,
        AccountRef(**said["account"]),
        applied,
        f"Amazon settlement {settlement.settlement_id}",
    )


def _said(document: LedgerDocument) -> Mapping[str, dict[str, str]]:
    revision = document.current_revision
    assert revision is not None  # noqa: S101 - what stands in the ledger was posted from one
    said: Mapping[str, dict[str, str]] = revision.canonical
    return said


# ------------------------------------------------------------------ credit memos


@dataclass(frozen=True, slots=True)
class Closing:
    """What closes a posted credit memo: parts in the order they are posted; the second names the first by its id.

    `invoice` is None where its order was paid at once, or is revenue of a settlement.
    """

    memo: LedgerDocument
    invoice: LedgerDocument | None
    clearing: AccountRef
    source: str = AMAZON

    def back(self) -> Payment | None:
        """The money given back, as a payment below zero; what the invoice still asks for comes with its settlement."""
        said, revision, amount = _said(self.memo), self.memo.current_revision, open_amount(self.memo)
        if amount <= 0 or revision is None:
            return None
        memo = Applied(DocumentType.CREDIT_MEMO, self.memo.external_id, amount, self.memo.source_ref)
        customer, receivable = PartyRef(**said["customer"]), AccountRef(**said["account"])
        text = str(revision.canonical["memo"])
        return Payment(revision.date, revision.currency, customer, self.clearing, receivable, (memo,), text)

    @property
    def against_invoice(self) -> Decimal:
        """As much of the memo as its invoice still asks for."""
        if self.invoice is None:
            return ZERO
        return max(ZERO, min(open_amount(self.memo), open_amount(self.invoice)))

    def cash_out(self) -> JournalEntry | None:
        """The money given back although the invoice is paid: out of clearing, to the customer's account."""
        said = _said(self.memo)
        amount = open_amount(self.memo) - self.against_invoice
        if amount <= 0 or self.memo.current_revision is None:
            return None
        party, text = PartyRef(**said["customer"]), f"Refund paid out by {self.source}"
        lines = (
            DocumentLine(AccountRef(**said["account"]), Side.DEBIT, amount, text, "cash_out", party=party),
            DocumentLine(self.clearing, Side.CREDIT, amount, text, "cleared_refunds"),
        )
        revision = self.memo.current_revision
        return JournalEntry(revision.date, revision.currency, lines, f"{text}: {self.memo.source_ref}")

    def link(self, cash_out: LedgerDocument | None) -> Payment | None:
        """The payment of 0.00 that sets the memo against its invoice, against the cash-out, or against both."""
        said, revision = _said(self.memo), self.memo.current_revision
        against: list[Applied] = []
        if self.invoice is not None and self.against_invoice:
            invoice = DocumentType.INVOICE
            against.append(Applied(invoice, self.invoice.external_id, self.against_invoice, self.invoice.source_ref))
        if cash_out is not None and cash_out.current_revision is not None:
            journal = DocumentType.JOURNAL_ENTRY
            against.append(Applied(journal, cash_out.external_id, cash_out.current_revision.total, cash_out.source_ref))
        total = sum((each.amount for each in against), ZERO)
        if not total or revision is None:
            return None
        memo = Applied(DocumentType.CREDIT_MEMO, self.memo.external_id, total, self.memo.source_ref)
        customer, receivable = PartyRef(**said["customer"]), AccountRef(**said["account"])
        text = str(revision.canonical["memo"])
        return Payment(revision.date, revision.currency, customer, self.clearing, receivable, (*against, memo), text)
