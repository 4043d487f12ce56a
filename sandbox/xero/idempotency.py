"""Idempotency-Key: the first answer again for six minutes, errors included, bound to method, path and body."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime, timedelta
from typing import Final

from werkzeug.wrappers import Request, Response

from sandbox.xero.errors import misused_key

KEPT: Final = timedelta(minutes=6)
LONGEST: Final = 128
# What isn't the work's own answer is not kept: who called, and how often.
_NOT_KEPT: Final = frozenset({401, 403, 412, 429, 503})


class Key:
    """The key of one request, for one app and organisation. `value` is None where there is none (or for a read)."""

    def __init__(self, request: Request, client: str, tenant: str) -> None:
        sent = request.headers.get("Idempotency-Key")
        self.value = sent if request.method in ("PUT", "POST", "DELETE") else None
        self.client, self.tenant = client, tenant
        body = request.get_data(parse_form_data=False)
        self.request = hashlib.sha256(f"{request.method} {request.full_path}\n".encode() + body).hexdigest()
        if self.value is not None and not 0 < len(self.value) <= LONGEST:
            raise misused_key(f"The Idempotency-Key must have between 1 and {LONGEST} characters")

    def replay(self, conn: sqlite3.Connection, now: datetime) -> Response | None:
        """The answer that was given under this key. Raises BadRequest where the request was another one."""
        if self.value is None:
            return None
        row = conn.execute(
            "SELECT * FROM xero_key WHERE client = ? AND tenant = ? AND key = ?", (self.client, self.tenant, self.value)
        ).fetchone()
        if row is None or now - datetime.fromisoformat(row["at"]) >= KEPT:
            return None
        if row["request"] != self.request:
            raise misused_key("The Idempotency-Key has already been used with a different request")
        return Response(row["body"], status=row["status"], content_type=row["type"])

    def keep(self, conn: sqlite3.Connection, now: datetime, response: Response) -> None:
        if self.value is None or response.status_code in _NOT_KEPT:
            return
        row = (
            self.client, self.tenant, self.value, self.request, response.status_code, response.content_type,
            response.get_data(), now.isoformat(),
        )  # fmt: skip
        conn.execute("INSERT OR REPLACE INTO xero_key VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
