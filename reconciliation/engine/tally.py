"""Counting and adding one group of rows, exactly: whole numbers of ten-thousandths, credits and debits apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from .catalogue import Rule
from .ordinals import Ordinals


@dataclass(slots=True)
class Tally:
    """Exact sums and counts of a group, in units of 1/10000; `debits_sum` is negative or zero, as the rows are."""

    rule: Rule | None
    credits_sum: int = 0
    debits_sum: int = 0
    credits: int = 0
    debits: int = 0
    zeros: int = 0
    credit_rows: Ordinals = field(default_factory=Ordinals)
    debit_rows: Ordinals = field(default_factory=Ordinals)
    zero_rows: Ordinals = field(default_factory=Ordinals)

    @property
    def credit(self) -> Decimal:
        return exact(self.credits_sum)

    @property
    def debit(self) -> Decimal:
        return exact(self.debits_sum)

    @property
    def amount(self) -> Decimal:
        return exact(self.credits_sum + self.debits_sum)

    @property
    def rows(self) -> int:
        return self.credits + self.debits + self.zeros

    def add(self, units: int, ordinal: int = 0) -> None:
        """One row; ordinal 0 means that rows are not traced."""
        if units > 0:
            self.credits_sum += units
            self.credits += 1
            rows = self.credit_rows
        elif units < 0:
            self.debits_sum += units
            self.debits += 1
            rows = self.debit_rows
        else:
            self.zeros += 1
            rows = self.zero_rows
        if ordinal:
            rows.add(ordinal)

    def add_all(self, units: list[int]) -> None:
        """Many rows at once, not traced."""
        low, high = min(units), max(units)
        if low > 0:
            self.credits_sum += sum(units)
            self.credits += len(units)
        elif high < 0:
            self.debits_sum += sum(units)
            self.debits += len(units)
        else:
            for amount in units:
                self.add(amount)

    def forget_rows(self) -> None:
        self.credit_rows, self.debit_rows, self.zero_rows = Ordinals(), Ordinals(), Ordinals()


UNITS = 10_000
"""Sums are kept in ten-thousandths, finer than any currency; finer amounts are refused when read."""


def exact(units: int) -> Decimal:
    """Units as an amount with at least two decimals."""
    for digits, divisor in ((2, 100), (3, 10)):
        if units % divisor == 0:
            return Decimal(units // divisor).scaleb(-digits)
    return Decimal(units).scaleb(-4)
