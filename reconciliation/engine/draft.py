"""Drafting lines: groups that share account, kind, tax and tracking become one line a side.

Credits and debits stay apart so that gross figures survive; 0.00 is not sent; the rows of a line
stay known. VAT is found once per line, when its gross is complete. A consolidated draft does not ask
for the kind: one line a side of all that shares the rest, called like its role.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from canonical.accounting import AccountRef, DocumentLine, Side, TaxRef
from canonical.problems import N_

from .book import Dimensions
from .chart import BY_ROLE, Role
from .cleared import CLEARED_KINDS, ORDERS, REFUNDS
from .ordinals import Ordinals
from .place import ORDER, Placement
from .summary import ZERO
from .tally import Tally
from .vat import TaxMode, included


class LineKey(NamedTuple):
    """What makes two groups one line; `kind` is "" while a consolidated line is still being collected."""

    account: AccountRef
    kind: str
    code: TaxRef | None
    mode: TaxMode
    dimensions: Dimensions
    marketplace: str


@dataclass(slots=True)
class SideDraft:
    """One side of a line: `base` without its stated tax, `tax` as the rows state it; both positive here."""

    base: Decimal = ZERO
    tax: Decimal = ZERO
    count: int = 0
    rows: Ordinals = field(default_factory=Ordinals)

    @property
    def gross(self) -> Decimal:
        return self.base + self.tax

    def take(self, amount: Decimal, is_tax: bool, count: int, rows: Ordinals) -> None:
        if is_tax:
            self.tax += amount
        else:
            self.base += amount
        self.count += count
        self.rows.take(rows)


@dataclass(slots=True)
class LineDraft:
    role: Role | None
    kind: str = ""
    credit: SideDraft = field(default_factory=SideDraft)
    debit: SideDraft = field(default_factory=SideDraft)
    zeros: int = 0
    zero_rows: Ordinals = field(default_factory=Ordinals)

    def call(self, place: Placement) -> None:
        """A consolidated line is called like the first of its roles in the chart, whatever the order of rows."""
        name = place.role.value if place.role else place.kind
        if not self.kind or (_position(place.role), name) < (_position(self.role), self.kind):
            self.role, self.kind = place.role, name

    def take(self, tally: Tally, is_tax: bool) -> None:
        if tally.credits:
            self.credit.take(tally.credit, is_tax, tally.credits, tally.credit_rows)
        if tally.debits:
            self.debit.take(-tally.debit, is_tax, tally.debits, tally.debit_rows)
        self.zeros += tally.zeros
        self.zero_rows.take(tally.zero_rows)

    def settle_sides(self) -> None:
        """Tax without its fee on a side belongs to the fee on the other side; zero rows go along.

        What clears orders is one amount: their prices less their promotions, as their documents say.
        """
        if self.kind in CLEARED_KINDS:
            self._net()
        for side, other in ((self.credit, self.debit), (self.debit, self.credit)):
            if side.tax and not side.base and other.base > side.tax:
                other.take(-side.tax, True, side.count, side.rows)
                side.tax, side.count, side.rows = ZERO, 0, Ordinals()
        carrier = self.credit if self.credit.gross else self.debit
        if self.zeros and carrier.gross:
            carrier.take(ZERO, False, self.zeros, self.zero_rows)
            self.zeros = 0

    def _net(self) -> None:
        larger, smaller = (self.credit, self.debit) if self.credit.base >= self.debit.base else (self.debit, self.credit)
        larger.take(-smaller.base, False, smaller.count, smaller.rows)
        smaller.base, smaller.count, smaller.rows = ZERO, 0, Ordinals()
        if not larger.base:
            self.zeros += larger.count
            self.zero_rows.take(larger.rows)
            larger.count, larger.rows = 0, Ordinals()


class Draft:
    """The lines of one document before they are written out."""

    def __init__(self, currency: str, *, trace: bool, consolidate: bool = False) -> None:
        self.currency = currency
        self.consolidate = consolidate
        self.trace = trace
        self.lines: dict[LineKey, LineDraft] = {}
        self.total = ZERO

    def take(self, place: Placement, tally: Tally) -> None:
        """Put a group where it was placed."""
        taxed = place.taxed
        kind = "" if self.consolidate else place.kind
        key = LineKey(place.account, kind, taxed.code, taxed.mode, place.dimensions, place.marketplace)
        draft = self.lines.setdefault(key, LineDraft(place.role, kind))
        if self.consolidate:
            draft.call(place)
        draft.take(tally, taxed.is_tax)
        self.total += tally.amount

    def written(self) -> tuple[list[DocumentLine], int]:
        """The lines in the chart's order, and how many rows of 0.00 found no line to go with."""
        lines, left = self.by_role()
        return [line for _role, line in lines], left

    def by_role(self) -> tuple[list[tuple[Role | None, DocumentLine]], int]:
        """As `written`, each line with the role it plays; None where a person gave rows without one an account."""
        lines: list[tuple[Role | None, DocumentLine]] = []
        left = 0
        named = [(key._replace(kind=draft.kind), draft) for key, draft in self.lines.items()]
        for key, draft in sorted(named, key=lambda item: _order(item[0], item[1])):
            draft.settle_sides()
            left += draft.zeros
            for side, half in ((Side.DEBIT, draft.debit), (Side.CREDIT, draft.credit)):
                if half.gross:
                    lines.append((draft.role, self._line(key, side, half)))
        return lines, left

    def _line(self, key: LineKey, side: Side, half: SideDraft) -> DocumentLine:
        tax = half.tax if key.mode is TaxMode.STATED else ZERO
        if key.mode is TaxMode.INCLUSIVE and key.code is not None:
            tax = included(half.gross, key.code.rate, self.currency)
        return DocumentLine(
            account=key.account,
            side=side,
            gross=half.gross,
            description=(describe_role if self.consolidate else describe)(key.kind, key.marketplace),
            kind=key.kind,
            tax=key.code,
            tax_amount=tax,
            dimensions=key.dimensions,
            rows=half.rows.ranges() if self.trace else (),
            row_count=half.count,
        )


