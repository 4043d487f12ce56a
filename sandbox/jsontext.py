"""JSON as the providers write it: a Decimal is a number with exactly its digits, never a float."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

_MARK = "\ue000"
_MARKED = re.compile(f'"{_MARK}([^"]*){_MARK}"')


def dump(data: Any, **options: Any) -> str:
    """JSON text. The private-use mark can't occur in data that is worth sending."""
    return _MARKED.sub(r"\1", json.dumps(data, default=_number, ensure_ascii=False, **options))


def load(text: str | bytes) -> Any:
    """JSON with every number that has a fraction as Decimal."""
    return json.loads(text, parse_float=Decimal)


def _number(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{_MARK}{value:f}{_MARK}"
    raise TypeError(f"{type(value).__name__} has no JSON form")
