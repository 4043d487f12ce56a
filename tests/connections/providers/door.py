"""A plain door: the promise of contracts.Door kept over httpx, without budgets, breakers, logs or a database.

It keeps every exchange, so that a test can hold requests and answers against the providers' schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from xml.etree.ElementTree import ParseError

import httpx
from defusedxml.ElementTree import fromstring

from canonical.problems import Problem
from connections import errors, jsontext
from connections.contracts import Answer, Endpoints, RequestSigner, TokenSet
from connections.errors import Failure, FailureKind
from connections.retry import Limits, decide

_LIBRARY_HEADERS = ("authorization", "x-amz-access-token", "host")


@dataclass(frozen=True)
class Exchange:
    """One request as it was sent and what came back (status None: nothing)."""

    operation: str
    request: httpx.Request
    status: int | None
    content: bytes


@dataclass
class PlainDoor:
    endpoints: Endpoints
    provider: ModuleType
    tokens: TokenSet | None = None
    transport: httpx.BaseTransport | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    refreshes: int = 0
    live: bool = True

    def __post_init__(self) -> None:
        self._client = httpx.Client(transport=self.transport, timeout=30, trust_env=False, headers={"accept-encoding": "gzip"})

    def call(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Any = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Any = None,
        content: bytes | None = None,
        writes: bool = False,
        signed: bool = True,
        expects: str = "",
    ) -> Answer:
        headers = dict(headers or {})
        if json is not None:
            content = jsontext.dumps(json).encode()
            headers["content-type"] = "application/json"
        request = self._client.build_request(method, url, params=params, headers=headers, content=content, data=data)
        return self._carry(
            operation, request, writes=writes, signed=signed, expects=expects or ("json" if signed or writes else "")
        )

    def client(self, name: Callable[[str, str], tuple[str, bool]]) -> httpx.Client:
        return httpx.Client(transport=_Seam(self, name), trust_env=False)

    def close(self) -> None:
        self._client.close()

    def _carry(self, operation: str, request: httpx.Request, *, writes: bool, signed: bool, expects: str) -> Answer:
        if writes and not self.live:
            raise Failure(FailureKind.WRITES_REFUSED, Problem(errors.WRITES_REFUSED, {"mode": "test"}))
        if not signed:
            return self._send(operation, request, writes=writes, expects=expects)
        assert self.tokens is not None
        try:
            return self._send(operation, self._signed(request), writes=writes, expects=expects)
        except Failure as failure:
            if failure.kind is not FailureKind.TOKEN_EXPIRED:
                raise
        self.refreshes += 1
        self.tokens = self.provider.authoriser.refresh(self, self.tokens)
        return self._send(operation, self._signed(request), writes=writes, expects=expects)

    def _signed(self, request: httpx.Request) -> httpx.Request:
        """The request with who asks, in its headers or in a body of its own."""
        assert self.tokens is not None
        signer = self.provider.authoriser
        if not isinstance(signer, RequestSigner):
            request.headers.update(signer.sign(self.tokens))
            return request
        asked = {"method": request.method, "url": str(request.url), "content": request.read()}
        signature = signer.sign_request(self.endpoints, self.tokens, **asked)
        request.headers.update(signature.headers)
        if signature.content is None:
            return request
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        return self._client.build_request(request.method, request.url, headers=headers, content=signature.content)

    def _send(self, operation: str, request: httpx.Request, *, writes: bool, expects: str) -> Answer:
        status, headers, content = self._exchange(request)
        self.exchanges.append(Exchange(operation, request, status, content))
        limits = Limits(self.provider.info.throttle_floor)
        decision = decide(status, headers, writes=writes, attempt=1, limits=limits, now=datetime.now(UTC))
        kind = decision.kind
        if kind is None and (
            b"<html" in content[:64].lower()
            or (expects == "json" and status not in (204, 304) and not _is_json(content))
            or (expects == "xml" and not _is_xml(content))
        ):
            kind = FailureKind.UNKNOWN_OUTCOME if writes else FailureKind.MALFORMED
        elif status and (kind or self.provider.info.refuses_in_success):
            read = self.provider.judge(status, headers, content, writes=writes)
            if read:
                raise read
        if kind:
            problem = Problem(errors.REJECTED, {"provider": self.provider.info.name, "detail": f"HTTP {status}"})
            raise Failure(kind, problem, wait=decision.wait, status=status, content=content)
        return Answer(status or 0, headers, content, headers.get(self.provider.info.trace_header.lower(), ""))

    def _exchange(self, request: httpx.Request) -> tuple[int | None, dict[str, str], bytes]:
        try:
            response = self._client.send(request)
        except httpx.TransportError:
            return None, {}, b""
        return response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content


class _Seam(httpx.BaseTransport):
    def __init__(self, door: PlainDoor, name: Callable[[str, str], tuple[str, bool]]) -> None:
        self._door, self._name = door, name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        operation, writes = self._name(request.method, request.url.path)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _LIBRARY_HEADERS}
        ours = httpx.Request(request.method, request.url, headers=headers, content=request.read())
        answer = self._door._carry(operation, ours, writes=writes, signed=True, expects="json")
        kept = {name: value for name, value in answer.headers.items() if name not in ("content-encoding", "content-length")}
        return httpx.Response(answer.status, headers=kept, content=answer.content)


def _is_xml(content: bytes) -> bool:
    try:
        fromstring(content)
    except (ParseError, ValueError):
        return False
    return True


def _is_json(content: bytes) -> bool:
    try:
        jsontext.loads(content)
    except ValueError:
        return False
    return True
