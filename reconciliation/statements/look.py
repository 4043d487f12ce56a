"""Which kind of statement a file is, told by its own first characters and never by its name; and reading it."""

from __future__ import annotations

from enum import StrEnum

from canonical.problems import Problem, Refused
from reconciliation.statements import camt053, columns, ofx
from reconciliation.statements.layout import Layout
from reconciliation.statements.statement import MOST_BYTES, NOT_A_STATEMENT, TOO_LARGE, Statement
from reconciliation.statements.table import decoded

_HEAD = 4096
_NOT_TEXT = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")


class Kind(StrEnum):
    CSV = "csv"
    OFX = "ofx"
    CAMT053 = "camt053"


def kind_of(content: bytes, name: str) -> Kind:
    """Raises Refused for what is none of them."""
    if len(content) > MOST_BYTES:
        raise Refused(Problem(TOO_LARGE, {"file": name, "megabytes": MOST_BYTES // 1024 // 1024}))
    if content.startswith(_NOT_TEXT) or not content.strip():
        raise Refused(Problem(NOT_A_STATEMENT, {"file": name}))
    head = decoded(content[:_HEAD])[0].lstrip("\ufeff \r\n\t") if _whole(content) else content[:_HEAD].decode("latin-1").lstrip()
    if head.startswith(("OFXHEADER", "<OFX>")) or "<?OFX" in head[:400]:
        return Kind.OFX
    if head.startswith("<"):
        if ":camt.053." in head or "BkToCstmrStmt" in head or head.startswith(("<?xml", "<!DOCTYPE")):
            return Kind.CAMT053
        raise Refused(Problem(NOT_A_STATEMENT, {"file": name}))
    return Kind.CSV


def _whole(content: bytes) -> bool:
    """Whether the head may be decoded by itself: cutting UTF-8 in the middle of a character would look like another charset."""
    return len(content) <= _HEAD or content[:2] in (b"\xff\xfe", b"\xfe\xff")


def read(content: bytes, *, name: str, currency: str, remembered: dict[str, Layout] | None = None) -> Statement:
    """The statement, in `currency` ("" takes the file's word). Raises Refused; see `columns.QUESTIONS` for what may be asked."""
    match kind_of(content, name):
        case Kind.OFX:
            return ofx.statement(content, currency)
        case Kind.CAMT053:
            return camt053.statement(content, currency)
        case Kind.CSV:
            return columns.statement(columns.look(content, remembered), currency)
