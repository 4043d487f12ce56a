"""Seats: how many workers one tenant may keep busy at once.

A seat is a PostgreSQL session advisory lock, so it is no row to clean up and it is free again the moment its
holder's session ends, however the worker died. Whoever finds no seat goes away; whoever leaves one looks
whether the tenant has more to do (syncs/dispatch.py), so nothing is forgotten.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

_CLASS = zlib.crc32(b"syncs.seats") & 0x3FFFFFFF


@contextmanager
def seat(tenant_id: int) -> Iterator[bool]:
    """Take one of the tenant's seats for as long as the block lasts. Yields whether one was free."""
    number = next((number for number in range(settings.TENANT_SEATS) if _try("pg_try_advisory_lock", number, tenant_id)), None)
    try:
        yield number is not None
    finally:
        if number is not None:
            with suppress(DatabaseError, InterfaceError):  # a session that is gone has left its seat
                _try("pg_advisory_unlock", number, tenant_id)


def _try(function: str, number: int, tenant_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_CLASS + number, tenant_id & 0x7FFFFFFF])
        row = cursor.fetchone()
    return bool(row and row[0])
