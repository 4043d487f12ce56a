"""What the operations share: the call at hand, its body, and the route that leads to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request

from sandbox.magento import oauth, search
from sandbox.magento.errors import invalid, no_entity, required
from sandbox.magento.installation import Body, Installation
from sandbox.magento.integrations import Caller

ARRAY_LIMIT, BULK_LIMIT = 20, 5000


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised call of one operation. `base_url` is the shop's own, with a slash at the end."""

    found: Installation
    request: Request
    caller: Caller
    path: dict[str, str]
    body: Body
    base_url: str

    def listing(
        self, kind: str, show: Callable[[Body], Body] = lambda body: body, aliases: dict[str, str] | None = None
    ) -> Body:  # fmt: skip
        """The search that the query asks for."""
        criteria = search.parse(oauth.sent(self.request), limited=self.found.switches["input_limits"])
        answer = search.listing(self.found, kind, criteria, aliases)
        return {**answer, "items": [show(one) for one in answer["items"]]}

    def number(self, name: str) -> int:
        """A number in the path. Raises Refusal 404 for what is none."""
        if not self.path[name].isdecimal():
            raise no_entity(name, self.path[name])
        return int(self.path[name])

    def order(self) -> Body:
        return self.found.order(self.number("order"))

    def need(self, name: str) -> Any:
        """A part of the body. Raises Refusal 400 when it is missing."""
        if self.body.get(name) is None:
            raise required(name)
        return self.body[name]

    def array(self, name: str) -> list[Body]:
        """A list of objects in the body, of a length that the shop's limits allow."""
        given = self.body.get(name) or []
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise invalid('The "%value" value\'s type is invalid. The "%type" type was expected. Verify and try again.',
                          value=str(given), type=f"{name}[]")  # fmt: skip
        if self.found.switches["input_limits"] and len(given) > ARRAY_LIMIT:
            raise invalid('Maximum items of type "%type" is %max', type=name, max=ARRAY_LIMIT)
        return given


def amount(value: Any, name: str) -> Decimal:
    """A number of the body. Raises Refusal 400 for text that is none."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise invalid('The "%value" value\'s type is invalid. The "%type" type was expected. Verify and try again.',
                      value=str(value), type="float") from None  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: `path` with `{names}`, the right it needs, and what does it."""

    name: str
    method: str
    path: str
    resource: str
    run: Callable[[Call], Any]
    status: int = 200

    def match(self, method: str, parts: list[str]) -> dict[str, str] | None:
        """The parameters in a path that was split before it was decoded, so that a %2F stays inside of its part."""
        wanted = self.path.strip("/").split("/")
        if method != self.method or len(wanted) != len(parts):
            return None
        found: dict[str, str] = {}
        for pattern, part in zip(wanted, parts, strict=True):
            if pattern.startswith("{"):
                found[pattern.strip("{}")] = unquote(part)
            elif pattern != part:
                return None
        return found
