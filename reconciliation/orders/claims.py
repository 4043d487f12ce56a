"""Who books the revenue of an order or refund: its own document, or its settlement. Decided once, never both.

The claim row is the decision; its unique key is (ledger, source, order, refund). Both sides take it before
they send anything, in the same transaction in which they look who else has it, so whichever arrives
first wins and the other sees it. Source: the accounting design, section 3c.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from canonical.problems import Problem, declare
from reconciliation.engine import Cleared
from reconciliation.engine.cleared import UNNAMED, Key
from reconciliation.models import Settlement, SettlementLine
from reconciliation.state import documents_of
from syncs.models import Integration, LedgerDocument, RevenueClaim
from tenants.news import publish
from tenants.scope import require_tenant_id

_Doc = LedgerDocument.State
_Holder = RevenueClaim.Holder
# A document in one of these states may come to stand in the ledger without anybody asking again.
_UNDER_WAY = (_Doc.PLANNED, _Doc.POSTING, _Doc.UNKNOWN, _Doc.UNDOING)

UNDER_WAY = declare(
    "settlement.orders_under_way",
    "%(count)s orders of this settlement are being posted right now (%(example)s).",
    "It goes on by itself when they stand in the ledger. An order that hangs is shown under Errors.",
)
IN_SETTLEMENT = declare(
    "order.in_settlement",
    "The revenue of %(order)s was booked by settlement %(settlement)s, so it is not posted by itself.",
    "Nothing needs to be done. To post orders one by one, undo that settlement first.",
)
SETTLED = declare(
    "order.settled_already",
    "%(order)s is part of settlement %(settlement)s, which was posted relying on its document.",
    "Undo the settlement first, then the order.",
)
CLAIMS_CHANGED = declare(
    "settlement.claims_changed",
    "Orders of this settlement were posted, or undone, since its entry was composed.",
    "It was composed again; look at it and post it.",
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a document wants to book: `amount` is its total."""

    order_ref: str
    refund_ref: str
    document: LedgerDocument
    amount: Decimal


# ------------------------------------------------------------------ orders


@transaction.atomic
def take(claims: Sequence[Claim], *, ledger_id: int, source_id: int) -> dict[Key, RevenueClaim]:
    """Claim the revenue for documents of orders. Returns the claims that somebody else holds, by (order, refund).

    What this same document claimed before stays its own, with its present amount.
    """
    wanted = {(each.order_ref, each.refund_ref): each for each in claims}
    rows = [
        RevenueClaim(
            ledger_id=ledger_id, source_id=source_id, order_ref=each.order_ref, refund_ref=each.refund_ref,
            holder=_Holder.ORDER, document=each.document, amount=each.amount,
        ).named()
        for _, each in sorted(wanted.items())
    ]  # fmt: skip
    RevenueClaim.objects.bulk_create(rows, ignore_conflicts=True)
    lost: dict[Key, RevenueClaim] = {}
    for claim in _locked(ledger_id, source_id, [order for order, _ in wanted]):
        key = (claim.order_ref, claim.refund_ref)
        if key in wanted and claim.holder == _Holder.ORDER:
            _renew(claim, wanted[key])
        elif key in wanted:
            lost[key] = claim
        elif claim.refund_ref == UNNAMED and claim.holder == _Holder.SETTLEMENT:
            # A settlement booked refunds of this order without their names: any of them may be the one.
            lost |= {key: claim for key in wanted if key[0] == claim.order_ref and key[1]}
    _forget(ledger_id, source_id, [key for key, claim in lost.items() if claim.refund_ref == UNNAMED], wanted)
    return lost


def _renew(claim: RevenueClaim, wanted: Claim) -> None:
    if (claim.document_id, claim.amount) != (wanted.document.pk, wanted.amount):
        claim.document, claim.amount = wanted.document, wanted.amount
        claim.save(update_fields=["document", "amount"])


def _forget(ledger_id: int, source_id: int, keys: Iterable[Key], wanted: dict[Key, Claim]) -> None:
    for order_ref, refund_ref in keys:
        ours = RevenueClaim.objects.filter(ledger_id=ledger_id, source_id=source_id, order_ref=order_ref, refund_ref=refund_ref)
        ours.filter(document=wanted[order_ref, refund_ref].document).delete()


def _locked(ledger_id: int, source_id: int, orders: Iterable[str]) -> list[RevenueClaim]:
    claims = RevenueClaim.objects.select_for_update(of=("self",)).filter(ledger_id=ledger_id, source_id=source_id)
    return list(claims.filter(order_ref__in=set(orders)).select_related("document").order_by("order_ref", "refund_ref"))


