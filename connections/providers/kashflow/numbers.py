"""Our reference for a document: what a person sees in KashFlow and can search for, and what we look for before writing.

Pure. KashFlow's own numbers are whole numbers that it gives itself, so the reference stands in the customer reference:
`AMZ-<order id>`, `AMZ-<settlement id>[-<part>]`, and for refunds the order with some characters that tell refunds of one
order apart. The prefix is the tenant's to choose. What does not fit is cut and gets a check, so that two different things
never share a reference.
"""

from __future__ import annotations

import hashlib

from .fields import REFERENCE_LIMIT

PREFIX = "AMZ-"


def number(source_ref: str, part: str, kind: str, prefix: str = PREFIX) -> str:
    """`kind` is settlement, order, or refund (`source_ref` "ORDER#REFUND")."""
    order, _, refund = source_ref.partition("#")
    whole = f"{prefix}{order}-R{_check(refund, 6)}" if kind == "refund" else f"{prefix}{source_ref}"
    whole += f"-{part}" if part else ""
    if len(whole) <= REFERENCE_LIMIT:
        return whole
    return f"{prefix}{_check(whole, 10)}-{whole[-(REFERENCE_LIMIT - len(prefix) - 11) :]}"


def _check(value: str, size: int) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:size].upper()
