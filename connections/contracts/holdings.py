"""What an account holds, for a person who wants to see it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .letting_in import Door, ExternalAccount


@dataclass(frozen=True, slots=True)
class EntityKind:
    """A kind of thing an account holds, by the provider's own word for it; `written` says that our flows write it.

    `columns` are the fields a list shows first, by their path in a row: "CustomerRef.name", "offers.0.price.amount".
    """

    key: str
    name: str
    written: bool = False
    note: str = ""  # where it lies over there, or how it is listed, when that is not plain
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityPage:
    """Some of an account's entities as they came, and the cursor of those behind them ("" at the end).

    Each row is the provider's own object; `identity` is the path of the field that tells one from another. A provider
    that has to be waited for says so in `waits`: nothing is shown yet, and `next` is the cursor to look again with.
    """

    rows: tuple[Mapping[str, Any], ...]
    identity: str
    next: str = ""
    waits: str = ""


class NoSuchPage(Exception):
    """A cursor that no page of this listing gave: somebody typed it."""


class Browser(Protocol):
    """What an account holds, for a person who wants to see it: reads only, a page a call. A module attribute `browser`."""

    entities: tuple[EntityKind, ...]

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """Some entities of a kind, the newest first where the provider can sort so. Raises Failure, and NoSuchPage."""
        ...