def release(document: LedgerDocument) -> None:
    """An order's document was taken back or never came to be: its revenue is free again."""
    RevenueClaim.objects.filter(document=document, holder=_Holder.ORDER).delete()


def settlement_holding(claim: RevenueClaim) -> str:
    """The id of the settlement that booked it, for people."""
    return claim.document.source_ref if claim.document else "?"


def settlement_relying_on(document: LedgerDocument) -> Settlement | None:
    """The posted settlement that moved this document's money out of clearing; then the document must stay."""
    claim = RevenueClaim.objects.filter(document=document, holder=_Holder.ORDER).first()
    if claim is None:
        return None
    lines = SettlementLine.objects.filter(order_ref=claim.order_ref)
    if claim.refund_ref:
        lines = lines.filter(adjustment_ref=claim.refund_ref)
    ids = set(lines.values_list("settlement_id", flat=True))
    relying = Settlement.objects.filter(pk__in=ids, source_id=document.source_id, integration__ledger_id=document.ledger_id)
    for settlement in relying.exclude(state=Settlement.State.SUPERSEDED):
        if stands(settlement):
            return settlement
    return None


# ------------------------------------------------------------------ settlements


def cleared(settlement: Settlement, integration: Integration) -> Cleared | None:
    """The orders and refunds of this settlement that stand in the ledger by themselves; None where none ever did."""
    ours = RevenueClaim.objects.filter(ledger_id=integration.ledger_id, source_id=settlement.source_id, holder=_Holder.ORDER)
    if not ours.exists():
        return None
    rows = _of_settlement(settlement, integration, "document.state IN ('posted', 'amending')")
    return Cleared(frozenset((order, refund) for order, refund in rows))


def amounts(settlement: Settlement, integration: Integration) -> dict[Key, Decimal]:
    """What the settlement says of each order and refund it holds: the sum of the rows that their documents book."""
    sql = f"SELECT order_ref, refund_ref, sum(amount) FROM ({BOOKED_ROWS} AND settlement_id = %(settlement)s) row GROUP BY 1, 2"  # noqa: S608
    return {(str(order), str(refund)): amount for order, refund, amount in _run(sql, settlement, integration)}


def under_way(settlement: Settlement, integration: Integration) -> list[Problem]:
    """Orders of the settlement whose fate is being decided now: it must wait for them."""
    states = ", ".join(f"'{state.value}'" for state in _UNDER_WAY)
    rows = _of_settlement(settlement, integration, f"document.state IN ({states})")
    return [Problem(UNDER_WAY, {"count": len(rows), "example": rows[0][0]})] if rows else []


def digest(found: Cleared | None) -> str:
    """A name for a set of cleared orders: the plan keeps it, posting compares it."""
    if found is None or not found.keys:
        return ""
    return hashlib.sha256("\n".join(f"{order}\t{refund}" for order, refund in sorted(found.keys)).encode()).hexdigest()[:32]


@transaction.atomic
def take_for_settlement(settlement: Settlement, integration: Integration, planned: str) -> bool:
    """Claim for the settlement whatever nobody has claimed. False when its plan no longer tells who holds what.

    A document of an order that the ledger refused holds nothing: the settlement takes over.
    """
    documents = list(documents_of(settlement))
    _take_unclaimed(settlement, integration, documents[0] if documents else None)
    _take_refused(settlement, integration, documents[0] if documents else None)
    if digest(cleared(settlement, integration)) == planned and not under_way(settlement, integration):
        return True
    transaction.set_rollback(True)
    return False


@transaction.atomic
def release_settlement(settlement: Settlement, integration: Integration) -> None:
    """The settlement was taken out of the ledger: what it booked is free, unless another one booked a part of it too."""
    documents = LedgerDocument.objects.filter(
        ledger_id=integration.ledger_id, source_id=settlement.source_id, source_kind="settlement"
    )
    held = RevenueClaim.objects.filter(
        ledger_id=integration.ledger_id,
        source_id=settlement.source_id,
        holder=_Holder.SETTLEMENT,
        document__in=documents.filter(source_ref=settlement.settlement_id),
    )
    others = _other_settlements(settlement, integration, list(held.values_list("order_ref", flat=True)))
    freed = held.exclude(order_ref__in=others)
    orders = list(freed.values_list("order_ref", flat=True)[:20_000])
    if freed.delete()[0]:
        publish("settlement.claims_released", settlement, orders=len(orders))
    for order_ref, document in others.items():
        held.filter(order_ref=order_ref).update(document=document)


