"""Paperbooks' shape of a journal, both ways. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from canonical.accounting import AccountRef, AccountType, DocumentLine, JournalEntry, Side
from connections.contracts import Found, ReferenceItem

TYPES = {
    "bank": AccountType.BANK,
    "asset": AccountType.OTHER_CURRENT_ASSET,
    "liability": AccountType.OTHER_CURRENT_LIABILITY,
    "income": AccountType.INCOME,
    "cost": AccountType.EXPENSE,
}
KINDS = {
    AccountType.BANK: "bank",
    AccountType.OTHER_CURRENT_ASSET: "asset",
    AccountType.INCOME: "income",
    AccountType.OTHER_INCOME: "income",
    AccountType.COST_OF_GOODS_SOLD: "cost",
    AccountType.EXPENSE: "cost",
    AccountType.OTHER_EXPENSE: "cost",
}


def entry(document: JournalEntry, marker: str) -> dict[str, Any]:
    lines = [
        {"account": line.account.key, line.side.value: f"{line.gross:f}", "text": line.description} for line in document.lines
    ]
    return {"on": document.date.isoformat(), "text": document.memo, "mark": marker, "lines": lines}


def found(body: Mapping[str, Any]) -> Found:
    lines = tuple(_line(line) for line in body["lines"])
    document = JournalEntry(date.fromisoformat(body["on"]), "EUR", lines, body["text"])
    return Found(body["id"], body["version"], body["id"], body["mark"], document, body)


def account(body: Mapping[str, Any]) -> ReferenceItem:
    facts = {"type": str(TYPES[body["kind"]]), "native_type": body["kind"]}
    return ReferenceItem("account", body["id"], body["name"], body["active"], facts, body)


def party(body: Mapping[str, Any]) -> ReferenceItem:
    return ReferenceItem("customer", body["id"], body["name"], body["active"], {"email": body.get("email", "")}, body)


def _line(body: Mapping[str, Any]) -> DocumentLine:
    side = Side.DEBIT if "debit" in body else Side.CREDIT
    return DocumentLine(AccountRef(body["account"], ""), side, Decimal(body[side.value]), body["text"], "")
