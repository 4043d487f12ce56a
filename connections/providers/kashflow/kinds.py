"""Which of KashFlow's objects a document becomes, and how those are written, read and deleted. Pure.

A document is one object or several: a sale that was paid is an invoice and its payment, a deposit of several lines as
many bank transactions. KashFlow writes each by itself, so any of them may stand without the others: a document counts as
written only when all of its objects stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from canonical.accounting import DocumentType

from . import unsettled
from .fields import Body, version_of


@dataclass(frozen=True, slots=True)
class Side:
    """One kind of document with payments. Operations, and the name each gives its parameter."""

    insert: tuple[str, str]
    update: tuple[str, str]
    get: tuple[str, str]
    delete: tuple[str, str]
    pay: tuple[str, str]
    payments: tuple[str, str]
    unpay: tuple[str, str]
    methods: str
    applies_on: str
    sign: int  # of a line that credits its account


SALE = Side(
    ("InsertInvoice", "Inv"),
    ("UpdateInvoice", "Inv"),
    ("GetInvoice", "InvoiceNumber"),
    ("DeleteInvoice", "InvoiceNumber"),
    ("InsertInvoicePayment", "InvoicePayment"),
    ("GetInvoicePayment", "InvoiceNumber"),
    ("DeleteInvoicePayment", "InvoicePaymentNumber"),
    "GetInvPayMethods",
    "sales",
    1,
)
PURCHASE = Side(
    ("InsertReceipt", "Inv"),
    ("UpdateReceipt", "Receipt"),
    ("GetReceipt", "ReceiptNumber"),
    ("DeleteReceipt", "ReceiptNumber"),
    ("InsertReceiptPayment", "ReceiptPayment"),
    ("GetReceiptPayment", "ReceiptNumber"),
    ("DeleteReceiptPayment", "ReceiptPaymentNumber"),
    "GetRecPayMethods",
    "purchase",
    -1,
)
SIDES = {
    DocumentType.SALES_RECEIPT: SALE,
    DocumentType.REFUND_RECEIPT: SALE,
    DocumentType.INVOICE: SALE,
    DocumentType.CREDIT_MEMO: SALE,
    DocumentType.PURCHASE: PURCHASE,
}
PAID_AT_ONCE = (DocumentType.SALES_RECEIPT, DocumentType.REFUND_RECEIPT, DocumentType.PURCHASE)
NEGATIVE = (DocumentType.REFUND_RECEIPT, DocumentType.CREDIT_MEMO)
ON_A_BANK = (DocumentType.DEPOSIT, DocumentType.WITHDRAWAL)
DOCUMENTS = frozenset(DocumentType)


def is_bank(kind: DocumentType) -> bool:
    """Whether the document is a bank transaction, or several."""
    return kind in ON_A_BANK or (kind is DocumentType.TRANSFER and unsettled.TRANSFER_BY == "bank")


def is_journal(kind: DocumentType) -> bool:
    return kind is DocumentType.JOURNAL_ENTRY or (kind is DocumentType.TRANSFER and unsettled.TRANSFER_BY == "journal")


@dataclass(frozen=True, slots=True)
class Held:
    """What stands of a document. `main`: the invoice, purchase or journal; `payment`: ours; `moves`: by place, from 1.

    `others`: further payments of ours, which stand only while a change is not through.
    """

    kind: DocumentType
    main: Body | None = None
    payment: Body | None = None
    moves: tuple[tuple[int, Body], ...] = ()
    others: tuple[Body, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.main or self.payment or self.moves or self.others)

    @property
    def external_id(self) -> str:
        """`7` an invoice, `7+81` with its payment, `5` a journal, `12:81+82` transactions 81 and 82 of bank account 12."""
        if self.moves:
            return f"{self.moves[0][1]['accid']}:{'+'.join(str(move['ID']) for _place, move in self.moves)}"
        own = str(self.main["JournalNumber" if is_journal(self.kind) else "InvoiceNumber"]) if self.main else ""
        if self.payment is None:
            return own
        return f"{own or self.payment['PayInvoice']}+{self.payment['PayID']}"

    @property
    def version(self) -> str:
        """What is compared before we write over it: what it says, not what KashFlow computes from its payments."""
        lines = (self.main or {}).get("Lines", ())
        said = [self.main, *lines, self.payment, *self.others, *(move for _place, move in self.moves)]
        return version_of({name: part[name] for name in _SAID if name in part} for part in said if part)


_SAID = (
    *("InvoiceDate", "DueDate", "CustomerID", "CustomerReference", "CurrencyCode", "ExchangeRate", "Quantity", "Description"),
    *("Rate", "ChargeType", "VatRate", "VatAmount", "ProductID", "ProjID", "PayDate", "PayNote", "PayMethod", "PayAccount"),
    *("PayAmount", "PayInvoice", "accid", "TransactionDate", "moneyin", "moneyout", "Vatable", "TransactionType", "Comment"),
    *("JournalDate", "NominalID", "Amount", "ProjId"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An external id taken apart: a number, a payment's id, or a bank account and its transactions."""

    number: int = 0
    payment: int = 0
    bank: int = 0
    moves: tuple[int, ...] = ()

    @classmethod
    def of(cls, external_id: str) -> Place:
        """Zeros for what is not there."""
        bank, colon, moves = external_id.partition(":")
        if colon:
            return cls(bank=_whole(bank), moves=tuple(_whole(move) for move in moves.split("+")))
        own, _plus, payment = external_id.partition("+")
        return cls(_whole(own), _whole(payment))


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else 0
