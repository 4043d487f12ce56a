"""Payment: money from a customer and what it is set against; at zero it merely links what is owed with what is to their credit.

Invoices and receivable debits of journals use money up, credit memos and receivable credits bring some.
A link lives on the payment: taking the payment out frees what it settled, and taking a settled document
out leaves the payment with money that is set against nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sandbox.quickbooks_online import faults
from sandbox.quickbooks_online.company import Body, Company, Link, Stored
from sandbox.quickbooks_online.entry import RECEIVABLE, Entry
from sandbox.quickbooks_online.money import ZERO, from_units
from sandbox.quickbooks_online.sales import cash_account, customer_of, receivable

_SETTLES: Final = ("Invoice", "CreditMemo", "JournalEntry")


def payment(entry: Entry) -> None:
    customer = customer_of(entry, required=True)
    if customer is None:
        raise faults.missing("CustomerRef")
    if entry.body.get("TotalAmt") is None:
        raise faults.missing("TotalAmt")
    entry.trade_in(customer.body["CurrencyRef"]["value"])
    total = entry.amount(entry.body["TotalAmt"])
    if total < 0:
        raise faults.business("The amount of a payment cannot be negative.", "TotalAmt")
    against = receivable(entry)
    applied = sum((_apply(entry, line, customer, against) for line in entry.body.get("Line", [])), ZERO)
    if applied > total:
        raise faults.business("The amount applied to invoices is more than the payment and its credits.", "Line")
    cash = cash_account(entry)
    entry.body["DepositToAccountRef"] = entry.company.refer(cash)
    entry.post(cash, total)
    entry.post(against, -total, ("Customer", customer.id))
    entry.body["UnappliedAmt"] = total - applied
    entry.total(total)


def _apply(entry: Entry, line: Body, customer: Stored, against: Stored) -> Decimal:
    """One line of a payment: positive uses money up, negative brings some."""
    amount = entry.amount(line.get("Amount"))
    if amount < 0:
        raise faults.business("The amount of a payment's line cannot be negative.", "Amount")
    linked = (line.get("LinkedTxn") or [{}])[0]
    kind, txn_id = linked.get("TxnType"), linked.get("TxnId", "")
    target = entry.company.find(kind, txn_id) if kind in _SETTLES else None
    if target is None or target.deleted:
        raise faults.invalid_reference("LinkedTxn", txn_id)
    owed = _journal_owed(entry, target, customer, against) if kind == "JournalEntry" else _owed(target, customer)
    used = sum((link.amount for link in entry.effects.links if (link.kind, link.id) == (target.kind, target.id)), ZERO)
    if amount + used > abs(owed) - settled(entry, target):
        raise faults.cannot_link("the amount is more than what is open")
    line["Amount"] = amount
    entry.effects.links.append(Link(target.kind, target.id, amount))
    return amount if owed > 0 else -amount


def _owed(target: Stored, customer: Stored) -> Decimal:
    """What an invoice or credit memo comes to: a credit memo is owed to the customer."""
    if target.body["CustomerRef"]["value"] != customer.id:
        raise faults.cannot_link("it belongs to another customer")
    total = Decimal(target.body["TotalAmt"])
    return -total if target.kind == "CreditMemo" else total


def _journal_owed(entry: Entry, target: Stored, customer: Stored, against: Stored) -> Decimal:
    """What the customer owes by a journal's receivable line; there is one such line at most."""
    rows = entry.company.conn.execute(
        "SELECT account, own, party FROM qbo_posting WHERE realm = ? AND kind = 'JournalEntry' AND txn = ?"
        " AND party_kind = 'Customer'",
        (entry.company.realm, target.id),
    ).fetchall()
    if not rows:
        raise faults.cannot_link(f"the journal has no line on an account of type {RECEIVABLE}")
    row = rows[0]
    if row["party"] != customer.id:
        raise faults.cannot_link("it belongs to another customer")
    if row["account"] != against.id:
        raise faults.cannot_link("it stands on another receivable account")
    return from_units(row["own"])


def settled(entry: Entry, target: Stored) -> Decimal:
    """How much other payments than this one have settled of a document."""
    links = entry.company.linked_to(target.kind, target.id)
    return sum((amount for kind, txn, amount in links if kind == "Payment" and (not entry.old or txn != entry.old.id)), ZERO)


def free(company: Company, kind: str, txn: str) -> None:
    """Take a document that goes away out of the payments that were set against it: their money is unapplied then.

    What only a credit that goes away had settled is open again too.
    """
    for payer_kind, payer, _ in company.linked_to(kind, txn):
        stored = company.find(payer_kind, payer) if payer_kind == "Payment" else None
        if stored is None:
            continue
        total = Decimal(stored.body["TotalAmt"])
        lines = [line for line in stored.body.get("Line", []) if _linked(line) != (kind, txn)]
        while lines and _applied(lines) > total:
            lines.pop()
        _keep_links(company, payer, lines)
        company.replace(stored, {**stored.body, "Line": lines, "UnappliedAmt": total - _applied(lines)})


def _keep_links(company: Company, payer: str, lines: list[Body]) -> None:
    kept = {_linked(line) for line in lines}
    rows = company.conn.execute(
        "SELECT line, to_kind, to_txn FROM qbo_link WHERE realm = ? AND kind = 'Payment' AND txn = ?", (company.realm, payer)
    ).fetchall()
    gone = [(company.realm, payer, row["line"]) for row in rows if (row["to_kind"], row["to_txn"]) not in kept]
    company.conn.executemany("DELETE FROM qbo_link WHERE realm = ? AND kind = 'Payment' AND txn = ? AND line = ?", gone)


def _linked(line: Body) -> tuple[str, str]:
    link = (line.get("LinkedTxn") or [{}])[0]
    return str(link.get("TxnType")), str(link.get("TxnId"))


def _applied(lines: list[Body]) -> Decimal:
    return sum((-line["Amount"] if _linked(line)[0] == "CreditMemo" else line["Amount"] for line in lines), ZERO)
