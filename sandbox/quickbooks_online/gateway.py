"""The door in front of the accounting service: who calls, for which company, how often (ledgers.md 1.2, 1.3)."""

from __future__ import annotations

import threading
from typing import Final

from werkzeug.wrappers import Request

from sandbox.quickbooks_online import faults
from sandbox.quickbooks_online.grants import ACCOUNTING, Access, Grants
from sandbox.quickbooks_online.oauth import bearer
from sandbox.world import World

PER_MINUTE: Final = 500
PER_SECOND: Final = 10
BATCHES_PER_MINUTE: Final = 40
ALL_BATCHES_PER_MINUTE: Final = 120


def admit(grants: Grants, request: Request, realm: str) -> Access:
    """The caller's consent for this company. Raises Refusal 401 (3200) or 403 (3100)."""
    token = bearer(request)
    if not token:
        raise faults.unauthenticated("Authentication credentials are missing")
    access = grants.access(token)
    if access is None:
        raise faults.unauthenticated(f"Token expired: AB0...{token[-6:]}")
    if access.realm != realm or ACCOUNTING not in access.scope.split():
        raise faults.forbidden("The app is not authorized for this company")
    return access


class Meter:
    """Calls counted in whole seconds and minutes of the world's clock; the limits are times the world's scale, 0 is none."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, int]] = {}

    def count(self, access: Access, batch: bool) -> None:
        """Count a call against its company's and its app's limits. Raises Refusal 429 (3001); a refused call isn't counted."""
        realm, app = access.realm, f"{access.realm}:{access.client}"
        limits = [(f"minute:{realm}", 60, PER_MINUTE), (f"second:{app}", 1, PER_SECOND)]
        if batch:
            limits += [(f"batch:{app}", 60, BATCHES_PER_MINUTE), (f"batches:{realm}", 60, ALL_BATCHES_PER_MINUTE)]
        if self.world.scale and not self._take(limits):
            raise faults.throttled()

    def _take(self, limits: list[tuple[str, int, int]]) -> bool:
        now = self.world.now().timestamp()
        with self._lock:
            taken = {}
            for key, seconds, limit in limits:
                window = int(now // seconds)
                before = self._counts.get(key, (window, 0))
                used = before[1] if before[0] == window else 0
                if used >= limit * self.world.scale:
                    return False
                taken[key] = (window, used + 1)
            self._counts |= taken
            return True

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()
