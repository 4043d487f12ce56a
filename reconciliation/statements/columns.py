"""A CSV with its layout, into movements. Number and date format are decided by the whole file before a row is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from canonical.problems import N_, Problem, Refused, Severity, Where, declare
from reconciliation.engine.number_format import Evidence, NotANumber, NumberStyle
from reconciliation.engine.number_format import parse as parse_number
from reconciliation.statements import days
from reconciliation.statements.layout import Layout, Shape, guess, shape_of
from reconciliation.statements.statement import (
    EMPTY,
    OTHER_CURRENCY,
    BankFacts,
    Movement,
    Statement,
    bounded,
)
from reconciliation.statements.table import Table, table_of

WHICH_COLUMNS = declare(
    "statement.which_columns",
    N_("It is not clear which column holds the date and which the amount."),
    N_("Say which column is what; the next statement with the same columns is read without asking."),
    Severity.WARNS,
)
WHICH_DAY = declare(
    "statement.which_day",
    N_("%(example)s could be two different days, and no date in the file decides it."),
    N_("Say whether the day or the month comes first."),
    Severity.WARNS,
)
WHICH_NUMBER = declare(
    "statement.which_number",
    N_("%(example)s could be two different amounts, and no amount in the file decides it."),
    N_("Say whether a comma or a point stands before the cents."),
    Severity.WARNS,
)
BAD_DAY = declare(
    "statement.bad_day",
    N_("Line %(line)s: %(text)s is not a date."),
    N_("Download the statement again; if the line is a heading or a total of the bank, choose the columns anew."),
)
BAD_AMOUNT = declare(
    "statement.bad_amount",
    N_("Line %(line)s: %(text)s is not an amount written like the others (%(style)s)."),
    N_("Download the statement again and do not open it in a spreadsheet first."),
)
# What a person can answer on the page; all else is a refusal.
QUESTIONS = frozenset({WHICH_COLUMNS, WHICH_DAY, WHICH_NUMBER})

_CODE = re.compile(r"^[A-Z]{3}(?=[\s\d+\-(.])|(?<=[\s\d).])[A-Z]{3}$")
_SYMBOLS = re.compile("[$£€¥₹₺¤]|R\\$|zł|kr\\.?")
_SIDE = re.compile(r"\s*\b(CR|DR|C|D|H|S)\.?$")
_MINUS_SIDES = frozenset({"DR", "D", "S"})
_NAUGHT = frozenset({"", "-", "–"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A CSV and how it is to be read: for the page that asks, and for the reading itself."""

    table: Table
    shape: Shape
    layout: Layout

    @property
    def body(self) -> Sequence[tuple[int, tuple[str, ...]]]:
        return self.table.rows[self.shape.first :]


def look(content: bytes, remembered: dict[str, Layout] | None = None) -> Reading:
    """The file's rows, and the layout remembered for its header or guessed from it."""
    table = table_of(content)
    shape = shape_of(table)
    known = (remembered or {}).get(shape.mark)
    return Reading(table, shape, known or guess(table, shape))


def statement(reading: Reading, currency: str) -> Statement:
    """All movements. Raises Refused: with one of QUESTIONS where a person must decide, else with what is wrong where."""
    layout = reading.layout
    if not layout.complete:
        raise Refused(Problem(WHICH_COLUMNS))
    rows = _without_footers(reading.body, layout)
    day_first, style = _day_order(rows, layout), _style(rows, layout, currency)
    movements = bounded(_movements(rows, layout, day_first, style, currency))
    if not movements:
        raise Refused(Problem(EMPTY))
    booked = [movement.booked for movement in movements]
    opening, closing = _balances(rows, layout, style)
    facts = BankFacts(encoding=reading.table.encoding, number_format=style.value, day_first=day_first)
    return Statement("csv", currency, movements, min(booked), max(booked), opening, closing, facts)


def _without_footers(rows: Sequence[tuple[int, tuple[str, ...]]], layout: Layout) -> list[tuple[int, tuple[str, ...]]]:
    """Totals and legal notes below the table go; between its rows nothing is left out silently."""
    last = next((index for index in range(len(rows) - 1, -1, -1) if days.is_day(_at(rows[index][1], layout.date))), -1)
    return list(rows[: last + 1])


