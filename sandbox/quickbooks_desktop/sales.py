"""Invoice, SalesReceipt, CreditMemo: items sold or taken back, sales tax, goods at their average cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sandbox.quickbooks_desktop import status
from sandbox.quickbooks_desktop.company import Stored, reference
from sandbox.quickbooks_desktop.entry import PARTY, RECEIVABLE, Entry, settled
from sandbox.quickbooks_desktop.money import ZERO, cents, priced, shown
from sandbox.quickbooks_desktop.read import Body

_INTO: Final = ("Bank", "OtherCurrentAsset")
_SALE: Final = {"Invoice": 1, "SalesReceipt": 1, "CreditMemo": -1}


def sale(entry: Entry) -> None:
    """`direction` 1 sells, -1 takes back: income and tax on one side, the customer or the cash on the other."""
    company, direction = entry.company, _SALE[entry.kind]
    customer = company.find(entry.body["CustomerRef"]["ListID"]) if entry.body.get("CustomerRef") else None
    if customer is None and entry.kind != "SalesReceipt":
        raise status.missing("CustomerRef")
    entry.trade_in((customer.body.get("CurrencyRef") or {}).get("FullName") if customer else None)
    against = _other_side(entry)
    if not entry.lines:
        raise status.missing(f"{entry.kind}LineAdd")
    rows = [(line, _priced(entry, line)) for line in entry.lines]
    subtotal = sum((value for _, value in rows), ZERO)
    taxed = sum((value for line, value in rows if _taxable(entry, line, customer)), ZERO)
    for line, value in rows:
        _post_line(entry, line, value, direction)
    tax = _tax(entry, customer, taxed)
    entry.post(company.special("SalesTaxPayable") if tax else against, -direction * tax, memo="Sales tax")
    total = subtotal + tax
    if total < 0:
        raise status.invalid("Amount", "the total of a sale cannot be negative.")
    entry.lead(against, direction * total, customer)
    _figures(entry, subtotal, total, customer)


def _other_side(entry: Entry) -> Stored:
    """The receivable of an invoice or credit; the account a receipt's money goes to."""
    company = entry.company
    if entry.kind != "SalesReceipt":
        return receivable(entry)
    if company.refer(entry.body, "DepositToAccountRef", entry.kind) is None:
        entry.body["DepositToAccountRef"] = reference(company.special("UndepositedFunds"))
    return company.account(entry.body, "DepositToAccountRef", entry.kind, _INTO)


def receivable(entry: Entry) -> Stored:
    """The receivable that is named, else the one of the transaction's currency."""
    company = entry.company
    named = company.refer(entry.body, "ARAccountRef", entry.kind)
    if named and named.body["AccountType"] != RECEIVABLE:
        raise status.invalid("ARAccountRef", f'"{named.name}" is not an accounts receivable account.')
    if named is None:
        of = (a for a in company.all("Account", "AND active = 1") if a.body["AccountType"] == RECEIVABLE)
        named = next((a for a in of if _currency(a, company.home) == entry.currency), None)
    if named is None:
        raise status.Refusal(3270, f"Missing posting account: accounts receivable in {entry.currency}.")
    entry.body["ARAccountRef"] = reference(named)
    return named


def _currency(account: Stored, home: str) -> str:
    return str(account.body.get("CurrencyRef", {}).get("FullName", home))


def _priced(entry: Entry, line: Body) -> Decimal:
    """The line's amount; 3210 where quantity, rate and amount contradict each other. A line without item is a description."""
    if not line.get("ItemRef"):
        if "Amount" in line or "Rate" in line:
            raise status.missing("ItemRef")
        return ZERO
    item = entry.company.find(line["ItemRef"]["ListID"])
    if item is None:
        raise status.not_found(line["ItemRef"]["ListID"])
    line.setdefault("SalesTaxCodeRef", item.body.get("SalesTaxCodeRef"))
    if line["SalesTaxCodeRef"] is None:
        del line["SalesTaxCodeRef"]
    line.setdefault("Desc", description(item))
    return _amount(line, item)


def _amount(line: Body, item: Stored) -> Decimal:
    quantity = Decimal(line["Quantity"]) if "Quantity" in line else None
    rate = Decimal(line["Rate"]) if "Rate" in line else None
    if "Amount" not in line:
        rate = price(item) if rate is None else rate
        line["Amount"] = str(cents(rate * (1 if quantity is None else quantity)))
    value = cents(Decimal(line["Amount"]))
    if rate is None:
        rate = (value / quantity).quantize(Decimal("0.00001")) if quantity else value
    elif quantity is not None and cents(rate * quantity) != value:
        raise status.invalid("Amount", f"{value} is not {quantity} times {rate}.")
    line |= {"Amount": str(value), "Rate": priced(rate)}
    if quantity is not None:
        line["Quantity"] = shown(quantity)
    return value


def description(item: Stored) -> str:
    inner = item.body.get("SalesOrPurchase", {}).get("Desc") or item.body.get("SalesAndPurchase", {}).get("SalesDesc")
    return str(inner or item.body.get("SalesDesc") or item.body["Name"])


