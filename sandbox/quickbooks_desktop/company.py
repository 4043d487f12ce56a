"""One company file during one transaction of the store: objects by kind and id, references, postings, stock, links."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from sandbox.quickbooks_desktop import status
from sandbox.quickbooks_desktop.kinds import TXNS, namespace, targets, word
from sandbox.quickbooks_desktop.money import from_units, to_units
from sandbox.quickbooks_desktop.read import Body

LOCAL: Final = timezone(timedelta(hours=-8))
"""Where the desktops stand: QuickBooks writes the computer's own time with its offset."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is kept. `body`: what was written and what the rules added, references with id and name."""

    kind: str
    id: str
    number: int
    edit: str
    active: bool
    deleted: bool
    label: str
    created: str
    updated: str
    guid: str | None
    body: Body

    @property
    def name(self) -> str:
        """FullName of a list object, number of a transaction."""
        return str(self.body.get("FullName") or self.body.get("Name") or self.body.get("RefNumber", ""))


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement of one account, debit positive: `home` in the file's currency, `own` in the transaction's."""

    account: str
    home: Decimal
    own: Decimal
    party: str | None = None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """`source` settles `amount` of `target`: a payment or credit of an invoice, a deposit of what waits."""

    source: str
    target: str
    amount: Decimal


@dataclass(slots=True)
class Effects:
    """What a transaction does to the books besides existing."""

    postings: list[Posting] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    stock: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)


class Company:
    """Reads and writes of one file over an open store transaction. KeyError: there is no such file."""

    def __init__(self, conn: sqlite3.Connection, file: str, now: datetime) -> None:
        row = conn.execute("SELECT * FROM qbd_file WHERE file = ?", (file,)).fetchone()
        if row is None:
            raise KeyError(file)
        self.conn, self.file, self.now = conn, file, now.astimezone(UTC)
        self.info: dict[str, Any] = json.loads(row["info"])

    # The file itself

    @property
    def home(self) -> str:
        """Full name of the home currency, as CurrencyRef has it."""
        return str(self.info["home"])

    def has(self, feature: str) -> bool:
        """multicurrency, inventory, classes, sales_tax, account_numbers."""
        return bool(self.info["features"].get(feature))

    def keep(self, **changes: Any) -> None:
        """Change what the file is or prefers."""
        self.info |= changes
        self.conn.execute("UPDATE qbd_file SET info = ? WHERE file = ?", (json.dumps(self.info), self.file))

    @property
    def stamp(self) -> str:
        return self.now.astimezone(LOCAL).isoformat(timespec="seconds")

    @property
    def today(self) -> str:
        return self.now.astimezone(LOCAL).date().isoformat()

    def _count(self, column: str, least: int = 0) -> int:
        row = self.conn.execute(
            f"UPDATE qbd_file SET {column} = max({column} + 1, ?) WHERE file = ? RETURNING {column}",  # noqa: S608
            (least, self.file),
        ).fetchone()
        return int(row[0])

    def next_id(self, listed: bool) -> tuple[int, str]:
        """A number, and the id QuickBooks makes of it: hexadecimal, then the second it was made."""
        number = self._count("counter")
        return number, f"{number + (0x80000000 if listed else 0):X}-{int(self.now.timestamp())}"

    def next_txn_number(self) -> str:
        return str(self._count("txn_number"))

    def _next_edit(self) -> str:
        """An EditSequence is the second of the change, and always another one than before."""
        return str(self._count("edit", int(self.now.timestamp())))

    # Objects

    def find(self, object_id: str, *kinds: str) -> Stored | None:
        """The object of that id, deleted ones too; of one of `kinds` if any are named."""
        row = self.conn.execute("SELECT * FROM qbd_object WHERE file = ? AND id = ?", (self.file, object_id)).fetchone()
        return _stored(row) if row and (not kinds or row["kind"] in kinds) else None

    def need(self, object_id: str, *kinds: str) -> Stored:
        """A live object by its own id. Raises 3120."""
        found = self.find(object_id, *kinds)
        if found is None or found.deleted:
            raise status.not_found(object_id)
        return found

    def all(self, kind: str, where: str = "", params: Iterable[Any] = ()) -> Iterator[Stored]:
        """Live objects of a kind, oldest first. `where`: more SQL, its values in `params`."""
        sql = f"SELECT * FROM qbd_object WHERE file = ? AND kind = ? AND deleted = 0 {where} ORDER BY number"  # noqa: S608
        return map(_stored, self.conn.execute(sql, (self.file, kind, *params)).fetchall())

    def named(self, kinds: Iterable[str], full_name: str) -> Stored | None:
        """The live object of that FullName in any of `kinds`, whatever its case."""
        found = (self.all(kind, "AND label = ?", (full_name.casefold(),)) for kind in kinds)
        return next((stored for rows in found for stored in rows), None)

    def with_guid(self, guid: str) -> Stored | None:
        row = self.conn.execute(
            "SELECT * FROM qbd_object WHERE file = ? AND guid = ? AND deleted = 0", (self.file, guid.upper())
        ).fetchone()
        return _stored(row) if row else None

    def insert(self, kind: str, body: Body, made: tuple[int, str] | None = None) -> Stored:
        """Keep a new object. 3100: its name is in use; 3210: its ExternalGUID is."""
        guid = body.get("ExternalGUID")
        if guid and guid != "0" and self.with_guid(guid):
            raise status.invalid("ExternalGUID", f"{guid} is in use by another object.")
        self._check_name(kind, body, None)
        number, object_id = made or self.next_id(kind not in TXNS)
        self.conn.execute(
            "INSERT INTO qbd_object (file, kind, id, number, edit, active, label, ref_number, txn_date, guid, created, updated,"
            " body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.file, kind, object_id, number, self._next_edit(), *_columns(kind, body), self.stamp, self.stamp, _text(body)),
        )
        return self.need(object_id)

    def replace(self, stored: Stored, body: Body) -> Stored:
        """Keep another body: a new EditSequence."""
        self._check_name(stored.kind, body, stored)
        self.conn.execute(
            "UPDATE qbd_object SET edit = ?, active = ?, label = ?, ref_number = ?, txn_date = ?, guid = ?, updated = ?, body = ?"
            " WHERE file = ? AND id = ?",
            (self._next_edit(), *_columns(stored.kind, body), self.stamp, _text(body), self.file, stored.id),
        )
        return self.need(stored.id)

    def remove(self, stored: Stored) -> None:
        self.conn.execute(
            "UPDATE qbd_object SET deleted = 1, updated = ? WHERE file = ? AND id = ?", (self.stamp, self.file, stored.id)
        )

    def _check_name(self, kind: str, body: Body, old: Stored | None) -> None:
        label = body.get("FullName") or body.get("Name")
        other = self.named(namespace(kind), label) if label and kind not in TXNS else None
        if other and (old is None or other.id != old.id):
            raise status.Refusal(3100, f'The name "{label}" of the list element is already in use.')

    # References

    def refer(self, body: Body, name: str, kind: str) -> Stored | None:
        """Resolve the reference `name` of an object of `kind` in place, by ListID or else FullName. Raises 3140.

        None where it isn't there or empty. What is inactive can't be used by a new transaction.
        """
        ref = body.get(name)
        if not ref or not (ref.get("ListID") or ref.get("FullName")):
            body.pop(name, None)
            return None
        kinds = targets(name, kind)
        found = self.find(ref["ListID"], *kinds) if ref.get("ListID") else self.named(kinds, ref["FullName"])
        said = ref.get("ListID") or ref.get("FullName")
        if found is None or found.deleted:
            raise status.invalid_reference(word(kinds), said, kind)
        if not found.active:
            raise status.Refusal(3140, f'The {word(kinds)} "{found.name}" in the {kind} is not active.')
        body[name] = reference(found)
        return found

    def account(self, body: Body, name: str, kind: str, types: tuple[str, ...] = ()) -> Stored:
        """The account a required reference names. Missing: 3150; of another type than one of `types`: 3210."""
        found = self.refer(body, name, kind)
        if found is None:
            raise status.missing(name)
        if types and found.body["AccountType"] not in types:
            raise status.invalid(name, f'the account "{found.name}" is of type {found.body["AccountType"]}.')
        return found

    def special(self, duty: str) -> Stored:
        """The account with a duty (AccountsReceivable, UndepositedFunds, SalesTaxPayable ...), made if it isn't there yet."""
        found = next((a for a in self.all("Account") if a.body.get("SpecialAccountType") == duty), None)
        if found is None:
            raise status.Refusal(3270, f"Missing posting account: {duty}.")
        return found

    # Effects

    def apply(self, txn: str, day: str, effects: Effects) -> None:
        """Put the effects of a transaction in place of any it had."""
        self.withdraw(txn)
        for line, posting in enumerate(effects.postings):
            kept = (posting.account, to_units(posting.home), to_units(posting.own), posting.party, day, posting.memo)
            self.conn.execute("INSERT INTO qbd_posting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (self.file, txn, line, *kept))
        for line, link in enumerate(effects.links):
            settled = (self.file, txn, line, link.source or txn, link.target, to_units(link.amount))
            self.conn.execute("INSERT INTO qbd_link VALUES (?, ?, ?, ?, ?, ?)", settled)
        for line, (item, quantity, value) in enumerate(effects.stock):
            moved = (self.file, txn, line, item, to_units(quantity), to_units(value))
            self.conn.execute("INSERT INTO qbd_stock VALUES (?, ?, ?, ?, ?, ?)", moved)

    def withdraw(self, txn: str) -> None:
        for table in ("qbd_posting", "qbd_link", "qbd_stock"):
            self.conn.execute(f"DELETE FROM {table} WHERE file = ? AND txn = ?", (self.file, txn))  # noqa: S608

    def links(self, end: str, txn: str) -> list[Link]:
        """The links whose `end` ("source" or "target") is this transaction, whoever made them."""
        rows = self.conn.execute(
            f"SELECT source, target, amount FROM qbd_link WHERE file = ? AND {end} = ? ORDER BY rowid",  # noqa: S608
            (self.file, txn),
        )
        return [Link(row["source"], row["target"], from_units(row["amount"])) for row in rows]

    def sum(self, column: str, where: str, *params: str) -> Decimal:
        """The sum of postings: `column` home or own, `where` SQL over account, party, txn."""
        row = self.conn.execute(
            f"SELECT coalesce(sum({column}), 0) AS total FROM qbd_posting WHERE file = ? AND {where}",  # noqa: S608
            (self.file, *params),
        ).fetchone()
        return from_units(row["total"])

    def stock(self, item: str) -> tuple[Decimal, Decimal]:
        """(quantity on hand, its value) of an inventory item."""
        row = self.conn.execute(
            "SELECT coalesce(sum(quantity), 0) AS q, coalesce(sum(value), 0) AS v FROM qbd_stock WHERE file = ? AND item = ?",
            (self.file, item),
        ).fetchone()
        return from_units(row["q"]), from_units(row["v"])


def reference(stored: Stored) -> Body:
    return {"ListID": stored.id, "FullName": stored.name}


def files(conn: sqlite3.Connection) -> list[str]:
    return [row["file"] for row in conn.execute("SELECT file FROM qbd_file ORDER BY rowid")]


def _columns(kind: str, body: Body) -> tuple[Any, ...]:
    label = None if kind in TXNS else str(body.get("FullName") or body.get("Name")).casefold()
    guid = body.get("ExternalGUID", "0")
    kept = None if guid == "0" else guid.upper()
    return (body.get("IsActive", "true") == "true", label, body.get("RefNumber"), body.get("TxnDate"), kept)


def _text(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False)


def _stored(row: sqlite3.Row) -> Stored:
    return Stored(
        row["kind"], row["id"], row["number"], row["edit"], bool(row["active"]), bool(row["deleted"]), row["label"] or "",
        row["created"], row["updated"], row["guid"], json.loads(row["body"]),
    )  # fmt: skip
