"""What can happen to an object: added, modified, voided, deleted. Each is done as a whole or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.quickbooks_desktop import goods, journal, lists, payments, sales, status
from sandbox.quickbooks_desktop.company import Company, Effects, Stored
from sandbox.quickbooks_desktop.entry import Entry, check_open
from sandbox.quickbooks_desktop.kinds import LISTS, TXNS
from sandbox.quickbooks_desktop.read import Body

_RULES: Final[dict[str, Callable[[Entry], None]]] = {
    "JournalEntry": journal.journal, "Deposit": journal.deposit, "Transfer": journal.transfer, "Invoice": sales.sale,
    "SalesReceipt": sales.sale, "CreditMemo": sales.sale, "ReceivePayment": payments.payment,
    "ARRefundCreditCard": payments.refund, "InventoryAdjustment": goods.adjustment, "Bill": goods.bill, "Check": goods.check,
}  # fmt: skip
_OPENING: Final = ("QuantityOnHand", "TotalValue", "InventoryDate")
_IDENTITY: Final = ("TxnID", "ListID", "EditSequence")


def add(company: Company, kind: str, sent: Body) -> Stored:
    """Keep a new object and do to the books what it does."""
    body = _filled(_kept(sent))
    if kind in LISTS:
        return _add_listed(company, kind, body)
    made = company.next_id(listed=False)
    entry = Entry(company, kind, body, None, made[1])
    effects = _ruled(entry)
    entry.body["TxnNumber"] = company.next_txn_number()
    stored = company.insert(kind, entry.body, made)
    company.apply(stored.id, entry.body["TxnDate"], effects)
    return stored


def _add_listed(company: Company, kind: str, body: Body) -> Stored:
    first: Body = {name: body.pop(name) for name in _OPENING if name in body}
    stored = company.insert(kind, lists.prepare(company, kind, body, None))
    goods_in = lists.opening(company, stored, {**body, **first}) if kind == "ItemInventory" else None
    if goods_in:
        add(company, "InventoryAdjustment", goods_in)
    return stored


def _ruled(entry: Entry) -> Effects:
    entry.header()
    _RULES[entry.kind](entry)
    entry.number_lines()
    return entry.close()


def modify(company: Company, kind: str, sent: Body) -> Stored:
    """Write changed elements over what is kept. 3200: it was changed since the caller read it."""
    stored = company.need(sent.get("TxnID") or sent.get("ListID", ""), kind)
    if sent["EditSequence"] != stored.edit:
        raise status.Refusal(3200, f"The provided edit sequence {sent['EditSequence']} is out of date; it is {stored.edit} now.")
    return change(company, stored, {name: value for name, value in sent.items() if name not in _IDENTITY})


def change(company: Company, stored: Stored, changes: Body) -> Stored:
    """The same without a version: a person at the desktop sees what is there."""
    if stored.kind in LISTS:
        body = _filled({**stored.body, **changes})
        body.pop("FullName", None)
        after = company.replace(stored, lists.prepare(company, stored.kind, body, stored))
        lists.rename_children(company, after)
        return after
    if stored.body.get("voided"):
        raise status.Refusal(3170, "A voided transaction cannot be modified.")
    check_open(company, stored.body["TxnDate"])
    entry = Entry(company, stored.kind, _filled(_merged(stored, _kept(changes))), stored, stored.id)
    company.withdraw(stored.id)
    effects = _ruled(entry)
    after = company.replace(stored, entry.body)
    company.apply(stored.id, entry.body["TxnDate"], effects)
    return after


def _merged(stored: Stored, changes: Body) -> Body:
    """Elements that were sent replace those kept. Lines: named ones are changed, -1 makes new ones, unnamed ones go."""
    body = {**stored.body, **{name: value for name, value in changes.items() if name != "lines"}}
    if stored.kind == "ReceivePayment":
        return body | ({"lines": changes["lines"]} if "lines" in changes else {})
    if "lines" in changes:
        before = {line["TxnLineID"]: line for line in stored.body.get("lines", [])}
        body["lines"] = [_line(line, before) for line in changes["lines"]]
    return body


def _line(line: Body, before: dict[str, Body]) -> Body:
    known = line["TxnLineID"]
    if known != "-1" and known not in before:
        raise status.not_found(known)
    merged = {**before.get(known, {}), **line}
    side = merged.pop("JournalLineType", None)
    if line["tag"] == "JournalLine":
        merged["tag"] = f"Journal{side}Line" if side else before.get(known, {}).get("tag", "JournalDebitLine")
    if ("Quantity" in line or "Rate" in line) and "Amount" not in line:
        merged.pop("Amount", None)
    elif "Amount" in line and "Rate" not in line:
        merged.pop("Rate", None)
    return merged


def _kept(sent: Body) -> Body:
    """Names as they are kept: InvoiceLineAdd and InvoiceLineMod are both an InvoiceLine."""
    body: Body = {}
    for name, value in sent.items():
        if name == "lines":
            body["lines"] = [{**_kept(line), "tag": _plain(line["tag"])} for line in value]
        elif name != "tag":
            body[_plain(name)] = value
    return body


def _filled(body: Body) -> Body:
    """Without the elements that were sent empty: that is how a text is cleared."""
    return {name: value for name, value in body.items() if value != ""}


def _plain(name: str) -> str:
    return name[:-3] if name.endswith(("Add", "Mod")) else name


def void(company: Company, kind: str, txn: str) -> Stored:
    """Leave the transaction with all its amounts at zero."""
    stored = company.need(txn, kind)
    check_open(company, stored.body["TxnDate"])
    _check_free(company, stored, 3185)
    lines = [{**line, **{name: "0.00" for name in line if name.endswith("Amount")}} for line in stored.body.get("lines", [])]
    zero = {name: "0.00" for name in stored.body if name in _TOTALS or name.removesuffix("InHomeCurrency") in _TOTALS}
    memo = f"VOID: {stored.body.get('Memo', '')}".strip()
    body = {**stored.body, **zero, "voided": True, "lines": lines}
    company.withdraw(stored.id)
    payments.free(company, stored.id)
    return company.replace(stored, body if kind == "JournalEntry" else {**body, "Memo": memo})


_TOTALS: Final = frozenset({"TotalAmount", "Subtotal", "SalesTaxTotal", "AmountDue", "Amount", "DepositTotal"})


def delete(company: Company, kind: str, object_id: str) -> Stored:
    """Take an object out. 3160: others hang on it; 3171: its period is closed."""
    stored = company.need(object_id, kind)
    if kind in TXNS:
        check_open(company, stored.body["TxnDate"])
        _check_free(company, stored, 3160)
        company.withdraw(stored.id)
        payments.free(company, stored.id)
    else:
        lists.check_unused(company, stored)
    company.remove(stored)
    return company.find(stored.id) or stored


def _check_free(company: Company, stored: Stored, code: int) -> None:
    """What was deposited, or a credit that is used, has to be taken out there first."""
    deposited = [link for link in company.links("target", stored.id) if company.find(link.source, "Deposit")]
    used = stored.kind in ("CreditMemo", "ReceivePayment") and [
        link for link in company.links("source", stored.id) if company.find(link.target, "ARRefundCreditCard")
    ]
    credited = stored.kind == "CreditMemo" and company.links("source", stored.id)
    if deposited or used or credited:
        raise status.Refusal(code, f"The transaction {stored.id} is linked to another one and cannot be changed.")
