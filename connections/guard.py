"""Calling addresses that somebody else chose (webhook endpoints, a shop's base URL) without being led inside.

An address typed by a customer may name our own network: the database, a cloud's metadata service, the
operator console. So such an address is resolved once, every address it resolves to must be public, and the
connection goes to exactly the address that was looked at (a second resolution could answer differently:
DNS rebinding). Redirects are never followed: httpx does not unless told, and a new address would be
checked by the same transport anyway.

    pinned = check_url("https://hooks.example.com/tieout")           # when it is saved
    client = httpx.Client(transport=pinned_transport())              # whenever it is called
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

from canonical.problems import N_, Problem, Refused, declare

MALFORMED = declare("address.malformed", N_("This is no web address: %(detail)s."), N_("Enter it like https://example.com/path."))
NOT_HTTPS = declare(
    "address.not_https", N_("Only addresses that begin with https:// are called."), N_("Use the address's https form.")
)
CREDENTIALS = declare(
    "address.credentials",
    N_("The address holds a user name or a password."),
    N_("Take it out of the address; what we send is signed instead."),
)
PORT = declare(
    "address.port", N_("Port %(port)s is not called."), N_("Use port %(allowed)s, or leave the port out of the address.")
)
UNRESOLVED = declare(
    "address.unresolved", N_("The name %(host)s has no address."), N_("Check the spelling, or try again when its DNS answers.")
)
NOT_PUBLIC = declare(
    "address.not_public",
    N_("%(host)s leads to an address that is not on the public internet."),
    N_("Use an address that can be reached from outside your network."),
)

PORTS = (443, 8443)
_LONGEST = 2048
_Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

# IPv6 ranges that carry an IPv4 address of their own inside: what counts is where that one leads.
_NAT64 = ip_network("64:ff9b::/96")
# Not all of these are "private" to every Python version we run on.
_NEVER = [
    ip_network(block)
    for block in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "fc00::/7",
        "fec0::/10",
    )
]


@dataclass(frozen=True, slots=True)
class Pinned:
    """Where a request may go: `host` is the name (for the Host header and the certificate), `address` the IP to connect to."""

    host: str
    address: str
    port: int


def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, as the system resolves it (which also reads 2130706433 and 0x7f.1). Raises OSError."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check_url(url: str, *, allow_loopback: bool = False, resolver: Resolver = resolve) -> Pinned:
    """Resolve the address and refuse whatever is not https on the public internet. Raises Refused.

    `allow_loopback` lets addresses of this very machine through, over plain HTTP and any port too: for
    development machines and tests, never in production.
    """
    parsed = _parsed(url)
    host = parsed.host.rstrip(".")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    if not allow_loopback:
        _check_form(parsed.scheme, port)
    found = _addresses(host, port, resolver)
    if allow_loopback and all(address.is_loopback for address in found):
        return Pinned(host, str(found[0]), port)
    _check_form(parsed.scheme, port)
    if not all(is_public(address) for address in found):
        raise Refused(Problem(NOT_PUBLIC, {"host": host}))
    return Pinned(host, str(found[0]), port)


def is_public(address: _Address) -> bool:
    """Whether this is an address of the public internet, looking through IPv6 forms that hide an IPv4 address."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    if any(address in block for block in _NEVER if block.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def pinned_transport(*, allow_loopback: bool = False, resolver: Resolver = resolve) -> httpx.BaseTransport:
    """A transport that checks each request's address and connects to the address it checked; no proxy, no shared connection.

    Raises Refused from the request where `check_url` does; everything else is httpx's own.
    """
    return _PinnedTransport(allow_loopback, resolver)


class _PinnedTransport(httpx.BaseTransport):
    def __init__(self, allow_loopback: bool, resolver: Resolver) -> None:
        self._allow_loopback, self._resolver = allow_loopback, resolver
        # Connections are pooled by address: a kept one would serve another name's certificate at the same address.
        self._wire = httpx.HTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        pinned = check_url(str(request.url), allow_loopback=self._allow_loopback, resolver=self._resolver)
        wired = httpx.Request(
            request.method,
            request.url.copy_with(host=pinned.address),
            headers=request.headers,  # the Host header still says the name
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": pinned.host},
        )
        response = self._wire.handle_request(wired)
        response.request = request
        return response

    def close(self) -> None:
        self._wire.close()


def _parsed(url: str) -> httpx.URL:
    """The address in parts, by the same parser that later connects; anything odd is refused."""
    if len(url) > _LONGEST or any(ord(character) <= 0x20 or character == "\\" for character in url):
        raise Refused(Problem(MALFORMED, {"detail": "it holds spaces or is too long"}))
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Refused(Problem(MALFORMED, {"detail": str(error)})) from error
    if parsed.scheme not in ("https", "http"):
        raise Refused(Problem(NOT_HTTPS))
    if parsed.userinfo:
        raise Refused(Problem(CREDENTIALS))
    if not parsed.host.strip("."):
        raise Refused(Problem(MALFORMED, {"detail": "it names no host"}))
    return parsed


def _check_form(scheme: str, port: int) -> None:
    if scheme != "https":
        raise Refused(Problem(NOT_HTTPS))
    if port not in PORTS:
        raise Refused(Problem(PORT, {"port": port, "allowed": ", ".join(map(str, PORTS))}))


def _addresses(host: str, port: int, resolver: Resolver) -> list[_Address]:
    try:
        found = [ip_address(text.partition("%")[0]) for text in resolver(host, port)]
    except (OSError, OverflowError, ValueError) as error:
        raise Refused(Problem(UNRESOLVED, {"host": host})) from error
    if not found:
        raise Refused(Problem(UNRESOLVED, {"host": host}))
    return found


def _inner(address: _Address) -> IPv4Address | None:
    """The IPv4 address inside a mapped, 6to4 or NAT64 address."""
    if not isinstance(address, IPv6Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
