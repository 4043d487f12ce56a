"""ReceivePayment and ARRefundCreditCard: money from a customer and to one, and what it is set against."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sandbox.quickbooks_desktop import status
from sandbox.quickbooks_desktop.company import Company, Stored, reference
from sandbox.quickbooks_desktop.entry import Entry, amount, settled
from sandbox.quickbooks_desktop.money import ZERO, cents
from sandbox.quickbooks_desktop.read import Body
from sandbox.quickbooks_desktop.sales import receivable

_INTO: Final = ("Bank", "OtherCurrentAsset")
_CREDITS: Final = ("CreditMemo", "ReceivePayment")


def payment(entry: Entry) -> None:
    """Debit where it is deposited, credit the receivable; what is set against nothing stays to the customer's credit."""
    company = entry.company
    customer = company.need(entry.body["CustomerRef"]["ListID"], "Customer")
    entry.trade_in((customer.body.get("CurrencyRef") or {}).get("FullName"))
    total = amount(entry.body, "TotalAmount")
    if total < 0:
        raise status.invalid("TotalAmount", "a payment cannot be negative.")
    against = receivable(entry)
    if company.refer(entry.body, "DepositToAccountRef", entry.kind) is None:
        entry.body["DepositToAccountRef"] = reference(company.special("UndepositedFunds"))
    cash = company.account(entry.body, "DepositToAccountRef", entry.kind, _INTO)
    if entry.body.pop("IsAutoApply", "false") == "true":
        entry.body["lines"] = _automatic(entry, customer, total)
    applied = sum((_apply(entry, line, customer, against) for line in entry.lines), ZERO)
    if applied > total:
        raise status.invalid("PaymentAmount", f"{applied} is applied of a payment of {total}.")
    entry.post(against, -total, customer, entry.body.get("Memo", ""))
    entry.lead(cash, total)
    entry.total("TotalAmount", total)
    _check_use(entry, applied)


def _check_use(entry: Entry, applied: Decimal) -> None:
    """What later refunds took of this payment must still be there, and what was deposited stays what it was."""
    company, total = entry.company, Decimal(entry.body["TotalAmount"])
    refunded = [link.amount for link in company.links("source", entry.txn) if company.find(link.target, "ARRefundCreditCard")]
    deposited = [link.amount for link in company.links("target", entry.txn)]
    if sum(refunded, applied) > total or any(value != total for value in deposited):
        raise status.Refusal(3170, "The payment has been deposited or refunded and cannot be changed to that.")


def _automatic(entry: Entry, customer: Stored, total: Decimal) -> list[Body]:
    """First an invoice of exactly the amount, else the oldest ones, as far as the money goes."""
    owing = [(i, open_amount(entry.company, i, entry.txn)) for i in entry.company.all("Invoice") if _is_of(i, customer)]
    owing = sorted(((i, due) for i, due in owing if due > 0), key=lambda pair: (pair[1] != total, pair[0].body["TxnDate"]))
    lines: list[Body] = []
    for invoice, due in owing:
        part = min(due, total)
        if part > 0:
            lines.append({"tag": "AppliedToTxn", "TxnID": invoice.id, "PaymentAmount": str(part)})
            total -= part
    return lines


def _is_of(stored: Stored, customer: Stored) -> bool:
    return bool(stored.body["CustomerRef"]["ListID"] == customer.id)


