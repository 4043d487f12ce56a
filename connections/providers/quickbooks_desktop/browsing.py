"""What a company file holds, for a person who looks: asked for once, brought by the Web Connector, cut into pages here.

Nobody can be asked on the spot: until the answer has come every page raises Failure QUEUED. Lists come whole. Of
documents a span of time is brought, the latest first, each three times as long as all before it together, so that few
visits lead far back; they are sorted by their dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount, NoSuchPage
from connections.cursors import joined, pieces, whole
from tenants.clock import now

from . import faults, qbxml
from .client import PAGE as PORTION
from .client import Books

PAGE: Final = 25
FIRST: Final = 90  # days
HISTORY: Final = timedelta(days=1400)  # with three spans, which three visits bring
_LISTS: Final = ("Customer", "Item", "Account", "Vendor", "Employee", "Class", "SalesTaxCode", "PaymentMethod", "StandardTerms")
_ITERATED: Final = ("Customer", "Item", "Vendor")
_TRADE: Final = ("RefNumber", "TxnDate", "CustomerRef.FullName")
_BOUGHT: Final = ("RefNumber", "TxnDate", "VendorRef.FullName", "AmountDue", "IsPaid")


class DesktopBrowser:
    """The Browser of QuickBooks Desktop."""

    entities = (
        EntityKind("Customer", N_("Customers"), written=True, columns=("FullName", "Email", "TotalBalance", "IsActive")),
        EntityKind("Invoice", N_("Invoices"), written=True, columns=(*_TRADE, "Subtotal", "BalanceRemaining", "IsPaid")),
        EntityKind("SalesReceipt", N_("Sales receipts"), written=True, columns=(*_TRADE, "TotalAmount")),
        EntityKind("ReceivePayment", N_("Payments"), written=True, columns=(*_TRADE, "TotalAmount", "UnusedPayment")),
        EntityKind("CreditMemo", N_("Credit memos"), written=True, columns=(*_TRADE, "TotalAmount", "CreditRemaining")),
        EntityKind("Item", N_("Products and services"), written=True, columns=("FullName", "ManufacturerPartNumber", "IsActive")),
        EntityKind(
            "JournalEntry",
            N_("Journal entries"),
            written=True,
            columns=("RefNumber", "TxnDate", "JournalDebitLine.0.AccountRef.FullName", "JournalDebitLine.0.Amount"),
        ),
        EntityKind(
            "Deposit",
            N_("Bank deposits"),
            written=True,
            columns=("TxnDate", "DepositToAccountRef.FullName", "DepositTotal", "Memo"),
        ),
        EntityKind(
            "Account",
            N_("Chart of accounts"),
            written=True,
            columns=("AccountNumber", "FullName", "AccountType", "Balance", "IsActive"),
        ),
        EntityKind("Vendor", N_("Vendors"), columns=("Name", "CompanyName", "Balance", "IsActive")),
        EntityKind("Bill", N_("Bills"), columns=_BOUGHT),
        EntityKind(
            "InventoryAdjustment", N_("Inventory adjustments"), columns=("RefNumber", "TxnDate", "AccountRef.FullName", "Memo")
        ),
        EntityKind("Employee", N_("Employees"), columns=("Name", "IsActive")),
        EntityKind("Class", N_("Classes"), columns=("FullName", "IsActive")),
        EntityKind("SalesTaxCode", N_("Sales tax codes"), columns=("Name", "IsTaxable", "Desc")),
        EntityKind("PaymentMethod", N_("Payment methods"), columns=("Name", "PaymentMethodType", "IsActive")),
        EntityKind("StandardTerms", N_("Terms"), columns=("Name", "StdDueDays", "IsActive")),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        books = Books(door)
        return _of_list(books, kind, cursor) if kind in _LISTS else _of_documents(books, kind, cursor)


def _of_list(books: Books, kind: str, cursor: str) -> EntityPage:
    """The cursor is how many were shown."""
    start = whole(cursor)
    if kind in _ITERATED:
        rows = _rows(books, kind, {"MaxReturned": PORTION, "ActiveStatus": "All"}, iterator="Start")
    else:
        rows = _rows(books, kind, {"ActiveStatus": "All"})
    return EntityPage(tuple(rows[start : start + PAGE]), "ListID", str(start + PAGE) if start + PAGE < len(rows) else "")


def _of_documents(books: Books, kind: str, cursor: str) -> EntityPage:
    """The cursor is a span, both its days, "" for the latest one's end, and how many of it were shown."""
    first, last, shown = pieces(cursor, 3)
    since, until, start = _day(first) or now().date() - timedelta(days=FIRST), _day(last), whole(shown)
    span = {"FromTxnDate": since.isoformat(), **({"ToTxnDate": until.isoformat()} if until else {})}
    asked = {"MaxReturned": PORTION, "TxnDateRangeFilter": span, "IncludeLineItems": True}
    rows = sorted(_rows(books, kind, asked, iterator="Start"), key=lambda row: str(row.get("TxnDate")), reverse=True)
    if start + PAGE < len(rows):
        following = joined(since.isoformat(), last, str(start + PAGE))
    else:
        following = _earlier(since)
    return EntityPage(tuple(rows[start : start + PAGE]), "TxnID", following)


def _earlier(since: date) -> str:
    """The span before a day, thrice as long as all after it; "" at the end of what anybody would look for."""
    today = now().date()
    if today - since >= HISTORY:
        return ""
    until = since - timedelta(days=1)
    return joined((until - 3 * (today - since)).isoformat(), until.isoformat(), "0")


def _rows(books: Books, kind: str, body: Mapping[str, Any], **attributes: str) -> list[dict[str, Any]]:
    """All objects that a question brings. Raises Failure QUEUED until they are here."""
    question = qbxml.request(f"{kind}QueryRq", body, **attributes)
    operation = f"look.{kind}"
    answered = books.whole(operation, question) if attributes else books.read(operation, [question])
    for element in answered.elements:
        refusal = faults.failure(element, answered.trace_id)
        if refusal is not None:
            raise refusal
    return [qbxml.body_of(row) for row in answered.objects()]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NoSuchPage(text) from None
