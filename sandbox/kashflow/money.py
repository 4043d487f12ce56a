"""Amounts: Decimals outside, whole ten-thousandths in the store (as KashFlow's answers show them), so that sums are exact."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

ZERO: Final = Decimal("0.00")
_SCALE: Final = Decimal(10_000)
_LARGEST: Final = Decimal("1e12")


def rounded(amount: Decimal) -> Decimal:
    """Half-up to pence."""
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def to_units(amount: Decimal) -> int:
    return int((amount * _SCALE).to_integral_value(rounding=ROUND_HALF_UP))


def from_units(units: int) -> Decimal:
    """Back to a Decimal with two decimals, or more where there are more."""
    amount = Decimal(units) / _SCALE
    short = rounded(amount)
    return short if short == amount else amount


def number(value: object) -> Decimal:
    """A number of a request. ValueError for anything that isn't a finite one of a ledger's size."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError(f"{value!r} is not a number")
    try:
        parsed = Decimal(str(value).strip())
    except InvalidOperation as bad:
        raise ValueError(f"{value!r} is not a number") from bad
    if not parsed.is_finite() or abs(parsed) >= _LARGEST:
        raise ValueError(f"{value!r} is out of range")
    return parsed
