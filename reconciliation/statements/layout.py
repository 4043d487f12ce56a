"""Which column of a bank's CSV is what: guessed from the header's words, put right by a person, remembered by the header."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from reconciliation.statements import days
from reconciliation.statements.table import Table

_NOT_LETTER = re.compile(r"[^a-zà-ÿ0-9]+")
HEADER_WITHIN = 40  # rows before the table: name, account number, period
_SAMPLE = 200


class Column(StrEnum):
    """What a column may be."""

    DATE = "date"
    AMOUNT = "amount"
    DEBIT = "debit"
    CREDIT = "credit"
    DESCRIPTION = "description"
    REFERENCE = "reference"
    BALANCE = "balance"
    CURRENCY = "currency"


# The words banks head their columns with: English, German, French, Spanish, Italian, Dutch. Better ones first.
WORDS: Mapping[Column, tuple[str, ...]] = {
    Column.DATE: (
        "bookingdate", "postingdate", "postdate", "posteddate", "dateposted", "transactiondate", "date", "buchungstag",
        "buchungsdatum", "buchung", "datum", "dateopération", "dateoperation", "datecomptable", "fecha", "fechaoperación",
        "fechaoperacion", "data", "datacontabile", "boekdatum", "rentedatum", "completeddate", "valuedate", "wertstellung", "valuta",
    ),
    Column.AMOUNT: (
        "amount", "transactionamount", "amountusd", "amountgbp", "amounteur", "betrag", "betrageur", "umsatz", "montant", "importe", "importo",
        "bedrag", "value", "net", "netamount",
    ),
    Column.DEBIT: (
        "debit", "debitamount", "debits", "withdrawal", "withdrawals", "withdrawalamt", "moneyout", "paidout", "out", "soll", "belastung",
        "débit", "cargo", "cargos", "addebiti", "dare", "af", "payments",
    ),
    Column.CREDIT: (
        "credit", "creditamount", "credits", "deposit", "deposits", "depositamt", "moneyin", "paidin", "in", "haben", "gutschrift", "crédit",
        "abono", "abonos", "accrediti", "avere", "bij", "receipts",
    ),
    Column.DESCRIPTION: (
        "description", "transactiondescription", "details", "transactiondetails", "narrative", "memo", "payee", "particulars", "name",
        "verwendungszweck", "buchungstext", "zahlungspflichtiger", "auftraggeber", "auftraggeberbegünstigter", "auftraggeberempfänger", "empfängerauftraggeber", "begünstigter", "namezahlungsbeteiligter", "beguenstigterzahlungspflichtiger",
        "empfänger", "libellé", "libelle", "libelleoperation", "concepto", "descripción", "descripcion", "descrizione", "causale",
        "omschrijving", "naamomschrijving", "mededelingen", "counterparty", "counterpartyname", "merchant",
    ),
    Column.REFERENCE: (
        "reference", "ref", "transactionid", "referencenumber", "bankreference", "customerreference", "checknumber", "chequenumber", "check",
        "checkorslip", "kundenreferenz", "referenz", "endtoendreference", "référence", "referencia", "riferimento", "kenmerk",
    ),
    Column.BALANCE: ("balance", "runningbalance", "runningbal", "accountbalance", "saldo", "saldonachbuchung", "solde", "kontostand"),
    Column.CURRENCY: ("currency", "währung", "waehrung", "devise", "divisa", "moneda", "valutacode", "munt"),
}  # fmt: skip
# A statement names its payer, its purpose and its remittance in several columns: all are the description.
_SEVERAL = frozenset({Column.DESCRIPTION})


@dataclass(frozen=True, slots=True)
class Layout:
    """Column numbers from 0. Either `amount`, or `debit` and `credit`; `description` may be several columns.

    `day_first` and `decimal_mark` are a person's answers for files that do not decide them; what a file
    proves goes before them.
    """

    date: int | None = None
    amount: int | None = None
    debit: int | None = None
    credit: int | None = None
    description: tuple[int, ...] = ()
    reference: int | None = None
    balance: int | None = None
    currency: int | None = None
    header: bool = True
    day_first: bool | None = None
    decimal_mark: str = ""

    @property
    def complete(self) -> bool:
        return self.date is not None and (self.amount is not None or (self.debit is not None and self.credit is not None))

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"description": list(self.description)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        known = {name: given[name] for name in cls.__dataclass_fields__ if name in given}
        return replace(cls(**known), description=tuple(known.get("description", ())))


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the table begins and what its header is. `mark` knows the same header again; "" where there is none."""

    header: tuple[str, ...]
    first: int  # index of the first row below the header
    mark: str


def shape_of(table: Table) -> Shape:
    """The row among the first ones that names a date and an amount; without one the table begins at its first day."""
    for index, (_, cells) in enumerate(table.rows[:HEADER_WITHIN]):
        if _of_header(cells).complete:
            return Shape(cells, index + 1, mark_of(cells))
    for index, (_, cells) in enumerate(table.rows[:HEADER_WITHIN]):
        if len(cells) > 1 and any(days.is_day(cell) for cell in cells):
            above = table.rows[index - 1][1] if index else ()
            headed = len(above) == len(cells) and all(above) and not any(any(map(str.isdigit, cell)) for cell in above)
            header = above if headed else tuple("" for _ in cells)
            return Shape(header, index, mark_of(header) if headed else f"none:{len(cells)}")
    return Shape((), 0, "")


def mark_of(header: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(_folded(cell) for cell in header).encode()).hexdigest()[:24]


def guess(table: Table, shape: Shape) -> Layout:
    """What the header's words say; columns that hold no day or no number are not taken at their word."""
    found = _of_header(shape.header)
    sample = [cells for _, cells in table.rows[shape.first : shape.first + _SAMPLE]]
    if found.date is not None and not any(days.is_day(_cell(cells, found.date)) for cells in sample):
        found = replace(found, date=None)
    if found.amount is not None and found.debit is not None and found.credit is not None:
        stated = any(_cell(cells, found.amount) for cells in sample)
        found = replace(found, debit=None, credit=None) if stated else replace(found, amount=None)
    return replace(found, header=any(shape.header))


def _of_header(cells: Sequence[str]) -> Layout:
    folded = [_folded(cell) for cell in cells]
    chosen: dict[str, Any] = {}
    taken: set[int] = set()
    for column, words in WORDS.items():
        ranked = sorted((words.index(word), index) for index, word in enumerate(folded) if word in words and index not in taken)
        if not ranked:
            continue
        several = column in _SEVERAL
        chosen[column.value] = tuple(sorted(index for _, index in ranked)) if several else ranked[0][1]
        taken |= {index for _, index in ranked} if several else {ranked[0][1]}
    return Layout(**chosen)


def _folded(cell: str) -> str:
    return _NOT_LETTER.sub("", cell.casefold())


def _cell(cells: Sequence[str], index: int | None) -> str:
    return cells[index] if index is not None and index < len(cells) else ""
