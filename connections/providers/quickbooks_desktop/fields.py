"""The small parts that QuickBooks Desktop's transactions are made of, both ways. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from canonical.accounting import AccountRef

from .numbers import marker_in
from .qbxml import Element, Unreadable, needed, of

TEXT_LIMIT: Final = 4095  # qbXML operations 14.0: Memo, Desc
ZERO: Final = Decimal(0)
CENT: Final = Decimal("0.01")
FINEST: Final = Decimal("0.00001")
BETWEEN: Final = " | "
# Full names under which a file keeps currencies; other files say the code itself.
_CURRENCIES: Final = {
    "US Dollar": "USD",
    "Canadian Dollar": "CAD",
    "British Pound Sterling": "GBP",
    "Euro": "EUR",
    "Australian Dollar": "AUD",
    "Japanese Yen": "JPY",
    "Mexican Peso": "MXN",
}


# ------------------------------------------------------------------ what we send


def ref(key: str) -> dict[str, str]:
    """By id: names can be changed by anybody."""
    return {"ListID": key}


def money(amount: Decimal) -> Decimal:
    """AMTTYPE has two decimals. Raises ValueError for what does not fit, since nothing is rounded here."""
    fitting = amount.quantize(CENT)
    if fitting != amount:
        raise ValueError(f"{amount} has more than two decimals")
    return fitting


def price(amount: Decimal) -> Decimal:
    """PRICETYPE has two to five decimals. Raises ValueError for what does not fit."""
    if amount != amount.quantize(FINEST):
        raise ValueError(f"{amount} has more than five decimals")
    return amount if amount.as_tuple().exponent in range(-5, -1) else amount.quantize(CENT)


def quantity(amount: Decimal) -> Decimal:
    """QUANTYPE has at most five decimals. Raises ValueError for what does not fit."""
    fitting = amount.quantize(FINEST)
    if fitting != amount:
        raise ValueError(f"{amount} has more than five decimals")
    return fitting.normalize() + ZERO


def with_class(dimensions: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found = next((key for name, key in dimensions if name == "class"), "")
    return {"ClassRef": ref(found)} if found else {}


def memo(*parts: str) -> str:
    """Texts in one field. Where they are too long together, the first gives way, then the next: the last, which is our
    mark where there is one, is kept."""
    kept = ""
    for part in reversed([part for part in parts if part]):
        rest = f"{BETWEEN}{kept}" if kept else ""
        cut = part[: max(0, TEXT_LIMIT - len(rest))]
        kept = f"{cut}{rest}" if cut else kept
    return kept


def unmarked(text: str) -> str:
    """A memo without our mark."""
    mark = marker_in(text)
    return text.replace(mark, "").strip().removesuffix(BETWEEN.strip()).strip() if mark else text


# ------------------------------------------------------------------ what we read


def account(element: Element, name: str) -> AccountRef:
    """An account that must be named. Raises Unreadable."""
    return AccountRef(needed(element, f"{name}/ListID"), of(element, f"{name}/FullName"))


def day(element: Element, name: str = "TxnDate") -> date:
    """A date that must be there. Raises Unreadable."""
    stated = needed(element, name)
    try:
        return date.fromisoformat(stated[:10])
    except ValueError:
        raise Unreadable(f"not a date: {stated!r}") from None


def currency(element: Element, home: str) -> str:
    """The code of the currency; a file that keeps one only names none."""
    stated = of(element, "CurrencyRef/FullName")
    return _CURRENCIES.get(stated, stated) if stated else home


def dimensions(element: Element) -> tuple[tuple[str, str], ...]:
    found = of(element, "ClassRef/ListID")
    return (("class", found),) if found else ()
