"""How much may be asked of a provider: token buckets that all workers share, in PostgreSQL.

A bucket is one row; taking from it is one UPDATE. Where a budget is fast, a process takes several
tokens at once and spends them within `LEASE_LIFE`, so that a busy row is not touched at every call.
The price is exact: a token may be spent up to `LEASE_LIFE` after it was taken, so the bucket is made
`rate * LEASE_LIFE` smaller than the provider's, and the provider's limit still holds in every window.

Whose budget it is can't be read from the row: the scope is a keyed digest.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from connections.contracts import Budget, Environment, ProviderInfo
from connections.models import RateBudget
from tenants.clock import now

LEASE_LIFE = timedelta(milliseconds=250)
# A provider that states no limit still has a bucket: it is what a Retry-After blocks.
UNDECLARED = Budget(operation="*", rate=50, burst=100)

_TAKE = """
UPDATE connections_ratebudget AS b
   SET tokens = n.level - n.taken, refilled_at = GREATEST(b.refilled_at, %(now)s), calls = b.calls + n.taken
  FROM (SELECT id, level, LEAST(%(want)s, floor(level))::float8 AS taken
          FROM (SELECT id, LEAST(burst, tokens + rate * GREATEST(0, extract(epoch FROM %(now)s - refilled_at))) AS level
                  FROM connections_ratebudget
                 WHERE scope = %(scope)s AND (blocked_until IS NULL OR blocked_until <= %(now)s)
                   FOR UPDATE) AS filled
         WHERE level >= 1) AS n
 WHERE b.id = n.id
RETURNING n.taken
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One budget as it applies to one caller: the declared limit and the digest that names its row."""

    scope: str
    provider: str
    operation: str
    rate: float
    burst: float
    of_account: bool = True
    stated_burst: float = 1.0
    word: str = ""
    left_header: str = ""

    @property
    def chunk(self) -> int:
        """How many tokens to take at once: what the rate gives within a lease's life."""
        return max(1, int(self.rate * LEASE_LIFE.total_seconds()))

    @property
    def safe_burst(self) -> float:
        return _safe(self.burst, self.rate)


def buckets_for(info: ProviderInfo, *, environment: str, application: str, account: str, operation: str) -> list[Bucket]:
    """The budgets a call counts against: its operation's own, or those of "*", or both; the slowest first.

    `account` is the account with its region; a budget of scope "application" is shared by all accounts.
    """
    own = [budget for budget in info.budgets if budget.operation == operation]
    common = [budget for budget in info.budgets if budget.operation == "*"] or [UNDECLARED]
    declared = own + common if any(budget.besides for budget in own) else own or common
    scale = _scale(environment)
    found = [_bucket(info, budget, environment, application, account, scale) for budget in declared]
    return sorted(found, key=lambda bucket: bucket.rate)


def take(buckets: Iterable[Bucket]) -> timedelta:
    """Take one token from each. Zero means go; otherwise nothing may be sent before that long from now."""
    for bucket in buckets:
        if not _leases.spend(bucket.scope) and not _lease(bucket):
            return _wait(bucket)
    return timedelta(0)


def block(buckets: Iterable[Bucket], wait: timedelta, word: str = "") -> None:
    """The provider said to wait: nobody takes from these before then. A longer block stays.

    Where the provider names the budget (`word`), that one is blocked alone. Else, where an account has a budget of
    its own, only that is: what one account used up is no reason to stop the others of the application.
    """
    until = now() + wait
    told = list(buckets)
    named = [bucket for bucket in told if word and bucket.word == word]
    for bucket in named or [bucket for bucket in told if bucket.of_account] or told:
        _leases.drop(bucket.scope)
        _row(bucket)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE connections_ratebudget SET blocked_until = GREATEST(blocked_until, %s),"
                " throttled = throttled + 1, tokens = 0 WHERE scope = %s",
                [until, bucket.scope],
            )


def learn(buckets: Iterable[Bucket], rate: float) -> None:
    """The provider told the rate it applies to this account and operation (calls a second); believe it."""
    for bucket in buckets:
        if not bucket.of_account:
            continue
        row = _row(bucket)
        if rate > 0 and abs(row.rate - rate) > 1e-9:
            burst = _safe(bucket.stated_burst, rate)
            RateBudget.objects.filter(scope=bucket.scope).update(rate=rate, burst=burst, learned_at=now())


