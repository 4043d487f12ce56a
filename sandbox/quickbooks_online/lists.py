"""The rules of list objects: people, items, classes, locations, terms, currencies, and the two settings objects."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from sandbox.quickbooks_online import accounts, faults
from sandbox.quickbooks_online.company import Body, Company, Stored
from sandbox.quickbooks_online.kinds import KINDS, PEOPLE
from sandbox.quickbooks_online.money import ZERO

Prepare = Callable[[Company, Body, Stored | None], Body]
_NAMES: Final = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_FORBIDDEN: Final = (":", "\t", "\n", "\r")


def person(kind: str) -> Prepare:
    """Customer, Vendor or Employee: one name space for all three."""

    def prepare(company: Company, body: Body, old: Stored | None) -> Body:
        name = body.get("DisplayName") or " ".join(body[part] for part in _NAMES if body.get(part))
        if not name:
            raise faults.missing("DisplayName")
        if any(mark in name for mark in _FORBIDDEN):
            raise faults.business("Names may not contain a colon, a tab or a line break.", "DisplayName")
        _check_free(company, kind, name, old)
        body = {"Active": True, **body, "DisplayName": name}
        body.setdefault("PrintOnCheckName", body.get("CompanyName") or name)
        if old and not body["Active"] and company.party_balance(kind, old.id):
            raise faults.business("Customers and vendors with a balance cannot be made inactive.")
        return _with_currency(company, kind, body, old)

    return prepare


def _check_free(company: Company, kind: str, name: str, old: Stored | None) -> None:
    for other_kind in PEOPLE:
        other = company.labelled(other_kind, name)
        if other and not (old and other_kind == kind and other.id == old.id):
            raise faults.duplicate_name(f"Another {other_kind.lower()} is already using this name. Please use a different name.")


def _with_currency(company: Company, kind: str, body: Body, old: Stored | None) -> Body:
    if kind == "Employee":
        return body
    code = body.get("CurrencyRef", {}).get("value") or (old.body["CurrencyRef"]["value"] if old else company.home)
    accounts.check_currency(company, code)
    if old and old.body["CurrencyRef"]["value"] != code:
        raise faults.business("The currency of a customer or vendor cannot be changed.", "CurrencyRef")
    if kind == "Customer":
        body.setdefault("Taxable", False)
        body.setdefault("FullyQualifiedName", body["DisplayName"])
    return {**body, "CurrencyRef": accounts.currency_ref(code)}


def item(company: Company, body: Body, old: Stored | None) -> Body:
    """An Item; inventory items need three accounts, a start date and a first quantity."""
    name = _unique_label(company, "Item", body, old)
    if ":" in name:
        raise faults.business("An item name may not contain a colon.", "Name")
    body = {"Active": True, "Type": "Service", **body, "FullyQualifiedName": name}
    for field, types in _ITEM_ACCOUNTS.items():
        if body.get(field):
            free = field == "IncomeAccountRef" and body["Type"] != "Inventory"
            _item_account(company, body, field, _SELLS_INTO if free else types)
    if body["Type"] == "Inventory":
        return _stocked(body, old)
    if not body.get("IncomeAccountRef") and not body.get("ExpenseAccountRef") and body["Type"] in ("Service", "NonInventory"):
        raise faults.missing("IncomeAccountRef")
    body.pop("QtyOnHand", None)
    return {"UnitPrice": ZERO, "TrackQtyOnHand": False, **body}


# What is sold without stock may book elsewhere than to income: deposits taken and tax collected are liabilities.
_SELLS_INTO: Final = (
    "Income", "Other Income", "Other Current Liability", "Long Term Liability", "Other Current Asset", "Equity",
    "Cost of Goods Sold", "Expense", "Other Expense",
)  # fmt: skip
_ITEM_ACCOUNTS: Final = {
    "IncomeAccountRef": ("Income", "Other Income"),
    "ExpenseAccountRef": ("Cost of Goods Sold", "Expense", "Other Expense"),
    "AssetAccountRef": ("Other Current Asset",),
}


def _item_account(company: Company, body: Body, field: str, types: tuple[str, ...]) -> None:
    account = company.need("Account", body[field], field)
    if account.body["AccountType"] not in types:
        raise faults.bad_account(f"{field} must be of type {' or '.join(types)}", field)
    body[field] = company.refer(account)


def _stocked(body: Body, old: Stored | None) -> Body:
    for field in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef", "InvStartDate"):
        if not body.get(field):
            raise faults.missing(field)
    if old and old.body["Type"] != "Inventory":
        raise faults.business("The type of an item cannot be changed to Inventory.", "Type")
    if not old and "QtyOnHand" not in body:
        raise faults.missing("QtyOnHand")
    return {"UnitPrice": ZERO, "PurchaseCost": ZERO, "QtyOnHand": Decimal(0), **body, "TrackQtyOnHand": True}


def nested(kind: str, flag: str) -> Prepare:
    """Class or Department: a name under an optional parent."""

    def prepare(company: Company, body: Body, old: Stored | None) -> Body:
        name = _unique_label(company, kind, body, old)
        full = name
        if body.get("ParentRef"):
            full = f"{company.need(kind, body['ParentRef'], 'ParentRef').body['FullyQualifiedName']}:{name}"
        return {"Active": True, **body, flag: bool(body.get("ParentRef")), "FullyQualifiedName": full}

    return prepare


def plain(kind: str) -> Prepare:
    """Term, PaymentMethod, TaxAgency: a unique name."""

    def prepare(company: Company, body: Body, old: Stored | None) -> Body:
        _unique_label(company, kind, body, old)
        return body if kind == "TaxAgency" else {"Active": True, **body}

    return prepare


def _unique_label(company: Company, kind: str, body: Body, old: Stored | None) -> str:
    label = KINDS[kind].label
    name: str = body.get(label) or ""
    if not name:
        raise faults.missing(label)
    other = company.labelled(kind, name)
    if other and not (old and other.id == old.id):
        raise faults.duplicate_name(f"Another {kind.lower()} is already using this name. Please use a different name.")
    return name


def currency(company: Company, body: Body, old: Stored | None) -> Body:
    """CompanyCurrency: a currency the company trades in besides its own."""
    if not company.multicurrency:
        raise faults.business("Multi Currency should be enabled to perform this operation.")
    code = _unique_label(company, "CompanyCurrency", body, old)
    if code not in accounts.CURRENCIES:
        raise faults.bad_value("Code", code)
    return {"Active": True, "Name": accounts.CURRENCIES[code], **body}


def preferences(company: Company, body: Body, old: Stored | None) -> Body:
    """Settings; whether a company trades in several currencies can't be changed from outside."""
    before = old.body if old else {}
    merged = {**before, **{group: {**before.get(group, {}), **value} for group, value in body.items() if isinstance(value, dict)}}
    if before and merged.get("CurrencyPrefs") != before.get("CurrencyPrefs"):
        raise faults.business("Multicurrency can only be turned on inside QuickBooks.", "CurrencyPrefs")
    return merged


def company_info(company: Company, body: Body, old: Stored | None) -> Body:
    if not body.get("CompanyName"):
        raise faults.missing("CompanyName")
    return body


RULES: Final[dict[str, Prepare]] = {
    "Account": accounts.prepare,
    **{kind: person(kind) for kind in PEOPLE},
    "Item": item,
    "Class": nested("Class", "SubClass"),
    "Department": nested("Department", "SubDepartment"),
    **{kind: plain(kind) for kind in ("Term", "PaymentMethod", "TaxAgency")},
    "CompanyCurrency": currency,
    "Preferences": preferences,
    "CompanyInfo": company_info,
}
