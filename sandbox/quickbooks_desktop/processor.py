"""QuickBooks' request processor: one qbXML message in, one out, with its error handling and its memory of message sets.

A set with `newMessageSetID` is kept with its answer, per application. The same id as both old and new asks what
became of it (nothing is done then, whatever else stands in the message); `oldMessageSetID` alone forgets it; another
new id forgets the old one and goes on. A new id that is still kept is done once more: ids guard nothing by themselves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import quoteattr

from lxml import etree

from sandbox.quickbooks_desktop import query, trouble
from sandbox.quickbooks_desktop.company import Company
from sandbox.quickbooks_desktop.read import Asked, MessageSet, message_set
from sandbox.quickbooks_desktop.requests import WRITES, Requests, answer
from sandbox.quickbooks_desktop.status import CANNOT_START, NO_STATE, NO_STORED_RESPONSE, Failure, Refusal, Status
from sandbox.world import World

CLEAR_ALL: Final = "ClearAllMessageSets"
BAD_CHECKSUM: Final = 9001
NOT_DONE: Final = Status(3231, "The request has not been processed.")


@dataclass(slots=True)
class Session:
    """A session of one application with one open file: what ends with it are its iterators."""

    world: World
    file: str
    app: str
    iterators: query.Iterators = field(default_factory=query.Iterators)

    def process(self, text: str) -> str:
        """Answer a message. Raises Failure where QuickBooks gives no answer; what was done may be kept all the same."""
        asked = message_set(text)
        with self.world.db() as conn:
            run = _Run(Company(conn, self.file, self.world.now()), self, asked)
            made = run.answer()
        if made is None:
            raise Failure(CANNOT_START, "QuickBooks has stopped working.")
        return made


class _Run:
    """One message being worked off."""

    def __init__(self, company: Company, session: Session, asked: MessageSet) -> None:
        self.company, self.asked = company, asked
        self.memory = _Memory(company, session.app)
        self.requests = Requests(company, session.iterators, asked.without_data)

    def answer(self) -> str | None:
        """The message back; None where QuickBooks dies of it."""
        new, old = self.asked.new_id, self.asked.old_id
        if old and old == new:
            return self.memory.state(old)
        code = self.memory.clear(old) if old else 0
        body = "".join(_text(made) for made in self._work())
        text = envelope(body, new, code if new or old else None)
        return self._kept(new, text, body) if new else text

    def _kept(self, new: str, text: str, body: str) -> str | None:
        wrote = next((asked.name for asked in self.asked.asked if asked.name.endswith(WRITES)), "*")
        struck = trouble.strike(self.company.conn, self.company.file, ("crash", "lost-state"), wrote)
        crashed = struck is not None and struck[0] == "crash"
        self.memory.put(new, None if crashed else "damaged" if struck else body)
        return None if crashed else text

    def _work(self) -> list[etree._Element]:
        """Every request in turn, as onError says: after an error all go on, the rest isn't done, or nothing is."""
        made: list[etree._Element] = []
        failed = False
        troubles = [self._struck(asked) for asked in self.asked.asked]  # before anything that may be undone
        with _point(self.company.conn, "message") as undo:
            for asked, struck in zip(self.asked.asked, troubles, strict=True):
                said = NOT_DONE if failed and self.asked.on_error != "continueOnError" else struck
                made.append(answer(asked, said) if said else self._one(asked))
                failed = failed or _is_error(made[-1])
            if failed and self.asked.on_error == "rollbackOnError":
                undo()
                made = [a if _is_error(a) else answer(q, NOT_DONE) for a, q in zip(made, self.asked.asked, strict=True)]
        return made

    def _struck(self, asked: Asked) -> Status | None:
        """The refusal that was laid down for such a request, if one was."""
        writes = asked.name.endswith(WRITES)
        kinds = tuple(trouble.STATUSES) if writes else trouble.OF_QUERIES
        any_request = "*" if writes else ""
        struck = trouble.strike(self.company.conn, self.company.file, kinds, asked.name, any_request=any_request)
        return Status(int(struck[0]), trouble.STATUSES[struck[0]]) if struck else None

    def _one(self, asked: Asked) -> etree._Element:
        with _point(self.company.conn, "request") as undo:
            try:
                return self.requests.do(asked)
            except Refusal as refusal:
                undo()
                return answer(asked, refusal.status)


class _Memory:
    """The answers that QuickBooks keeps for one application."""

    def __init__(self, company: Company, app: str) -> None:
        self.company, self.of = company, (company.file, app)

    def put(self, set_id: str, body: str | None) -> None:
        self.company.conn.execute(
            "INSERT OR REPLACE INTO qbd_message_set VALUES (?, ?, ?, ?, ?)", (*self.of, set_id, body, self.company.stamp)
        )

    def state(self, set_id: str) -> str:
        """What became of a set: its answer; 600: never seen; 9002: begun, but no answer kept; 9001: the record is damaged."""
        row = self.company.conn.execute(
            "SELECT response FROM qbd_message_set WHERE file = ? AND app = ? AND id = ?", (*self.of, set_id)
        ).fetchone()
        if row is None:
            return envelope("", set_id, NO_STATE)
        if row["response"] is None:
            return envelope("", set_id, NO_STORED_RESPONSE)
        if row["response"] == "damaged":
            return envelope("", set_id, BAD_CHECKSUM)
        return envelope(row["response"], set_id, 0)

    def clear(self, set_id: str) -> int:
        """Forget a set, or all of the application's. 600: there was nothing to forget."""
        gone = self.company.conn.execute(
            "DELETE FROM qbd_message_set WHERE file = ? AND app = ? AND ? IN (id, ?)",
            (*self.of, set_id, CLEAR_ALL if set_id == CLEAR_ALL else ""),
        ).rowcount
        return 0 if gone else NO_STATE


@contextmanager
def _point(conn: sqlite3.Connection, name: str) -> Iterator[Undo]:
    """A place to which the store can be taken back."""
    conn.execute(f"SAVEPOINT {name}")
    yield Undo(conn, name)
    conn.execute(f"RELEASE {name}")


@dataclass(frozen=True, slots=True)
class Undo:
    conn: sqlite3.Connection
    name: str

    def __call__(self) -> None:
        self.conn.execute(f"ROLLBACK TO {self.name}")


def envelope(body: str, new_id: str | None = None, code: int | None = None) -> str:
    """A whole message as QuickBooks writes it, everything beyond ASCII as numeric references."""
    attributes = "" if new_id is None else f" newMessageSetID={quoteattr(new_id)}"
    attributes += "" if code is None else f' messageSetStatusCode="{code}"'
    return f'<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs{attributes}>\n{body}</QBXMLMsgsRs>\n</QBXML>\n'


def _text(made: etree._Element) -> str:
    return etree.tostring(made, encoding="us-ascii", pretty_print=True).decode()


def _is_error(made: etree._Element) -> bool:
    return int(made.get("statusCode", "0")) >= 1000
