"""The Xero users and organisations every world starts with: charts, taxes, contacts, items, settings. No transactions.

Ids are fixed. Each organisation is a shop's books as an accountant would have set them up before the first settlement
arrives; the deliberate trouble is listed in SEEDED.
"""

from __future__ import annotations

import sqlite3
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sandbox import jsontext
from sandbox.world import World
from sandbox.xero import chart, contacts, items, orders, taxes, tracking
from sandbox.xero.books import Body, Books
from sandbox.xero.documents import Options
from sandbox.xero.settings import NAMES

UK: Final = "b1f3a001-0c2d-4e5f-8a9b-000000000101"
US: Final = "b1f3a001-0c2d-4e5f-8a9b-000000000102"
AU: Final = "b1f3a001-0c2d-4e5f-8a9b-000000000103"
SMALL: Final = "b1f3a001-0c2d-4e5f-8a9b-000000000104"
OTHER: Final = "b1f3a001-0c2d-4e5f-8a9b-000000000201"
ROBIN: Final = "c0ffee00-5a1d-4f00-8b2c-000000000001"
IMRAN: Final = "c0ffee00-5a1d-4f00-8b2c-000000000002"
_USERS: Final = ((ROBIN, "Robin Marsh", "robin@example.test"), (IMRAN, "Imran Shaw", "imran@example.test"))
_ID: Final = uuid.UUID("b1f3a001-0c2d-4e5f-8a9b-0000000000ff")

_GB: Final = {"version": "UK", "tax_number": "GB 123 4567 89", "zone": "GMTSTANDARDTIME", "year_end": [31, 3]}
# tenant, owner, name, country, base currency, settings, currencies besides the base one
_ORGANISATIONS: Final = (
    (UK, ROBIN, "Fenwick Trading Ltd", "GB", "GBP",
     {**_GB, "short_code": "!fEn1k", "multicurrency": True,
      "rates": {"EUR": "1.17", "USD": "1.27", "JPY": "191.5", "KWD": "0.39"}}, ("EUR", "USD", "JPY", "KWD")),
    (US, ROBIN, "Bluestem Supply Co", "US", "USD",
     {"version": "US", "short_code": "!bLu3s", "tax_basis": "NONE", "zone": "EASTERNSTANDARDTIME", "year_end": [31, 12]}, ()),
    (AU, ROBIN, "Wattle and Gum Pty Ltd", "AU", "AUD",
     {"version": "AU", "tax_number": "11 222 333 444", "short_code": "!wAt7l", "zone": "AUSEASTERNSTANDARDTIME",
      "year_end": [30, 6], "multicurrency": True, "rates": {"USD": "0.66", "NZD": "1.09"}}, ("USD", "NZD")),
    (SMALL, ROBIN, "Kettle Lane Crafts", "GB", "GBP",
     {**_GB, "short_code": "!kEt9l", "class": "STARTER", "plan": {"invoices": 20, "bills": 5, "journals": 5}}, ()),
    (OTHER, IMRAN, "Northgate Parts Ltd", "GB", "GBP", {**_GB, "short_code": "!nOr2g"}, ()),
)  # fmt: skip

