"""One REST request as its handler sees it, and the shapes all handlers share: dates, pages, required fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from sandbox.kashflow import problems
from sandbox.kashflow.company import Body, Company
from sandbox.kashflow.money import number

PER_PAGE: Final = 50
MOST_PER_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` None is an empty body."""

    data: Any
    status: int = 200


@dataclass(frozen=True, slots=True)
class Call:
    """`holes`: what stood in the path; `body`: parsed JSON or None; `args`: the query."""

    company: Company
    holes: dict[str, str]
    body: Any
    args: dict[str, str]
    url: str

    def hole(self, name: str) -> int:
        return self._whole(self.holes[name], name)

    def arg(self, name: str, default: int) -> int:
        return self._whole(self.args[name], name) if self.args.get(name) else default

    def _whole(self, text: str, name: str) -> int:
        if not text.isdigit() or len(text) > 9:
            raise problems.invalid(f"{name} is not valid.")
        return int(text)

    def object(self) -> Body:
        if not isinstance(self.body, dict):
            raise problems.invalid("A JSON object is expected.")
        return self.body


Route = Callable[[Call], Answer]


def money(value: Any, field: str) -> Decimal:
    """A JSON number; None is 0."""
    try:
        return number(value) if value is not None else Decimal(0)
    except ValueError as bad:
        raise problems.invalid(f"{field} is not a number.") from bad


def whole(value: Any, field: str) -> int:
    """A JSON integer; None is 0."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise problems.invalid(f"{field} is not an integer.")
    return value or 0


def listed(value: Any, field: str) -> list[Body]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise problems.invalid(f"{field} is not a list of objects.")
    return value


def inside(body: Body, field: str) -> Body:
    """An object within an object; none sent is an empty one."""
    value = body.get(field)
    if value is not None and not isinstance(value, dict):
        raise problems.invalid(f"{field} is not an object.")
    return value or {}


def moment(iso: str) -> str:
    """`2026-11-18 00:00:00`, as the interface writes days."""
    return f"{iso[:10]} {iso[11:19] or '00:00:00'}" if iso else ""


def paged(call: Call, found: Iterable[Any], show: Callable[[Any], Body], **more: Any) -> Answer:
    """One page of a list with its MetaData; more than a hundred a page are never given, whatever was asked for."""
    rows = list(found)
    size = min(max(call.arg("perpage", PER_PAGE), 1), MOST_PER_PAGE)
    page, last = max(call.arg("page", 1), 1), max(-(-len(rows) // size), 1)
    data = [show(one) for one in rows[(page - 1) * size : page * size]]
    links = {
        "FirstPageUrl": _link(call, 1), "LastPageUrl": _link(call, last),
        "PreviousPageUrl": _link(call, page - 1) if page > 1 else None,
        "NextPageUrl": _link(call, page + 1) if page < last else None,
    }  # fmt: skip
    return Answer({"Data": data, "MetaData": {**more, **links, "TotalRecords": len(rows)}})


def _link(call: Call, page: int) -> str:
    return f"{call.url}?{urlencode({**call.args, 'page': page})}"
