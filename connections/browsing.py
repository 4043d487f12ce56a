"""What an account holds, as a page shows it: one page of one kind, read now, nothing kept but the call log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from canonical.problems import Problem, Refused, declare
from connections import jsontext, registry
from connections.contracts import EntityKind
from connections.http import door_for
from connections.models import Connection

COLUMNS = 5
LONGEST = 60

NOT_SHOWN = declare(
    "connection.nothing_of_that_kind",
    "%(provider)s holds nothing called %(kind)s that we could show.",
    "Choose one of the kinds on the connection's page.",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One entity: its identity, its plainest fields, and all of it as JSON text."""

    identity: str
    cells: tuple[str, ...]
    whole: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of entities. `columns` are names of fields by the provider's own words; `next` goes on ("" at the end)."""

    kind: EntityKind
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    next: str


def kinds(connection: Connection) -> tuple[EntityKind, ...]:
    """What can be looked at; nothing for a provider that shows nothing."""
    browser = registry.provider(connection.provider).browser
    return browser.entities if browser else ()


def look(connection: Connection, kind: str, cursor: str = "") -> Shown:
    """Read a page of entities over there, now. Raises Refused for an unknown kind, Failure when it cannot be read."""
    provider = registry.provider(connection.provider)
    named = next((each for each in kinds(connection) if each.key == kind), None)
    if provider.browser is None or named is None:
        raise Refused(Problem(NOT_SHOWN, {"provider": provider.info.name, "kind": kind[:40]}))
    page = provider.browser.page(door_for(connection, "test"), connection.account(), kind, cursor=cursor)
    columns = _columns(page.rows, page.identity)
    rows = tuple(
        Row(str(row.get(page.identity, "")), tuple(_cell(row, name) for name in columns), jsontext.pretty(row))
        for row in page.rows
    )
    return Shown(named, columns, rows, page.next)


def _columns(rows: Sequence[Mapping[str, Any]], identity: str) -> tuple[str, ...]:
    """The fields that most rows fill with something plain, in the order the provider states them."""
    filled: dict[str, int] = {}
    for row in rows:
        for name in row:
            if name != identity and _plain(row[name]):
                filled[name] = filled.get(name, 0) + 1
    often = sorted(filled, key=lambda name: -filled[name])[:COLUMNS]
    return tuple(name for name in filled if name in often)


def _plain(value: Any) -> bool:
    return value not in (None, "") and not isinstance(value, bool | Mapping | list | tuple)


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    text = str(value) if _plain(value) else ""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
