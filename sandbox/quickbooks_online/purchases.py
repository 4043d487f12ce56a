"""The buying side, and what moves only inside: Bill, Purchase, PurchaseOrder, Transfer, InventoryAdjustment."""

from __future__ import annotations

from decimal import Decimal

from sandbox.quickbooks_online import faults, tax
from sandbox.quickbooks_online.company import Body, Stored
from sandbox.quickbooks_online.entry import PAYABLE, Entry, Row, party_of
from sandbox.quickbooks_online.kinds import PEOPLE
from sandbox.quickbooks_online.money import ZERO, rounded
from sandbox.quickbooks_online.sales import item_of, need_code, priced

_PAY_FROM = {"Cash": ("Bank", "Other Current Asset"), "Check": ("Bank",), "CreditCard": ("Credit Card",)}


def bill(entry: Entry) -> None:
    vendor = _vendor(entry)
    payable = _payable(entry)
    total = -_expense_rows(entry, sign=-1, stock=1)
    entry.post(payable, -total, ("Vendor", vendor.id))
    entry.body["APAccountRef"] = entry.company.refer(payable)
    entry.body.setdefault("DueDate", entry.body["TxnDate"])
    entry.total(total)


def _vendor(entry: Entry) -> Stored:
    vendor = entry.company.need("Vendor", entry.body.get("VendorRef"), "VendorRef")
    entry.body["VendorRef"] = entry.company.refer(vendor)
    entry.trade_in(vendor.body["CurrencyRef"]["value"])
    return vendor


def _payable(entry: Entry) -> Stored:
    if entry.body.get("APAccountRef"):
        return entry.account(entry.body["APAccountRef"], "APAccountRef", (PAYABLE,))
    for account in entry.company.all("Account", "AND active = 1"):
        if account.body["AccountType"] == PAYABLE and account.body["CurrencyRef"]["value"] == entry.currency:
            return account
    raise faults.business(f"The company has no accounts payable account in {entry.currency}.")


def purchase(entry: Entry) -> None:
    """An expense paid at once; `Credit` turns it into money back."""
    if "PaymentType" not in entry.body:
        raise faults.missing("PaymentType")
    paid_from = entry.account(entry.body.get("AccountRef"), "AccountRef", _PAY_FROM[entry.body["PaymentType"]])
    entry.body["AccountRef"] = entry.company.refer(paid_from)
    entry.trade_in(paid_from.body["CurrencyRef"]["value"])
    _payee(entry)
    sign = 1 if entry.body.get("Credit") else -1
    signed = _expense_rows(entry, sign, stock=-sign)
    entry.post(paid_from, signed)
    entry.body.setdefault("Credit", False)
    entry.total(abs(signed))


def _payee(entry: Entry) -> None:
    ref = entry.body.get("EntityRef")
    if ref:
        kind = str(ref.get("type") or "Vendor").capitalize()
        if kind not in PEOPLE:
            raise faults.bad_value("EntityRef", kind)
        entry.body["EntityRef"] = entry.company.refer(entry.company.need(kind, ref, "EntityRef"), type=kind)


def _expense_rows(entry: Entry, sign: int, stock: int) -> Decimal:
    """Check and post all lines; returns their gross with `sign` (credit positive)."""
    lines = entry.body.get("Line", [])
    if not lines:
        raise faults.missing("Line")
    entry.number_lines(first=1)
    rows = [_row(entry, line, sign, stock) for line in lines if line.get("DetailType") != "DescriptionOnly"]
    all_tax = entry.settle(rows, sign)
    return sum((sign * row.part.net for row in rows), ZERO) + all_tax


def _row(entry: Entry, line: Body, sign: int, stock: int) -> Row:
    match line.get("DetailType"):
        case "AccountBasedExpenseLineDetail":
            return _by_account(entry, line, sign)
        case "ItemBasedExpenseLineDetail":
            return _by_item(entry, line, sign, stock)
    raise faults.bad_value("DetailType", line.get("DetailType"))


def _by_account(entry: Entry, line: Body, sign: int) -> Row:
    detail = line.setdefault("AccountBasedExpenseLineDetail", {})
    account = entry.account(detail.get("AccountRef"))
    detail["AccountRef"] = entry.company.refer(account)
    party = party_of(account, None, detail.get("CustomerRef"), entry.company)
    if detail.get("CustomerRef"):
        detail["CustomerRef"] = entry.company.named("Customer", detail["CustomerRef"], "CustomerRef")
    return _taxed(entry, line, detail, account, entry.amount(line.get("Amount")), sign, party)


