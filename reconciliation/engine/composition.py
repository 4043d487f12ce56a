"""What composing a settlement gives: documents in posting order, or the reasons why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from canonical.accounting import Document, settling_total
from canonical.problems import Problem, Severity


@dataclass(frozen=True, slots=True)
class Part:
    """One document of the settlement. `part` is "" when it is the only one, else "1", "2" ... by date.

    Where a month takes several documents its number is followed by a letter (documents.py).
    """

    part: str
    document: Document

    @property
    def settling(self) -> Decimal:
        """The part's settling amount in the settlement's sign: what is paid out, negative for what becomes owed."""
        return settling_total(self.document)


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
