"""OAuth 1.0a as Magento checks it (RFC 5849; HMAC-SHA256 is the only documented method).

In the order of Magento's own checks: required parameters, method, timestamp, nonce, token, signature. Its
timestamp window has no end towards the past: only ten minutes ahead are too far. A nonce is used up even
by a request whose signature turns out to be wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import parse_qsl, quote, unquote

from werkzeug.wrappers import Request

from sandbox.magento.errors import Refusal, invalid, required

AHEAD = 600
METHOD = "HMAC-SHA256"
INVALID = "The signature is invalid. Verify and try again."
REQUIRED = ("oauth_consumer_key", "oauth_signature", "oauth_signature_method", "oauth_nonce", "oauth_timestamp")


def denied(message: str) -> Refusal:
    return Refusal(401, message)


def protocol(request: Request) -> dict[str, str] | None:
    """The parameters of an `Authorization: OAuth` header, the realm left out; None when there is none."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "oauth":
        return None
    pairs = (part.strip().partition("=") for part in rest.split(","))
    found = {unquote(name.strip()): unquote(value.strip().strip('"')) for name, _, value in pairs}
    return {name: value for name, value in found.items() if name and name.lower() != "realm"}


def check_shape(given: dict[str, str], more: Iterable[str] = ()) -> None:
    """Everything there, and a method that is known. Raises Refusal 400."""
    for name in (*REQUIRED, *more):
        if not given.get(name):
            raise required(name)
    if given.get("oauth_version", "1.0") != "1.0":
        raise invalid('The "%1" Oauth version isn\'t supported.', **{"1": given["oauth_version"]})
    if given["oauth_signature_method"] != METHOD:
        raise invalid("Signature method %1 is not supported", **{"1": given["oauth_signature_method"]})


def check_time(given: dict[str, str], now: datetime) -> int:
    """The timestamp. Too far ahead of both the world's and the machine's clock is refused: callers have only the latter."""
    text = given["oauth_timestamp"]
    at = int(text) if text.isdecimal() else 0
    if not 0 < at <= max(now.timestamp(), time.time()) + AHEAD:
        raise denied("Incorrect timestamp value in the oauth_timestamp parameter")
    return at


def check_signature(request: Request, given: dict[str, str], consumer_secret: str, token_secret: str = "") -> None:
    """Raises Refusal 401 when the signature is of another request, another secret or another method."""
    base = base_string(request.method, url_of(request), [*sent(request), *given.items()])
    if not hmac.compare_digest(sign(base, consumer_secret, token_secret), given["oauth_signature"]):
        raise denied(INVALID)


def sign(base: str, consumer_secret: str, token_secret: str) -> str:
    key = f"{encoded(consumer_secret)}&{encoded(token_secret)}".encode()
    return base64.b64encode(hmac.new(key, base.encode(), hashlib.sha256).digest()).decode()


def base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """RFC 5849 3.4.1. `parameters` decoded: how brackets were written in the address makes no difference."""
    pairs = sorted((encoded(name), encoded(value)) for name, value in parameters if name != "oauth_signature")
    return "&".join((method.upper(), encoded(url), encoded("&".join(f"{name}={value}" for name, value in pairs))))


def encoded(text: str) -> str:
    return quote(text, safe="~")


def url_of(request: Request) -> str:
    """Scheme, host and the path exactly as it was sent: a %2F in a SKU stays what it was."""
    raw = str(request.environ.get("REQUEST_URI") or quote(request.root_path + request.path))
    host = request.headers.get("Host", "").lower()
    for scheme, port in (("http", ":80"), ("https", ":443")):
        host = host.removesuffix(port) if request.scheme == scheme else host
    path = raw.partition("?")[0]
    return f"{request.scheme}://{host}{path.removeprefix(f'{request.scheme}://{host}') if '://' in path else path}"


def sent(request: Request) -> list[tuple[str, str]]:
    """Query parameters, and those of a form."""
    pairs = parse_qsl(request.environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if request.mimetype == "application/x-www-form-urlencoded":
        pairs += parse_qsl(request.get_data(as_text=True), keep_blank_values=True)
    return pairs
