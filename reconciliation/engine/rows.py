"""Rows, whatever the layout: the header that all rows share, and the cells that must make sense.

`Header` gathers what the summary row says (in some files every row repeats it) and refuses a file
that holds two settlements or two currencies. `Cells` reads amounts and dates in the file's styles
and refuses what it cannot read, naming the line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from canonical.money import minor_units
from canonical.problems import N_, Severity, declare
from canonical.settlement import Settlement

from .dates import AmbiguousDate, NotADate, parse_moment
from .look import AMBIGUOUS_DATES, Look
from .number_format import NotANumber, NumberStyle, evidence, parse, parse_usual
from .source import Source

NOT_AN_AMOUNT = declare(
    "settlement.not_an_amount",
    N_("%(text)s in the column %(column)s is not an amount as this file writes them (%(style)s)."),
    N_("Download the report again. Nothing of this file was used."),
)
AMOUNT_MISSING = declare(
    "settlement.amount_missing",
    N_("The row has no amount: it ends early or was changed."),
    N_("Download the report again: the file is incomplete."),
)
TOO_FINE = declare(
    "settlement.too_fine",
    N_("%(text)s has more decimals than %(currency)s, so its mark may mean thousands."),
    N_("Download the report again without changing it; its number format cannot be told for sure."),
)
NOT_A_DATE = declare(
    "settlement.not_a_date",
    N_("%(text)s in the column %(column)s is not a date."),
    N_("Download the report again. Nothing of this file was used."),
)
MIXED_CURRENCIES = declare(
    "settlement.mixed_currencies",
    N_("The row is in %(found)s but the settlement is in %(currency)s."),
    N_("Upload each settlement as Amazon delivers it: one file, one settlement, one currency."),
)
MIXED_SETTLEMENTS = declare(
    "settlement.mixed_settlements",
    N_("The row belongs to settlement %(found)s but the file is settlement %(settlement)s."),
    N_("Upload each settlement as Amazon delivers it: one file, one settlement."),
)
TWO_TOTALS = declare(
    "settlement.two_totals",
    N_("The file states two totals, %(first)s and %(second)s."),
    N_("Upload each settlement as Amazon delivers it; this file was put together from two."),
)
TOO_MANY_CELLS = declare(
    "settlement.too_many_cells",
    N_("The row has more columns than the header names."),
    N_("Download the report again: a tab was put into a text."),
)
NO_SUMMARY_ROW = declare(
    "settlement.no_summary_row",
    N_("The file has no summary row, so there is no total to compare the rows with."),
    N_("Download the report again. Its first row under the header states period, deposit date and total."),
)
UNUSUAL_SIGN = declare(
    "settlement.unusual_sign",
    N_("Rows of %(triple)s with the unusual sign: %(rows)s, together %(amount)s. They are posted by their amount."),
    N_("Have a look if the amount surprises you; nothing needs to be done."),
    Severity.TELLS,
)


class Component(NamedTuple):
    """A component row as a plain tuple, field for field what `SettlementLine` has."""

    ordinal: int
    line_no: int
    transaction_type: str
    amount_type: str
    amount_description: str
    amount: Decimal
    category: str
    posted_at: datetime | None
    marketplace: str
    order_id: str
    merchant_order_id: str
    adjustment_id: str
    shipment_id: str
    order_item_code: str
    sku: str
    quantity: int | None
    fulfillment: str
    promotion_id: str


REMEMBERED = 100_000
"""How many different cell texts are remembered before memory wins over speed."""


@dataclass(slots=True)
class Cells:
    """Reads cells in the file's styles. Remembers what it read: texts repeat."""

    source: Source
    look: Look
    currency: str = ""
    _amounts: dict[str, Decimal] = field(default_factory=dict)
    _moments: dict[str, datetime | None] = field(default_factory=dict)

    def amount(self, text: str, column: str, line: int) -> Decimal:
        value = self._amounts.get(text)
        if value is None:
            value = parse_usual(text, self.look.numbers.decimal_mark)
            if value is None:
                value = self._read_amount(text, column, line)
            if len(self._amounts) < REMEMBERED:
                self._amounts[text] = value
        return value

    def _read_amount(self, text: str, column: str, line: int) -> Decimal:
        try:
            value = parse(text, self.look.numbers)
        except NotANumber:
            style = self.look.numbers.value
            raise self.source.refuse(NOT_AN_AMOUNT, line, text=text.strip(), column=column, style=style) from None
        too_fine = value != round(value, 4)
        if too_fine or (finer_than(value, self.currency) and evidence(text) is NumberStyle.AMBIGUOUS):
            raise self.source.refuse(TOO_FINE, line, text=text.strip(), currency=self.currency)
        return value

    def moment(self, text: str, column: str, line: int) -> datetime | None:
        """The moment in UTC, None for a blank cell."""
        if text in self._moments:
            return self._moments[text]
        moment = self._read_moment(text, column, line) if text.strip() else None
        if len(self._moments) >= REMEMBERED:
            self._moments.clear()
        self._moments[text] = moment
        return moment

    def _read_moment(self, text: str, column: str, line: int) -> datetime:
        try:
            return parse_moment(text, self.look.day_first)
        except AmbiguousDate:
            raise self.source.refuse(AMBIGUOUS_DATES, line, example=text.strip()) from None
        except NotADate:
            raise self.source.refuse(NOT_A_DATE, line, text=text.strip(), column=column) from None


def finer_than(amount: Decimal, currency: str) -> bool:
    """Whether the amount has a fraction that its currency does not have (2 decimals while it is unknown)."""
    return amount != amount.quantize(Decimal(1).scaleb(-minor_units(currency))) if amount else False


@dataclass(slots=True)
class Header:
    """What the rows say about the settlement as a whole."""

    source: Source
    settlement_id: str = ""
    currency: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None
    deposit_at: datetime | None = None
    total: Decimal | None = None

    def belongs(self, settlement_id: str, currency: str, line: int) -> None:
        """Refuse a row of another settlement or currency."""
        if settlement_id and settlement_id != self.settlement_id:
            if self.settlement_id:
                raise self.source.refuse(MIXED_SETTLEMENTS, line, found=settlement_id, settlement=self.settlement_id)
            self.settlement_id = settlement_id
        if currency and currency != self.currency:
            if self.currency:
                raise self.source.refuse(MIXED_CURRENCIES, line, found=currency, currency=self.currency)
            self.currency = currency

    def state_total(self, total: Decimal, line: int) -> None:
        if self.total is not None and self.total != total:
            raise self.source.refuse(TWO_TOTALS, line, first=str(self.total), second=str(total))
        self.total = total

    def state_dates(self, start: datetime | None, end: datetime | None, deposit: datetime | None) -> None:
        self.period_start = self.period_start or start
        self.period_end = self.period_end or end
        self.deposit_at = self.deposit_at or deposit

    def settlement(self) -> Settlement:
        return Settlement(self.settlement_id, self.currency, self.period_start, self.period_end, self.deposit_at, self.total)
