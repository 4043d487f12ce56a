"""The legacy layout: several amounts in one row, said in the words of V2.

Amazon's published mapping: the pair of columns gives the amount type, the value of its `-type`
column the description; where a row has only `other-amount`, its transaction type is the description
(`Storage Fee` -> other-transaction / other-transaction / Storage Fee). The catalogue decides between
spellings that the mapping leaves open, so that a V1 and a V2 file of one settlement classify alike.
"""

from __future__ import annotations

from .catalogue import Catalogue, Rule
from .triple import Triple, fold

OTHER = "other-transaction"


def triple_of(
    catalogue: Catalogue, transaction: str, amount_type: str, kind: str, cells: tuple[str, str]
) -> tuple[Triple, Rule | None]:
    """The V2 triple of one V1 amount, and its rule.

    `amount_type` is the column pair's name in V2, `kind` the value of its `-type` column, `cells` the
    row's price type and item-related fee type, which name charges stated in a column without a type.
    """
    candidates = _candidates(transaction, amount_type, kind, cells)
    for candidate in candidates:
        rule = catalogue.find(*candidate)
        if rule is not None:
            return _as_catalogued(candidate, rule), rule
    return Triple(*candidates[0]), None


def _candidates(transaction: str, amount_type: str, kind: str, cells: tuple[str, str]) -> list[tuple[str, str, str]]:
    price_type, fee_type = cells
    if amount_type == OTHER:
        named = [(OTHER, OTHER, price_type)] if price_type else []
        return [(OTHER, OTHER, transaction), (transaction, transaction, transaction), (transaction, OTHER, transaction), *named]
    if amount_type == "ItemFees":
        return [
            (transaction, "ItemFees", kind),
            (transaction, kind, "TransactionTotalAmount"),
            (transaction, kind, kind),
            (OTHER, OTHER, kind),
            (OTHER, OTHER, transaction),
        ]
    if amount_type in ("OtherFees", "MiscFees"):
        inside = [(transaction, fee_type, kind)] if fee_type else []
        stated = [(transaction, "ItemFees", kind), (transaction, "Shipment Fees", kind), (OTHER, OTHER, kind)] if kind else []
        return [*inside, *stated, (transaction, amount_type, kind or amount_type), (OTHER, OTHER, transaction)]
    return [(transaction, amount_type, kind)]


def _as_catalogued(stated: tuple[str, str, str], rule: Rule) -> Triple:
    """The catalogue's words where it names the description, the stated ones for free text and reversals."""
    named = not rule.prefix and fold(rule.triple.amount_description) == fold(stated[2])
    return rule.triple if named else Triple(*stated)
