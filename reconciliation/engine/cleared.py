"""Rows whose revenue stands in the books already, because their order or refund was posted by itself.

Such rows move to Amazon Clearing, where the order's document left the money. Only what that document
booked moves: prices and promotions, with the tax on them. Fees and withheld tax never do, nor do points:
an order's proceeds (Orders 2026-01-01) do not hold them, so its document cannot have booked them.
Source: the accounting design, section 3c.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from .triple import Triple

ORDERS, REFUNDS = "cleared_orders", "cleared_refunds"
CLEARED_KINDS = frozenset({ORDERS, REFUNDS})
_TRANSACTIONS: Mapping[str, str] = {"order": ORDERS, "refund": REFUNDS}
_BOOKED = frozenset({"itemprice", "promotion"})

Key = tuple[str, str]
"""(order id, refund id); the refund id is "" for the order itself."""


@lru_cache(maxsize=4096)
def booked_by(triple: Triple) -> str:
    """Which document books rows of this triple where there is one: ORDERS, REFUNDS, or "" for none."""
    transaction, amount_type, _ = triple.folded
    return _TRANSACTIONS.get(transaction, "") if amount_type in _BOOKED else ""


UNNAMED = "?"
"""The refund id of rows that name none: they can be booked by their settlement only."""


def key_of(kind: str, order_id: str, adjustment_id: str) -> Key:
    return order_id, (adjustment_id or UNNAMED) if kind == REFUNDS else ""


@dataclass(frozen=True, slots=True)
class Cleared:
    """The orders and refunds that documents of their own have booked."""

    keys: frozenset[Key] = frozenset()

    def kind(self, triple: Triple, order_id: str, adjustment_id: str) -> str:
        """What a row clears, "" when nothing of it stands in the books yet."""
        kind = booked_by(triple)
        return kind if kind and key_of(kind, order_id, adjustment_id) in self.keys else ""
