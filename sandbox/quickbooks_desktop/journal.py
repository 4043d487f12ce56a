"""JournalEntry, Deposit, Transfer: money moved between accounts directly."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sandbox.quickbooks_desktop import status
from sandbox.quickbooks_desktop.company import Stored
from sandbox.quickbooks_desktop.entry import PAYABLE, RECEIVABLE, Entry, amount
from sandbox.quickbooks_desktop.money import ZERO
from sandbox.quickbooks_desktop.read import Body

_INTO: Final = ("Bank", "OtherCurrentAsset")
_WAITING: Final = ("ReceivePayment", "SalesReceipt", "JournalEntry")
_CASH: Final = ("Bank", "CreditCard", "OtherCurrentAsset", "OtherCurrentLiability", "FixedAsset", "OtherAsset", "Equity",
                "LongTermLiability")  # fmt: skip


def journal(entry: Entry) -> None:
    """Debits and credits that meet (3210), with one receivable or payable line at most, which names its party."""
    entry.trade_in()
    if len(entry.lines) < 2:
        raise status.invalid("JournalDebitLine", "a journal entry needs at least two lines.")
    sums = {"JournalDebitLine": ZERO, "JournalCreditLine": ZERO}
    parties = 0
    for line in entry.lines:
        account = entry.company.account(line, "AccountRef", entry.kind)
        value = amount(line)
        if value < 0:
            raise status.invalid("Amount", "an amount of a journal line cannot be negative.")
        party = entry.party_of(account, "EntityRef", line)
        parties += account.body["AccountType"] in (RECEIVABLE, PAYABLE)
        line["Amount"] = str(value)
        sums[line["tag"]] += value
        entry.post(account, value if line["tag"] == "JournalDebitLine" else -value, party, line.get("Memo", ""))
    if parties > 1:
        raise status.invalid("AccountRef", "a journal entry can hold one accounts receivable or payable line only.")
    if sums["JournalDebitLine"] != sums["JournalCreditLine"]:
        raise status.invalid("Amount", f"debits {sums['JournalDebitLine']} and credits {sums['JournalCreditLine']} differ.")


def deposit(entry: Entry) -> None:
    """Signed amounts straight from accounts and what waits in Undeposited Funds; not below zero as a whole (3210)."""
    company = entry.company
    into = company.account(entry.body, "DepositToAccountRef", entry.kind, _INTO)
    entry.trade_in(into.body.get("CurrencyRef", {}).get("FullName"))
    if not entry.lines:
        raise status.missing("DepositLineAdd")
    total = sum((_waiting(entry, line) if "PaymentTxnID" in line else _direct(entry, line, into) for line in entry.lines), ZERO)
    back = entry.body.get("CashBackInfo")
    if back:
        entry.post(company.account(back, "AccountRef", entry.kind), amount(back), memo=back.get("Memo", ""))
        total -= amount(back)
    if total < 0:
        raise status.invalid("Amount", "the total of a deposit cannot be negative.")
    entry.lead(into, total)
    entry.total("DepositTotal", total)


def _direct(entry: Entry, line: Body, into: Stored) -> Decimal:
    account = entry.company.account(line, "AccountRef", entry.kind)
    if account.id == into.id or account.body.get("SpecialAccountType") in ("UndepositedFunds", "InventoryAssets"):
        raise status.invalid("AccountRef", f'a deposit line cannot use the account "{account.name}".')
    value = amount(line)
    line["Amount"] = str(value)
    entry.post(account, -value, entry.party_of(account, "EntityRef", line), line.get("Memo", ""))
    return value


def _waiting(entry: Entry, line: Body) -> Decimal:
    """Money received earlier: it is deposited whole, and once."""
    source = entry.company.find(line["PaymentTxnID"], *_WAITING)
    if source is None or source.deleted:
        raise status.not_found(line["PaymentTxnID"])
    funds = entry.company.special("UndepositedFunds")
    taken = [link for link in entry.company.links("target", source.id) if _by_deposit(entry, link.source)]
    value = entry.company.sum("own", "txn = ? AND account = ?", source.id, funds.id)
    if taken or value <= 0:
        raise status.Refusal(3210, f'The "PaymentTxnID" field has an invalid value: {source.id} is not waiting to be deposited.')
    line |= {"TxnType": source.kind, "TxnID": source.id, "Amount": str(value)}
    for name in ("Memo", "CheckNumber", "ClassRef"):
        if f"Override{name}" in line:
            line[name] = line.pop(f"Override{name}")
    entry.post(funds, -value, memo=line.get("Memo", ""))
    entry.link(source.id, value)
    return value


def _by_deposit(entry: Entry, source: str) -> bool:
    return source != entry.txn and entry.company.find(source, "Deposit") is not None


def transfer(entry: Entry) -> None:
    source = entry.company.account(entry.body, "TransferFromAccountRef", entry.kind, _CASH)
    into = entry.company.account(entry.body, "TransferToAccountRef", entry.kind, _CASH)
    value = amount(entry.body)
    if source.id == into.id or value <= 0:
        raise status.invalid("TransferToAccountRef", "a transfer moves a positive amount between two accounts.")
    entry.body["Amount"] = str(value)
    entry.post(into, value, memo=entry.body.get("Memo", ""))
    entry.post(source, -value, memo=entry.body.get("Memo", ""))
