"""Tables to take away: CSV and Excel that a spreadsheet opens without running anything.

A cell that begins with = + - @, a tab or a carriage return is a formula to a spreadsheet. Texts that
begin so get an apostrophe in front (the documented escape: OWASP, CSV injection); numbers are left
as numbers, a minus sign in front of digits is no formula. In Excel files every text is stored as text,
so that nothing needs an apostrophe there; numbers are numbers and dates are dates.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

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


EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_response(form: str, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """The same table as "xlsx" or, for any other `form`, as CSV."""
    return xlsx_response(f"{name}.xlsx", head, rows) if form == "xlsx" else csv_response(f"{name}.csv", head, rows)


def xlsx_response(file_name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> FileResponse:
    """A workbook of one sheet, written row by row to disk, so that a long table needs no memory."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it when it has been sent
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet()
    bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.freeze_panes(1, 0)
    for column, word in enumerate(head):
        sheet.write_string(0, column, str(word), bold)
    for line, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            _write(sheet, line, column, cell, moment)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=file_name, content_type=EXCEL)


# Beyond 15 digits a spreadsheet rounds: such numbers, and ids, stay text.
_MOST_DIGITS = 15


def _write(sheet: Any, line: int, column: int, cell: Any, moment: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, datetime):
        local = timezone.localtime(cell) if cell.tzinfo else cell.replace(tzinfo=UTC)
        sheet.write_datetime(line, column, local.replace(tzinfo=None), moment)
    elif isinstance(cell, date):
        sheet.write_datetime(line, column, cell)
    elif isinstance(cell, int | Decimal) and not isinstance(cell, bool) and len(Decimal(cell).as_tuple().digits) <= _MOST_DIGITS:
        sheet.write_number(line, column, cell)
    else:
        sheet.write_string(line, column, str(cell))
