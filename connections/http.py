"""The one door to the network.

Every call to a provider goes through here and is, in this order: refused if the run may not write,
signed with a token that is fresh enough, counted against the provider's budgets, held back by an
open breaker, sent once, written down, and judged. What comes out is an Answer or a Failure that says
in words what happened, whose fault it is and how long to leave it alone. Nothing here sleeps, and no
transaction is open while the network is asked.

`ConnectionDoor` speaks for a connection; `EntryDoor` asks for tokens, before and besides that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.db import connection as database

from canonical.problems import Problem, Refused
from connections import breaker, budgets, calls, errors, exchange, guard, in_flight, jsontext, registry, standing, tokens
from connections.breaker import Circuit
from connections.contracts import Answer, Endpoints, Environment, OwnAddresses, RequestSigner, TokenSet
from connections.errors import Failure, FailureKind
from connections.exchange import Received
from connections.models import ApiCall, Connection, Grant
from connections.polled import QueueDoor, polls_us
from connections.verdict import providers_fault, verdict
from tenants import stops
from tenants.clock import now

LIVE = "live"
ENTRY_LONGEST = 40.0  # seconds; well within tokens.LEASE, so that nobody else asks while an answer may still come
STOPPED_FOR = timedelta(minutes=5)  # how long what meets a stop on writing waits before it looks again
Naming = Callable[[str, str], tuple[str, bool]]
Params = Mapping[str, Any] | Sequence[tuple[str, str]] | None
# A client library's own credentials, dropped for ours.
_LIBRARY_HEADERS = ("authorization", "x-amz-access-token", "host")


def door_for(
    connection: Connection,
    mode: str = LIVE,
    *,
    correlation_id: str = "",
    even_paused: bool = False,
    keeps_answers: bool = True,
) -> ConnectionDoor | QueueDoor:
    """The door of a connection for one unit of work. `even_paused` is for a person's own test of it.

    Without `keeps_answers` the log says what was asked and whether it was answered, but not what the answer held.
    A provider that polls us has a door that writes down what is asked, and answers once somebody has fetched it.
    """
    if polls_us(connection):
        return QueueDoor(connection, mode, correlation_id=correlation_id, even_paused=even_paused)
    door = ConnectionDoor(connection, mode, correlation_id=correlation_id, even_paused=even_paused)
    door.keeps_answers = keeps_answers
    return door


def entry_door(provider: str, environment: str, *, correlation_id: str = "", connection_id: int | None = None) -> EntryDoor:
    """The door for token calls: it never signs."""
    return EntryDoor(provider, environment, correlation_id=correlation_id, connection_id=connection_id)


class _Door:
    """What both doors share: building, sending, logging and judging one request."""

    longest = exchange.LONGEST
    keeps_answers = True

    def __init__(self, provider: str, environment: str, correlation_id: str, connection_id: int | None) -> None:
        self.provider = registry.provider(provider)
        self.info = self.provider.info
        self.endpoints: Endpoints = registry.endpoints(provider, environment)
        self.caller = calls.Caller(provider, connection_id, correlation_id)

    def _build(
        self,
        method: str,
        url: str,
        params: Params,
        headers: Mapping[str, str] | None,
        json: Any,
        data: Any,
        content: bytes | None,
    ) -> httpx.Request:
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if json is not None:
            content = jsontext.dumps(json).encode()
            sent.setdefault("content-type", "application/json")
        return exchange.build(method, url, params=params, headers=sent, data=data, content=content)

    def client(self, name: Naming) -> httpx.Client:
        """An httpx client for a provider's own library; `name` turns (method, path) into (operation, writes)."""
        return exchange.new_client(_Seam(self, name))

    def carry(self, operation: str, request: httpx.Request, *, writes: bool, signed: bool, expects: str) -> Answer:
        """One request from permission to answer."""
        raise NotImplementedError

    def _budgets(self, operation: str) -> list[budgets.Bucket]:
        raise NotImplementedError

    def _seats(self) -> int:
        """How many calls may be under way at once; 0 is no limit."""
        return 0

    def _whose(self) -> str:
        """Whose seats they are."""
        return ""

    def _circuit(self) -> Circuit:
        raise NotImplementedError

    def _send(
        self, operation: str, request: httpx.Request, *, writes: bool, expects: str, signed_content: bytes | None = None
    ) -> Answer:
        """Budget, breaker, one request, the log, the judgement. Raises Failure.

        `signed_content` goes out in place of the request's body, which is what is logged.
        """
        refuse_inside_transaction()
        with in_flight.seat(self._whose(), self._seats()) as free:
            if not free:
                raise self._failure(FailureKind.BUDGET_SPENT, errors.BUDGET_SPENT, self.info.throttle_floor)
            return self._seated(operation, request, writes=writes, expects=expects, signed_content=signed_content)

    def _seated(
        self, operation: str, request: httpx.Request, *, writes: bool, expects: str, signed_content: bytes | None
    ) -> Answer:
        buckets = self._budgets(operation)
        self._hold_back(buckets)
        largest = exchange.LARGEST_DOWNLOAD if expects == "bytes" else exchange.LARGEST_JSON
        outgoing = request if signed_content is None else exchange.with_body(request, signed_content)
        guarded = not is_ours(self.endpoints, str(request.url))
        try:
            received = exchange.send(outgoing, largest=largest, longest=self.longest, guarded=guarded)
        except Refused as refusal:
            raise _not_called(refusal) from refusal
        trace_id = calls.trace_of(received, self.info.trace_header)
        failure = self._judge(received, operation, writes=writes, expects=expects, trace_id=trace_id)
        name = failure.kind.value if failure else ""
        row = calls.record(
            self.caller,
            operation,
            request,
            received,
            failure=name,
            trace_id=trace_id,
            bodies=self._keeps(received, expects, failure),
        )
        self._learn(buckets, received, failure)
        if failure:
            raise failure
        return _answer(received, trace_id, row)

    def _keeps(self, received: Received, expects: str, failure: Failure | None) -> bool:
        """Whether the log holds the answer's body: not a download's, nor what somebody only looks at; a refusal's always."""
        if not self.keeps_answers:
            return received.status is not None and received.status >= 400
        return expects != "bytes" or failure is not None

    def _hold_back(self, buckets: list[budgets.Bucket]) -> None:
        wait = budgets.take(buckets)
        if wait:
            raise self._failure(FailureKind.BUDGET_SPENT, errors.BUDGET_SPENT, wait)
        wait = breaker.admit(self._circuit())
        if wait:
            raise self._failure(FailureKind.BREAKER_OPEN, errors.BREAKER_OPEN, wait)

    def _judge(self, received: Received, operation: str, *, writes: bool, expects: str, trace_id: str) -> Failure | None:
        judge = self.provider.judge
        return verdict(
            received,
            info=self.info,
            judge=judge,
            operation=operation,
            writes=writes,
            expects=expects,
            trace_id=trace_id,
            at=now(),
        )

    def _learn(self, buckets: list[budgets.Bucket], received: Received, failure: Failure | None) -> None:
        """What this answer says about the next call: breaker, blocks, and the rate in force."""
        if failure is not None and providers_fault(failure):
            breaker.failed(self._circuit())
        else:
            breaker.succeeded(self._circuit())
        if failure is not None and (failure.kind is FailureKind.THROTTLED or "retry-after" in received.headers):
            budgets.block(buckets, failure.wait, received.headers.get(self.info.limit_header.lower(), ""))
        budgets.cap(buckets, received.headers)
        rate = received.headers.get(self.info.rate_header.lower(), "") if self.info.rate_header else ""
        if _is_number(rate):
            budgets.learn(buckets, float(rate))

    def _failure(self, kind: FailureKind, problem: str, wait: timedelta = timedelta(0), **params: str) -> Failure:
        return Failure(kind, Problem(problem, {"provider": self.info.name, **params}), wait=wait)


