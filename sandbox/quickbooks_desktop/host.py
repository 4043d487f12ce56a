"""Host, Company, Preferences: what QuickBooks is, whose file is open, and how it is set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lxml import etree

from sandbox.quickbooks_desktop import answers
from sandbox.quickbooks_desktop.company import Company, reference
from sandbox.quickbooks_desktop.read import VERSIONS, Body
from sandbox.quickbooks_desktop.show import element

APP_LOCK: Final = "{57F3B9B6-86F1-4FCD-B1EF-166DE1813D20}"
"""The owner under whom the Web Connector itself writes into a company file."""


def host(company: Company, asked: Body) -> etree._Element:
    info = company.info
    body = {
        "ProductName": info["product"], "MajorVersion": info["version"], "MinorVersion": "0", "Country": "US",
        "SupportedQBXMLVersion": list(VERSIONS), "IsAutomaticLogin": "false", "QBFileMode": "MultiUser",
    }  # fmt: skip
    return element("HostRet", body, answers.ret("Host"), company)


def company_info(company: Company, asked: Body) -> etree._Element:
    """With the values that applications keep in the file, of the owners that are asked for."""
    info, owners = company.info, {owner.upper() for owner in asked.get("OwnerID", [])}
    kept = [
        {"OwnerID": one["owner"], "DataExtName": one["name"], "DataExtType": "STR255TYPE", "DataExtValue": one["value"]}
        for one in info.get("extensions", [])
        if one["owner"].upper() in owners
    ]
    body = {
        "IsSampleCompany": "false", "CompanyName": info["name"], "LegalCompanyName": info["name"], "Address": info["address"],
        "FirstMonthFiscalYear": "January", "FirstMonthIncomeTaxYear": "January", "CompanyType": "Retail Shop",
        "TaxForm": "OtherOrNone", "DataExtRet": kept,
    }  # fmt: skip
    return element("CompanyRet", body, answers.ret("Company"), company)


_ALIKE: Final[dict[str, Body]] = {
    "FinanceChargePreferences": {
        "GracePeriod": "0", "IsAssessingForOverdueCharges": "false", "CalculateChargesFrom": "DueDate",
        "IsMarkedToBePrinted": "false",
    },
    "JobsAndEstimatesPreferences": {
        "IsUsingEstimates": "true", "IsUsingProgressInvoicing": "false", "IsPrintingItemsWithZeroAmounts": "false",
    },
    "ReportsPreferences": {"AgingReportBasis": "AgeFromDueDate", "SummaryReportBasis": "Accrual"},
    "SalesAndCustomersPreferences": {"IsTrackingReimbursedExpensesAsIncome": "false", "IsAutoApplyingPayments": "false"},
    "CurrentAppAccessRights": {"IsAutomaticLoginAllowed": "true", "IsPersonalDataAccessAllowed": "false"},
}  # fmt: skip
"""What is set the same way in every file."""


def preferences(company: Company, asked: Body) -> etree._Element:
    inventory = str(company.has("inventory")).lower()
    body: Body = {
        **_ALIKE,
        "AccountingPreferences": _accounting(company),
        "MultiCurrencyPreferences": _currencies(company),
        "PurchasesAndVendorsPreferences": {
            "IsUsingInventory": inventory, "DaysBillsAreDue": "10", "IsAutomaticallyUsingDiscounts": "false",
        },
    }  # fmt: skip
    if company.has("sales_tax"):
        body["SalesTaxPreferences"] = _sales_tax(company)
    return element("PreferencesRet", body, answers.ret("Preferences"), company)


def _accounting(company: Company) -> Body:
    closed = company.info.get("closing_date")
    body: Body = {
        "IsUsingAccountNumbers": str(company.has("account_numbers")).lower(), "IsRequiringAccounts": "true",
        "IsUsingClassTracking": str(company.has("classes")).lower(), "IsUsingAuditTrail": "true",
        "IsAssigningJournalEntryNumbers": "true",
    }  # fmt: skip
    if company.has("classes"):
        body["AssignClassesTo"] = "Accounts"
    return {**body, "ClosingDate": closed} if closed else body


def _currencies(company: Company) -> Body:
    home = company.named(("Currency",), company.home)
    on = {"IsMultiCurrencyOn": str(company.has("multicurrency")).lower()}
    return {**on, **({"HomeCurrencyRef": reference(home)} if home and company.has("multicurrency") else {})}


def _sales_tax(company: Company) -> Body:
    codes = {code.body["IsTaxable"]: reference(code) for code in company.all("SalesTaxCode")}
    return {
        "DefaultItemSalesTaxRef": company.info["tax_item"], "PaySalesTax": "Quarterly",
        "DefaultTaxableSalesTaxCodeRef": codes["true"], "DefaultNonTaxableSalesTaxCodeRef": codes["false"],
    }  # fmt: skip


SINGLE: Final[dict[str, Callable[[Company, Body], etree._Element]]] = {
    "Host": host, "Company": company_info, "Preferences": preferences,
}  # fmt: skip
