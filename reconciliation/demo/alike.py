"""One trade in every ledger: sellers who trade alike, each with books of another make, and one trial balance for all.

Their settlements are booked in the form that each ledger takes (a journal, an invoice that the bank feed pays, invoices
and purchases through a clearing account). Afterwards every account must stand at the same amount in all of them, banks
and VAT each as one, and nothing may be left on clearing, carry, payouts in transit or rounding (invariant I4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from reconciliation.demo import ends, pairs, people, shapes, twins
from reconciliation.demo.pairs import DESKTOP_SHOP, KASHFLOW_SHOP, UK_SHOP, XERO_SHOP, Pair
from reconciliation.engine.chart import BY_ROLE
from syncs.runs import SETTLEMENTS
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

Tell = Callable[[str], None]
BANK, VAT, OWED = "bank", "VAT", "owed by customers"
STOCK, EQUITY = "Inventory Asset", "Opening Balance Equity"
_OWED = ("Accounts Receivable", "Accounts Receivable (A/R)", "Debtors", "Trade Debtors")

UK_ONLINE = replace(
    UK_SHOP,
    key="alike-uk-online",
    name="Fell & Fern in QuickBooks Online",
    source=ends.amazon("eu", "A6FELLANDFERN3"),
    ledger=ends.quickbooks_online("9130350000000204"),
)
US_ONLINE = replace(
    DESKTOP_SHOP,
    key="alike-us-online",
    name="Meridian in QuickBooks Online",
    source=ends.amazon("na", "A5MERIDIANOUT5"),
    ledger=ends.quickbooks_online("9130350000000405"),
)
US_XERO = replace(
    DESKTOP_SHOP,
    key="alike-us-xero",
    name="Meridian in Xero",
    source=ends.amazon("na", "A5MERIDIANOUT6"),
    ledger=ends.xero("b1f3a001-0c2d-4e5f-8a9b-000000000102"),
    banks={"USD": "Business Bank Account"},
)
TRADES: Mapping[str, Sequence[Pair]] = {
    "Fell & Fern": (UK_ONLINE, XERO_SHOP, KASHFLOW_SHOP),
    "Meridian": (US_ONLINE, US_XERO, DESKTOP_SHOP),
}


@dataclass(frozen=True, slots=True)
class Book:
    """What one ledger's trial balance says, in words that all of them share."""

    name: str
    balances: Mapping[str, Decimal]


def run(tell: Tell, trades: Iterable[str] = TRADES, *, starts_on: date | None = None) -> list[str]:
    """Book what is not booked yet, and compare. Returns everything that is not as it should be."""
    wrong: list[str] = []
    with tenant_scope(people.tenant()), acting(Actor(user=people.owner(), kind="person")):
        for trade in trades:
            books = [_booked(pair, starts_on) for pair in TRADES[trade]]
            found = [*_differences(books), *_left_over(books)]
            names = ", ".join(book.name for book in books)
            verdict = "the same trial balance" if not found else f"{len(found)} differences"
            tell(f"\n{trade} in {names}: {len(books[0].balances)} accounts, {verdict}")
            wrong += [f"{trade}: {each}" for each in found]
    return wrong


def _booked(pair: Pair, starts_on: date | None) -> Book:
    shapes.work(pairs.ready(pair, starts_on=starts_on), SETTLEMENTS)
    if pair.ledger.provider == "xero":
        _bank_feed(pair)
    sums: dict[str, Decimal] = {}
    for name, amount in ends.trial(pair.ledger).items():
        shared = _shared(pair, name)
        sums[shared] = sums.get(shared, Decimal(0)) + amount
    if sums.get(STOCK) == -sums.get(EQUITY, Decimal(0)):  # what a company file was opened with
        sums = {name: amount for name, amount in sums.items() if name not in (STOCK, EQUITY)}
    return Book(pair.ledger.called, {name: amount for name, amount in sums.items() if amount})


def _bank_feed(pair: Pair) -> None:
    """What the bookkeeper does in Xero: every invoice of ours that waits for its payout is matched with the bank's line."""
    for invoice in twins.command("xero", "documents", **pair.ledger.where, kind="Invoice")["documents"]:
        due = Decimal(str(invoice["AmountDue"]))
        if invoice["Status"] == "AUTHORISED" and due:
            line = twins.command("xero", "bank_line", **pair.ledger.where, amount=str(due), text=invoice["InvoiceNumber"])
            twins.command("xero", "match", **pair.ledger.where, line=line["line"], invoice=invoice["InvoiceID"])


def _shared(pair: Pair, name: str) -> str:
    """The account's name as all ledgers would have it: their own banks, VAT and receivables are called differently."""
    if name in pair.banks.values():
        return BANK
    if "VAT" in name and name not in {default.name for default in BY_ROLE.values()}:
        return VAT
    return OWED if name in _OWED else name


def _differences(books: Sequence[Book]) -> list[str]:
    first, *others = books
    return [
        f"{name}: {first.balances.get(name, 0)} in {first.name}, {other.balances.get(name, 0)} in {other.name}"
        for other in others
        for name in sorted(first.balances.keys() | other.balances.keys())
        if first.balances.get(name) != other.balances.get(name)
    ]


def _left_over(books: Sequence[Book]) -> list[str]:
    names = [BY_ROLE[role.value].name for role in shapes.ZERO_AT_THE_END]
    return [
        f"{name} is {book.balances[name]} in {book.name}, not zero" for book in books for name in names if name in book.balances
    ]
