"""A canonical document as the very calls that write it.

Pure. The payload is a list of calls in their order, each with the object it carries, and nothing of it is decided later
but three numbers that only KashFlow knows: the invoice that a payment pays, when it is written in the same go, and the
id of the way of paying.

VAT: every line states its net, its rate and its VAT to the penny, which KashFlow keeps as sent. What is no matter of
VAT carries the rate -1. The last line of a sale or purchase is a text without money: the memo and our marker.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from canonical.accounting import (
    SALES_DOCUMENTS,
    Deposit,
    Document,
    DocumentLine,
    Invoice,
    JournalEntry,
    Payment,
    Purchase,
    SalesDocument,
    Side,
    Transfer,
    Withdrawal,
)
from canonical.money import unit_price
from connections.contracts import CompanyFacts

from . import fields, kinds, unsettled
from .fields import KIND, ZERO, bank_of, clean, comment, moment, nominal_of

CALLS, OPERATION = "Calls", "Operation"
TRACKING = "Tracking: "
_PRICE_DECIMALS = 4  # the decimals that the interface shows of a rate

Call = dict[str, Any]


def payload(document: Document, *, number: str, marker: str, company: CompanyFacts) -> dict[str, Any]:
    """{"Calls": [...]}: what is written, in its order. Amounts are Decimal."""
    return {CALLS: _calls(document, number, marker, company)}


def _calls(document: Document, number: str, marker: str, company: CompanyFacts) -> list[Call]:
    if isinstance(document, JournalEntry):
        return [_journal(document, marker)]
    if isinstance(document, Payment):
        return [_payment(document, marker)]
    if isinstance(document, Transfer):
        return [_transfer(document, marker)]
    if isinstance(document, Deposit | Withdrawal):
        return [_move(document, line, place, marker) for place, line in enumerate(document.lines, 1)]
    abroad = document.currency != company.home_currency
    calls = [
        _sale(document, number, marker, abroad)
        if isinstance(document, SALES_DOCUMENTS)
        else _bill(document, number, marker, abroad)
    ]
    return [*calls, _paid(document, marker)] if document.document_type in kinds.PAID_AT_ONCE and document.total else calls


def _call(operation: tuple[str, str], body: Mapping[str, Any]) -> Call:
    return {OPERATION: operation[0], operation[1]: dict(body)}


# ------------------------------------------------------------------ sales and purchases


def _sale(document: SalesDocument, number: str, marker: str, abroad: bool) -> Call:
    body = {
        **_header(document, document.customer.key, number, abroad),
        "DueDate": moment(document.due_on if isinstance(document, Invoice) and document.due_on else document.date),
        **_delivered(document.shipping),
        "Lines": [
            *(_line(document, line, kinds.SALE, abroad) for line in document.lines),
            _text_line(document.lines[0], _told(document), marker),
        ],
    }
    return _call(kinds.SALE.insert, body)


def _bill(document: Purchase, number: str, marker: str, abroad: bool) -> Call:
    body = {
        **_header(document, document.supplier.key, number, abroad),
        "DueDate": moment(document.date),
        "Lines": [
            *(_line(document, line, kinds.PURCHASE, abroad) for line in document.lines),
            _text_line(document.lines[0], document.memo, marker),
        ],
    }
    return _call(kinds.PURCHASE.insert, body)


def _header(document: Any, party: str, number: str, abroad: bool) -> dict[str, Any]:
    """`ExchangeRate` 0 leaves it to KashFlow."""
    return {
        "InvoiceDate": moment(document.date),
        "CustomerID": fields.nominal_of(party),
        "CustomerReference": number,
        **({"CurrencyCode": document.currency} if abroad else {}),
    }


def _line(document: Any, line: DocumentLine, side: kinds.Side, abroad: bool) -> dict[str, Any]:
    sign = side.sign if line.side is Side.CREDIT else -side.sign
    net, vat = sign * line.net, sign * line.tax_amount
    quantity, rate = _priced(line.quantity, net, document.currency)
    kept = quantity != 1 or line.quantity in (None, Decimal(1))
    sold = line.item is not None and document.document_type not in kinds.NEGATIVE and kept
    return {
        KIND: "InvoiceLine",
        "Quantity": quantity,
        "Description": clean(line.description, fields.DESCRIPTION_LIMIT),
        "Rate": rate,
        "ChargeType": nominal_of(line.account.key),
        "VatRate": fields.rate_of(line.tax),
        "VatAmount": vat,
        # A line of a product takes it out of stock, where KashFlow keeps stock: by itself, once, for as long as the line
        # stands. A refund names no product: money went back, of the goods nobody knows.
        **({"ProductID": fields.nominal_of(line.item.key)} if sold and line.item else {}),
        **({"ValuesInCurrency": 1} if abroad else {}),
    }


def _priced(quantity: Decimal | None, net: Decimal, currency: str) -> tuple[Decimal, Decimal]:
    """Quantity and price, where both multiply to the net to the penny; else one unit at the whole of it."""
    if not quantity or quantity == 1:
        return Decimal(1), net
    price = unit_price(net, quantity, currency, _PRICE_DECIMALS)
    return (Decimal(1), net) if price is None else (quantity, price)


def _text_line(first: DocumentLine, text: str, marker: str) -> dict[str, Any]:
    """Words and our marker, without money; it stands under the first line's nominal, where nothing is booked by it."""
    room = fields.DESCRIPTION_LIMIT - len(marker) - 1
    return {
        KIND: "InvoiceLine",
        "Quantity": ZERO,
        "Description": f"{clean(text, room)}\n{marker}" if text else marker,
        "Rate": ZERO,
        "ChargeType": nominal_of(first.account.key),
        "VatRate": fields.rate_of(None),
        "VatAmount": ZERO,
    }


