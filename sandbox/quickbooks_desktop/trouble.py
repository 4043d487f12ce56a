"""Misfortune at a desktop, laid down in advance and used up as it strikes.

    3175, 3180, 3200   one request that writes (of type `request`) is refused with that status
    3260               the same; and a query where it is named, since the user may not see that list
    crash              QuickBooks dies after the work, before it kept its answer: a status check says 9002
    lost-state         the work is done and answered, but the kept answer is damaged: a status check says 9001
    not-running, other-company, modal, denied, name-needed   no session with QuickBooks: an HRESULT
    wrong-file         the session opens another company file (`instead`) without saying so
    kill               the session ends in the middle of an iterator, without a word to the service

Lost connections, half answers and slowness are the world's own faults, on the operations of `connector.py`.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from sandbox.quickbooks_desktop import status

HRESULTS: Final[dict[str, str]] = {
    "not-running": status.CANNOT_START, "other-company": status.OTHER_COMPANY, "modal": status.MODAL_DIALOG,
    "denied": status.ACCESS_DENIED, "name-needed": status.NAME_NEEDED,
}  # fmt: skip
STATUSES: Final[dict[str, str]] = {
    "3175": "There was an error when saving: the object is in use by another user.",
    "3180": "There was an error when saving: QuickBooks could not write to the company file.",
    "3200": "The provided edit sequence is out of date.",
    "3260": "Insufficient permission level to perform this action.",
}
OF_QUERIES: Final = ("3260",)
KINDS: Final = (*STATUSES, *HRESULTS, "crash", "lost-state", "wrong-file", "kill")


def lay(conn: sqlite3.Connection, file: str, kind: str, request: str = "*", count: int = 1, **params: Any) -> None:
    """`request`: which requests it strikes, as JournalEntryAdd. ValueError: no such trouble."""
    if kind not in KINDS:
        raise ValueError(f"{kind} is none of {', '.join(KINDS)}")
    conn.execute(
        "INSERT INTO qbd_trouble (file, kind, request, remaining, params) VALUES (?, ?, ?, ?, ?)",
        (file, kind, request, count, json.dumps(params)),
    )


def strike(
    conn: sqlite3.Connection, file: str, kinds: tuple[str, ...], request: str = "*", *, any_request: str = "*"
) -> tuple[str, dict[str, Any]] | None:
    """The first trouble of `kinds` that waits for this request, one of its count used up: (kind, its parameters).
    `any_request` stands for all of them; "" where only what names the request counts.

    What is undone later takes this back too, unless it is called before.
    """
    marks = ",".join("?" for _ in kinds)
    row = conn.execute(
        f"SELECT * FROM qbd_trouble WHERE file = ? AND remaining > 0 AND kind IN ({marks})"  # noqa: S608
        " AND request IN (?, ?) ORDER BY id LIMIT 1",
        (file, *kinds, request, any_request),
    ).fetchone()
    if row is None:
        return None
    conn.execute("UPDATE qbd_trouble SET remaining = remaining - 1 WHERE id = ?", (row["id"],))
    return row["kind"], json.loads(row["params"])


def waiting(conn: sqlite3.Connection, file: str) -> list[dict[str, Any]]:
    """What still waits to strike."""
    rows = conn.execute("SELECT kind, request, remaining, params FROM qbd_trouble WHERE file = ? AND remaining > 0", (file,))
    return [{**dict(row), "params": json.loads(row["params"])} for row in rows]
