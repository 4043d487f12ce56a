"""The company and its reference data, as QuickBooks states them.

Pure. Facts of an item are texts and flags, fit to be stored as JSON; percentages are decimal text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connections.contracts import CompanyFacts, ReferenceItem

from .fields import ZERO, Body, Unreadable, reference, text

# Home currencies of the countries QuickBooks Online is sold in; only used where Preferences do not state one.
_HOMES = {
    "US": "USD",
    "CA": "CAD",
    "GB": "GBP",
    "AU": "AUD",
    "IN": "INR",
    "FR": "EUR",
    "IE": "EUR",
    "DE": "EUR",
    "ZA": "ZAR",
    "SG": "SGD",
}
_COUNTRIES = {
    "USA": "US",
    "UNITED STATES": "US",
    "GBR": "GB",
    "UK": "GB",
    "UNITED KINGDOM": "GB",
    "CAN": "CA",
    "AUS": "AU",
    "IND": "IN",
}


def country_of(info: Body) -> str:
    """The company's country as two letters (answers have carried two, three and names: change of October 2025)."""
    stated = str(info.get("Country") or (info.get("CompanyAddr") or {}).get("Country") or "").strip().upper()
    return _COUNTRIES.get(stated, stated)


def company(info: Body, preferences: Body) -> CompanyFacts:
    """What CompanyInfo and Preferences say that decides how documents are written. Raises Unreadable."""
    books, tax = preferences.get("AccountingInfoPrefs") or {}, preferences.get("TaxPrefs") or {}
    currency, sales = preferences.get("CurrencyPrefs") or {}, preferences.get("SalesFormsPrefs") or {}
    country = country_of(info)
    home = str((currency.get("HomeCurrency") or {}).get("value") or _HOMES.get(country, ""))
    if not home:
        raise Unreadable("the company states no home currency")
    return CompanyFacts(
        home_currency=home,
        country=country,
        multicurrency=_flag(currency, "MultiCurrencyEnabled"),
        custom_numbers=_flag(sales, "CustomTxnNumbers"),
        close_date=_close_date(books),
        sales_tax=_sales_tax(country, tax),
        classes=_flag(books, "ClassTrackingPerTxnLine") or _flag(books, "ClassTrackingPerTxn"),
        departments=_flag(books, "TrackDepartments"),
        name=str(info.get("CompanyName") or info.get("LegalName") or ""),
    )


def _flag(body: Body, name: str) -> bool:
    return body.get(name) in (True, "true")


def _close_date(books: Body) -> date | None:
    stated = books.get("BookCloseDate")
    try:
        return date.fromisoformat(str(stated)[:10]) if stated else None
    except ValueError:
        raise Unreadable(f"not a date: {stated!r}") from None


def _sales_tax(country: str, tax: Body) -> str:
    if not _flag(tax, "UsingSalesTax"):
        return ""
    return "us" if country == "US" else "codes"


# What QuickBooks calls the kinds of reference data; order is the order of reading.
KINDS: Mapping[str, str] = {
    "account": "Account",
    "tax_rate": "TaxRate",
    "tax_code": "TaxCode",
    "class": "Class",
    "department": "Department",
    "item": "Item",
    "customer": "Customer",
    "vendor": "Vendor",
    "payment_method": "PaymentMethod",
    "company": "CompanyInfo",
    "preferences": "Preferences",
}


def reference_item(kind: str, body: Body, rates: Mapping[str, Decimal]) -> ReferenceItem:
    """One object of reference data. `rates`: percent by tax rate id. Raises Unreadable."""
    deleted = str(body.get("status") or "") == "Deleted"
    return ReferenceItem(
        kind=kind,
        external_id=text(body, "Id"),
        name=_name(body),
        active=not deleted and body.get("Active") not in (False, "false"),
        facts={} if deleted else _FACTS.get(kind, _no_facts)(body, rates),
        body=body,
        deleted=deleted,
    )


def _name(body: Body) -> str:
    names = ("FullyQualifiedName", "DisplayName", "Name", "CompanyName")
    return next((str(body[name]) for name in names if body.get(name)), "")


def _no_facts(body: Body, rates: Mapping[str, Decimal]) -> dict[str, Any]:
    return {}


def _account_facts(body: Body, rates: Mapping[str, Decimal]) -> dict[str, Any]:
    return {
        "type": str(body.get("AccountType") or ""),
        "subtype": str(body.get("AccountSubType") or ""),
        "classification": str(body.get("Classification") or ""),
        "number": str(body.get("AcctNum") or ""),
        "currency": str((body.get("CurrencyRef") or {}).get("value") or ""),
        "short_name": str(body.get("Name") or ""),
        "parent": str((body.get("ParentRef") or {}).get("value") or ""),
    }


def _tax_code_facts(body: Body, rates: Mapping[str, Decimal]) -> dict[str, Any]:
    """Percent on sales and on purchases as decimal text; "" where the code has no rate on that side."""
    return {
        "sales_rate": _rate_text(body, "SalesTaxRateList", rates),
        "purchase_rate": _rate_text(body, "PurchaseTaxRateList", rates),
        "taxable": body.get("Taxable") in (True, "true"),
        "hidden": body.get("Hidden") in (True, "true"),
        "description": str(body.get("Description") or ""),
    }


def _rate_text(body: Body, name: str, rates: Mapping[str, Decimal]) -> str:
    details = (body.get(name) or {}).get("TaxRateDetail") or []
    refs = [str((detail.get("TaxRateRef") or {}).get("value") or "") for detail in details if isinstance(detail, Mapping)]
    known = [rates[ref] for ref in refs if ref in rates]
    return format(sum(known, ZERO), "f") if known and len(known) == len(refs) else ""


def _tax_rate_facts(body: Body, rates: Mapping[str, Decimal]) -> dict[str, Any]:
    return {"rate": str(body.get("RateValue") if body.get("RateValue") is not None else "")}


def _item_facts(body: Body, rates: Mapping[str, Decimal]) -> dict[str, Any]:
    """`account` is the income account a sale of it books to; `short_name` leaves out the category."""
    return {
        "type": str(body.get("Type") or ""),
        "sku": str(body.get("Sku") or ""),
        "account": reference(body, "IncomeAccountRef")[0],
        "taxable": _flag(body, "Taxable"),
        "short_name": str(body.get("Name") or ""),
    }


def _customer_facts(body: Body, rates: Mapping[str, Decimal]) -> dict[str, Any]:
    return {
        "email": str((body.get("PrimaryEmailAddr") or {}).get("Address") or ""),
        "currency": reference(body, "CurrencyRef")[0],
        "company": str(body.get("CompanyName") or ""),
    }


_FACTS = {
    "account": _account_facts,
    "tax_code": _tax_code_facts,
    "tax_rate": _tax_rate_facts,
    "item": _item_facts,
    "customer": _customer_facts,
}
