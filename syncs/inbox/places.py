"""Where a trouble is mended: the page that the inbox leads to.

A room says so for its own problems when the product starts:

    places.tell("compose.unmapped", gettext_lazy("Choose the account"), "settlement", key="page", anchor="todo")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
# Subjects without a page of their own: a function from their public id to the id of the page that shows them.
Finder = Callable[[str], str]
_FINDERS: dict[str, tuple[Place, Finder]] = {}
# What a record's `page` is, by how its id begins.
_RECORDS: dict[str, Place] = {"set": Place(_("Open the settlement"), "settlement", key="page", anchor="todo")}
CONNECTION = Place(_("Renew the connection"), "connections:detail")
# Where an alert's own subject has a page.
SUBJECTS: dict[str, Place] = {
    "settlement": Place(_("Open the settlement"), "settlement"),
    "connection": Place(_("Open the connection"), "connections:detail"),
    "syncrun": Place(_("Open the run"), "run"),
}


def tell(prefix: str, label: Promise | str, view: str, *, key: str = "", anchor: str = "") -> None:
    """Problems whose code begins with `prefix` are mended on this page; the longest prefix wins."""
    _PLACES[prefix] = Place(label, view, key, anchor)


def tell_record(prefix: str, label: Promise | str, view: str) -> None:
    """Records whose `page` begins with this prefix have a page of their own."""
    _RECORDS[prefix] = Place(label, view, key="page")


def place_for(code: str, given: Mapping[str, Any]) -> tuple[Place, list[str]] | None:
    """The page for a problem of a record with this input, and its arguments."""
    told = [_PLACES[prefix] for prefix in sorted(_PLACES, key=len, reverse=True) if code.startswith(prefix)]
    own = _RECORDS.get(str(given.get("page", "")).partition("_")[0])
    for place in [*told, *([own] if own else [])]:
        arguments = place.arguments(given)
        if arguments is not None:
            return place, arguments
    return None


def show(subject_type: str, label: Promise | str, view: str, finder: Finder) -> None:
    """Rows of this type are seen on the page whose id `finder` gives ("" when there is none)."""
    _FINDERS[subject_type] = (Place(label, view), finder)


def place_of_subject(subject_type: str, subject_id: str) -> tuple[Place, list[str]] | None:
    """The page that shows what an alert or a document is about."""
    if subject_type in SUBJECTS:
        return SUBJECTS[subject_type], [subject_id]
    if subject_type in _FINDERS:
        place, finder = _FINDERS[subject_type]
        page = finder(subject_id)
        return (place, [page]) if page else None
    return None
