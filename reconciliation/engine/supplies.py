"""Who accounts for the tax of an order: the one thing about a row that other rows decide.

Amazon withholds the tax of some orders and leaves it to the seller for others; only the presence of
a withheld row tells. Rows of an order wait for it, so the result does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from .catalogue import Rule
from .chart import Role, Treatment, account_of
from .tally import Tally
from .triple import Triple, fold

if TYPE_CHECKING:
    from .summary import Summary


class Supply(StrEnum):
    """Who accounts for the tax of an order, told by its rows."""

    OPEN = ""  # not asked: the rows have nothing to do with tax on sales
    PLAIN = "plain"  # no tax row: what tax there is, is inside the price
    TAXED = "taxed"  # tax rows and nothing withheld: the seller's own tax
    UNTAXED = "untaxed"  # tax rows that are all 0.00, nothing withheld
    WITHHELD = "withheld"  # Amazon withheld it: collected and withheld net to zero


class GroupKey(NamedTuple):
    """`period` is the first day of the month (a card charge: its day), None where the file has no date.

    `sku_group` is only filled for a book whose rules name groups of SKUs, `cleared` for rows whose order or
    refund was posted by itself.
    """

    period: date | None
    triple: Triple
    marketplace: str
    supply: Supply
    sku_group: str = ""
    cleared: str = ""


class Watch(StrEnum):
    """What a rule's rows have to do with the tax of their order."""

    NO = ""
    COLLECTED = "collected"
    WITHHELD = "withheld"
    PRICED = "priced"  # its VAT depends on the supply


def watch(rule: Rule | None, by_supply: bool) -> Watch:
    """How the rows of a rule take part in telling supplies apart."""
    account = account_of(rule.category.value) if rule else None
    if rule is None or account is None:
        return Watch.NO
    if account.role is Role.MARKETPLACE_TAX:
        in_column = fold(rule.triple.amount_type) == "itemwithheldtax"
        return Watch.WITHHELD if in_column or "facilitator" in rule.category.value else Watch.COLLECTED
    priced = by_supply and account.treatment in (Treatment.SUPPLY, Treatment.STANDARD_SUPPLY)
    return Watch.PRICED if priced else Watch.NO


class Cell:
    """Rows that differ in nothing but their order: one tally for each supply they turn out to belong to.

    `plain` and `withheld` collect amounts of rows that need no more than adding; `flush` adds them.
    """

    __slots__ = ("_tallies", "key", "part", "plain", "rule", "summary", "withheld")

    def __init__(self, summary: Summary, key: GroupKey, rule: Rule | None, part: Watch) -> None:
        self.summary = summary
        self.key = key
        self.rule = rule
        self.part = part
        self.plain: list[int] = []
        self.withheld: list[int] = []
        self._tallies: dict[Supply, Tally] = {}

    def tally(self, supply: Supply = Supply.OPEN) -> Tally:
        tally = self._tallies.get(supply)
        if tally is None:
            tally = self._tallies[supply] = self.summary.tally(self.key._replace(supply=supply), self.rule)
        return tally

    def flush(self) -> None:
        if self.plain:
            self.tally(Supply.OPEN).add_all(self.plain)
            self.plain.clear()
        if self.withheld:
            self.tally(Supply.WITHHELD).add_all(self.withheld)
            self.withheld.clear()


OrderRow = tuple[bytes, Cell, int, int]
"""(order, cell, units, ordinal); an order is named the same way by all callers of one summary."""


class Supplies:
    """Tells the supplies of orders apart, whatever the order of their rows.

    What is kept per order is one entry of a set once its tax is known to be withheld, and its rows
    while it is not. That is the only thing here that grows with the number of orders.
    """

    def __init__(self) -> None:
        self._withheld: set[bytes] = set()
        self._waiting: dict[bytes, list[OrderRow]] = {}

    def add(self, rows: Iterable[OrderRow]) -> None:
        """Rows of orders. A row without ordinal is left in its cell's `withheld` until that is flushed."""
        withheld, waiting = self._withheld, self._waiting
        for row in rows:
            order, cell, units, ordinal = row
            if order in withheld:
                if ordinal:
                    cell.tally(Supply.WITHHELD).add(units, ordinal)
                else:
                    cell.withheld.append(units)
            elif cell.part is Watch.WITHHELD:
                withheld.add(order)
                for _, own, amount, place in (*waiting.pop(order, ()), row):
                    if place:
                        own.tally(Supply.WITHHELD).add(amount, place)
                    else:
                        own.withheld.append(amount)
            elif order in waiting:
                waiting[order].append(row)
            else:
                waiting[order] = [row]

    def close(self) -> None:
        """No withheld row can come any more."""
        for rows in self._waiting.values():
            collected = [units for _, cell, units, _ in rows if cell.part is Watch.COLLECTED]
            supply = Supply.PLAIN if not collected else Supply.TAXED if any(collected) else Supply.UNTAXED
            for _, cell, units, ordinal in rows:
                cell.tally(supply).add(units, ordinal)
        self._waiting.clear()

    def forget_rows(self) -> None:
        for order, rows in self._waiting.items():
            self._waiting[order] = [(order, cell, units, 0) for _, cell, units, _ in rows]