def _order(key: LineKey, draft: LineDraft) -> tuple[int, str, str, str, str, str]:
    return _position(draft.role), key.account.name, key.kind, key.code.key if key.code else "", key.mode.value, key.marketplace


def _position(role: Role | None) -> int:
    return ORDER.get(role, len(ORDER)) if role else len(ORDER)


def describe(kind: str, marketplace: str = "") -> str:
    """What a line says in the ledger: 'Refund referral fee', with its marketplace where lines are split."""
    words = _NAMES.get(kind) or kind.replace("_", " ").replace("fba", "FBA").replace("awd", "AWD").replace("mcf", "MCF")
    words = words[:1].upper() + words[1:]
    return f"{words} - {marketplace}" if marketplace else words


def describe_role(role: str, marketplace: str = "") -> str:
    """What a consolidated line says: its role as the default account is called, 'Selling Fees'."""
    known = BY_ROLE.get(role)
    if known is None:
        return describe(role, marketplace)
    words = known.name.removeprefix("Amazon ")
    return f"{words} - {marketplace}" if marketplace else words


_NAMES = {
    ORDERS: N_("Orders posted one by one"),
    REFUNDS: N_("Refunds posted one by one"),
    "settling": N_("Amazon payout"),
    "owed": N_("Balance owed to Amazon"),
    "carry": N_("Month end carry"),
    "in_transit": N_("Amazon payout on its way"),
    "clearing": N_("Held in clearing until the payout"),
    "counter": N_("Total"),
    "transfer": N_("Amazon payout"),
    "reserve_previous": N_("Reserve released from the settlement before"),
    "reserve_current": N_("Reserve held back"),
    "debt_carried_forward": N_("Balance brought forward from the settlement before"),
    "debt_recovery_card_charge": N_("Charged to the card"),
    "loan_repayment": N_("Loan repayment"),
}


def own_line(
    account: AccountRef, signed: Decimal, kind: str, *, settling: bool = False, dimensions: Iterable[tuple[str, str]] = ()
) -> DocumentLine:
    """A line of ours without rows: bank, balance owed, carry. `signed` is credit positive."""
    side = Side.CREDIT if signed > 0 else Side.DEBIT
    return DocumentLine(account, side, abs(signed), describe(kind), kind, dimensions=tuple(dimensions), settling=settling)
