"""The shops' key for webhooks (RSA-SHA256, PKCS #1 v1.5), with integers and hashlib alone.

Both primes are found from a word and a count, so that the key is the same in every world and its public half can be
configured once. It is published here and proves nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from typing import Final

_BITS: Final = 1024
_EXPONENT: Final = 65537
_COUNTS: Final = (806, 16)
# DigestInfo for SHA-256, RFC 8017 section 9.2.
_SHA256_PREFIX: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_ALGORITHM: Final = bytes.fromhex("300d06092a864886f70d0101010500")  # rsaEncryption, no parameters


def number(word: str, count: int) -> int:
    """An odd number of 1024 bits."""
    blocks = b"".join(hashlib.sha512(f"tieout-twin:{word}:{count}:{block}".encode()).digest() for block in range(2))
    return int.from_bytes(blocks, "big") | (3 << (_BITS - 2)) | 1


@functools.cache
def _key() -> tuple[int, int]:
    """(modulus, private exponent)"""
    p, q = (number(word, count) for word, count in zip("pq", _COUNTS, strict=True))
    return p * q, pow(_EXPONENT, -1, (p - 1) * (q - 1))


def sign(body: bytes) -> str:
    """Base64 of the signature over a body."""
    modulus, private = _key()
    digest = _SHA256_PREFIX + hashlib.sha256(body).digest()
    padded = b"\x00\x01" + b"\xff" * (2 * _BITS // 8 - len(digest) - 3) + b"\x00" + digest
    return base64.b64encode(pow(int.from_bytes(padded, "big"), private, modulus).to_bytes(2 * _BITS // 8, "big")).decode()


def public_key() -> str:
    """PEM, as the merchant copies it out of the admin's page."""
    modulus, _ = _key()
    key = _der(0x30, _whole(modulus) + _whole(_EXPONENT))
    info = _der(0x30, _ALGORITHM + _der(0x03, b"\x00" + key))
    text = base64.b64encode(info).decode()
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"


def _whole(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
