"""Names of list entries within QuickBooks Desktop's lengths. Pure.

A name that is too long keeps its beginning and gets a check of the whole, so that two of them never become one, and the
same name always becomes the same. Colons separate levels and are replaced.
"""

from __future__ import annotations

import hashlib
from typing import Final

ACCOUNT, ITEM, CUSTOMER = 31, 31, 41  # qbXML operations 14.0: Name of AccountAdd, Item...Add, CustomerAdd
ADDRESS: Final = 41
_CHECK: Final = 5


def fitting(name: str, limit: int, suffix: str = "") -> str:
    """The name within `limit` characters; `suffix` tells it from another that has it already."""
    clean = " ".join(name.replace(":", " ").replace("\t", " ").split()) or "-"
    room = limit - len(suffix)
    if len(clean) <= room:
        return f"{clean}{suffix}"
    check = hashlib.sha256(clean.encode()).hexdigest()[:_CHECK].upper()
    return f"{clean[: room - _CHECK - 1].rstrip()}~{check}{suffix}"


def address(lines: tuple[str, ...]) -> dict[str, str]:
    """A printable address in the form's five lines; what is more goes on the last."""
    given = [line for line in lines if line]
    if len(given) > 5:
        given = [*given[:4], ", ".join(given[4:])]
    return {f"Addr{place}": line[:ADDRESS] for place, line in enumerate(given, 1)}
