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
    WITHDRAWAL = "withdrawal"
    PURCHASE = "purchase"
    TRANSFER = "transfer"


class AccountType(StrEnum):
    """What kind of account it is, in one vocabulary for all ledgers (QuickBooks' own words: Finance.xsd, AccountTypeEnum).

    A provider says it in an account's facts as `type`, and its own word, where it has another, as `native_type`.
    """

    BANK = "Bank"
    RECEIVABLE = "Accounts Receivable"
    OTHER_CURRENT_ASSET = "Other Current Asset"
    FIXED_ASSET = "Fixed Asset"
    OTHER_ASSET = "Other Asset"
    PAYABLE = "Accounts Payable"
    CREDIT_CARD = "Credit Card"
    OTHER_CURRENT_LIABILITY = "Other Current Liability"
    LONG_TERM_LIABILITY = "Long Term Liability"
    EQUITY = "Equity"
    INCOME = "Income"
    COST_OF_GOODS_SOLD = "Cost of Goods Sold"
    EXPENSE = "Expense"
    OTHER_INCOME = "Other Income"
    OTHER_EXPENSE = "Other Expense"

    @property
    def family(self) -> str:
        """On which side of the books it stands: not every ledger tells other income from income, or cost from expense."""
        if self in (AccountType.INCOME, AccountType.OTHER_INCOME):
            return "income"
        if self in (AccountType.COST_OF_GOODS_SOLD, AccountType.EXPENSE, AccountType.OTHER_EXPENSE):
            return "cost"
        owed = ("Payable", "Credit Card", "Liability", "Equity")
        return "owed" if any(word in self for word in owed) else "owned"


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
class PartyRef:
    """A customer or supplier of the ledger: its id there, a name for people."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ItemRef:
    """A product or service of the ledger: its id there, a name for people."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class MethodRef:
    """A way of paying as the ledger lists it: its id there, a name for people."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line: `gross` is positive, `side` says which way.

    `net` + `tax_amount` = `gross` always. `rows` are inclusive ordinal ranges of the source rows.
    `settling` marks the line that stands for the money paid out (bank, payouts in transit, balance
    owed); `kind` is the row kind all its rows share, or "settling", "carry", "rounding".
    `dimensions` are (name, external id) pairs such as ("class", "5000000"). `item` and `quantity` stand on
    lines of sales documents (`account` is then the one the item books to); `party` on receivable lines.
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
    item: ItemRef | None = None
    quantity: Decimal | None = None
    party: PartyRef | None = None

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
    """One bank deposit: signed lines that add up to what the bank receives, never below or at zero.

    `settling`: what it brings is the payout itself; not so where it merely fills an account on the way.
    """

    date: date
    currency: str
    account: AccountRef
    lines: tuple[DocumentLine, ...]
    memo: str = ""
    settling: bool = True
    document_type: DocumentType = field(default=DocumentType.DEPOSIT, init=False)

    def __post_init__(self) -> None:
        if self.total <= 0:
            raise Unbalanced(f"a deposit cannot be {self.total} {self.currency}: post a journal instead")

    @property
    def total(self) -> Decimal:
        return sum((line.signed for line in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class _SalesDocument:
    """What the four sales documents share.

    `account` is the other side of all lines: where the money lies (Amazon Clearing) or the receivable
    account. `reference` is the order's id in the words people search for; `shipping` and `billing` the printable
    addresses, line by line; `tracking` the parcels' numbers; `method` how it was paid, where the ledger lists that.
    """

    date: date
    currency: str
    customer: PartyRef
    account: AccountRef
    lines: tuple[DocumentLine, ...]
    memo: str = ""
    reference: str = ""
    email: str = ""
    shipping: tuple[str, ...] = ()
    tracking: tuple[str, ...] = ()
    billing: tuple[str, ...] = ()
    method: MethodRef | None = None

    def __post_init__(self) -> None:
        if not self.lines:
            raise Unbalanced("a sales document has at least one line")
        if self.total < 0:
            raise Unbalanced(f"a {self.document_type.value} cannot be {self.total} {self.currency}")

    @property
    def document_type(self) -> DocumentType:
        raise NotImplementedError

    @property
    def total(self) -> Decimal:
        """What the buyer pays, or gets back: never below zero."""
        return self._direction * sum((line.signed for line in self.lines), ZERO)

    @property
    def counter(self) -> DocumentLine | None:
        """The side that the lines leave out, so that every document balances in our tables."""
        if not self.total:
            return None
        side = Side.DEBIT if self._direction > 0 else Side.CREDIT
        kind = "settling" if self._settles else "counter"
        return DocumentLine(self.account, side, self.total, self.memo, kind, settling=self._settles, party=self._party)

    @property
    def _settles(self) -> bool:
        return False

    @property
    def _direction(self) -> int:
        return 1

    @property
    def _party(self) -> PartyRef | None:
        return None


@dataclass(frozen=True, slots=True)
class SalesReceipt(_SalesDocument):
    """A sale paid at once into `account`."""

    @property
    def document_type(self) -> DocumentType:
        return DocumentType.SALES_RECEIPT


@dataclass(frozen=True, slots=True)
class RefundReceipt(_SalesDocument):
    """Money given back at once out of `account`; its lines are mostly debits."""

    @property
    def document_type(self) -> DocumentType:
        return DocumentType.REFUND_RECEIPT

    @property
    def _direction(self) -> int:
        return -1


@dataclass(frozen=True, slots=True)
class Invoice(_SalesDocument):
    """A sale that is paid later; `account` is the receivable account.

    `settling`: it stands for a payout, and the bank line that pays it will be of just its total.
    """

    due_on: date | None = None
    settling: bool = False

    @property
    def document_type(self) -> DocumentType:
        return DocumentType.INVOICE

    @property
    def _settles(self) -> bool:
        return self.settling

    @property
    def _party(self) -> PartyRef | None:
        return self.customer


@dataclass(frozen=True, slots=True)
class CreditMemo(_SalesDocument):
    """What a customer has to their credit; `account` is the receivable account."""

    @property
    def document_type(self) -> DocumentType:
        return DocumentType.CREDIT_MEMO

    @property
    def _direction(self) -> int:
        return -1

    @property
    def _party(self) -> PartyRef | None:
        return self.customer


@dataclass(frozen=True, slots=True)
class Applied:
    """A posted document that a payment is set against, by its id in the ledger; `amount` is positive.

    `document_type` is invoice, credit_memo or journal_entry (a receivable line of a journal).
    """

    document_type: DocumentType
    external_id: str
    amount: Decimal
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money from a customer into `account`, set against what they owe.

    Invoices and receivable journals need money, credit memos bring it: the total is the first less the
    second. It may be zero, when the payment merely links the two, and below zero, when money is given back
    out of `account`; a ledger's forms say whether it takes that (connections/contracts/ledgers.py, LedgerForms).
    """

    date: date
    currency: str
    customer: PartyRef
    account: AccountRef
    receivable: AccountRef
    applied: tuple[Applied, ...]
    memo: str = ""
    method: MethodRef | None = None
    document_type: DocumentType = field(default=DocumentType.PAYMENT, init=False)

    def __post_init__(self) -> None:
        if not self.applied:
            raise Unbalanced("a payment is set against at least one document")

    @property
    def total(self) -> Decimal:
        credit = DocumentType.CREDIT_MEMO
        return sum((-each.amount if each.document_type is credit else each.amount for each in self.applied), ZERO)

    @property
    def lines(self) -> tuple[DocumentLine, ...]:
        if not self.total:
            return ()
        side = Side.CREDIT if self.total > 0 else Side.DEBIT
        return (DocumentLine(self.receivable, side, abs(self.total), self.memo, "payment", party=self.customer),)

    @property
    def counter(self) -> DocumentLine | None:
        if not self.total:
            return None
        side = Side.DEBIT if self.total > 0 else Side.CREDIT
        return DocumentLine(self.account, side, abs(self.total), self.memo, "counter")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Money out of a bank account, the mirror of a deposit: signed lines that add up to what leaves it."""

    date: date
    currency: str
    account: AccountRef
    lines: tuple[DocumentLine, ...]
    memo: str = ""
    document_type: DocumentType = field(default=DocumentType.WITHDRAWAL, init=False)

    def __post_init__(self) -> None:
        if self.total <= 0:
            raise Unbalanced(f"a withdrawal cannot be {self.total} {self.currency}")

    @property
    def total(self) -> Decimal:
        return -sum((line.signed for line in self.lines), ZERO)

    @property
    def counter(self) -> DocumentLine:
        return DocumentLine(self.account, Side.CREDIT, self.total, self.memo, "counter")


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a supplier charged, paid at once out of `account`. A total below zero is the supplier's credit, paid into it."""

    date: date
    currency: str
    supplier: PartyRef
    account: AccountRef
    lines: tuple[DocumentLine, ...]
    memo: str = ""
    reference: str = ""
    document_type: DocumentType = field(default=DocumentType.PURCHASE, init=False)

    def __post_init__(self) -> None:
        if not self.lines:
            raise Unbalanced("a purchase has at least one line")

    @property
    def total(self) -> Decimal:
        return -sum((line.signed for line in self.lines), ZERO)

    @property
    def counter(self) -> DocumentLine | None:
        if not self.total:
            return None
        side = Side.CREDIT if self.total > 0 else Side.DEBIT
        return DocumentLine(self.account, side, abs(self.total), self.memo, "counter")


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money from one bank account of the ledger, `account`, into another. The line into it may be a settling one."""

    date: date
    currency: str
    account: AccountRef
    into: AccountRef
    amount: Decimal
    memo: str = ""
    settling: bool = False
    document_type: DocumentType = field(default=DocumentType.TRANSFER, init=False)

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise Unbalanced(f"a transfer cannot be {self.amount} {self.currency}")
        if self.account.key == self.into.key:
            raise Unbalanced("a transfer has two accounts")

    @property
    def total(self) -> Decimal:
        return self.amount

    @property
    def lines(self) -> tuple[DocumentLine, ...]:
        return (DocumentLine(self.into, Side.DEBIT, self.amount, self.memo, "transfer", settling=self.settling),)

    @property
    def counter(self) -> DocumentLine:
        return DocumentLine(self.account, Side.CREDIT, self.amount, self.memo, "counter")


SALES_DOCUMENTS = (SalesReceipt, RefundReceipt, Invoice, CreditMemo)
SalesDocument = SalesReceipt | RefundReceipt | Invoice | CreditMemo
Document = (
    JournalEntry | Deposit | SalesReceipt | RefundReceipt | Invoice | CreditMemo | Payment | Withdrawal | Purchase | Transfer
)


def balanced_lines(document: Document) -> tuple[DocumentLine, ...]:
    """All lines of a document with the side it leaves out first: debits equal credits in every document."""
    if isinstance(document, JournalEntry):
        return document.lines
    if isinstance(document, Deposit):
        kind = "settling" if document.settling else "counter"
        bank = DocumentLine(document.account, Side.DEBIT, document.total, document.memo, kind, settling=document.settling)
        return (bank, *document.lines)
    return (document.counter, *document.lines) if document.counter else document.lines


def settling_total(document: Document) -> Decimal:
    """The money that the document says was paid out, on whichever side it states it: its settling lines, debit positive.

    They are the lines on the bank account, on payouts in transit and on the balance owed, and for an
    invoice that stands for a payout the receivable that the bank line will clear.
    """
    return -sum((line.signed for line in balanced_lines(document) if line.settling), ZERO)


def named_by(document: Document) -> set[str]:
    """The ledger's ids of all that a document names: accounts, tax codes, items, customers, dimensions."""
    refs = [(line.account, line.tax, line.item, line.party) for line in document.lines]
    named = {ref.key for of_line in refs for ref in of_line if ref}
    named |= {key for line in document.lines for _name, key in line.dimensions}
    if isinstance(document, JournalEntry):
        return named
    named.add(document.account.key)
    method = getattr(document, "method", None)
    named |= {method.key} if method else set()
    if isinstance(document, Payment):
        return named | {document.receivable.key, document.customer.key}
    if isinstance(document, Purchase):
        return named | {document.supplier.key}
    return named if isinstance(document, Deposit | Withdrawal | Transfer) else named | {document.customer.key}
