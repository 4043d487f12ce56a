"""The company and its reference data, as KashFlow states them. Pure.

A nominal's place in the reports (its classification) says little more than whether it is an income or a cost, so that
the rest of its type follows from its code: KashFlow's own chart keeps current assets below 2000, liabilities from 2100
and capital from 3000, and new accounts are given codes that keep to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from canonical.accounting import AccountType
from connections.contracts import CompanyFacts, ReferenceItem

from .fields import ZERO, Body, amount_of, id_of, rate_key

# KashFlow's own control accounts (its standard chart): it writes to them itself and lets nobody else.
DEBTORS, CREDITORS = 1100, 2100
_CONTROL = {
    DEBTORS: AccountType.RECEIVABLE,
    CREDITORS: AccountType.PAYABLE,
    2200: AccountType.OTHER_CURRENT_LIABILITY,
    2201: AccountType.OTHER_CURRENT_LIABILITY,
}
KINDS = ("account", "tax_code", "item", "customer", "supplier", "currency", "company")


@dataclass(frozen=True, slots=True)
class Block:
    """Where accounts of a type are kept: classification (place in the reports), list in the program, codes."""

    classification: int
    nomtype: int
    codes: range


# Classifications and lists as KashFlow's page on InsertNominalCode numbers them.
BLOCKS: Mapping[AccountType, Block] = {
    AccountType.OTHER_INCOME: Block(1, 1, range(4900, 5000)),
    AccountType.INCOME: Block(1, 1, range(4000, 4900)),
    AccountType.COST_OF_GOODS_SOLD: Block(2, 2, range(5000, 6000)),
    AccountType.OTHER_EXPENSE: Block(3, 2, range(8000, 9000)),
    AccountType.EXPENSE: Block(3, 2, range(6000, 8000)),
    AccountType.FIXED_ASSET: Block(4, 2, range(10, 1000)),
    AccountType.OTHER_CURRENT_LIABILITY: Block(5, 3, range(2110, 2300)),
    AccountType.LONG_TERM_LIABILITY: Block(5, 3, range(2300, 3000)),
    AccountType.OTHER_CURRENT_ASSET: Block(5, 3, range(1001, 2000)),
    AccountType.EQUITY: Block(6, 3, range(3000, 4000)),
}
_OTHERWISE = {
    1: AccountType.INCOME,
    2: AccountType.COST_OF_GOODS_SOLD,
    3: AccountType.EXPENSE,
    4: AccountType.FIXED_ASSET,
    5: AccountType.OTHER_CURRENT_ASSET,
    6: AccountType.EQUITY,
}


def type_of(classification: int, code: int) -> AccountType:
    """The type of a nominal, in the words of all ledgers."""
    if code in _CONTROL:
        return _CONTROL[code]
    for kind, block in BLOCKS.items():
        if block.classification == classification and code in block.codes:
            return kind
    return _OTHERWISE.get(classification, AccountType.OTHER_CURRENT_ASSET)


# ------------------------------------------------------------------ the company


def company(details: Body, currencies: list[Body], closed: date | None, country: str) -> CompanyFacts:
    """What decides how documents are written. Raises Unreadable."""
    home = next((str(row.get("CurrencyCode") or "") for row in currencies if row.get("isDefault")), "")
    return CompanyFacts(
        home_currency=home or "GBP",
        country=country or "GB",
        multicurrency=len(currencies) > 1,
        custom_numbers=True,
        close_date=closed,
        sales_tax="codes" if str(details.get("VatRegistered") or "").casefold() in ("1", "true", "yes") else "",
        name=str(details.get("CompanyName") or ""),
    )


def closed_until(periods: Any) -> date | None:
    """The last day of the last accounting period that was closed; None where there is none. Dates: `YYYY-MM-DD ...`."""
    ends = (
        [str(each.get("EndDate") or "")[:10] for each in periods if isinstance(each, Mapping)]
        if isinstance(periods, list)
        else []
    )
    days = [date.fromisoformat(end) for end in ends if _is_day(end)]
    return max(days, default=None)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# ------------------------------------------------------------------ lists


def account(row: Body, banks: Mapping[int, Body]) -> ReferenceItem:
    """A nominal; the one of a bank account bears that account's id too. `banks` by code. Raises Unreadable."""
    own, code = id_of(row, "id"), id_of(row, "Code")
    bank = banks.get(code)
    kind = AccountType.BANK if bank else type_of(id_of(row, "TypeID"), code)
    facts = {
        "type": str(kind),
        "native_type": str(row.get("TypeName") or ""),
        "number": str(code),
        "short_name": str(row.get("Name") or ""),
        "currency": "",
        **({"system": True} if code in _CONTROL else {}),
    }
    name = str((bank or {}).get("AccountName") or row.get("Name") or code)
    key = f"{own}/{bank['AccountID']}" if bank else str(own)
    return ReferenceItem("account", key, name, not row.get("Archived"), facts, _body(row))


def tax_code(row: Body) -> ReferenceItem:
    """A VAT rate by its percent; what is no matter of VAT (-1) counts as 0 %."""
    rate = amount_of(row, "Value")
    percent = rate_key(max(rate, ZERO))
    name = str(row.get("Name") or "")
    facts = {"sales_rate": percent, "purchase_rate": percent, "taxable": rate >= 0, "hidden": False, "description": name}
    label = name if rate < 0 else f"{name} {percent}%"
    return ReferenceItem("tax_code", rate_key(rate), label, True, facts, _body(row))


def item(row: Body) -> ReferenceItem:
    facts = {
        "type": "Product",
        "sku": str(row.get("Code") or ""),
        "account": str(id_of(row, "ParentID")),
        "price": str(amount_of(row, "Price")),
        "tracked": bool(row.get("Managed")),
        "quantity": int(row.get("QtyInStock") or 0),
        "short_name": str(row.get("Name") or ""),
    }
    return ReferenceItem("item", str(id_of(row, "id")), str(row.get("Name") or ""), True, facts, _body(row))


def party(kind: str, row: Body, currencies: Mapping[int, str]) -> ReferenceItem:
    """A customer or supplier. `currencies`: codes by id."""
    facts = {
        "email": str(row.get("Email") or ""),
        "currency": currencies.get(int(row.get("CurrencyID") or 0), ""),
        "company": "",
        "code": str(row.get("Code") or ""),
    }
    own = id_of(row, "CustomerID" if kind == "customer" else "SupplierID")
    return ReferenceItem(kind, str(own), str(row.get("Name") or ""), True, facts, _body(row))


def currency(row: Body) -> ReferenceItem:
    code = str(row.get("CurrencyCode") or "")
    return ReferenceItem("currency", code, code, True, {"home": bool(row.get("isDefault"))}, _body(row))


def company_item(details: Body) -> ReferenceItem:
    facts = {"vat_number": str(details.get("VatRegistrationNumber") or "")}
    return ReferenceItem("company", "1", str(details.get("CompanyName") or ""), True, facts, _body(details))


def _body(row: Body) -> dict[str, Any]:
    """Kept as JSON: amounts as text, and nothing that changes with every posting."""
    return {name: value if isinstance(value, (int, str, bool)) else str(value) for name, value in row.items()
            if value is not None and name not in ("debit", "credit", "balance")}  # fmt: skip
