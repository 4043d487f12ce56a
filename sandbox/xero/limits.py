"""How often an app may call (ledgers.md 2.2): five at once, sixty a minute and five thousand a day for each organisation
(a thousand on a Starter plan), ten thousand a minute for the app over all of them.

Windows are whole minutes and days of the world's clock. The limits are times the world's scale, 0 is none; one that
`POST /world/xero/limits` sets for an organisation is in force as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sandbox.world import World
from sandbox.xero import errors

PER_MINUTE: Final = 60
PER_DAY: Final = 5000
PER_DAY_STARTER: Final = 1000
AT_ONCE: Final = 5
APP_PER_MINUTE: Final = 10_000
SETTING: Final = "xero.limits"
NAMES: Final = ("day", "minute", "concurrent", "app")


class Meter:
    """Counts in memory: a restart forgets them, as it would be a new day."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], tuple[int, int]] = {}
        self._running: dict[str, int] = {}

    def limits(self, tenant: str, starter: bool) -> dict[str, float | None]:
        """What is in force; None is no limit."""
        nominal = {
            "day": PER_DAY_STARTER if starter else PER_DAY, "minute": PER_MINUTE, "concurrent": AT_ONCE, "app": APP_PER_MINUTE,
        }  # fmt: skip
        scaled = {name: value * self.world.scale if self.world.scale else None for name, value in nominal.items()}
        return {**scaled, **self.world.store.get(SETTING, {}).get(tenant, {})}

    @contextmanager
    def call(self, client: str, tenant: str, starter: bool) -> Iterator[dict[str, str]]:
        """One call from beginning to end; yields the headers its answer carries. Raises Refusal 429, which isn't counted."""
        allowed = self.limits(tenant, starter)
        at_once = f"{client}:{tenant}"
        with self._lock:
            most = allowed["concurrent"]
            if most is not None and self._running.get(at_once, 0) >= most:
                raise errors.throttled("concurrent", None)
            headers = self._take(client, tenant, allowed)
            self._running[at_once] = self._running.get(at_once, 0) + 1
        try:
            yield headers
        finally:
            with self._lock:
                self._running[at_once] -= 1

    def _take(self, client: str, tenant: str, allowed: dict[str, Any]) -> dict[str, str]:
        now = self.world.now().timestamp()
        windows = (
            ("day", "day", f"{client}:{tenant}", 86_400), ("minute", "minute", f"{client}:{tenant}", 60),
            ("app", "appminute", client, 60),
        )  # fmt: skip
        counted: dict[tuple[str, str], tuple[int, int]] = {}
        left: dict[str, int] = {}
        for name, problem, key, seconds in windows:
            window = int(now // seconds)
            before = self._counts.get((name, key), (window, 0))
            used = before[1] if before[0] == window else 0
            limit = allowed[name]
            if limit is not None and used >= limit:
                raise errors.throttled(problem, int((window + 1) * seconds - now) + 1)
            counted[name, key] = (window, used + 1)
            left[name] = int(limit) - used - 1 if limit is not None else 10**6
        self._counts |= counted
        return {
            "X-DayLimit-Remaining": str(left["day"]), "X-MinLimit-Remaining": str(left["minute"]),
            "X-AppMinLimit-Remaining": str(left["app"]),
        }  # fmt: skip

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()
