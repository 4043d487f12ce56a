"""Changing a product that KashFlow has: its name, its price, how many there are.

AddOrUpdateSubProduct writes a product over as a whole, so that what is not to change goes back as it was read just before.
KashFlow keeps no versions: an invoice that takes from stock between the two calls is counted again only in a quantity that
we set ourselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from canonical.problems import Problem, declare
from connections.contracts import ItemChange, ReferenceItem
from connections.errors import LOST, Failure, FailureKind

from . import reference
from .client import Books
from .fields import NAME_LIMIT, Body, clean
from .finding import promised
from .lists import by_sku
from .soap_types import TYPES

STOCK_NOT_KEPT = declare(
    "kashflow.stock_not_kept",
    "KashFlow keeps no stock of the product %(sku)s.",
    "Turn on stock for this product in KashFlow, or leave its quantity out.",
)
WHOLE_PIECES = declare(
    "kashflow.whole_pieces",
    "KashFlow counts stock in whole pieces, not %(quantity)s of %(sku)s.",
    "Count the product in whole pieces.",
)


def update_item(books: Books, change: ItemChange) -> ReferenceItem | None:
    """See contracts.UpdatesItems. Nothing is written where the product says so already; after a lost answer it is asked."""
    row = by_sku(books, change.sku)
    if row is None:
        return None
    sent = changed(row, change)
    if not _says(row, sent):
        try:
            books.make("AddOrUpdateSubProduct", sp=sent)
        except Failure as failure:
            if failure.kind not in LOST or not _says(by_sku(books, change.sku), sent):
                raise
    return promised(lambda: reference.item(sent))


def changed(row: Body, change: ItemChange) -> dict[str, Any]:
    """The whole product as it is sent. Pure. Raises Failure for a quantity that it cannot have."""
    asked: dict[str, Any] = {}
    if change.name is not None:
        asked["Name"] = clean(" ".join(change.name.split()), NAME_LIMIT)
    if change.price is not None:
        asked["Price"] = change.price
    if change.quantity is not None:
        asked["QtyInStock"] = _pieces(row, change.sku, change.quantity)
    kept = {each.name: row[each.name] for each in TYPES["SubProduct"] if row.get(each.name) is not None}
    return {**kept, **asked}


def _pieces(row: Body, sku: str, quantity: Decimal) -> int:
    if not row.get("Managed"):
        raise Failure(FailureKind.REJECTED, Problem(STOCK_NOT_KEPT, {"sku": sku}))
    if quantity != quantity.to_integral_value():
        raise Failure(FailureKind.REJECTED, Problem(WHOLE_PIECES, {"sku": sku, "quantity": f"{quantity:f}"}))
    return int(quantity)


def _says(row: Body | None, sent: Mapping[str, Any]) -> bool:
    """Whether the product stands there as it is to be."""
    return row is not None and all(row.get(name) == value for name, value in sent.items())
