"""How a Browser's cursor is written and read: a few texts in one, opaque to whoever hands it back. Pure.

A cursor comes back in an address, where anybody may have changed it: what cannot be read is NoSuchPage.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from connections.contracts import NoSuchPage

LONGEST = 4000  # characters; some providers' own page tokens are long


def joined(*pieces: str) -> str:
    """A cursor of several pieces; "" when all are empty."""
    return "|".join(quote(piece, safe="") for piece in pieces) if any(pieces) else ""


def pieces(cursor: str, count: int) -> list[str]:
    """The pieces of a cursor, `count` empty ones where there is no cursor. Raises NoSuchPage for another number of them."""
    if not cursor:
        return [""] * count
    found = [unquote(piece) for piece in cursor.split("|")]
    if len(found) != count:
        raise NoSuchPage(cursor)
    return found


def whole(cursor: str, default: int = 0) -> int:
    """A cursor that is a number. Raises NoSuchPage for anything else."""
    if not cursor:
        return default
    if not cursor.isascii() or not cursor.isdecimal() or len(cursor) > 12:
        raise NoSuchPage(cursor)
    return int(cursor)
