"""What a Xero organisation holds, for a person who looks: a page a call, the newest change first."""

from __future__ import annotations

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount
from connections.cursors import whole

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
_TRADE = ("Date", "Contact.Name", "Reference", "Total", "CurrencyCode", "Status")
_WITHOUT_PAGES = ("Items", "Accounts", "TaxRates", "TrackingCategories")


class XeroBrowser:
    """The Browser of Xero."""

    entities = (
        EntityKind("Contact", N_("Contacts"), written=True, columns=("Name", "EmailAddress", "DefaultCurrency", "ContactStatus")),
        EntityKind("Invoice", N_("Sales invoices"), written=True, columns=("InvoiceNumber", *_TRADE, "AmountDue")),
        EntityKind("CreditNote", N_("Credit notes"), written=True, columns=("CreditNoteNumber", *_TRADE, "RemainingCredit")),
        EntityKind(
            "Payment",
            N_("Payments"),
            written=True,
            columns=("Date", "Invoice.InvoiceNumber", "Reference", "Amount", "PaymentType", "Status"),
        ),
        EntityKind("BankTransaction", N_("Bank transactions"), written=True, columns=("Type", "BankAccount.Name", *_TRADE)),
        EntityKind("ManualJournal", N_("Manual journals"), written=True, columns=("Date", "Narration", "Status")),
        EntityKind(
            "Item",
            N_("Items"),
            written=True,
            columns=("Code", "Name", "SalesDetails.UnitPrice", "IsTrackedAsInventory", "QuantityOnHand"),
        ),
        EntityKind("Account", N_("Chart of accounts"), written=True, columns=("Code", "Name", "Type", "TaxType", "Status")),
        EntityKind(
            "TrackingCategory",
            N_("Tracking categories"),
            note=N_("Chosen for lines by the mapping."),
            columns=("Name", "Status", "Options.0.Name", "Options.1.Name"),
        ),
        EntityKind("TaxRate", N_("Tax rates"), columns=("Name", "EffectiveRate", "ReportTaxType", "Status")),
        EntityKind("Bill", N_("Bills"), note=N_("Invoices of type ACCPAY."), columns=("InvoiceNumber", *_TRADE, "AmountDue")),
        EntityKind("PurchaseOrder", N_("Purchase orders"), columns=("PurchaseOrderNumber", *_TRADE)),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """The page's number is the cursor. Lists that Xero gives whole are cut into pages here."""
        entity, identity, where = _LISTS[kind]
        books, number = Books(door, account), max(whole(cursor, 1), 1)
        if entity in _WITHOUT_PAGES:
            every = books.all(entity)
            rows, more = every[(number - 1) * PAGE : number * PAGE], len(every) > number * PAGE
        else:
            rows, more = books.page(entity, number, PAGE, where=where)
        return EntityPage(tuple(rows), identity, str(number + 1) if more else "")
