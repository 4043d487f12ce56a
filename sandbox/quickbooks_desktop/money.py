"""Amounts and quantities: text in qbXML, Decimals in between, whole hundred-thousandths in the store, so that sums are exact."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

ZERO: Final = Decimal("0.00")
_SCALE: Final = Decimal(100_000)


def cents(amount: Decimal) -> Decimal:
    """Half-up to two decimals, as every amount of qbXML has them."""
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def to_units(amount: Decimal) -> int:
    return int((amount * _SCALE).to_integral_value(rounding=ROUND_HALF_UP))


def from_units(units: int) -> Decimal:
    """Back to a Decimal of two decimals, or more where there are more."""
    amount = Decimal(units) / _SCALE
    short = cents(amount)
    return short if short == amount else amount


def shown(number: Decimal) -> str:
    """A quantity or price without trailing zeros: 4, 12.5."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def priced(number: Decimal) -> str:
    """A price: at least two decimals, and as many more as it has, up to five."""
    text = shown(number.quantize(Decimal("0.00001"), rounding=ROUND_HALF_UP))
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"
