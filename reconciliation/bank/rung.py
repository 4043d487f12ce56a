"""What the bank says of one settlement's payout, for the ladder."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from canonical.problems import Problem
from reconciliation import books
from reconciliation.bank import matching
from reconciliation.bank.accounts import key_of
from reconciliation.bank.arriving import covered, spans_of
from reconciliation.bank.expected import Expected, expected, reaching
from reconciliation.engine.ladder import (
    BANK_CHOICE,
    BANK_FAILED,
    BANK_LATE,
    BANK_MISSING,
    BANK_NEAREST,
    NO_STATEMENT,
    PAYOUT_DUE,
    PAYOUT_FAILED,
    BankFacts,
)
from reconciliation.engine.matching import NEAR_LEAST, Nearest
from reconciliation.models import BankAccount, BankLine, BankMatch, BankStatement, Payout, Settlement

ZERO = Decimal(0)


def facts_of(settlement: Settlement) -> BankFacts:
    """The bank beside the settlement's payout: matched, near, missing, or not known yet and why."""
    payouts = books.payouts_of(settlement)
    return BankFacts(None, None) if not payouts else of_payout(payouts[-1])


def match_of(payout: Payout) -> BankMatch | None:
    return matching.live().filter(payout=payout).select_related("line__account", "line__statement", "matched_by").first()


def of_payout(payout: Payout) -> BankFacts:
    amount, currency = reaching(payout)
    status = payout.status.upper()
    found = match_of(payout)
    if found is not None:
        failed = status in PAYOUT_FAILED
        reason = Problem(BANK_FAILED) if failed else None
        return BankFacts(found.line.amount, ZERO if failed else amount, currency, reason)
    if status not in PAYOUT_DUE or amount <= 0:
        return BankFacts(None, None, currency)
    return _unmatched(payout, amount, currency)


def _unmatched(payout: Payout, amount: Decimal, currency: str) -> BankFacts:
    if not BankStatement.objects.filter(state=BankStatement.State.READ).exists():
        return BankFacts(None, amount, currency, Problem(NO_STATEMENT))
    one = expected([payout])[0]
    outlook = matching.outlook(matching.neighbours(one))
    choices = outlook.matching.choices.get(payout.pk, ())
    if choices:
        return BankFacts(None, amount, currency, Problem(BANK_CHOICE, {"lines": len(choices)}))
    near = outlook.matching.nearest.get(payout.pk)
    if near is not None:
        return _near(near, outlook.lines[near.line], amount, currency)
    return _nothing(one, amount, currency)


def _near(near: Nearest, line: BankLine, amount: Decimal, currency: str) -> BankFacts:
    """A line that names the payout, or is within 1.00 of it on a day that fits, is taken for it and shown as differing."""
    day = line.booked_on.isoformat()
    if not near.difference:
        return BankFacts(None, amount, currency, Problem(BANK_LATE, {"day": day, "outside": near.days_outside}))
    params = {"amount": f"{near.amount:f}", "difference": f"{near.difference:f}", "day": day}
    taken = near.named or abs(near.difference) <= NEAR_LEAST
    return BankFacts(near.amount if taken else None, amount, currency, Problem(BANK_NEAREST, params))


def _nothing(one: Expected, amount: Decimal, currency: str) -> BankFacts:
    """Missing only where statements of its account, or of every account in its currency, cover all the days it may come."""
    first, last = one.window.first(one.side.due), one.window.last(one.side.due)
    accounts = _accounts(one, currency)
    if not accounts or not all(covered(list(spans_of([account])), first, last) for account in accounts):
        return BankFacts(None, amount, currency, Problem(NO_STATEMENT))
    return BankFacts(ZERO, amount, currency, Problem(BANK_MISSING, {"first": _iso(first), "last": _iso(last)}))


def _accounts(one: Expected, currency: str) -> list[int]:
    kept = BankAccount.objects.filter(currency__in=[currency, ""])
    return [account.pk for account in kept if one.side.account in ("", key_of(account.ledger_id, account.external_id))]


def _iso(day: date) -> str:
    return day.isoformat()
