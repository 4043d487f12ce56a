"""The key that signs identity tokens (RS256), with integers and hashlib alone.

Only a client that asks for the scope `openid` gets such a token. The key is drawn once per process and
proves nothing outside of it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

KEY_ID = "twin-1"
_BITS = 2048
_PUBLIC_EXPONENT = 65537
# DigestInfo for SHA-256, RFC 8017 section 9.2.
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True, slots=True)
class Key:
    modulus: int
    private: int


@functools.cache
def key() -> Key:
    """The process's key; the first call takes a second or two."""
    while True:
        p, q = _prime(_BITS // 2), _prime(_BITS // 2)
        order = (p - 1) * (q - 1)
        if p != q and order % _PUBLIC_EXPONENT:
            return Key(p * q, pow(_PUBLIC_EXPONENT, -1, order))


def _prime(bits: int) -> int:
    while True:
        candidate = secrets.randbits(bits) | (3 << (bits - 2)) | 1
        if all(candidate % small for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)) and _is_prime(candidate):
            return candidate


def _is_prime(number: int, rounds: int = 12) -> bool:
    """Miller and Rabin."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(rounds):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(claims: dict[str, Any]) -> str:
    """A signed JSON web token."""
    head = {"alg": "RS256", "kid": KEY_ID}
    text = ".".join(_b64(json.dumps(part).encode()) for part in (head, claims))
    size = _BITS // 8
    digest = _SHA256_PREFIX + hashlib.sha256(text.encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(padded), key().private, key().modulus)
    return f"{text}.{_b64(signature.to_bytes(size))}"


def jwks() -> dict[str, Any]:
    modulus = key().modulus.to_bytes(_BITS // 8)
    public = {
        "kty": "RSA",
        "e": _b64(_PUBLIC_EXPONENT.to_bytes(3)),
        "use": "sig",
        "kid": KEY_ID,
        "alg": "RS256",
        "n": _b64(modulus),
    }
    return {"keys": [public]}
