"""Where a provider's program comes to fetch what waits: who is let in, what goes out, and what came back.

A visit belongs to one connection of one tenant; its ticket names both and cannot be guessed. At most one parcel is
out at a time for a connection. That it goes out is committed before it does, under a name that the provider
remembers it by: when an answer is lost, the next visit begins with asking what became of that parcel, and only
what was certainly not carried out goes out again.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet

from canonical.problems import Problem, declare
from connections import blobs, polled, polled_log, registry, signals
from connections.contracts import Parcel, ParcelKind, Poller, Returned
from connections.models import AccountRoute, Connection, PolledAccess, PolledCall, PollVisit
from connections.wake import wake
from tenants import news, stops
from tenants.clock import now
from tenants.scope import tenant_scope

logger = logging.getLogger(__name__)
State = PolledCall.State

VISIT_LIFE = timedelta(hours=2)
PARCEL_OF_READS, PARCEL_OF_WRITES = 20, 25
MOST_TIMES = 5  # how often something is handed out that came back undone
LINGER = timedelta(seconds=10)  # a worker has this long to ask for more, while the program waits
GUESSES, GUESSING = 20, timedelta(minutes=15)
TOLD_AGAIN = timedelta(seconds=8)
ANSWERED_TASK = "connections.answered"

WRONG_PASSWORD = declare(
    "connection.visit_password",
    "%(provider)s came with a wrong password and was turned away.",
    "Make a new password here and type it in there; the one before stops working.",
)
NOT_SHOWN = declare(
    "connection.books_not_shown",
    "%(provider)s came without saying which company file is open, so nothing was exchanged.",
    "Open the company's file there, then let it come again.",
)


# ------------------------------------------------------------------ passwords


def issue(*, connection: Connection) -> str:
    """A new password for a connection's program; the one before stops working. It is never to be had again."""
    password = secrets.token_urlsafe(24)
    with transaction.atomic():
        PolledAccess.objects.update_or_create(
            connection=connection, defaults={"password_hash": _hash(password), "issued_at": now()}
        )
        PollVisit.objects.filter(connection=connection, ended_at=None).update(ended_at=now())
        news.audit("connection.password_issued", connection)
    return password


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------ the desk


