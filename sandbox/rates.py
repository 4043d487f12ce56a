"""Token buckets: how a provider limits calls, with its real rates times the world's scale.

A bucket holds at most `burst` tokens and gains `rate` a second; a call takes one. Scale 0 means
that nothing is limited.
"""

from __future__ import annotations

import threading
from datetime import datetime


class Buckets:
    """All buckets of a world, in memory: a restart fills them, as it would at a provider."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, datetime]] = {}

    def take(self, key: str, rate: float, burst: float, now: datetime) -> float:
        """Take a token: 0.0 when there was one, otherwise the seconds until the next."""
        with self._lock:
            level, at = self._levels.get(key, (burst, now))
            level = min(burst, level + max(0.0, (now - at).total_seconds()) * rate)
            if level >= 1:
                self._levels[key] = (level - 1, now)
                return 0.0
            self._levels[key] = (level, now)
            return (1 - level) / rate if rate else 3600.0

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()
