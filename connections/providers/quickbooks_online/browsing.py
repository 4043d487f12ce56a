"""What a QuickBooks company holds, for a person who looks: one query a page, the newest first."""

from __future__ import annotations

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount
from connections.cursors import whole

from .client import Books

PAGE = 25
_BY_NAME = frozenset({"Account", "Customer", "Vendor", "Employee", "Department", "Class", "Item"})
_PERSON = ("DisplayName", "PrimaryEmailAddr.Address", "CurrencyRef.value", "Balance", "Active")
_SALE = ("DocNumber", "TxnDate", "CustomerRef.name", "TotalAmt", "CurrencyRef.value")


class QuickBooksBrowser:
    """The Browser of QuickBooks Online."""

    entities = (
        EntityKind("Customer", N_("Customers"), written=True, columns=_PERSON),
        EntityKind("Invoice", N_("Invoices"), written=True, columns=(*_SALE, "Balance")),
        EntityKind("SalesReceipt", N_("Sales receipts"), written=True, columns=_SALE),
        EntityKind("Payment", N_("Payments"), written=True, columns=("TxnDate", *_SALE[2:], "PaymentRefNum")),
        EntityKind("CreditMemo", N_("Credit memos"), written=True, columns=(*_SALE, "RemainingCredit")),
        EntityKind("RefundReceipt", N_("Refund receipts"), written=True, columns=_SALE),
        EntityKind(
            "Item", N_("Products and services"), written=True, columns=("Name", "Sku", "Type", "UnitPrice", "QtyOnHand", "Active")
        ),
        EntityKind(
            "JournalEntry",
            N_("Journal entries"),
            written=True,
            columns=("DocNumber", "TxnDate", "Line.0.Amount", "CurrencyRef.value", "PrivateNote"),
        ),
        EntityKind(
            "Deposit",
            N_("Bank deposits"),
            written=True,
            columns=("TxnDate", "DepositToAccountRef.name", "TotalAmt", "CurrencyRef.value", "PrivateNote"),
        ),
        EntityKind(
            "Account",
            N_("Chart of accounts"),
            written=True,
            columns=("AcctNum", "Name", "AccountType", "AccountSubType", "CurrentBalance", "Active"),
        ),
        EntityKind("Vendor", N_("Vendors"), columns=_PERSON),
        EntityKind("Bill", N_("Bills"), columns=("DocNumber", "TxnDate", "VendorRef.name", "TotalAmt", "Balance", "DueDate")),
        EntityKind(
            "PurchaseOrder", N_("Purchase orders"), columns=("DocNumber", "TxnDate", "VendorRef.name", "TotalAmt", "POStatus")
        ),
        EntityKind(
            "InventoryAdjustment",
            N_("Inventory adjustments"),
            columns=("DocNumber", "TxnDate", "AdjustAccountRef.name", "PrivateNote"),
        ),
        EntityKind("Employee", N_("Employees"), columns=("DisplayName", "PrimaryEmailAddr.Address", "HiredDate", "Active")),
        EntityKind("Department", N_("Locations"), columns=("Name", "FullyQualifiedName", "Active")),
        EntityKind("Class", N_("Classes"), columns=("Name", "FullyQualifiedName", "Active")),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """STARTPOSITION is the cursor: objects written meanwhile may shift a page, which hurts nobody who only looks."""
        start = max(whole(cursor, 1), 1)
        order = "Id" if kind in _BY_NAME else "TxnDate DESC"
        select = f"SELECT * FROM {kind} ORDERBY {order} STARTPOSITION {start} MAXRESULTS {PAGE}"  # noqa: S608 - no SQL
        rows = Books(door, account.external_id).query(select, kind)
        return EntityPage(tuple(rows), "Id", str(start + PAGE) if len(rows) == PAGE else "")
