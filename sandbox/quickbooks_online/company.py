"""One company's books during one transaction of the store: objects by kind and id, ids, references, postings, events."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.quickbooks_online import faults
from sandbox.quickbooks_online.jsonio import dumps, loads
from sandbox.quickbooks_online.kinds import KINDS, TXN
from sandbox.quickbooks_online.money import from_units, to_units

Body = dict[str, Any]

# What is not documented for sure can be set per company: see `command("rules")`.
# tax_override: a caller's own tax amounts stand. keep_doc_number: with custom numbers off, a sent DocNumber is kept.
# lag: seconds until a new object shows up in queries (reading it by id works at once).
# links_touch: setting a payment against a document moves that document's SyncToken too.
RULES: Final[Body] = {"tax_override": True, "keep_doc_number": False, "lag": 0, "links_touch": False}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is kept. `body` is what the caller wrote plus what the service computed."""

    kind: str
    id: str
    sync_token: int
    active: bool
    deleted: bool
    created: str
    updated: str
    body: Body


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement of one account: debit positive. `home` in the company's currency, `own` in the transaction's."""

    account: str
    home: Decimal
    own: Decimal
    currency: str
    party: tuple[str, str] | None = None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A line that settles (part of) another transaction."""

    kind: str
    id: str
    amount: Decimal


@dataclass(slots=True)
class Effects:
    """What a transaction does to the books besides existing."""

    postings: list[Posting] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    stock: list[tuple[str, Decimal]] = field(default_factory=list)


