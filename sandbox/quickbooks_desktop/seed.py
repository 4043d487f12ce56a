"""The company files every world starts with: charts, lists, preferences, a first stock of goods. No sales."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sandbox.quickbooks_desktop import service
from sandbox.quickbooks_desktop.company import Company, reference
from sandbox.quickbooks_desktop.read import Body
from sandbox.world import World

LARKSPUR: Final = "larkspur"
BRINDLE: Final = "brindle"
KETTLE: Final = "kettle"
SALTMARSH: Final = "saltmarsh"

_FOLDER: Final = r"C:\Users\Public\Documents\Intuit\QuickBooks\Company Files"
_ENTERPRISE: Final = {"product": "QuickBooks Enterprise Solutions: Retail 24.0", "version": "34", "edition": "enterprise"}
_PRO: Final = {"product": "QuickBooks Desktop Pro 2024", "version": "34", "edition": "pro"}
_ALL: Final = {"inventory": True, "classes": True, "sales_tax": True, "account_numbers": False, "multicurrency": False}

# file, company name, product, features that differ from _ALL
_FILES: Final[tuple[tuple[str, str, dict[str, str], dict[str, bool]], ...]] = (
    (LARKSPUR, "Larkspur Trading Co", _ENTERPRISE, {}),
    (BRINDLE, "Brindle & Fen Supply Ltd", _ENTERPRISE, {"classes": False}),
    (KETTLE, "Copper Kettle Crafts", _PRO, {"classes": False, "inventory": False}),
    (SALTMARSH, "Saltmarsh Imports Inc", _ENTERPRISE, {"multicurrency": True}),
)
_CHART: Final = (
    ("Checking", "Bank", ""),
    ("Savings", "Bank", ""),
    ("Accounts Receivable", "AccountsReceivable", "AccountsReceivable"),
    ("Undeposited Funds", "OtherCurrentAsset", "UndepositedFunds"),
    ("Inventory Asset", "OtherCurrentAsset", "InventoryAssets"),
    ("Prepaid Expenses", "OtherCurrentAsset", ""),
    ("Furniture and Equipment", "FixedAsset", ""),
    ("Company Card", "CreditCard", ""),
    ("Accounts Payable", "AccountsPayable", "AccountsPayable"),
    ("Sales Tax Payable", "OtherCurrentLiability", "SalesTaxPayable"),
    ("Payroll Liabilities", "OtherCurrentLiability", "PayrollLiabilities"),
    ("Bank Loan", "LongTermLiability", ""),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Owners Equity", "Equity", ""),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Merchandise Sales", "Income", ""),
    ("Service Income", "Income", ""),
    ("Shipping Charged", "Income", ""),
    ("Cost of Goods Sold", "CostOfGoodsSold", "CostOfGoodsSold"),
    ("Inventory Adjustments", "CostOfGoodsSold", ""),
    ("Advertising", "Expense", ""),
    ("Bank Service Charges", "Expense", ""),
    ("Marketplace Fees", "Expense", ""),
    ("Office Supplies", "Expense", ""),
    ("Rent Expense", "Expense", ""),
    ("Interest Income", "OtherIncome", ""),
    ("Other Expenses", "OtherExpense", ""),
)
_RETIRED: Final = "Old Channel Fees"
_FOREIGN: Final = (("Canadian Dollar", "CAD", "0.73"), ("Euro", "EUR", "1.08"), ("British Pound Sterling", "GBP", "1.27"))
# name, description, price, cost, on hand
_GOODS: Final = (
    ("MUG-BLUE-11", "Stoneware mug, blue, 11 oz", "14.00", "5.20", "40"),
    ("TOTE-CANVAS", "Canvas tote bag", "22.50", "8.75", "25"),
    ("CANDLE-FIG", "Candle, fig and cedar", "18.00", "6.40", "60"),
)

SEEDED: Final[dict[str, Any]] = {
    "files": {
        LARKSPUR: "Larkspur Trading Co: Enterprise, US dollars, inventory, classes, sales tax",
        BRINDLE: "Brindle & Fen Supply Ltd: Enterprise, US dollars, inventory, sales tax, no classes; its name needs escaping",
        KETTLE: "Copper Kettle Crafts: Pro, without inventory: an application for Enterprise only is not let in",
        SALTMARSH: "Saltmarsh Imports Inc: Enterprise, US dollars at home, Canadian dollars, euros and pounds besides",
    },
    "trouble": {
        "an account that was made inactive": f"{_RETIRED}, in every file: posting to it is refused with 3140",
        "goods on hand": "three inventory items in the files with inventory, valued against Opening Balance Equity",
    },
}  # fmt: skip


def plant(conn: sqlite3.Connection, world: World) -> None:
    """Make the files, as of a year before the history begins."""
    since = datetime.combine(world.anchor, time(17), UTC) - timedelta(days=400)
    for file, name, product, other in _FILES:
        info = {
            **product, "name": name, "home": "US Dollar", "features": {**_ALL, **other}, "path": rf"{_FOLDER}\{name}.qbw",
            "address": {"Addr1": name, "Addr2": "18 Mill Lane", "City": "Portland", "State": "OR", "PostalCode": "97205"},
            "extensions": [], "running": True, "opened": file,
        }  # fmt: skip
        conn.execute("INSERT INTO qbd_file (file, info) VALUES (?, ?)", (file, json.dumps(info)))
        _fill(Company(conn, file, since))


def _fill(company: Company) -> None:
    if company.has("multicurrency"):
        for name, code, rate in (("US Dollar", "USD", "1"), *_FOREIGN):
            company.insert("Currency", {"Name": name, "CurrencyCode": code, "ExchangeRate": rate})
    for name, kind, duty in _CHART:
        _make(company, "Account", Name=name, AccountType=kind, **({"SpecialAccountType": duty} if duty else {}))
    _make(company, "Account", Name=_RETIRED, AccountType="Expense", IsActive="false")
    if company.has("multicurrency"):
        _foreign(company)
    _people(company)
    _sales_tax(company)
    _items(company)


def _make(company: Company, kind: str, **body: Any) -> Body:
    return reference(service.add(company, kind, body))


def _named(name: str) -> Body:
    return {"FullName": name}


def _foreign(company: Company) -> None:
    _make(company, "Account", Name="Exchange Gain or Loss", AccountType="OtherExpense", SpecialAccountType="ExchangeGainLoss")
    for name, code, _ in _FOREIGN:
        for account, kind in (("Bank", "Bank"), ("Receivable", "AccountsReceivable"), ("Payable", "AccountsPayable")):
            _make(company, "Account", Name=f"{code} {account}", AccountType=kind, CurrencyRef=_named(name))
        _make(company, "Customer", Name=f"{code} Customer", CurrencyRef=_named(name))


def _people(company: Company) -> None:
    for name, days in (("Due on receipt", "0"), ("Net 15", "15"), ("Net 30", "30")):
        _make(company, "StandardTerms", Name=name, StdDueDays=days)
    for name, kind in (("Cash", "Cash"), ("Check", "Check"), ("Visa", "Visa"), ("Marketplace", "Other")):
        _make(company, "PaymentMethod", Name=name, PaymentMethodType=kind)
    if company.has("classes"):
        for name in ("Marketplace", "Shop"):
            _make(company, "Class", Name=name)
    for name in ("Juniper Row Cafe", "Walk-in"):
        _make(company, "Customer", Name=name, TermsRef=_named("Net 30"))
    for name in ("State Department of Revenue", "Packing Depot", "Amazon"):
        _make(company, "Vendor", Name=name)
    _make(company, "Employee", Name="Robin Marsh", FirstName="Robin", LastName="Marsh")


def _sales_tax(company: Company) -> None:
    for name, taxable, text in (("Tax", "true", "Taxable Sales"), ("Non", "false", "Non-Taxable Sales")):
        _make(company, "SalesTaxCode", Name=name, IsTaxable=taxable, Desc=text)
    agency = _named("State Department of Revenue")
    for name, rate in (("State Tax", "6.0"), ("Out of State", "0.0")):
        made = _make(company, "ItemSalesTax", Name=name, TaxRate=rate, ItemDesc=name, TaxVendorRef=agency)
        if name == "State Tax":
            company.keep(tax_item=made)


def _items(company: Company) -> None:
    sold = {"Price": "0.00", "AccountRef": _named("Merchandise Sales")}
    for name, account in (("Consulting", "Service Income"), ("Repair", "Service Income")):
        of = {"Price": "60.00", "AccountRef": _named(account)}
        _make(company, "ItemService", Name=name, SalesTaxCodeRef=_named("Non"), SalesOrPurchase=of)
    _make(company, "ItemNonInventory", Name="Sundry Goods", SalesTaxCodeRef=_named("Tax"), SalesOrPurchase=sold)
    shipping = {"AccountRef": _named("Shipping Charged")}
    _make(company, "ItemOtherCharge", Name="Shipping", SalesTaxCodeRef=_named("Non"), SalesOrPurchase=shipping)
    if not company.has("inventory"):
        return
    for name, text, price, cost, count in _GOODS:
        _make(
            company, "ItemInventory", Name=name, SalesTaxCodeRef=_named("Tax"), SalesDesc=text, SalesPrice=price,
            IncomeAccountRef=_named("Merchandise Sales"), PurchaseCost=cost, COGSAccountRef=_named("Cost of Goods Sold"),
            AssetAccountRef=_named("Inventory Asset"), QuantityOnHand=count,
        )  # fmt: skip
