"""How benchmarks say what they found: the figure, what it is measured against, and whether the goal is met.

A goal never fails a run: machines differ and neighbours make noise. Only ratios taken side by side count.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def goal(what: str, found: float, limit: float, unit: str = "x", *, against: str = "", among: Sequence[float] = ()) -> bool:
    """Print one line: PASS, or OVER GOAL, with the figure and its spread over the rounds."""
    met = found <= limit
    spread = f", {min(among):.2f} to {max(among):.2f} in {len(among)} rounds" if len(among) > 1 else ""
    beside = f" {against}" if against else ""
    print(f"{'PASS     ' if met else 'OVER GOAL'} {what}: {found:.2f} {unit}{beside} (goal: at most {limit:g} {unit}{spread})")
    return met


def told(what: str, found: str, against: str) -> None:
    """Print one line without a goal: the figure and what stands beside it."""
    print(f"          {what}: {found}; {against}")


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, list[float]]:
    """The median of the ratios taken round by round, and all of them."""
    each = [one / other for one, other in zip(ours, theirs, strict=True)]
    return statistics.median(each), each