def _told(document: SalesDocument) -> str:
    """The memo, with the order's id and the parcels' numbers unless it has them already."""
    parts = [document.memo] if document.memo else []
    if document.reference and document.reference not in document.memo:
        parts.insert(0, document.reference)
    return "\n".join([*parts, *([f"{TRACKING}{', '.join(document.tracking)}"] if document.tracking else [])])


def _delivered(lines: tuple[str, ...]) -> dict[str, Any]:
    """Where the goods went, in the form's name and four lines; what is more goes on the last."""
    if not lines:
        return {}
    name, *rest = [clean(line, fields.ADDRESS_LIMIT) for line in lines]
    if len(rest) > 4:
        rest = [*rest[:3], clean(", ".join(rest[3:]), fields.ADDRESS_LIMIT)]
    address = {"Name": name, **{f"Line{place}": line for place, line in enumerate(rest, 1)}}
    return {"DeliveryAddress": address, "UseCustomDeliveryAddress": True}


def _paid(document: Any, marker: str) -> Call:
    """The other half of what is paid at once; money that goes back is an amount below zero."""
    side = kinds.SIDES[document.document_type]
    sign = -1 if document.document_type in kinds.NEGATIVE else 1
    return _call(side.pay, _paying(document, sign * document.total, marker))


def _paying(document: Any, amount: Decimal, marker: str) -> dict[str, Any]:
    return {
        "PayDate": moment(document.date),
        "PayNote": comment(document.memo, marker),
        "PayAccount": bank_of(document.account.key),
        "PayAmount": amount,
    }


def _payment(document: Payment, marker: str) -> Call:
    """A payment of one document that stands already, by KashFlow's number of it."""
    number = kinds.Place.of(document.applied[0].external_id).number
    return _call(kinds.SALE.pay, {"PayInvoice": number, **_paying(document, document.total, marker)})


# ------------------------------------------------------------------ bank and journals


def _move(document: Deposit | Withdrawal, line: DocumentLine, place: int, marker: str) -> Call:
    """One transaction of the bank account for each line: in what is credited, out what is debited."""
    way = "moneyin" if line.side is Side.CREDIT else "moneyout"
    vat = {"Vatable": 1, "VatRate": fields.rate_of(line.tax), "VatAmount": line.tax_amount} if line.tax_amount else {}
    body = {
        "accid": bank_of(document.account.key),
        "TransactionDate": moment(document.date),
        way: line.gross,
        **vat,
        "TransactionType": nominal_of(line.account.key),
        "Comment": comment(document.memo, marker, line.description, place),
    }
    return _call(("InsertBankTransaction", "bp"), body)


def _transfer(document: Transfer, marker: str) -> Call:
    """The one place that knows how money moves between two bank accounts (unsettled.TRANSFER_BY)."""
    if unsettled.TRANSFER_BY == "journal":
        ways = ((document.into.key, Side.DEBIT), (document.account.key, Side.CREDIT))
        lines = [_journal_line(nominal_of(key), side, document.amount, document.memo) for key, side in ways]
        return _call(("InsertJournal", "Jnl"), _journal_body(document, marker, lines))
    body = {
        "accid": bank_of(document.account.key),
        "TransactionDate": moment(document.date),
        "moneyout": document.amount,
        "TransactionType": nominal_of(document.into.key),
        "Comment": comment(document.memo, marker),
    }
    return _call(("InsertBankTransaction", "bp"), body)


def _journal(document: JournalEntry, marker: str) -> Call:
    lines = [_journal_line(nominal_of(line.account.key), line.side, line.gross, line.description) for line in document.lines]
    return _call(("InsertJournal", "Jnl"), _journal_body(document, marker, lines))


def _journal_body(document: Any, marker: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"JournalDate": moment(document.date), "Comment": comment(document.memo, marker), "Lines": lines}


def _journal_line(nominal: int, side: Side, gross: Decimal, text: str) -> dict[str, Any]:
    amount = gross if side is unsettled.POSITIVE_IN_A_JOURNAL else -gross
    return {KIND: "JournalLine", "NominalID": nominal, "Amount": amount, "Comment": clean(text, fields.COMMENT_LIMIT)}
