"""One request out, one answer in: the shared HTTP client and what it never does.

It follows no redirect, reads no environment, keeps no cookie, and never reads more than it was told.
Connections are kept alive and shared by the process; a forked child opens its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy

import httpx

from connections import guard

TIMEOUT = httpx.Timeout(connect=5, read=65, write=30, pool=10)
# A trickle that never times out between two bytes still ends: providers give up at 120 s themselves.
LONGEST = 120.0
LARGEST_JSON = 32 * 1024 * 1024
LARGEST_DOWNLOAD = 256 * 1024 * 1024
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Received:
    """What came back. `status` None: no whole answer came, for the reason in `detail`.

    `sent` is False only when the request certainly never left: then a write has certainly not happened.
    Header names are lower case.
    """

    status: int | None
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    ms: int = 0
    detail: str = ""
    sent: bool = True


def send(request: httpx.Request, *, largest: int, longest: float = LONGEST, guarded: bool = False) -> Received:
    """Send it and read the whole answer, at most `largest` bytes (after decompression).

    `longest`: seconds after which an answer still trickling in is given up; half of it without a byte ends it too.
    `guarded`: the address is somebody else's choice and goes through the guard. Raises Refused from there, else nothing.
    """
    started = time.monotonic()
    silence = {**TIMEOUT.as_dict(), "read": min(longest / 2, 65)}
    request.extensions = {**request.extensions, "timeout": silence}
    try:
        response = (guarded_client() if guarded else client()).send(request, stream=True)
        try:
            content = _body(response, largest, started + longest)
        finally:
            response.close()
    except (httpx.HTTPError, httpx.StreamError) as error:
        sent = not isinstance(error, _NEVER_SENT)
        return Received(None, {}, b"", _ms(started), type(error).__name__, sent)
    if content is None:
        return Received(None, {}, b"", _ms(started), "too large or too slow")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Received(response.status_code, headers, content, _ms(started))


def build(method: str, url: str, **parts: object) -> httpx.Request:
    """A request with our name on it. Raises httpx.InvalidURL."""
    return client().build_request(method, url, **parts)  # type: ignore[arg-type]


def with_body(request: httpx.Request, content: bytes) -> httpx.Request:
    """The same request with another body."""
    headers = [(name, value) for name, value in request.headers.multi_items() if name.lower() != "content-length"]
    return build(request.method, str(request.url), headers=headers, content=content)


def client() -> httpx.Client:
    """This process's client."""
    global _client
    if _client is None:
        _client = new_client()
    return _client


def guarded_client() -> httpx.Client:
    """This process's client for addresses that the settings do not name."""
    global _guarded
    if _guarded is None:
        _guarded = new_client(guard.pinned_transport())
    return _guarded


def new_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client with our manners; `transport` puts something else behind it."""
    made = httpx.Client(
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        transport=transport,
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=15),
        headers={"user-agent": "Tieout/0.1", "accept": "application/json", "accept-encoding": "gzip"},
    )
    # One client serves all tenants: what a provider sets for one must not travel with another.
    made.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return made


def _body(response: httpx.Response, largest: int, until: float) -> bytes | None:
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_bytes(65536):
        size += len(piece)
        if size > largest or time.monotonic() > until:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _ms(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


def _forget() -> None:
    global _client, _guarded
    _client = _guarded = None


_client: httpx.Client | None = None
_guarded: httpx.Client | None = None
os.register_at_fork(after_in_child=_forget)
