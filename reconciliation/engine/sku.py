"""Families of products, told by the SKU: what lets shoes and hats go to accounts of their own.

A pattern is written as for file names: `SHOE-*` is every SKU that begins with SHOE-, `?` stands for one
character and `[AB]` for one of those named. Upper and lower case are the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate

REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class SkuGroup:
    """A family of products. A SKU belongs to it when one of `patterns` fits the whole SKU."""

    name: str
    patterns: tuple[str, ...]


class SkuGroups:
    """Finds the group of a SKU: the first that fits. False when there are no groups."""

    def __init__(self, groups: Sequence[SkuGroup] = ()) -> None:
        self.groups = tuple(groups)
        self._tests = [
            (group.name, re.compile("|".join(translate(pattern.strip().casefold()) for pattern in group.patterns)))
            for group in self.groups
            if group.patterns
        ]
        self._found: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._tests)

    def of(self, sku: str) -> str:
        """The name of the SKU's group, "" for a SKU of none and for rows without one."""
        if not sku or not self._tests:
            return ""
        found = self._found.get(sku)
        if found is None:
            folded = sku.strip().casefold()
            found = next((name for name, test in self._tests if test.match(folded)), "")
            if len(self._found) < REMEMBERED:
                self._found[sku] = found
        return found