class EntryDoor(_Door):
    """Token calls: OAuth's own errors (RFC 6749, 5.2) are judged here, for all providers alike."""

    longest = ENTRY_LONGEST

    def __init__(self, provider: str, environment: str, *, correlation_id: str = "", connection_id: int | None = None) -> None:
        super().__init__(provider, environment, correlation_id, connection_id)

    def call(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Params = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        writes: bool = False,
        signed: bool = False,
        expects: str = "",
    ) -> Answer:
        """As contracts.Door; `signed` changes nothing, since there is nothing to sign with."""
        request = self._build(method, url, params, headers, json, data, content)
        return self.carry(operation, request, writes=writes, signed=signed, expects=expects)

    def carry(self, operation: str, request: httpx.Request, *, writes: bool, signed: bool, expects: str) -> Answer:
        _refuse_cleartext(self.endpoints, str(request.url))
        return self._send(operation, request, writes=writes, expects=expects)

    def _budgets(self, operation: str) -> list[budgets.Bucket]:
        if not any(budget.operation == operation for budget in self.info.budgets):
            operation = f"entry:{operation}"  # the API's "*" does not cover the token endpoint
        account = f"entry:{self.caller.connection_id or ''}"
        found = budgets.buckets_for(
            self.info,
            environment=self.endpoints.environment,
            application=self.endpoints.client_id,
            account=account,
            operation=operation,
        )
        return [bucket for bucket in found if bucket.operation == operation]

    def _circuit(self) -> Circuit:
        return Circuit.of(self.caller.provider, f"{self.endpoints.environment}:entry", self.caller.connection_id)

    def _judge(self, received: Received, operation: str, *, writes: bool, expects: str, trace_id: str) -> Failure | None:
        failure = super()._judge(received, operation, writes=writes, expects=expects, trace_id=trace_id)
        if failure is None or received.status not in (400, 401, 403):
            return failure
        error = _oauth_error(received.content)
        failure.provider_code = error
        if error in ("invalid_grant", "access_denied"):
            return self._reworded(failure, FailureKind.NEEDS_RECONNECT, errors.NEEDS_RECONNECT)
        if error in ("invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "invalid_scope"):
            return self._reworded(failure, FailureKind.OUR_BUG, errors.OUR_BUG)
        return failure

    def _reworded(self, failure: Failure, kind: FailureKind, code: str) -> Failure:
        reason = standing.reason_text(failure.provider_code)
        failure.kind = kind
        params = {"provider": self.info.name, "reason": reason, "code": failure.provider_code, "detail": failure.provider_code}
        failure.problem = Problem(code, params)
        return failure


class ConnectionDoor(_Door):
    """The door of one connection in one run mode (implements contracts.Door)."""

    def __init__(self, connection: Connection, mode: str, *, correlation_id: str = "", even_paused: bool = False) -> None:
        super().__init__(connection.provider, connection.environment, correlation_id, connection.pk)
        self.connection, self.mode, self.even_paused = connection, mode, even_paused
        self._held: tokens.Held | None = None
        self._noted_good = False

    def call(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Params = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
        writes: bool = False,
        signed: bool = True,
        expects: str = "",
    ) -> Answer:
        request = self._build(method, url, params, headers, json, data, content)
        expects = expects or ("json" if signed or writes else "bytes")
        return self.carry(operation, request, writes=writes, signed=signed, expects=expects)

    def carry(self, operation: str, request: httpx.Request, *, writes: bool, signed: bool, expects: str) -> Answer:
        """One request from permission to answer; a refused token is renewed once and the request sent once more."""
        if writes and self.mode != LIVE:
            raise self._failure(FailureKind.WRITES_REFUSED, errors.WRITES_REFUSED, mode=self.mode)
        if writes:
            self._refuse_while_stopped()
        grant = self._open_grant()
        if not signed:
            _refuse_cleartext(self.endpoints, str(request.url))
            return self._send(operation, request, writes=writes, expects=expects)
        if not self._may_see_credentials(str(request.url)):
            raise self._failure(FailureKind.OUR_BUG, errors.OUR_BUG, detail="a credential for a foreign address")
        self._refuse_another_account(request)
        held = self._usable(grant)
        try:
            answer = self._sign_and_send(operation, request, held, writes=writes, expects=expects)
        except Failure as refusal:
            if not _worth_renewing(refusal, grant):
                raise self._lost(grant, refusal) from refusal
            held = tokens.renew(grant, held.generation, self.refresh)
            answer = self._second_try(operation, request, grant, held, writes=writes, expects=expects)
        self._note_good(grant, held)
        return answer

    def _may_see_credentials(self, url: str) -> bool:
        """Only the provider's own addresses; where each account has its own, only this account's."""
        authoriser = self.provider.authoriser
        if not isinstance(authoriser, OwnAddresses):
            return is_ours(self.endpoints, url)
        return any(_is_below(base, url) for base in authoriser.own_addresses(self.connection.account()))

    def _refuse_another_account(self, request: httpx.Request) -> None:
        """One token may open several accounts: what names another than this connection's is never sent."""
        named = request.headers.get(self.info.account_header) if self.info.account_header else None
        if named is not None and named != self.connection.external_account:
            raise self._failure(FailureKind.OUR_BUG, errors.OUR_BUG, detail="a call that names another account")

    def _refuse_while_stopped(self) -> None:
        """The kill switch: what would be written waits, as for a breaker, and goes on by itself when the stop is over."""
        stop = stops.standing(tenant_id=self.connection.tenant_id, provider=self.connection.provider).first()
        if stop is not None:
            wait = min(stop.expires_at - now(), STOPPED_FOR)
            raise self._failure(FailureKind.BREAKER_OPEN, errors.WRITES_STOPPED, wait, reason=stop.reason)

    def _second_try(
        self, operation: str, request: httpx.Request, grant: Grant, held: tokens.Held, *, writes: bool, expects: str
    ) -> Answer:
        try:
            return self._sign_and_send(operation, request, held, writes=writes, expects=expects)
        except Failure as refusal:
            if refusal.kind is FailureKind.TOKEN_EXPIRED:
                refusal.kind = FailureKind.NEEDS_RECONNECT
            raise self._lost(grant, refusal) from refusal

    def _sign_and_send(self, operation: str, request: httpx.Request, held: tokens.Held, *, writes: bool, expects: str) -> Answer:
        signer = self.provider.authoriser
        headers, signed = signer.sign(held.tokens), None
        if isinstance(signer, RequestSigner):
            signature = signer.sign_request(
                self.endpoints, held.tokens, method=request.method, url=str(request.url), content=request.content
            )
            headers, signed = signature.headers, signature.content
        for name, value in headers.items():
            request.headers[name] = value
        return self._send(operation, request, writes=writes, expects=expects, signed_content=signed)

    def _open_grant(self) -> Grant:
        """The grant as it is now; refuses where the connection is not to be used."""
        refuse_inside_transaction()
        row = Connection.objects.select_related("grant").get(pk=self.connection.pk)
        if row.state == Connection.State.NEEDS_RECONNECT:
            reason = standing.reason_text(row.reason)
            raise self._failure(FailureKind.NEEDS_RECONNECT, errors.NEEDS_RECONNECT, reason=reason, code=row.reason)
        paused = row.state == Connection.State.PAUSED and not self.even_paused
        if paused or row.state == Connection.State.DISCONNECTED:
            raise self._failure(
                FailureKind.NEEDS_RECONNECT, errors.INACTIVE, name=row.name, state=str(row.get_state_display()).lower()
            )
        grant: Grant = row.grant
        return grant

    def _usable(self, grant: Grant) -> tokens.Held:
        at = now()
        held = self._held
        fresh = grant.access_expires is None or grant.access_expires - tokens.MARGIN > at
        if held is None or held.generation != grant.generation or not fresh or tokens.tokens_ended(grant, at):
            held = tokens.usable(grant, self.refresh)
        self._held = held
        return held

    def refresh(self, current: TokenSet) -> TokenSet:
        """New tokens from the provider, neither stored nor used (connections/tokens.py does that)."""
        door = entry_door(
            self.caller.provider,
            self.endpoints.environment,
            correlation_id=self.caller.correlation_id,
            connection_id=self.connection.pk,
        )
        return self.provider.authoriser.refresh(door, current)

    def _lost(self, grant: Grant, refusal: Failure) -> Failure:
        """A refusal that no fresh token mends means that a person must reconnect."""
        if refusal.kind is FailureKind.NEEDS_RECONNECT and refusal.account_only:
            standing.lose_account(self.connection, refusal.provider_code)
        elif refusal.kind is FailureKind.NEEDS_RECONNECT and refusal.status is not None:
            standing.lose(grant, "not_authorised" if refusal.status == 403 else "refused_after_refresh")
        return refusal

    def _note_good(self, grant: Grant, held: tokens.Held) -> None:
        self._held = held
        if not held.proven:
            tokens.proven(grant, held.generation)
            self._held = tokens.Held(held.generation, held.tokens, held.answers, proven=True)
        if not self._noted_good:
            Connection.objects.filter(pk=self.connection.pk).update(last_good_call_at=now())
            self._noted_good = True

    def _seats(self) -> int:
        return self.info.in_flight

    def _whose(self) -> str:
        return f"{self.caller.provider}:{self.endpoints.environment}:{self.connection.external_account}"

    def _budgets(self, operation: str) -> list[budgets.Bucket]:
        account = f"{self.connection.external_account}:{self.connection.region}"
        place = self.endpoints
        return budgets.buckets_for(
            self.info, environment=place.environment, application=place.client_id, account=account, operation=operation
        )

    def _circuit(self) -> Circuit:
        """Where each account has an address of its own, some that fail say nothing about the others."""
        place = str(self.endpoints.environment)
        alone = isinstance(self.provider.authoriser, OwnAddresses)
        return Circuit.of(self.caller.provider, f"{place}:{self.connection.pk}" if alone else place, self.connection.pk)


class _Seam(httpx.BaseTransport):
    """What a client library takes for the network: the door, with the library's own credentials left out."""

    def __init__(self, door: _Door, name: Naming) -> None:
        self._door, self._name = door, name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        operation, writes = self._name(request.method, request.url.path)
        request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _LIBRARY_HEADERS}
        ours = exchange.build(request.method, str(request.url), headers=headers, content=request.content)
        answer = self._door.carry(operation, ours, writes=writes, signed=True, expects="json")
        kept = {name: value for name, value in answer.headers.items() if name not in ("content-encoding", "content-length")}
        return httpx.Response(answer.status, headers=kept, content=answer.content)


