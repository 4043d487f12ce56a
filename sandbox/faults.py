"""Misbehaviour on demand: rules that say which call of which twin goes wrong, how, and how often.

A rule names a provider and an operation ("*" for any), a kind, how many times it still strikes
(None: always) and with which probability. Chance is seeded by world, rule and call number, so the
same seed gives the same failures.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sandbox.store import Store


class Kind(StrEnum):
    """What goes wrong.

    `slow` answers late (the work is done first); the two drops cut the connection without an answer,
    before or after the work is done; `malformed` answers 200 with half a body; `expire` and `revoke`
    are done to the caller's access token or consent.
    """

    THROTTLE = "throttle"
    ERROR_500 = "500"
    HTML_503 = "503html"
    SLOW = "slow"
    DROP_BEFORE = "drop-before-commit"
    DROP_AFTER = "drop-after-commit"
    MALFORMED = "malformed"
    EXPIRE = "expire"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule. `seconds`: wait before answering or cutting, of a throttle its Retry-After; `cut_at`: body bytes sent
    before the cut."""

    id: int
    provider: str
    operation: str
    kind: Kind
    remaining: int | None
    probability: float
    seconds: float
    cut_at: int | None
    seen: int = 0
    hit: int = 0

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "kind": self.kind.value}


class Faults:
    """The rules in force, kept in the store."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store, self._seed = store, seed

    def add(
        self, provider: str, operation: str, kind: str, *, count: int | None = 1,
        probability: float = 1.0, seconds: float = 0.0, cut_at: int | None = None,
    ) -> Fault:  # fmt: skip
        """Lay down a rule. `count` None strikes until cleared. Raises ValueError for an unknown kind."""
        row = (provider, operation, Kind(kind).value, count, probability, seconds, cut_at)
        with self._store.transaction() as conn:
            made = conn.execute(
                "INSERT INTO fault (provider, operation, kind, remaining, probability, seconds, cut_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
                row,
            ).fetchone()
        return _fault(made)

    def list(self) -> list[Fault]:
        with self._store.transaction() as conn:
            return [_fault(row) for row in conn.execute("SELECT * FROM fault ORDER BY id")]

    def clear(self, fault_id: int | None = None) -> None:
        with self._store.transaction() as conn:
            conn.execute("DELETE FROM fault WHERE ? IS NULL OR id = ?", (fault_id, fault_id))

    def strike(self, provider: str, operation: str) -> Fault | None:
        """The first rule that hits this call, its count taken down by one; None if the call goes well."""
        with self._store.transaction() as conn:
            rules = conn.execute(
                "SELECT * FROM fault WHERE provider IN (?, '*') AND operation IN (?, '*')"
                " AND (remaining IS NULL OR remaining > 0) ORDER BY id",
                (provider, operation),
            ).fetchall()
            for rule in map(_fault, rules):
                hit = random.Random(f"{self._seed}:{rule.id}:{rule.seen}").random() < rule.probability
                conn.execute(
                    "UPDATE fault SET seen = seen + 1, hit = hit + ?, remaining = remaining - ? WHERE id = ?",
                    (hit, hit, rule.id),
                )
                if hit:
                    return rule
        return None


def _fault(row: Any) -> Fault:
    return Fault(**{**dict(row), "kind": Kind(row["kind"])})
