"""QuickBooks Desktop's shape of a document, both ways.

Pure. `payload` writes a canonical document as the very request that is sent, its elements in the order that
QuickBooks demands; `document` reads an answer back into canonical lines. Journals and deposits are here, sales forms
and payments in `sales`.

A journal has no memo on Desktop (qbXML operations 14.0), so what it is for stands on each of its lines, and our mark on
the first. Tax is never
put on the built-in sales tax account, and no line is taxable: what a marketplace collected is a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from canonical.accounting import (
    SALES_DOCUMENTS,
    Deposit,
    Document,
    DocumentLine,
    DocumentType,
    JournalEntry,
    PartyRef,
    Payment,
    Side,
)
from connections.contracts import CompanyFacts, Found

from . import fields, sales
from .numbers import LIMIT, guid, marker_in, number
from .qbxml import LINES, Body, Element, Unreadable, amount, body_of, needed, of

__all__ = ["ENTITIES", "Unreadable", "add_request", "document", "entities", "found", "mod_body", "number", "payload"]

ENTITIES: Final[Mapping[str, str]] = {
    DocumentType.JOURNAL_ENTRY.value: "JournalEntry",
    DocumentType.DEPOSIT.value: "Deposit",
    DocumentType.SALES_RECEIPT.value: "SalesReceipt",
    DocumentType.INVOICE.value: "Invoice",
    DocumentType.CREDIT_MEMO.value: "CreditMemo",
    DocumentType.PAYMENT.value: "ReceivePayment",
}
REFUND: Final = "ARRefundCreditCard"  # a payment that gives money back for credit memos
GUID: Final = "ExternalGUID"


def entities(document_type: str) -> tuple[str, ...]:
    """What a document of this type may be there: money back to a customer is a transaction of its own."""
    main = ENTITIES[document_type]
    return (main, REFUND) if document_type == DocumentType.PAYMENT.value else (main,)


# ------------------------------------------------------------------ what we send


def payload(document: Document, *, number: str, marker: str, company: CompanyFacts) -> dict[str, Any]:
    """The element of an Add request by its name. Amounts are Decimal. TypeError for a type that is not in ENTITIES."""
    if isinstance(document, JournalEntry):
        return {"JournalEntryAdd": _journal(document, number, marker)}
    if isinstance(document, Deposit):
        return {"DepositAdd": _deposit(document, marker)}
    if isinstance(document, Payment):
        return sales.payment(document, number, marker)
    if isinstance(document, SALES_DOCUMENTS) and document.document_type.value in ENTITIES:
        entity = ENTITIES[document.document_type.value]
        return {f"{entity}Add": sales.sale(document, entity, number, marker, company)}
    raise TypeError(f"QuickBooks Desktop is not told a {document.document_type.value}")


def _journal(document: JournalEntry, number: str, marker: str) -> dict[str, Any]:
    """Each line is one element of its own side, in the document's order."""
    lines = [
        {
            "JournalDebitLine" if line.side is Side.DEBIT else "JournalCreditLine": _journal_line(
                line, document.memo, "" if place else marker
            )
        }
        for place, line in enumerate(document.lines)
    ]
    return {"TxnDate": document.date.isoformat(), "RefNumber": number[:LIMIT], GUID: guid(marker), LINES: lines}


def _journal_line(line: DocumentLine, memo: str, marker: str) -> dict[str, Any]:
    return {
        "AccountRef": fields.ref(line.account.key),
        "Amount": fields.money(line.gross),
        "Memo": fields.memo(line.description, memo, marker),
        **({"EntityRef": fields.ref(line.party.key)} if line.party else {}),
        **fields.with_class(line.dimensions),
    }


def _deposit(document: Deposit, marker: str) -> dict[str, Any]:
    """A deposit has no number. Its lines are signed: what is below zero debits the account."""
    lines = [
        {
            "DepositLineAdd": {
                "AccountRef": fields.ref(line.account.key),
                "Memo": line.description[: fields.TEXT_LIMIT],
                **fields.with_class(line.dimensions),
                "Amount": fields.money(line.signed),
            }
        }
        for line in document.lines
    ]
    return {
        "TxnDate": document.date.isoformat(),
        "DepositToAccountRef": fields.ref(document.account.key),
        "Memo": fields.memo(document.memo, marker),
        GUID: guid(marker),
        LINES: lines,
    }


def add_request(payload: Body) -> tuple[str, Body]:
    """(the entity, the element) of a payload."""
    ((name, element),) = payload.items()
    return str(name).removesuffix("Add"), element