def cap(buckets: Iterable[Bucket], headers: Mapping[str, str]) -> None:
    """The provider told how many calls are left of a budget (Budget.left_header): we have no more than that."""
    for bucket in buckets:
        stated = headers.get(bucket.left_header, "") if bucket.left_header else ""
        if stated.isdigit() and int(stated) < bucket.safe_burst:
            fuller = RateBudget.objects.filter(scope=bucket.scope, tokens__gt=int(stated))
            if fuller.update(tokens=int(stated), learned_at=now()):
                _leases.drop(bucket.scope)


def level(row: RateBudget, at: datetime) -> float:
    """How many tokens a bucket holds at a moment, from 0 to its burst."""
    elapsed = max(0.0, (at - row.refilled_at).total_seconds())
    return min(row.burst, row.tokens + row.rate * elapsed)


def _bucket(info: ProviderInfo, budget: Budget, environment: str, application: str, account: str, scale: float) -> Bucket:
    whose = account if budget.scope == "account" else ""
    words = (info.key, environment, application, budget.scope, whose, budget.operation, str(budget.rate), str(budget.burst))
    scope = salted_hmac("connections.budgets", "\x1f".join(words), algorithm="sha256").hexdigest()
    stated = float(budget.burst)
    return Bucket(
        scope,
        info.key,
        budget.operation,
        budget.rate * scale,
        stated * scale,
        budget.scope == "account",
        stated_burst=stated,
        word=budget.word,
        left_header=budget.left_header,
    )


def _safe(burst: float, rate: float) -> float:
    """A burst less what a lease may let slip."""
    return max(1.0, burst - rate * LEASE_LIFE.total_seconds())


def _scale(environment: str) -> float:
    """Twins run the real rates faster, so that a demo does not take a day; the setting says how much."""
    return float(getattr(settings, "TWIN_RATE_SCALE", 1000)) if environment == Environment.TWIN else 1.0


def _lease(bucket: Bucket) -> bool:
    """Take a chunk and spend one of it. False when there is not one token, or the bucket is blocked.

    One thread of a process at a time: the others find the chunk it brought.
    """
    with _leases.turn(bucket.scope):
        if _leases.spend(bucket.scope):
            return True
        until = time.monotonic() + LEASE_LIFE.total_seconds()
        taken = _take(bucket)
        if taken is None and _has_some(_row(bucket)):  # there was no row yet, or it has filled since
            taken = _take(bucket)
        if taken is None:
            return False
        _leases.put(bucket.scope, taken - 1, until)
        return True


def _has_some(row: RateBudget) -> bool:
    at = now()
    return (row.blocked_until is None or row.blocked_until <= at) and level(row, at) >= 1


def _take(bucket: Bucket) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"scope": bucket.scope, "now": now(), "want": bucket.chunk})
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def _row(bucket: Bucket) -> RateBudget:
    row, _made = RateBudget.objects.get_or_create(
        scope=bucket.scope,
        defaults={
            "provider": bucket.provider,
            "operation": bucket.word or bucket.operation,
            "rate": bucket.rate,
            "burst": bucket.safe_burst,
            "tokens": bucket.safe_burst,
            "refilled_at": now(),
        },
    )
    return row


def _wait(bucket: Bucket) -> timedelta:
    """How long until there is one token, or until the block ends; never zero."""
    row = RateBudget.objects.get(scope=bucket.scope)
    at = now()
    missing = max(0.0, 1 - level(row, at))
    refill = timedelta(seconds=missing / row.rate) if row.rate > 0 else timedelta(hours=1)
    blocked = row.blocked_until - at if row.blocked_until else timedelta(0)
    return max(refill, blocked, timedelta(milliseconds=10))


class _Leases:
    """Tokens this process has taken and not yet spent; they go stale quickly, and a forked child has none."""

    def __init__(self) -> None:
        self.forget()

    def spend(self, scope: str) -> bool:
        with self._lock:
            chunks = self._held[scope]
            while chunks and (chunks[0][0] < 1 or time.monotonic() >= chunks[0][1]):
                chunks.popleft()
            if not chunks:
                return False
            chunks[0] = (chunks[0][0] - 1, chunks[0][1])
            return True

    def put(self, scope: str, count: int, until: float) -> None:
        with self._lock:
            self._held[scope].append((count, until))

    def drop(self, scope: str) -> None:
        with self._lock:
            self._held.pop(scope, None)

    def turn(self, scope: str) -> AbstractContextManager[object]:
        with self._lock:
            return self._turns[scope]

    def forget(self) -> None:
        self._lock = Lock()
        self._held: defaultdict[str, deque[tuple[int, float]]] = defaultdict(deque)
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)


_leases = _Leases()
forget_leases = _leases.forget
os.register_at_fork(after_in_child=forget_leases)
