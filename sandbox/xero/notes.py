"""What hangs on an object: attachments (ten of ten megabytes) and its history."""

from __future__ import annotations

import mimetypes
import sqlite3
import uuid
from datetime import datetime
from typing import Final

from werkzeug.wrappers import Request, Response

from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import moment
from sandbox.xero.errors import Invalid, NotFound

MOST_FILES: Final = 10
MOST_BYTES: Final = 10 * 1024 * 1024
_DETAILS: Final = 2500


def attach(books: Books, stored: Stored, name: str, request: Request, address: str) -> Body:
    """Keep the raw body as a file; the same name replaces it. Raises Invalid."""
    content = request.get_data(parse_form_data=False)
    if not content or len(content) > MOST_BYTES:
        raise Invalid("The attachment is empty or exceeds 10 MB")
    held = {row["name"]: row for row in _rows(books, stored)}
    if name not in held and len(held) >= MOST_FILES:
        raise Invalid("The maximum number of attachments has been reached")
    kind = request.mimetype if "/" in request.mimetype else mimetypes.guess_type(name)[0] or "application/octet-stream"
    file_id = held[name]["id"] if name in held else str(uuid.uuid4())
    row = (books.tenant, stored.kind, stored.id, file_id, name, kind, content)
    books.conn.execute("INSERT OR REPLACE INTO xero_file VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    books.note(stored, "Attached a file", f"Attached the file {name} through the Xero API")
    return next(one for one in attachments(books, stored, address) if one["FileName"] == name)


def attachments(books: Books, stored: Stored, address: str) -> list[Body]:
    return [
        {
            "AttachmentID": row["id"], "FileName": row["name"], "Url": f"{address}/{row['name']}", "MimeType": row["mime"],
            "ContentLength": len(row["content"]), "IncludeOnline": False,
        }
        for row in _rows(books, stored)
    ]  # fmt: skip


def content(books: Books, stored: Stored, name: str) -> Response:
    """The bytes of a file, by its name or id. Raises NotFound."""
    for row in _rows(books, stored):
        if name in (row["name"], row["id"]):
            return Response(row["content"], content_type=row["mime"])
    raise NotFound("The resource you're looking for cannot be found")


def _rows(books: Books, stored: Stored) -> list[sqlite3.Row]:
    query = "SELECT * FROM xero_file WHERE tenant = ? AND kind = ? AND object = ? ORDER BY rowid"
    return books.conn.execute(query, (books.tenant, stored.kind, stored.id)).fetchall()


def history(books: Books, stored: Stored) -> list[Body]:
    """Newest first."""
    rows = books.conn.execute(
        "SELECT * FROM xero_note WHERE tenant = ? AND kind = ? AND object = ? ORDER BY number DESC",
        (books.tenant, stored.kind, stored.id),
    )
    return [_note(row) for row in rows]


def _note(row: sqlite3.Row) -> Body:
    at = datetime.fromisoformat(row["at"])
    return {
        "Changes": row["changes"], "DateUTC": moment(at), "DateUTCString": at.strftime("%Y-%m-%dT%H:%M:%S"), "User": row["user"],
        "Details": row["details"],
    }  # fmt: skip


def add_note(books: Books, stored: Stored, sent: Body) -> Body:
    """A note of the app's own. Raises Invalid."""
    details = str(sent.get("Details") or "")
    if not details or len(details) > _DETAILS:
        raise Invalid(f"A history note needs details of at most {_DETAILS} characters")
    books.note(stored, "Note", details, "System Generated")
    return history(books, stored)[0]
