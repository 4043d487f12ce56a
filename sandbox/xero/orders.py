"""Purchase orders, which this twin seeds and shows; they move nothing in the books."""

from __future__ import annotations

from typing import Any

from sandbox.xero import documents, lines
from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import moment
from sandbox.xero.documents import Options
from sandbox.xero.query import updated


def find(books: Books, sent: Body) -> Stored | None:
    if sent.get("PurchaseOrderID"):
        return books.find("PurchaseOrder", sent["PurchaseOrderID"])
    return books.labelled("PurchaseOrder", str(sent["PurchaseOrderNumber"])) if sent.get("PurchaseOrderNumber") else None


def write(books: Books, sent: Body, old: Stored | None, options: Any) -> Stored:
    """For the seed: the endpoint itself only reads."""
    body = documents.head(books, sent, old)
    body = documents.with_lines(books, body, sent, lines.PURCHASE, True, options)
    body["PurchaseOrderNumber"] = sent["PurchaseOrderNumber"]
    number = body["PurchaseOrderNumber"]
    return books.save("PurchaseOrder", body, status=sent["Status"], label=number, object_id=sent.get("_id"))


def show(books: Books, stored: Stored, full: bool, options: Options) -> Body:
    shown = documents.common_shown(books, stored, full, options)
    return {
        "PurchaseOrderID": stored.id, "PurchaseOrderNumber": stored.body["PurchaseOrderNumber"], **shown, "SentToContact": False,
        "UpdatedDateUTC": moment(updated(stored)),
    }  # fmt: skip
