"""The applications a person has installed in the Web Connectors, one for each company file's own computer."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from sandbox.quickbooks_desktop import qwc
from sandbox.quickbooks_desktop.company import Company
from sandbox.quickbooks_desktop.host import APP_LOCK
from sandbox.world import World

HISTORY: Final = 50
"""Sessions kept per application."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One line of a Web Connector's window. `state`: what was said last, and when it may run again."""

    id: int
    file: str
    app: qwc.Application
    password: str
    state: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        """As JSON, without the password."""
        return {"id": self.id, "file": self.file, **self.app.data(), **self.state}


def install(world: World, file: str, text: str, password: str) -> Installed:
    """A person opens a .qwc, types the password, and lets the application in. The same owner and file id: replaced.

    The Web Connector writes the FileID into the company file under the application's OwnerID, where a
    CompanyQuery finds it again.
    """
    app = qwc.parsed(text)
    with world.db() as conn:
        company = Company(conn, file, world.now())
        conn.execute("DELETE FROM qbd_application WHERE file = ? AND owner = ? AND file_id = ?", (file, app.owner, app.file_id))
        made = conn.execute(
            "INSERT INTO qbd_application (file, owner, file_id, qwc, password) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (file, app.owner, app.file_id, text, password),
        ).fetchone()
        ours = {(app.owner.upper(), "FileID"), (APP_LOCK, "AppLock")}
        others = [one for one in company.info["extensions"] if (one["owner"].upper(), one["name"]) not in ours]
        locked = {"owner": APP_LOCK, "name": "AppLock", "value": f"LOCKED:{file.upper()}-PC:{int(world.now().timestamp())}"}
        company.keep(extensions=[*others, {"owner": app.owner, "name": "FileID", "value": app.file_id}, locked])
        return get(conn, made["id"])


def get(conn: sqlite3.Connection, number: int) -> Installed:
    """KeyError: no such application."""
    row = conn.execute("SELECT * FROM qbd_application WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise KeyError(f"application {number}")
    return _installed(row)


def of_file(conn: sqlite3.Connection, file: str | None = None) -> list[Installed]:
    """All of one file's Web Connector, or of all."""
    rows = conn.execute("SELECT * FROM qbd_application WHERE ? IS NULL OR file = ? ORDER BY id", (file, file))
    return [_installed(row) for row in rows]


def remove(conn: sqlite3.Connection, number: int) -> None:
    conn.execute("DELETE FROM qbd_application WHERE id = ?", (number,))


def note(conn: sqlite3.Connection, number: int, **changes: Any) -> None:
    """Remember something of an application; one that was taken out meanwhile is left alone."""
    row = conn.execute("SELECT state FROM qbd_application WHERE id = ?", (number,)).fetchone()
    if row:
        state = json.dumps({**json.loads(row["state"]), **changes})
        conn.execute("UPDATE qbd_application SET state = ? WHERE id = ?", (state, number))


def record(conn: sqlite3.Connection, of: Installed, at: str, status: str, transcript: list[dict[str, Any]]) -> None:
    """Keep a session for the Web Connector's window and log."""
    conn.execute(
        "INSERT INTO qbd_session (application, file, at, status, transcript) VALUES (?, ?, ?, ?, ?)",
        (of.id, of.file, at, status, json.dumps(transcript)),
    )
    conn.execute(
        "DELETE FROM qbd_session WHERE application = ? AND id NOT IN"
        " (SELECT id FROM qbd_session WHERE application = ? ORDER BY id DESC LIMIT ?)",
        (of.id, of.id, HISTORY),
    )
    note(conn, of.id, last_run=at, last_status=status)


def sessions(conn: sqlite3.Connection, number: int) -> list[dict[str, Any]]:
    """Newest first."""
    rows = conn.execute("SELECT * FROM qbd_session WHERE application = ? ORDER BY id DESC", (number,))
    return [{**dict(row), "transcript": json.loads(row["transcript"])} for row in rows]


def _installed(row: sqlite3.Row) -> Installed:
    return Installed(row["id"], row["file"], qwc.parsed(row["qwc"]), row["password"], json.loads(row["state"]))
