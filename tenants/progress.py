"""Live progress of long work: a fragment that asks again by itself, ever more rarely, until the work is over."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_SECONDS = 2
SLOWEST_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Poll:
    """What components/progress.html shows. `href` is asked again after `seconds`, unless `over`."""

    id: str
    href: str
    word: str
    done: int = 0
    total: int = 0
    over: bool = False
    seconds: int = FIRST_SECONDS


def patience(asked: int) -> int:
    """Seconds until the next question: two for the first half minute, then slower, never above fifteen."""
    return min(SLOWEST_SECONDS, FIRST_SECONDS + max(0, asked - 15) // 5)
