"""The books seen as books: the trial balance and an account's register."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.xero.books import Books, Stored
from sandbox.xero.money import ZERO


@dataclass(frozen=True, slots=True)
class Row:
    """An account with its balance in base currency, debit positive."""

    account: Stored
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting in an account's register."""

    day: str
    kind: str
    id: str
    memo: str
    amount: Decimal


def trial_balance(books: Books, until: str | None = None) -> list[Row]:
    """Every account that was ever posted to, by code. Sums to zero."""
    rows = books.conn.execute(
        "SELECT account, sum(base) AS total FROM xero_posting WHERE tenant = ? AND (? IS NULL OR day <= ?) GROUP BY account",
        (books.tenant, until, until),
    ).fetchall()
    found = [Row(books.need("Account", row["account"]), books.units(row["total"])) for row in rows]
    return sorted(found, key=lambda row: row.account.body.get("Code", ""))


def totals(rows: Iterable[Row]) -> tuple[Decimal, Decimal]:
    """(sum of debit balances, sum of credit balances)."""
    balances = [row.balance for row in rows]
    return sum((b for b in balances if b > 0), ZERO), -sum((b for b in balances if b < 0), ZERO)


def register(books: Books, account: str) -> list[Movement]:
    rows = books.conn.execute(
        "SELECT * FROM xero_posting WHERE tenant = ? AND account = ? ORDER BY day, rowid", (books.tenant, account)
    )
    return [Movement(row["day"], row["kind"], row["id"], row["memo"], books.units(row["base"])) for row in rows]
