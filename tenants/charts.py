"""Charts drawn by the server: plain numbers for an SVG, so that no script and no outside library is needed.

Colours come from classes (static/tieout/tieout.css), so that a chart follows the theme. Every chart stands
beside a table with the same numbers; it is decoration for those who see it, not the only source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 180, 48, 22, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in the SVG's coordinates; `title` is what it says on hover."""

    x: float
    y: float
    width: float
    height: float
    title: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line with its label, or a label under a bar."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart. `heights` are its horizontal lines, `feet` the labels below."""

    bars: list[Bar]
    heights: list[Tick]
    feet: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT

    @property
    def floor(self) -> int:
        return HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Column:
    """What one bar shows: `value` in all, of which `part` is marked at its foot."""

    label: str
    value: int
    title: str
    part: int = 0


def bar_chart(columns: Sequence[Column], *, labels: int = 6) -> Chart:
    """One bar a column, from left to right, with about `labels` of their labels below."""
    top = nice_top(max((column.value for column in columns), default=0))
    room = (WIDTH - LEFT) / max(1, len(columns))
    floor = HEIGHT - BOTTOM
    scale = (floor - TOP) / top
    bars: list[Bar] = []
    for place, column in enumerate(columns):
        x, width = LEFT + place * room + room * 0.15, room * 0.7
        for value, css in ((column.value, "chart-bar"), (column.part, "chart-part")):
            if value:
                high = max(1.0, value * scale)
                bars.append(Bar(round(x, 1), round(floor - high, 1), round(width, 1), round(high, 1), column.title, css))
    every = max(1, -(-len(columns) // labels))
    feet = [Tick(round(LEFT + (place + 0.5) * room, 1), one.label) for place, one in enumerate(columns) if place % every == 0]
    heights = [Tick(round(floor - top * share / 2 * scale, 1), compact(top * share // 2)) for share in (0, 1, 2)]
    return Chart(bars, heights, feet)


def nice_top(most: int) -> int:
    """A round even number at or above: 0 gives 2, 37 gives 40, 410 gives 500."""
    if most <= 2:
        return 2
    step = int(10 ** (len(str(most)) - 1))
    for factor in (1, 2, 4, 5, 10):
        top = step * factor
        if top >= most:
            return top if top % 2 == 0 else top + 1
    return step * 10


def compact(value: int) -> str:
    """1500 is "1.5k", 2000000 is "2M": short enough to stand beside a line."""
    for size, word in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{word}"
    return str(value)
