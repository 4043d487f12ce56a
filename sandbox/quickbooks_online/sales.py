"""Sales documents: SalesReceipt, Invoice, CreditMemo, RefundReceipt. The money that settles them is in `payments`."""

from __future__ import annotations

from decimal import Decimal

from sandbox.quickbooks_online import accounts, faults, tax
from sandbox.quickbooks_online.company import Body, Stored
from sandbox.quickbooks_online.entry import RECEIVABLE, Entry, Row
from sandbox.quickbooks_online.money import ZERO, rounded

_CASH = ("Bank", "Other Current Asset")
_UNSOLD = ("Category", "Group", "Bundle")


def sale(entry: Entry) -> None:
    """`direction` +1 sells, -1 takes back; the other side is cash or the customer's account."""
    direction = -1 if entry.kind in ("CreditMemo", "RefundReceipt") else 1
    customer = customer_of(entry, required=entry.kind in ("Invoice", "CreditMemo"))
    entry.trade_in(customer.body["CurrencyRef"]["value"] if customer else None)
    against, party = _other_side(entry, customer)
    lines = entry.body.get("Line", [])
    if not any(line.get("DetailType") == "SalesItemLineDetail" for line in lines):
        raise faults.missing("Line")
    entry.number_lines(first=1)
    rows = [row for line in lines if (row := _row(entry, line, direction))]
    net = sum((row.part.net for row in rows), ZERO)
    total = net + _tax(entry, rows, direction)
    if total < 0:
        raise faults.business("The total of a transaction cannot be negative.", "TotalAmt")
    _keep_what_is_settled(entry, customer, total)
    entry.post(against, direction * total, party)
    entry.body["Line"] = [line for line in lines if line.get("DetailType") != "SubTotalLineDetail"]
    entry.body["Line"].append({"Amount": net, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    entry.total(total)


def _keep_what_is_settled(entry: Entry, customer: Stored | None, total: Decimal) -> None:
    """A document that payments are set against keeps its customer and at least what they settle."""
    if not entry.old or entry.kind not in ("Invoice", "CreditMemo"):
        return
    used = sum((amount for _, _, amount in entry.company.linked_to(entry.kind, entry.old.id)), ZERO)
    if used and customer and customer.id != entry.old.body["CustomerRef"]["value"]:
        raise faults.business("The customer cannot be changed: a payment is set against the transaction.", "CustomerRef")
    if used > total:
        raise faults.business(f"The total cannot be less than the {used} that payments are set against it.", "TotalAmt")


def customer_of(entry: Entry, required: bool) -> Stored | None:
    ref = entry.body.get("CustomerRef")
    if not ref and not required:
        return None
    customer = entry.company.need("Customer", ref, "CustomerRef")
    entry.body["CustomerRef"] = entry.company.refer(customer)
    return customer


def _other_side(entry: Entry, customer: Stored | None) -> tuple[Stored, tuple[str, str] | None]:
    if entry.kind in ("Invoice", "CreditMemo"):
        return receivable(entry), ("Customer", customer.id) if customer else None
    ref = entry.body.get("DepositToAccountRef")
    if not ref and entry.kind == "RefundReceipt":
        raise faults.missing("DepositToAccountRef")
    cash = cash_account(entry)
    entry.body["DepositToAccountRef"] = entry.company.refer(cash)
    return cash, None


def receivable(entry: Entry) -> Stored:
    """The receivable account that is named, else the first of the transaction's currency."""
    if entry.body.get("ARAccountRef"):
        named = entry.account(entry.body["ARAccountRef"], "ARAccountRef", (RECEIVABLE,))
        if named.body["CurrencyRef"]["value"] != entry.currency:
            raise faults.business(f"The account {named.body['Name']} is not kept in {entry.currency}.", "ARAccountRef")
        entry.body["ARAccountRef"] = entry.company.refer(named)
        return named
    for account in entry.company.all("Account", "AND active = 1"):
        if account.body["AccountType"] == RECEIVABLE and account.body["CurrencyRef"]["value"] == entry.currency:
            return account
    raise faults.business(f"The company has no accounts receivable account in {entry.currency}.")


def cash_account(entry: Entry) -> Stored:
    """Where the money goes: the account named, else Undeposited Funds."""
    if entry.body.get("DepositToAccountRef"):
        return entry.account(entry.body["DepositToAccountRef"], "DepositToAccountRef", _CASH)
    return accounts.special(entry.company, "UndepositedFunds")


def _row(entry: Entry, line: Body, direction: int) -> Row | None:
    match line.get("DetailType"):
        case "SalesItemLineDetail":
            return _item(entry, line, direction)
        case "DiscountLineDetail":
            return _discount(entry, line, direction)
        case "SubTotalLineDetail" | "DescriptionOnly":
            return None
    raise faults.bad_value("DetailType", line.get("DetailType"))


def _item(entry: Entry, line: Body, direction: int) -> Row:
    detail = line.setdefault("SalesItemLineDetail", {})
    item = item_of(entry, detail, "Services")
    amount = priced(entry, line, detail)
    income = entry.account(item.body.get("IncomeAccountRef"), "IncomeAccountRef")
    detail["ItemAccountRef"] = entry.company.refer(income)
    move_stock(entry, item, -direction * detail.get("Qty", Decimal(1)))
    part = _sales_tax(entry, detail, amount, direction)
    if entry.model == tax.INCLUSIVE and detail.get("TaxCodeRef"):
        detail["TaxInclusiveAmt"] = part.gross
    line["Amount"] = part.net
    return Row(line, income, part)


def _sales_tax(entry: Entry, detail: Body, amount: Decimal, direction: int) -> tax.Taxed:
    if not tax.applies(entry.company):
        code = detail.setdefault("TaxCodeRef", {"value": "NON"})["value"]
        if code not in tax.PSEUDO:
            raise faults.invalid_reference("TaxCodeRef", code)
        return tax.Taxed(amount, ZERO, direction)
    need_code(entry, detail)
    return tax.on_line(entry.company, detail, amount, "Sales", entry.model, direction, entry.currency)


def need_code(entry: Entry, detail: Body) -> None:
    if entry.model != tax.NONE and not detail.get("TaxCodeRef"):
        raise faults.business("Make sure all your transactions have a VAT rate before you save.", "TaxCodeRef")


def item_of(entry: Entry, detail: Body, default: str) -> Stored:
    """The item a line names, or the company's default one."""
    ref = detail.get("ItemRef")
    if not ref:
        found = entry.company.labelled("Item", default)
        if found is None:
            raise faults.missing("ItemRef")
        ref = {"value": found.id}
    item = entry.company.need("Item", ref, "ItemRef")
    if item.body["Type"] in _UNSOLD:
        raise faults.business(f"{item.body['Name']} is a {item.body['Type'].lower()}; it cannot stand on a line.", "ItemRef")
    detail["ItemRef"] = entry.company.refer(item)
    return item


def priced(entry: Entry, line: Body, detail: Body) -> Decimal:
    """The line's amount, agreeing with quantity and unit price where both are sent (6070)."""
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    if line.get("Amount") is None and price is not None:
        return rounded(price * (1 if quantity is None else quantity), entry.currency)
    amount = entry.amount(line.get("Amount"))
    stated = (amount, detail.get("TaxInclusiveAmt"))
    if quantity is not None and price is not None and rounded(quantity * price, entry.currency) not in stated:
        detail_text = f"Amount calculation incorrect in the request: {amount} is not {quantity} times {price}"
        raise faults.fault("6070", "Amount is not equal to UnitPrice * Qty", detail_text, "Amount")
    return amount


def move_stock(entry: Entry, item: Stored, quantity: Decimal) -> None:
    """Goods in or out of an inventory item, at its purchase cost: inventory against cost of sales."""
    if item.body["Type"] != "Inventory" or not quantity:
        return
    if entry.body["TxnDate"] < item.body["InvStartDate"]:
        raise faults.business(f"Transaction date is prior to start date for inventory item {item.body['Name']}.", "TxnDate")
    entry.effects.stock.append((item.id, quantity))
    cost = rounded(quantity * item.body.get("PurchaseCost", ZERO) / entry.rate, entry.currency)
    entry.post(entry.account(item.body["AssetAccountRef"]), cost, memo=item.body["Name"])
    entry.post(entry.account(item.body["ExpenseAccountRef"]), -cost, memo=item.body["Name"])


def _discount(entry: Entry, line: Body, direction: int) -> Row:
    detail = line.setdefault("DiscountLineDetail", {})
    account = entry.account(detail.get("DiscountAccountRef"), "DiscountAccountRef", ("Income", "Expense", "Cost of Goods Sold"))
    detail["DiscountAccountRef"] = entry.company.refer(account)
    amount = _percentage(entry, detail) if detail.get("PercentBased") else entry.amount(line.get("Amount"))
    line["Amount"] = amount
    return Row(line, account, tax.Taxed(-amount, ZERO, direction))


def _percentage(entry: Entry, detail: Body) -> Decimal:
    goods = sum((line["Amount"] for line in entry.body["Line"] if line.get("DetailType") == "SalesItemLineDetail"), ZERO)
    return rounded(goods * detail.get("DiscountPercent", ZERO) / 100, entry.currency)


def _tax(entry: Entry, rows: list[Row], direction: int) -> Decimal:
    """Post the rows and the tax; returns the tax in the document's own direction."""
    if tax.applies(entry.company):
        return direction * entry.settle(rows, direction)
    asked = entry.body.pop("TxnTaxDetail", None)
    taxable = sum((row.part.net for row in rows if _taxable(row.line)), ZERO)
    amount = tax.us_sale({**entry.body, "TxnTaxDetail": asked}, taxable, entry.currency)
    for row in rows:
        entry.post(row.account, -direction * row.part.net)
    entry.post_tax(-direction * amount)
    kept = {"UseAutomatedSalesTax": False} if asked and asked.get("UseAutomatedSalesTax") is False else {}
    entry.body["TxnTaxDetail"] = {"TotalTax": amount, **kept}
    return amount


def _taxable(line: Body) -> bool:
    detail = line.get(str(line.get("DetailType")), {})
    return bool(detail.get("TaxCodeRef", {}).get("value") == "TAX")
