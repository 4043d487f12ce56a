"""Run a Query over a company: filter, order, page.

Only some properties can be asked for, as in the service: identity, times, names, numbers, dates, totals
and a few references; never what stands inside lines. List objects that were made inactive stay hidden
unless the query speaks of Active.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox.quickbooks_online import faults
from sandbox.quickbooks_online.company import Body, Company
from sandbox.quickbooks_online.kinds import KINDS, LIST, RATE, TXN, Kind
from sandbox.quickbooks_online.query import Condition, Query, parse
from sandbox.quickbooks_online.shapes import ENTITIES
from sandbox.quickbooks_online.show import PACIFIC, show

_TIMES: Final = ("MetaData.CreateTime", "MetaData.LastUpdatedTime")
_REFS: Final = ("CustomerRef", "VendorRef", "EntityRef", "ParentRef", "AccountRef", "CurrencyRef", "DepositToAccountRef")
_MAIL: Final = "PrimaryEmailAddr"
_HIDDEN: Final = ("PrivateNote", "DepartmentRef", "ClassRef", "GlobalTaxCalculation", "sparse", "domain", "status", "SyncToken")
_INDEXED: Final = {"Id": "id", "DocNumber": "doc_number", "TxnDate": "txn_date"}


def run(company: Company, text: str) -> Body:
    """The QueryResponse of a select."""
    query = parse(text)
    kind = KINDS.get(query.kind)
    if kind is None or kind.family == RATE:
        raise faults.invalid_query(f"Invalid context declaration: {query.kind}")
    for name in {condition.name for condition in query.conditions} | {name for name, _ in query.order}:
        check_property(kind, name)
    bodies = _matching(company, kind, query)
    if query.count:
        return {"totalCount": len(bodies)}
    return _page(kind, query, _ordered(kind, query, bodies))


def _page(kind: Kind, query: Query, bodies: list[Body]) -> Body:
    page = bodies[query.start - 1 : query.start - 1 + query.limit]
    if not page:
        return {}
    shown = [_projected(kind, body, query.properties) for body in page]
    return {kind.name: shown, "startPosition": query.start, "maxResults": len(page), "totalCount": len(page)}


def _projected(kind: Kind, body: Body, properties: list[str]) -> Body:
    if not properties:
        return body
    for name in properties:
        if name.partition(".")[0] not in ENTITIES[kind.name]:
            raise faults.invalid_query(f"Property {name} not found for Entity {kind.name}")
    wanted = {name.partition(".")[0] for name in properties} | {"Id", "domain"}
    return {**{name: value for name, value in body.items() if name in wanted}, "sparse": True}


def check_property(kind: Kind, name: str) -> None:
    """Refuse a property that the service can't filter or order by."""
    fields = ENTITIES[kind.name]
    plain = fields.get(name, "").lstrip("-")
    simple = (
        plain.startswith("str")
        or plain in ("id", "bool", "int", "num", "date")
        or (plain[:1].isupper() and plain.endswith("Type"))
    )
    if (
        name in _TIMES
        or (name == _MAIL and name in fields)
        or (name not in _HIDDEN and (simple or plain == "Classification"))
        or (plain == "ref" and name in _REFS)
    ):
        return
    if name in fields:
        raise faults.invalid_query(f"property '{name}' is not queryable")
    raise faults.invalid_query(f"Property {name} not found for Entity {kind.name}")


def _matching(company: Company, kind: Kind, query: Query) -> list[Body]:
    where, params = _narrowed(kind, query.conditions)
    if kind.family == LIST and "Active" in ENTITIES[kind.name] and not any(c.name == "Active" for c in query.conditions):
        where += " AND active = 1"
    if company.rules["lag"]:
        where += " AND created <= ?"
        params.append((company.now - timedelta(seconds=company.rules["lag"])).isoformat())
    tests = [_test(kind, condition) for condition in query.conditions]
    shown = (show(company, stored) for stored in company.all(kind.name, where, params))
    return [body for body in shown if all(test(body) for test in tests)]


