"""Document numbers: what a person sees in QuickBooks Desktop, within the eleven characters of a RefNumber.

Pure. A settlement keeps its own number, its parts the last nine digits of it and theirs. An order's digits are
written to the base of 36, which turns Amazon's seventeen into at most eleven characters, both ways for certain; a short
number of another shop is kept as it is. RefNumbers need not be unique there: what makes a document ours is its
ExternalGUID, which is made of our own mark.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Final

LIMIT: Final = 11  # qbXML operations 14.0: RefNumber; of ReceivePaymentAdd 20
PAYMENT_LIMIT: Final = 20
MARKER: Final = "tieout:"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def number(source_ref: str, part: str, kind: str = "settlement") -> str:
    """The number of a document: `kind` is settlement, order, or refund (`source_ref` "ORDER#REFUND")."""
    if kind == "settlement":
        if part:
            tail = f"-{part}"
            return f"{source_ref[-(LIMIT - len(tail)) :]}{tail}" if len(tail) < 5 else hashed(source_ref + tail)
        return source_ref if len(source_ref) <= LIMIT else hashed(source_ref)
    if part:
        return hashed(f"{source_ref}-{part}")
    letters = "".join(char for char in source_ref if char.isascii() and char.isalnum())
    if letters == source_ref and len(letters) <= LIMIT:
        return source_ref
    if kind == "order" and letters.isdigit() and len(letters) <= 17 and not letters.startswith("0"):
        return base36(int(letters))
    return hashed(source_ref)


def base36(value: int) -> str:
    digits = ""
    while value:
        value, rest = divmod(value, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def guid(marker: str) -> str:
    """Our mark as QuickBooks keeps it beside a transaction: {8-4-4-4-12}, always the same for the same mark."""
    return f"{{{uuid.uuid5(uuid.NAMESPACE_URL, marker)}}}".upper()


def marker_in(text: str) -> str:
    """Our mark where a person sees it; "" when there is none."""
    return next((word for word in text.split() if word.startswith(MARKER)), "")


def hashed(value: str) -> str:
    """Eleven characters that are always the same for the same thing."""
    return base36(int.from_bytes(hashlib.sha256(value.encode()).digest()[:8], "big")).rjust(LIMIT, "0")[-LIMIT:]
