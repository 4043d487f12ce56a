"""How a file writes its dates, decided independently of its numbers.

Shapes that say themselves which part is which: year first (`2026-06-16`, `2026/06/16 10:00:00 UTC`,
ISO 8601), and dots, which are day first everywhere (`17.07.2026 07:06:34 UTC`, seen in a real
Australian file whose numbers have dot decimals). With slashes or dashes and the year last the file
must prove the order by a day above 12; otherwise it is refused as ambiguous.

A date without a time is a calendar day, not midnight somewhere: it becomes noon UTC, which is the
same day in every zone from UTC-12 to UTC+11.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

_SECONDS = r"(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
_TIME = r"(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})" + _SECONDS + r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
_ZONE = r"\s*(?P<zone>Z|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?|[A-Za-z]{2,5})?"
_YEAR_FIRST = re.compile(r"^(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})" + _TIME + _ZONE + "$")
_YEAR_LAST = re.compile(r"^(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})" + _TIME + _ZONE + "$")

ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 60, "WEST": 60, "CET": 60, "MET": 60, "CEST": 120, "MEST": 120, "EET": 120,
    "SAST": 120,
    "EEST": 180, "TRT": 180, "GST": 240, "IST": 330, "SGT": 480, "JST": 540, "AWST": 480, "AEST": 600, "AEDT": 660,
    "BRT": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
}  # fmt: skip
"""Zone names Amazon's reports use, in minutes east of UTC (IST is India's)."""


class NotADate(ValueError):
    """The text is not a date in any shape we know, or not in the calendar."""


class AmbiguousDate(ValueError):
    """Day and month could be either way round and the file does not say."""


def day_first_evidence(text: str) -> bool | None:
    """True or False where this text proves that the day comes first or not; None where it proves nothing."""
    match = _YEAR_LAST.match(text.strip())
    if match is None or match["mark"] == ".":
        return None
    one, two = int(match["one"]), int(match["two"])
    if one > 12 >= two:
        return True
    if two > 12 >= one:
        return False
    return None


def says_itself(text: str) -> bool:
    """Whether the shape alone tells day from month."""
    text = text.strip()
    match = _YEAR_LAST.match(text)
    return _YEAR_FIRST.match(text) is not None or (match is not None and match["mark"] == ".")


def parse_moment(text: str, day_first: bool | None) -> datetime:
    """The moment in UTC; a bare date is noon UTC of that day. Raises NotADate or AmbiguousDate."""
    text = text.strip()
    match = _YEAR_FIRST.match(text)
    if match is not None:
        return _moment(match, int(match["month"]), int(match["day"]), text)
    match = _YEAR_LAST.match(text)
    if match is None:
        raise NotADate(text)
    one, two = int(match["one"]), int(match["two"])
    if match["mark"] != "." and day_first is None:
        raise AmbiguousDate(text)
    day, month = (one, two) if match["mark"] == "." or day_first else (two, one)
    return _moment(match, month, day, text)


def _moment(match: re.Match[str], month: int, day: int, text: str) -> datetime:
    try:
        on = date(int(match["year"]), month, day)
        if match["hour"] is None:
            _offset(match["zone"], text)
            return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        local = datetime(on.year, on.month, on.day, _hour(match), int(match["minute"]), int(match["second"] or 0), tzinfo=UTC)
        return (local.replace(tzinfo=timezone(_offset(match["zone"], text)))).astimezone(UTC)
    except ValueError as error:
        raise NotADate(text) from error


def _hour(match: re.Match[str]) -> int:
    hour = int(match["hour"])
    half = (match["half"] or "").lower()[:1]
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("not an hour of a twelve-hour clock")
    return hour % 12 + (12 if half == "p" else 0)


def _offset(zone: str | None, text: str) -> timedelta:
    if not zone:
        return timedelta(0)
    signed = zone.removeprefix("GMT").removeprefix("UTC")
    if signed[:1] in ("+", "-"):
        # "+09:00", "+0900", "+09" and "GMT+9" are all nine hours east.
        digits = signed[1:].replace(":", "")
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return offset if signed[0] == "+" else -offset
    if zone.upper() not in ZONES:
        raise NotADate(text)
    return timedelta(minutes=ZONES[zone.upper()])
