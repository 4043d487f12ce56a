"""Asking a provider that polls us: every request is a row, and the row is the memory of what became of it.

Nobody waits for an answer here. What is asked is written down under a key that is the same for every retry of
the same intent; when its answer has come, asking the same again returns it. A write is handed out once; when its
answer is lost the provider's own books of what it carried out are asked first (connections/polling.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

import httpx
from django.db import transaction

from canonical.problems import Problem, declare
from connections import blobs, errors, registry
from connections.calls import retention
from connections.contracts import Answer, Endpoints, TokenSet
from connections.errors import Failure, FailureKind
from connections.models import Connection, PolledAccess, PolledCall, RawBlob
from tenants import stops
from tenants.clock import now

LIVE = "live"
STOPPED_FOR = timedelta(minutes=5)
# An answer wakes whoever waits for it; should that be lost, this is how long until it is looked for.
LOOK_AGAIN = timedelta(minutes=10)
JUST_NOW = timedelta(seconds=30)
State = PolledCall.State

WITHDRAWN = declare(
    "connection.withdrawn",
    "It was taken back before %(provider)s fetched it.",
    "Nothing to do: nothing was written there.",
)


class QueueDoor:
    """The door of one connection that polls us, in one run mode (implements contracts.PolledDoor)."""

    def __init__(self, connection: Connection, mode: str, *, correlation_id: str = "", even_paused: bool = False) -> None:
        self.connection, self.mode, self.even_paused = connection, mode, even_paused
        self.info = registry.provider(connection.provider).info
        self.endpoints: Endpoints = registry.endpoints(connection.provider, connection.environment)

    def call(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        writes: bool = False,
        signed: bool = True,
        expects: str = "",
    ) -> Answer:
        """As contracts.Door: only what is asked counts, since there is no address to send it to."""
        return self.ask(operation, content or b"", key=(headers or {}).get("idempotency-key", ""), writes=writes)

    def ask(
        self,
        operation: str,
        content: bytes,
        *,
        key: str = "",
        subject: str = "",
        writes: bool = False,
        repeatable: bool = False,
        iterates: bool = False,
        fresh: timedelta = LOOK_AGAIN,
    ) -> Answer:
        """The answer, if it is there. Raises Failure QUEUED while it is not."""
        if writes and self.mode != LIVE:
            self._fail(FailureKind.WRITES_REFUSED, errors.WRITES_REFUSED, mode=self.mode)
        if writes and not key:
            raise ValueError("a write has a key, or it might be sent twice")
        asked = PolledCall(
            connection=self.connection,
            key=key or _key_of(operation, content),
            operation=operation[:60],
            subject=subject[:120],
            writes=writes,
            iterates=iterates,
        )
        with transaction.atomic(durable=True):
            row = self._row(asked, content, fresh)
            if row.state == State.UNKNOWN and repeatable:
                _ask_anew(row)
        if row.state == State.ANSWERED:
            return _answer(row)
        if row.state == State.UNKNOWN:
            self._fail(FailureKind.UNKNOWN_OUTCOME, errors.UNKNOWN_OUTCOME)
        if row.state == State.WITHDRAWN:
            self._fail(FailureKind.REJECTED, WITHDRAWN)
        raise Failure(FailureKind.QUEUED, Problem(errors.QUEUED, self._last_here()), wait=LOOK_AGAIN)

    def told(self, key: str) -> None:
        """See contracts.PolledDoor. The row stays, under a key of its own, as what was asked and answered then."""
        row = PolledCall.objects.filter(connection=self.connection, key=key, state=State.ANSWERED).first()
        if row is not None:
            PolledCall.objects.filter(pk=row.pk, key=key).update(key=f"{key[:68]}#{row.pk}")

    def client(self, name: Callable[[str, str], tuple[str, bool]]) -> httpx.Client:
        """There is nobody to call, for a library either."""
        raise RuntimeError(f"{self.info.name} polls us; no client library reaches it")

    def refresh(self, current: TokenSet) -> TokenSet:
        """There is nothing to renew."""
        return current

    # ---------------------------------------------------------------- the row

    def _row(self, asked: PolledCall, content: bytes, fresh: timedelta) -> PolledCall:
        """The row of this intent, locked; made where there is none and nothing stands in the way. What it says counts,
        not how it is asked for again."""
        row = _locked(asked)
        if row is None:
            self._refuse_new(writes=asked.writes)
            asked.request_blob = keep(content, self.connection)
            asked.asked_at = now()
            PolledCall.objects.bulk_create([asked.named()], ignore_conflicts=True)
            row = _locked(asked)
            assert row is not None  # noqa: S101 - it has just been made, by us or by somebody else
        if row.state == State.ANSWERED and not row.writes and not _serves(row, fresh):
            self._refuse_new(writes=False)
            _ask_anew(row)
        return row

    def _refuse_new(self, *, writes: bool) -> None:
        """What is on its way already goes on; nothing new is begun for a connection that is not in use, or in a stop."""
        row = Connection.objects.get(pk=self.connection.pk)
        if row.state == Connection.State.DISCONNECTED or (row.state == Connection.State.PAUSED and not self.even_paused):
            self._fail(FailureKind.NEEDS_RECONNECT, errors.INACTIVE, name=row.name, state=str(row.get_state_display()).lower())
        stop = stops.standing(tenant_id=row.tenant_id, provider=row.provider).first() if writes else None
        if stop is not None:
            wait = min(stop.expires_at - now(), STOPPED_FOR)
            problem = Problem(errors.WRITES_STOPPED, {"provider": self.info.name, "reason": stop.reason})
            raise Failure(FailureKind.BREAKER_OPEN, problem, wait=wait)

    def _last_here(self) -> dict[str, str]:
        at = PolledAccess.objects.filter(connection=self.connection).values_list("last_visit_at", flat=True).first()
        return {"provider": self.info.name, "last": f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"}

    def _fail(self, kind: FailureKind, code: str, **params: str) -> NoReturn:
        raise Failure(kind, Problem(code, {"provider": self.info.name, **params}))


# ------------------------------------------------------------------ for whoever posts


def polls_us(connection: Connection) -> bool:
    """Whether a connection's provider cannot be called, and its answers come later."""
    return registry.provider(connection.provider).info.polls_us


