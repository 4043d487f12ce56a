"""The query language: a select over one kind of object, read into a Query (ledgers.md 1.2).

    SELECT * | COUNT(*) | property, ... FROM Kind [WHERE p op v [AND ...]]
    [ORDERBY p [ASC|DESC], ...] [STARTPOSITION n] [MAXRESULTS m]

Key words are read in any case, the kind's name as it is spelled. There is no OR, no join, no grouping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sandbox.quickbooks_online import faults

MAX_RESULTS: Final = 1000
DEFAULT_RESULTS: Final = 100
OPERATORS: Final = ("<=", ">=", "=", "<", ">")
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<word>[A-Za-z_][\w.]*)|(?P<mark><=|>=|[=<>(),*]))"
)
_RESERVED: Final = frozenset({"OR", "GROUP", "JOIN", "HAVING", "NOT", "UNION"})


@dataclass(frozen=True, slots=True)
class Condition:
    """`values` has one entry, or several for IN. A bare true or false is kept as that word."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass(slots=True)
class Query:
    kind: str = ""
    count: bool = False
    properties: list[str] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    limit: int = DEFAULT_RESULTS


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    column: int


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def word(self, *words: str) -> bool:
        """Take the next token if it is one of these key words."""
        if self.next.kind == "word" and self.next.text.upper() in words:
            self.at += 1
            return True
        return False

    def mark(self, mark: str) -> bool:
        if self.next.kind == "mark" and self.next.text == mark:
            self.at += 1
            return True
        return False

    def need(self, kind: str) -> Token:
        token = self.take()
        if token.kind != kind:
            raise self.unexpected(token)
        return token

    def need_word(self, word: str) -> None:
        if not self.word(word):
            raise self.unexpected(self.next)

    def unexpected(self, token: Token) -> faults.Fault:
        shown = "<EOF>" if token.kind == "end" else token.text
        return faults.bad_query(f'Encountered "{shown}" at line 1, column {token.column}.')


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if not found:
            place = at + len(text[at:]) - len(text[at:].lstrip())
            raise faults.bad_query(
                f"Invalid content. Lexical error at line 1, column {place + 1}."
                f'  Encountered: "{text[place]}" ({ord(text[place])})'
            )
        kind = str(found.lastgroup)
        yield Token(kind, found[kind], found.start(kind) + 1)
        at = found.end()
    yield Token("end", "", end + 1)


def parse(text: str) -> Query:
    """Read a select. Raises Fault 4000 for anything that isn't one."""
    if not text.strip():
        raise faults.bad_query("The query provided was empty")
    reader, query = _Reader(text), Query()
    reader.need_word("SELECT")
    _projection(reader, query)
    reader.need_word("FROM")
    query.kind = reader.need("word").text
    if reader.word("WHERE"):
        _conditions(reader, query)
    _order(reader, query)
    _page(reader, query)
    if reader.next.kind != "end":
        raise reader.unexpected(reader.next)
    return query


def _projection(reader: _Reader, query: Query) -> None:
    if reader.word("COUNT"):
        for mark in "(*)":
            if not reader.mark(mark):
                raise reader.unexpected(reader.next)
        query.count = True
        return
    star = False
    while True:
        if reader.mark("*"):
            star = True
        else:
            query.properties.append(reader.need("word").text)
        if not reader.mark(","):
            break
    if star:
        query.properties = []


def _conditions(reader: _Reader, query: Query) -> None:
    while True:
        query.conditions.append(_condition(reader))
        if not reader.word("AND"):
            return


def _condition(reader: _Reader) -> Condition:
    name = reader.need("word")
    if name.text.upper() in _RESERVED:
        raise reader.unexpected(name)
    if reader.word("IN"):
        return Condition(name.text, "IN", tuple(_listed(reader)))
    if reader.word("LIKE"):
        return Condition(name.text, "LIKE", (_text(reader.need("string")),))
    mark = reader.need("mark")
    if mark.text not in OPERATORS:
        raise reader.unexpected(mark)
    return Condition(name.text, mark.text, (_value(reader),))


def _listed(reader: _Reader) -> Iterator[str]:
    if not reader.mark("("):
        raise reader.unexpected(reader.next)
    yield _value(reader)
    while reader.mark(","):
        yield _value(reader)
    if not reader.mark(")"):
        raise reader.unexpected(reader.next)


def _value(reader: _Reader) -> str:
    token = reader.take()
    if token.kind == "string":
        return _text(token)
    if token.kind == "number" or (token.kind == "word" and token.text.lower() in ("true", "false")):
        return token.text.lower()
    raise reader.unexpected(token)


def _text(token: Token) -> str:
    """Inside the quotes, with backslashes undone."""
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])


def _order(reader: _Reader, query: Query) -> None:
    if reader.word("ORDER"):
        reader.need_word("BY")
    elif not reader.word("ORDERBY"):
        return
    while True:
        name = reader.need("word").text
        descending = reader.word("DESC")
        if not descending:
            reader.word("ASC")
        query.order.append((name, descending))
        if not reader.mark(","):
            return


def _page(reader: _Reader, query: Query) -> None:
    if reader.word("STARTPOSITION"):
        query.start = _whole(reader)
    if reader.word("MAXRESULTS"):
        query.limit = _whole(reader)
    if query.start < 1:
        raise faults.invalid_query("startPosition must be greater than zero")
    if not 1 <= query.limit <= MAX_RESULTS:
        raise faults.invalid_query(f"maxResults must be between 1 and {MAX_RESULTS}")


def _whole(reader: _Reader) -> int:
    token = reader.need("number")
    if not token.text.isdigit():
        raise reader.unexpected(token)
    return int(token.text)
