"""The small parts that KashFlow's bodies are made of: keys, texts, markers, days, amounts.

Pure. An account's key is its nominal's id; a bank account has two ids, its own and its nominal's, and its key is
`<nominal>/<bank>`: payments name the one, journals the other. A VAT rate's key is its percent, which is what lines
carry; -1 is the rate of what is no matter of VAT.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from canonical.accounting import TaxRef

Body = Mapping[str, Any]
KIND = "Is"  # under which a line of our payloads says which type it is of
# KashFlow publishes no lengths: these are short enough for every field of its pages.
COMMENT_LIMIT = 250
DESCRIPTION_LIMIT = 1000
REFERENCE_LIMIT = 50
NAME_LIMIT = 100
ACCOUNT_NAME_LIMIT = 50
ADDRESS_LIMIT = 100

MARKER = "tieout:"
BETWEEN = " · "  # between memo and description in a comment
NOT_ON_THE_RETURN = Decimal(-1)
ZERO = Decimal(0)
_UNSENT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML cannot carry


class Unreadable(ValueError):
    """An answer that is not what the interface promises."""


# ------------------------------------------------------------------ keys


def nominal_of(key: str) -> int:
    return _id(key.partition("/")[0])


def bank_of(key: str) -> int:
    """A bank account's own id; 0 for the key of a nominal that is none."""
    return _id(key.partition("/")[2] or "0")


def _id(text: str) -> int:
    return int(text) if text.isdigit() else 0


# ------------------------------------------------------------------ texts


def clean(text: str, limit: int) -> str:
    """A text as XML can carry it, cut to what the field takes."""
    return _UNSENT.sub("", text)[:limit]


def comment(memo: str, marker: str, description: str = "", place: int = 1) -> str:
    """Memo, description and marker in one line; the words give way where all are too long together.

    `place`: which of a document's several transactions it is, from 1.
    """
    tail = marker if place == 1 else f"{marker}/{place}"
    words = BETWEEN.join(part for part in (_one_line(memo), _one_line(description)) if part)
    return f"{clean(words, COMMENT_LIMIT - len(tail) - 1)} {tail}".strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def marker_of(text: Any) -> tuple[str, int]:
    """Our marker in a text and its place; ("", 0) where there is none."""
    for word in str(text or "").split():
        if word.startswith(MARKER):
            marker, _slash, place = word.partition("/")
            return marker, int(place) if place.isdigit() else 1
    return "", 0


def words_of(text: Any) -> tuple[str, str]:
    """(memo, description) of a comment, without the marker."""
    kept = " ".join(word for word in str(text or "").split() if not word.startswith(MARKER))
    memo, _between, description = kept.partition(BETWEEN)
    return memo, description


# ------------------------------------------------------------------ days and amounts


def moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"


def day_of(body: Body, name: str) -> date:
    """A date that must be there. Raises Unreadable."""
    try:
        return date.fromisoformat(str(body.get(name))[:10])
    except ValueError:
        raise Unreadable(f"not a date: {body.get(name)!r}") from None


def amount_of(body: Body, name: str) -> Decimal:
    """A number that must be there, without the zeros behind the penny. Raises Unreadable."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise Unreadable(f"not a number: {value!r}")
    try:
        return tidy(Decimal(value))
    except ArithmeticError:
        raise Unreadable(f"not a number: {value!r}") from None


def tidy(amount: Decimal) -> Decimal:
    """12.3400 as 12.34: the interface writes four decimals."""
    short = amount.quantize(Decimal("0.01")) if abs(amount) < Decimal("1e20") else amount
    return short if short == amount else amount.normalize()


def id_of(body: Body, name: str) -> int:
    """An id or number that must be there. Raises Unreadable."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{name} is missing")
    return value


# ------------------------------------------------------------------ VAT


def rate_key(rate: Decimal) -> str:
    """20.0000 as "20", 17.5000 as "17.5", -1 as "-1"."""
    return f"{rate.normalize():f}"


def rate_of(tax: TaxRef | None) -> str:
    """What a line says of its VAT: a percent, or -1 where VAT has nothing to do with it."""
    return tax.key if tax else rate_key(NOT_ON_THE_RETURN)


def tax_of(body: Body, applies_on: str) -> TaxRef | None:
    """The VAT rate of a line; None for what is not on the return. Raises Unreadable."""
    rate = amount_of(body, "VatRate")
    return None if rate == NOT_ON_THE_RETURN else TaxRef(rate_key(rate), f"{rate_key(rate)}%", rate, applies_on)


# ------------------------------------------------------------------ versions


def version_of(parts: Iterable[Mapping[str, Any]]) -> str:
    """KashFlow counts no versions: a mark of what an object says. Two that are equal say the same."""
    text = json.dumps([{name: str(value) for name, value in sorted(part.items())} for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
