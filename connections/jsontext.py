"""JSON as ledgers mean it: a number is an exact decimal, both ways.

Pure. The standard library reads numbers as Decimal when asked but cannot write one; a detour
through float or through a string would change what is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def loads(content: bytes | str) -> Any:
    """Parse; numbers with a point or exponent become Decimal, whole ones int. Raises ValueError for anything else."""
    return json.loads(content, parse_float=Decimal, parse_constant=_refuse)


def dumps(value: Any) -> str:
    """Compact JSON with keys in the order given. Decimal is written digit for digit; float is refused."""
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(key))}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return "[" + ",".join(dumps(item) for item in value) + "]"
    if isinstance(value, float):
        raise TypeError("a float is not an exact number: use Decimal")
    return json.dumps(value)


def pretty(value: Any, margin: str = "") -> str:
    """JSON for people: one member a line, two spaces a level."""
    inner = margin + "  "
    if isinstance(value, Mapping) and value:
        members = (f"{inner}{json.dumps(str(key))}: {pretty(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(members) + f"\n{margin}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + pretty(item, inner) for item in value) + f"\n{margin}]"
    return dumps(value)


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"not a number JSON can carry: {value}")
    return format(value, "f")


def _refuse(constant: str) -> Any:
    raise ValueError(f"not JSON: {constant}")
