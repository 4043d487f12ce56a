"""InventoryAdjustment, Bill, Check: goods counted or bought, and money spent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sandbox.quickbooks_desktop import status
from sandbox.quickbooks_desktop.company import Stored, reference
from sandbox.quickbooks_desktop.entry import PAYABLE, Entry, amount
from sandbox.quickbooks_desktop.money import ZERO, cents, shown
from sandbox.quickbooks_desktop.read import Body
from sandbox.quickbooks_desktop.sales import average_cost

_FROM: Final = ("Bank",)


def adjustment(entry: Entry) -> None:
    """Quantity and value of inventory items corrected against an account, usually of adjustments."""
    company = entry.company
    against = company.account(entry.body, "AccountRef", entry.kind)
    if not company.has("inventory"):
        raise status.feature_off("inventory")
    if not entry.lines:
        raise status.missing("InventoryAdjustmentLineAdd")
    for line in entry.lines:
        item = company.need(line["ItemRef"]["ListID"])
        if item.kind != "ItemInventory":
            raise status.invalid("ItemRef", f'"{item.name}" is not an inventory item.')
        quantity, value = _difference(entry, line, item)
        entry.effects.stock.append((item.id, quantity, value))
        entry.post_home(company.need(item.body["AssetAccountRef"]["ListID"]), value, item.name)
        entry.post_home(against, -value, item.name)


def _difference(entry: Entry, line: Body, item: Stored) -> tuple[Decimal, Decimal]:
    """(quantity, value) of the change. A count alone is valued at average cost."""
    cost = average_cost(entry, item)
    held, worth = entry.company.stock(item.id)
    asked = line.pop("QuantityAdjustment", None) or line.pop("ValueAdjustment", None) or line
    if "NewQuantity" in asked:
        quantity = Decimal(asked["NewQuantity"]) - held
    else:
        quantity = Decimal(asked.get("QuantityDifference", "0"))
    if "NewValue" in asked:
        value = cents(Decimal(asked["NewValue"])) - worth
    elif "ValueDifference" in asked:
        value = cents(Decimal(asked["ValueDifference"]))
    else:
        value = cents(quantity * cost)
    line |= {"QuantityDifference": shown(quantity), "ValueDifference": str(value)}
    return quantity, value


def bill(entry: Entry) -> None:
    company = entry.company
    vendor = company.need(entry.body["VendorRef"]["ListID"], "Vendor")
    entry.trade_in((vendor.body.get("CurrencyRef") or {}).get("FullName"))
    if company.refer(entry.body, "APAccountRef", entry.kind) is None:
        of = (a for a in company.all("Account", "AND active = 1") if a.body["AccountType"] == PAYABLE)
        found = next((a for a in of if a.body.get("CurrencyRef", {}).get("FullName", company.home) == entry.currency), None)
        entry.body["APAccountRef"] = reference(found or company.special("AccountsPayable"))
    against = company.account(entry.body, "APAccountRef", entry.kind, (PAYABLE,))
    total = _spent(entry)
    entry.body.setdefault("DueDate", entry.body["TxnDate"])
    entry.lead(against, -total, vendor)
    entry.total("AmountDue", total)


def check(entry: Entry) -> None:
    source = entry.company.account(entry.body, "AccountRef", entry.kind, _FROM)
    entry.trade_in(source.body.get("CurrencyRef", {}).get("FullName"))
    total = _spent(entry)
    entry.lead(source, -total)
    entry.total("Amount", total)


def _spent(entry: Entry) -> Decimal:
    """Expense and item lines; not below zero as a whole (3210)."""
    if not entry.lines:
        raise status.missing("ExpenseLineAdd")
    total = sum((_bought(entry, line) if line["tag"] == "ItemLine" else _expense(entry, line) for line in entry.lines), ZERO)
    if total < 0:
        raise status.invalid("Amount", "the total cannot be negative.")
    return total


def _expense(entry: Entry, line: Body) -> Decimal:
    account = entry.company.account(line, "AccountRef", entry.kind)
    value = amount(line)
    line["Amount"] = str(value)
    party = entry.party_of(account, "CustomerRef", line) if account.body["AccountType"] != PAYABLE else _payee(entry)
    entry.post(account, value, party, line.get("Memo", ""))
    return value


def _payee(entry: Entry) -> Stored:
    """A check on accounts payable pays down what its payee, a vendor, is owed."""
    ref = entry.body.get("PayeeEntityRef") or entry.body.get("VendorRef")
    vendor = entry.company.find(ref["ListID"], "Vendor") if ref else None
    if vendor is None:
        raise status.invalid("PayeeEntityRef", "a line on accounts payable needs a vendor.")
    return vendor


def _bought(entry: Entry, line: Body) -> Decimal:
    if not line.get("ItemRef"):
        raise status.missing("ItemRef")
    item = entry.company.need(line["ItemRef"]["ListID"])
    quantity = Decimal(line.get("Quantity", "1"))
    value = cents(Decimal(line["Amount"]) if "Amount" in line else Decimal(line.get("Cost", "0")) * quantity)
    line |= {"Amount": str(value), "Quantity": shown(quantity)}
    if item.kind == "ItemInventory":
        at_home = cents(value * entry.rate)
        entry.effects.stock.append((item.id, quantity, at_home))
        entry.post(entry.company.need(item.body["AssetAccountRef"]["ListID"]), value, memo=item.name)
        return value
    inner = item.body.get("SalesAndPurchase", {}).get("ExpenseAccountRef") or item.body.get("SalesOrPurchase", {}).get(
        "AccountRef"
    )
    if not inner:
        raise status.Refusal(3270, f'Missing posting account: the item "{item.name}" has no expense account.')
    entry.post(entry.company.need(inner["ListID"], "Account"), value, memo=item.name)
    return value
