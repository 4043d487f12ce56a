"""Standard queues as SQS keeps them: messages hide while somebody works on them, come back when nobody
deletes them, may come twice, and come in no promised order.

Times are the world's. What a test may ask for besides: the next deletions to be forgotten (`twice`, so that
those messages come again), and messages to be given newest first (`backwards`).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.world import World

ACCOUNT, REGION = "000000000000", "us-east-1"
VISIBILITY = 30
"""Seconds a message stays hidden after it was received, unless the caller says otherwise (the default of SQS)."""
TWICE, BACKWARDS = "sqs.twice", "sqs.backwards"
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS sqs_queue (name TEXT PRIMARY KEY, created TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS sqs_message (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL, queue TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT NOT NULL,
        sent TEXT NOT NULL, visible TEXT NOT NULL, receipt TEXT, received INTEGER NOT NULL DEFAULT 0, first TEXT
    )""",
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message handed out; `receipt` is good until it is handed out again."""

    id: str
    body: str
    receipt: str
    sent: datetime
    received: int
    first: datetime


class Queues:
    """Every queue of the one account, in the world's store."""

    def __init__(self, world: World) -> None:
        self._world = world
        with world.db() as conn:
            for statement in SCHEMA:
                conn.execute(statement)

    def create(self, name: str) -> None:
        with self._world.db() as conn:
            conn.execute("INSERT OR IGNORE INTO sqs_queue VALUES (?, ?)", (name, self._world.now().isoformat()))

    def names(self) -> list[str]:
        with self._world.db() as conn:
            return [row["name"] for row in conn.execute("SELECT name FROM sqs_queue ORDER BY name")]

    def send(self, queue: str, body: str, attributes: dict[str, Any] | None = None, delay: float = 0) -> str:
        """Put a message in; its id."""
        now = self._world.now()
        row = (
            str(uuid.uuid4()),
            queue,
            body,
            json.dumps(attributes or {}),
            now.isoformat(),
            _text(now + timedelta(seconds=delay)),
        )
        with self._world.db() as conn:
            conn.execute("INSERT INTO sqs_message (id, queue, body, attributes, sent, visible) VALUES (?, ?, ?, ?, ?, ?)", row)
        return row[0]

    def receive(self, queue: str, at_most: int, hidden: float = VISIBILITY) -> list[Message]:
        """Messages that nobody works on, hidden from now on for `hidden` seconds."""
        now = self._world.now()
        order = "DESC" if self._world.store.get(BACKWARDS, False) else "ASC"
        with self._world.db() as conn:
            rows = conn.execute(
                f"SELECT * FROM sqs_message WHERE queue = ? AND visible <= ? ORDER BY number {order} LIMIT ?",  # noqa: S608
                (queue, _text(now), at_most),
            ).fetchall()
            return [self._hand_out(conn, row, now, hidden) for row in rows]

    def _hand_out(self, conn: sqlite3.Connection, row: sqlite3.Row, now: datetime, hidden: float) -> Message:
        receipt, first = f"{row['id']}#{uuid.uuid4().hex}", row["first"] or now.isoformat()
        conn.execute(
            "UPDATE sqs_message SET visible = ?, receipt = ?, received = received + 1, first = ? WHERE number = ?",
            (_text(now + timedelta(seconds=hidden)), receipt, first, row["number"]),
        )
        return Message(
            row["id"],
            row["body"],
            receipt,
            datetime.fromisoformat(row["sent"]),
            row["received"] + 1,
            datetime.fromisoformat(first),
        )

    def delete(self, queue: str, receipt: str) -> bool:
        """Done with it. A receipt of an earlier handing out deletes nothing, as at SQS, and is no error there either."""
        left = self._world.store.get(TWICE, 0)
        with self._world.db() as conn:
            if left > 0:
                self._world.store.put(TWICE, left - 1)
                conn.execute("UPDATE sqs_message SET visible = sent WHERE queue = ? AND receipt = ?", (queue, receipt))
                return True
            conn.execute("DELETE FROM sqs_message WHERE queue = ? AND receipt = ?", (queue, receipt))
        return "#" in receipt

    def hide(self, queue: str, receipt: str, seconds: float) -> bool:
        """Change how long a message that was handed out stays hidden; False when it is gone or handed out again."""
        until = _text(self._world.now() + timedelta(seconds=seconds))
        with self._world.db() as conn:
            found = conn.execute("UPDATE sqs_message SET visible = ? WHERE queue = ? AND receipt = ?", (until, queue, receipt))
        return found.rowcount > 0

    def counts(self, queue: str) -> tuple[int, int]:
        """(to be had, hidden) messages."""
        now = _text(self._world.now())
        with self._world.db() as conn:
            row = conn.execute(
                "SELECT count(*) AS together, coalesce(sum(visible <= ?), 0) AS free FROM sqs_message WHERE queue = ?",
                (now, queue),
            ).fetchone()
        return row["free"], row["together"] - row["free"]

    def purge(self, queue: str) -> None:
        with self._world.db() as conn:
            conn.execute("DELETE FROM sqs_message WHERE queue = ?", (queue,))

    def forget(self) -> None:
        with self._world.db() as conn:
            conn.execute("DELETE FROM sqs_message")
            conn.execute("DELETE FROM sqs_queue")
        self._world.store.put(TWICE, 0)
        self._world.store.put(BACKWARDS, False)


def arn(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _text(at: datetime) -> str:
    """A moment as text that sorts in time."""
    return at.isoformat(timespec="microseconds")
