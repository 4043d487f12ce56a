"""The companies every world starts with: their charts, taxes, names and settings. No transactions.

Realm ids are fixed. Each company is a shop's ledger as an accountant would have set it up before
the first settlement arrives; the deliberate trouble is listed in SEEDED.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sandbox.quickbooks_online import accounts, service
from sandbox.quickbooks_online.accept import accept
from sandbox.quickbooks_online.company import Body, Company
from sandbox.quickbooks_online.kinds import KINDS
from sandbox.world import World

US: Final = "9130350000000101"
UK: Final = "9130350000000202"
MULTI: Final = "9130350000000303"
MERIDIANS: Final = ("9130350000000401", "9130350000000402", "9130350000000403")  # three alike, for one trade booked three ways
FELL: Final = "9130350000000204"  # books for a seller who trades as those do whose books are in Xero and KashFlow
MERIDIAN_5: Final = "9130350000000405"  # and as those whose books are in Xero and QuickBooks Desktop

_CHART: Final = (
    ("Checking", "Bank", "Checking"),
    ("Savings", "Bank", "Savings"),
    ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    ("Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    ("Inventory Asset", "Other Current Asset", "Inventory"),
    ("Prepaid Expenses", "Other Current Asset", "PrepaidExpenses"),
    ("Furniture and Equipment", "Fixed Asset", "FurnitureAndFixtures"),
    ("Business Card", "Credit Card", "CreditCard"),
    ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
    ("Payroll Liabilities", "Other Current Liability", "PayrollTaxPayable"),
    ("Bank Loan", "Long Term Liability", "NotesPayable"),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Owner's Equity", "Equity", "OwnersEquity"),
    ("Sales of Product Income", "Income", "SalesOfProductIncome"),
    ("Services", "Income", "ServiceFeeIncome"),
    ("Discounts given", "Income", "DiscountsRefundsGiven"),
    ("Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Advertising", "Expense", "AdvertisingPromotional"),
    ("Bank Charges", "Expense", "BankCharges"),
    ("Dues and Subscriptions", "Expense", "DuesSubscriptions"),
    ("Rent or Lease", "Expense", "RentOrLeaseOfBuildings"),
    ("Office Expenses", "Expense", "OfficeGeneralAdministrativeExpenses"),
    ("Insurance", "Expense", "Insurance"),
    ("Interest Earned", "Other Income", "InterestEarned"),
    ("Miscellaneous", "Other Expense", "OtherMiscellaneousExpense"),
)
_RETIRED: Final = ("Old Marketplace Fees", "Expense", "OtherBusinessExpenses")
_FOREIGN: Final = ("CAD", "EUR", "GBP")
_RATES: Final = {"CAD": "0.73", "EUR": "1.08", "GBP": "1.27"}
# name, rate, has sales and purchase rates (a code without them is outside the scope of VAT)
_VAT: Final = (
    ("20.0% S", "20", True),
    ("5.0% R", "5", True),
    ("0.0% Z", "0", True),
    ("Exempt", "0", True),
    ("No VAT", "0", False),
)

SEEDED: Final[dict[str, Any]] = {
    "companies": {
        US: "Harbor Lane Goods: US dollars only, automated sales tax, classes and locations on",
        UK: "Pennine Supply Ltd: pounds, VAT codes on every line",
        MULTI: "Cedar and Finch Outfitters: US dollars at home; Canadian dollars, euros and pounds in banks of their own",
    },
    "trouble": {
        "an account that was made inactive": f"{_RETIRED[0]}, in every company: posting to it is refused with 610",
        "no transactions": "the books are empty, so that every balance comes from what was posted",
    },
}


def plant(conn: sqlite3.Connection, world: World) -> None:
    """Make the companies, as of a year before the history begins."""
    since = datetime.combine(world.anchor, time(9), UTC) - timedelta(days=400)
    for realm, name, country, home in (
        (US, "Harbor Lane Goods", "US", "USD"),
        (UK, "Pennine Supply Ltd", "GB", "GBP"),
        (MULTI, "Cedar and Finch Outfitters", "US", "USD"),
        *((realm, f"Meridian Outfitters {number}", "US", "USD") for number, realm in enumerate(MERIDIANS, start=1)),
        (MERIDIAN_5, "Meridian Outfitters 5", "US", "USD"),
        (FELL, "Fell and Fern 3 Ltd", "GB", "GBP"),
    ):
        conn.execute("INSERT INTO qbo_company (realm, name, country, home) VALUES (?, ?, ?, ?)", (realm, name, country, home))
        _company(Company(conn, realm, since))
    conn.execute("DELETE FROM qbo_event")


def _company(company: Company) -> None:
    company.insert("Preferences", _preferences(company), "1")
    company.insert("CompanyInfo", _info(company), "1")
    if company.multicurrency:
        for code in _FOREIGN:
            _make(company, "CompanyCurrency", {"Code": code})
            _rate(company, code)
    for name, kind, subtype in (*_CHART, *_more_accounts(company)):
        _account(company, name, kind, subtype)
    _retire(company)
    (_vat if company.country == "GB" else _sales_tax)(company)
    _names(company)


def _make(company: Company, kind: str, body: Body) -> Body:
    return service.create(company, KINDS[kind], accept(kind, body), service.Options())


def _account(company: Company, name: str, kind: str, subtype: str, currency: str = "") -> Body:
    body: Body = {"Name": name, "AccountType": kind, "AccountSubType": subtype}
    return _make(company, "Account", {**body, "CurrencyRef": {"value": currency}} if currency else body)


def _more_accounts(company: Company) -> Iterable[tuple[str, str, str]]:
    if company.country == "GB":
        yield "VAT Control", "Other Current Liability", "GlobalTaxPayable"
        yield "VAT Suspense", "Other Current Liability", "GlobalTaxSuspense"
    else:
        yield "State Sales Tax Payable", "Other Current Liability", "GlobalTaxPayable"
    if company.multicurrency:
        yield "Exchange Gain or Loss", "Other Expense", "ExchangeGainOrLoss"


def _retire(company: Company) -> None:
    """Foreign accounts where there are any, and the account that was made inactive."""
    if company.multicurrency:
        for code in _FOREIGN:
            _account(company, f"{code} Bank", "Bank", "Checking", code)
            _account(company, f"Accounts Receivable (A/R) - {code}", "Accounts Receivable", "AccountsReceivable", code)
            _account(company, f"Accounts Payable (A/P) - {code}", "Accounts Payable", "AccountsPayable", code)
    retired = company.find("Account", _account(company, *_RETIRED)["Id"])
    if retired:
        company.replace(retired, {**retired.body, "Active": False})


def _rate(company: Company, code: str) -> None:
    day = company.now.date().isoformat()
    company.insert("ExchangeRate", {"SourceCurrencyCode": code, "Rate": Decimal(_RATES[code]), "AsOfDate": day})


def _preferences(company: Company) -> Body:
    uk, multi = company.country == "GB", company.realm == MULTI
    return {
        "AccountingInfoPrefs": {
            "TrackDepartments": True, "DepartmentTerminology": "Location", "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": True, "FirstMonthOfFiscalYear": "April" if uk else "January",
            "TaxYearMonth": "April" if uk else "January", "CustomerTerminology": "Customers",
        },
        "ProductAndServicesPrefs": {
            "ForSales": True, "ForPurchase": True, "QuantityWithPriceAndRate": True, "QuantityOnHand": True,
        },
        "SalesFormsPrefs": {"CustomTxnNumbers": True, "AllowDeposit": False, "AllowDiscount": True, "AllowShipping": False},
        "VendorAndPurchasesPrefs": {"EnableBills": True, "TrackingByCustomer": True, "BillableExpenseTracking": True},
        "TaxPrefs": {"UsingSalesTax": True, **({} if uk else {"PartnerTaxEnabled": True})},
        "CurrencyPrefs": {"MultiCurrencyEnabled": multi, "HomeCurrency": {"value": company.home}},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {"NameValue": [{"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": "Thank you"}]},
    }  # fmt: skip


def _info(company: Company) -> Body:
    uk = company.country == "GB"
    address = (
        {"Line1": "4 Quay Street", "City": "Leeds", "PostalCode": "LS1 4AP", "Country": "GBR"}
        if uk
        else {
            "Line1": "120 Harbor Lane",
            "City": "Oakland",
            "CountrySubDivisionCode": "CA",
            "PostalCode": "94607",
            "Country": "USA",
        }
    )
    return {
        "CompanyName": company.name, "LegalName": company.name, "CompanyAddr": address, "LegalAddr": address,
        "CustomerCommunicationAddr": address, "Email": {"Address": "owner@example.test"},
        "CompanyStartDate": company.now.date().isoformat(), "FiscalYearStartMonth": "April" if uk else "January",
        "Country": company.country, "SupportedLanguages": "en",
        "DefaultTimeZone": "Europe/London" if uk else "America/Los_Angeles",
        "NameValue": [
            {"Name": "NeoEnabled", "Value": "true"}, {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
            {"Name": "SubscriptionStatus", "Value": "PAID"},
        ],
    }  # fmt: skip


def _vat(company: Company) -> None:
    agency = _make(company, "TaxAgency", {"DisplayName": "HM Revenue & Customs (VAT)"})["Id"]
    for name, percent, in_scope in _VAT:
        lists: Body = {}
        for side in ("Sales", "Purchase") if in_scope else ():
            rate = _tax_rate(company, f"{name} ({side})", percent, agency)
            detail = {"TaxRateRef": rate, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
            lists[f"{side}TaxRateList"] = {"TaxRateDetail": [detail]}
        code = {
            "Name": name,
            "Description": name,
            "Active": True,
            "Hidden": False,
            "Taxable": in_scope,
            "TaxGroup": True,
            **lists,
        }
        company.insert("TaxCode", code)


def _tax_rate(company: Company, name: str, percent: str, agency: str) -> Body:
    since = (company.now - timedelta(days=3650)).isoformat(timespec="seconds")
    body = {
        "Name": name, "Description": name, "Active": True, "RateValue": Decimal(percent), "AgencyRef": {"value": agency},
        "SpecialTaxType": "NONE", "DisplayType": "ReadOnly",
        "EffectiveTaxRate": [{"RateValue": Decimal(percent), "EffectiveDate": since}],
    }  # fmt: skip
    return company.refer(company.insert("TaxRate", body))


def _sales_tax(company: Company) -> None:
    """The two pseudo codes a US line may carry."""
    _make(company, "TaxAgency", {"DisplayName": "California Department of Tax and Fee Administration"})
    for name, taxable in (("TAX", True), ("NON", False)):
        body = {"Name": name, "Description": name, "Active": True, "Hidden": False, "Taxable": taxable, "TaxGroup": False}
        company.insert("TaxCode", body, name)


def _names(company: Company) -> None:
    income = accounts.special(company, "SalesOfProductIncome")
    services = accounts.special(company, "ServiceFeeIncome")
    for name, account in (("Services", services), ("Goods", income), ("Shipping", income)):
        _make(company, "Item", {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": account.id}})
    for kind, names in (
        ("Customer", ("Wren and Daughters", "Coastline Cafe")),
        ("Vendor", ("Amazon", "Packing Depot")),
        ("Employee", ("Robin Marsh",)),
    ):
        for name in names:
            _make(company, kind, {"DisplayName": name})
    for kind, names in (("Class", ("Marketplace", "Shop")), ("Department", ("Warehouse", "Office"))):
        for name in names:
            _make(company, kind, {"Name": name})
    _make(company, "Term", {"Name": "Net 30", "DueDays": 30, "Type": "STANDARD"})
    for name in ("Cash", "Cheque" if company.country == "GB" else "Check", "Credit Card"):
        _make(company, "PaymentMethod", {"Name": name, "Type": "CREDIT_CARD" if name == "Credit Card" else "NON_CREDIT_CARD"})