def mod_body(payload: Body, external_id: str, external_version: str) -> tuple[str, Body]:
    """The same document over the one that stands there: all lines are new, those that are not named go.

    Source: qbXML operations 14.0, TxnLineID -1. A Mod takes no ExternalGUID, and a journal's lines have one name.
    """
    entity, element = add_request(payload)
    kept = {name: value for name, value in element.items() if name not in (GUID, LINES)}
    lines: Sequence[Body] = element.get(LINES, ())
    head = {"TxnID": external_id, "EditSequence": external_version}
    return entity, {f"{entity}Mod": {**head, **kept, LINES: [_mod_line(line) for line in lines]}}


def _mod_line(line: Body) -> Body:
    ((name, element),) = line.items()
    if name.startswith("Journal"):
        return {"JournalLineMod": {"TxnLineID": "-1", "JournalLineType": name[7:-4], **element}}
    if name == "AppliedToTxnAdd":
        return {"AppliedToTxnMod": element}
    return {f"{str(name).removesuffix('Add')}Mod": {"TxnLineID": "-1", **element}}


# ------------------------------------------------------------------ what we read back


def found(document_type: str, element: Element, home: str, marker: str = "") -> Found:
    """A document as QuickBooks holds it now. `home` is the file's currency. Raises Unreadable."""
    return Found(
        external_id=needed(element, "TxnID"),
        external_version=needed(element, "EditSequence"),
        number=of(element, "RefNumber"),
        marker=marker or marker_of(element),
        document=document(document_type, element, home),
        body=body_of(element),
        beyond=sales.beyond(element),
    )


def document(document_type: str, element: Element, home: str) -> Document:
    """The canonical document an answer's element stands for. Raises Unreadable."""
    try:
        if document_type == DocumentType.JOURNAL_ENTRY.value:
            lines, memo = _without_memo([line for child in element if (line := _read_journal_line(child))])
            return JournalEntry(fields.day(element), fields.currency(element, home), lines, memo)
        if document_type == DocumentType.DEPOSIT.value:
            return _read_deposit(element, home)
        if document_type == DocumentType.PAYMENT.value:
            return sales.read_payment(element, home)
        return sales.read_sale(DocumentType(document_type), element, home)
    except Unreadable:
        raise
    except ValueError as wrong:
        raise Unreadable(f"{of(element, 'TxnID')}: {wrong}") from wrong


def _read_journal_line(child: Element) -> DocumentLine | None:
    side = {"JournalDebitLine": Side.DEBIT, "JournalCreditLine": Side.CREDIT}.get(str(child.tag))
    value = amount(child, "Amount") if side else None
    if side is None or not value:
        return None
    if value < 0:  # QuickBooks shows a line whose sign a person turned round on its own side
        side, value = Side.CREDIT if side is Side.DEBIT else Side.DEBIT, -value
    entity = of(child, "EntityRef/ListID")
    return DocumentLine(
        account=fields.account(child, "AccountRef"),
        side=side,
        gross=value,
        description=of(child, "Memo"),
        kind="",
        dimensions=fields.dimensions(child),
        party=PartyRef(entity, of(child, "EntityRef/FullName")) if entity else None,
    )


def marker_of(element: Element) -> str:
    """Our mark in the memo, or in that of any line; "" when a person took it out."""
    places = [of(element, "Memo"), *(of(child, "Memo") for child in element if str(child.tag).startswith("Journal"))]
    return next((mark for place in places if (mark := marker_in(place))), "")


def _without_memo(lines: Sequence[DocumentLine]) -> tuple[tuple[DocumentLine, ...], str]:
    """The lines with their own texts, and what all of them say besides: that is the journal's."""
    plain = [replace(line, description=fields.unmarked(line.description)) for line in lines]
    endings = {line.description.rpartition(fields.BETWEEN)[2] for line in plain}
    memo = endings.pop() if len(endings) == 1 and len(plain) > 1 else ""
    if not memo:
        return tuple(plain), ""
    return tuple(
        replace(line, description=line.description.removesuffix(memo).removesuffix(fields.BETWEEN)) for line in plain
    ), memo


def _read_deposit(element: Element, home: str) -> Deposit:
    lines = [line for child in element.iterchildren("DepositLineRet") if (line := _read_deposit_line(child))]
    return Deposit(
        fields.day(element),
        fields.currency(element, home),
        fields.account(element, "DepositToAccountRef"),
        tuple(lines),
        fields.unmarked(of(element, "Memo")),
    )


def _read_deposit_line(child: Element) -> DocumentLine | None:
    value = amount(child, "Amount")
    if not value:
        return None
    return DocumentLine(
        account=fields.account(child, "AccountRef"),
        side=Side.CREDIT if value > 0 else Side.DEBIT,
        gross=abs(value),
        description=of(child, "Memo"),
        kind="",
        dimensions=fields.dimensions(child),
    )
