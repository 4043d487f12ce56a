"""Document numbers: what a person sees in QuickBooks and can search for, within its 21 characters.

Pure. A settlement is `TIE-<id>[-<part>]`, an order `AMZ` and the 17 digits of its id, a refund `AMR`, the
order's 17 digits and one character that tells refunds of one order apart. What does not fit keeps its end
and gets a check, so that two different things never share a number by being cut.
"""

from __future__ import annotations

import hashlib

from .fields import NUMBER_LIMIT

ORDER, REFUND = "AMZ", "AMR"
_ORDER_DIGITS = 17  # 3-7-7, Amazon's order id
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # 32 characters that are not mistaken for one another


def number(source_ref: str, part: str, kind: str = "settlement") -> str:
    """The number of a document: `kind` is settlement, order, or refund (`source_ref` "ORDER#REFUND")."""
    tail = f"-{part}" if part else ""
    whole = _whole(source_ref, kind) + tail
    if len(whole) <= NUMBER_LIMIT:
        return whole
    return _cut(source_ref, tail)


def _whole(source_ref: str, kind: str) -> str:
    if kind == "order":
        return ORDER + _letters(source_ref)
    if kind == "refund":
        order, _, refund = source_ref.partition("#")
        return f"{REFUND}{_letters(order):0>{_ORDER_DIGITS}}{_check(refund, 1)}"
    return f"TIE-{source_ref}"


def _letters(reference: str) -> str:
    """An order id without its dashes: 113-1234567-1234567 has 17 digits, S01-... ids of other channels letters too."""
    return "".join(char for char in reference if char.isascii() and char.isalnum())


def _check(value: str, size: int) -> str:
    digest = hashlib.sha256(value.encode()).digest()
    return "".join(_ALPHABET[byte % 32] for byte in digest[:size])


def _cut(source_ref: str, tail: str) -> str:
    """`T<check>-<end of the reference><tail>`; a tail that leaves no room goes into the check."""
    if len(tail) > 8:
        return f"T{_check(source_ref + tail, 10)}-{tail[-9:]}"
    check = hashlib.sha256(source_ref.encode()).hexdigest()[:5]
    room = NUMBER_LIMIT - len(f"T{check}-{tail}")
    return f"T{check}-{source_ref[-room:]}{tail}"
