"""OFX 1 (SGML) and 2 (XML), also named QFX: parsed by ofxtools, read leniently, because banks bend the rules.

Only the tree is taken from the library, not its model: a bank that leaves out a compulsory field still tells
what moved. The library's parser knows no entities and no document type, so there is nothing to blow up.
Element names and meanings: OFX 2.2, chapter 11 (BANKTRANLIST, STMTTRN, LEDGERBAL).
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element
from xml.sax.saxutils import unescape

from ofxtools.header import OFXHeaderError
from ofxtools.Parser import OFXTree, ParseError

from canonical.problems import Problem, Refused
from reconciliation.engine.number_format import NotANumber, NumberStyle, evidence
from reconciliation.engine.number_format import parse as parse_number
from reconciliation.statements.statement import (
    EMPTY,
    OTHER_CURRENCY,
    SEVERAL_ACCOUNTS,
    BankFacts,
    Movement,
    Statement,
    bounded,
    broken,
)

logging.getLogger("ofxtools").setLevel(logging.WARNING)  # below that it logs what the lines say

_DAY = re.compile(r"^(\d{4})(\d{2})(\d{2})")
_LISTS = ("STMTRS", "CCSTMTRS")


def statement(content: bytes, currency: str) -> Statement:
    """The one statement of the file. Raises Refused."""
    found = _one(_tree(content))
    stated = _text(found, "CURDEF").upper()
    if stated and currency and stated != currency:
        raise Refused(Problem(OTHER_CURRENCY, {"stated": stated, "expected": currency}))
    movements = bounded(_movements(found))
    if not movements:
        raise Refused(Problem(EMPTY))
    booked = [movement.booked for movement in movements]
    listed = found.find("BANKTRANLIST")
    return Statement(
        "ofx",
        stated or currency,
        movements,
        _bound(listed, "DTSTART") or min(booked),
        _bound(listed, "DTEND") or max(booked),
        facts=BankFacts(account=_account(found)),
    )


def _tree(content: bytes) -> Element:
    try:
        parsed: Element | None = OFXTree().parse(io.BytesIO(content))
    except (ParseError, OFXHeaderError, ValueError, LookupError, AssertionError) as error:
        raise broken(str(error).partition(" - ")[0][:120] or type(error).__name__) from None
    if parsed is None:
        raise broken("it holds no bank statement")
    return parsed


def _one(tree: Element) -> Element:
    statements = [found for name in _LISTS for found in tree.iter(name)]
    accounts = {_account(found) for found in statements}
    if len(accounts) > 1:
        raise Refused(Problem(SEVERAL_ACCOUNTS, {"accounts": ", ".join(sorted(accounts))}))
    if not statements:
        raise broken("it holds no bank statement")
    return statements[0]


def _account(found: Element) -> str:
    """The last four digits: enough to tell accounts apart, and not the whole number on every page."""
    number = _text(found, "BANKACCTFROM/ACCTID") or _text(found, "CCACCTFROM/ACCTID")
    return f"…{number[-4:]}" if number else ""


def _movements(found: Element) -> Iterator[Movement]:
    for ordinal, row in enumerate(found.iter("STMTTRN"), 1):
        yield Movement(
            line=ordinal,
            booked=_day(_text(row, "DTPOSTED"), ordinal),
            amount=_amount(_text(row, "TRNAMT"), ordinal),
            description=_words(row)[:500],
            reference=(_text(row, "REFNUM") or _text(row, "CHECKNUM"))[:120],
            external_id=_text(row, "FITID")[:255],
        )


def _words(row: Element) -> str:
    return " ".join(dict.fromkeys(word for word in (_text(row, "NAME"), _text(row, "PAYEE/NAME"), _text(row, "MEMO")) if word))


def _amount(text: str, ordinal: int) -> Decimal:
    """Points or commas before the cents are both allowed (OFX 3.2.9.1), groups are not."""
    try:
        style = NumberStyle.COMMA if "," in text else NumberStyle.DOT
        if evidence(text) not in (None, style, NumberStyle.AMBIGUOUS):
            raise NotANumber(text)
        return parse_number(text, style)
    except NotANumber:
        raise broken(f"{text[:40]!r} is not an amount", ordinal) from None


def _day(text: str, ordinal: int) -> date:
    """The day as the bank writes it, in its own zone: `20261105120000[-5:EST]` is 5 November."""
    match = _DAY.match(text)
    try:
        if match is None:
            raise ValueError(text)
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise broken(f"{text[:40]!r} is not a date", ordinal) from None


def _bound(listed: Element | None, name: str) -> date | None:
    text = _text(listed, name) if listed is not None else ""
    return _day(text, 0) if text else None


def _text(element: Element, path: str) -> str:
    return unescape(element.findtext(path) or "").strip()
