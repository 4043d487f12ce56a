"""Check what a caller sent against the shapes and bring it into the form the twin keeps.

Unknown properties are refused (2010), strings measured (2050), enumerations looked up (2170), amounts
made Decimals. Read-only properties and empty values are dropped: in QuickBooks an empty string means
"nothing here".
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.quickbooks_online import faults
from sandbox.quickbooks_online.money import number
from sandbox.quickbooks_online.shapes import ENTITIES, ENUMS, PARTS, REFERENCE

Body = dict[str, Any]


def accept(entity: str, body: Any) -> Body:
    """The caller's object as the twin keeps it. Raises Fault."""
    if not isinstance(body, dict):
        raise faults.unsupported_property(entity)
    return _object(ENTITIES[entity], body)


def _object(shape: dict[str, str], body: Body) -> Body:
    kept: Body = {}
    for name, value in body.items():
        if name not in shape:
            raise faults.unsupported_property(name)
        if shape[name].startswith("-") or value is None or value == "":
            continue
        accepted = _value(name, shape[name], value)
        if accepted is not None:
            kept[name] = accepted
    return kept


def _value(name: str, kind: str, value: Any) -> Any:
    if kind.startswith("["):
        if not isinstance(value, list):
            raise faults.unsupported_property(name)
        return [_value(name, kind[1:-1], item) for item in value]
    if kind in PARTS:
        if not isinstance(value, dict):
            raise faults.unsupported_property(name)
        return _object(PARTS[kind], value)
    if kind in ENUMS:
        if value not in ENUMS[kind]:
            raise faults.bad_value(name, value)
        return value
    if kind.startswith("str"):
        return _text(name, kind, value)
    return _PLAIN[kind](name, value)


def _text(name: str, kind: str, value: Any) -> str:
    if not isinstance(value, str):
        raise faults.unsupported_property(name)
    limit = int(kind[3:] or 0)
    if limit and len(value) > limit:
        raise faults.too_long(name, limit, len(value))
    return value


def _reference(name: str, value: Any) -> Body | None:
    if not isinstance(value, dict) or set(value) - REFERENCE:
        raise faults.unsupported_property(name)
    target = value.get("value")
    if not target:
        return None
    kept = {"value": str(target)}
    return {**kept, "type": value["type"]} if value.get("type") else kept


def _identity(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise faults.unsupported_property(name)
    return str(value)


def _amount(name: str, value: Any) -> Any:
    try:
        return number(value)
    except ValueError:
        raise faults.unsupported_property(name) from None


def _whole(name: str, value: Any) -> int:
    amount = _amount(name, value)
    if amount != amount.to_integral_value():
        raise faults.unsupported_property(name)
    return int(amount)


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise faults.unsupported_property(name)


def _day(name: str, value: Any) -> str:
    """A date, or the date part of a timestamp, as yyyy-mm-dd."""
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise faults.fault("2030", "Invalid Date", f"Invalid date : {value} is not a date", name) from None


def _as_is(name: str, value: Any) -> Any:
    return value


_PLAIN = {
    "id": _identity, "ref": _reference, "num": _amount, "int": _whole, "bool": _flag, "date": _day, "time": _as_is,
    "any": _as_is,
}  # fmt: skip