# code, name, type, duty ("" none)
_CHART: Final = (
    ("090", "Business Bank Account", "BANK", ""),
    ("091", "Business Savings Account", "BANK", ""),
    ("200", "Sales", "REVENUE", ""),
    ("260", "Other Revenue", "REVENUE", ""),
    ("270", "Interest Income", "OTHERINCOME", ""),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", ""),
    ("311", "Inventory Adjustments", "DIRECTCOSTS", ""),
    ("325", "Direct Expenses", "DIRECTCOSTS", ""),
    ("400", "Advertising & Marketing", "OVERHEADS", ""),
    ("404", "Bank Fees", "OVERHEADS", ""),
    ("425", "Postage, Freight & Courier", "OVERHEADS", ""),
    ("429", "General Expenses", "EXPENSE", ""),
    ("433", "Insurance", "OVERHEADS", ""),
    ("463", "IT Software and Consumables", "OVERHEADS", ""),
    ("469", "Rent", "OVERHEADS", ""),
    ("477", "Salaries", "OVERHEADS", ""),
    ("497", "Bank Revaluations", "EXPENSE", "BANKCURRENCYGAIN"),
    ("498", "Unrealised Currency Gains", "EXPENSE", "UNREALISEDCURRENCYGAIN"),
    ("499", "Realised Currency Gains", "EXPENSE", "REALISEDCURRENCYGAIN"),
    ("610", "Accounts Receivable", "CURRENT", "DEBTORS"),
    ("620", "Prepayments", "CURRENT", ""),
    ("630", "Inventory", "INVENTORY", ""),
    ("710", "Office Equipment", "FIXED", ""),
    ("800", "Accounts Payable", "CURRLIAB", "CREDITORS"),
    ("805", "Accruals", "CURRLIAB", ""),
    ("820", "VAT", "CURRLIAB", "GST"),
    ("835", "Directors' Loan Account", "CURRLIAB", ""),
    ("840", "Historical Adjustment", "CURRLIAB", "HISTORICAL"),
    ("850", "Suspense", "CURRLIAB", ""),
    ("860", "Rounding", "CURRLIAB", "ROUNDING"),
    ("877", "Tracking Transfers", "CURRLIAB", "TRACKINGTRANSFERS"),
    ("900", "Loan", "TERMLIAB", ""),
    ("960", "Retained Earnings", "EQUITY", "RETAINEDEARNINGS"),
    ("970", "Owner's Funds Introduced", "EQUITY", ""),
)
_RETIRED: Final = ("498X", "Old Marketplace Fees", "OVERHEADS", "")
_EURO: Final = ("092", "Euro Account", "BANK", "")
_PAYABLE: Final = ("835", "970")
_TAX_NAMES: Final = {"GB": "VAT", "US": "Sales Tax", "AU": "GST"}
_TAX: Final = {"GB": ("OUTPUT2", "INPUT2", "NONE"), "US": ("NONE", "NONE", "NONE"), "AU": ("OUTPUT", "INPUT", "BASEXCLUDED")}


def object_id(tenant: str, kind: str, name: str) -> str:
    """The fixed id of a seeded object: by account code, contact name, item code, category name."""
    return str(uuid.uuid5(_ID, f"{tenant}/{kind}/{name}"))


SEEDED: Final[dict[str, Any]] = {
    "users": {ROBIN: "Robin Marsh, with four organisations", IMRAN: "Imran Shaw, with one"},
    "organisations": {
        UK: "Fenwick Trading Ltd: pounds and VAT; euros, dollars, yen and dinars too; a euro bank account",
        US: "Bluestem Supply Co: US dollars only, no tax",
        AU: "Wattle and Gum Pty Ltd: Australian dollars and GST; no tax type NONE, but BASEXCLUDED",
        SMALL: "Kettle Lane Crafts: pounds on a Starter plan: 20 invoices, 5 bills, 5 journals a month, 1000 calls a day",
        OTHER: "Northgate Parts Ltd: pounds; belongs to the second user",
    },
    "bank accounts": {
        tenant: {code: object_id(tenant, "Account", code) for code in ("090", "091")} for tenant in (UK, US, AU, SMALL, OTHER)
    },
    "euro account": {UK: {_EURO[0]: object_id(UK, "Account", _EURO[0])}},
    "contacts, items, tracking": "Coastline Cafe, Harbour Freight Lines; MUG (tracked, none on hand), GIFT; Channel: Web, Amazon, Shop",
    "trouble": {
        "an archived account": f"{_RETIRED[0]} {_RETIRED[1]}, in every organisation: a document on it is refused",
        "an archived contact": "Dormant Buyer, in every organisation: a document to it is refused",
        "accounts without payments": "only the bank accounts, 835 and 970 take payments; others must have them enabled",
        "no transactions": "the books are empty, so that every balance comes from what was posted",
    },
}


