"""Lists: which filters they take, how they sort, and cursors that stay right while rows come and go.

A cursor holds the last row's place in the chosen order, signed; the next page begins after it. No page is
counted, so that the thousandth costs what the first does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from canonical.problems import Problem
from tenants.partner.fields import moment, utc
from tenants.partner.trouble import INVALID, FieldError, Trouble

DEFAULT, MOST = 50, 200
LONGEST_TEXT, LONGEST_LIST, MOST_CHOICES = 120, 4000, 50
# No control characters: PostgreSQL takes no NUL, and the others are in no name.
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "pattern": r"^[^\x00-\x1f\x7f]*$"}
PAGING = ("limit", "cursor", "sort")
_SALT = "api-cursor"


class Filter(Protocol):
    """A query parameter: `names` it may be written as, how it narrows the rows, and how it is documented."""

    @property
    def names(self) -> Sequence[str]: ...

    def narrow(self, name: str, text: str) -> Q: ...

    def schema(self, name: str) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """`status=ready,failed`: any of the values named, from a closed set."""

    name: str
    column: str
    values: Sequence[str]
    help: str = "Any of these, separated by commas."

    @property
    def names(self) -> Sequence[str]:
        return (self.name,)

    def narrow(self, name: str, text: str) -> Q:
        wanted = text.split(",")
        if len(wanted) > MOST_CHOICES or not set(wanted) <= set(self.values):
            raise ValueError(f"one to {MOST_CHOICES} of {', '.join(self.values)}")
        return Q(**{f"{self.column}__in": wanted})

    def schema(self, name: str) -> dict[str, Any]:
        items = {"type": "string", "enum": list(self.values)}
        return {
            "schema": {"type": "array", "minItems": 1, "maxItems": MOST_CHOICES, "items": items},
            "style": "form",
            "explode": False,
            "description": self.help,
        }


@dataclass(frozen=True, slots=True)
class YesNo:
    """`matched=true`: whether something holds."""

    name: str
    column: str
    help: str

    @property
    def names(self) -> Sequence[str]:
        return (self.name,)

    def narrow(self, name: str, text: str) -> Q:
        if text not in ("true", "false"):
            raise ValueError("true or false")
        return Q(**{self.column: text == "true"})

    def schema(self, name: str) -> dict[str, Any]:
        return {"schema": {"type": "boolean"}, "description": self.help}


@dataclass(frozen=True, slots=True)
class Exact:
    """`integration=int_...`: equal to this text."""

    name: str
    column: str
    help: str
    pattern: str = ""

    @property
    def names(self) -> Sequence[str]:
        return (self.name,)

    def narrow(self, name: str, text: str) -> Q:
        return Q(**{self.column: text})

    def schema(self, name: str) -> dict[str, Any]:
        return {"schema": _TEXT, "description": self.help}


@dataclass(frozen=True, slots=True)
class Between:
    """`posted_at[gte]=...`: a moment from or before which; gte, gt, lte, lt."""

    name: str
    column: str
    help: str = "Compared with this moment (RFC 3339)."

    @property
    def names(self) -> Sequence[str]:
        return tuple(f"{self.name}[{op}]" for op in ("gte", "gt", "lte", "lt"))

    def narrow(self, name: str, text: str) -> Q:
        op = name.removeprefix(f"{self.name}[").removesuffix("]")
        return Q(**{f"{self.column}__{op}": moment(text)})

    def schema(self, name: str) -> dict[str, Any]:
        return {"schema": {"type": "string", "format": "date-time"}, "description": self.help}


@dataclass(frozen=True, slots=True)
class Since:
    """`updated_since=...`: changed at or after this moment. `columns` are looked at together."""

    columns: Sequence[str] = ("updated_at",)
    names: Sequence[str] = ("updated_since",)

    def narrow(self, name: str, text: str) -> Q:
        since, found = moment(text), Q()
        for column in self.columns:
            found |= Q(**{f"{column}__gte": since})
        return found

    def schema(self, name: str) -> dict[str, Any]:
        return {
            "schema": {"type": "string", "format": "date-time"},
            "description": "Changed at or after this moment. Ask again from a minute before your last answer, so that nothing slips through.",
        }


@dataclass(frozen=True, slots=True)
class Search:
    """`q=...`: rows that the room's own search finds."""

    find: Callable[[str], Q]
    help: str
    names: Sequence[str] = ("q",)

    def narrow(self, name: str, text: str) -> Q:
        return self.find(text)

    def schema(self, name: str) -> dict[str, Any]:
        return {"schema": _TEXT, "description": self.help}


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list takes. `sorts` names columns that are never null; `key` breaks ties and is unique."""

    filters: Sequence[Filter] = ()
    sorts: Mapping[str, str] = field(default_factory=lambda: {"created_at": "id"})
    default: str = "-created_at"
    key: str = "id"

    @property
    def parameters(self) -> Iterable[tuple[str, Filter]]:
        return ((name, one) for one in self.filters for name in one.names)

    @property
    def orders(self) -> list[str]:
        return [sign + name for name in self.sorts for sign in ("", "-")]


class _Serializer(Protocol):
    def __call__(self, instance: Any, *, many: bool, context: dict[str, Any]) -> Any: ...


def page(
    request: Request,
    rows: QuerySet[Any],
    listing: Listing,
    serializer: _Serializer,
    *,
    prepare: Callable[[list[Any]], list[Any]] = list,
) -> Response:
    """One page of `rows` as the request asks: {"data": [...], "page": {"next_cursor", "has_more"}} and a Link to the next.

    `prepare` turns the page's rows into what the serializer takes, with however few further queries.
    """
    order = _order(request, listing)
    limit = _limit(request)
    rows = _narrowed(request, rows, listing)
    column, down = listing.sorts[order.lstrip("-")], order.startswith("-")
    sign = "-" if down else ""
    after = _after(request, order, column, listing.key, down)
    found = list(rows.filter(after).order_by(f"{sign}{column}", f"{sign}{listing.key}")[: limit + 1])
    here, more = found[:limit], len(found) > limit
    cursor = _cursor(order, getattr(here[-1], column), getattr(here[-1], listing.key)) if more else None
    data = serializer(prepare(here), many=True, context={"request": request}).data
    response = Response({"data": data, "page": {"next_cursor": cursor, "has_more": more}})
    if cursor is not None:
        response["Link"] = f'<{_next(request, cursor)}>; rel="next"'
    return response


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """A mistyped filter must not silently show everything."""
    taken = set(known)
    wrong = [
        FieldError(name, "unknown_parameter", "There is no such parameter.") for name in request.query_params if name not in taken
    ]
    wrong += [
        FieldError(name, "invalid", "Given twice, or with characters that cannot be.")
        for name, values in request.query_params.lists()
        if name in taken and (len(values) > 1 or _CONTROL.search(values[0]))
    ]
    if wrong:
        raise Trouble(400, Problem(INVALID), errors=wrong)


def _narrowed(request: Request, rows: QuerySet[Any], listing: Listing) -> QuerySet[Any]:
    wrong = []
    for name, one in listing.parameters:
        if name not in request.query_params:
            continue
        text = request.query_params[name]
        try:
            longest = LONGEST_LIST if isinstance(one, Choice) else LONGEST_TEXT
            if not text or len(text) > longest:
                raise ValueError(f"between 1 and {longest} characters")
            rows = rows.filter(one.narrow(name, text))
        except ValueError as error:
            wrong.append(FieldError(name, "invalid", str(error)))
    if wrong:
        raise Trouble(400, Problem(INVALID), errors=wrong)
    return rows


def _order(request: Request, listing: Listing) -> str:
    wanted = str(request.query_params.get("sort", listing.default))
    if wanted not in listing.orders:
        raise Trouble(400, Problem(INVALID), errors=[FieldError("sort", "invalid", f"one of {', '.join(listing.orders)}")])
    return wanted


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST):
        raise Trouble(400, Problem(INVALID), errors=[FieldError("limit", "invalid", f"a whole number from 1 to {MOST}")])
    return int(text)


def _after(request: Request, order: str, column: str, key: str, down: bool) -> Q:
    text = request.query_params.get("cursor")
    if text is None:
        return Q()
    try:
        said = signing.loads(text, salt=_SALT)
        if said["o"] != order:
            raise ValueError("the cursor belongs to another order")
        value = datetime.fromisoformat(said["v"]) if said["t"] == "moment" else said["v"]
    except (signing.BadSignature, ValueError, KeyError, TypeError) as error:
        wrong = FieldError("cursor", "invalid", "Use next_cursor of the page before, with the same sort.")
        raise Trouble(400, Problem(INVALID), errors=[wrong]) from error
    beyond = "lt" if down else "gt"
    if column == key:
        return Q(**{f"{key}__{beyond}": value})
    return Q(**{f"{column}__{beyond}": value}) | Q(**{column: value, f"{key}__{beyond}": said["k"]})


def _cursor(order: str, value: Any, key: Any) -> str:
    is_moment = isinstance(value, (datetime, date))
    said = {"o": order, "v": utc(value) if is_moment else value, "t": "moment" if is_moment else "", "k": key}
    return signing.dumps(said, salt=_SALT)


def _next(request: Request, cursor: str) -> str:
    query = {**request.query_params.dict(), "cursor": cursor}
    return f"{request.build_absolute_uri(request.path)}?{urlencode(query)}"
