"""What a QuickBooks company holds, for a person who looks: one query a page, the newest first."""

from __future__ import annotations

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount

from .client import Books

PAGE = 25
_BY_NAME = frozenset({"Account", "Customer", "Vendor", "Employee", "Department", "Class", "Item"})


class QuickBooksBrowser:
    """The Browser of QuickBooks Online."""

    entities = (
        EntityKind("Customer", N_("Customers"), written=True),
        EntityKind("Invoice", N_("Invoices"), written=True),
        EntityKind("SalesReceipt", N_("Sales receipts"), written=True),
        EntityKind("Payment", N_("Payments"), written=True),
        EntityKind("CreditMemo", N_("Credit memos"), written=True),
        EntityKind("RefundReceipt", N_("Refund receipts"), written=True),
        EntityKind("Item", N_("Products and services"), written=True),
        EntityKind("JournalEntry", N_("Journal entries"), written=True),
        EntityKind("Deposit", N_("Bank deposits"), written=True),
        EntityKind("Account", N_("Chart of accounts"), written=True),
        EntityKind("Vendor", N_("Vendors")),
        EntityKind("Bill", N_("Bills")),
        EntityKind("PurchaseOrder", N_("Purchase orders")),
        EntityKind("InventoryAdjustment", N_("Inventory adjustments")),
        EntityKind("Employee", N_("Employees")),
        EntityKind("Department", N_("Locations")),
        EntityKind("Class", N_("Classes")),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """STARTPOSITION is the cursor: objects written meanwhile may shift a page, which hurts nobody who only looks."""
        start = int(cursor or 1)
        order = "Id" if kind in _BY_NAME else "TxnDate DESC"
        select = f"SELECT * FROM {kind} ORDERBY {order} STARTPOSITION {start} MAXRESULTS {PAGE}"  # noqa: S608 - no SQL
        rows = Books(door, account.external_id).query(select, kind)
        return EntityPage(tuple(rows), "Id", str(start + PAGE) if len(rows) == PAGE else "")
