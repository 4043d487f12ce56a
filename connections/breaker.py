"""Leaving alone what keeps failing, and finding out gently when it is back.

A connection's breaker opens after `THRESHOLD` failures in a row that are the provider's fault. While
open, nothing is sent; when its pause is over, exactly one caller is let through to try (the probe).
A provider's own breaker opens only when several connections' breakers are open and nothing has
succeeded there lately: what fails for one tenant alone never stops the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from connections.models import Breaker
from tenants.clock import now

THRESHOLD = 5
CONNECTIONS_FOR_PROVIDER = 3
RECENT_SUCCESS = timedelta(seconds=30)
NOTED_EVERY = timedelta(seconds=10)  # a success is written down no more often than this
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)
# A probe that never reports (its worker was killed) is replaced after this long.
PROBE_LEASE = timedelta(seconds=150)

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"


@dataclass(frozen=True, slots=True)
class Circuit:
    """The two breakers a call passes: its connection's (none before there is one) and its provider's."""

    provider_scope: str
    connection_scope: str = ""

    @classmethod
    def of(cls, provider: str, environment: str, connection_id: int | None = None) -> Circuit:
        place = f"{provider}:{environment}"
        return cls(f"provider:{place}", f"connection:{place}:{connection_id}" if connection_id else "")

    def scopes(self) -> list[str]:
        return [scope for scope in (self.provider_scope, self.connection_scope) if scope]


def admit(circuit: Circuit) -> timedelta:
    """Zero to go on (perhaps as the probe); otherwise how long to leave it alone."""
    at = now()
    rows = list(Breaker.objects.filter(scope__in=circuit.scopes()))
    if len(rows) < len(circuit.scopes()):
        _make(circuit)
    closed_to_us = [row for row in rows if row.state != CLOSED]
    pauses = [row.probe_at - at for row in closed_to_us if row.probe_at is not None and row.probe_at > at]
    if pauses:
        return max(pauses)
    claimed = [_claim_probe(row, at) for row in closed_to_us]  # each, not up to the first lost
    if all(claimed):
        return timedelta(0)
    return timedelta(seconds=1)


def succeeded(circuit: Circuit) -> None:
    """A proper answer came: close what was open. One statement, which writes only when there is news."""
    at = now()
    news = ~Q(state=CLOSED) | Q(failures__gt=0) | Q(succeeded_at__isnull=True) | Q(succeeded_at__lt=at - NOTED_EVERY)
    Breaker.objects.filter(news, scope__in=circuit.scopes()).update(
        state=CLOSED, failures=0, opened_at=None, probe_at=None, succeeded_at=at
    )


def failed(circuit: Circuit) -> None:
    """A failure that is the provider's fault: count it, and open what has had enough."""
    at = now()
    if Breaker.objects.filter(scope__in=circuit.scopes()).count() < len(circuit.scopes()):
        _make(circuit)
    if circuit.connection_scope:
        _count(circuit.connection_scope, at, threshold=THRESHOLD)
        _reopen_probed(circuit.provider_scope, at)
        _open_provider(circuit, at)
    else:
        _reopen_probed(circuit.provider_scope, at)


def _make(circuit: Circuit) -> None:
    rows = [Breaker(scope=scope) for scope in circuit.scopes()]
    Breaker.objects.bulk_create(rows, ignore_conflicts=True)


def _claim_probe(row: Breaker, at: datetime) -> bool:
    """Become the one probe; the loser of a race is refused."""
    mine = Breaker.objects.filter(pk=row.pk, state=row.state, probe_at=row.probe_at)
    return mine.update(state=HALF_OPEN, probe_at=at + PROBE_LEASE) == 1


def _count(scope: str, at: datetime, *, threshold: int) -> None:
    Breaker.objects.filter(scope=scope).update(failures=F("failures") + 1)
    row = Breaker.objects.get(scope=scope)
    if row.failures >= threshold and row.state != OPEN:
        _open(row, at)


def _open(row: Breaker, at: datetime) -> None:
    beyond = max(0, row.failures - THRESHOLD)
    pause = min(FIRST_PAUSE * 2 ** min(beyond, 10), LONGEST_PAUSE)
    Breaker.objects.filter(pk=row.pk).update(state=OPEN, opened_at=row.opened_at or at, probe_at=at + pause)


def _reopen_probed(provider_scope: str, at: datetime) -> None:
    """The provider's probe failed: back to leaving it alone."""
    row = Breaker.objects.filter(scope=provider_scope, state=HALF_OPEN).first()
    if row is not None:
        row.failures += 1
        Breaker.objects.filter(pk=row.pk).update(failures=row.failures)
        _open(row, at)


def _open_provider(circuit: Circuit, at: datetime) -> None:
    place = circuit.provider_scope.removeprefix("provider:")
    failing = Breaker.objects.filter(scope__startswith=f"connection:{place}:").exclude(state=CLOSED).count()
    if failing < CONNECTIONS_FOR_PROVIDER:
        return
    row = Breaker.objects.get(scope=circuit.provider_scope)
    lately = row.succeeded_at is not None and row.succeeded_at > at - RECENT_SUCCESS
    if row.state == CLOSED and not lately:
        row.failures = THRESHOLD
        Breaker.objects.filter(pk=row.pk).update(failures=THRESHOLD)
        _open(row, at)
