"""Payouts as the marketplace reports them, kept and tied to the settlements they pay."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from connections.contracts import PayoutFact
from connections.models import Connection
from reconciliation.bank import matching
from reconciliation.models import Payout, PayoutSettlement
from tenants.news import publish


@transaction.atomic
def keep_payouts(source: Connection, facts: Sequence[PayoutFact]) -> None:
    """Write down one page of payouts; a changed status is news. Bank lines that came before them find them now."""
    for fact in facts:
        payout, made = Payout.objects.get_or_create(source=source, payout_id=fact.payout_id, defaults=_columns(fact))
        if not made and payout.status != fact.status:
            publish("payout.changed", payout, before=payout.status, after=fact.status)
        if not made:
            Payout.objects.filter(pk=payout.pk).update(**_columns(fact))
        for settlement_id in fact.settlement_ids:
            PayoutSettlement.objects.get_or_create(payout=payout, settlement_id=settlement_id, defaults={"source": source})
    matching.settle()


def _columns(fact: PayoutFact) -> dict[str, object]:
    return {
        "status": fact.status,
        "amount": fact.amount,
        "currency": fact.currency,
        "initiated_at": fact.initiated_at,
        "trace_id": fact.trace_id,
        "account_tail": fact.account_tail,
        "converted_amount": fact.converted_amount,
        "converted_currency": fact.converted_currency,
    }
