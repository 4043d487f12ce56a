"""What a KashFlow company holds, for a person who looks: its lists whole, its documents the newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount
from connections.cursors import whole

from .client import Books
from .fields import Body

PAGE = 25
_READERS: Mapping[str, tuple[str, str]] = {
    "Customer": ("GetCustomers", "CustomerID"),
    "Supplier": ("GetSuppliers", "SupplierID"),
    "JournalEntry": ("GetJournals", "JournalNumber"),
    "NominalCode": ("GetNominalCodesExtended", "Code"),
    "VATRate": ("GetVATRates", "ID"),
    "BankAccount": ("GetBankAccounts", "AccountID"),
    "Currency": ("GetCurrencies", "CurrencyCode"),
}
_NEWEST = {"Invoice": "GetInvoices_Recent", "Purchase": "GetReceipts_Recent"}
_COUNTS = {"Invoice": "NumberOfInvoices", "Purchase": "NumberOfReceipts"}


class KashFlowBrowser:
    """The Browser of KashFlow."""

    entities = (
        EntityKind("Customer", N_("Customers"), written=True, columns=("Code", "Name", "Email", "Postcode", "Created")),
        EntityKind(
            "Invoice",
            N_("Sales invoices and credit notes"),
            written=True,
            columns=("InvoiceDate", "CustomerReference", "CustomerName", "NetAmount", "VATAmount", "AmountPaid", "CurrencyCode"),
        ),
        EntityKind(
            "Payment",
            N_("Payments of the latest invoices"),
            written=True,
            columns=("PayDate", "PayInvoice", "PayAmount", "PayAccount", "PayNote"),
        ),
        EntityKind(
            "Product",
            N_("Products and services, with their stock"),
            written=True,
            columns=("Code", "Name", "Price", "VatRate", "StockQuantity", "Managed"),
        ),
        EntityKind("JournalEntry", N_("Journals"), written=True, columns=("JournalDate", "Comment")),
        EntityKind("Supplier", N_("Suppliers"), written=True, columns=("Code", "Name", "Email", "VATNumber")),
        EntityKind(
            "Purchase",
            N_("Purchases"),
            written=True,
            columns=("InvoiceDate", "CustomerReference", "NetAmount", "VATAmount", "AmountPaid", "CurrencyCode"),
        ),
        EntityKind(
            "BankTransaction",
            N_("Bank transactions"),
            written=True,
            columns=("TransactionDate", "accid", "moneyin", "moneyout", "Comment"),
        ),
        EntityKind(
            "NominalCode", N_("Nominal accounts"), written=True, columns=("Name", "TypeName", "ClassificationName", "balance")
        ),
        EntityKind("BankAccount", N_("Bank accounts"), written=True, columns=("AccountName", "AccountCode")),
        EntityKind("VATRate", N_("VAT rates"), columns=("Name", "Value")),
        EntityKind("Currency", N_("Currencies"), columns=("CurrencyId", "ExchangeRate", "isDefault")),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """The interface gives lists whole; pages are cut here."""
        books, start = Books(door, account), whole(cursor)
        if kind in _NEWEST:
            rows: Sequence[Body] = books.rows(_NEWEST[kind], **{_COUNTS[kind]: start + PAGE + 1})
            return _cut(rows, start, "InvoiceNumber")
        if kind in _SPREAD:
            read, identity = _SPREAD[kind]
            return _cut(list(read(books)), start, identity)
        operation, identity = _READERS[kind]
        return _cut(books.rows(operation), start, identity)


def _payments(books: Books) -> Iterable[Body]:
    for invoice in books.rows("GetInvoices_Recent", NumberOfInvoices=PAGE):
        if invoice.get("AmountPaid"):
            yield from books.rows("GetInvoicePayment", InvoiceNumber=invoice["InvoiceNumber"])


def _products(books: Books) -> Iterable[Body]:
    """`StockQuantity` is what KashFlow's pages call the quantity in stock."""
    for nominal in books.rows("GetProducts"):
        for row in books.rows("GetSubProducts", NominalID=nominal["ProductID"]):
            yield {**row, "StockQuantity": row.get("QtyInStock")}


def _transactions(books: Books) -> Iterable[Body]:
    found = [
        row for bank in books.rows("GetBankAccounts") for row in books.rows("GetBankTransactions", AccountID=bank["AccountID"])
    ]
    return sorted(found, key=lambda row: (str(row.get("TransactionDate")), int(row.get("ID") or 0)), reverse=True)


_SPREAD: Mapping[str, tuple[Callable[[Books], Iterable[Body]], str]] = {
    "Payment": (_payments, "PayID"),
    "Product": (_products, "id"),
    "BankTransaction": (_transactions, "ID"),
}


def _cut(rows: Sequence[Body], start: int, identity: str) -> EntityPage:
    shown = rows[start : start + PAGE]
    return EntityPage(tuple(_plain(row) for row in shown), identity, str(start + PAGE) if len(rows) > start + PAGE else "")


def _plain(row: Any) -> Any:
    if isinstance(row, Mapping):
        return {name: _plain(value) for name, value in row.items() if value is not None}
    if isinstance(row, list):
        return [_plain(each) for each in row]
    return f"{row.normalize():f}" if isinstance(row, Decimal) else row