def withdraw(*, connection: Connection, key: str) -> bool:
    """Take back a write that nobody has fetched yet, for good, in the caller's transaction. False when it is too late,
    or when there is none."""
    waiting = PolledCall.objects.filter(connection=connection, key=key, writes=True, state=State.QUEUED)
    return bool(waiting.update(state=State.WITHDRAWN, answered_at=now()))


def expire_reads(*, connection: Connection) -> None:
    """A person wants to see how things are now: what was read longer ago than the last moments serves nobody any more."""
    old = PolledCall.objects.filter(connection=connection, writes=False, state=State.ANSWERED)
    old.filter(answered_at__lt=now() - JUST_NOW).update(answered_at=now() - timedelta(days=1))


def is_waiting(*, connection: Connection, key: str) -> bool:
    """Whether a write waits to be fetched, or was fetched and is not answered yet."""
    return PolledCall.objects.filter(connection=connection, key=key, state__in=[State.QUEUED, State.SENT]).exists()


# ------------------------------------------------------------------ small change


def keep(content: bytes, connection: Connection) -> RawBlob:
    """What is asked, or answered, sealed; for a little longer than the log of exchanges."""
    until = now() + retention() + timedelta(days=7)
    return blobs.keep(content, media_type="text/xml", origin=connection.provider, delete_after=until)


def _locked(asked: PolledCall) -> PolledCall | None:
    rows = PolledCall.objects.select_for_update(of=("self",)).select_related("request_blob")
    found: PolledCall | None = rows.filter(connection=asked.connection_id, key=asked.key).first()
    return found


def _serves(row: PolledCall, fresh: timedelta) -> bool:
    """Whether what was read still tells how things are: not too old, and its subject not written to since."""
    if row.answered_at is None or row.sent_at is None or row.answered_at < now() - fresh:
        return False
    written = PolledCall.objects.filter(connection=row.connection_id, subject=row.subject, writes=True, sent_at__gte=row.sent_at)
    return not (row.subject and written.exists())


def _ask_anew(row: PolledCall) -> None:
    row.state, row.response_blob, row.answered_at, row.sent_at = State.QUEUED, None, None, None
    row.asked_at, row.not_before, row.times_sent = now(), None, 0
    row.save(update_fields=["state", "response_blob", "answered_at", "sent_at", "asked_at", "not_before", "times_sent"])


def _answer(row: PolledCall) -> Answer:
    content = blobs.read(row.response_blob) if row.response_blob is not None else b""
    return Answer(200, {"content-type": "text/xml"}, content, trace_id=row.parcel, api_call_id=row.call)


def _key_of(operation: str, content: bytes) -> str:
    """A read is known by what it asks."""
    return f"read-{hashlib.sha256(operation.encode() + b'|' + content).hexdigest()[:48]}"