def _apply(entry: Entry, line: Body, customer: Stored, against: Stored) -> Decimal:
    """One invoice (or a journal's receivable line) that the payment, a discount or a credit settles."""
    target = entry.company.find(line["TxnID"], "Invoice", "JournalEntry")
    if target is None or target.deleted:
        raise status.not_found(line["TxnID"])
    if target.kind == "Invoice" and not _is_of(target, customer):
        raise status.invalid("TxnID", f"{target.id} belongs to another customer.")
    paid = cents(Decimal(line.get("PaymentAmount", "0")))
    discount = _discount(entry, line, customer, against)
    credits = [(credit["CreditTxnID"], amount(credit, "AppliedAmount")) for credit in line.get("lines", [])]
    asked = paid + discount + sum((value for _, value in credits), ZERO)
    mine = sum((link.amount for link in entry.effects.links if link.target == target.id), ZERO)
    if min([paid, *(value for _, value in credits)]) < 0 or asked + mine > open_amount(entry.company, target, entry.txn):
        raise status.invalid("PaymentAmount", f"{asked} is more than what is open of {target.id}.")
    for source, value in [("", paid + discount), *credits]:
        if source:
            _check_credit(entry, source, value, customer)
        if value:
            entry.link(target.id, value, source)
    line["Amount"] = str(paid)
    line |= {"TxnType": target.kind, "TxnDate": target.body["TxnDate"]}
    return paid


def _discount(entry: Entry, line: Body, customer: Stored, against: Stored) -> Decimal:
    value = cents(Decimal(line.get("DiscountAmount", "0")))
    if value:
        account = entry.company.account(line, "DiscountAccountRef", entry.kind)
        entry.post(account, value, memo="Discount")
        entry.post(against, -value, customer, "Discount")
    return value


def _check_credit(entry: Entry, credit: str, value: Decimal, customer: Stored) -> None:
    found = entry.company.find(credit, *_CREDITS)
    if found is None or found.deleted:
        raise status.not_found(credit)
    mine = sum((link.amount for link in entry.effects.links if link.source == credit), ZERO)
    if not _is_of(found, customer) or value + mine > open_amount(entry.company, found, entry.txn):
        raise status.invalid("AppliedAmount", f"{value} is more than what is left of {credit}.")


def open_amount(company: Company, stored: Stored, besides: str = "") -> Decimal:
    """What an invoice still asks for, a credit or a payment still has; of a journal, its receivable line, debit positive."""
    used = settled(company, stored.id, besides)
    if stored.kind == "JournalEntry":
        return company.sum("own", "txn = ? AND party IS NOT NULL", stored.id) - used
    if stored.kind == "ReceivePayment":
        used -= sum((link.amount for link in company.links("target", stored.id)), ZERO)  # the deposit it went into
    return cents(Decimal(stored.body["TotalAmount"]) - used)


def refund(entry: Entry) -> None:
    """Money back to a customer for credit memos or payments that are over."""
    company = entry.company
    customer = company.need(entry.body["CustomerRef"]["ListID"], "Customer")
    entry.trade_in((customer.body.get("CurrencyRef") or {}).get("FullName"))
    against = receivable(entry)
    source = company.account(entry.body, "RefundFromAccountRef", entry.kind, _INTO)
    total = ZERO
    for line in entry.lines:
        value = amount(line, "RefundAmount")
        _check_credit(entry, line["TxnID"], value, customer)
        credit = company.need(line["TxnID"])
        line |= {"TxnType": credit.kind, "TxnDate": credit.body["TxnDate"], "RefundAmount": str(value)}
        entry.link(entry.txn, value, credit.id)
        total += value
    if total <= 0:
        raise status.invalid("RefundAmount", "a refund must be greater than zero.")
    entry.post(against, total, customer, entry.body.get("Memo", ""))
    entry.post(source, -total, memo=entry.body.get("Memo", ""))
    entry.total("TotalAmount", total)


def free(company: Company, txn: str) -> None:
    """Take a transaction that goes away out of the payments set against it: their money is unapplied then."""
    payers = [link.source for link in company.links("target", txn)]
    for payer in dict.fromkeys(payers):
        stored = company.find(payer, "ReceivePayment")
        if stored and not stored.deleted:
            lines = [line for line in stored.body.get("lines", []) if line.get("TxnID") != txn]
            company.replace(stored, {**stored.body, "lines": lines})
    company.conn.execute("DELETE FROM qbd_link WHERE file = ? AND (target = ? OR source = ?)", (company.file, txn, txn))
