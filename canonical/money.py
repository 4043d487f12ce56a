"""Money is a type: an exact decimal amount that never leaves its currency.

Floats are refused at the door, mixed currencies cannot be added, and rounding, allocation
and the price of one have exactly one home each: `round_half_up`, `allocate` and `unit_price`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

# ISO 4217 minor units; every currency not named here has two decimals.
_MINOR_UNITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum."""


def minor_units(currency: str) -> int:
    """How many decimals the currency has (ISO 4217): JPY 0, USD 2, KWD 3."""
    return _MINOR_UNITS.get(currency, 2)


def quantum(currency: str) -> Decimal:
    """The smallest amount of the currency: 1, 0.01 or 0.001."""
    return Decimal(1).scaleb(-minor_units(currency))


def to_decimal(value: Decimal | int | str) -> Decimal:
    """An exact, finite Decimal. Floats are refused with TypeError; junk with ValueError."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise TypeError(f"money is never a {type(value).__name__}: give a Decimal, an int or a decimal string")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"not a decimal number: {value!r}") from None
    if not number.is_finite():
        raise ValueError(f"not a finite number: {value!r}")
    return number


def round_half_up(amount: Decimal, currency: str) -> Decimal:
    """The one rounding of the product: half away from zero, to the currency's minor unit."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def unit_price(amount: Decimal, quantity: Decimal, currency: str, places: int) -> Decimal | None:
    """The price of one, to at most `places` decimals, of which `quantity` make `amount` however a ledger rounds; None if none does.

    A product half a minor unit away is refused: half up and half even would make two amounts of it. Needless decimals are
    left out, down to as many as the amount has. `quantity` is not zero.
    """
    price = (amount / quantity).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if 2 * abs(price * quantity - amount) >= quantum(currency):
        return None
    needed = max(-int(number.as_tuple().exponent) for number in (price.normalize(), amount, Decimal(1)))
    return price.quantize(Decimal(1).scaleb(-needed))


def allocate(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Split `total` in proportion to `weights` so that the parts add up to it exactly.

    Largest remainder; ties go to the earlier part. All-zero weights split evenly.
    """
    if not weights:
        raise ValueError("nothing to allocate to")
    unit = quantum(currency)
    base = sum(weights, Decimal(0))
    shares = [total * w / base for w in weights] if base else [total / len(weights)] * len(weights)
    parts = [s.quantize(unit, rounding=ROUND_DOWN) for s in shares]
    left = total - sum(parts, Decimal(0))
    step = unit if left > 0 else -unit
    order = sorted(range(len(parts)), key=lambda i: (-abs(shares[i] - parts[i]), i))
    for turn in range(int(abs(left) / unit)):
        parts[order[turn % len(parts)]] += step
    # What is below one minor unit (a total finer than its currency) stays on the first part.
    parts[0] += total - sum(parts, Decimal(0))
    return parts


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency. `amount` is exact; `currency` is an ISO 4217 code in capitals."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", to_decimal(self.amount))
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise ValueError(f"not an ISO 4217 currency code: {self.currency!r}")

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum of `amounts`, zero of `currency` when there are none."""
        result = cls.zero(currency)
        for amount in amounts:
            result = result + amount
        return result

    def _same(self, other: Money) -> Decimal:
        if not isinstance(other, Money):
            raise TypeError(f"money meets only money, not {type(other).__name__}")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def rounded(self) -> Money:
        return Money(round_half_up(self.amount, self.currency), self.currency)

    def __str__(self) -> str:
        return f"{plain(self.amount, self.currency)} {self.currency}"


def plain(amount: Decimal, currency: str) -> str:
    """The amount as a decimal string with at least the currency's decimals: '86.25', '1200', '0.005'."""
    decimals = max(minor_units(currency), -int(amount.normalize().as_tuple().exponent)) if amount else minor_units(currency)
    return f"{amount:.{decimals}f}"
