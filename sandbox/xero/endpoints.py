"""The endpoints of the Accounting API as data: what each is called, and who reads, writes and shows its objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.xero import (
    bank,
    chart,
    contacts,
    credit_notes,
    invoices,
    items,
    journals,
    orders,
    payments,
    settings,
    taxes,
    tracking,
)  # fmt: skip
from sandbox.xero.books import Body, Books, Stored

Find = Callable[[Books, Body], Stored | None]
Write = Callable[[Books, Body, Stored | None, Any], Stored]
Show = Callable[[Books, Stored, bool, Any], Body]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`id_name` is the property with the id; `code` one that finds an object in a path too; `paged` has pages and leaves lines
    out of unpaged lists; `hidden` are statuses that only includeArchived (or an id) shows."""

    plural: str
    kind: str
    id_name: str
    find: Find
    write: Write
    show: Show
    methods: tuple[str, ...] = ("GET", "PUT", "POST")
    code: str = ""
    paged: bool = True
    hidden: tuple[str, ...] = ()
    files: bool = True
    history: bool = True
    delete: Callable[[Books, Stored], Stored] | None = None

    def by_path(self, books: Books, text: str) -> Stored:
        """By id, else by the number or code. Raises NotFound."""
        found = books.find(self.kind, text) or (self.find(books, {self.code: text}) if self.code else None)
        return found or books.need(self.kind, text)


_ALL: Final = (
    Endpoint("Accounts", "Account", "AccountID", chart.find, chart.write, chart.show, paged=False, hidden=("DELETED",),
             history=False, delete=chart.delete),
    Endpoint("Contacts", "Contact", "ContactID", contacts.find, contacts.write, contacts.show, code="ContactNumber",
             hidden=("ARCHIVED",)),
    Endpoint("Invoices", "Invoice", "InvoiceID", invoices.find, invoices.write, invoices.show, code="InvoiceNumber"),
    Endpoint("CreditNotes", "CreditNote", "CreditNoteID", credit_notes.find, credit_notes.write, credit_notes.show,
             code="CreditNoteNumber"),
    Endpoint("Payments", "Payment", "PaymentID", payments.find, payments.write, payments.show, files=False),
    Endpoint("BankTransactions", "BankTransaction", "BankTransactionID", bank.find, bank.write, bank.show),
    Endpoint("BankTransfers", "BankTransfer", "BankTransferID", bank.find_transfer, bank.write_transfer, bank.show_transfer,
             paged=False, hidden=("DELETED",)),
    Endpoint("ManualJournals", "ManualJournal", "ManualJournalID", journals.find, journals.write, journals.show),
    Endpoint("Items", "Item", "ItemID", items.find, items.write, items.show, code="Code", paged=False, hidden=("DELETED",),
             files=False, delete=items.delete),
    Endpoint("TaxRates", "TaxRate", "TaxType", taxes.find, taxes.write, taxes.show, code="TaxType", paged=False,
             hidden=("DELETED",), files=False, history=False),
    Endpoint("TrackingCategories", "TrackingCategory", "TrackingCategoryID", tracking.find, tracking.write, tracking.show,
             paged=False, hidden=("ARCHIVED", "DELETED"), files=False, history=False, delete=tracking.delete),
    Endpoint("Currencies", "Currency", "Code", settings.find_currency, settings.write_currency, settings.show_currency,
             methods=("GET", "PUT"), code="Code", paged=False, files=False, history=False),
    Endpoint("PurchaseOrders", "PurchaseOrder", "PurchaseOrderID", orders.find, orders.write, orders.show, methods=("GET",),
             code="PurchaseOrderNumber"),
)  # fmt: skip
BY_NAME: Final = {endpoint.plural.lower(): endpoint for endpoint in _ALL}
BY_KIND: Final = {endpoint.kind: endpoint for endpoint in _ALL}
