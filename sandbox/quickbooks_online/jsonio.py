"""JSON whose numbers are Decimals in both directions, so that 86.25 never passes through a binary float."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def loads(text: str | bytes) -> Any:
    """Parse JSON; numbers with a point become Decimal, whole numbers int. NaN and Infinity are refused (ValueError)."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def dumps(value: Any) -> str:
    """Write JSON; a Decimal is written digit for digit as a number."""
    return "".join(_pieces(value))


def _pieces(value: Any) -> list[str]:
    match value:
        case Decimal():
            return [format(value, "f")]
        case dict():
            return _joined(
                "{", "}", [[json.dumps(str(key), ensure_ascii=False), ":", *_pieces(item)] for key, item in value.items()]
            )
        case list() | tuple():
            return _joined("[", "]", [_pieces(item) for item in value])
    return [json.dumps(value, ensure_ascii=False)]


def _joined(opening: str, closing: str, parts: list[list[str]]) -> list[str]:
    out = [opening]
    for index, part in enumerate(parts):
        if index:
            out.append(",")
        out.extend(part)
    out.append(closing)
    return out
