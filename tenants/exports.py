"""Tables to take away: CSV that a spreadsheet opens without running anything.

A cell that begins with = + - @, a tab or a carriage return is a formula to a spreadsheet. Texts that
begin so get an apostrophe in front (the documented escape: OWASP, CSV injection); numbers are left
as numbers, a minus sign in front of digits is no formula.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse

_DANGEROUS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")


class _Echo:
    def write(self, value: str) -> str:
        return value


def safe(cell: Any) -> str:
    """One cell as text that no spreadsheet takes for a formula."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    text = str(cell)
    if text.lstrip().startswith(_DANGEROUS) and not _NUMBER.match(text):
        return f"'{text}"
    return text


def csv_response(file_name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A download written as it is read. Begins with a byte order mark, so that Excel reads UTF-8."""
    response = StreamingHttpResponse(_lines(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([safe(cell) for cell in head])
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])
