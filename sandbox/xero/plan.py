"""Small plans approve a few documents a month: invoices, bills, journals. Texts are this twin's own."""

from __future__ import annotations

from sandbox.xero.books import Books, Stored
from sandbox.xero.errors import Invalid


def approve(books: Books, stored: Stored, what: str) -> None:
    """Count a document's first approval against the month of the world's clock. Raises Invalid past the limit."""
    key = (books.tenant, stored.kind, stored.id)
    if books.conn.execute("SELECT 1 FROM xero_approval WHERE tenant = ? AND kind = ? AND id = ?", key).fetchone():
        return
    month, kind = f"{books.today:%Y-%m}", f"{stored.kind}:{what}"
    limit = books.settings["plan"].get(what)
    used = books.conn.execute(
        "SELECT count(*) FROM xero_approval WHERE tenant = ? AND month = ?", (books.tenant, f"{month}:{kind}")
    ).fetchone()[0]
    if limit is not None and used >= limit:
        raise Invalid(
            f"You have reached the limit of {limit} approved {what} a month of your Xero plan. Upgrade it to approve more."
        )
    books.conn.execute("INSERT INTO xero_approval VALUES (?, ?, ?, ?)", (*key, f"{month}:{kind}"))
