"""The rules of list objects: names, parents, accounts of items, opening quantities, what may be taken out."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sandbox.quickbooks_desktop import status
from sandbox.quickbooks_desktop.company import Company, Stored, reference
from sandbox.quickbooks_desktop.kinds import ITEMS, NESTED
from sandbox.quickbooks_desktop.money import ZERO
from sandbox.quickbooks_desktop.read import Body

CREDIT_NORMAL: Final = frozenset(
    {"AccountsPayable", "CreditCard", "OtherCurrentLiability", "LongTermLiability", "Equity", "Income", "OtherIncome"}
)
BALANCE_SHEET: Final = frozenset(
    {
        "AccountsPayable", "AccountsReceivable", "Bank", "CreditCard", "Equity", "FixedAsset", "LongTermLiability", "OtherAsset",
        "OtherCurrentAsset", "OtherCurrentLiability",
    }
)  # fmt: skip
_OWN_CURRENCY: Final = frozenset({"Bank", "CreditCard", "AccountsReceivable", "AccountsPayable"})
_DEEPEST: Final = 4
_GOODS: Final = {"IncomeAccountRef": ("Income", "OtherIncome", "Expense", "OtherExpense"),
                 "COGSAccountRef": ("CostOfGoodsSold", "Expense"), "AssetAccountRef": ("OtherCurrentAsset",)}  # fmt: skip


def prepare(company: Company, kind: str, body: Body, old: Stored | None) -> Body:
    """A checked list object with what QuickBooks derives."""
    name = body.get("Name", "")
    if not name:
        raise status.missing("Name")
    if ":" in name:
        raise status.Refusal(3090, f'There was an error when storing "{name}" in the "Name" field: a name takes no colon.')
    body.setdefault("IsActive", "true")
    parent = company.refer(body, "ParentRef", kind) if kind in NESTED else None
    body |= full_name(body, kind, parent)
    if int(body.get("Sublevel", 0)) > _DEEPEST or (old and parent and parent.id == old.id):
        raise status.invalid("ParentRef", "it is nested too deep.")
    if "CurrencyRef" in body and not company.has("multicurrency"):
        raise status.feature_off("multiple currencies")
    for ref in [ref for ref in body if ref.endswith("Ref") and ref != "ParentRef"]:
        company.refer(body, ref, kind)
    _currency(company, kind, body)
    if kind == "Account":
        _account(company, body, parent, old)
    elif kind in ITEMS:
        _item(company, kind, body)
    return body


def full_name(body: Body, kind: str, parent: Stored | None) -> Body:
    """FullName and Sublevel of an object that may have a parent."""
    if kind not in NESTED:
        return {}
    if parent is None:
        return {"FullName": body["Name"], "Sublevel": "0"}
    return {"FullName": f"{parent.name}:{body['Name']}", "Sublevel": str(int(parent.body["Sublevel"]) + 1)}


def _currency(company: Company, kind: str, body: Body) -> None:
    """What has a currency of its own is in the home currency unless it says otherwise."""
    if company.has("multicurrency") and (kind in ("Customer", "Vendor") or body.get("AccountType") in _OWN_CURRENCY):
        home = company.named(("Currency",), company.home)
        if home:
            body.setdefault("CurrencyRef", reference(home))


def _account(company: Company, body: Body, parent: Stored | None, old: Stored | None) -> None:
    if parent and parent.body["AccountType"] != body["AccountType"]:
        raise status.invalid("ParentRef", "a sub-account has the type of its parent.")
    if body["AccountType"] == "NonPosting":
        raise status.invalid("AccountType", "QuickBooks makes non-posting accounts itself.")
    number = body.get("AccountNumber")
    others = [a for a in company.all("Account") if a.body.get("AccountNumber") == number] if number else []
    if any(old is None or a.id != old.id for a in others):
        raise status.Refusal(3100, f'The name "{number}" of the list element is already in use.')


def _item(company: Company, kind: str, body: Body) -> None:
    if kind == "ItemInventory":
        if not company.has("inventory"):
            raise status.feature_off("inventory")
        for name, types in _GOODS.items():
            company.account(body, name, kind, types)
    for inner in (body.get("SalesOrPurchase"), body.get("SalesAndPurchase")):
        for name in [name for name in inner or {} if name.endswith("Ref")]:
            company.refer(inner or {}, name, kind)
    if kind in ("ItemService", "ItemNonInventory", "ItemOtherCharge"):
        part = body.get("SalesAndPurchase") or body.get("SalesOrPurchase") or {}
        name = "IncomeAccountRef" if "SalesAndPurchase" in body else "AccountRef"
        company.account(part, name, kind)


def opening(company: Company, item: Stored, body: Body) -> Body | None:
    """The adjustment that brings a new item's first goods into the books, against opening balance equity."""
    quantity = Decimal(body.get("QuantityOnHand", "0"))
    if not quantity:
        return None
    cost = Decimal(body.get("PurchaseCost", "0")) * quantity
    line = {
        "tag": "InventoryAdjustmentLine", "ItemRef": reference(item), "QuantityDifference": str(quantity),
        "ValueDifference": body.get("TotalValue", f"{cost:.2f}"),
    }  # fmt: skip
    equity = reference(company.special("OpeningBalanceEquity"))
    day = body.get("InventoryDate", company.today)
    return {"TxnDate": day, "AccountRef": equity, "Memo": f"{item.name} opening balance", "lines": [line]}


def check_unused(company: Company, stored: Stored) -> None:
    """3160: a list object that transactions, balances or other objects use stays."""
    if stored.body.get("SpecialAccountType") or _used(company, stored):
        raise status.Refusal(3160, f'The object "{stored.name}" is in use and cannot be deleted.')


def _used(company: Company, stored: Stored) -> bool:
    row = company.conn.execute(
        "SELECT 1 FROM qbd_object WHERE file = ? AND deleted = 0 AND id <> ? AND instr(body, ?) LIMIT 1",
        (company.file, stored.id, f'"{stored.id}"'),
    ).fetchone()
    return row is not None


def rename_children(company: Company, stored: Stored) -> None:
    """Full names below an object follow it."""
    for child in company.all(stored.kind):
        if child.body.get("ParentRef", {}).get("ListID") == stored.id:
            body = {**child.body, "ParentRef": reference(stored)}
            rename_children(company, company.replace(child, body | full_name(body, stored.kind, stored)))


def balance(company: Company, account: Stored) -> Decimal:
    """As an account shows it: on its normal side, and zero off the balance sheet."""
    kind = account.body["AccountType"]
    if kind not in BALANCE_SHEET:
        return ZERO
    own = account.body.get("CurrencyRef", {}).get("FullName", company.home) != company.home
    total = company.sum("own" if own else "home", "account = ?", account.id)
    return -total if kind in CREDIT_NORMAL else total