def _day_order(rows: Iterable[tuple[int, tuple[str, ...]]], layout: Layout) -> bool | None:
    """What the file proves; what a person answered where it proves nothing. Raises Refused where neither is there."""
    example = ""
    for _, cells in rows:
        text = _at(cells, layout.date)
        proven = days.day_first_evidence(text)
        if proven is not None:
            return proven
        if not example and days.needs_order(text):
            example = text
    if example and layout.day_first is None:
        raise Refused(Problem(WHICH_DAY, {"example": example}))
    return layout.day_first


def _style(rows: Iterable[tuple[int, tuple[str, ...]]], layout: Layout, currency: str) -> NumberStyle:
    evidence = Evidence()
    for _, cells in rows:
        for index in (layout.amount, layout.debit, layout.credit, layout.balance):
            evidence.add(_bare(_at(cells, index))[1])
    style = evidence.verdict(currency)
    if style is not NumberStyle.AMBIGUOUS:
        return style
    if not layout.decimal_mark:
        raise Refused(Problem(WHICH_NUMBER, {"example": evidence.ambiguous}))
    return NumberStyle.COMMA if layout.decimal_mark == "," else NumberStyle.DOT


def _movements(
    rows: Iterable[tuple[int, tuple[str, ...]]], layout: Layout, day_first: bool | None, style: NumberStyle, currency: str
) -> Iterator[Movement]:
    for line, cells in rows:
        amount = _amount(cells, layout, style, line)
        if amount is None:
            continue  # a balance brought forward, a heading: nothing moved
        stated = _at(cells, layout.currency).upper()
        if stated and currency and stated != currency:
            raise Refused(Problem(OTHER_CURRENCY, {"stated": stated, "expected": currency}, Where(line=line)))
        words = " ".join(dict.fromkeys(_at(cells, index) for index in layout.description if _at(cells, index)))
        yield Movement(
            line, _day(_at(cells, layout.date), day_first, line), amount, words[:500], _at(cells, layout.reference)[:120]
        )


def _day(text: str, day_first: bool | None, line: int) -> date:
    try:
        return days.parse(text, day_first)
    except days.NotADay:
        raise Refused(Problem(BAD_DAY, {"line": line, "text": text[:40]}, Where(line=line))) from None


def _amount(cells: Sequence[str], layout: Layout, style: NumberStyle, line: int) -> Decimal | None:
    """Signed, money in positive; None for a row that moves nothing. A debit column's sign is not looked at: it is money out."""
    if layout.amount is not None:
        return _number(_at(cells, layout.amount), style, line)
    out, into = _number(_at(cells, layout.debit), style, line), _number(_at(cells, layout.credit), style, line)
    if out is None and into is None:
        return None
    return (into or Decimal(0)) - abs(out or Decimal(0))


def _number(text: str, style: NumberStyle, line: int) -> Decimal | None:
    if text in _NAUGHT:
        return None
    negative, body = _bare(text)
    try:
        number = parse_number(body, style)
    except NotANumber:
        raise Refused(Problem(BAD_AMOUNT, {"line": line, "text": text[:40], "style": style.value}, Where(line=line))) from None
    return -abs(number) if negative else number


def _bare(text: str) -> tuple[bool, str]:
    """Whether brackets or a letter make it negative, and the number without currency: `(1,234.56)`, `€ 12,00 S`, `5.00 DR`."""
    bare = _SYMBOLS.sub("", text.strip())
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()") if negative else bare
    side = _SIDE.search(bare)
    if side is not None and any(map(str.isdigit, bare[: side.start()])):
        negative, bare = negative or side[1] in _MINUS_SIDES, bare[: side.start()]
    return negative, _CODE.sub("", bare.strip()).strip()


def _balances(
    rows: Sequence[tuple[int, tuple[str, ...]]], layout: Layout, style: NumberStyle
) -> tuple[Decimal | None, Decimal | None]:
    """Opening and closing balance from a running balance, whichever end of the file is the newer; None where it has none.

    The newer end is where each balance is the one before plus its own row; a file where neither holds says nothing.
    """
    if layout.balance is None:
        return None, None
    found = [(_amount(cells, layout, style, line), _at(cells, layout.balance), line) for line, cells in rows]
    if any(not text for amount, text, _ in found if amount is not None):
        return None, None
    running = [(amount, _number(text, style, line) or Decimal(0)) for amount, text, line in found if amount is not None]
    for ordered in (running, running[::-1]):
        if all(before[1] + amount == balance for before, (amount, balance) in pairwise(ordered)):
            return ordered[0][1] - ordered[0][0], ordered[-1][1]
    return None, None


def _at(cells: Sequence[str], index: int | None) -> str:
    return cells[index] if index is not None and index < len(cells) else ""
