"""An entry as an IIF file, which any QuickBooks Desktop imports: the way out for firms that let nobody into their books.

Pure. Intuit Interchange Format: rows of tabs, a TRNS row, its SPL rows, ENDTRNS. Amounts are signed, debit positive, and
each transaction sums to zero. Accounts go by name, so they must be there under these very names; a name that is not is
made by the import, with a type that QuickBooks guesses. Importing twice books twice: the file says so on no line.

Source: Intuit's IIF overview (column names, TRNSTYPE words, m/d/yy dates, Windows-1252 text).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from canonical.accounting import Deposit, Document, JournalEntry, balanced_lines
from canonical.problems import Problem, Refused, declare

HEAD: Final = (
    "!TRNS\tTRNSID\tTRNSTYPE\tDATE\tACCNT\tNAME\tCLASS\tAMOUNT\tDOCNUM\tMEMO",
    "!SPL\tSPLID\tTRNSTYPE\tDATE\tACCNT\tNAME\tCLASS\tAMOUNT\tDOCNUM\tMEMO",
    "!ENDTRNS",
)
_TYPES: Final = {JournalEntry: "GENERAL JOURNAL", Deposit: "DEPOSIT"}

NOT_EXPORTABLE = declare(
    "iif.not_exportable",
    "An IIF file holds journals and deposits; %(number)s is another kind of document.",
    "Choose the posting shape summary journal for this integration, then export it.",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A document with the number it goes by."""

    number: str
    document: Document


def written(entries: Iterable[Entry]) -> bytes:
    """The whole file. Raises Refused for a kind of document that IIF has no room for."""
    rows = [*HEAD]
    for entry in entries:
        rows += _transaction(entry)
    return ("\r\n".join(rows) + "\r\n").encode("cp1252", "replace")


def _transaction(entry: Entry) -> Sequence[str]:
    kind = _TYPES.get(type(entry.document))
    if kind is None:
        raise Refused(Problem(NOT_EXPORTABLE, {"number": entry.number}))
    document, rows = entry.document, []
    for place, line in enumerate(balanced_lines(document)):
        party = line.party.name if line.party else ""
        cells = [
            "TRNS" if place == 0 else "SPL",
            "",
            kind,
            _day(document.date),
            line.account.name,
            party,
            "",
            _amount(-line.signed),
            entry.number,
            line.description or document.memo,
        ]
        rows.append("\t".join(_cell(cell) for cell in cells))
    return [*rows, "ENDTRNS"]


def _day(day: date) -> str:
    return f"{day.month}/{day.day}/{day:%y}"


def _amount(value: Decimal) -> str:
    """Debit positive, two decimals."""
    return f"{value:.2f}"


def _cell(text: str) -> str:
    """A cell without what would end it, or open a quoted one."""
    return " ".join(text.replace('"', "'").split())
