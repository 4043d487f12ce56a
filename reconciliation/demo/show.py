"""The ladder and the log-ins, on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from reconciliation import ladders
from reconciliation.demo import job, people
from reconciliation.demo.people import Login
from reconciliation.engine import Rung, RungState
from tenants.scope import tenant_scope

Tell = Callable[[str], None]

_MARKS = {RungState.EQUAL: "=", RungState.DIFFERS: "≠", RungState.NOT_AVAILABLE: "·", RungState.NO_PAYOUT_EXPECTED: "○"}


def table(tell: Tell) -> None:
    """One line a settlement, one column a rung: '=' equal, '≠' differs, '·' not available, '○' no payout expected."""
    with tenant_scope(people.tenant()):
        rows = [(settlement, ladders.ladder(settlement)) for settlement in job.settlements()]
        if not rows:
            return
        titles = [ladders.named(name) for name in ladders.MAIN]
        tell(f"{'settlement':<14} {'':3} {'state':<16} " + " ".join(f"{title:>18}" for title in titles))
        for settlement, ladder in rows:
            cells = " ".join(f"{_cell(rung):>18}" for rung in ladder.rungs if rung.name in ladders.MAIN)
            tell(f"{settlement.settlement_id:<14} {settlement.currency} {settlement.shown_state:<16} {cells}")


def _cell(rung: Rung) -> str:
    amount = "" if rung.amount is None else f"{Decimal(rung.amount):,.2f}"
    return f"{amount} {_MARKS[rung.state]}"


def logins(tell: Tell, who: list[Login], url: str) -> None:
    tell(f"\nOpen      {url}\nMailbox   {url}/mailbox/\nPassword  {people.PASSWORD}")
    for login in who:
        tell(f"  {login.email:<26} {login.role}")
        if login.totp_url:
            tell(f"  {'':<26} second factor: {login.totp_url}")
    tell("")
