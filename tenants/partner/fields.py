"""Fields of requests and answers. A request field takes exactly its own type: no "true" for true, no 7 for "7"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from canonical.money import to_decimal

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def moment(text: str) -> datetime:
    """An RFC 3339 moment in UTC, between 1970 and 9000. Raises ValueError for anything else."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("not an RFC 3339 moment")
    plain = text.upper()
    if plain[17:19] == "60":  # a leap second, which Python does not know
        plain = f"{plain[:17]}59{plain[19:]}"
    try:
        return min(max(datetime.fromisoformat(plain).astimezone(UTC), EARLIEST), LATEST)
    except OverflowError:
        return EARLIEST if plain < "1970" else LATEST


# ------------------------------------------------------------------ requests


class Body(serializers.Serializer):  # type: ignore[type-arg]
    """A JSON object that is asked for; fields that are not named here are refused."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {name: [_unknown()] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


def _unknown() -> ErrorDetail:
    return ErrorDetail(str(_("There is no such field.")), code="unknown_field")


class Text(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Pattern(serializers.RegexField):
    """Text of exactly this shape, from its first character to its last."""

    def __init__(self, pattern: str, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(f"^{pattern}$", **kwargs)
        self.whole = re.compile(pattern)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not self.whole.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            data = int(data)  # JSON has one kind of number: 30.0 is 30
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class OneOf(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", input=data)
        return data


class Moment(serializers.DateTimeField):
    """RFC 3339, in UTC in answers."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            return moment(value)
        except (TypeError, ValueError):
            self.fail("invalid", format="RFC 3339")
        raise AssertionError("fail() raises")

    def to_representation(self, value: Any) -> str:
        return utc(value)


def utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Items(serializers.ListField):
    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        return super().to_internal_value(data)


# ------------------------------------------------------------------ answers


MONEY = {
    "type": "object",
    "description": "An exact amount as a decimal string, and its ISO 4217 currency.",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "example": {"amount": "1234.50", "currency": "GBP"},
}


@extend_schema_field({"oneOf": [MONEY, {"type": "null"}]})
class Money(serializers.Field):  # type: ignore[type-arg]
    """`Money("line_total")`: the attribute's amount in the row's currency; null where there is none."""

    def __init__(self, amount: str, currency: str = "currency") -> None:
        super().__init__(source="*", read_only=True)
        self.amount, self.currency = amount, currency

    def to_representation(self, row: Any) -> dict[str, str] | None:
        return money(_reach(row, self.amount), _reach(row, self.currency))


def money(amount: Any, currency: Any) -> dict[str, str] | None:
    if amount is None or not currency:
        return None
    return {"amount": plain(to_decimal(amount)), "currency": str(currency)}


def plain(amount: Decimal) -> str:
    """Decimal digits without an exponent; two decimals at least where there are any to show."""
    text = f"{amount:f}"
    return text if text.strip("-0.") else text.lstrip("-")


def _reach(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
    return row
