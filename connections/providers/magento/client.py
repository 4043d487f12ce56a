"""Magento's protocol through the one door: addresses, search criteria, pages, and what its refusals mean.

A shop says what is wrong as `{"message": "... %name", "parameters": {"name": ...}}`, parameters as an object or a
list. 401 means three things: an integration that was taken back, a right it was not given, a signature that does not fit.
Source: Adobe Commerce REST documentation (authentication, search criteria, errors) and the 2.4.8 schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from canonical.problems import N_, Problem, declare
from connections import errors
from connections.contracts import Answer, Door, ExternalAccount
from connections.errors import Failure, FailureKind

from . import fields
from .fields import Body, Unreadable

PROVIDER = "Magento"
SAAS = "saas"
EVERY_VIEW = "all"
T = TypeVar("T")

NOT_ALLOWED = declare(
    "magento.not_allowed",
    N_("The shop lets us in, but the integration lacks the right %(resource)s."),
    N_(
        "In the shop's admin, System, Integrations: edit the integration, add this resource under API, save and activate it again."
    ),
)
ENDED = declare(
    "magento.ended",
    N_("The shop no longer accepts the integration: %(reason)s"),
    N_("Activate the integration again in the shop's admin, then reconnect with the keys that it shows."),
)
REDIRECTED = declare(
    "magento.redirected",
    N_("The shop sends us on to %(where)s, and redirects are never followed."),
    N_("Reconnect with the address that the shop itself uses, such as https://www.shop.example."),
)
_RESOURCE = re.compile(r"\b[A-Za-z]\w*_\w+::\w+")  # Magento_Sales::actions_view
_ENDED = ("token", "consumer", "signature", "oauth")
_AGAIN = ("nonce", "timestamp")


# ------------------------------------------------------------------ what a refusal means


def judge(status: int, headers: Mapping[str, str], content: bytes, *, writes: bool) -> Failure | None:
    """Read a refusal. None leaves it to the status code: 429, 5xx, and what is not Magento's own."""
    if 300 <= status < 400:
        return _failure(FailureKind.REJECTED, REDIRECTED, status, where=headers.get("location", "?")[:200])
    if status == 429 or status >= 500:
        return None
    try:
        body = fields.loads(content)
    except ValueError:
        return None
    if not isinstance(body, Mapping) or not isinstance(body.get("message"), str):
        return None
    words = said(body)
    if status in (401, 403):
        return _turned_away(status, words, _parameters(body))
    if status == 404:
        return _failure(FailureKind.NOT_FOUND, errors.NOT_FOUND, status, operation=words)
    return _failure(FailureKind.REJECTED, errors.REJECTED, status, detail=words)


def _turned_away(status: int, words: str, parameters: Mapping[str, str]) -> Failure:
    """What a 401 or 403 means, in whatever language the shop says it: a resource that is named is the same in all of them."""
    named = _RESOURCE.search(words)
    if "resources" in parameters or named:
        resource = parameters.get("resources") or (named.group() if named else "")
        return _failure(FailureKind.REJECTED, NOT_ALLOWED, status, resource=resource)
    low = words.casefold()
    if any(word in low for word in _AGAIN):  # a nonce is used up even where the answer was lost: the next one is fresh
        return _failure(FailureKind.UNAVAILABLE, errors.UNAVAILABLE, status, detail=words)
    if status == 401 or any(word in low for word in _ENDED):
        return _failure(FailureKind.NEEDS_RECONNECT, ENDED, status, reason=words)
    return _failure(FailureKind.REJECTED, errors.REJECTED, status, detail=words)


def said(body: Body) -> str:
    """The message with its parameters filled in."""
    words = str(body.get("message") or "")
    for name, value in sorted(_parameters(body).items(), key=lambda pair: -len(pair[0])):
        words = words.replace(f"%{name}", value)
    return words[:300]


def _parameters(body: Body) -> dict[str, str]:
    """An object by name, or a list that is numbered from 1."""
    given = body.get("parameters")
    if isinstance(given, Mapping):
        return {str(name): str(value) for name, value in given.items()}
    return {str(place): str(value) for place, value in enumerate(given, 1)} if isinstance(given, list) else {}


