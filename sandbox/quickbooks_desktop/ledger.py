"""The books seen as books: the trial balance and an account's register."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.quickbooks_desktop.company import Company
from sandbox.quickbooks_desktop.money import ZERO, from_units


@dataclass(frozen=True, slots=True)
class Row:
    """An account with its balance in home currency, debit positive."""

    account: str
    name: str
    kind: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting in an account's register."""

    day: str
    txn: str
    memo: str
    amount: Decimal


def trial_balance(company: Company) -> list[Row]:
    """Every account that was ever posted to, in chart order. Sums to zero."""
    rows = company.conn.execute(
        "SELECT account, sum(home) AS total FROM qbd_posting WHERE file = ? GROUP BY account", (company.file,)
    ).fetchall()
    totals_by_id = {row["account"]: from_units(row["total"]) for row in rows}
    accounts = [account for account in company.all("Account") if account.id in totals_by_id]
    return [Row(a.id, a.name, a.body["AccountType"], totals_by_id[a.id]) for a in accounts]


def totals(rows: Iterable[Row]) -> tuple[Decimal, Decimal]:
    """(sum of debit balances, sum of credit balances)."""
    balances = [row.balance for row in rows]
    return sum((b for b in balances if b > 0), ZERO), -sum((b for b in balances if b < 0), ZERO)


def register(company: Company, account: str) -> list[Movement]:
    rows = company.conn.execute(
        "SELECT day, txn, memo, home FROM qbd_posting WHERE file = ? AND account = ? ORDER BY day, rowid", (company.file, account)
    )
    return [Movement(row["day"], row["txn"], row["memo"] or "", from_units(row["home"])) for row in rows]


def movements(company: Company, txn: str) -> list[tuple[str, str, Decimal]]:
    """What one transaction posted: (account id, memo, home amount, debit positive)."""
    rows = company.conn.execute(
        "SELECT account, memo, home FROM qbd_posting WHERE file = ? AND txn = ? ORDER BY line", (company.file, txn)
    )
    return [(row["account"], row["memo"] or "", from_units(row["home"])) for row in rows]
