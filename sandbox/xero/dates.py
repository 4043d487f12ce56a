"""Xero's ways of writing days and moments: `/Date(1763596800000+0000)/` in JSON, ISO 8601 in XML and in requests."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_MARKED: Final = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at: datetime) -> str:
    """A moment as JSON answers write it, in milliseconds since 1970, UTC."""
    return f"/Date({(at - _EPOCH) // timedelta(milliseconds=1)}+0000)/"


def day(iso: str) -> str:
    """A day (`2026-11-18`) as JSON answers write it: its midnight."""
    return moment(datetime.fromisoformat(iso).replace(tzinfo=UTC))


def day_text(iso: str) -> str:
    """What `DateString` shows of a day."""
    return f"{iso}T00:00:00"


def unmarked(text: str) -> datetime | None:
    """The moment inside `/Date(...)/`; None for any other text."""
    found = _MARKED.fullmatch(text)
    return _EPOCH + timedelta(milliseconds=int(found[1])) if found else None


def read_day(value: object) -> date:
    """A day as callers write it. Raises ValueError."""
    text = str(value).strip()
    marked = unmarked(text)
    return marked.date() if marked else datetime.fromisoformat(text.replace("Z", "+00:00")).date()


def read_since(text: str) -> datetime:
    """The moment of If-Modified-Since: ISO in UTC or an HTTP date, with or without quotes. Raises ValueError."""
    bare = text.strip().strip('"')
    try:
        at = datetime.fromisoformat(bare.replace("Z", "+00:00"))
    except ValueError:
        at = parsedate_to_datetime(bare)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
