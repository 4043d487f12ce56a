"""What a Xero organisation holds, for a person who looks: a page a call, the newest change first."""

from __future__ import annotations

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount

from .client import Books

PAGE = 25
# Our key -> (Xero's list, the field that tells one from another, what of the list it is).
_LISTS = {
    "Contact": ("Contacts", "ContactID", ""),
    "Invoice": ("Invoices", "InvoiceID", 'Type=="ACCREC"'),
    "Bill": ("Invoices", "InvoiceID", 'Type=="ACCPAY"'),
    "CreditNote": ("CreditNotes", "CreditNoteID", ""),
    "Payment": ("Payments", "PaymentID", ""),
    "BankTransaction": ("BankTransactions", "BankTransactionID", ""),
    "ManualJournal": ("ManualJournals", "ManualJournalID", ""),
    "PurchaseOrder": ("PurchaseOrders", "PurchaseOrderID", ""),
    "Item": ("Items", "ItemID", ""),
    "Account": ("Accounts", "AccountID", ""),
    "TaxRate": ("TaxRates", "TaxType", ""),
    "TrackingCategory": ("TrackingCategories", "TrackingCategoryID", ""),
}
_WITHOUT_PAGES = ("Items", "Accounts", "TaxRates", "TrackingCategories")


class XeroBrowser:
    """The Browser of Xero."""

    entities = (
        EntityKind("Contact", N_("Contacts"), written=True),
        EntityKind("Invoice", N_("Sales invoices"), written=True),
        EntityKind("CreditNote", N_("Credit notes"), written=True),
        EntityKind("Payment", N_("Payments"), written=True),
        EntityKind("BankTransaction", N_("Bank transactions"), written=True),
        EntityKind("ManualJournal", N_("Manual journals"), written=True),
        EntityKind("Item", N_("Items"), written=True),
        EntityKind("Account", N_("Chart of accounts"), written=True),
        EntityKind("TrackingCategory", N_("Tracking categories"), note=N_("Chosen for lines by the mapping")),
        EntityKind("TaxRate", N_("Tax rates")),
        EntityKind("Bill", N_("Bills")),
        EntityKind("PurchaseOrder", N_("Purchase orders")),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """The page's number is the cursor. Lists that Xero gives whole are cut into pages here."""
        entity, identity, where = _LISTS[kind]
        books, number = Books(door, account), int(cursor or 1)
        if entity in _WITHOUT_PAGES:
            every = books.all(entity)
            rows, more = every[(number - 1) * PAGE : number * PAGE], len(every) > number * PAGE
        else:
            rows, more = books.page(entity, number, PAGE, where=where)
        return EntityPage(tuple(rows), identity, str(number + 1) if more else "")
