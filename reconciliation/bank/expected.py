"""Which payouts a bank should show, and as what: the money that reaches it, when, and on which account.

A payout that was converted reaches the bank in the other currency. One that failed, or was none, is not
expected at all. The day is the deposit date of its settlements in their integration's time zone; before a
settlement is here, the day the marketplace says it began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from reconciliation.bank.accounts import key_of
from reconciliation.engine.ladder import PAYOUT_DUE
from reconciliation.engine.matching import PayoutSide, Window
from reconciliation.models import Payout, PayoutSettlement, Settlement
from syncs.models import Integration

WINDOW = "bank_window"  # the integration's option: {"before": days, "after": days}
MOST_DAYS = 45


@dataclass(frozen=True, slots=True)
class Expected:
    """A payout, the settlements it pays that are here, and what the bank should show of it.

    `wanted`: somebody keeps books for it. A seller's other stores, and what was left out, are none of theirs.
    """

    payout: Payout
    settlements: tuple[Settlement, ...]
    side: PayoutSide
    window: Window
    integration: Integration | None = None
    wanted: bool = True


def due() -> QuerySet[Payout]:
    """Payouts on their way or arrived; failed ones and those of nothing are not expected."""
    return Payout.objects.filter(status__in=PAYOUT_DUE).filter(Q(amount__gt=0) | Q(converted_amount__gt=0))


def reaching(payout: Payout) -> tuple[Decimal, str]:
    """What reaches the bank: the converted amount where the marketplace converted the money."""
    if payout.converted_amount is not None and payout.converted_currency.strip():
        return Decimal(payout.converted_amount), payout.converted_currency
    return Decimal(payout.amount), payout.currency


def expected(payouts: Iterable[Payout]) -> list[Expected]:
    """In three queries however many there are."""
    rows = list(payouts)
    paid, kept = _settlements(rows), _kept_currencies()
    return [_expected(payout, paid[payout.pk], kept) for payout in rows]


def window_of(integration: Integration | None) -> Window:
    """The days set for the integration; the usual ones where nothing, or nonsense, is set."""
    given: Any = integration.options.get(WINDOW) if integration else None
    if not isinstance(given, dict):
        return Window()
    before, after = given.get("before"), given.get("after")
    usual = Window()
    return Window(
        before if isinstance(before, int) and 0 <= before <= MOST_DAYS else usual.before,
        after if isinstance(after, int) and 0 <= after <= MOST_DAYS else usual.after,
    )


def _settlements(payouts: list[Payout]) -> dict[int, list[Settlement]]:
    links = PayoutSettlement.objects.filter(payout_id__in=[payout.pk for payout in payouts])
    named = {(link.payout_id, link.source_id, link.settlement_id) for link in links}
    here = Settlement.objects.filter(settlement_id__in={settlement_id for _, _, settlement_id in named}).exclude(
        state=Settlement.State.SUPERSEDED
    )
    by_name: dict[tuple[int, str], list[Settlement]] = defaultdict(list)
    for settlement in here.select_related("integration").order_by("settlement_id", "currency", "pk"):
        by_name[settlement.source_id, settlement.settlement_id].append(settlement)
    paid: dict[int, list[Settlement]] = defaultdict(list)
    currencies = {payout.pk: payout.currency for payout in payouts}
    for payout_id, source_id, settlement_id in sorted(named):
        paid[payout_id] += [one for one in by_name[source_id, settlement_id] if one.currency == currencies[payout_id]]
    return paid


def _kept_currencies() -> set[tuple[int, str]]:
    """(source, currency) for which some integration has a payout account: payouts older than any settlement are told by it."""
    integrations = Integration.objects.values_list("source_id", "options")
    return {(source, currency) for source, options in integrations for currency in options.get("payout_accounts", {})}


def _expected(payout: Payout, settlements: list[Settlement], kept: set[tuple[int, str]]) -> Expected:
    amount, currency = reaching(payout)
    integration = next((one.integration for one in settlements if one.integration is not None), None)
    side = PayoutSide(
        key=payout.pk,
        amount=amount,
        currency=currency,
        due=_due(payout, settlements),
        trace_id=payout.trace_id,
        account=_account(integration, currency),
    )
    ours = [one for one in settlements if one.integration is not None and one.state != Settlement.State.EXCLUDED]
    wanted = bool(ours) if settlements else (payout.source_id, currency) in kept
    return Expected(payout, tuple(settlements), side, window_of(integration), integration, wanted)


def _due(payout: Payout, settlements: list[Settlement]) -> date:
    days = [_local(one.deposit_at, one.integration) for one in settlements if one.deposit_at is not None]
    return max(days) if days else _local(payout.initiated_at or payout.created_at, None)


def _local(moment: datetime, integration: Integration | None) -> date:
    return moment.astimezone(ZoneInfo(integration.timezone) if integration else UTC).date()


def _account(integration: Integration | None, currency: str) -> str:
    chosen = integration.options.get("payout_accounts", {}).get(currency) if integration else None
    return key_of(integration.ledger_id, str(chosen)) if integration and chosen else ""