def stands(settlement: Settlement) -> bool:
    """Whether any of it stands in the ledger, or may."""
    return any(document.state not in (_Doc.PLANNED, _Doc.HELD) for document in documents_of(settlement))


def _other_settlements(settlement: Settlement, integration: Integration, orders: list[str]) -> dict[str, LedgerDocument]:
    lines = SettlementLine.objects.filter(order_ref__in=orders).exclude(settlement_id=settlement.pk)
    found: dict[str, LedgerDocument] = {}
    for order_ref, settlement_pk in lines.values_list("order_ref", "settlement_id").distinct():
        other = Settlement.objects.filter(pk=settlement_pk, source_id=settlement.source_id, integration=integration).first()
        if other is not None and other.state != Settlement.State.SUPERSEDED and stands(other):
            found[order_ref] = documents_of(other)[0]
    return found


# The rows that documents of orders book, as reconciliation.engine.cleared tells them, with the refund they name.
BOOKED_ROWS = """
    SELECT order_ref,
           CASE WHEN lower(transaction_type) = 'refund' THEN coalesce(nullif(adjustment_ref, ''), '?') ELSE '' END AS refund_ref,
           settlement_id, amount, posted_at
      FROM reconciliation_settlementline
     WHERE tenant_id = %(tenant)s
       AND lower(transaction_type) IN ('order', 'refund')
       AND regexp_replace(lower(amount_type), '[ _-]', '', 'g') IN ('itemprice', 'promotion')
       AND order_ref <> ''
"""


def _of_settlement(settlement: Settlement, integration: Integration, condition: str) -> list[Key]:
    """(order, refund) of the settlement that a document of its own claims, where the document meets the condition."""
    sql = f"""
        SELECT DISTINCT claim.order_ref, claim.refund_ref
          FROM syncs_revenueclaim claim
          JOIN syncs_ledgerdocument document ON document.tenant_id = claim.tenant_id AND document.id = claim.document_id
          JOIN ({BOOKED_ROWS} AND settlement_id = %(settlement)s) row
            ON row.order_ref = claim.order_ref AND row.refund_ref = claim.refund_ref
         WHERE claim.tenant_id = %(tenant)s AND claim.ledger_id = %(ledger)s AND claim.source_id = %(source)s
           AND claim.holder = 'order' AND {condition}
         ORDER BY 1, 2
    """  # noqa: S608 - the condition is one of this module's own
    return [(str(order), str(refund)) for order, refund in _run(sql, settlement, integration)]


def _take_unclaimed(settlement: Settlement, integration: Integration, document: LedgerDocument | None) -> None:
    sql = f"""
        INSERT INTO syncs_revenueclaim
               (tenant_id, public_id, created_at, ledger_id, source_id, order_ref, refund_ref, holder, document_id)
        SELECT %(tenant)s, 'clm_' || replace(gen_random_uuid()::text, '-', ''), now(), %(ledger)s, %(source)s,
               order_ref, refund_ref, 'settlement', %(document)s
          FROM ({BOOKED_ROWS} AND settlement_id = %(settlement)s) row
         GROUP BY order_ref, refund_ref
         ORDER BY order_ref, refund_ref
            ON CONFLICT DO NOTHING
    """  # noqa: S608 - nothing of it comes from outside
    _run(sql, settlement, integration, document=document.pk if document else None)


def _take_refused(settlement: Settlement, integration: Integration, document: LedgerDocument | None) -> None:
    for order_ref, refund_ref in _of_settlement(settlement, integration, "document.state = 'held'"):
        claims = RevenueClaim.objects.select_for_update(of=("self",)).filter(
            ledger_id=integration.ledger_id, source_id=settlement.source_id, order_ref=order_ref, refund_ref=refund_ref
        )
        # Locked first, then looked at: the order's own step takes the same lock before it asks for posting.
        for claim in claims.filter(holder=_Holder.ORDER):
            if LedgerDocument.objects.filter(pk=claim.document_id or 0, state=_Doc.HELD).exists():
                claim.holder, claim.document, claim.amount = _Holder.SETTLEMENT, document, None
                claim.save(update_fields=["holder", "document", "amount"])


def _run(sql: str, settlement: Settlement, integration: Integration, **more: Any) -> list[tuple[Any, ...]]:
    params = {
        "tenant": require_tenant_id(),
        "settlement": settlement.pk,
        "ledger": integration.ledger_id,
        "source": settlement.source_id,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []
