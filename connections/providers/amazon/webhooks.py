"""Amazon's news. Amazon calls no address of ours: it puts notifications into a queue.

`notices` reads such a message wherever it was taken from; `verify` refuses every HTTP delivery, since
none can come from Amazon. Older types are written in PascalCase, report types in camelCase. What a notice
makes us look at again is told by its kind: ORDERS and SETTLEMENTS name streams, every other type is
kept under its own name and leads to nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from connections import jsontext
from connections.contracts import ORDERS, SETTLEMENTS, Endpoints, Notice, ProviderInfo

from . import mapper
from .reports import SETTLEMENT

_ORDER, _REPORT = "ORDER_CHANGE", "REPORT_PROCESSING_FINISHED"
_DEEP_ENOUGH = 4  # no type nests its seller deeper


class AmazonReceiver:
    """The Receiver of Amazon."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def verify(self, endpoints: Endpoints, headers: Mapping[str, str], body: bytes) -> bool:
        return False

    def notices(self, body: bytes) -> list[Notice]:
        """The one notice of a message; none where it cannot be read or names no seller."""
        try:
            message = _folded(jsontext.loads(body))
        except ValueError:
            return []
        kind, objects = str(message.get("notificationtype") or ""), list(_objects(message.get("payload")))
        seller = _first(objects, "sellerid", "sellingpartnerid", "merchantid")
        if not kind or not seller:
            return []
        event_id = _folded(message.get("notificationmetadata")).get("notificationid") or hashlib.sha256(body).hexdigest()[:36]
        named = _first(objects, "amazonorderid", "reportid", "relatedidentifiervalue")
        said = _first(objects, "orderstatus", "processingstatus") or "updated"
        return [Notice(str(event_id), seller, _stream(kind, objects), named, said.lower()[:20], _moment(message))]


def _stream(kind: str, objects: list[dict[str, Any]]) -> str:
    """What is to be looked at again: a changed order, or settlements when a report of theirs is done."""
    if kind == _ORDER and _first(objects, "amazonorderid"):
        return ORDERS
    if kind == _REPORT and _first(objects, "reporttype") == SETTLEMENT and _first(objects, "processingstatus") == "DONE":
        return SETTLEMENTS
    return kind.lower()[:40]


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every object of a payload, outer ones first, keys in lower case."""
    if depth > _DEEP_ENOUGH:
        return
    if isinstance(value, Mapping):
        yield _folded(value)
        for inner in value.values():
            yield from _objects(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner, depth + 1)


def _first(objects: list[dict[str, Any]], *names: str) -> str:
    """The first of these members that says something."""
    found = (one[name] for name in names for one in objects if isinstance(one.get(name), str) and one[name])
    return next(found, "")


def _moment(message: Mapping[str, Any]) -> Any:
    try:
        return mapper.moment(message.get("eventtime"))
    except mapper.Unreadable:
        return None


def _folded(value: Any) -> dict[str, Any]:
    """An object with its keys in lower case: the two spellings of the envelope become one."""
    return {str(key).lower(): item for key, item in value.items()} if isinstance(value, Mapping) else {}
