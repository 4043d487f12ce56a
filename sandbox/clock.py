"""The world's clock: real UTC time, shifted or standing still, the same for every twin.

Tokens expire, documents time out and new settlements appear by this clock, so a test lives through
a fortnight in a millisecond. The setting outlives a restart.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.store import Store


class Clock:
    """Reads real time plus `shift`, or one frozen instant."""

    def __init__(self, store: Store) -> None:
        self._store = store
        kept = store.get("clock", {"shift": 0.0, "frozen": None})
        self._shift = timedelta(seconds=kept["shift"])
        self._frozen = datetime.fromisoformat(kept["frozen"]) if kept["frozen"] else None

    def now(self) -> datetime:
        """The world's present, aware, in UTC."""
        return self._frozen or datetime.now(UTC) + self._shift

    def shift(self, seconds: float) -> None:
        """Move on (or back) by `seconds`; a frozen clock stays frozen at the new instant."""
        self._keep(self._shift + timedelta(seconds=seconds), self._frozen and self._frozen + timedelta(seconds=seconds))

    def set(self, at: datetime) -> None:
        """Make it `at`; the clock goes on from there unless it is frozen."""
        self._keep(at - datetime.now(UTC), self._frozen and at)

    def freeze(self, at: datetime | None = None) -> None:
        instant = at or self.now()
        self._keep(instant - datetime.now(UTC), instant)

    def resume(self) -> None:
        """Let time run again from the frozen instant."""
        self._keep(self.now() - datetime.now(UTC), None)

    def reset(self) -> None:
        self._keep(timedelta(), None)

    def _keep(self, shift: timedelta, frozen: datetime | None) -> None:
        self._shift, self._frozen = shift, frozen
        self._store.put("clock", {"shift": shift.total_seconds(), "frozen": frozen.isoformat() if frozen else None})

    def state(self) -> dict[str, object]:
        return {"now": self.now().isoformat(), "shift": self._shift.total_seconds(), "frozen": self._frozen is not None}
