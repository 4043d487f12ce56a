"""Amounts as the twin keeps them: Decimals outside, whole hundred-thousandths in the store, so that sums are exact."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_SCALE = Decimal(100_000)
ZERO = Decimal("0.00")
NO_DECIMALS = frozenset({"JPY", "KRW", "CLP", "VND", "ISK"})
THREE_DECIMALS = frozenset({"KWD", "BHD", "JOD", "OMR", "TND"})


def step(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for most, 1 for yen, 0.001 for dinars."""
    if currency in NO_DECIMALS:
        return Decimal(1)
    return Decimal("0.001") if currency in THREE_DECIMALS else Decimal("0.01")


def rounded(amount: Decimal, currency: str = "USD") -> Decimal:
    """Half-up to the currency's decimals."""
    return amount.quantize(step(currency), rounding=ROUND_HALF_UP)


def to_units(amount: Decimal) -> int:
    return int((amount * _SCALE).to_integral_exact())


def from_units(units: int, currency: str = "USD") -> Decimal:
    """Back to a Decimal with at least the currency's decimals."""
    amount = Decimal(units) / _SCALE
    short = rounded(amount, currency)
    return short if short == amount else amount


def number(value: object) -> Decimal:
    """A JSON number, or a string of one as older clients send it. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError(f"{value!r} is not a number")
    try:
        parsed = Decimal(str(value).strip())
    except InvalidOperation as bad:
        raise ValueError(f"{value!r} is not a number") from bad
    if not parsed.is_finite() or abs(parsed) >= Decimal("1e13"):
        raise ValueError(f"{value!r} is out of range")
    return parsed