def price(item: Stored) -> Decimal:
    inner = item.body.get("SalesOrPurchase", {}).get("Price") or item.body.get("SalesAndPurchase", {}).get("SalesPrice")
    return Decimal(inner or item.body.get("SalesPrice") or 0)


def income_account(entry: Entry, item: Stored) -> Stored:
    """Where an item's sales go. Raises 3270 for an item that has none."""
    for part, name in (
        (item.body, "IncomeAccountRef"),
        (item.body.get("SalesOrPurchase", {}), "AccountRef"),
        (item.body.get("SalesAndPurchase", {}), "IncomeAccountRef"),
    ):
        if part.get(name):
            return entry.company.need(part[name]["ListID"], "Account")
    raise status.Refusal(3270, f'Missing posting account: the item "{item.name}" has no income account.')


def _post_line(entry: Entry, line: Body, value: Decimal, direction: int) -> None:
    if not line.get("ItemRef"):
        return
    item = entry.company.need(line["ItemRef"]["ListID"])
    account = income_account(entry, item)
    if entry.company.refer(line, "OverrideItemAccountRef", entry.kind):
        account = entry.company.account(line, "OverrideItemAccountRef", entry.kind)
        del line["OverrideItemAccountRef"]  # answers don't show it
    party = entry.company.find(entry.body["CustomerRef"]["ListID"]) if account.body["AccountType"] in PARTY else None
    entry.post(account, -direction * value, party, line.get("Desc", ""))
    move_goods(entry, item, -direction * Decimal(line.get("Quantity", "1")))


def move_goods(entry: Entry, item: Stored, quantity: Decimal) -> None:
    """Goods in or out of an inventory item at its average cost: inventory against cost of goods sold."""
    if item.kind != "ItemInventory" or not quantity:
        return
    company = entry.company
    value = cents(average_cost(entry, item) * quantity)
    entry.effects.stock.append((item.id, quantity, value))
    entry.post_home(company.need(item.body["AssetAccountRef"]["ListID"]), value, item.name)
    entry.post_home(company.need(item.body["COGSAccountRef"]["ListID"]), -value, item.name)


def average_cost(entry: Entry, item: Stored) -> Decimal:
    """Value over quantity while there is any, else the purchase cost."""
    quantity, value = entry.company.stock(item.id)
    return value / quantity if quantity > 0 and value > 0 else Decimal(item.body.get("PurchaseCost", "0"))


# Sales tax


def _taxable(entry: Entry, line: Body, customer: Stored | None) -> bool:
    """By the line's code and the customer's; where the company charges no sales tax, never."""
    if not entry.company.has("sales_tax") or "SalesTaxCodeRef" not in line:
        return False
    codes = [line["SalesTaxCodeRef"], entry.body.get("CustomerSalesTaxCodeRef")]
    if not codes[1] and customer:
        codes[1] = customer.body.get("SalesTaxCodeRef")
    found = [entry.company.need(code["ListID"], "SalesTaxCode") for code in codes if code]
    return all(code.body["IsTaxable"] == "true" for code in found)


def _tax(entry: Entry, customer: Stored | None, taxed: Decimal) -> Decimal:
    """The tax on what is taxable, at the rate of the document's item, the customer's or the company's."""
    if not entry.company.has("sales_tax"):
        return ZERO
    ref = entry.body.get("ItemSalesTaxRef") or (customer.body.get("ItemSalesTaxRef") if customer else None)
    item = entry.company.need((ref or entry.company.info["tax_item"])["ListID"], "ItemSalesTax")
    tax = cents(taxed * Decimal(item.body["TaxRate"]) / 100)
    entry.body |= {
        "ItemSalesTaxRef": reference(item), "SalesTaxPercentage": item.body["TaxRate"], "SalesTaxTotal": str(tax),
    }  # fmt: skip
    return tax


def _figures(entry: Entry, subtotal: Decimal, total: Decimal, customer: Stored | None) -> None:
    entry.body["Subtotal"] = str(subtotal)
    if entry.kind == "SalesReceipt":
        entry.total("TotalAmount", total)
        return
    entry.body["TotalAmount"] = str(total)
    entry.body.setdefault("DueDate", _due(entry, customer))
    used = settled(entry.company, entry.txn) if entry.old else ZERO
    if used > total:
        raise status.invalid("Amount", f"{used} of the transaction is settled already.")
    if used and entry.old and customer and customer.id != entry.old.body["CustomerRef"]["ListID"]:
        raise status.Refusal(3170, "The customer of a transaction that is settled cannot be changed.")


def _due(entry: Entry, customer: Stored | None) -> str:
    ref = entry.body.get("TermsRef") or (customer.body.get("TermsRef") if customer else None)
    terms = entry.company.find(ref["ListID"]) if ref else None
    days = int(terms.body.get("StdDueDays", "0")) if terms else 0
    if terms:
        entry.body["TermsRef"] = reference(terms)
    return (date.fromisoformat(entry.body["TxnDate"]) + timedelta(days=days)).isoformat()
