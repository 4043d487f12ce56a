"""One row of the catalogue: what a triple means, which sign it usually has, and how we know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from canonical.settlement import LineCategory

from ..triple import Triple

ANY = "*"
"""Stands for any description: the rest of the triple decides."""


class Fact(StrEnum):
    """Where a row of the catalogue was learned."""

    REAL_V2 = "rows of real Flat File V2 reports (Amazon.com.au, 2026)"
    REAL_V1 = "real V1 reports of an Amazon.ca seller, 2025, read through Amazon's published V1 to V2 field mapping"
    REAL_US = "totals by triple of a real Amazon.com settlement of December 2025, published in a test of public code"
    REAL_JP = "public code that compares V1 and V2 of real Amazon.co.jp settlements, 2025-2026"
    SELLER_TABLE = "public table of the non-item triples of a multi-marketplace seller (US, EU, JP, IN)"
    AU_CONFIG = "public mapping configuration of an Amazon.com.au seller, 2025-2026"
    CODE = "triple named in public code that reads settlements"
    FEE_LIST = "description in public lists of Amazon's fee codes; the triple follows Amazon's column rules"
    AUTHORED = "published sample file, written by its author after real ones"
    FINANCES = "charge and fee types documented for Amazon's Finances API"
    ANALOGY = "follows its sibling: the same columns on another transaction type, or another part of the same fee"
    JUDGEMENT = "not seen yet; what Amazon's help calls the charge"


class Sign(StrEnum):
    """The sign a row usually has; another one is posted by its amount and shown as a notice."""

    PLUS = "+"
    MINUS = "-"
    EITHER = "+/-"


@dataclass(frozen=True, slots=True)
class Rule:
    """What rows of this triple are.

    `joins` is set on tax rows: the kind whose line they belong to where tax is not kept apart.
    `tax_apart` marks amounts that exclude their tax because the tax has rows of its own
    (`TransactionTotalAmount` beside `TaxAmount`, `Base fee` beside `Tax on fee`).
    `prefix` makes the description (or, in a fee family, the fee's name) match by its beginning.
    """

    triple: Triple
    category: LineCategory
    usual_sign: Sign
    source: Fact
    joins: LineCategory | None = None
    tax_apart: bool = False
    prefix: bool = False

    def sign_is_usual(self, positive: bool) -> bool:
        return self.usual_sign is Sign.EITHER or (self.usual_sign is Sign.PLUS) == positive


Row = tuple[str, LineCategory, str, Fact]
"""(description, kind, usual sign, source)."""


def rules(transaction_type: str, amount_type: str, rows: Iterable[Row], *, prefix: bool = False) -> Iterator[Rule]:
    """Rules that share a transaction type and an amount type."""
    for description, category, sign, source in rows:
        triple = Triple(transaction_type, amount_type, description)
        yield Rule(triple, category, Sign(sign), source, joins=tax_base(category), prefix=prefix)


def tax_base(category: LineCategory) -> LineCategory | None:
    """The fee a `_tax` kind is the tax of; None for other kinds."""
    if category is LineCategory.FEE_TAX_INPUT:
        return LineCategory.REFERRAL_FEE
    base = category.value.removesuffix("_tax")
    if base == category.value or category in _NOT_TAX_ON_A_FEE:
        return None
    return LineCategory(base)


_NOT_TAX_ON_A_FEE = frozenset(
    {
        LineCategory.REFUND_SALES_TAX,
        LineCategory.REFUND_MARKETPLACE_FACILITATOR_TAX,
        LineCategory.A_TO_Z_TAX,
        LineCategory.CHARGEBACK_TAX,
    }
)
