"""A ledger in memory: what documents do to its accounts, and the bank feed that matches a payout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from canonical.accounting import Document, Invoice, balanced_lines
from canonical.settlement import LineCategory
from reconciliation.engine import Book, Cleared, Composition, Journals, Shape, default_book
from reconciliation.engine.chart import BY_ROLE, Role, account_of
from reconciliation.engine.cleared import ORDERS, booked_by, key_of
from reconciliation.engine.triple import Triple
from tests.reconciliation.engine.files import Row

Balances = dict[str, Decimal]
CLEARING, IN_TRANSIT = BY_ROLE[Role.CLEARING.value].name, BY_ROLE[Role.IN_TRANSIT.value].name
RECEIVABLE = "Accounts Receivable"

NO_BANK = Journals(take_bank=False)
HOME_ONLY = Journals(take_bank=False, take_currencies=False)


def ways(currency: str = "USD") -> dict[str, Book]:
    """Every way of posting a settlement, by the letters of the accounting design and what is special about it."""

    def way(shape: Shape, **more: object) -> Book:
        return replace(default_book(currency, shape=shape), **more)  # type: ignore[arg-type]

    return {
        "a": way(Shape.SUMMARY_JOURNAL),
        "b": way(Shape.ONE_DEPOSIT),
        "d": way(Shape.INVOICE, journals=NO_BANK),
        "d abroad": way(Shape.INVOICE, journals=HOME_ONLY, home_currency="EUR"),
        "d2": way(Shape.ONE_DEPOSIT, journals=NO_BANK),
        "d2 abroad": way(Shape.ONE_DEPOSIT, journals=HOME_ONLY, home_currency="EUR"),
        "e": way(Shape.SUMMARY_JOURNAL, journals=NO_BANK),
        "e by feed": way(Shape.SUMMARY_JOURNAL, journals=NO_BANK, feed_receives=True),
        "e abroad": way(Shape.SUMMARY_JOURNAL, journals=HOME_ONLY, home_currency="EUR"),
        "f": way(Shape.DOCUMENTS, journals=Journals(take_tax=False)),
        "f no journals": way(Shape.DOCUMENTS, journals=NO_BANK),
    }


WAYS = tuple(ways())


@dataclass
class Ledger:
    """Balances by account name, debit positive."""

    book: Book
    balances: Balances = field(default_factory=dict)

    def move(self, account: str, amount: Decimal) -> None:
        self.balances[account] = self.balances.get(account, Decimal(0)) + amount

    def take(self, document: Document) -> None:
        assert sum(line.signed for line in balanced_lines(document)) == 0
        for line in balanced_lines(document):
            self.move(line.account.name, -line.signed)

    def post(self, *settlements: Composition) -> Ledger:
        """Take all documents, and let the bank feed match what waits for it."""
        for settlement in settlements:
            for part in settlement.documents:
                self.take(part.document)
            self._match(settlement)
        return self

    def _match(self, settlement: Composition) -> None:
        bank = f"Bank ({settlement.currency})"
        for part in settlement.documents:
            if isinstance(part.document, Invoice) and part.document.settling:
                self.move(bank, part.document.total)
                self.move(RECEIVABLE, -part.document.total)
        if self.book.feed_receives:
            on_its_way = [
                line
                for part in settlement.documents
                for line in part.document.lines
                if line.settling and line.account.name == IN_TRANSIT
            ]
            for line in on_its_way if self.book.payout_state.value == "expected" else ():
                self.move(bank, line.gross)
                self.move(IN_TRANSIT, -line.gross)

    def sell(self, rows: Iterable[Row], cleared: Cleared, *, invoiced: bool = False) -> Ledger:
        """The documents of the orders and refunds that were posted by themselves, from the rows that bring their money."""
        rows = list(rows)
        withheld = {(row["transaction-type"], row["order-id"]) for row in rows if row["amount-type"] == "ItemWithheldTax"}
        for row in rows:
            triple = Triple(row["transaction-type"], row["amount-type"], row["amount-description"])
            kind = booked_by(triple)
            if not kind or key_of(kind, row["order-id"], row.get("adjustment-id", "")) not in cleared.keys:
                continue
            amount = Decimal(row["amount"])
            self.move(_home(row, kind, (row["transaction-type"], row["order-id"]) in withheld), -amount)
            self.move(RECEIVABLE if invoiced else CLEARING, amount)
            if invoiced:  # and the payment that the settlement brings
                self.move(CLEARING, amount)
                self.move(RECEIVABLE, -amount)
        return self

    def found(self) -> Balances:
        """Movement per account, accounts at zero left out."""
        return {name: amount for name, amount in self.balances.items() if amount}


def _home(row: Row, kind: str, withheld: bool) -> str:
    """The account that an order's own document books a row to."""
    described = row["amount-description"]
    if described == "Tax":
        return BY_ROLE[(Role.MARKETPLACE_TAX if withheld else Role.SALES_TAX_PAYABLE).value].name
    sale = kind == ORDERS
    if row["amount-type"] == "Promotion":
        category = LineCategory.PROMOTION_DISCOUNT if sale else LineCategory.REFUND_PROMOTION
    elif described == "Shipping":
        category = LineCategory.SHIPPING_INCOME if sale else LineCategory.REFUND_SHIPPING
    else:
        category = LineCategory.SALE if sale else LineCategory.REFUND_SALE
    account = account_of(category.value)
    assert account is not None
    return account.name
