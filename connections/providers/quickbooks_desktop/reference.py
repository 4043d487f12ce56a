"""What a company file says of itself and of its lists. Pure: an answer's element in, a value of the house out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from canonical.accounting import AccountType
from connections.contracts import CompanyFacts, ReferenceItem

from .inventory import item_facts
from .qbxml import Element, Unreadable, body_of, needed, of

# QuickBooks Desktop's words for kinds of accounts (qbXML operations 14.0, AccountType) in the house's own.
ACCOUNT_TYPES: Final[Mapping[str, AccountType]] = {
    "AccountsPayable": AccountType.PAYABLE,
    "AccountsReceivable": AccountType.RECEIVABLE,
    "Bank": AccountType.BANK,
    "CostOfGoodsSold": AccountType.COST_OF_GOODS_SOLD,
    "CreditCard": AccountType.CREDIT_CARD,
    "Equity": AccountType.EQUITY,
    "Expense": AccountType.EXPENSE,
    "FixedAsset": AccountType.FIXED_ASSET,
    "Income": AccountType.INCOME,
    "LongTermLiability": AccountType.LONG_TERM_LIABILITY,
    "OtherAsset": AccountType.OTHER_ASSET,
    "OtherCurrentAsset": AccountType.OTHER_CURRENT_ASSET,
    "OtherCurrentLiability": AccountType.OTHER_CURRENT_LIABILITY,
    "OtherExpense": AccountType.OTHER_EXPENSE,
    "OtherIncome": AccountType.OTHER_INCOME,
}
NATIVE_TYPES: Final[Mapping[str, str]] = {word.value: native for native, word in ACCOUNT_TYPES.items()}
# Accounts that QuickBooks keeps by itself: nothing of ours is booked to them.
_SYSTEM: Final = frozenset(
    {"SalesTaxPayable", "UndepositedFunds", "RetainedEarnings", "OpenBalanceEquity", "UncategorizedIncome"}
)
_HOMES: Final = {"US": "USD", "CA": "CAD", "UK": "GBP", "GB": "GBP", "AU": "AUD"}
_CURRENCY_NAMES: Final = {
    "US Dollar": "USD",
    "Canadian Dollar": "CAD",
    "British Pound Sterling": "GBP",
    "Australian Dollar": "AUD",
}

# Which query reads which kind; those of ITERATED are long lists, read in portions.
QUERIES: Final[Mapping[str, str]] = {
    "account": "AccountQueryRq",
    "tax_code": "SalesTaxCodeQueryRq",
    "class": "ClassQueryRq",
    "term": "StandardTermsQueryRq",
    "payment_method": "PaymentMethodQueryRq",
    "item": "ItemQueryRq",
    "customer": "CustomerQueryRq",
    "company": "CompanyQueryRq",
    "preferences": "PreferencesQueryRq",
}
ITERATED: Final = ("item", "customer")
SINGLE: Final = ("company", "preferences")
KINDS: Final = tuple(QUERIES)
ITEM_KINDS: Final = ("Service", "NonInventory", "Inventory", "OtherCharge", "InventoryAssembly", "Discount")
_KIND_OF: Final = {
    "AccountRet": "account",
    "SalesTaxCodeRet": "tax_code",
    "ClassRet": "class",
    "StandardTermsRet": "term",
    "PaymentMethodRet": "payment_method",
    "CustomerRet": "customer",
    "CompanyRet": "company",
    "PreferencesRet": "preferences",
}


def kind_of(element: Element) -> str:
    """The kind of reference data an answer's element is; "" for one that is none of ours."""
    tag = str(element.tag)
    return _KIND_OF.get(tag) or ("item" if tag.startswith("Item") and tag.endswith("Ret") else "")


def company(host: Element | None, info: Element, preferences: Element) -> CompanyFacts:
    """What decides how documents are written. Raises Unreadable."""
    country = of(host, "Country") if host is not None else ""
    currency = of(preferences, "MultiCurrencyPreferences/HomeCurrencyRef/FullName")
    home = _CURRENCY_NAMES.get(currency, currency) or _HOMES.get(country or "US", "USD")
    taxed = preferences.find("SalesTaxPreferences") is not None
    return CompanyFacts(
        home_currency=home,
        country={"UK": "GB"}.get(country, country),
        multicurrency=of(preferences, "MultiCurrencyPreferences/IsMultiCurrencyOn") == "true",
        custom_numbers=True,
        close_date=_closed(of(preferences, "AccountingPreferences/ClosingDate")),
        sales_tax="us" if taxed else "",
        classes=of(preferences, "AccountingPreferences/IsUsingClassTracking") == "true",
        departments=False,
        name=of(info, "CompanyName") or of(info, "LegalCompanyName"),
    )


def _closed(stated: str) -> date | None:
    try:
        return date.fromisoformat(stated[:10]) if stated else None
    except ValueError:
        raise Unreadable(f"not a date: {stated!r}") from None


def item(element: Element) -> ReferenceItem:
    """One object of a list. Raises Unreadable."""
    kind = kind_of(element)
    if kind in SINGLE:
        return ReferenceItem(kind, "1", of(element, "CompanyName"), True, {}, body_of(element))
    facts = _FACTS.get(kind, _no_facts)(element)
    return ReferenceItem(
        kind=kind,
        external_id=needed(element, "ListID"),
        name=of(element, "FullName") or needed(element, "Name"),
        active=of(element, "IsActive") != "false",
        facts={**facts, "version": of(element, "EditSequence")},
        body=body_of(element),
    )


def _no_facts(element: Element) -> dict[str, Any]:
    return {}


def _account_facts(element: Element) -> dict[str, Any]:
    native = of(element, "AccountType")
    word = ACCOUNT_TYPES.get(native)
    special = of(element, "SpecialAccountType")
    return {
        "type": word.value if word else native,
        "native_type": native,
        "number": of(element, "AccountNumber"),
        "currency": _CURRENCY_NAMES.get(of(element, "CurrencyRef/FullName"), of(element, "CurrencyRef/FullName")),
        "short_name": of(element, "Name"),
        "parent": of(element, "ParentRef/ListID"),
        **({"system": True} if special in _SYSTEM or word is None else {}),
    }


def _tax_code_facts(element: Element) -> dict[str, Any]:
    taxable = of(element, "IsTaxable") == "true"
    return {"sales_rate": "", "purchase_rate": "", "taxable": taxable, "hidden": False, "description": of(element, "Desc")}


def _item_facts(element: Element) -> dict[str, Any]:
    """`account` is the income account a sale of it books to; `quantity`, of what is kept in stock, how many there are."""
    places = ("SalesOrPurchase/AccountRef", "SalesAndPurchase/IncomeAccountRef", "IncomeAccountRef")
    return {
        "type": str(element.tag)[4:-3],
        "sku": of(element, "ManufacturerPartNumber") or of(element, "Name"),
        "account": next((found for place in places if (found := of(element, f"{place}/ListID"))), ""),
        "taxable": False,
        "short_name": of(element, "Name"),
        **item_facts(element),
    }


def _customer_facts(element: Element) -> dict[str, Any]:
    return {
        "email": of(element, "Email"),
        "currency": "",
        "company": of(element, "CompanyName"),
        "short_name": of(element, "Name"),
    }


_FACTS: Final[Mapping[str, Callable[[Element], dict[str, Any]]]] = {
    "account": _account_facts,
    "tax_code": _tax_code_facts,
    "item": _item_facts,
    "customer": _customer_facts,
}
