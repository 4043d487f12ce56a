"""The organisation and its reference data, as Xero states them.

Pure. Facts of an item are texts and flags, fit to be stored as JSON; percentages are decimal text. Accounts are
known by their code, items by theirs, tax rates by their type: that is how documents name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from canonical.accounting import AccountType
from connections.contracts import CompanyFacts, ReferenceItem

from . import fields
from .fields import DIMENSIONS, Body, Unreadable, text

# Xero's account types in the words all ledgers share (xero_accounting.yaml, AccountType).
TYPES: Mapping[str, AccountType] = {
    "BANK": AccountType.BANK,
    "CURRENT": AccountType.OTHER_CURRENT_ASSET,
    "INVENTORY": AccountType.OTHER_CURRENT_ASSET,
    "PREPAYMENT": AccountType.OTHER_CURRENT_ASSET,
    "FIXED": AccountType.FIXED_ASSET,
    "NONCURRENT": AccountType.OTHER_ASSET,
    "CURRLIAB": AccountType.OTHER_CURRENT_LIABILITY,
    "LIABILITY": AccountType.OTHER_CURRENT_LIABILITY,
    "PAYG": AccountType.OTHER_CURRENT_LIABILITY,
    "TERMLIAB": AccountType.LONG_TERM_LIABILITY,
    "EQUITY": AccountType.EQUITY,
    "REVENUE": AccountType.INCOME,
    "SALES": AccountType.INCOME,
    "OTHERINCOME": AccountType.OTHER_INCOME,
    "DIRECTCOSTS": AccountType.COST_OF_GOODS_SOLD,
    "EXPENSE": AccountType.EXPENSE,
    "OVERHEADS": AccountType.EXPENSE,
    "DEPRECIATN": AccountType.EXPENSE,
}
# The type an account of ours is made with (accounting.md 10).
NATIVE: Mapping[str, str] = {
    AccountType.BANK: "BANK",
    AccountType.OTHER_CURRENT_ASSET: "CURRENT",
    AccountType.FIXED_ASSET: "FIXED",
    AccountType.OTHER_ASSET: "NONCURRENT",
    AccountType.OTHER_CURRENT_LIABILITY: "CURRLIAB",
    AccountType.LONG_TERM_LIABILITY: "TERMLIAB",
    AccountType.EQUITY: "EQUITY",
    AccountType.INCOME: "REVENUE",
    AccountType.OTHER_INCOME: "OTHERINCOME",
    AccountType.COST_OF_GOODS_SOLD: "DIRECTCOSTS",
    AccountType.EXPENSE: "EXPENSE",
    AccountType.OTHER_EXPENSE: "EXPENSE",
}
# System accounts that are more to us than "not to be touched" (xero_accounting.yaml, SystemAccount).
_DUTIES = {"DEBTORS": AccountType.RECEIVABLE, "CREDITORS": AccountType.PAYABLE}
# Invoices that a month of a small plan approves. Xero's pricing pages: 20 on Starter and Ignite.
SMALL_PLANS: Mapping[str, int] = {"STARTER": 20, "IGNITE": 20, "LITE": 20, "BASICLITE": 20}
KEY_LIMIT = 120  # what our copy of the reference data has room for

# What Xero calls the kinds of reference data; order is the order of reading.
KINDS: Mapping[str, str] = {
    "account": "Accounts",
    "tax_code": "TaxRates",
    "class": "TrackingCategories",
    "department": "TrackingCategories",
    "currency": "Currencies",
    "item": "Items",
    "customer": "Contacts",
}


def company(organisation: Body, currencies: Iterable[Body], categories: Sequence[Body], used: int | None) -> CompanyFacts:
    """What the organisation says that decides how documents are written. Raises Unreadable.

    `used`: invoices approved this month, where the plan has a limit of them.
    """
    home = text(organisation, "BaseCurrency")
    country = str(organisation.get("CountryCode") or "")
    plan = str(organisation.get("Class") or "")
    limit = SMALL_PLANS.get(plan)
    others = sorted({text(row, "Code") for row in currencies} - {home})
    active = [row for row in categories if row.get("Status", "ACTIVE") == "ACTIVE"]
    return CompanyFacts(
        home_currency=home,
        country=country,
        multicurrency=bool(others),
        custom_numbers=True,
        close_date=_locked(organisation),
        sales_tax=_sales_tax(organisation, country),
        classes=len(active) > 0,
        departments=len(active) > 1,
        name=str(organisation.get("Name") or organisation.get("LegalName") or ""),
        currencies=(home, *others),
        plan=plan,
        invoices_left=None if limit is None or used is None else max(0, limit - used),
    )


def is_small(organisation: Body) -> bool:
    """Whether the plan takes so many invoices a month and no more."""
    return str(organisation.get("Class") or "") in SMALL_PLANS


def _locked(organisation: Body) -> date | None:
    """The later of the two lock dates: nothing is posted on or before it."""
    names = ("PeriodLockDate", "EndOfYearLockDate")
    days = [fields.day(organisation, name) for name in names if organisation.get(name)]
    return max(days, default=None)


def _sales_tax(organisation: Body, country: str) -> str:
    """US sales tax is not kept by codes on settlements: the marketplace files it (accounting.md 5)."""
    keeps = organisation.get("PaysTax") is not False and str(organisation.get("SalesTaxBasis") or "NONE") != "NONE"
    return "codes" if keeps and country != "US" else ""


def items(kind: str, rows: Iterable[Body]) -> list[ReferenceItem]:
    """The objects of one kind. Raises Unreadable."""
    if kind in DIMENSIONS:
        return _options(kind, list(rows))
    return [item for row in rows if (item := _item(kind, row))]


def _item(kind: str, body: Body) -> ReferenceItem | None:
    key = _KEYS[kind](body)
    if not key:
        raise Unreadable(f"a {kind} without a key")
    status = str(body.get("Status") or body.get("ContactStatus") or "ACTIVE")
    return ReferenceItem(
        kind=kind,
        external_id=key,
        name=str(body.get("Name") or body.get("Description") or key),
        active=status == "ACTIVE",
        facts=_FACTS[kind](body),
        body=body,
        deleted=status == "DELETED",
    )


def account_key(body: Body) -> str:
    return str(body.get("Code") or body.get("AccountID") or "")


_KEYS: Mapping[str, Callable[[Body], str]] = {
    "account": account_key,
    "tax_code": lambda body: str(body.get("TaxType") or ""),
    "currency": lambda body: str(body.get("Code") or ""),
    "item": lambda body: str(body.get("Code") or ""),
    "customer": lambda body: str(body.get("ContactID") or ""),
}


def _account_facts(body: Body) -> dict[str, Any]:
    """`system` accounts are moved by Xero itself; `payments` says whether a payment may go into it."""
    native, duty = str(body.get("Type") or ""), str(body.get("SystemAccount") or "")
    card = native == "BANK" and body.get("BankAccountType") == "CREDITCARD"
    kind = _DUTIES.get(duty) or (AccountType.CREDIT_CARD if card else TYPES.get(native))
    return {
        "type": str(kind or native),
        "native_type": native,
        "subtype": duty,
        "system": bool(duty),
        "payments": native == "BANK" or body.get("EnablePaymentsToAccount") is True,
        "number": str(body.get("Code") or ""),
        "currency": str(body.get("CurrencyCode") or ""),
        "tax_code": str(body.get("TaxType") or ""),
        "classification": str(body.get("Class") or ""),
        "short_name": str(body.get("Name") or ""),
        "id": str(body.get("AccountID") or ""),
        **({"every_currency": True} if duty in _DUTIES else {}),
    }


def _tax_facts(body: Body) -> dict[str, Any]:
    """Percent on sales and on purchases as decimal text; "" where the type does not serve that side of the return."""
    rate = format(fields.decimal(body.get("EffectiveRate")).normalize(), "f")
    report = str(body.get("ReportTaxType") or "")
    outside = str(body.get("TaxType")) in fields.UNTAXED
    sides = {"sales": body.get("CanApplyToRevenue") is True, "purchase": body.get("CanApplyToExpenses") is True}
    if "INPUT" in report or "EXPENSE" in report:
        sides["sales"] = False
    elif "OUTPUT" in report:
        sides["purchase"] = False
    return {
        **{f"{side}_rate": rate if serves and not outside else "" for side, serves in sides.items()},
        "report": report,
        "description": str(body.get("Name") or ""),
        "fits": [
            name.removeprefix("CanApplyTo").upper() for name, can in body.items() if name.startswith("CanApplyTo") and can is True
        ],
    }


def _item_facts(body: Body) -> dict[str, Any]:
    """`account` is the income account a sale of it books to where the line names none."""
    sales = body.get("SalesDetails") or {}
    tracked = body.get("IsTrackedAsInventory") is True
    return {
        "type": "Inventory" if tracked else "NonInventory",
        "sku": str(body.get("Code") or ""),
        "account": str(sales.get("AccountCode") or ""),
        "short_name": str(body.get("Name") or ""),
        "sold": body.get("IsSold") is not False,
        **({"on_hand": format(fields.decimal(body.get("QuantityOnHand")), "f")} if tracked else {}),
    }


def _customer_facts(body: Body) -> dict[str, Any]:
    addresses: Sequence[Body] = body.get("Addresses") or ()
    address: Body = next((row for row in addresses if row.get("AddressLine1") or row.get("City")), {})
    return {
        "email": str(body.get("EmailAddress") or ""),
        "currency": str(body.get("DefaultCurrency") or ""),
        "company": str(body.get("Name") or ""),
        "number": str(body.get("ContactNumber") or ""),
        "address": [str(value) for name, value in address.items() if value and name not in ("AddressType", "AttentionTo")],
    }


_FACTS: Mapping[str, Callable[[Body], dict[str, Any]]] = {
    "account": _account_facts,
    "tax_code": _tax_facts,
    "currency": lambda body: {},
    "item": _item_facts,
    "customer": _customer_facts,
}


def _options(kind: str, categories: Sequence[Body]) -> list[ReferenceItem]:
    """The options of the first tracking category are our classes, those of the second our departments."""
    active = sorted((row for row in categories if row.get("Status", "ACTIVE") == "ACTIVE"), key=lambda row: str(row.get("Name")))
    place = DIMENSIONS.index(kind)
    found = []
    for category in active[place : place + 1]:
        for option in category.get("Options") or ():
            name, label = text(category, "Name"), text(option, "Name")
            key = fields.option_key(name, label)
            if len(key) > KEY_LIMIT:
                continue
            status = str(option.get("Status") or "ACTIVE")
            facts = {"category": name, "category_id": str(category.get("TrackingCategoryID") or "")}
            found.append(ReferenceItem(kind, key, f"{name}: {label}", status == "ACTIVE", facts, option, status == "DELETED"))
    return found
