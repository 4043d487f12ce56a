"""One small document of every kind that a ledger takes, on accounts of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from canonical.accounting import (
    AccountRef,
    AccountType,
    Applied,
    CreditMemo,
    Deposit,
    Document,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    JournalEntry,
    Payment,
    Purchase,
    RefundReceipt,
    SalesReceipt,
    Side,
    Transfer,
    Withdrawal,
)

from .ledger import Ledger

ON = date(2026, 11, 5)
TEXT = "Zahlung für 3 Stück, 19 % – „Öl“"


def accounts(ledger: Ledger) -> dict[str, AccountRef]:
    """The accounts that the documents stand on; made once a ledger."""
    return {
        "income": ledger.make("Amazon Sales", AccountType.INCOME, "sales"),
        "cost": ledger.make("Amazon Selling Fees", AccountType.COST_OF_GOODS_SOLD, "selling_fees"),
        "transit": ledger.make("Amazon Reserve", AccountType.OTHER_CURRENT_ASSET, "reserve"),
        "clearing": ledger.make("Amazon Clearing", AccountType.OTHER_CURRENT_ASSET, "clearing"),
    }


def line(account: AccountRef, side: Side, amount: str, text: str = "row", item: ItemRef | None = None) -> DocumentLine:
    return DocumentLine(account, side, Decimal(amount), text, "sale", item=item, quantity=Decimal(1) if item else None)


def journal(ledger: Ledger, *, amount: str = "12.34", on: date = ON, currency: str = "", text: str = "row") -> Document:
    named = accounts(ledger)
    lines = (line(named["transit"], Side.DEBIT, amount, text), line(named["income"], Side.CREDIT, amount, text))
    return JournalEntry(on, currency or ledger.home, lines, "Amazon settlement 1")


def deposit(ledger: Ledger, *, amount: str = "12.34", on: date = ON, currency: str = "", text: str = "row") -> Document:
    named, bank = accounts(ledger), ledger.existing(AccountType.BANK)
    lines = (line(named["income"], Side.CREDIT, amount, text), line(named["cost"], Side.DEBIT, "2.00", text))
    return Deposit(on, currency or ledger.home, bank, lines, "Amazon settlement 1")


def withdrawal(ledger: Ledger, *, amount: str = "12.34", on: date = ON, currency: str = "", text: str = "row") -> Document:
    named, bank = accounts(ledger), ledger.existing(AccountType.BANK)
    return Withdrawal(on, currency or ledger.home, bank, (line(named["cost"], Side.DEBIT, amount, text),), "Amazon charge 1")


def transfer(ledger: Ledger, *, amount: str = "12.34", on: date = ON, currency: str = "", text: str = "row") -> Document:
    named, bank = accounts(ledger), ledger.existing(AccountType.BANK)
    return Transfer(on, currency or ledger.home, named["clearing"], bank, Decimal(amount), "Amazon settlement 1")


def purchase(ledger: Ledger, *, amount: str = "12.34", on: date = ON, currency: str = "", text: str = "row") -> Document:
    named = accounts(ledger)
    lines = (line(named["cost"], Side.DEBIT, amount, text),)
    return Purchase(on, currency or ledger.home, ledger.supplier(), named["clearing"], lines, "Amazon fees", "1")


def _sale(kind: type, side: Side, paid: str) -> Callable[..., Document]:
    def build(ledger: Ledger, *, amount: str = "12.34", on: date = ON, currency: str = "", text: str = "row") -> Document:
        named = accounts(ledger)
        item = ItemRef(*ledger.item("MUG-1", named["income"])) if ledger.target.line_items else None
        account = named[paid] if paid else ledger.existing(AccountType.RECEIVABLE)
        lines = (line(named["income"], side, amount, text, item),)
        more = {"due_on": on} if kind is Invoice else {}
        document: Document = kind(
            date=on,
            currency=currency or ledger.home,
            customer=ledger.customer(),
            account=account,
            lines=lines,
            memo="Amazon order 1",
            reference="113-0000001-0000001",
            **more,
        )
        return document

    return build


def payment(ledger: Ledger, *, amount: str = "12.34", on: date = ON, currency: str = "", text: str = "row") -> Document:
    """A payment of an invoice that is posted for it."""
    invoice = FORMS[DocumentType.INVOICE](ledger, amount=amount, on=on, currency=currency)
    assert isinstance(invoice, Invoice)
    (made,) = ledger.post(ledger.request(invoice, f"paid{amount}{on.day}".replace(".", "")))
    assert made.external_id, made.problem and made.problem.text()
    applied = (Applied(DocumentType.INVOICE, made.external_id, Decimal(amount), "1"),)
    clearing = accounts(ledger)["clearing"]
    return Payment(on, invoice.currency, invoice.customer, clearing, invoice.account, applied, "Amazon settlement 1")


FORMS: Mapping[DocumentType, Callable[..., Document]] = {
    DocumentType.JOURNAL_ENTRY: journal,
    DocumentType.DEPOSIT: deposit,
    DocumentType.WITHDRAWAL: withdrawal,
    DocumentType.TRANSFER: transfer,
    DocumentType.PURCHASE: purchase,
    DocumentType.SALES_RECEIPT: _sale(SalesReceipt, Side.CREDIT, "clearing"),
    DocumentType.REFUND_RECEIPT: _sale(RefundReceipt, Side.DEBIT, "clearing"),
    DocumentType.INVOICE: _sale(Invoice, Side.CREDIT, ""),
    DocumentType.CREDIT_MEMO: _sale(CreditMemo, Side.DEBIT, ""),
    DocumentType.PAYMENT: payment,
}
