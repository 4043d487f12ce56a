"""Which column is where: the header row, read by name, decides between V2 and the legacy V1.

V2 has one amount a row (`amount-type`, `amount-description`, `amount`); V1 has nine pairs of columns
and may state several amounts in one row. Column sets vary between marketplaces and years (33, 36 and
37 columns were seen), so positions are never assumed. There is no quoting: a `"` is part of a SKU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from canonical.problems import N_, Problem, Refused, Where, declare

NOT_A_SETTLEMENT = declare(
    "settlement.not_a_settlement",
    N_("The first line is not the header of a settlement report: it lacks %(missing)s."),
    N_("Upload the settlement report itself: Reports > Payments > All Statements, Flat File V2, as downloaded."),
)
NO_HEADER_ROW = declare(
    "settlement.no_header_row",
    N_("The first line is not a header row but data."),
    N_("Download the report again, or put its header row back: columns are found by their names."),
)
BINARY = declare(
    "settlement.binary",
    N_("This is not a text file; it looks like %(kind)s."),
    N_("Upload the settlement report as Amazon offers it: a text file with tabs, or the same file gzipped."),
)
SPREADSHEET = declare(
    "settlement.spreadsheet",
    N_("The columns are separated by %(separator)s instead of tabs: the file was saved by a spreadsheet."),
    N_("Upload the file as downloaded. A spreadsheet also changes ids, SKUs and amounts, so do not save it from there."),
)
COLUMN_TWICE = declare(
    "settlement.column_twice",
    N_("The header names the column %(column)s twice."),
    N_("Download the report again; its header row was changed."),
)

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "a photo (JPEG)"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet (XLSX)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (XLS)"),
    (b"\xff\xfe", "UTF-16 text saved by a spreadsheet"),
    (b"\xfe\xff", "UTF-16 text saved by a spreadsheet"),
    (b"<?xml", "an XML report, which Amazon has withdrawn"),
    (b"<AmazonEnvelope", "an XML report, which Amazon has withdrawn"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"{", "JSON"),
)


class FormatVersion(StrEnum):
    V1 = "V1"
    V2 = "V2"


@dataclass(frozen=True, slots=True)
class AmountColumn:
    """A V1 amount and the column that says what it is ("" where none does)."""

    amount: str
    kind: str
    amount_type: str


V1_AMOUNTS: tuple[AmountColumn, ...] = (
    AmountColumn("shipment-fee-amount", "shipment-fee-type", "Shipment Fees"),
    AmountColumn("order-fee-amount", "order-fee-type", "Order Fees"),
    AmountColumn("price-amount", "price-type", "ItemPrice"),
    AmountColumn("item-related-fee-amount", "item-related-fee-type", "ItemFees"),
    AmountColumn("misc-fee-amount", "", "MiscFees"),
    AmountColumn("other-fee-amount", "other-fee-reason-description", "OtherFees"),
    AmountColumn("promotion-amount", "promotion-type", "Promotion"),
    AmountColumn("direct-payment-amount", "direct-payment-type", "DirectPayment"),
    AmountColumn("other-amount", "", "other-transaction"),
)

COMMON = ("settlement-id", "transaction-type", "total-amount", "currency")
V2_ONLY = ("amount-type", "amount-description", "amount")


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions by column name."""

    version: FormatVersion
    columns: tuple[str, ...]
    index: Mapping[str, int]

    def at(self, name: str) -> int | None:
        return self.index.get(name)


def fold_column(name: str) -> str:
    """'Settlement_ID ' -> 'settlement-id'."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def read_header(name: str, first_line: bytes) -> Layout:
    """The layout that the file's first line announces. Raises Refused."""
    try:
        text = first_line.decode("utf-8")
    except UnicodeDecodeError:
        raise _refused(name, BINARY, kind="a file in another format") from None
    columns = tuple(fold_column(cell) for cell in text.split("\t"))
    while columns and not columns[-1]:
        columns = columns[:-1]
    _refuse_wrong(name, text, columns)
    index = {column: position for position, column in enumerate(columns) if column}
    twice = next((column for column in columns if column and columns.count(column) > 1), None)
    if twice is not None:
        raise _refused(name, COLUMN_TWICE, column=twice)
    version = FormatVersion.V2 if all(column in index for column in V2_ONLY) else FormatVersion.V1
    return Layout(version, columns, index)


def refuse_foreign(name: str, first_line: bytes) -> None:
    """Refuse what is plainly another kind of file, by how its bytes begin."""
    start = first_line[:64].lstrip(b" \t\n")
    for magic, kind in MAGIC:
        if start[: len(magic)].lower() == magic.lower():
            raise _refused(name, BINARY, kind=kind)


def _refuse_wrong(name: str, text: str, columns: tuple[str, ...]) -> None:
    if len(columns) < 3:
        for separator, word in ((",", "commas"), (";", "semicolons")):
            if fold_column(text.split(separator)[0].strip('"')) == "settlement-id":
                raise _refused(name, SPREADSHEET, separator=word)
    missing = [column for column in COMMON if column not in columns]
    v1 = [column.amount for column in V1_AMOUNTS if column.amount in columns]
    v2_missing = [column for column in V2_ONLY if column not in columns]
    if not missing and not v1 and v2_missing:
        missing = v2_missing
    if not missing:
        return
    if columns and columns[0].isdigit() and len(columns) > 5:
        raise _refused(name, NO_HEADER_ROW)
    raise _refused(name, NOT_A_SETTLEMENT, missing=", ".join(missing))


def _refused(name: str, code: str, **params: str | int) -> Refused:
    return Refused(Problem(code, params, Where(file=name, line=1)))
