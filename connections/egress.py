"""Asking an address that a customer typed in: public hosts only, nothing followed, nothing large, nothing slow.

Somebody may give us the name of a machine inside our own network, or of one that changes its address
between our look and our call. So the name is resolved once, every address it has must be public, and the
connection is opened to that very address; TLS still proves the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

from canonical.problems import Problem, Refused, declare
from connections import guard

LONGEST = 15.0  # seconds for everything together
RESOLVING = 5.0
MOST_BYTES = 64 * 1024
LONGEST_URL = 600
_PORTS = frozenset({443, 8443})

NOT_HTTPS = declare(
    "webhook.url_not_https", "The address must begin with https://.", "Give the address of a receiver that speaks TLS."
)
NO_HOST = declare(
    "webhook.url_malformed",
    "This is not an address that can be called.",
    "Give it as https://host.example/path, without user name.",
)
PRIVATE = declare(
    "webhook.url_private",
    "%(host)s is not a public address on the internet.",
    "Give the name of a machine that can be reached from anywhere.",
)
UNRESOLVED = declare("webhook.url_unresolved", "There is no machine called %(host)s.", "Look for a typing error in the address.")
PORT = declare("webhook.url_port", "Port %(port)s is not one that webhooks are sent to.", "Use port 443 or 8443.")

# Ways into an IPv4 network that need not be ours to open; `guard` looks through them, a webhook does not go there at all.
_TUNNELS = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "2002::/16")]

Resolve = Callable[[str, int], Sequence[str]]


class Unreachable(Exception):
    """No answer: `code` says in a word why (refused, timeout, tls, blocked, unresolved, too_large, broken)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer: its status, its headers by lower-case name, and the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def addresses(host: str, port: int) -> list[str]:
    """What the system's resolver says, given up after a few seconds."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="resolve")
    try:
        found = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(RESOLVING)
    except (OSError, UnicodeError, TooLate) as error:
        raise Unreachable("unresolved") from error
    finally:
        pool.shutdown(wait=False)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet: not ours, not the machine's, not a cloud's metadata service."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip.version == network.version and ip in network for network in _TUNNELS):
        return False
    return guard.is_public(ip)


def check_url(url: str, *, resolve: Resolve = addresses) -> None:
    """Raise Refused for an address that webhooks cannot be sent to, looking it up as it is now."""
    host, port, loopback = _parts(url)
    try:
        found = resolve(host, port)
    except Unreachable as error:
        raise Refused(Problem(UNRESOLVED, {"host": host})) from error
    if not found or not all(_allowed(address, loopback=loopback) for address in found):
        raise Refused(Problem(PRIVATE, {"host": host}))


def send(url: str, headers: Mapping[str, str], body: bytes, *, resolve: Resolve = addresses, longest: float = LONGEST) -> Heard:
    """POST `body` once. Raises Unreachable without an answer, Refused for an address that is not allowed."""
    _host, _port, loopback = _parts(url)
    pinning = _Pinning(resolve, loopback=loopback, ends=time.monotonic() + longest)
    context = ssl.create_default_context()
    with httpcore.ConnectionPool(ssl_context=context, network_backend=pinning, retries=0) as pool:
        try:
            return _ask(pool, url, headers, body, longest)
        except httpcore.TimeoutException as error:
            raise Unreachable("timeout") from error
        except ssl.SSLError as error:
            raise Unreachable("tls") from error
        except (httpcore.NetworkError, OSError) as error:
            raise Unreachable("tls" if isinstance(error.__cause__, ssl.SSLError) else "refused") from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError) as error:
            raise Unreachable("broken") from error


def _ask(pool: httpcore.ConnectionPool, url: str, headers: Mapping[str, str], body: bytes, longest: float) -> Heard:
    timeout = {"connect": longest, "read": longest, "write": longest, "pool": longest}
    given = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    with pool.stream("POST", url, headers=given, content=body, extensions={"timeout": timeout}) as response:
        said = b""
        for piece in response.iter_stream():
            said += piece
            if len(said) > MOST_BYTES:
                raise Unreachable("too_large")
        heard = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Heard(response.status, heard, said)


def _parts(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether this may be a receiver on the machine itself. Raises Refused."""
    if len(url) > LONGEST_URL or any(ord(character) <= 32 or ord(character) > 126 for character in url) or "\\" in url:
        raise Refused(Problem(NO_HOST))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused(Problem(NO_HOST)) from error
    if parts.username is not None or parts.password is not None or not host or parts.fragment:
        raise Refused(Problem(NO_HOST))
    loopback = bool(settings.WEBHOOKS_ALLOW_LOOPBACK) and _names_this_machine(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise Refused(Problem(NOT_HTTPS))
    port = port or (443 if parts.scheme == "https" else 80)
    if port not in _PORTS and not loopback:
        raise Refused(Problem(PORT, {"port": port}))
    return host, port, loopback


def _names_this_machine(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")


def _allowed(address: str, *, loopback: bool) -> bool:
    if loopback:
        return address in ("127.0.0.1", "::1")
    return is_public(address)


class _Pinning(httpcore.SyncBackend):
    """Opens connections only to addresses that were looked at, and lets nothing take longer than it may."""

    def __init__(self, resolve: Resolve, *, loopback: bool, ends: float) -> None:
        super().__init__()
        self.resolve, self.loopback, self.ends = resolve, loopback, ends

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = self.resolve(host, port)
        if not found or not all(_allowed(address, loopback=self.loopback) for address in found):
            raise Unreachable("blocked")
        stream = super().connect_tcp(found[0], port, _left(self.ends, timeout), local_address, socket_options)
        return _Timed(stream, self.ends)


class _Timed(httpcore.NetworkStream):
    """A stream whose every read and write ends with the whole call, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self.stream, self.ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.ends, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.ends, timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, _left(self.ends, timeout)), self.ends)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(ends: float, timeout: float | None) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the whole call took too long")
    return left if timeout is None else min(left, timeout)
