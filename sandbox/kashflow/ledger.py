"""The books seen as books: the trial balance, a nominal's register, the VAT return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sandbox.kashflow import documents, nominals
from sandbox.kashflow.bank import KIND as BANK_TRANSACTION
from sandbox.kashflow.company import Company, Stored
from sandbox.kashflow.documents import NA, PURCHASES, SALES
from sandbox.kashflow.money import ZERO, from_units


@dataclass(frozen=True, slots=True)
class Row:
    """A nominal with its movements in home currency; `balance` is debit positive."""

    nominal: Stored
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting in a nominal's register."""

    day: str
    kind: str
    doc: int
    memo: str
    amount: Decimal


def trial_balance(company: Company, since: str = "", until: str = "9999") -> list[Row]:
    """Every nominal that was posted to between two days, both included, in order of codes. Balances sum to zero."""
    rows = [Row(nominal, *company.sides(nominal.id, since, until)) for nominal in nominals.listed(company)]
    return [row for row in rows if row.debit or row.credit]


def register(company: Company, nominal: int, since: str = "", until: str = "9999") -> list[Movement]:
    rows = company.conn.execute(
        "SELECT day, kind, doc, memo, amount FROM kf_posting WHERE company = ? AND nominal = ? AND day >= ? AND day <= ?"
        " ORDER BY day, doc, line",
        (company.id, nominal, since, until),
    )
    return [Movement(row["day"], row["kind"], row["doc"], row["memo"], from_units(row["amount"])) for row in rows]


def vat_return(company: Company, since: str = "", until: str = "9999") -> dict[str, Decimal]:
    """Boxes 1 to 9 by dates of documents. Lines without applicable VAT aren't on the return, nor is any journal."""
    sales, output = _sums(_on_return(company, since, until, sales=True))
    bought, reclaimed = _sums(_on_return(company, since, until, sales=False))
    boxes = {f"Box{number}": ZERO for number in range(1, 10)}
    return boxes | {
        "Box1": output, "Box3": output, "Box4": reclaimed, "Box5": abs(output - reclaimed), "Box6": sales, "Box7": bought,
    }  # fmt: skip


def _on_return(company: Company, since: str, until: str, *, sales: bool) -> Iterator[tuple[Decimal, Decimal]]:
    """(net, VAT) of everything that counts on one side."""
    window = ("AND day >= ? AND day <= ?", (since, until))
    for stored in company.all((SALES if sales else PURCHASES).kind, *window):
        for line in stored.body["Lines"]:
            if line["VatRate"] != NA:
                yield documents.home(company, stored.body, line)
    for stored in company.all(BANK_TRANSACTION, *window):
        body = stored.body
        gross = body["moneyin"] if sales else body["moneyout"]
        if body["Vatable"] and gross:
            yield gross - body["VatAmount"], body["VatAmount"]


def _sums(pairs: Iterator[tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    net, vat = ZERO, ZERO
    for one, its_vat in pairs:
        net, vat = net + one, vat + its_vat
    return net, vat
