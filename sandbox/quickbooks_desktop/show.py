"""How a kept object looks in an answer: identity, history, the figures the books give it, names as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from lxml import etree

from sandbox.quickbooks_desktop import answers, lists
from sandbox.quickbooks_desktop.company import Company, Stored
from sandbox.quickbooks_desktop.entry import settled
from sandbox.quickbooks_desktop.kinds import LINES, TXNS
from sandbox.quickbooks_desktop.money import ZERO, cents, priced, shown
from sandbox.quickbooks_desktop.payments import open_amount
from sandbox.quickbooks_desktop.read import Body
from sandbox.quickbooks_desktop.shape import Shape, is_ref

_LINE_TAGS: Final = frozenset(LINES.values())


def show(company: Company, stored: Stored, *, lines: bool = True, links: bool = False) -> etree._Element:
    """One object as `<KindRet>`."""
    body = {**stored.body, **_identity(stored), **_figures(company, stored)}
    if links and stored.kind in ("Invoice", "CreditMemo"):
        body["LinkedTxn"] = list(_linked(company, stored))
    body["lines"] = [_line(company, stored, line) for line in body.get("lines", [])] if lines else []
    return element(f"{stored.kind}Ret", body, answers.ret(stored.kind), company)


def element(name: str, body: Body, shape: Shape, company: Company | None) -> etree._Element:
    """`body` as an element, its children in the order of the shape. References get the name their object has today."""
    made = etree.Element(name)
    pending = list(body.get("lines", []))
    for child in shape.names:
        kind = shape.types[child]
        if child in _LINE_TAGS:
            for line in pending:
                made.append(element(LINES[line["tag"]], line, answers.inner(shape.types[LINES[line["tag"]]]), company))
            pending = []
        elif child in body:
            values = body[child] if isinstance(body[child], list) else [body[child]]
            made.extend(_child(child, kind, value, company) for value in values)
    return made


def _child(name: str, kind: str, value: Any, company: Company | None) -> etree._Element:
    if is_ref(kind):
        made = etree.Element(name)
        now = company.find(value["ListID"]) if company else None
        etree.SubElement(made, "ListID").text = value["ListID"]
        etree.SubElement(made, "FullName").text = now.name if now else value["FullName"]
        return made
    if isinstance(value, dict):
        return element(name, value, answers.inner(kind), company)
    made = etree.Element(name)
    made.text = f"{Decimal(value):.2f}" if kind == "amt" else str(value)
    return made


def _identity(stored: Stored) -> Body:
    name = "TxnID" if stored.kind in TXNS else "ListID"
    return {name: stored.id, "TimeCreated": stored.created, "TimeModified": stored.updated, "EditSequence": stored.edit}


def _figures(company: Company, stored: Stored) -> Body:
    match stored.kind:
        case "Account":
            return _account(company, stored)
        case "Customer":
            owed = company.sum("own", "party = ?", stored.id)
            return {"Balance": owed, "TotalBalance": owed}
        case "Vendor":
            return {"Balance": -company.sum("own", "party = ?", stored.id)}
        case "ItemInventory":
            return _goods(company, stored)
        case "Invoice" | "CreditMemo":
            return _open(company, stored)
        case "ReceivePayment":
            return {"UnusedPayment": _unused(company, stored), "UnusedCredits": ZERO}
        case "Bill":
            return {"IsPaid": "false", "OpenAmount": stored.body["AmountDue"]}
        case "Deposit" if "CashBackInfo" in stored.body:
            return {"CashBackInfoRet": {"TxnLineID": f"{stored.id}", **stored.body["CashBackInfo"]}}
        case "Transfer":
            ends = {"From": "TransferFromAccountRef", "To": "TransferToAccountRef"}
            return {
                f"{end}AccountBalance": lists.balance(company, company.need(stored.body[ref]["ListID"]))
                for end, ref in ends.items()
            }
    return {}


def _account(company: Company, stored: Stored) -> Body:
    own = lists.balance(company, stored)
    prefix = f"{stored.name}:".casefold()
    below = company.all("Account", "AND substr(label, 1, ?) = ?", (len(prefix), prefix))
    return {"Balance": own, "TotalBalance": sum((lists.balance(company, a) for a in below), own)}


def _goods(company: Company, item: Stored) -> Body:
    quantity, value = company.stock(item.id)
    cost = value / quantity if quantity > 0 else Decimal(item.body.get("PurchaseCost", "0"))
    average = priced(cost)
    return {"QuantityOnHand": shown(quantity), "AverageCost": average, "QuantityOnOrder": "0", "QuantityOnSalesOrder": "0"}


def _open(company: Company, stored: Stored) -> Body:
    left = open_amount(company, stored)
    rate = Decimal(stored.body.get("ExchangeRate", "1"))
    home = {"InHomeCurrency": cents(left * rate)} if company.has("multicurrency") else {}
    name = "BalanceRemaining" if stored.kind == "Invoice" else "CreditRemaining"
    figures: Body = {name: left, **{f"{name}{more}": value for more, value in home.items()}}
    if stored.kind == "Invoice":
        figures |= {"AppliedAmount": -settled(company, stored.id), "IsPaid": str(left == 0).lower()}
    return figures


def _unused(company: Company, stored: Stored) -> Decimal:
    used = sum((link.amount for link in company.links("source", stored.id)), ZERO)
    return Decimal(stored.body["TotalAmount"]) - used


def _linked(company: Company, stored: Stored) -> Iterator[Body]:
    """Who settles this transaction, or what it settles, with the sign QuickBooks gives: what reduces it is negative."""
    for end, other in (("target", "source"), ("source", "target")):
        for link in company.links(end, stored.id):
            found = company.find(getattr(link, other))
            if found:
                number = {"RefNumber": found.body["RefNumber"]} if "RefNumber" in found.body else {}
                of = {"TxnID": found.id, "TxnType": found.kind, "TxnDate": found.body["TxnDate"], **number}
                yield {**of, "LinkType": "AMTTYPE", "Amount": -link.amount}


def _line(company: Company, stored: Stored, line: Body) -> Body:
    """A line with what only the other transaction knows."""
    if stored.kind not in ("ReceivePayment", "ARRefundCreditCard"):
        return line
    other = company.find(line["TxnID"])
    if other is None:
        return line
    name = "BalanceRemaining" if stored.kind == "ReceivePayment" else "CreditRemaining"
    number = {"RefNumber": other.body["RefNumber"]} if "RefNumber" in other.body else {}
    return {**line, **number, name: open_amount(company, other)}
