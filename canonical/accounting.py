"""What should stand in the books: documents that balance, or cannot be built.

A document is a value. It names accounts by the ledger's own id (or by the default chart's key
when no ledger is connected), holds gross amounts as the truth and derives net and tax from them,
and remembers for every line which rows of the source it carries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


class DocumentType(StrEnum):
    """Kinds of ledger document; the value is what is stored and what the API says."""

    JOURNAL_ENTRY = "journal_entry"
    DEPOSIT = "deposit"
    SALES_RECEIPT = "sales_receipt"
    INVOICE = "invoice"
    CREDIT_MEMO = "credit_memo"
    REFUND_RECEIPT = "refund_receipt"
    PAYMENT = "payment"


class Unbalanced(ValueError):
    """Debits and credits differ; such a document is never built, let alone sent."""


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account of the ledger: `key` is its id there (or the default chart's key), `name` for people."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class TaxRef:
    """A tax code of the ledger: its id, name, rate in percent, and the side of the return it serves."""

    key: str
    name: str
    rate: Decimal
    applies_on: str = "sales"  # or "purchase"


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line: `gross` is positive, `side` says which way.

    `net` + `tax_amount` = `gross` always. `rows` are inclusive ordinal ranges of the source rows.
    `settling` marks the line that stands for the money paid out (bank, payouts in transit, balance
    owed); `kind` is the row kind all its rows share, or "settling", "carry", "rounding".
    `dimensions` are (name, external id) pairs such as ("class", "5000000").
    """

    account: AccountRef
    side: Side
    gross: Decimal
    description: str
    kind: str
    tax: TaxRef | None = None
    tax_amount: Decimal = ZERO
    dimensions: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[int, int], ...] = ()
    row_count: int = 0
    settling: bool = False

    def __post_init__(self) -> None:
        if self.gross <= 0:
            raise ValueError("a document line has a positive amount; its side carries the sign")

    @property
    def net(self) -> Decimal:
        return self.gross - self.tax_amount

    @property
    def signed(self) -> Decimal:
        """Credit positive, debit negative: the row's own sign."""
        return self.gross if self.side is Side.CREDIT else -self.gross


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A journal: debits equal credits, exactly, or it cannot be built."""

    date: date
    currency: str
    lines: tuple[DocumentLine, ...]
    memo: str = ""
    document_type: DocumentType = field(default=DocumentType.JOURNAL_ENTRY, init=False)

    def __post_init__(self) -> None:
        difference = sum((line.signed for line in self.lines), ZERO)
        if difference != 0:
            raise Unbalanced(f"credits exceed debits by {difference} {self.currency}")
        if len(self.lines) < 2:
            raise Unbalanced("a journal has at least two lines")

    @property
    def total(self) -> Decimal:
        return sum((line.gross for line in self.lines if line.side is Side.DEBIT), ZERO)


@dataclass(frozen=True, slots=True)
class Deposit:
    """One bank deposit: signed lines that add up to what the bank receives, never below or at zero."""

    date: date
    currency: str
    account: AccountRef
    lines: tuple[DocumentLine, ...]
    memo: str = ""
    document_type: DocumentType = field(default=DocumentType.DEPOSIT, init=False)

    def __post_init__(self) -> None:
        if self.total <= 0:
            raise Unbalanced(f"a deposit cannot be {self.total} {self.currency}: post a journal instead")

    @property
    def total(self) -> Decimal:
        return sum((line.signed for line in self.lines), ZERO)


Document = JournalEntry | Deposit
