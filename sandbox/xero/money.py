"""Amounts: Decimals outside, whole hundred-thousandths in the store, so that sums are exact."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

_SCALE: Final = Decimal(100_000)
ZERO: Final = Decimal("0.00")
NO_DECIMALS: Final = frozenset({"JPY", "KRW", "CLP", "VND", "ISK"})
THREE_DECIMALS: Final = frozenset({"KWD", "BHD", "JOD", "OMR", "TND"})


def step(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for most, 1 for yen, 0.001 for dinars."""
    if currency in NO_DECIMALS:
        return Decimal(1)
    return Decimal("0.001") if currency in THREE_DECIMALS else Decimal("0.01")


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half-up, away from zero on both sides, to the currency's decimals."""
    return amount.quantize(step(currency), rounding=ROUND_HALF_UP)


def to_units(amount: Decimal) -> int:
    return int((amount * _SCALE).to_integral_exact())


def from_units(units: int, currency: str) -> Decimal:
    """Back to a Decimal with the currency's decimals, more only where there are more."""
    amount = Decimal(units) / _SCALE
    short = rounded(amount, currency)
    return short if short == amount else amount.normalize()


def number(value: object, name: str = "value") -> Decimal:
    """A JSON number, or its text as XML and older clients send it. Raises ValueError with the name of what it isn't."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError(f"{name} is not a number")
    try:
        parsed = Decimal(str(value).strip())
    except InvalidOperation as bad:
        raise ValueError(f"{name} is not a number") from bad
    if not parsed.is_finite() or abs(parsed) >= Decimal("1e13"):
        raise ValueError(f"{name} is out of range")
    return parsed