def refuse_inside_transaction() -> None:
    """No transaction may be open while the network is asked (tests that live in one say so themselves)."""
    if database.in_atomic_block and not getattr(database, "tenant_follows_transaction", False):
        raise RuntimeError("a provider is never called inside a transaction")


def _worth_renewing(refusal: Failure, grant: Grant) -> bool:
    """A 401 always, where tokens have an end; a 403 once in a while: some providers say "expired" that way, others "not this"."""
    if refusal.kind is FailureKind.TOKEN_EXPIRED:
        return True
    if refusal.account_only:  # a newer token opens no account that was closed to us
        return False
    if refusal.status == 401 and refusal.kind is FailureKind.REJECTED:  # said in the words of a missing right
        return grant.access_expires is not None
    ripe = grant.refreshed_at is None or now() - grant.refreshed_at > timedelta(minutes=10)
    return refusal.kind is FailureKind.NEEDS_RECONNECT and refusal.status == 403 and (ripe or b"expired" in refusal.content)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def is_ours(endpoints: Endpoints, url: str) -> bool:
    """Whether an address is one of the provider's: only there do credentials go."""
    return _origin(url) in {_origin(known) for known in endpoints.urls.values()}


def _is_below(base: str, url: str) -> bool:
    """Whether an address has the origin of `base` and lies below its path."""
    path, below = urlsplit(url).path, f"{urlsplit(base).path.rstrip('/')}/"
    return _origin(base) == _origin(url) and path.startswith(below) and ".." not in path.split("/")


def _not_called(refusal: Refused) -> Failure:
    """What the guard refused: a name that does not resolve may do so later, anything else a person must change."""
    problem = refusal.problems[0]
    kind = FailureKind.UNAVAILABLE if problem.code == guard.UNRESOLVED else FailureKind.REJECTED
    return Failure(kind, problem)


def _refuse_cleartext(endpoints: Endpoints, url: str) -> None:
    """Outside the twins nothing travels in clear, except to where the settings themselves say so."""
    if endpoints.environment is Environment.TWIN or urlsplit(url).scheme == "https" or is_ours(endpoints, url):
        return
    raise Failure(FailureKind.OUR_BUG, Problem(errors.OUR_BUG, {"detail": "an address without TLS"}))


def _oauth_error(content: bytes) -> str:
    try:
        body = jsontext.loads(content)
    except ValueError:
        return ""
    return str(body.get("error", "")) if isinstance(body, dict) else ""


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _answer(received: Received, trace_id: str, row: ApiCall) -> Answer:
    return Answer(received.status or 0, received.headers, received.content, trace_id, int(row.pk))
