"""What an account holds, as a page shows it: one page of one kind, read now. Its rows are kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from canonical.problems import Problem, Refused, declare
from connections import jsontext, registry
from connections.contracts import EntityKind, NoSuchPage
from connections.cursors import LONGEST as LONGEST_CURSOR
from connections.http import door_for
from connections.models import Connection

COLUMNS = 5
LONGEST = 60
SHORT = 26  # characters: a moment, a reference, a word
# Words that say nothing without the one before them.
_VAGUE = frozenset({"amount", "name", "value", "id", "code", "currencyAmount", "Address", "FullName", "quantity"})

NOT_SHOWN = declare(
    "connection.nothing_of_that_kind",
    "%(provider)s holds nothing called %(kind)s that we could show.",
    "Choose one of the kinds on the connection's page.",
)


@dataclass(frozen=True, slots=True)
class Column:
    """A field by its path in a row; its head is as much of the path as says what it is. `numeric`: figures, to the right."""

    path: str
    head: str
    numeric: bool = False

    @property
    def parts(self) -> list[str]:
        """The head in parts between which a line may break."""
        return [part for part in re.findall(r"[^A-Z.-]?[A-Z.-]*[^A-Z.-]*", self.head) if part]


@dataclass(frozen=True, slots=True)
class Cell:
    """A field's text; a `short` one is never broken over lines."""

    text: str
    column: Column

    @property
    def short(self) -> bool:
        return len(self.text) <= SHORT


@dataclass(frozen=True, slots=True)
class Row:
    """One entity: its identity, some of its fields, and all of it as JSON text."""

    identity: str
    cells: tuple[Cell, ...]
    whole: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of entities. `next` goes on ("" at the end); while the provider `waits`, it is what to look again with."""

    kind: EntityKind
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    next: str
    waits: str = ""


def kinds(connection: Connection) -> tuple[EntityKind, ...]:
    """What can be looked at; nothing for a provider that shows nothing."""
    browser = registry.provider(connection.provider).browser
    return browser.entities if browser else ()


def look(connection: Connection, kind: str, cursor: str = "") -> Shown:
    """Read a page of entities over there, now. Raises Refused for an unknown kind or page, Failure when it cannot be read."""
    provider = registry.provider(connection.provider)
    named = next((each for each in kinds(connection) if each.key == kind), None)
    if provider.browser is None or named is None or len(cursor) > LONGEST_CURSOR:
        raise Refused(Problem(NOT_SHOWN, {"provider": provider.info.name, "kind": kind[:40]}))
    try:
        page = provider.browser.page(door_for(connection, "test", keeps_answers=False), connection.account(), kind, cursor=cursor)
    except NoSuchPage as error:
        raise Refused(Problem(NOT_SHOWN, {"provider": provider.info.name, "kind": kind[:40]})) from error
    columns = _columns(page.rows, named.columns, page.identity)
    rows = tuple(
        Row(
            _text(field(row, page.identity)),
            tuple(Cell(_text(field(row, column.path)), column) for column in columns),
            jsontext.pretty(row),
        )
        for row in page.rows
    )
    return Shown(named, columns, rows, page.next, page.waits)


def field(row: Any, path: str) -> Any:
    """The value at a path ("offers.0.price.amount"); None where there is none. A list of one may be written as that one."""
    for part in path.split("."):
        if isinstance(row, Mapping):
            row = row if part == "0" and part not in row else row.get(part)
        elif isinstance(row, Sequence) and not isinstance(row, str) and part.isdecimal() and int(part) < len(row):
            row = row[int(part)]
        else:
            return None
    return row


def _columns(rows: Sequence[Mapping[str, Any]], wanted: Sequence[str], identity: str) -> tuple[Column, ...]:
    """The wanted fields that any row fills; of a kind that wants none, what most rows fill with something plain."""
    paths = [path for path in wanted if path != identity and any(_text(field(row, path)) for row in rows)]
    return tuple(_column(path, [field(row, path) for row in rows]) for path in paths or _plainest(rows, identity))


def _plainest(rows: Sequence[Mapping[str, Any]], identity: str) -> list[str]:
    """In the order the provider states them."""
    filled: dict[str, int] = {}
    for row in rows:
        for name in row:
            if name != identity and not isinstance(row[name], bool) and _text(row[name]):
                filled[name] = filled.get(name, 0) + 1
    often = sorted(filled, key=lambda name: -filled[name])[:COLUMNS]
    return [name for name in filled if name in often]


def _column(path: str, values: Sequence[Any]) -> Column:
    parts = [part for part in path.split(".") if not part.isdecimal()]
    head = ".".join(parts[-2:]) if parts[-1] in _VAGUE else parts[-1]
    stated = [value for value in values if value not in (None, "")]
    return Column(path, head, bool(stated) and all(_is_figure(value) for value in stated))


def _is_figure(value: Any) -> bool:
    """A number, or a text that is one with decimals; an id made of digits is none."""
    if isinstance(value, str):
        before, point, after = value.removeprefix("-").partition(".")
        return bool(point) and before.isdecimal() and after.isdecimal()
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _text(value: Any) -> str:
    """A plain value as a cell says it, cut where it is long; "" for what is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, Mapping | list | tuple):
        return ""
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
