"""When a delivery that failed is tried again: ten tries over more than three days, then a person must look."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

# Waits before the first, second, ... try.
WAITS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
TRIES = len(WAITS)
JITTER = 0.1  # up to a tenth longer, so that many do not come back at once
LONGEST_ASKED = timedelta(hours=24)


def wait_before(number: int, *, asked: timedelta = timedelta(0), chance: float | None = None) -> timedelta | None:
    """How long to wait before try `number` (from 1), at least as long as the receiver asked; None when there is no such try."""
    if number > TRIES:
        return None
    share = random.random() if chance is None else chance  # noqa: S311 - spreads load, keeps no secret
    return max(WAITS[number - 1] * (1 + JITTER * share), min(asked, LONGEST_ASKED))


def asked_for(header: str | None, now: datetime) -> timedelta:
    """A Retry-After as a span; nothing for one that says nothing."""
    if not header:
        return timedelta(0)
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_ASKED)
    try:
        return max(timedelta(0), parsedate_to_datetime(text) - now)
    except (ValueError, TypeError):
        return timedelta(0)
