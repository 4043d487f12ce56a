"""How many calls are under way for one account, over all workers: a seat is taken for the time of a call.

A seat is a PostgreSQL session advisory lock, so that a killed worker's seats are free at once. It is no transaction.
Where all are taken, the wait for one is short: calls take seconds, and whoever waits longer comes back later.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

PATIENCE_MS = 3_000
MOST = 64
_LOCK_CLASS = zlib.crc32(b"connections.in_flight") & 0x7FFFFFFF
# The function of a LIMIT 1 over plain rows is asked row by row until one says yes.
_TAKE = "SELECT seat FROM generate_series(%s::int, %s::int) AS seat WHERE pg_try_advisory_lock(%s, seat) LIMIT 1"


@contextmanager
def seat(whose: str, seats: int) -> Iterator[bool]:
    """Whether one of `seats` became free; it is held until the end of the block. 0 seats: there is always room."""
    if not seats:
        yield True
        return
    first = (zlib.crc32(whose.encode()) & 0x01FFFFFF) * MOST
    last = first + min(seats, MOST) - 1
    taken = _take(first, last)
    if taken is None:
        taken = _wait_for(random.randint(first, last))  # noqa: S311 - spreads those who wait
    try:
        yield taken is not None
    finally:
        if taken is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, taken])


def _take(first: int, last: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [first, last, _LOCK_CLASS])
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _wait_for(one: int) -> int | None:
    """One seat, when its holder leaves it in time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{PATIENCE_MS}ms"])
        try:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK_CLASS, one])
        except OperationalError:
            return None
        finally:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
    return one
