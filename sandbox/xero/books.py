"""One organisation's books during one transaction of the store: objects, postings, links, stock, events."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from sandbox import jsontext
from sandbox.xero.errors import Invalid, NotFound
from sandbox.xero.money import ZERO, from_units, rounded, to_units

Body = dict[str, Any]
NOWHERE: Final = "00000000-0000-0000-0000-000000000000"
# What an organisation is like beyond its name. Dates are ISO or None; `plan`: approvals a month, None for no limit.
SETTINGS: Final[Body] = {
    "version": "UK", "class": "STANDARD", "tax_basis": "ACCRUALS", "tax_number": "", "zone": "GMTSTANDARDTIME",
    "short_code": "!", "multicurrency": False, "period_lock": None, "year_lock": None, "offline": None, "rates": {},
    "plan": {"invoices": None, "bills": None, "journals": None}, "created": "2024-01-01T00:00:00+00:00", "year_end": [31, 3],
}  # fmt: skip
# Categories that webhooks tell about (ledgers.md 2.4).
_TOLD: Final = {"Contact": "CONTACT", "Invoice": "INVOICE", "CreditNote": "CREDITNOTE"}


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is kept. `body` is what the caller wrote, checked, plus what the twin computed."""

    kind: str
    id: str
    number: int
    status: str
    created: str
    updated: str
    app: str | None
    body: Body


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement of one account, debit positive: `base` in the organisation's currency, `own` in the document's."""

    account: str
    base: Decimal
    own: Decimal
    currency: str
    contact: str | None = None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A movement of a tracked item: quantity and cost in base currency, in positive."""

    item: str
    quantity: Decimal
    cost: Decimal


@dataclass(slots=True)
class Effects:
    """What a document does to the books besides existing."""

    postings: list[Posting] = field(default_factory=list)
    stock: list[Move] = field(default_factory=list)


