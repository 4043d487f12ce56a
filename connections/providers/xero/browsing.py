"""What a Xero organisation holds, for a person who looks: a page a call, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount
from connections.cursors import whole

from .client import Books

PAGE = 25
_SALE = ("Date", "Contact.Name", "Reference", "Total", "CurrencyCode", "Status")


@dataclass(frozen=True, slots=True)
class _Listing:
    """How a kind is listed: Xero's word for it and for its id; `order` "" for a list that comes whole."""

    plural: str
    identity: str
    order: str = ""
    where: str = ""


_KINDS: Mapping[str, _Listing] = {
    "Contact": _Listing("Contacts", "ContactID", "UpdatedDateUTC DESC"),
    "Invoice": _Listing("Invoices", "InvoiceID", "Date DESC", 'Type=="ACCREC"'),
    "CreditNote": _Listing("CreditNotes", "CreditNoteID", "Date DESC"),
    "Payment": _Listing("Payments", "PaymentID", "Date DESC"),
    "Bill": _Listing("Invoices", "InvoiceID", "Date DESC", 'Type=="ACCPAY"'),
    "BankTransaction": _Listing("BankTransactions", "BankTransactionID", "Date DESC"),
    "ManualJournal": _Listing("ManualJournals", "ManualJournalID", "Date DESC"),
    "Item": _Listing("Items", "ItemID"),
    "Account": _Listing("Accounts", "AccountID"),
    "TrackingCategory": _Listing("TrackingCategories", "TrackingCategoryID"),
    "TaxRate": _Listing("TaxRates", "TaxType"),
    "Currency": _Listing("Currencies", "Code"),
}


class XeroBrowser:
    """The Browser of Xero."""

    entities = (
        EntityKind("Contact", N_("Contacts"), written=True, columns=("Name", "EmailAddress", "DefaultCurrency", "ContactStatus")),
        EntityKind("Invoice", N_("Invoices"), written=True, columns=("InvoiceNumber", *_SALE, "AmountDue")),
        EntityKind("CreditNote", N_("Credit notes"), written=True, columns=("CreditNoteNumber", *_SALE, "RemainingCredit")),
        EntityKind(
            "Payment",
            N_("Payments"),
            written=True,
            columns=("Date", "Invoice.InvoiceNumber", "Reference", "Amount", "PaymentType", "Status"),
        ),
        EntityKind("Bill", N_("Bills"), note=N_("Invoices of type ACCPAY."), columns=("InvoiceNumber", *_SALE, "AmountDue")),
        EntityKind("BankTransaction", N_("Bank transactions"), written=True, columns=("Type", "BankAccount.Name", *_SALE)),
        EntityKind("ManualJournal", N_("Manual journals"), written=True, columns=("Date", "Narration", "Status")),
        EntityKind(
            "Item",
            N_("Items"),
            written=True,
            columns=("Code", "Name", "SalesDetails.UnitPrice", "IsTrackedAsInventory", "QuantityOnHand"),
        ),
        EntityKind("Account", N_("Chart of accounts"), written=True, columns=("Code", "Name", "Type", "TaxType", "Status")),
        EntityKind("TrackingCategory", N_("Tracking categories"), columns=("Name", "Status", "Options.0.Name", "Options.1.Name")),
        EntityKind("TaxRate", N_("Tax rates"), columns=("Name", "EffectiveRate", "ReportTaxType", "Status")),
        EntityKind("Currency", N_("Currencies"), columns=("Description",)),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """The cursor is the page's number. Lists without pages come whole, and are cut here."""
        listing, number, books = _KINDS[kind], max(whole(cursor, 1), 1), Books(door, account)
        if not listing.order:
            every = books.all(listing.plural)
            shown = every[(number - 1) * PAGE : number * PAGE]
            return EntityPage(tuple(shown), listing.identity, str(number + 1) if len(every) > number * PAGE else "")
        rows, more = books.page(listing.plural, number, PAGE, order=listing.order, where=listing.where)
        return EntityPage(tuple(rows), listing.identity, str(number + 1) if more else "")
