"""Credit notes: as invoices with the sides turned, then allocated to invoices of the same contact or paid out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sandbox.xero import chart, contacts, documents, lines, stock
from sandbox.xero.books import Body, Books, Effects, Posting, Stored
from sandbox.xero.dates import day, moment
from sandbox.xero.documents import Options
from sandbox.xero.errors import Invalid
from sandbox.xero.invoices import BOOKED, SETTLED, brief, payment_brief
from sandbox.xero.money import ZERO, number, rounded
from sandbox.xero.query import updated

SALES, PURCHASE = "ACCRECCREDIT", "ACCPAYCREDIT"
_NEXT: Final = {
    None: ("DRAFT", "SUBMITTED", "AUTHORISED"),
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
    "PAID": ("PAID", "VOIDED"),
}
_INVOICE_TYPE: Final = {SALES: "ACCREC", PURCHASE: "ACCPAY"}


def find(books: Books, sent: Body) -> Stored | None:
    if sent.get("CreditNoteID"):
        return books.find("CreditNote", sent["CreditNoteID"])
    return books.labelled("CreditNote", str(sent["CreditNoteNumber"])) if sent.get("CreditNoteNumber") else None


def write(books: Books, sent: Body, old: Stored | None, options: Options) -> Stored:
    """A new credit note or a changed one; posts it once it is approved. Raises Invalid."""
    status = str(sent.get("Status") or (old.status if old else "DRAFT"))
    if status not in _NEXT.get(old.status if old else None, ()):
        raise Invalid("Credit note not of valid status for modification" if old else "The credit note status is not valid")
    if old and status in ("VOIDED", "DELETED"):
        return _end(books, old, status)
    kind = old.body["Type"] if old else sent.get("Type")
    if kind not in (SALES, PURCHASE):
        raise Invalid("The credit note type is not valid")
    body = documents.head(books, sent, old) | {"Type": kind}
    body["CreditNoteNumber"] = _numbered(books, sent, old, kind)
    side = lines.SALE if kind == SALES else lines.PURCHASE
    body = documents.with_lines(books, body, sent, side, status != "DRAFT", options)
    if status != "DRAFT" and Decimal(body["Total"]) < 0:
        raise Invalid("The total for this document must not be negative")
    label = body["CreditNoteNumber"]
    if old and books.links_to(old):
        if documents.changed_money(body, old):
            raise Invalid(SETTLED)
        return books.save("CreditNote", body, status=old.status, old=old, label=label)
    if status in BOOKED:
        books.lock_check(body["Date"])
        if old and old.status in BOOKED:
            books.lock_check(old.body["Date"])
        status = "AUTHORISED" if Decimal(body["Total"]) else "PAID"
    saved = books.save("CreditNote", body, status=status, old=old, label=label)
    if status in BOOKED:
        contacts.used(books, books.need("Contact", body["ContactID"]), kind == SALES)
        _post(books, saved)
    return saved


def _numbered(books: Books, sent: Body, old: Stored | None, kind: str) -> str:
    found = str(sent.get("CreditNoteNumber") or (old.body["CreditNoteNumber"] if old else ""))
    if not found:
        taken = books.conn.execute("SELECT count(*) FROM xero_object WHERE tenant = ? AND kind = 'CreditNote'", (books.tenant,))
        found = f"CN-{taken.fetchone()[0] + 1:04d}"
    twin = books.labelled("CreditNote", found)
    if twin and kind == SALES and (not old or twin.id != old.id):
        raise Invalid("Credit Note # must be unique.")
    return found


def _post(books: Books, stored: Stored) -> None:
    sales = stored.body["Type"] == SALES
    control = chart.system(books, chart.DEBTORS if sales else chart.CREDITORS)
    mover = stock.Mover(books, stored, 1 if sales else -1, purchase=not sales)
    found = lines.effects(books, stored.body, control, 1 if sales else -1, mover)
    mover.finish(found)
    books.post(stored, found)


def _end(books: Books, old: Stored, status: str) -> Stored:
    if books.links_to(old):
        raise Invalid(SETTLED)
    if status == "VOIDED":
        books.lock_check(old.body["Date"])
        books.unpost(old)
        stock.check(books, old)
    return books.save("CreditNote", old.body, status=status, old=old, label=old.body["CreditNoteNumber"])


def show(books: Books, stored: Stored, full: bool, options: Options) -> Body:
    body, links = stored.body, books.links_to(stored)
    used = sum((amount for _, _, amount, _ in links), ZERO)
    live = stored.status not in ("VOIDED", "DELETED")
    shown: Body = {
        "Type": body["Type"], "CreditNoteID": stored.id, "CreditNoteNumber": body["CreditNoteNumber"],
        **documents.common_shown(books, stored, full, options),
        "RemainingCredit": Decimal(body["Total"]) - used if live else ZERO, "SentToContact": False, "HasErrors": False,
        "UpdatedDateUTC": moment(updated(stored)),
        "Allocations": [
            allocation_shown(books, books.need(kind, link_id)) for kind, link_id, _, _ in links if kind == "Allocation"
        ],
        "Payments": [payment_brief(books.need(kind, link_id)) for kind, link_id, _, _ in links if kind == "Payment"],
    }  # fmt: skip
    return shown | ({"FullyPaidOnDate": day(body["FullyPaidOnDate"])} if body.get("FullyPaidOnDate") else {})


# Allocations


def allocate(books: Books, note: Stored, sent: Body) -> Stored:
    """Set part of a credit note against an invoice of its contact and currency. Raises Invalid."""
    invoice = books.find("Invoice", (sent.get("Invoice") or {}).get("InvoiceID"))
    if invoice is None or invoice.status != "AUTHORISED":
        raise Invalid("Allocations can only be made to approved invoices with an amount due")
    if note.status != "AUTHORISED":
        raise Invalid("The credit note is not of a valid status for allocation")
    if invoice.body["Type"] != _INVOICE_TYPE[note.body["Type"]]:
        raise Invalid("The credit note and the invoice must both be for sales or both for purchases")
    if any(invoice.body[name] != note.body[name] for name in ("ContactID", "CurrencyCode")):
        raise Invalid("The credit note and the invoice must have the same contact and currency")
    # Xero's field is Amount; older clients call it AppliedAmount.
    amount = rounded(number(sent.get("Amount", sent.get("AppliedAmount")), "Amount"), note.body["CurrencyCode"])
    if amount <= 0 or amount > documents.due(books, note) or amount > documents.due(books, invoice):
        raise Invalid("The allocation amount exceeds the amount outstanding on the credit note or the invoice")
    when = documents.read_date(sent, "Date", books.today.isoformat())
    books.lock_check(str(when))
    body = {
        "CreditNoteID": note.id, "InvoiceID": invoice.id, "Amount": amount, "Date": when,
        "CurrencyCode": note.body["CurrencyCode"], "ContactID": note.body["ContactID"],
    }  # fmt: skip
    saved = books.save("Allocation", body, status="AUTHORISED")
    _book_allocation(books, saved, note, invoice, amount)
    for target in (note, invoice):
        documents.restate(books, target, str(when))
    return saved


def _book_allocation(books: Books, saved: Stored, note: Stored, invoice: Stored, amount: Decimal) -> None:
    """Both sit on the same control account: only where their rates differ does the difference become a gain or loss."""
    values = {target.kind: documents.share(books, target, amount) for target in (note, invoice)}
    sales = note.body["Type"] == SALES
    difference = (values["CreditNote"] - values["Invoice"]) * (1 if sales else -1)
    if difference:
        control = chart.system(books, chart.DEBTORS if sales else chart.CREDITORS).id
        gain = chart.system(books, chart.GAIN).id
        pair = [
            Posting(control, difference, ZERO, books.base, saved.body["ContactID"]),
            Posting(gain, -difference, ZERO, books.base),
        ]
        books.post(saved, Effects(pair))
    for target in (note, invoice):
        books.link(saved, target, amount, values[target.kind])


def deallocate(books: Books, note: Stored, allocation_id: str) -> Stored:
    allocation = books.need("Allocation", allocation_id)
    if allocation.body["CreditNoteID"] != note.id or allocation.status == "DELETED":
        raise Invalid("The allocation does not belong to this credit note")
    books.lock_check(allocation.body["Date"])
    books.unlink(allocation)
    books.unpost(allocation)
    gone = books.save("Allocation", allocation.body, status="DELETED", old=allocation)
    for kind, target_id in (("CreditNote", note.id), ("Invoice", allocation.body["InvoiceID"])):
        documents.restate(books, books.need(kind, target_id), allocation.body["Date"])
    return gone


def allocation_shown(books: Books, allocation: Stored) -> Body:
    invoice: dict[str, Any] = brief(books, books.need("Invoice", allocation.body["InvoiceID"]))
    return {
        "AllocationID": allocation.id, "Amount": Decimal(allocation.body["Amount"]), "Date": day(allocation.body["Date"]),
        "Invoice": invoice, "IsDeleted": allocation.status == "DELETED",
    }  # fmt: skip
