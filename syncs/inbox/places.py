"""Where a trouble is mended: the page that the inbox leads to.

A room says so for its own problems when the product starts:

    places.tell("compose.unmapped", gettext_lazy("Choose the account"), "settlement", key="page", anchor="todo")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Place:
    """A page by its URL name. `key` names what of the record's input is its argument; "" for a page without one."""

    label: Promise | str
    view: str
    key: str = ""
    anchor: str = ""

    def arguments(self, given: Mapping[str, Any]) -> list[str] | None:
        """What the address is made of; None when the record does not say."""
        if not self.key:
            return []
        value = given.get(self.key)
        return [str(value)] if value else None


_PLACES: dict[str, Place] = {}
_RECORD = Place(_("Open the settlement"), "settlement", key="page", anchor="todo")


def tell(prefix: str, label: Promise | str, view: str, *, key: str = "", anchor: str = "") -> None:
    """Problems whose code begins with `prefix` are mended on this page; the longest prefix wins."""
    _PLACES[prefix] = Place(label, view, key, anchor)


def place_for(code: str, given: Mapping[str, Any]) -> tuple[Place, list[str]] | None:
    """The page for a problem of a record with this input, and its arguments."""
    told = [_PLACES[prefix] for prefix in sorted(_PLACES, key=len, reverse=True) if code.startswith(prefix)]
    for place in [*told, _RECORD]:
        arguments = place.arguments(given)
        if arguments is not None:
            return place, arguments
    return None