def _failure(kind: FailureKind, code: str, status: int, **params: str) -> Failure:
    return Failure(kind, Problem(code, {"provider": PROVIDER, **params}), status=status)


def malformed(detail: str) -> Failure:
    return Failure(FailureKind.MALFORMED, Problem(errors.MALFORMED, {"provider": PROVIDER, "detail": detail}))


# ------------------------------------------------------------------ addresses


@dataclass(frozen=True, slots=True)
class Call:
    """One operation at one shop, in the scope of a store view or of all."""

    url: str
    headers: Mapping[str, str]


def call_of(account: ExternalAccount, path: str, *, scope: str = EVERY_VIEW, way: str = "") -> Call:
    """`path` below /V1, already encoded; `way` is "" or "async/bulk"."""
    base = str(account.facts["base_url"]).rstrip("/")
    way = f"/{way}" if way else ""
    if account.facts.get("flavour") == SAAS:  # one address for all views; a header says which
        return Call(f"{base}{way}/V1/{path}", {"accept": "application/json", "store": scope})
    return Call(f"{base}/rest/{scope}{way}/V1/{path}", {"accept": "application/json"})


def get(door: Door, account: ExternalAccount, name: str, path: str, *, params: Sequence[tuple[str, str]] = ()) -> Answer:
    """One read. Raises Failure."""
    call = call_of(account, path)
    return door.call(name, "GET", call.url, params=list(params) or None, headers=call.headers, expects="json")


def send(
    door: Door, account: ExternalAccount, name: str, method: str, path: str, body: Any, *, scope: str = EVERY_VIEW, way: str = ""
) -> Any:
    """One write; what it answers, read. Raises Failure."""
    call = call_of(account, path, scope=scope, way=way)
    answer = door.call(name, method, call.url, json=body, headers=call.headers, writes=True, expects="json")
    return fields.loads(answer.content)


# ------------------------------------------------------------------ search


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; several of a search must all hold. `op` is Magento's word: gteq, in, eq ..."""

    field: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Search:
    """A search of one collection, sorted by the properties of `sort`."""

    path: str
    name: str
    filters: tuple[Filter, ...] = ()
    sort: tuple[str, ...] = ()
    size: int = 100
    direction: str = "ASC"

    def params(self, page: int) -> list[tuple[str, str]]:
        found = [pair for place, one in enumerate(self.filters) for pair in _condition(place, one)]
        for place, name in enumerate(self.sort):
            found += [(f"{_ORDERS}[{place}][field]", name), (f"{_ORDERS}[{place}][direction]", self.direction)]
        return [*found, ("searchCriteria[pageSize]", str(self.size)), ("searchCriteria[currentPage]", str(page))]


_ORDERS = "searchCriteria[sortOrders]"


def _condition(place: int, one: Filter) -> Iterable[tuple[str, str]]:
    name = f"searchCriteria[filter_groups][{place}][filters][0]"
    return ((f"{name}[field]", one.field), (f"{name}[value]", one.value), (f"{name}[condition_type]", one.op))


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search: its objects, how many there are in all, and the bytes it came in."""

    items: tuple[Body, ...]
    total: int
    raw: bytes


def page(door: Door, account: ExternalAccount, search: Search, number: int = 1) -> Found:
    """One page. Past its last page Magento tells the last again, so callers stop by `total`."""
    answer = get(door, account, search.name, search.path, params=search.params(number))
    body = object_of(answer.content)
    items, total = body.get("items"), body.get("total_count")
    items = [] if items is None else items
    if not isinstance(items, list) or not all(isinstance(one, Mapping) for one in items):
        raise malformed("items is not a list of objects")
    if isinstance(total, bool) or not isinstance(total, int):
        raise malformed("total_count is not a number")
    return Found(tuple(items), total, answer.content)


def object_of(content: bytes) -> Body:
    body = fields.loads(content)
    if not isinstance(body, Mapping):
        raise malformed("not a JSON object")
    return body


def read(make: Callable[[], T]) -> T:
    """Run a mapping; what cannot be read is MALFORMED, never a crash and never a success."""
    try:
        return make()
    except Unreadable as wrong:
        raise malformed(str(wrong)) from wrong
