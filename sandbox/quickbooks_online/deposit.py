"""Deposit: money into a bank account, from accounts directly or from what waits in Undeposited Funds."""

from __future__ import annotations

from decimal import Decimal

from sandbox.quickbooks_online import accounts, faults, tax
from sandbox.quickbooks_online.company import Body, Link, Stored
from sandbox.quickbooks_online.entry import Entry, Row, party_of
from sandbox.quickbooks_online.kinds import PEOPLE
from sandbox.quickbooks_online.money import ZERO, rounded

_INTO = ("Bank", "Other Current Asset")
_WAITING = ("Payment", "SalesReceipt", "JournalEntry", "RefundReceipt")


def deposit(entry: Entry) -> None:
    into = entry.account(entry.body.get("DepositToAccountRef"), "DepositToAccountRef", _INTO)
    entry.body["DepositToAccountRef"] = entry.company.refer(into)
    entry.trade_in(into.body["CurrencyRef"]["value"])
    lines = entry.body.get("Line", [])
    if not lines:
        raise faults.missing("Line")
    entry.number_lines(first=1)
    rows = [_linked(entry, line) if line.get("LinkedTxn") else _direct(entry, line, into) for line in lines]
    all_tax = entry.settle(rows)
    for row in rows:
        row.line["Amount"] = row.part.gross if entry.model == tax.INCLUSIVE else row.part.net
    total = sum((row.part.net for row in rows), ZERO) + all_tax - _cash_back(entry)
    if total < 0:
        raise faults.business("The total amount of a deposit cannot be less than zero.", "TotalAmt")
    entry.post(into, total)
    entry.total(total)


def _direct(entry: Entry, line: Body, into: Stored) -> Row:
    """A signed amount straight from an account: positive credits it."""
    detail = line.get("DepositLineDetail")
    if line.get("DetailType") != "DepositLineDetail" or detail is None:
        raise faults.missing("DepositLineDetail")
    amount = entry.amount(line.get("Amount"))
    account = entry.account(detail.get("AccountRef"))
    _check_source(account, into)
    detail["AccountRef"] = entry.company.refer(account)
    return Row(line, account, _taxed(entry, account, detail, amount), _party(entry, account, detail))


def _check_source(account: Stored, into: Stored) -> None:
    if account.id == into.id:
        raise faults.business("A deposit line cannot use the account that the money is deposited to.", "AccountRef")
    if account.body["AccountSubType"] in ("UndepositedFunds", "GlobalTaxPayable"):
        raise faults.business(f"A deposit line cannot use the account {account.body['Name']}.", "AccountRef")


def _taxed(entry: Entry, account: Stored, detail: Body, amount: Decimal) -> tax.Taxed:
    if not tax.applies(entry.company) or not detail.get("TaxCodeRef"):
        detail.pop("TaxCodeRef", None)
        detail.pop("TaxApplicableOn", None)
        return tax.Taxed(amount, ZERO)
    side = detail.setdefault("TaxApplicableOn", "Sales" if account.body["Classification"] == "Revenue" else "Purchase")
    return tax.on_line(entry.company, detail, amount, side, entry.model, 1, entry.currency)


def _party(entry: Entry, account: Stored, detail: Body) -> tuple[str, str] | None:
    ref = detail.get("Entity")
    kind = str(ref["type"]).capitalize() if ref and ref.get("type") else None
    party = party_of(account, kind if kind in PEOPLE else None, ref, entry.company)
    if party and ref:
        stored = entry.company.need(party[0], ref, "Entity")
        detail["Entity"] = entry.company.refer(stored, type=party[0])
    return party


def _linked(entry: Entry, line: Body) -> Row:
    """Money that was received earlier and waits in Undeposited Funds; it is deposited whole, once."""
    source = line["LinkedTxn"][0]
    kind, txn_id = source.get("TxnType", ""), source.get("TxnId", "")
    found = entry.company.find(kind, txn_id) if kind in _WAITING else None
    if found is None or found.deleted:
        raise faults.invalid_reference("LinkedTxn", txn_id)
    others = [who for who in entry.company.linked_to(kind, txn_id) if who[0] == "Deposit"]
    if any(not entry.old or who[1] != entry.old.id for who in others):
        raise faults.cannot_link("it has been deposited already")
    funds = accounts.special(entry.company, "UndepositedFunds")
    waiting = _waiting(entry, kind, txn_id, funds)
    amount = entry.amount(line.get("Amount", waiting))
    if amount != waiting or not waiting:
        raise faults.cannot_link(f"{waiting} of it is in undeposited funds, not {amount}")
    line.pop("DetailType", None)
    entry.effects.links.append(Link(kind, txn_id, amount))
    return Row(line, funds, tax.Taxed(amount, ZERO))


def _waiting(entry: Entry, kind: str, txn_id: str, funds: Stored) -> Decimal:
    row = entry.company.conn.execute(
        "SELECT coalesce(sum(own), 0) AS total FROM qbo_posting WHERE realm = ? AND kind = ? AND txn = ? AND account = ?",
        (entry.company.realm, kind, txn_id, funds.id),
    ).fetchone()
    return rounded(Decimal(row["total"]) / 100_000, entry.currency)


def _cash_back(entry: Entry) -> Decimal:
    back = entry.body.get("CashBack")
    if not back or not back.get("Amount"):
        entry.body.pop("CashBack", None)
        return ZERO
    account = entry.account(back.get("AccountRef"), "CashBack.AccountRef")
    back["AccountRef"] = entry.company.refer(account)
    back["Amount"] = entry.amount(back["Amount"])
    entry.post(account, back["Amount"])
    return Decimal(back["Amount"])
