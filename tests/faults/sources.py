"""What is posted in a storm: kinds of documents, each a source of as many as one likes, every one with amounts of its own.

The harness asks a source for canonical documents and how the ledger shows them; it knows nothing else of their kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from canonical.accounting import (
    AccountRef,
    Deposit,
    Document,
    DocumentLine,
    ItemRef,
    JournalEntry,
    PartyRef,
    SalesReceipt,
    Side,
)


class Books(Protocol):
    """Where a source finds what its documents name."""

    def account(self, kind: str) -> AccountRef: ...

    def items(self) -> Sequence[tuple[ItemRef, AccountRef]]:
        """What is sold, with the account it books to."""

    def customer(self) -> PartyRef: ...


class DocumentSource(Protocol):
    """A kind of document. `kind` and `creates` are the ledger's words for it and for writing one."""

    kind: str
    creates: str
    source_kind: str

    def document(self, books: Books, number: int) -> Document:
        """The canonical document of this number; the same again for the same number."""

    def effect(self, books: Books, body: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
        """(account, amount) of what the ledger holds, debit positive."""


class SettlementJournals:
    """A settlement as one journal: sales, fees, and what the bank received."""

    kind, creates, source_kind = "JournalEntry", "journalentry.create", "settlement"

    def document(self, books: Books, number: int) -> Document:
        sales, fees = _amounts(number)
        lines = (
            DocumentLine(books.account("Income"), Side.CREDIT, sales, "Sales", "product_charges"),
            DocumentLine(books.account("Expense"), Side.DEBIT, fees, "Fees", "referral_fee"),
            DocumentLine(books.account("Bank"), Side.DEBIT, sales - fees, "Payout", "settling", settling=True),
        )
        return JournalEntry(_day(number), "USD", lines, "Amazon settlement")

    def effect(self, books: Books, body: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
        return [_journal_line(line) for line in body["Line"]]


class SettlementDeposits:
    """The same settlement as one bank deposit."""

    kind, creates, source_kind = "Deposit", "deposit.create", "settlement"

    def document(self, books: Books, number: int) -> Document:
        sales, fees = _amounts(number)
        lines = (
            DocumentLine(books.account("Income"), Side.CREDIT, sales, "Sales", "product_charges"),
            DocumentLine(books.account("Expense"), Side.DEBIT, fees, "Fees", "referral_fee"),
        )
        return Deposit(_day(number), "USD", books.account("Bank"), lines, "Amazon settlement")

    def effect(self, books: Books, body: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
        lines = [(line["DepositLineDetail"]["AccountRef"]["value"], -Decimal(str(line["Amount"]))) for line in body["Line"]]
        return [(body["DepositToAccountRef"]["value"], Decimal(str(body["TotalAmt"]))), *lines]


class OrderReceipts:
    """An order as a sales receipt: what was sold, by item, less a promotion, paid into the bank."""

    kind, creates, source_kind = "SalesReceipt", "salesreceipt.create", "order"

    def document(self, books: Books, number: int) -> Document:
        sold, promotion = Decimal(1_299 + 37 * number) / 100, Decimal(100 + number) / 100
        (first, income), (second, other) = books.items()[:2]
        lines = (
            DocumentLine(income, Side.CREDIT, 2 * sold, "Mug, blue", "sale", item=first, quantity=Decimal(2)),
            DocumentLine(other, Side.CREDIT, sold, "Wrapping", "sale", item=second),
            DocumentLine(income, Side.DEBIT, promotion, "Promotion", "promotion", item=first),
        )
        reference = f"113-{number:07d}-{number:07d}"
        return SalesReceipt(_day(number), "USD", books.customer(), books.account("Bank"), lines, "", reference)

    def effect(self, books: Books, body: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
        accounts = {item.key: account.key for item, account in books.items()}
        sales = [line for line in body["Line"] if "SalesItemLineDetail" in line]
        lines = [(accounts[line["SalesItemLineDetail"]["ItemRef"]["value"]], -Decimal(str(line["Amount"]))) for line in sales]
        return [(body["DepositToAccountRef"]["value"], Decimal(str(body["TotalAmt"]))), *lines]


def _journal_line(line: Mapping[str, Any]) -> tuple[str, Decimal]:
    detail = line["JournalEntryLineDetail"]
    sign = 1 if detail["PostingType"] == "Debit" else -1
    return detail["AccountRef"]["value"], sign * Decimal(str(line["Amount"]))


def _amounts(number: int) -> tuple[Decimal, Decimal]:
    return Decimal(10_000 + 37 * number) / 100, Decimal(1_000 + 11 * number) / 100


def _day(number: int) -> date:
    return date.today() - timedelta(days=3 + number % 60)