class Books:
    """Reads and writes of one organisation over an open transaction. `app` is the client that calls, None a person."""

    def __init__(self, conn: sqlite3.Connection, tenant: str, now: datetime, app: str | None = None) -> None:
        row = conn.execute("SELECT * FROM xero_organisation WHERE tenant = ?", (tenant,)).fetchone()
        if row is None:
            raise KeyError(tenant)
        self.conn, self.tenant, self.now, self.app = conn, tenant, now.astimezone(UTC), app
        self.name: str = row["name"]
        self.country: str = row["country"]
        self.base: str = row["base"]
        self.duties: dict[str, Stored] = {}  # system accounts by what they are for, once somebody asked
        self.settings: Body = {**SETTINGS, **jsontext.load(row["settings"])}

    @property
    def today(self) -> date:
        return self.now.date()

    def set(self, **changes: Any) -> None:
        self.settings |= changes
        text = jsontext.dump(self.settings)
        self.conn.execute("UPDATE xero_organisation SET settings = ? WHERE tenant = ?", (text, self.tenant))

    def lock_check(self, day: str) -> None:
        """Refuse a day on or before a lock date, in Xero's words."""
        for name, words in (("year_lock", "end of year lock date"), ("period_lock", "period lock date")):
            locked = self.settings[name]
            if locked and day <= locked:
                shown = f"{date.fromisoformat(locked):%d %B %Y}"
                raise Invalid(f"The document date cannot be before the {words}, currently set at {shown}")

    # Objects

    def find(self, kind: str, object_id: str | None) -> Stored | None:
        try:
            wanted = str(uuid.UUID(str(object_id)))  # with or without hyphens, in either case
        except ValueError:
            return None
        row = self.conn.execute(
            "SELECT * FROM xero_object WHERE tenant = ? AND kind = ? AND id = ?", (self.tenant, kind, wanted)
        ).fetchone()
        return _stored(row) if row else None

    def need(self, kind: str, object_id: str) -> Stored:
        found = self.find(kind, object_id)
        if found is None:
            raise NotFound("The resource you're looking for cannot be found")
        return found

    def all(self, kind: str, where: str = "", params: Iterable[Any] = ()) -> Iterator[Stored]:
        """Objects of a kind in the order they were made. `where`: more SQL, its values in `params`."""
        sql = f"SELECT * FROM xero_object WHERE tenant = ? AND kind = ? {where} ORDER BY number"  # noqa: S608
        return map(_stored, self.conn.execute(sql, (self.tenant, kind, *params)).fetchall())

    def labelled(self, kind: str, label: str) -> Stored | None:
        """The first object of that number, code or name, whatever its case, that isn't deleted or voided."""
        return next(self.all(kind, "AND label = ? AND status NOT IN ('DELETED', 'VOIDED')", (label.casefold(),)), None)

    def second(self, kind: str, name: str) -> Stored | None:
        return next(self.all(kind, "AND second = ? AND status NOT IN ('DELETED', 'VOIDED')", (name.casefold(),)), None)

    def save(
        self, kind: str, body: Body, *, status: str, old: Stored | None = None, label: str | None = None,
        second: str | None = None, object_id: str | None = None,
    ) -> Stored:  # fmt: skip
        """Keep a new object, or what became of an old one; tells webhooks."""
        found_id = old.id if old else object_id or str(uuid.uuid4())
        stamp = self.now.isoformat(timespec="milliseconds")
        number = old.number if old else self._next(kind)
        row = (
            self.tenant, kind, found_id, number, status, label and label.casefold(), second and second.casefold(),
            body.get("Date"), old.created if old else stamp, stamp, old.app if old else self.app, jsontext.dump(body),
        )  # fmt: skip
        self.conn.execute("INSERT OR REPLACE INTO xero_object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        stored = self.need(kind, found_id)
        self.tell(stored, "UPDATE" if old else "CREATE")
        return stored

    def touch(self, stored: Stored) -> None:
        """Its figures changed through another document: UpdatedDateUTC moves and webhooks hear of it."""
        stamp = self.now.isoformat(timespec="milliseconds")
        key = (stamp, self.tenant, stored.kind, stored.id)
        self.conn.execute("UPDATE xero_object SET updated = ? WHERE tenant = ? AND kind = ? AND id = ?", key)
        self.tell(stored, "UPDATE")

    def tell(self, stored: Stored, what: str) -> None:
        if stored.kind not in _TOLD:
            return
        data = {"Type": stored.body["Type"], "Status": stored.status} if stored.kind == "CreditNote" else {}
        self.conn.execute(
            "INSERT INTO xero_event (tenant, category, object, type, data, at) VALUES (?, ?, ?, ?, ?, ?)",
            (self.tenant, _TOLD[stored.kind], stored.id, what, jsontext.dump(data), self.now.isoformat()),
        )

    def _next(self, kind: str) -> int:
        row = self.conn.execute(
            "SELECT coalesce(max(number), 0) + 1 FROM xero_object WHERE tenant = ? AND kind = ?", (self.tenant, kind)
        ).fetchone()
        return int(row[0])

    def note(self, stored: Stored, changes: str, details: str, user: str = "System Generated") -> None:
        """A line of an object's history."""
        self.conn.execute(
            "INSERT INTO xero_note (tenant, kind, object, at, changes, user, details) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.tenant, stored.kind, stored.id, self.now.isoformat(timespec="milliseconds"), changes, user, details),
        )

    # Books

    def post(self, stored: Stored, effects: Effects) -> None:
        """Replace what a document does to the books. An entry that doesn't balance is a mistake of this twin."""
        if sum((posting.base for posting in effects.postings), ZERO):
            raise AssertionError(f"{stored.kind} {stored.id} doesn't balance")
        self.unpost(stored)
        day = stored.body["Date"]
        rows = [
            (
                self.tenant, stored.kind, stored.id, line, posting.account, to_units(posting.base), to_units(posting.own),
                posting.currency, posting.contact, day, posting.memo,
            )
            for line, posting in enumerate(effects.postings)
        ]  # fmt: skip
        self.conn.executemany("INSERT INTO xero_posting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        moves = [
            (self.tenant, stored.kind, stored.id, line, move.item, to_units(move.quantity), to_units(move.cost))
            for line, move in enumerate(effects.stock)
        ]
        self.conn.executemany("INSERT INTO xero_stock VALUES (?, ?, ?, ?, ?, ?, ?)", moves)

    def unpost(self, stored: Stored) -> None:
        for table in ("xero_posting", "xero_stock"):
            self.conn.execute(
                f"DELETE FROM {table} WHERE tenant = ? AND kind = ? AND id = ?",  # noqa: S608 - names above
                (self.tenant, stored.kind, stored.id),
            )

    def unmatch(self, stored: Stored) -> None:
        """Its bank line is there to be matched again."""
        self.conn.execute(
            "UPDATE xero_bank_line SET matched_kind = NULL, matched = NULL WHERE tenant = ? AND matched_kind = ? AND matched = ?",
            (self.tenant, stored.kind, stored.id),
        )

    def postings(self, stored: Stored) -> list[Posting]:
        rows = self.conn.execute(
            "SELECT * FROM xero_posting WHERE tenant = ? AND kind = ? AND id = ? ORDER BY line",
            (self.tenant, stored.kind, stored.id),
        )
        return [_posting(row, self.base) for row in rows]

    def link(self, source: Stored, target: Stored, amount: Decimal, base: Decimal) -> None:
        """`source` settles that much of `target`: in the document's currency, and of its booked value in base currency."""
        row = (self.tenant, source.kind, source.id, target.kind, target.id, to_units(amount), to_units(base))
        self.conn.execute("INSERT INTO xero_link VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def unlink(self, source: Stored) -> None:
        key = (self.tenant, source.kind, source.id)
        self.conn.execute("DELETE FROM xero_link WHERE tenant = ? AND kind = ? AND id = ?", key)

    def links_to(self, target: Stored) -> list[tuple[str, str, Decimal, Decimal]]:
        """(kind, id, amount, base) of what settles a document."""
        rows = self.conn.execute(
            "SELECT * FROM xero_link WHERE tenant = ? AND to_kind = ? AND to_id = ? ORDER BY rowid",
            (self.tenant, target.kind, target.id),
        )
        currency = target.body["CurrencyCode"]
        return [(row["kind"], row["id"], from_units(row["amount"], currency), from_units(row["base"], self.base)) for row in rows]

    def on_hand(self, item: str) -> tuple[Decimal, Decimal]:
        """(quantity, cost pool) of a tracked item."""
        row = self.conn.execute(
            "SELECT coalesce(sum(quantity), 0), coalesce(sum(cost), 0) FROM xero_stock WHERE tenant = ? AND item = ?",
            (self.tenant, item),
        ).fetchone()
        return from_units(row[0], "JPY"), from_units(row[1], self.base)

    def balance(self, account: str, own: bool = False) -> Decimal:
        column, currency = ("own", "") if own else ("base", self.base)
        query = f"SELECT coalesce(sum({column}), 0) FROM xero_posting WHERE tenant = ? AND account = ?"  # noqa: S608
        return from_units(self.conn.execute(query, (self.tenant, account)).fetchone()[0], currency)

    def units(self, units: int) -> Decimal:
        """An amount in base currency from the store's units."""
        return from_units(units, self.base)

    def in_base_sum(self, stored: Stored) -> Decimal:
        """A document's booked value in base currency: what it put on the control account, unsigned."""
        return abs(self.postings(stored)[0].base)

    def has_files(self, stored: Stored) -> bool:
        query = "SELECT 1 FROM xero_file WHERE tenant = ? AND kind = ? AND object = ?"
        return self.conn.execute(query, (self.tenant, stored.kind, stored.id)).fetchone() is not None

    # Currencies

    def currency(self, code: object) -> str:
        """A currency that the organisation uses, its own where none is named. Raises Invalid."""
        wanted = str(code or self.base)
        if wanted != self.base and not (self.settings["multicurrency"] and self.labelled("Currency", wanted)):
            raise Invalid(f"Organisation is not subscribed to currency {wanted}")
        return wanted

    def rate(self, currency: str) -> Decimal:
        """The day's rate: units of the foreign currency for one of the organisation's."""
        return Decimal(1) if currency == self.base else Decimal(str(self.settings["rates"].get(currency, "1.25")))

    def in_base(self, amount: Decimal, rate: Decimal) -> Decimal:
        return rounded(amount / rate, self.base)


def _stored(row: sqlite3.Row) -> Stored:
    return Stored(
        row["kind"], row["id"], row["number"], row["status"], row["created"], row["updated"], row["app"],
        jsontext.load(row["body"]),
    )  # fmt: skip


def _posting(row: sqlite3.Row, base: str) -> Posting:
    return Posting(
        row["account"], from_units(row["base"], base), from_units(row["own"], row["currency"]), row["currency"], row["contact"],
        row["memo"],
    )  # fmt: skip
