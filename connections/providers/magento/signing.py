"""OAuth 1.0a signatures as RFC 5849 describes them, with HMAC-SHA256: the one method that Magento documents.

Pure. The parameters of the query are part of what is signed, decoded and then encoded again by the RFC's own
rule, so that it makes no difference how brackets were written in the address. Bodies are JSON and never part of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, urlsplit

METHOD, VERSION = "HMAC-SHA256", "1.0"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def authorization(
    *, method: str, url: str, key: str, secret: str, token: str, token_secret: str, nonce: str, timestamp: int,
    more: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """The value of the Authorization header (RFC 5849, 3.5.1). `more`: oauth_verifier, where one was given."""
    protocol = {
        "oauth_consumer_key": key,
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
        "oauth_timestamp": str(timestamp),
        "oauth_token": token,
        "oauth_version": VERSION,
        **(more or {}),
    }
    protocol = {name: value for name, value in protocol.items() if value}
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    base = base_string(method, url, [*query, *protocol.items()])
    signed = {**protocol, "oauth_signature": signature(base, secret, token_secret)}
    return "OAuth " + ", ".join(f'{name}="{encoded(value)}"' for name, value in signed.items())


def base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """RFC 5849, 3.4.1: method, address and sorted parameters. `parameters` are decoded pairs."""
    pairs = sorted((encoded(name), encoded(value)) for name, value in parameters)
    return "&".join((method.upper(), encoded(_address(url)), encoded("&".join(f"{name}={value}" for name, value in pairs))))


def signature(base: str, secret: str, token_secret: str) -> str:
    """RFC 5849, 3.4.2, with SHA-256 in place of SHA-1."""
    key = f"{encoded(secret)}&{encoded(token_secret)}".encode()
    return base64.b64encode(hmac.new(key, base.encode(), hashlib.sha256).digest()).decode()


def encoded(text: str) -> str:
    """RFC 5849, 3.6: everything but letters, digits, `-`, `.`, `_` and `~`."""
    return quote(text, safe="~")


def _address(url: str) -> str:
    """RFC 5849, 3.4.1.2: lower-case scheme and host, no default port, the path as it is sent, no query."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme.lower())) else f":{parts.port}"
    return f"{parts.scheme.lower()}://{host}{port}{parts.path or '/'}"
