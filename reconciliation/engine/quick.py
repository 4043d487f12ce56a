"""The quick way through regular V2 rows; whatever is irregular goes the careful way in `read`.

A block is regular when every row has all its cells, no cell is padded, and no row says anything
about the settlement as a whole. That is nearly every block of nearly every file, and there the
careful way would spend most of its time finding nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING

from .rows import Component

if TYPE_CHECKING:
    from .read import Reader

TEXTS = (
    "marketplace-name",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "order-item-code",
    "sku",
    "quantity-purchased",
    "fulfillment-id",
    "promotion-id",
)
WORDS = ("transaction-type", "amount-type", "amount-description")
REMEMBERED = 100_000
Words = tuple[str, str, str]


def is_padded(block: bytes) -> bool:
    """Whether a cell begins or ends with a space; at the ends of lines such spaces do no harm."""
    return b" \t" in block or b"\t " in block


class QuickRows:
    """Reads regular blocks for a `Reader`, keeping the reader's counters right."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.layout = reader.look.layout
        index = self.layout.index
        self._possible = all(name in index for name in (*TEXTS, "posted-date-time"))
        self._tabs = len(self.layout.columns) - 1
        self._kinds: dict[Words, str] = {}
        self._amounts: dict[str, Decimal] = {}
        self._moments: dict[str, datetime | None] = {}

    def fits(self, block: bytes) -> bool:
        """Whether the block may hold only regular rows; each row is still looked at."""
        return self._possible and not is_padded(block) and block.count(b"\t") == self._tabs * block.count(b"\n")

    def components(self, block: bytes) -> Iterator[Component]:
        """The rows of a block that fits; a row that is irregular after all is handed to the careful reader."""
        reader, index = self.reader, self.layout.index
        width = self._tabs + 1
        words_of = itemgetter(*(index[name] for name in WORDS))
        texts_of = itemgetter(*(index[name] for name in TEXTS))
        amount_at, moment_at, day_at = index["amount"], index["posted-date-time"], index["posted-date"]
        whole_of = itemgetter(index["settlement-id"], index["currency"], index["total-amount"])
        header = reader.header
        regular = {(header.settlement_id, "", ""), (header.settlement_id, header.currency, "")}
        kinds, amounts, moments = self._kinds, self._amounts, self._moments
        new = tuple.__new__
        for line in block.decode(reader.encoding).split("\n")[:-1]:
            cells = line.split("\t")
            if len(cells) != width or whole_of(cells) not in regular or not cells[amount_at]:
                yield from reader.read_line(line)
                continue
            reader.line_no += 1
            reader.data_rows += 1
            reader.ordinal += 1
            words = words_of(cells)
            kind = kinds.get(words)
            if kind is None:
                kind = self._kind(words)
            amount = amounts.get(cells[amount_at])
            if amount is None:
                amount = self._amount(cells[amount_at])
            moment = cells[moment_at] or cells[day_at]
            posted = moments[moment] if moment in moments else self._moment(moment)
            market, order, merchant, adjustment, shipment, item, sku, quantity, fulfillment, promotion = texts_of(cells)
            yield new(
                Component,
                (
                    reader.ordinal, reader.line_no, *words, amount, kind, posted, market, order, merchant, adjustment,
                    shipment, item, sku, int(quantity) if quantity.isdecimal() else None, fulfillment, promotion,
                ),
            )  # fmt: skip

    def _kind(self, words: Words) -> str:
        rule = self.reader.catalogue.find(*words)
        kind = rule.category.value if rule else ""
        if len(self._kinds) < REMEMBERED:
            self._kinds[words] = kind
        return kind

    def _amount(self, text: str) -> Decimal:
        amount = self.reader.cells.amount(text, "amount", self.reader.line_no)
        if len(self._amounts) < REMEMBERED:
            self._amounts[text] = amount
        return amount

    def _moment(self, text: str) -> datetime | None:
        moment = self.reader.cells.moment(text, "posted-date", self.reader.line_no)
        if len(self._moments) >= REMEMBERED:
            self._moments.clear()
        self._moments[text] = moment
        return moment
