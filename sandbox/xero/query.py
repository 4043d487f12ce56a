"""Filters and orders of a listing: `where` (a small C#-like expression), `order`, If-Modified-Since.

Both read the object as it is answered: `Status=="AUTHORISED" AND Date>=DateTime(2026,11,01)`, `Contact.Name.Contains("x")`,
`ContactID==Guid("...")`, `Reference!=null`. A path that an object doesn't have is null.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.xero.books import Body, Stored
from sandbox.xero.dates import unmarked
from sandbox.xero.errors import BadRequest

Test = Callable[[Body], Any]
_TOKENS: Final = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*)"
    r"|(?P<sign>&&|\|\||==|!=|>=|<=|<>|[=<>(),!]))"
)
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": lambda a, b: a == b, "=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b,
}  # fmt: skip
_CALLS: Final[dict[str, Callable[[str, str], bool]]] = {
    "contains": lambda a, b: b in a, "startswith": lambda a, b: a.startswith(b), "endswith": lambda a, b: a.endswith(b),
}  # fmt: skip


def updated(stored: Stored) -> datetime:
    return datetime.fromisoformat(stored.updated)


def bad(detail: str) -> BadRequest:
    return BadRequest(detail, 16, "QueryParseException")


class Where:
    """A parsed expression: `Where(text)(shown)` is whether an object fits. Raises BadRequest."""

    def __init__(self, text: str) -> None:
        self._left = self._split(text)
        self._test = self._either()
        if self._left:
            raise bad(f"Unexpected '{self._left[0][1]}' in where clause")

    def __call__(self, shown: Body) -> bool:
        try:
            return bool(self._test(shown))
        except (TypeError, AttributeError) as wrong:
            raise bad("Operator incompatible with operand types in where clause") from wrong

    def _split(self, text: str) -> list[tuple[str, str]]:
        found, at = [], 0
        while at < len(text.rstrip()):
            match = _TOKENS.match(text, at)
            if match is None:
                raise bad(f"Syntax error in where clause at position {at}")
            found.append((str(match.lastgroup), match[str(match.lastgroup)]))
            at = match.end()
        if not found:
            raise bad("The where clause is empty")
        return found

    def _next(self, *signs: str) -> str | None:
        """Take the next token if it is one of those words or signs."""
        if self._left and self._left[0][1].upper() in signs and self._left[0][0] != "text":
            return self._left.pop(0)[1].upper()
        return None

    def _need(self, sign: str) -> None:
        if self._next(sign) is None:
            raise bad(f"'{sign}' expected in where clause")

    def _either(self) -> Test:
        tests = [self._both()]
        while self._next("||", "OR"):
            tests.append(self._both())
        return lambda shown: any(test(shown) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._next("&&", "AND"):
            tests.append(self._one())
        return lambda shown: all(test(shown) for test in tests)

    def _one(self) -> Test:
        if self._next("!", "NOT"):
            test = self._one()
            return lambda shown: not test(shown)
        if self._next("("):
            inner = self._either()
            self._need(")")
            return inner
        left = self._operand()
        sign = self._next(*_COMPARE)
        if sign is None:
            return left
        right = self._operand()
        return lambda shown: _compared(sign, left(shown), right(shown))

    def _operand(self) -> Test:
        if not self._left:
            raise bad("The where clause is incomplete")
        kind, text = self._left.pop(0)
        if kind == "text":
            value: Any = re.sub(r"\\(.)", r"\1", text[1:-1])
        elif kind == "number":
            value = Decimal(text)
        elif kind == "name":
            return self._named(text)
        else:
            raise bad(f"Unexpected '{text}' in where clause")
        return lambda shown: value

    def _named(self, name: str) -> Test:
        constants = {"null": None, "true": True, "false": False}
        if name.lower() in constants:
            constant = constants[name.lower()]
            return lambda shown: constant
        if not self._next("("):
            return lambda shown: path(shown, name)
        arguments = self._arguments()
        owner, _, method = name.rpartition(".")
        return self._call(owner, method.lower(), arguments)

    def _arguments(self) -> list[Any]:
        found: list[Any] = []
        while not self._next(")"):
            found.append(self._operand()({}))
            self._next(",")
        return found

    def _call(self, owner: str, method: str, arguments: list[Any]) -> Test:
        if (not owner and method == "datetime") or (owner.lower() == "datetime" and method == "parse"):
            moment = _moment(arguments)
            return lambda shown: moment
        if not owner and method == "guid" and arguments:
            guid = str(arguments[0]).lower()
            return lambda shown: guid
        if owner and method in ("tolower", "toupper"):
            return lambda shown: getattr(str(path(shown, owner) or ""), method.removeprefix("to"))()
        if owner and method in _CALLS and len(arguments) == 1:
            call, wanted = _CALLS[method], str(arguments[0]).casefold()
            return lambda shown: call(str(path(shown, owner) or "").casefold(), wanted)
        raise bad(f"No applicable method '{method}' in where clause")


def _moment(arguments: list[Any]) -> datetime:
    try:
        if len(arguments) == 1:
            return datetime.fromisoformat(str(arguments[0])).replace(tzinfo=UTC)
        return datetime(*(int(part) for part in arguments), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except (TypeError, ValueError) as wrong:
        raise bad("A DateTime in the where clause is not valid") from wrong


def _compared(sign: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return _COMPARE[sign](left, right) if sign in ("==", "=", "!=", "<>") else False
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.casefold(), right.casefold()
    return _COMPARE[sign](left, right)


def path(shown: Body, name: str) -> Any:
    """A member by its dotted path; a day or moment as such, a number as Decimal."""
    value: Any = shown
    for part in name.removesuffix(".Value").split("."):
        value = (
            next((inner for key, inner in value.items() if key.lower() == part.lower()), None)
            if isinstance(value, dict)
            else None
        )
    if isinstance(value, str):
        return unmarked(value) or value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def ordered(shown: list[Body], order: str) -> list[Body]:
    """By one or more paths, each with ASC or DESC. Raises BadRequest."""
    for term in reversed(order.split(",")):
        words = term.split()
        if not words or len(words) > 2 or (len(words) == 2 and words[1].upper() not in ("ASC", "DESC")):
            raise bad(f"The order '{order}' is not valid")
        backwards = len(words) == 2 and words[1].upper() == "DESC"
        shown = sorted(shown, key=_by(words[0]), reverse=backwards)
    return shown


def _by(name: str) -> Callable[[Body], tuple[int, Any]]:
    return lambda one: _key(path(one, name))


def _key(value: Any) -> tuple[int, Any]:
    """Nulls first; anything else among its own kind."""
    if value is None:
        return (0, 0)
    return (1, value.casefold() if isinstance(value, str) else value)
