"""Values in Magento's JSON, read exactly; and the names under which an amount stands in either currency. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from canonical.money import quantum
from connections import jsontext

Body = Mapping[str, Any]
ZERO = Decimal(0)
STAMP = "%Y-%m-%d %H:%M:%S"
# Where the column was cut short in Magento's tables, so is the property (schema 2.4.8).
_CUT = {
    "base_shipping_discount_tax_compensation_amount": "base_shipping_discount_tax_compensation_amnt",
    "base_weee_tax_applied_row_amount": "base_weee_tax_applied_row_amnt",
}


class Unreadable(ValueError):
    """An answer that lacks, or misshapes, something we need."""


# What a module may have written into any text and no database column takes: control characters, and halves of a character.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")


def loads(content: bytes | str) -> Any:
    """A shop's JSON, its texts and names without characters that nobody can keep. Raises ValueError for what is no JSON."""
    return _kept(jsontext.loads(content))


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return _NO_TEXT.sub("", value)
    if isinstance(value, dict):
        return {_NO_TEXT.sub("", name): _kept(inner) for name, inner in value.items()}
    return [_kept(inner) for inner in value] if isinstance(value, list) else value


class Purse:
    """Amounts of one currency: the website's own (`base_...`) or the one the order was shown in."""

    def __init__(self, currency: str, *, base: bool) -> None:
        self.currency, self.base, self._unit = currency, base, quantum(currency)

    def of(self, body: Body, name: str) -> Decimal:
        """An amount; nothing where the property is missing or null, as Magento leaves out what it has no value for."""
        return self.exact(number(body, self.named(name)))

    def named(self, name: str) -> str:
        if not self.base:
            return name
        if name.startswith("gw_"):  # gw_base_price, gw_items_base_tax_amount: the word stands inside
            head = "gw_items_" if name.startswith("gw_items_") else "gw_card_" if name.startswith("gw_card_") else "gw_"
            return f"{head}base_{name.removeprefix(head)}"
        return _CUT.get(f"base_{name}", f"base_{name}")

    def exact(self, amount: Decimal) -> Decimal:
        """Without the four decimals that Magento's tables have, where they say nothing."""
        try:
            short = amount.quantize(self._unit)
        except InvalidOperation:
            raise Unreadable(f"no amount: {amount}") from None
        return short if short == amount else amount


def number(body: Body, name: str) -> Decimal:
    """A number or a number in a text; zero where there is none."""
    value = body.get(name)
    if value in (None, ""):
        return ZERO
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise Unreadable(f"{name} is not a number: {value!r}")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise Unreadable(f"{name} is not a number: {value!r}") from None
    if not found.is_finite():
        raise Unreadable(f"{name} is not a number: {value!r}")
    return found


def key(body: Body, name: str = "entity_id") -> str:
    """An id that must be there, as text."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        raise Unreadable(f"{name} is missing")
    return str(value)


def text(body: Body, name: str) -> str:
    """A text, "" where there is none."""
    value = body.get(name)
    return "" if value is None else str(value)


def moment(body: Body, name: str) -> datetime:
    """A moment that must be there: UTC without saying so."""
    try:
        return datetime.strptime(text(body, name), STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise Unreadable(f"{name} is not a date-time: {body.get(name)!r}") from None


def stamp(at: datetime) -> str:
    """A moment as Magento's search takes it."""
    return at.astimezone(UTC).strftime(STAMP)


def objects(body: Body, name: str) -> Sequence[Body]:
    """A list of objects; none where there is none."""
    found = body.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Unreadable(f"{name} is not a list of objects")
    return found


def inner(body: Body, name: str) -> Body:
    """An object; an empty one where there is none. An empty object comes as an empty list from PHP."""
    found = body.get(name)
    if found in (None, []):
        return {}
    if not isinstance(found, Mapping):
        raise Unreadable(f"{name} is not an object")
    return found
