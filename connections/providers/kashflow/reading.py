"""What stands in KashFlow, read back into canonical documents.

Pure. Lines keep their order, VAT is as KashFlow states it. Raises Unreadable for a body that is not what the interface
promises, so that nothing is ever accounted for on a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from canonical.accounting import (
    AccountRef,
    Applied,
    CreditMemo,
    Deposit,
    Document,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    JournalEntry,
    PartyRef,
    Payment,
    Purchase,
    RefundReceipt,
    SalesReceipt,
    Side,
    Transfer,
    Withdrawal,
)
from connections.contracts import Found

from . import fields, kinds, unsettled
from .fields import ZERO, Body, Unreadable, amount_of, day_of, id_of, marker_of, words_of
from .kinds import Held
from .mapper import TRACKING

NOT_PAID, PAID_TWICE = AccountRef("", "not paid"), AccountRef("", "paid twice")
_PENNY = Decimal("0.01")
_SALES: Mapping[DocumentType, type[SalesReceipt] | type[RefundReceipt] | type[Invoice] | type[CreditMemo]] = {
    DocumentType.SALES_RECEIPT: SalesReceipt,
    DocumentType.REFUND_RECEIPT: RefundReceipt,
    DocumentType.INVOICE: Invoice,
    DocumentType.CREDIT_MEMO: CreditMemo,
}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Keys of bank accounts, by their own ids and by their nominals'. Any other nominal's id is its key."""

    banks: Mapping[int, str]
    nominals: Mapping[int, str]

    def bank(self, own_id: int) -> AccountRef:
        return AccountRef(self.banks.get(own_id, f"/{own_id}"), "")

    def nominal(self, own_id: int) -> AccountRef:
        return AccountRef(self.nominals.get(own_id, str(own_id)), "")


def found(held: Held, accounts: Accounts, home: str) -> Found:
    """A document as KashFlow holds it now. `home`: the company's currency. Raises Unreadable."""
    try:
        document = _document(held, accounts, home)
    except Unreadable:
        raise
    except (ValueError, KeyError, TypeError) as wrong:
        raise Unreadable(f"{held.external_id}: {wrong}") from wrong
    body = {"main": held.main, "payment": held.payment, "moves": [move for _place, move in held.moves]}
    return Found(held.external_id, held.version, _number(held), marker_in(held), document, body)


def marker_in(held: Held) -> str:
    """Our marker, wherever it stands in the document."""
    texts = [line.get("Description") for line in (held.main or {}).get("Lines", ())]
    texts += [(held.main or {}).get("Comment"), (held.payment or {}).get("PayNote")]
    texts += [move.get("Comment") for _place, move in held.moves]
    return next((marker for text in texts if (marker := marker_of(text)[0])), "")


def _number(held: Held) -> str:
    """What a person searches for: our reference; KashFlow's own number where a document has no room for one."""
    return str((held.main or {}).get("CustomerReference") or held.external_id)


def _document(held: Held, accounts: Accounts, home: str) -> Document:
    if held.kind is DocumentType.PAYMENT:
        return _payment(held, accounts, home)
    if kinds.is_bank(held.kind):
        return _moves(held, accounts, home)
    if held.main is None:
        raise Unreadable("nothing there")
    if kinds.is_journal(held.kind):
        return _journal(held, accounts, home)
    return _bill(held, accounts, home) if held.kind is DocumentType.PURCHASE else _sale(held, accounts, home)


# ------------------------------------------------------------------ sales and purchases


def _sale(held: Held, accounts: Accounts, home: str) -> Document:
    body = held.main or {}
    memo, tracking = _told(body)
    common: dict[str, Any] = {
        **_common(body, kinds.SALE, home),
        "customer": PartyRef(str(id_of(body, "CustomerID")), str(body.get("Customer") or "")),
        "account": _paid_into(held, accounts),
        "memo": memo,
        "tracking": tracking,
        "shipping": _delivered(body),
    }
    if held.kind is DocumentType.INVOICE:
        common["due_on"] = day_of(body, "DueDate")
    return _SALES[held.kind](**common)


def _bill(held: Held, accounts: Accounts, home: str) -> Purchase:
    body = held.main or {}
    supplier = PartyRef(str(id_of(body, "CustomerID")), str(body.get("Customer") or ""))
    into, memo = _paid_into(held, accounts), _told(body)[0]
    return Purchase(**_common(body, kinds.PURCHASE, home), supplier=supplier, account=into, memo=memo)


def _common(body: Body, side: kinds.Side, home: str) -> dict[str, Any]:
    lines = [line for entry in body.get("Lines") or () if (line := _line(entry, side))]
    return {"date": day_of(body, "InvoiceDate"), "currency": str(body.get("CurrencyCode") or home), "lines": tuple(lines)}


def _paid_into(held: Held, accounts: Accounts) -> AccountRef:
    """Where the money lies; an invoice does not say, and what should have been paid at once and was not, says so."""
    if held.kind not in kinds.PAID_AT_ONCE:
        return AccountRef("", "")
    if held.others:
        return PAID_TWICE
    return accounts.bank(id_of(held.payment, "PayAccount")) if held.payment else NOT_PAID


