"""How often a key may ask: a burst a minute per key and a budget an hour per company, counted in one statement.

Fixed windows; the counts are rows, updated atomically, so that any number of web processes count alike.
The RateLimit and RateLimit-Policy fields tell what is left (draft-ietf-httpapi-ratelimit-headers-10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from tenants import clock
from tenants.models import ApiKey

MINUTE, HOUR = 60, 3600

_COUNT = """
INSERT INTO tenants_apimeter AS meter (scope, window_at, used) VALUES (%s, %s, 1), (%s, %s, 1)
ON CONFLICT (scope) DO UPDATE SET
    used = CASE WHEN meter.window_at = excluded.window_at THEN meter.used + 1 ELSE 1 END,
    window_at = excluded.window_at
RETURNING scope, used
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """One window: how many requests it holds, how many are left, and in how many seconds it begins anew."""

    name: str
    quota: int
    window: int
    used: int
    resets_in: int

    @property
    def left(self) -> int:
        return max(0, self.quota - self.used)

    @property
    def exceeded(self) -> bool:
        return self.used > self.quota


def count(key: ApiKey) -> list[Allowance]:
    """Count one request of this key; the key's minute and the company's hour as they then stand."""
    now = clock.now()
    minute, hour = _begin(now, MINUTE), _begin(now, HOUR)
    mine, ours = f"key:{key.pk}", f"tenant:{key.tenant_id}"
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [mine, minute, ours, hour])
        used = dict(cursor.fetchall())
    return [
        Allowance("burst", settings.API_BURST, MINUTE, used[mine], _left(now, minute, MINUTE)),
        Allowance("hourly", settings.API_HOURLY, HOUR, used[ours], _left(now, hour, HOUR)),
    ]


def headers(allowances: list[Allowance]) -> dict[str, str]:
    return {
        "RateLimit-Policy": ", ".join(f'"{one.name}";q={one.quota};w={one.window}' for one in allowances),
        "RateLimit": ", ".join(f'"{one.name}";r={one.left};t={one.resets_in}' for one in allowances),
    }


def _begin(now: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def _left(now: datetime, begin: datetime, seconds: int) -> int:
    return max(1, int((begin + timedelta(seconds=seconds) - now).total_seconds()) + 1)
