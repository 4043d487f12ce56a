"""The settlement engine: a file of signed rows becomes documents that balance, and proof that they do.

Pure: standard library only, no clock, no database, no network. Read in this order:

    source      opens the bytes, gzipped or not, within limits
    read        finds the columns by name and yields rows (layout V2, or V1 with its many amounts)
    catalogue   says what each row is: (transaction type, amount type, description) -> kind
    summary     adds rows up exactly, in memory that does not grow with the file
    compose     turns sums into journals and deposits, by the tenant's `Book`
    ladder      compares bank, payout, header, rows, plan and ledger, rung by rung
    matching    says which bank line is which payout

Nothing is guessed: what can be read two ways, or is not known, is a Problem and holds the settlement.
"""

from __future__ import annotations

from canonical.settlement import LineCategory

from .batches import Batch, Batches
from .book import AccountRule, Book, Journals, Opening, Parties, PayoutState, Registration, Shape, TaxScheme, default_book
from .catalogue import CATALOGUE, Catalogue, Rule
from .cleared import Cleared, booked_by
from .compose import compose, summary_for
from .composition import Composition, Part
from .ladder import (
    BankFacts,
    DocumentFacts,
    Ladder,
    PayoutFacts,
    Rung,
    RungName,
    RungState,
    TieOutFacts,
    tie_out,
)
from .read import FileFacts, Reader, read_settlement
from .rows import Component
from .scan import summarise
from .sku import SkuGroup
from .source import LIMITS, Limits, Source
from .summary import Summary, Unclassified
from .supplies import GroupKey, Supply
from .tally import Tally, exact
from .triple import Triple
from .vat import is_marketplace

__all__ = [
    "CATALOGUE", "LIMITS", "AccountRule", "BankFacts", "Batch", "Batches", "Book", "Catalogue", "Cleared", "Component", "Composition", "DocumentFacts",
    "FileFacts", "GroupKey", "Journals", "Ladder", "Limits", "LineCategory", "Opening", "Part", "Parties", "PayoutFacts", "PayoutState", "Reader",
    "Registration", "Rule", "Rung", "RungName", "RungState", "Shape", "SkuGroup", "Source", "Summary", "Supply", "Tally",
    "TaxScheme", "TieOutFacts", "Triple", "Unclassified", "booked_by", "compose", "default_book", "exact", "is_marketplace",
    "read_settlement", "summarise", "summary_for", "tie_out",
]  # fmt: skip
