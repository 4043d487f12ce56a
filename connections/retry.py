"""What an answer means and when to come back: a pure function from answer to decision.

Waiting is never sleeping: the wait becomes `not_before` on the row that holds the work.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from .errors import Failure, FailureKind

_BASE = timedelta(seconds=2)
_CEILING = timedelta(hours=1)
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the provider's declaration says about coming back: the floor after a throttle."""

    throttle_floor: timedelta
    refusals: tuple[int, ...] = (401, 403)


@dataclass(frozen=True, slots=True)
class Decision:
    """`kind` is None for a success; `wait` is how long at least to leave the provider alone."""

    kind: FailureKind | None
    wait: timedelta = timedelta(0)


def decide(
    status: int | None, headers: Mapping[str, str], *, writes: bool, attempt: int, limits: Limits, now: datetime
) -> Decision:
    """Judge an answer by its status alone; `status` None means that no answer came.

    A write without a clear answer has an unknown outcome, whatever the reason; a read is simply
    tried again. Header names are lower case.
    """
    if status is None or status >= 500:
        # A 503 with Retry-After was turned away before it did anything; any other 5xx may have committed.
        turned_away = status == 503 and "retry-after" in headers
        kind = FailureKind.UNKNOWN_OUTCOME if writes and not turned_away else FailureKind.UNAVAILABLE
        return Decision(kind, max(retry_after(headers, now), backoff(attempt)))
    if status == 429:
        floor = max(retry_after(headers, now), limits.throttle_floor)
        return Decision(FailureKind.THROTTLED, floor + jitter(limits.throttle_floor))
    if status == 401:
        return Decision(FailureKind.TOKEN_EXPIRED)
    if status == 403:
        # Some say "expired" or "revoked" this way; for others it is one missing permission among many.
        return Decision(FailureKind.NEEDS_RECONNECT if status in limits.refusals else FailureKind.REJECTED)
    if status == 404:
        return Decision(FailureKind.NOT_FOUND)
    if status >= 400:
        return Decision(FailureKind.REJECTED)
    if status == 304:  # nothing has changed since: that is what was asked
        return Decision(None)
    if status >= 300:
        return Decision(FailureKind.MALFORMED, backoff(attempt))
    return Decision(None)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """The Retry-After header as a duration: seconds or an HTTP date (RFC 9110); zero when absent or unreadable."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return timedelta(0)
    if value.isdigit():
        return timedelta(seconds=int(value))
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return timedelta(0)
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(until - now, _NOTHING)


def pause(failure: Failure, attempt: int) -> timedelta:
    """How long to leave failed work alone: longer with every attempt, but what was held back only as long as it was told."""
    return max(failure.wait, _BASE / 2 if failure.held_back else backoff(attempt))


def backoff(attempt: int) -> timedelta:
    """Exponential with full jitter above half: attempt 1 waits 1-2 s, doubling to an hour."""
    span = min(_BASE * (1 << min(attempt - 1, 20)), _CEILING)
    return span / 2 + jitter(span / 2)


def jitter(span: timedelta) -> timedelta:
    part: timedelta = span * random.random()  # noqa: S311 - spreads load, guards nothing
    return part