def plant(conn: sqlite3.Connection, world: World) -> None:
    """Make users and organisations, as of a year before the history begins."""
    at = datetime.combine(world.anchor, time(9), UTC) - timedelta(days=365)
    conn.executemany("INSERT INTO xero_user VALUES (?, ?, ?)", _USERS)
    for tenant, user, name, country, base, settings, currencies in _ORGANISATIONS:
        row = (tenant, user, name, country, base, jsontext.dump(settings))
        conn.execute("INSERT INTO xero_organisation VALUES (?, ?, ?, ?, ?, ?)", row)
        _fill(Books(conn, tenant, at), currencies)
    conn.execute("DELETE FROM xero_event")


def _fill(books: Books, currencies: tuple[str, ...]) -> None:
    for rate in taxes.BY_COUNTRY[books.country]:
        books.save("TaxRate", taxes.seed_body(*rate), status="ACTIVE", label=rate[0], second=rate[1])
    for code in (books.base, *currencies):
        books.save("Currency", {"Code": code, "Description": NAMES.get(code, code)}, status="ACTIVE", label=code)
    for account in _CHART:
        _account(books, *account)
    if "EUR" in currencies:
        _account(books, *_EURO, currency="EUR")
    _account(books, *_RETIRED, status="ARCHIVED")
    for name, status in (("Coastline Cafe", "ACTIVE"), ("Harbour Freight Lines", "ACTIVE"), ("Dormant Buyer", "ARCHIVED")):
        found = contacts.write(books, {"Name": name, "_id": object_id(books.tenant, "Contact", name)}, None, None)
        contacts.write(books, {"ContactStatus": status}, found, None)
    items.write(books, {**_MUG, "_id": object_id(books.tenant, "Item", "MUG")}, None, None)
    items.write(books, {**_GIFT, "_id": object_id(books.tenant, "Item", "GIFT")}, None, None)
    channel = {"Name": "Channel", "Options": [{"Name": "Web"}, {"Name": "Amazon"}, {"Name": "Shop"}]}
    tracking.write(books, {**channel, "_id": object_id(books.tenant, "TrackingCategory", "Channel")}, None, None)
    _purchase_order(books)


_MUG: Final[Body] = {
    "Code": "MUG", "Name": "Enamel mug", "Description": "Enamel mug, 350 ml", "PurchaseDescription": "Enamel mug, carton",
    "InventoryAssetAccountCode": "630", "PurchaseDetails": {"COGSAccountCode": "310", "UnitPrice": "4"},
    "SalesDetails": {"UnitPrice": "12", "AccountCode": "200"},
}  # fmt: skip
_GIFT: Final[Body] = {
    "Code": "GIFT", "Name": "Gift wrap", "Description": "Gift wrap", "SalesDetails": {"UnitPrice": "3", "AccountCode": "200"},
}  # fmt: skip


def _account(books: Books, code: str, name: str, kind: str, duty: str, *, currency: str = "", status: str = "ACTIVE") -> None:
    sale, purchase, none = _TAX[books.country]
    name = _TAX_NAMES[books.country] if duty == "GST" else name
    tax = {"REVENUE": sale, "EXPENSE": purchase}.get(chart.CLASSES[kind], none) if not duty else none
    body: Body = {
        "Code": code, "Name": name, "Type": kind, "Class": chart.CLASSES[kind], "TaxType": tax,
        "EnablePaymentsToAccount": code in _PAYABLE, "ShowInExpenseClaims": False, "AddToWatchlist": False,
    }  # fmt: skip
    if duty:
        body["SystemAccount"] = duty
    if kind == "BANK":
        body |= {"BankAccountNumber": f"20-00-00 400{code}", "BankAccountType": "BANK", "CurrencyCode": currency or books.base}
    books.save("Account", body, status=status, label=code, second=name, object_id=object_id(books.tenant, "Account", code))


def _purchase_order(books: Books) -> None:
    sent = {
        "Contact": {"Name": "Harbour Freight Lines"}, "Date": books.today.isoformat(), "PurchaseOrderNumber": "PO-0001",
        "Status": "AUTHORISED", "LineAmountTypes": "NoTax", "_id": object_id(books.tenant, "PurchaseOrder", "PO-0001"),
        "LineItems": [{"Description": "Carton of mugs", "Quantity": 24, "UnitAmount": 4, "AccountCode": "310"}],
    }  # fmt: skip
    orders.write(books, sent, None, Options())
