"""What composing a settlement gives: documents in posting order, or the reasons why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from canonical.accounting import Document
from canonical.problems import Problem, Severity


@dataclass(frozen=True, slots=True)
class Part:
    """One document of the settlement. `part` is "" when it is the only one, else "1", "2" ... by date.

    `settling` is the part's settling amount in the settlement's sign: what the bank (or payouts in
    transit) receives, negative for what becomes owed, 0 for parts that close to the carry account.
    """

    part: str
    document: Document
    settling: Decimal


@dataclass(frozen=True, slots=True)
class Composition:
    """`documents` are empty while any problem blocks. Totals are signed as the settlement is."""

    currency: str
    total: Decimal
    documents: tuple[Part, ...] = ()
    problems: tuple[Problem, ...] = ()
    unposted_zero_rows: int = 0

    @property
    def held(self) -> bool:
        return any(problem.severity is Severity.BLOCKS for problem in self.problems)

    @property
    def settling_total(self) -> Decimal:
        """Sum of the settling lines over all documents; equals `total` whenever there are documents."""
        return sum((part.settling for part in self.documents), Decimal(0))
