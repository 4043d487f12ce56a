"""SOAP operations on invoices and receipts: each pair of operations is one function with its side filled in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sandbox.kashflow import documents, payments, problems, rules
from sandbox.kashflow.company import Body, Company, Stored
from sandbox.kashflow.documents import PURCHASES, SALES, Side

Handler = Callable[[Company, Body], Any]


def _need(company: Company, side: Side, number: int) -> Stored:
    stored = company.numbered(side.kind, number)
    if stored is None:
        raise problems.unknown(side.kind.lower(), number)
    return stored


def _need_id(company: Company, side: Side, object_id: int) -> Stored:
    return company.need(side.kind, object_id, side.kind.lower())


def _sent(args: Body, parameter: str) -> Body:
    if args[parameter] is None:
        raise problems.missing(parameter)
    return dict(args[parameter])


def _insert(side: Side, parameter: str) -> Handler:
    def inserted(company: Company, args: Body) -> int:
        return documents.save(company, side, _sent(args, parameter)).number

    return inserted


def _update(side: Side, parameter: str, *, lines: bool, result: Any) -> Handler:
    """The document of the number sent is replaced; header operations keep its lines."""

    def updated(company: Company, args: Body) -> Any:
        sent = _sent(args, parameter)
        old = _need(company, side, sent["InvoiceNumber"])
        documents.save(company, side, sent if lines else {**sent, "Lines": old.body["Lines"]}, old)
        return result

    return updated


def _get(side: Side, parameter: str, *, by_id: bool = False) -> Handler:
    def got(company: Company, args: Body) -> Body:
        find = _need_id if by_id else _need
        return documents.shown(company, find(company, side, args[parameter]))

    return got


def _shown(company: Company, found: list[Stored]) -> list[Body]:
    return [documents.shown(company, stored) for stored in found]


def _between(company: Company, args: Body) -> list[Body]:
    window = (rules.day(args["StartDate"], "StartDate"), rules.day(args["EndDate"], "EndDate"))
    return _shown(company, company.all(SALES.kind, "AND day >= ? AND day <= ?", window))


def _of_party(side: Side, parameter: str) -> Handler:
    def listed(company: Company, args: Body) -> list[Body]:
        return _shown(company, company.all(side.kind, "AND parent = ?", (args[parameter],)))

    return listed


def _recent(side: Side, parameter: str) -> Handler:
    def listed(company: Company, args: Body) -> list[Body]:
        newest = sorted(company.all(side.kind), key=lambda stored: (stored.day, stored.id), reverse=True)
        return _shown(company, newest[: max(args[parameter], 0)])

    return listed


def _unpaid(company: Company, _args: Body) -> list[Body]:
    return [shown for shown in _shown(company, company.all(SALES.kind)) if not shown["Paid"]]


def _receipts(company: Company, _args: Body) -> list[Body]:
    return _shown(company, company.all(PURCHASES.kind))


def _receipts_paged(company: Company, args: Body) -> dict[str, Any]:
    """Pages count from 1; the answer says how many there are."""
    size, page = min(max(args["PerPage"], 1), 100), max(args["Page"], 1)
    found = company.all(PURCHASES.kind)
    return {
        "GetReceiptsWithPagingResult": _shown(company, found[(page - 1) * size : page * size]), "PageNumber": page,
        "TotalPages": -(-len(found) // size), "TotalRecords": len(found),
    }  # fmt: skip


def _add_line(side: Side, parameter: str, *, by_id: bool = False) -> Handler:
    def added(company: Company, args: Body) -> int:
        find = _need_id if by_id else _need
        return documents.add_line(company, find(company, side, args[parameter]), _sent(args, "InvLine"))

    return added


def _drop_line(side: Side, parameter: str) -> Handler:
    def dropped(company: Company, args: Body) -> int:
        documents.drop_line(company, _need(company, side, args[parameter]), args["LineID"])
        return 1

    return dropped


def _delete(side: Side, parameter: str, *, by_id: bool = False) -> Handler:
    def deleted(company: Company, args: Body) -> int:
        find = _need_id if by_id else _need
        documents.remove(company, find(company, side, args[parameter]))
        return 1

    return deleted


def _pay(side: Side, parameter: str) -> Handler:
    def paid(company: Company, args: Body) -> int:
        return payments.pay(company, side, _sent(args, parameter)).id

    return paid


def _payments(side: Side, parameter: str) -> Handler:
    def listed(company: Company, args: Body) -> list[Body]:
        return payments.of(company, _need(company, side, args[parameter]))

    return listed


def _payments_between(company: Company, args: Body) -> list[Body]:
    """A hundred a page, by date; pages count from 1."""
    since, until = rules.day(args["StartDate"], "StartDate"), rules.day(args["EndDate"], "EndDate")
    every = [one for stored in company.all(SALES.kind) for one in payments.of(company, stored)]
    found = sorted(
        (one for one in every if since <= one["PayDate"][:10] <= until), key=lambda one: (one["PayDate"], one["PayID"])
    )
    first = (max(args["PageNumber"], 1) - 1) * 100
    return found[first : first + 100]


def _unpay(side: Side, parameter: str) -> Handler:
    def unpaid(company: Company, args: Body) -> int:
        payments.unpay(company, side, args[parameter])
        return 1

    return unpaid


def _set_off(company: Company, args: Body) -> bool:
    payments.set_off(company, args["InvoiceID"], args["CreditNoteID"])
    return True


def _note(side: Side, parameter: str) -> Handler:
    def noted(company: Company, args: Body) -> bool:
        stored = _need_id(company, side, args[parameter])
        when = rules.day(args["NoteDate"], "NoteDate")
        company.insert("Note", {"Notes": rules.text(args["Notes"], "Notes")}, parent=stored.id, day=when)
        return True

    return noted


def _notes(side: Side, parameter: str) -> Handler:
    def listed(company: Company, args: Body) -> list[Body]:
        notes = company.all("Note", "AND parent = ?", (args[parameter],))
        return [{parameter: note.parent, "NoteId": note.id, "NoteDate": f"{note.day}T00:00:00", **note.body} for note in notes]

    return listed


HANDLERS: Final[dict[str, Handler]] = {
    "InsertInvoice": _insert(SALES, "Inv"),
    "InsertInvoice_TypeDefined": _insert(SALES, "Inv_TD"),
    "UpdateInvoice": _update(SALES, "Inv", lines=True, result=None),
    "UpdateInvoiceHeader": _update(SALES, "Inv", lines=False, result=None),
    "InsertInvoiceLine": _add_line(SALES, "InvoiceID", by_id=True),
    "InsertInvoiceLineWithInvoiceNumber": _add_line(SALES, "InvoiceNumber"),
    "DeleteInvoiceLine": _drop_line(SALES, "InvoiceNumber"),
    "GetInvoice": _get(SALES, "InvoiceNumber"),
    "GetInvoice_TypeDefined": _get(SALES, "InvoiceNumber"),
    "GetInvoiceByID": _get(SALES, "InvoiceID", by_id=True),
    "GetInvoicesByDateRange": _between,
    "GetInvoicesForCustomer": _of_party(SALES, "CustID"),
    "GetInvoices_Recent": _recent(SALES, "NumberOfInvoices"),
    "GetInvoices_Unpaid": _unpaid,
    "DeleteInvoice": _delete(SALES, "InvoiceNumber"),
    "DeleteInvoiceByID": _delete(SALES, "InvoiceID", by_id=True),
    "InsertInvoicePayment": _pay(SALES, "InvoicePayment"),
    "GetInvoicePayment": _payments(SALES, "InvoiceNumber"),
    "GetInvoicePaymentsByDateRange": _payments_between,
    "DeleteInvoicePayment": _unpay(SALES, "InvoicePaymentNumber"),
    "applyCreditNoteToInvoice": _set_off,
    "InsertInvoiceNote": _note(SALES, "InvoiceId"),
    "GetInvoiceNotes": _notes(SALES, "InvoiceId"),
    "InsertReceipt": _insert(PURCHASES, "Inv"),
    "InsertReceipt_TypeDefined": _insert(PURCHASES, "Inv_TD"),
    "UpdateReceipt": _update(PURCHASES, "Receipt", lines=True, result=1),
    "UpdateReceiptHeader": _update(PURCHASES, "Receipt", lines=False, result=1),
    "InsertReceiptLine": _add_line(PURCHASES, "ReceiptID", by_id=True),
    "InsertReceiptLineFromNumber": _add_line(PURCHASES, "ReceiptNumber"),
    "DeleteReceiptLine": _drop_line(PURCHASES, "ReceiptNumber"),
    "GetReceipt": _get(PURCHASES, "ReceiptNumber"),
    "GetReceipt_TypeDefined": _get(PURCHASES, "ReceiptNumber"),
    "GetReceipts": _receipts,
    "GetReceipts_Recent": _recent(PURCHASES, "NumberOfReceipts"),
    "GetReceiptsForSupplier": _of_party(PURCHASES, "SupplierID"),
    "GetReceiptsWithPaging": _receipts_paged,
    "DeleteReceipt": _delete(PURCHASES, "ReceiptNumber"),
    "DeleteReceiptByID": _delete(PURCHASES, "ReceiptID", by_id=True),
    "InsertReceiptPayment": _pay(PURCHASES, "ReceiptPayment"),
    "GetReceiptPayment": _payments(PURCHASES, "ReceiptNumber"),
    "DeleteReceiptPayment": _unpay(PURCHASES, "ReceiptPaymentNumber"),
    "InsertReceiptNote": _note(PURCHASES, "ReceiptId"),
    "GetReceiptNotes": _notes(PURCHASES, "ReceiptId"),
}
