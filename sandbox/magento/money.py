"""Amounts: a currency's decimals, rounding, and shares that add up to the whole."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

ZERO: Final = Decimal(0)
DECIMALS: Final = {"JPY": 0, "KWD": 3}
"""Currencies with other than two decimals (ISO 4217), of those the twin knows."""

RATES: Final = {
    "USD": Decimal(1), "EUR": Decimal("0.9215"), "GBP": Decimal("0.7893"), "JPY": Decimal("151.37"), "KWD": Decimal("0.3074"),
    "CAD": Decimal("1.3952"), "AUD": Decimal("1.5310"),
}  # fmt: skip
"""What one US dollar is worth in the shops' own rate tables."""


def quantum(currency: str) -> Decimal:
    return Decimal(1).scaleb(-DECIMALS.get(currency, 2))


def rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(quantum(currency), ROUND_HALF_UP)


def rate(base: str, other: str) -> Decimal:
    """Units of `other` for one of `base`, four decimals as Magento's rate table keeps them."""
    return Decimal(1) if base == other else (RATES[other] / RATES[base]).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def share(total: Decimal, done: Decimal, more: Decimal, whole: Decimal, currency: str) -> Decimal:
    """What `more` of `whole` parts carry of `total` after `done`: all shares together are `total` to the cent."""
    if not whole:
        return ZERO
    return rounded(total * (done + more) / whole, currency) - rounded(total * done / whole, currency)


def plain(value: Any) -> Any:
    """Decimals as PHP writes floats: no zeros at the end. Goes through lists and objects."""
    if isinstance(value, Decimal):
        short = value.normalize()
        return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1))  # type: ignore[operator]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value