class FrontDesk:
    """Implements contracts.Desk for one provider."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        poller = registry.provider(provider).poller
        assert poller is not None  # noqa: S101 - the view has looked
        self.poller: Poller = poller

    def enter(self, *, user: str, password: str, client: str) -> str:
        account = self.poller.external_account(user)
        route = AccountRoute.objects.filter(provider=self.provider, external_account=account).first() if account else None
        if route is None:
            return ""
        guesses = f"poll-guesses:{route.pk}"
        if cache.get(guesses, 0) >= GUESSES:
            logger.warning("too many wrong passwords for connection %s", route.connection_id)
            return ""
        with tenant_scope(route.tenant_id):
            ticket = _let_in(route, password, client)
        if not ticket:
            cache.add(guesses, 0, GUESSING.total_seconds())
            cache.incr(guesses)
        return ticket

    def has_work(self, ticket: str) -> bool:
        with self._found(ticket) as row:
            return row is not None and _is_active(row) and (_waiting(row.connection_id).exists() or _lost(row).exists())

    @contextmanager
    def visit(self, ticket: str) -> Iterator[DeskVisit | None]:
        with self._found(ticket) as row:
            yield None if row is None else DeskVisit(row)

    @contextmanager
    def _found(self, ticket: str) -> Iterator[PollVisit | None]:
        """The visit inside its tenant. One that is over is found for as long as its parcel may still be answered."""
        number, _, _secret = ticket.partition(".")
        route = AccountRoute.objects.filter(pk=int(number, 16), provider=self.provider).first() if _is_hex(number) else None
        if route is None:
            yield None
            return
        with tenant_scope(route.tenant_id):
            yield PollVisit.objects.filter(
                connection=route.connection_id, ticket_hash=_hash(ticket), expires_at__gt=now()
            ).first()


def _let_in(route: AccountRoute, password: str, client: str) -> str:
    with transaction.atomic():
        access = PolledAccess.objects.select_for_update().filter(connection=route.connection_id).first()
        known = access.password_hash if access else ""
        connection = Connection.objects.filter(pk=route.connection_id).exclude(state=Connection.State.DISCONNECTED).first()
        if access is None or connection is None or not known or not secrets.compare_digest(_hash(password), known):
            if access is not None and connection is not None:
                _note_problem(connection, Problem(WRONG_PASSWORD, {"provider": registry.provider(route.provider).info.name}))
            return ""
        if access.problem_code == WRONG_PASSWORD:
            _note_problem(connection, None)
        at = now()
        PollVisit.objects.filter(connection=connection, ended_at=None).update(ended_at=at)
        ticket = f"{route.pk:x}.{secrets.token_urlsafe(32)}"
        PollVisit.objects.create(connection=connection, ticket_hash=_hash(ticket), opened_at=at, expires_at=at + VISIT_LIFE)
        access.first_visit_at = access.first_visit_at or at
        access.last_visit_at, access.client = at, client[:80]
        access.save(update_fields=["first_visit_at", "last_visit_at", "client"])
    return ticket


# ------------------------------------------------------------------ one visit


class DeskVisit:
    """Implements contracts.Visit over the rows. Each method is one short commit, behind the connection's own lock."""

    def __init__(self, row: PollVisit) -> None:
        self.row = row
        self.connection: Connection = Connection.objects.get(pk=row.connection_id)

    @property
    def pinned(self) -> Mapping[str, str]:
        return dict(_access(self.connection).pinned)

    def pin(self, facts: Mapping[str, str]) -> None:
        with self._locked() as row:
            access = _access(self.connection)
            row.checked = True
            row.save(update_fields=["checked"])
            if access.pinned != facts:
                access.pinned = dict(facts)
                access.save(update_fields=["pinned"])
                news.audit("connection.pinned", self.connection, after=dict(facts))
        news.settle_alerts(_mark(self.connection))

    def refuse(self, problem: Problem) -> None:
        with self._locked() as row:
            row.refused, row.words = True, problem.text()[:400]
            row.save(update_fields=["refused", "words"])
            _note_problem(self.connection, problem)
        news.alert(problem, self.connection, fingerprint=_mark(self.connection))

    # ---------------------------------------------------------------- out

    def parcel(self) -> Parcel | None:
        if not self.row.checked and not self.row.refused and self.row.ended_at is None:
            self.refuse(Problem(NOT_SHOWN, {"provider": registry.provider(self.connection.provider).info.name}))
        with self._locked() as row:
            # Whose books are open must have been seen in this very visit: what goes out goes into them.
            if not row.checked or row.refused or row.ended_at is not None or not _is_active(row):
                return None
            if row.out and not row.out.get("ready"):
                row.out = {}  # asked for the next without an answer to the last: that one is lost
            parcel = self._chosen(row)
            row.out = _noted(parcel) if parcel else {}
            row.out_at = now()
            row.save(update_fields=["out", "out_at"])
        return parcel

    def _chosen(self, row: PollVisit) -> Parcel | None:
        if row.out.get("ready"):
            return _portion(row)
        lost = _lost(row)
        _put_back(lost.filter(writes=False))
        mutating = lost.filter(writes=True).order_by("pk").first()
        if mutating is not None:
            together = lost.filter(parcel=mutating.parcel).values_list("pk", flat=True)
            return Parcel(ParcelKind.RECOVERY, mutating.parcel, dict.fromkeys(together, b""))
        calls = _next_calls(self.connection, writes=not _out_elsewhere(row).exists())
        if not calls:
            return None
        kind = ParcelKind.WRITES if calls[0].writes else ParcelKind.READS
        name = secrets.token_hex(11)  # QuickBooks remembers a parcel by at most 23 characters
        for call in calls:
            call.state, call.parcel, call.visit = State.SENT, name, row
            call.sent_at, call.times_sent = now(), call.times_sent + 1
            call.save(update_fields=["state", "parcel", "visit", "sent_at", "times_sent"])
        requests = {call.pk: blobs.read(call.request_blob) for call in calls}
        return Parcel(kind, name, requests, iterates=calls[0].iterates)

    def sent(self, parcel: Parcel, wire: bytes) -> None:
        with self._locked() as row:
            row.out = {**row.out, "wire": polled_log.keep_wire(self.connection, wire)}
            row.save(update_fields=["out"])

    def outstanding(self) -> Parcel | None:
        out = self.row.out
        if not out or out.get("ready"):
            return None
        return Parcel(ParcelKind(out["kind"]), out["name"], dict.fromkeys(out["rows"], b""), bool(out.get("iterates")))

    # ---------------------------------------------------------------- back

    def received(self, wire: bytes, returned: Returned) -> int:
        with self._locked() as row:
            out, row.out = row.out, {}
            if out and not out.get("ready"):
                call = polled_log.record(self.connection, out, wire, row.out_at)
                settled = self._settle(row, out, returned, call)
                row.done += len(settled)
                row.last_answer_at = now()
                self._tell(settled)
            row.save(update_fields=["out", "done", "last_answer_at"])
            _note_problem(self.connection, None)
            Connection.objects.filter(pk=self.connection.pk).update(last_good_call_at=now())
            left = _waiting(self.connection.pk).count() + _lost(row).count()
            left = left or bool(row.out)
        return min(99, 100 * row.done // (row.done + left)) if left and row.ended_at is None else 100

    def _settle(self, row: PollVisit, out: Mapping[str, Any], returned: Returned, call: int | None) -> list[PolledCall]:
        """Give each request its answer, or put it back, or say that nobody knows. Returns what is answered or known lost."""
        settled = []
        waiting = PolledCall.objects.select_for_update().filter(pk__in=out["rows"], state=State.SENT, parcel=out["name"])
        for asked in waiting:
            asked.call = call
            state = _state_after(asked, returned, out["kind"])
            if state == State.QUEUED:
                asked.not_before = now() + timedelta(minutes=1) if asked.pk in returned.put_back else None
                asked.response_blob = None
            elif asked.pk in returned.answers:
                _keep_answer(asked, returned.answers[asked.pk])
                if returned.cursor:
                    row.out = {**out, "kind": ParcelKind.PORTION.value, "cursor": returned.cursor, "ready": True}
                    state = State.SENT
            asked.state = state
            asked.answered_at = now() if state in (State.ANSWERED, State.UNKNOWN) else None
            asked.save(update_fields=["state", "call", "response_blob", "answered_at", "not_before"])
            settled += [asked] if asked.answered_at else []
        return settled

    def failed(self, problem: Problem, *, code: str = "", lost: bool = True) -> None:
        with self._locked() as row:
            out, row.out = row.out, {}
            if out.get("rows"):
                polled_log.record(self.connection, out, b"", row.out_at, failure=code or problem.code)
            if not lost and out.get("kind") != ParcelKind.RECOVERY:
                _put_back(PolledCall.objects.filter(pk__in=out.get("rows", []), state=State.SENT, parcel=out.get("name", "")))
            row.words = problem.text()[:400]
            row.save(update_fields=["out", "words"])
            _note_problem(self.connection, problem)
        news.alert(problem, self.connection, fingerprint=_mark(self.connection))

    def lingers(self) -> bool:
        at = self.row.last_answer_at
        return at is not None and not self.row.refused and now() - at < LINGER

    def last_words(self) -> str:
        return str(self.row.words)

    def end(self) -> None:
        PollVisit.objects.filter(pk=self.row.pk, ended_at=None).update(ended_at=now())

    def _tell(self, settled: Sequence[PolledCall]) -> None:
        """Wake whoever waits for these: now, and once more for whoever was about to wait."""
        if not settled:
            return
        keys = frozenset(call.key for call in settled if call.writes)
        signals.answered.send(Connection, connection=self.connection, keys=keys, reads=any(not call.writes for call in settled))
        wake(ANSWERED_TASK, self.connection, after=TOLD_AGAIN)

    @contextmanager
    def _locked(self) -> Iterator[PollVisit]:
        """One at a time per connection; the visit as it is now."""
        with transaction.atomic():
            PolledAccess.objects.select_for_update().get(connection=self.connection)
            self.row = PollVisit.objects.get(pk=self.row.pk)
            yield self.row


def tell_again(*, connection: Connection) -> None:
    """Wake whoever began to wait only after the answer was there."""
    answered = PolledCall.objects.filter(
        connection=connection, state__in=[State.ANSWERED, State.UNKNOWN], answered_at__gt=now() - 4 * TOLD_AGAIN
    )
    found = list(answered.values_list("key", "writes"))
    if found:
        keys = frozenset(key for key, writes in found if writes)
        signals.answered.send(Connection, connection=connection, keys=keys, reads=any(not writes for _key, writes in found))


# ------------------------------------------------------------------ rows


def _waiting(connection_id: int) -> QuerySet[PolledCall]:
    """What may go out now, the oldest first."""
    due = Q(not_before__isnull=True) | Q(not_before__lte=now())
    rows = PolledCall.objects.filter(due, connection=connection_id, state=State.QUEUED).order_by("pk")
    connection = Connection.objects.get(pk=connection_id)
    stopped = stops.standing(tenant_id=connection.tenant_id, provider=connection.provider).exists()
    return rows.filter(writes=False) if stopped else rows


def _lost(visit: PollVisit) -> QuerySet[PolledCall]:
    """What went out and can no longer be answered: nothing of it is out in this visit, and what another visit took has
    surely reached the books by now, if it ever does."""
    rows = PolledCall.objects.filter(connection=visit.connection_id, state=State.SENT)
    settled = Q(visit=visit.pk) | Q(writes=False) | Q(sent_at__lte=now() - _settling())
    return rows.filter(settled).exclude(pk__in=visit.out.get("rows", []))


def _out_elsewhere(visit: PollVisit) -> QuerySet[PolledCall]:
    """Writes that another visit took a moment ago. While they may still arrive nothing else is written: the provider
    remembers one parcel only."""
    rows = PolledCall.objects.filter(connection=visit.connection_id, state=State.SENT, writes=True)
    return rows.exclude(visit=visit.pk).filter(sent_at__gt=now() - _settling())


def _settling() -> timedelta:
    """How long a request may be on its way from the program to the books. Two computers with one password would otherwise
    be told that it never arrived."""
    return timedelta(seconds=settings.POLL_SETTLE_SECONDS)


def _next_calls(connection: Connection, *, writes: bool) -> list[PolledCall]:
    """Reads before writes, since work waits for them. What comes in portions, or came back once, goes alone."""
    waiting = _waiting(connection.pk).select_for_update(of=("self",)).select_related("request_blob")
    waiting = waiting if writes else waiting.filter(writes=False)
    for rows, most in ((waiting.filter(writes=False), PARCEL_OF_READS), (waiting.filter(writes=True), PARCEL_OF_WRITES)):
        first = rows.first()
        if first is not None:
            alone = first.iterates or first.times_sent
            return [first] if alone else list(rows.filter(iterates=False, times_sent=0)[:most])
    return []


def _portion(row: PollVisit) -> Parcel:
    asked = PolledCall.objects.select_related("request_blob").get(pk=row.out["rows"][0])
    requests = {asked.pk: blobs.read(asked.request_blob)}
    return Parcel(ParcelKind.PORTION, row.out["name"], requests, iterates=True, cursor=row.out["cursor"])


def _noted(parcel: Parcel) -> dict[str, Any]:
    return {"kind": parcel.kind.value, "name": parcel.name, "rows": list(parcel.requests), "iterates": parcel.iterates}


def _put_back(rows: QuerySet[PolledCall]) -> None:
    rows.update(state=State.QUEUED, response_blob=None)


def _state_after(asked: PolledCall, returned: Returned, kind: str) -> str:
    if returned.nothing:
        return State.QUEUED
    if asked.pk in returned.put_back and asked.times_sent < MOST_TIMES:
        return State.QUEUED
    if asked.pk in returned.answers:
        return State.ANSWERED
    if not asked.writes and asked.times_sent < MOST_TIMES:
        return State.QUEUED
    return State.UNKNOWN


def _keep_answer(asked: PolledCall, content: bytes) -> None:
    """The answer whole: what came in earlier portions first."""
    before = blobs.read(asked.response_blob) if asked.response_blob is not None else b""
    asked.response_blob = polled.keep(before + content, asked.connection)


def _access(connection: Connection) -> PolledAccess:
    row: PolledAccess = PolledAccess.objects.get(connection=connection)
    return row


def _note_problem(connection: Connection, problem: Problem | None) -> None:
    told = {"problem_code": problem.code, "problem_params": dict(problem.params), "problem_at": now()} if problem else {
        "problem_code": "", "problem_params": {}, "problem_at": None,
    }  # fmt: skip
    PolledAccess.objects.filter(connection=connection).update(**told)


def _is_active(row: PollVisit) -> bool:
    return Connection.objects.filter(pk=row.connection_id, state=Connection.State.ACTIVE).exists()


def _mark(connection: Connection) -> str:
    """The fingerprint of the one alert about the other end of a connection."""
    return f"connection.other_end:{connection.public_id}"


def _is_hex(text: str) -> bool:
    return 0 < len(text) <= 15 and all(char in "0123456789abcdef" for char in text)