def _line(entry: Body, side: kinds.Side) -> DocumentLine | None:
    """None for a line of words."""
    quantity, rate = amount_of(entry, "Quantity"), amount_of(entry, "Rate")
    vat = amount_of(entry, "VatAmount")
    gross = (quantity * rate).quantize(_PENNY, ROUND_HALF_UP) + vat
    if not gross:
        return None
    product = entry.get("ProductID") or 0
    return DocumentLine(
        account=AccountRef(str(id_of(entry, "ChargeType")), ""),
        side=Side.CREDIT if (gross > 0) == (side.sign > 0) else Side.DEBIT,
        gross=abs(gross),
        description=str(entry.get("Description") or ""),
        kind="",
        tax=fields.tax_of(entry, side.applies_on),
        tax_amount=vat if gross > 0 else -vat,
        item=ItemRef(str(product), "") if product else None,
        quantity=quantity if product or quantity != 1 else None,
    )


def _told(body: Body) -> tuple[str, tuple[str, ...]]:
    """Memo and parcels' numbers, from the line that carries our marker."""
    for entry in body.get("Lines") or ():
        text = str(entry.get("Description") or "")
        marker, _place = marker_of(text)
        if marker:
            lines = [line for line in text.replace(marker, "").splitlines() if line.strip()]
            tracking = [line.removeprefix(TRACKING) for line in lines if line.startswith(TRACKING)]
            memo = "\n".join(line for line in lines if not line.startswith(TRACKING)).strip()
            return memo, tuple(part for line in tracking for part in line.split(", "))
    return "", ()


def _delivered(body: Body) -> tuple[str, ...]:
    address = body.get("DeliveryAddress") or {}
    names = ("Name", "Line1", "Line2", "Line3", "Line4")
    return tuple(str(address[name]) for name in names if address.get(name)) if body.get("UseCustomDeliveryAddress") else ()


def _payment(held: Held, accounts: Accounts, home: str) -> Payment:
    body = held.payment or {}
    amount, number = amount_of(body, "PayAmount"), id_of(body, "PayInvoice")
    kind = DocumentType.INVOICE if amount > 0 else DocumentType.CREDIT_MEMO
    return Payment(
        date=day_of(body, "PayDate"),
        currency=home,
        customer=PartyRef("", ""),
        account=accounts.bank(id_of(body, "PayAccount")),
        receivable=AccountRef("", ""),
        applied=(Applied(kind, str(number), abs(amount)),),
        memo=words_of(body.get("PayNote"))[0],
    )


# ------------------------------------------------------------------ bank and journals


def _moves(held: Held, accounts: Accounts, home: str) -> Document:
    if not held.moves:
        raise Unreadable("nothing there")
    first = held.moves[0][1]
    on, account = day_of(first, "TransactionDate"), accounts.bank(id_of(first, "accid"))
    memo = words_of(first.get("Comment"))[0]
    lines = tuple(_move(move, accounts) for _place, move in held.moves)
    if held.kind is DocumentType.TRANSFER:
        amount = -sum((line.signed for line in lines), ZERO)
        return Transfer(on, home, account, lines[0].account, amount, memo)
    return (
        Deposit(on, home, account, lines, memo)
        if held.kind is DocumentType.DEPOSIT
        else Withdrawal(on, home, account, lines, memo)
    )


def _move(body: Body, accounts: Accounts) -> DocumentLine:
    money_in, money_out = amount_of(body, "moneyin"), amount_of(body, "moneyout")
    vat = amount_of(body, "VatAmount") if body.get("Vatable") else ZERO
    side = Side.CREDIT if money_in else Side.DEBIT
    return DocumentLine(
        account=accounts.nominal(id_of(body, "TransactionType")),
        side=side,
        gross=money_in or money_out,
        description=words_of(body.get("Comment"))[1],
        kind="",
        tax=fields.tax_of(body, "sales" if money_in else "purchase") if vat else None,
        tax_amount=vat,
    )


def _journal(held: Held, accounts: Accounts, home: str) -> Document:
    body = held.main or {}
    on, memo = day_of(body, "JournalDate"), words_of(body.get("Comment"))[0]
    lines = tuple(_journal_line(entry, accounts) for entry in body.get("Lines") or ())
    if held.kind is DocumentType.TRANSFER:
        away = next(line for line in lines if line.side is Side.CREDIT)
        into = next(line for line in lines if line.side is Side.DEBIT)
        return Transfer(on, home, away.account, into.account, into.gross, memo)
    return JournalEntry(on, home, lines, memo)


def _journal_line(entry: Body, accounts: Accounts) -> DocumentLine:
    amount = amount_of(entry, "Amount")
    positive = unsettled.POSITIVE_IN_A_JOURNAL
    other = Side.CREDIT if positive is Side.DEBIT else Side.DEBIT
    return DocumentLine(
        account=accounts.nominal(id_of(entry, "NominalID")),
        side=positive if amount > 0 else other,
        gross=abs(amount),
        description=str(entry.get("Comment") or ""),
        kind="",
    )