def _by_item(entry: Entry, line: Body, sign: int, stock: int) -> Row:
    detail = line.setdefault("ItemBasedExpenseLineDetail", {})
    if not detail.get("ItemRef"):
        raise faults.missing("ItemRef")
    item = item_of(entry, detail, "")
    amount = priced(entry, line, detail)
    stocked = item.body["Type"] == "Inventory"
    account = entry.account(item.body.get("AssetAccountRef" if stocked else "ExpenseAccountRef"), "ItemRef")
    if stocked and entry.kind != "PurchaseOrder":
        entry.effects.stock.append((item.id, stock * detail.get("Qty", Decimal(1))))
    return _taxed(entry, line, detail, account, amount, sign, None)


def _taxed(
    entry: Entry, line: Body, detail: Body, account: Stored, amount: Decimal, sign: int, party: tuple[str, str] | None
) -> Row:
    if not tax.applies(entry.company):
        detail.setdefault("TaxCodeRef", {"value": "NON"})
        part = tax.Taxed(amount, ZERO, sign)
    else:
        need_code(entry, detail)
        part = tax.on_line(entry.company, detail, amount, "Purchase", entry.model, sign, entry.currency)
        if entry.model == tax.INCLUSIVE and part.rate:
            detail["TaxInclusiveAmt"] = part.gross
    detail.setdefault("BillableStatus", "NotBillable")
    line["Amount"] = part.net
    return Row(line, account, part, party)


def purchase_order(entry: Entry) -> None:
    """An order to a supplier: a document, nothing in the books yet."""
    _vendor(entry)
    payable = _payable(entry)
    total = -_expense_rows(entry, sign=-1, stock=0)
    entry.effects.postings.clear()
    entry.body["APAccountRef"] = entry.company.refer(payable)
    entry.body.setdefault("POStatus", "Open")
    entry.total(total)


def transfer(entry: Entry) -> None:
    """Money from one balance sheet account to another."""
    source = entry.account(entry.body.get("FromAccountRef"), "FromAccountRef")
    target = entry.account(entry.body.get("ToAccountRef"), "ToAccountRef")
    if source.id == target.id:
        raise faults.business("A transfer needs two different accounts.", "ToAccountRef")
    for account in (source, target):
        if account.body["Classification"] in ("Revenue", "Expense"):
            raise faults.bad_account(f"{account.body['Name']} is not a balance sheet account", "FromAccountRef")
    currencies = {account.body["CurrencyRef"]["value"] for account in (source, target)} - {entry.company.home}
    entry.trade_in(currencies.pop() if len(currencies) == 1 else None)
    amount = entry.amount(entry.body.get("Amount"))
    entry.body |= {"FromAccountRef": entry.company.refer(source), "ToAccountRef": entry.company.refer(target), "Amount": amount}
    entry.post(source, -amount)
    entry.post(target, amount)


def inventory_adjustment(entry: Entry) -> None:
    """A count that differs from the books; offered in the United States only."""
    if entry.company.country != "US":
        raise faults.fault(
            "5020", "Permission Denied Error", "Permission Denied Error : This feature is not part of the company's plan."
        )
    against = entry.account(entry.body.get("AdjustAccountRef"), "AdjustAccountRef")
    entry.body["AdjustAccountRef"] = entry.company.refer(against)
    entry.trade_in()
    if not entry.body.get("Line"):
        raise faults.missing("Line")
    entry.number_lines(first=1)
    for line in entry.body["Line"]:
        _adjust(entry, line, against)


def _adjust(entry: Entry, line: Body, against: Stored) -> None:
    detail = line.get("ItemAdjustmentLineDetail") or {}
    item = entry.company.need("Item", detail.get("ItemRef"), "ItemRef")
    if item.body["Type"] != "Inventory":
        raise faults.business("Only inventory items can be adjusted.", "ItemRef")
    if "QtyDiff" not in detail:
        raise faults.missing("QtyDiff")
    detail["ItemRef"] = entry.company.refer(item)
    if entry.body["TxnDate"] < item.body["InvStartDate"]:
        raise faults.business(f"Transaction date is prior to start date for inventory item {item.body['Name']}.", "TxnDate")
    value = rounded(detail["QtyDiff"] * item.body.get("PurchaseCost", ZERO))
    entry.effects.stock.append((item.id, detail["QtyDiff"]))
    entry.post(entry.account(item.body["AssetAccountRef"]), value)
    entry.post(against, -value)
