"""How many calls are under way for one account, over all workers: a seat is taken for the time of a call.

A seat is a PostgreSQL session advisory lock, so that a killed worker's seats are free at once. It is no transaction.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_LOCK_CLASS = zlib.crc32(b"connections.in_flight") & 0x7FFFFFFF
# The function of a LIMIT 1 over plain rows is asked row by row until one says yes.
_TAKE = (
    "SELECT seat FROM generate_series(%(first)s::int, %(last)s::int) AS seat WHERE pg_try_advisory_lock(%(lock)s, seat) LIMIT 1"
)
MOST = 64


@contextmanager
def seat(whose: str, seats: int) -> Iterator[bool]:
    """Whether one of `seats` was free; it is held until the end of the block. 0 seats: there is always room."""
    if not seats:
        yield True
        return
    first = (zlib.crc32(whose.encode()) & 0x01FFFFFF) * MOST
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"first": first, "last": first + min(seats, MOST) - 1, "lock": _LOCK_CLASS})
        row = cursor.fetchone()
    try:
        yield row is not None
    finally:
        if row is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, row[0]])
