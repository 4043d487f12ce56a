"""How a file writes its numbers, decided from its own amounts and never from the header adding up.

A wrong decimal mark scales header and rows alike, so "header = sum" proves nothing about it. What
does: an amount in which a mark can only be one thing.

    1,234.56    both marks: the last one is the decimal mark
    19.99       one mark without three digits after it: decimal
    1.234.567   a mark twice: thousands, so the other one is decimal
    0,125       three digits, but no thousands group begins with 0: decimal
    1 234,5     a space, no-break space or apostrophe groups: the mark is decimal
    1.234       could be 1234 or 1.234: no evidence

A currency without decimals (yen) has no use for a decimal mark, so there `1,234` is 1234; that is
evidence from the currency, not a guess. Otherwise a file whose amounts all look like the last
example is refused as ambiguous. Whole numbers (`20`) read the same either way.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from canonical.money import minor_units

SPACES = " \u00a0\u202f\u2009"
_GROUPERS = SPACES + "'\u2019"
_SIGNED = re.compile(rf"^([+\-\u2212]?)([0-9][0-9.,{re.escape(_GROUPERS)}]*|[.,][0-9]+)([\-\u2212]?)$")
_LAKH = re.compile(r"^\d{1,2}(?:,\d{2})*,\d{3}$")


class NumberStyle(StrEnum):
    """A file's way of writing amounts; the value is what reports show."""

    DOT = "1,234.56"
    COMMA = "1.234,56"
    WHOLE = "1234"  # no amount has any mark
    AMBIGUOUS = "ambiguous"

    @property
    def decimal_mark(self) -> str:
        return "," if self is NumberStyle.COMMA else "."


class NotANumber(ValueError):
    """The text is not an amount in the file's style."""


def split_sign(text: str) -> tuple[str, str]:
    """('-' or '', the unsigned digits and marks); a trailing minus is a minus. Raises NotANumber."""
    match = _SIGNED.match(text.strip(SPACES + "\t\r"))
    if match is None or (match[1] and match[3]):
        raise NotANumber(text)
    negative = match[1] in ("-", "\u2212") or match[3] in ("-", "\u2212")
    return ("-" if negative else ""), match[2]


def evidence(text: str) -> NumberStyle | None:
    """The style this amount proves: DOT, COMMA, AMBIGUOUS where both readings hold, None where it says nothing.

    Text that is no number says nothing; it is refused when the rows are read.
    """
    try:
        _, body = split_sign(text)
    except NotANumber:
        return None
    dots, commas = body.count("."), body.count(",")
    if dots and commas:
        return NumberStyle.DOT if body.rfind(".") > body.rfind(",") else NumberStyle.COMMA
    if not dots and not commas:
        return None
    mark, other = (NumberStyle.DOT, NumberStyle.COMMA) if dots else (NumberStyle.COMMA, NumberStyle.DOT)
    if dots + commas > 1:
        return other
    whole, _, digits = body.partition(mark.decimal_mark)
    if any(space in whole for space in _GROUPERS):
        return mark
    looks_grouped = len(digits) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return NumberStyle.AMBIGUOUS if looks_grouped else mark


class Evidence:
    """Collects what a file's amounts prove. `verdict` is None while nothing is decided."""

    def __init__(self) -> None:
        self.proven: NumberStyle | None = None
        self.ambiguous: str = ""
        self.ambiguous_mark = "."

    def add(self, text: str) -> None:
        found = evidence(text)
        if found is NumberStyle.AMBIGUOUS:
            self.ambiguous = self.ambiguous or text
            self.ambiguous_mark = "," if "," in text else "."
        elif found is not None and self.proven is None:
            self.proven = found

    @property
    def decided(self) -> bool:
        return self.proven is not None

    def verdict(self, currency: str) -> NumberStyle:
        """The style of a file whose amounts have all been seen."""
        if self.proven is not None:
            return self.proven
        if not self.ambiguous:
            return NumberStyle.WHOLE
        if currency and minor_units(currency) == 0:
            return NumberStyle.DOT if self.ambiguous_mark == "," else NumberStyle.COMMA
        return NumberStyle.AMBIGUOUS


def parse_usual(text: str, mark: str) -> Decimal | None:
    """The amount if it is written the usual way, two decimals and no groups; None when it is not."""
    whole, fraction = text[:-3].removeprefix("-"), text[-2:]
    if text[-3:-2] == mark and text.isascii() and whole.isdigit() and fraction.isdigit():
        return Decimal(f"{text[:-3]}.{fraction}")
    return None


def parse(text: str, style: NumberStyle) -> Decimal:
    """The amount, exactly. Thousands groups must be whole groups. Raises NotANumber."""
    sign, body = split_sign(text)
    mark = style.decimal_mark
    whole, _, fraction = body.partition(mark)
    if not fraction and body.endswith(mark):
        raise NotANumber(text)
    if fraction and not fraction.isdigit():
        raise NotANumber(text)
    digits = _ungrouped(text, whole, style)
    return Decimal(f"{sign}{digits}.{fraction}" if fraction else f"{sign}{digits}")


def _ungrouped(text: str, whole: str, style: NumberStyle) -> str:
    if not whole:
        return "0"
    if whole.isdigit():
        return whole
    grouper = "," if style.decimal_mark == "." else "."
    marks = {character for character in whole if not character.isdigit()}
    if len(marks) != 1 or not marks <= set(grouper + _GROUPERS):
        raise NotANumber(text)
    first, *groups = whole.split(marks.pop())
    regular = 1 <= len(first) <= 3 and all(len(group) == 3 for group in groups)
    if not regular and not _LAKH.match(whole):
        raise NotANumber(text)
    return first + "".join(groups)
