"""Days as banks write them. The order of day and month is decided by the whole file or asked, never guessed.

Year first (`2026-11-05`, `20261105`, ISO 8601), dots (`05.11.2026`, `05.11.26`: day first everywhere) and
named months (`05 Nov 2026`, `Nov 5, 2026`) say themselves which part is which. Slashes and dashes with the
year last must prove it by a part above 12.
"""

from __future__ import annotations

import re
from datetime import date

_YEAR_FIRST = re.compile(r"^(\d{4})([-/.]?)(\d{2})\2(\d{2})(?:[T ].*)?$")
_NUMBERS = re.compile(r"^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,].*)?$")
_DAY_NAMED = re.compile(r"^(\d{1,2})[ .\-/]*([A-Za-zäöûéè]{3,9})\.?[ ,.\-/]*(\d{4}|\d{2})$")
_MONTH_NAMED = re.compile(r"^([A-Za-zäöûéè]{3,9})\.?[ \-]*(\d{1,2})(?:st|nd|rd|th)?,?[ \-]+(\d{4}|\d{2})$")
# English, German, French, Spanish, Italian and Dutch, by their first letters.
_MONTHS = {
    "jan": 1, "ene": 1, "gen": 1, "jän": 1, "feb": 2, "fév": 2, "fev": 2, "mar": 3, "mär": 3, "mrz": 3, "maa": 3, "apr": 4,
    "avr": 4, "abr": 4, "may": 5, "mai": 5, "mag": 5, "mei": 5, "jun": 6, "juin": 6, "giu": 6, "jul": 7, "juil": 7, "lug": 7,
    "aug": 8, "aoû": 8, "aou": 8, "ago": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "ott": 10, "nov": 11, "dec": 12,
    "dez": 12, "déc": 12, "dic": 12,
}  # fmt: skip
_CENTURY = 2000


class NotADay(ValueError):
    """The text is not a day, or not in the calendar, or day and month are not told apart."""


def day_first_evidence(text: str) -> bool | None:
    """True or False where this text proves that the day comes first or not; None where it proves nothing."""
    match = _NUMBERS.match(text.strip())
    if match is None or match[2] == ".":
        return None
    one, two = int(match[1]), int(match[3])
    if one > 12 >= two:
        return True
    if two > 12 >= one:
        return False
    return None


def needs_order(text: str) -> bool:
    """Whether the text can be read both ways round: `05/11/2026`, but not `05.11.2026` or `05/05/2026`."""
    match = _NUMBERS.match(text.strip())
    return match is not None and match[2] != "." and match[1].lstrip("0") != match[3].lstrip("0")


def is_day(text: str) -> bool:
    """Whether the text has the shape of a day at all."""
    try:
        parse(text, day_first_evidence(text) or False)
    except NotADay:
        return False
    return True


def parse(text: str, day_first: bool | None) -> date:
    """The day. Raises NotADay."""
    text = text.strip()
    if match := _YEAR_FIRST.match(text):
        return _day(match[1], int(match[3]), int(match[4]), text)
    if match := _NUMBERS.match(text):
        one, two = int(match[1]), int(match[3])
        if match[2] != "." and day_first is None and one != two:
            raise NotADay(text)
        day, month = (one, two) if match[2] == "." or day_first else (two, one)
        return _day(match[4], month, day, text)
    if match := _DAY_NAMED.match(text):
        return _day(match[3], _month(match[2], text), int(match[1]), text)
    if match := _MONTH_NAMED.match(text):
        return _day(match[3], _month(match[1], text), int(match[2]), text)
    raise NotADay(text)


def _month(name: str, text: str) -> int:
    folded = name.casefold()
    month = _MONTHS.get(folded[:4]) or _MONTHS.get(folded[:3])
    if month is None:
        raise NotADay(text)
    return month


def _day(year: str, month: int, day: int, text: str) -> date:
    try:
        return date(int(year) if len(year) == 4 else _CENTURY + int(year), month, day)
    except ValueError:
        raise NotADay(text) from None
