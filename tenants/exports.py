"""Tables to take away: CSV and XLSX that a spreadsheet opens without running anything.

A cell that begins with = + - @, a tab or a carriage return is a formula to a spreadsheet. In CSV, texts that
begin so get an apostrophe in front (the documented escape: OWASP, CSV injection); numbers are left
as numbers, a minus sign in front of digits is no formula. In XLSX every text is written as a text, and one that
begins so is marked as quoted, so that it stays a text when somebody edits or saves the sheet.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

_DANGEROUS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A spreadsheet's numbers are binary: more digits than this would not come back as they went in.
EXACT_DIGITS = 15
LONGEST_TEXT = 32_767  # of a cell, by the format
MOST_ROWS = 1_048_575  # of a sheet, below its head


class _Echo:
    def write(self, value: str) -> str:
        return value


def safe(cell: Any) -> str:
    """One cell as text that no spreadsheet takes for a formula."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    text = str(cell)
    return f"'{text}" if is_dangerous(text) else text


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet would take this text for a formula."""
    return text.lstrip().startswith(_DANGEROUS) and not _NUMBER.match(text)


def table_response(request: HttpRequest, stem: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """A download as the address asks for it: `?as=xlsx` a workbook, else CSV. `stem` is the file's name without its ending."""
    if request.GET.get("as") == "xlsx":
        return xlsx_response(f"{stem}.xlsx", head, rows)
    return csv_response(f"{stem}.csv", head, rows)


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


# ------------------------------------------------------------------ workbooks


def xlsx_response(file_name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> FileResponse:
    """A workbook of one sheet (more, where there are more rows than a sheet can hold), written row by row to a file."""
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response
    write_workbook(kept, head, rows)
    kept.seek(0)
    return FileResponse(kept, as_attachment=True, filename=file_name, content_type=XLSX)


def write_workbook(target: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the table: amounts as numbers, moments as UTC, days as days, everything else as text."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        _Sheets(book, head).write(rows)


class _Sheets:
    """Writes rows into a workbook, and begins a new sheet where one is full."""

    def __init__(self, book: Any, head: Sequence[str]) -> None:
        self._book, self._head = book, head
        self._bold = book.add_format({"bold": True})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._quoted = book.add_format({"quote_prefix": True})
        self._amounts: dict[int, Any] = {}

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        sheet, at = self._begin(), 0
        for row in rows:
            if at == MOST_ROWS:
                sheet, at = self._begin(), 0
            at += 1
            for column, cell in enumerate(row):
                self._cell(sheet, at, column, cell)

    def _begin(self) -> Any:
        sheet = self._book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(self._head):
            sheet.write_string(0, column, str(title), self._bold)
        return sheet

    def _cell(self, sheet: Any, row: int, column: int, cell: Any) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, bool):
            sheet.write_boolean(row, column, cell)
        elif isinstance(cell, (int, Decimal)) and len(Decimal(cell).as_tuple().digits) <= EXACT_DIGITS:
            decimals = max(0, -int(Decimal(cell).as_tuple().exponent))
            sheet.write_number(row, column, cell, self._amount(decimals))
        elif isinstance(cell, datetime):
            local = cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
            sheet.write_datetime(row, column, local, self._moment)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._day)
        else:
            text = (f"{cell:f}" if isinstance(cell, Decimal) else str(cell))[:LONGEST_TEXT]
            sheet.write_string(row, column, text, self._quoted if is_dangerous(text) else None)

    def _amount(self, decimals: int) -> Any:
        """Shown with the decimals it came with."""
        if decimals not in self._amounts:
            pattern = "0." + "0" * decimals if decimals else "0"
            self._amounts[decimals] = self._book.add_format({"num_format": pattern})
        return self._amounts[decimals]
