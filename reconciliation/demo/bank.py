"""The demo's bank: a statement of each payout account is fetched and brought, and every paid payout must be in one."""

from __future__ import annotations

from collections.abc import Callable

from reconciliation import books
from reconciliation.bank import accounts, services
from reconciliation.bank.expected import expected
from reconciliation.demo import twins
from reconciliation.demo.pairs import Pair
from reconciliation.engine import Rung, RungState
from reconciliation.models import BankStatement, Settlement
from syncs.models import Integration

Tell = Callable[[str], None]

# Each currency's bank offers another format.
FORMATS = {"USD": "ofx", "CAD": "camt053", "GBP": "csv"}


def bring(integration: Integration, pair: Pair, tell: Tell) -> None:
    """What a bookkeeper does once a month: download the statement at the bank, upload it here."""
    for currency, name in pair.banks.items():
        kind = FORMATS[currency]
        key = accounts.key_for(integration.ledger, integration.options["payout_accounts"][currency])
        content = twins.bank_statement(pair.source.account, currency, kind)
        kept = services.upload(account=key, file_name=f"{name} {currency}.{kind}", content=content)
        tell(f"  Bank statement {name} {currency}: {kept.line_count} lines, {kept.fresh_count} new")


def wrong(settlement: Settlement, rung: Rung) -> str:
    """Why the bank's rung is not as it should be: a payout that was paid while a statement lasts must be found; "" if it is."""
    payouts = [payout for payout in books.payouts_of(settlement) if payout.status == "PAID" and payout.amount > 0]
    if rung.state is not RungState.NOT_AVAILABLE or settlement.integration is None or not payouts:
        return ""
    due = expected(payouts[-1:])[0].side.due
    read = BankStatement.objects.filter(account__ledger=settlement.integration.ledger, currency=settlement.currency)
    if not read.filter(state=BankStatement.State.READ, starts_on__lte=due, ends_on__gte=due).exists():
        return ""
    return f"not found in the bank statement ({rung.reason.code if rung.reason else 'no reason kept'})"