class Company:
    """Reads and writes of one realm over an open store transaction; `now` stamps what is written."""

    def __init__(self, conn: sqlite3.Connection, realm: str, now: datetime) -> None:
        row = conn.execute("SELECT * FROM qbo_company WHERE realm = ?", (realm,)).fetchone()
        if row is None:
            raise KeyError(realm)
        self.conn, self.realm, self.now = conn, realm, now.astimezone(UTC)
        self.name: str = row["name"]
        self.country: str = row["country"]
        self.home: str = row["home"]
        self.lapsed = bool(row["lapsed"])
        self.rules: Body = {**RULES, **loads(row["rules"])}
        self._preferences: Body | None = None

    @property
    def stamp(self) -> str:
        return self.now.replace(microsecond=0).isoformat()

    @property
    def preferences(self) -> Body:
        if self._preferences is None:
            stored = self.find("Preferences", "1")
            self._preferences = stored.body if stored else {}
        return self._preferences

    def preference(self, group: str, name: str) -> Any:
        return self.preferences.get(group, {}).get(name)

    @property
    def multicurrency(self) -> bool:
        return bool(self.preference("CurrencyPrefs", "MultiCurrencyEnabled"))

    # Objects

    def find(self, kind: str, object_id: str) -> Stored | None:
        row = self.conn.execute(
            "SELECT * FROM qbo_object WHERE realm = ? AND kind = ? AND id = ?", (self.realm, kind, object_id)
        ).fetchone()
        return _stored(row) if row else None

    def all(self, kind: str, where: str = "", params: Iterable[Any] = ()) -> Iterator[Stored]:
        """Live objects of a kind, by id. `where`: more SQL, its values in `params`."""
        sql = f"SELECT * FROM qbo_object WHERE realm = ? AND kind = ? AND deleted = 0 {where} ORDER BY number"  # noqa: S608
        return map(_stored, self.conn.execute(sql, (self.realm, kind, *params)).fetchall())

    def labelled(self, kind: str, label: str) -> Stored | None:
        """The live object of that name, whatever its case."""
        return next(self.all(kind, "AND label = ?", (label.casefold(),)), None)

    def numbered(self, kind: str, doc_number: str) -> Stored | None:
        return next(self.all(kind, "AND doc_number = ?", (doc_number,)), None)

    def next_id(self, kind: str) -> str:
        """Transactions share one sequence, each list has its own."""
        name = TXN if KINDS[kind].family == TXN else kind
        row = self.conn.execute(
            "INSERT INTO qbo_sequence VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
            (self.realm, name),
        ).fetchone()
        return str(row["last"])

    def next_number(self) -> str:
        """The number the company gives a document by itself."""
        row = self.conn.execute(
            "UPDATE qbo_company SET auto_number = auto_number + 1 WHERE realm = ? RETURNING auto_number", (self.realm,)
        ).fetchone()
        return str(row["auto_number"])

    def insert(self, kind: str, body: Body, object_id: str | None = None) -> Stored:
        made = object_id or self.next_id(kind)
        self.conn.execute(
            "INSERT INTO qbo_object (realm, kind, id, number, active, label, doc_number, txn_date, created, updated, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.realm,
                kind,
                made,
                int(made) if made.isdigit() else 0,
                *_columns(kind, body),
                self.stamp,
                self.stamp,
                dumps(body),
            ),
        )
        self._news(kind, made, "Create")
        return self._again(kind, made)

    def replace(self, stored: Stored, body: Body, operation: str = "Update") -> Stored:
        self.conn.execute(
            "UPDATE qbo_object SET sync_token = sync_token + 1, active = ?, label = ?, doc_number = ?, txn_date = ?,"
            " updated = ?, body = ? WHERE realm = ? AND kind = ? AND id = ?",
            (*_columns(stored.kind, body), self.stamp, dumps(body), self.realm, stored.kind, stored.id),
        )
        self._news(stored.kind, stored.id, operation)
        return self._again(stored.kind, stored.id)

    def remove(self, stored: Stored) -> None:
        self.conn.execute(
            "UPDATE qbo_object SET deleted = 1, updated = ? WHERE realm = ? AND kind = ? AND id = ?",
            (self.stamp, self.realm, stored.kind, stored.id),
        )
        self._news(stored.kind, stored.id, "Delete")

    def _again(self, kind: str, object_id: str) -> Stored:
        stored = self.find(kind, object_id)
        if stored is None:
            raise LookupError(f"{kind} {object_id}")
        if kind == "Preferences":
            self._preferences = None
        return stored

    def _news(self, kind: str, object_id: str, operation: str) -> None:
        if KINDS[kind].news:
            self.conn.execute(
                "INSERT INTO qbo_event (uid, realm, kind, object, operation, at) VALUES (?, ?, ?, ?, ?, ?)",
                (str(uuid.uuid4()), self.realm, kind, object_id, operation, self.now.isoformat()),
            )

    # References

    def need(self, kind: str, ref: Body | None, element: str) -> Stored:
        """The object a reference names. Missing: 2020; unknown: 2500; inactive or deleted: 610."""
        if not ref or not ref.get("value"):
            raise faults.missing(element)
        stored = self.find(kind, ref["value"])
        if stored is None:
            raise faults.invalid_reference(element, ref["value"])
        if stored.deleted or not stored.active:
            raise faults.inactive(kind.lower(), str(stored.body.get(KINDS[kind].label)))
        return stored

    def refer(self, stored: Stored, **more: str) -> Body:
        """A reference as answers show it: with the name."""
        label = stored.body.get("FullyQualifiedName") or stored.body.get(KINDS[stored.kind].label)
        return {"value": stored.id, "name": label, **more}

    def named(self, kind: str, ref: Body | None, element: str) -> Body | None:
        """An optional reference, checked and with its name."""
        return self.refer(self.need(kind, ref, element)) if ref else None

    # Effects

    def apply(self, kind: str, txn: str, day: str, effects: Effects) -> None:
        """Put the effects of a transaction in place of any it had."""
        self.withdraw(kind, txn)
        for line, posting in enumerate(effects.postings):
            party = posting.party or (None, None)
            self.conn.execute(
                "INSERT INTO qbo_posting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.realm, kind, txn, line, posting.account, to_units(posting.home), to_units(posting.own),
                    posting.currency, *party, day, posting.memo,
                ),
            )  # fmt: skip
        for line, link in enumerate(effects.links):
            settled = (self.realm, kind, txn, line, link.kind, link.id, to_units(link.amount))
            self.conn.execute("INSERT INTO qbo_link VALUES (?, ?, ?, ?, ?, ?, ?)", settled)
        for line, (item, quantity) in enumerate(effects.stock):
            moved = (self.realm, kind, txn, line, item, to_units(quantity))
            self.conn.execute("INSERT INTO qbo_stock VALUES (?, ?, ?, ?, ?, ?)", moved)

    def withdraw(self, kind: str, txn: str) -> None:
        for table in ("qbo_posting", "qbo_link", "qbo_stock"):
            self.conn.execute(f"DELETE FROM {table} WHERE realm = ? AND kind = ? AND txn = ?", (self.realm, kind, txn))  # noqa: S608

    def linked_to(self, kind: str, txn: str) -> list[tuple[str, str, Decimal]]:
        """Who settles this transaction, and how much: (kind, id, amount)."""
        rows = self.conn.execute(
            "SELECT kind, txn, amount FROM qbo_link WHERE realm = ? AND to_kind = ? AND to_txn = ? ORDER BY CAST(txn AS INTEGER)",
            (self.realm, kind, txn),
        )
        return [(row["kind"], row["txn"], from_units(row["amount"])) for row in rows]

    def balance(self, account: str, own: bool = False) -> Decimal:
        """An account's balance, debit positive, in home currency or its own."""
        column = "own" if own else "home"
        row = self.conn.execute(
            f"SELECT coalesce(sum({column}), 0) AS total FROM qbo_posting WHERE realm = ? AND account = ?",  # noqa: S608
            (self.realm, account),
        ).fetchone()
        return from_units(row["total"])

    def party_balance(self, kind: str, party: str) -> Decimal:
        """What a customer owes (or a vendor is owed, negative) in the transactions' currency."""
        row = self.conn.execute(
            "SELECT coalesce(sum(own), 0) AS total FROM qbo_posting WHERE realm = ? AND party_kind = ? AND party = ?",
            (self.realm, kind, party),
        ).fetchone()
        return from_units(row["total"])

    def on_hand(self, item: str) -> Decimal:
        row = self.conn.execute(
            "SELECT coalesce(sum(quantity), 0) AS total FROM qbo_stock WHERE realm = ? AND item = ?", (self.realm, item)
        ).fetchone()
        return Decimal(row["total"]) / 100_000


def _columns(kind: str, body: Body) -> tuple[Any, ...]:
    label = body.get("FullyQualifiedName") if kind == "Account" else body.get(KINDS[kind].label)
    if kind == "ExchangeRate":
        label = f"{body['SourceCurrencyCode']}:{body['AsOfDate']}"
    named = KINDS[kind].family != TXN and label
    return (body.get("Active", True), str(label).casefold() if named else None, body.get("DocNumber"), body.get("TxnDate"))


def _stored(row: sqlite3.Row) -> Stored:
    return Stored(
        row["kind"], row["id"], row["sync_token"], bool(row["active"]), bool(row["deleted"]), row["created"], row["updated"],
        loads(row["body"]),
    )  # fmt: skip
