"""How a kept object looks in an answer: with its identity, its history, and the figures the books give it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from sandbox.quickbooks_online import accounts
from sandbox.quickbooks_online.company import Body, Company, Stored
from sandbox.quickbooks_online.kinds import KINDS, SINGLE
from sandbox.quickbooks_online.money import ZERO, rounded

PACIFIC: Final = timezone(timedelta(hours=-8))


def moment(at: datetime) -> str:
    """The time of an answer, with milliseconds, as the service's own clock shows it."""
    return at.astimezone(PACIFIC).isoformat(timespec="milliseconds")


def _seconds(stamp: str) -> str:
    return datetime.fromisoformat(stamp).astimezone(PACIFIC).isoformat(timespec="seconds")


def meta(stored: Stored) -> Body:
    return {"CreateTime": _seconds(stored.created), "LastUpdatedTime": _seconds(stored.updated)}


def show(company: Company, stored: Stored) -> Body:
    """One object as the service answers it."""
    body = {
        **stored.body, **_figures(company, stored), "domain": "QBO", "sparse": False, "Id": stored.id,
        "SyncToken": str(stored.sync_token), "MetaData": meta(stored),
    }  # fmt: skip
    if KINDS[stored.kind].family == SINGLE and stored.kind == "Preferences":
        body.pop("sparse")
    return body


def gone(stored: Stored) -> Body:
    """A deleted object in the change feed."""
    return {"domain": "QBO", "status": "Deleted", "Id": stored.id, "MetaData": {"LastUpdatedTime": _seconds(stored.updated)}}


def _figures(company: Company, stored: Stored) -> Body:
    match stored.kind:
        case "Account":
            return accounts.shown_balance(company, stored)
        case "Customer":
            owed = company.party_balance("Customer", stored.id)
            return {"Balance": owed, "BalanceWithJobs": owed}
        case "Vendor":
            return {"Balance": -company.party_balance("Vendor", stored.id)}
        case "Item" if stored.body["Type"] == "Inventory":
            return {"QtyOnHand": company.on_hand(stored.id)}
        case "Invoice" | "Bill" | "CreditMemo" | "Payment" | "SalesReceipt" | "JournalEntry" | "RefundReceipt":
            return _settled(company, stored)
    return {}


def _settled(company: Company, stored: Stored) -> Body:
    """What is open, and which transactions settled the rest."""
    links = company.linked_to(stored.kind, stored.id)
    shown: Body = {}
    if links:
        shown["LinkedTxn"] = [{"TxnId": txn, "TxnType": kind} for kind, txn, _ in links]
    if stored.kind in ("Invoice", "Bill", "CreditMemo"):
        balance = Decimal(stored.body["TotalAmt"]) - sum((amount for _, _, amount in links), ZERO)
        shown["Balance"] = balance
        if company.multicurrency:
            shown["HomeBalance"] = rounded(balance * stored.body.get("ExchangeRate", 1), company.home)
        if stored.kind == "CreditMemo":
            shown["RemainingCredit"] = balance
    return shown
