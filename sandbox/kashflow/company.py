"""One company's books during one transaction of the store: objects by kind, ids and numbers, postings, stock, settings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.jsontext import dump, load
from sandbox.kashflow import problems
from sandbox.kashflow.money import ZERO, from_units, to_units

Body = dict[str, Any]

# What an account's owner sets. `api_password` None: the SOAP interface takes the login password. `addresses` empty: any.
SETTINGS: Final[Body] = {
    "password": "", "api_password": None, "memorable": "", "soap": True, "addresses": [], "vat_registered": True,
    "vat_number": "", "stock": False, "closed_until": "", "vat_until": "", "locked": False, "bad_logins": 0, "home": "GBP",
}  # fmt: skip

# What isn't published, one reading each; the verbs `journal_sign` and `rules` try the others.
# journal_sign: which side a positive JournalLine.Amount is on.
# transfer: how money moves between two bank accounts: by a bank transaction coded to the other account, by a journal
#   between their nominals, or either way.
# bank_keys: whether accid and TransactionType of a bank transaction are ids (as GetBankAccounts and GetBankTxTypes list
#   them), nominal codes (as the vendor's page on the class says), or either; "either" answers ids.
# element_order: whether an element out of its place is ignored, or read all the same.
# rate: whether a home amount is the currency amount times the exchange rate, or divided by it.
RULES: Final[dict[str, tuple[str, ...]]] = {
    "journal_sign": ("debit", "credit"),
    "transfer": ("either", "bank", "journal"),
    "bank_keys": ("either", "id", "code"),
    "element_order": ("ignore", "any"),
    "rate": ("multiply", "divide"),
}
_FIRST_ID: Final = 2_410_551
_COLUMNS: Final = ("number", "code", "reference", "day", "parent")


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is kept. `id` is unique over all companies, `number` within its kind; `day` is ISO."""

    kind: str
    id: int
    number: int
    code: str
    reference: str
    day: str
    parent: int
    archived: bool
    created: str
    updated: str
    body: Body


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement of one nominal in home currency, debit positive."""

    nominal: int
    amount: Decimal
    memo: str = ""


@dataclass(slots=True)
class Effects:
    """What a transaction does to the books besides existing. `stock`: (product id, quantity added)."""

    postings: list[Posting] = field(default_factory=list)
    stock: list[tuple[int, Decimal]] = field(default_factory=list)


class Company:
    """Reads and writes of one company over an open store transaction; `now` stamps what is written."""

    def __init__(self, conn: sqlite3.Connection, company: str, now: datetime, root: str = "") -> None:
        row = conn.execute("SELECT * FROM kf_company WHERE id = ?", (company,)).fetchone()
        if row is None:
            raise KeyError(company)
        self.conn, self.id, self.root, self.now = conn, company, root, now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        self.name: str = row["name"]
        self.username: str = row["username"]
        first = {name: readings[0] for name, readings in RULES.items()}
        self.settings: Body = {**SETTINGS, **first, **load(row["settings"])}

    @property
    def home(self) -> str:
        return str(self.settings["home"])

    def set(self, **changes: Any) -> Body:
        self.settings |= changes
        self.conn.execute("UPDATE kf_company SET settings = ? WHERE id = ?", (dump(self.settings), self.id))
        return self.settings

    # Objects

    def find(self, kind: str, object_id: int) -> Stored | None:
        return next(iter(self.all(kind, "AND id = ?", (object_id,))), None)

    def numbered(self, kind: str, number: int) -> Stored | None:
        return next(iter(self.all(kind, "AND number = ?", (number,))), None)

    def coded(self, kind: str, code: object) -> Stored | None:
        """By code, whatever its case."""
        return next(iter(self.all(kind, "AND code = ?", (str(code).casefold(),))), None)

    def all(self, kind: str, where: str = "", params: Iterable[Any] = ()) -> list[Stored]:
        """Objects of a kind, oldest first. `where`: more SQL, its values in `params`."""
        sql = f"SELECT * FROM kf_object WHERE company = ? AND kind = ? {where} ORDER BY id"  # noqa: S608
        return [_stored(row) for row in self.conn.execute(sql, (self.id, kind, *params)).fetchall()]

    def need(self, kind: str, object_id: int, what: str) -> Stored:
        """The live object of that id. Refused where there is none, or it is archived."""
        stored = self.find(kind, object_id)
        if stored is None:
            raise problems.unknown(what, object_id)
        if stored.archived:
            raise problems.archived(what, stored.body.get("Name") or object_id)
        return stored

    def nominal(self, code: int) -> Stored:
        stored = self.coded("Nominal", code)
        if stored is None:
            raise problems.unknown("nominal code", code)
        return stored

    def next_id(self) -> int:
        row = self.conn.execute(
            "INSERT INTO kf_sequence VALUES ('', 'id', ?) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last", (_FIRST_ID,)
        ).fetchone()
        return int(row["last"])

    def next_number(self, kind: str) -> int:
        """One more than the highest number in use, as KashFlow numbers documents."""
        sql = "SELECT coalesce(max(number), 0) + 1 AS next FROM kf_object WHERE company = ? AND kind = ?"
        return int(self.conn.execute(sql, (self.id, kind)).fetchone()["next"])

    def insert(self, kind: str, body: Body, **columns: Any) -> Stored:
        made = self.next_id()
        values = [columns.get(name) for name in _COLUMNS]
        stamp = self.now.isoformat()
        self.conn.execute(
            "INSERT INTO kf_object (company, kind, id, number, code, reference, day, parent, created, updated, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.id, kind, made, *values, stamp, stamp, dump(body)),
        )
        return self._again(kind, made)

    def replace(self, stored: Stored, body: Body, **columns: Any) -> Stored:
        kept = {name: getattr(stored, name) or None for name in _COLUMNS}
        values = [columns.get(name, kept[name]) for name in _COLUMNS]
        self.conn.execute(
            "UPDATE kf_object SET number = ?, code = ?, reference = ?, day = ?, parent = ?, updated = ?, body = ?"
            " WHERE company = ? AND kind = ? AND id = ?",
            (*values, self.now.isoformat(), dump(body), self.id, stored.kind, stored.id),
        )
        return self._again(stored.kind, stored.id)

    def archive(self, stored: Stored, archived: bool) -> None:
        where = (archived, self.id, stored.kind, stored.id)
        self.conn.execute("UPDATE kf_object SET archived = ? WHERE company = ? AND kind = ? AND id = ?", where)

    def touch(self, stored: Stored, at: str) -> None:
        where = (at, self.id, stored.kind, stored.id)
        self.conn.execute("UPDATE kf_object SET updated = ? WHERE company = ? AND kind = ? AND id = ?", where)

    def remove(self, stored: Stored) -> None:
        self.withdraw(stored.kind, stored.id)
        self.conn.execute("DELETE FROM kf_object WHERE company = ? AND kind = ? AND id = ?", (self.id, stored.kind, stored.id))

    def _again(self, kind: str, object_id: int) -> Stored:
        stored = self.find(kind, object_id)
        if stored is None:
            raise LookupError(f"{kind} {object_id}")
        return stored

    # Effects

    def apply(self, stored: Stored, effects: Effects) -> None:
        """Put the effects of a transaction in place of any it had."""
        if sum((posting.amount for posting in effects.postings), ZERO) != 0:
            raise ValueError(f"{stored.kind} {stored.id} does not balance: {effects.postings}")
        self.withdraw(stored.kind, stored.id)
        for line, posting in enumerate(effects.postings):
            row = (line, posting.nominal, to_units(posting.amount), stored.day, posting.memo)
            self.conn.execute("INSERT INTO kf_posting VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (self.id, stored.kind, stored.id, *row))
        for line, (product, quantity) in enumerate(effects.stock):
            moved = (self.id, stored.kind, stored.id, line, product, to_units(quantity))
            self.conn.execute("INSERT INTO kf_stock VALUES (?, ?, ?, ?, ?, ?)", moved)

    def withdraw(self, kind: str, doc: int) -> None:
        where = (self.id, kind, doc)
        for table in ("kf_posting", "kf_stock"):
            self.conn.execute(f"DELETE FROM {table} WHERE company = ? AND kind = ? AND doc = ?", where)  # noqa: S608

    def sides(self, nominal: int, since: str = "", until: str = "9999") -> tuple[Decimal, Decimal]:
        """(debits, credits) of a nominal over whole days, both positive."""
        row = self.conn.execute(
            "SELECT coalesce(sum(max(amount, 0)), 0) AS debit, coalesce(sum(max(-amount, 0)), 0) AS credit FROM kf_posting"
            " WHERE company = ? AND nominal = ? AND day >= ? AND day <= ?",
            (self.id, nominal, since, until),
        ).fetchone()
        return from_units(row["debit"]), from_units(row["credit"])

    def balance(self, nominal: int, until: str = "9999") -> Decimal:
        """Debit positive."""
        debit, credit = self.sides(nominal, until=until)
        return debit - credit

    def moved(self, product: int) -> Decimal:
        """What transactions did to a product's stock."""
        sql = "SELECT coalesce(sum(quantity), 0) AS total FROM kf_stock WHERE company = ? AND product = ?"
        return from_units(self.conn.execute(sql, (self.id, product)).fetchone()["total"])


def _stored(row: sqlite3.Row) -> Stored:
    return Stored(
        row["kind"], row["id"], row["number"] or 0, row["code"] or "", row["reference"] or "", row["day"] or "",
        row["parent"] or 0, bool(row["archived"]), row["created"], row["updated"], load(row["body"]),
    )  # fmt: skip
