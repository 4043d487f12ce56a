"""Which rows a line carries, as inclusive ranges of ordinals: (1, 7), (14, 15)."""

from __future__ import annotations

from array import array

Ranges = tuple[tuple[int, int], ...]


class Ordinals:
    """Collects ordinals in any order; neighbours share a range. Sixteen bytes a range."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts = array("q")
        self._ends = array("q")

    def add(self, ordinal: int) -> None:
        if self._ends and self._ends[-1] == ordinal - 1:
            self._ends[-1] = ordinal
        else:
            self._starts.append(ordinal)
            self._ends.append(ordinal)

    def take(self, other: Ordinals) -> None:
        self._starts.extend(other._starts)
        self._ends.extend(other._ends)

    def ranges(self) -> Ranges:
        """Sorted, neighbours joined."""
        joined: list[tuple[int, int]] = []
        for start, end in sorted(zip(self._starts, self._ends, strict=True)):
            if joined and joined[-1][1] == start - 1:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return tuple(joined)
