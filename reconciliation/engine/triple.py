"""The three words that say what a settlement row is, folded so that spelling does not matter.

Sources differ in case and in how words are joined (`Other-Transaction`, `Shipment Fees`,
`Shipment-Fees`, `GiftwrapChargeback`), so a triple is compared without case, spaces, dashes and
underscores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

_JOINERS = str.maketrans("", "", " \t-_\u00a0\u2010\u2011\u2012\u2013\u2014")


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The comparable form: 'Shipment-Fees' -> 'shipmentfees'."""
    return text.casefold().translate(_JOINERS)


@dataclass(frozen=True, slots=True, eq=False)
class Triple:
    """(transaction type, amount type, description) as stated; equal when their folded forms are."""

    transaction_type: str
    amount_type: str
    amount_description: str
    folded: tuple[str, str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        words = (self.transaction_type, self.amount_type, self.amount_description)
        object.__setattr__(self, "folded", tuple(fold(word) for word in words))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Triple) and self.folded == other.folded

    def __hash__(self) -> int:
        return hash(self.folded)

    def __str__(self) -> str:
        return " / ".join((self.transaction_type, self.amount_type, self.amount_description))