def _narrowed(kind: Kind, conditions: list[Condition]) -> tuple[str, list[str]]:
    """The conditions that an index can answer, as SQL; all are tested again on the objects."""
    where = ""
    params: list[str] = []
    for condition in conditions:
        column = _INDEXED.get(condition.name)
        if column and (kind.family == TXN or column == "id"):
            if condition.operator in ("=", "IN"):
                where += f" AND {column} IN ({', '.join('?' * len(condition.values))})"
                params.extend(condition.values)
            elif column == "txn_date" and condition.operator != "LIKE":
                where += f" AND {column} {condition.operator} ?"
                params.append(condition.values[0])
    return where, params


def _test(kind: Kind, condition: Condition) -> Callable[[Body], bool]:
    read = _reader(kind, condition.name)
    if condition.operator == "LIKE":
        return _like(condition.values[0], condition.name)
    wanted = [read(value) for value in condition.values]
    compare = _COMPARE[condition.operator]

    def test(body: Body) -> bool:
        value = value_of(body, condition.name)
        return value is not None and compare(read(value), wanted)

    return test


_COMPARE: Final[dict[str, Callable[[Any, list[Any]], bool]]] = {
    "=": lambda value, wanted: bool(value == wanted[0]),
    "IN": lambda value, wanted: value in wanted,
    "<": lambda value, wanted: bool(value < wanted[0]),
    ">": lambda value, wanted: bool(value > wanted[0]),
    "<=": lambda value, wanted: bool(value <= wanted[0]),
    ">=": lambda value, wanted: bool(value >= wanted[0]),
}


def _like(pattern: str, name: str) -> Callable[[Body], bool]:
    """`%` stands for anything; case doesn't matter."""
    pieces = pattern.casefold().split("%")

    def test(body: Body) -> bool:
        text = str(value_of(body, name) or "").casefold()
        if len(pieces) == 1:
            return text == pieces[0]
        if not text.startswith(pieces[0]) or not text.endswith(pieces[-1]) or len(text) < len(pieces[0]) + len(pieces[-1]):
            return False
        at, stop = len(pieces[0]), len(text) - len(pieces[-1])
        for piece in pieces[1:-1]:
            found = text.find(piece, at, stop)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return test


def value_of(body: Body, name: str) -> Any:
    """A property by its dotted name; a reference gives the id it points to, an e-mail its address."""
    value: Any = body
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value.get("Address" if name == _MAIL else "value") if isinstance(value, dict) else value


def _reader(kind: Kind, name: str) -> Callable[[Any], Any]:
    """How values of a property compare: as instants, dates, numbers, truth or text."""
    if name in _TIMES:
        return _instant
    plain = ENTITIES[kind.name].get(name, "").lstrip("-")
    return {"num": _number, "int": _number, "date": _day, "bool": lambda value: str(value).lower()}.get(plain, str)


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise faults.invalid_query(f"{value} is not a number") from None


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise faults.invalid_query(f"{value} is not a date") from None


def _instant(value: Any) -> datetime:
    """A timestamp; without an offset it is Pacific time, as the service reads it."""
    try:
        at = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise faults.invalid_query(f"{value} is not a time") from None
    return at if at.tzinfo else at.replace(tzinfo=PACIFIC)


def _ordered(kind: Kind, query: Query, bodies: list[Body]) -> list[Body]:
    """By the wanted properties, empty values first; otherwise as the store gave them (by id)."""
    for name, descending in reversed(query.order):
        read = _reader(kind, name) if name != "Id" else _by_number
        bodies.sort(key=lambda body: _sort_key(value_of(body, name), read), reverse=descending)
    return bodies


def _by_number(object_id: str) -> tuple[int, str]:
    return (int(object_id) if object_id.isdigit() else 0, object_id)


def _sort_key(value: Any, read: Callable[[Any], Any]) -> tuple[bool, Any]:
    return (False, "") if value is None else (True, read(value))
