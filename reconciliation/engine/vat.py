"""Where a ledger keeps VAT: which code a group of rows carries, and how its amount is found.

Three cases of a sale, told apart by rows (accounting design, section 5):

    PLAIN     the price includes the VAT: gross x r / (100 + r), rounded once per posted line
    TAXED     price rows are net and the tax rows *are* the VAT: the line is their sum
    WITHHELD  Amazon is the supplier to the buyer: the seller's price is net, no VAT of his own

Fees include their VAT, unless its rows stand apart (`TaxAmount`, `Tax on fee`, `TaxOnFees`), in which
case those rows join their fee's line and nothing is taken out of the fee a second time. What the
tenant has not said, or what rows leave open, is a problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from canonical.accounting import TaxRef
from canonical.money import round_half_up
from canonical.problems import N_, Problem, declare
from canonical.settlement import LineCategory

from .book import Book, Registration, TaxScheme
from .chart import Role, Treatment
from .supplies import GroupKey, Supply
from .tally import Tally

TAX_UNKNOWN = declare(
    "compose.tax_unknown",
    N_("Nobody has said how sales on %(marketplace)s are taxed from %(day)s."),
    N_("State the VAT registration for this marketplace and date in the tax settings."),
)
TAX_CODE_MISSING = declare(
    "compose.tax_code_missing",
    N_("The tax settings of %(marketplace)s name no %(which)s code."),
    N_("Choose the code in the tax settings."),
)
FLAT_RATE = declare(
    "compose.flat_rate",
    N_("%(marketplace)s is on the flat rate scheme, whose VAT is not part of the entry."),
    N_("Map the accounts and codes with your accountant, or state another registration."),
)
ZERO_TAX = declare(
    "compose.zero_tax",
    N_("%(rows)s rows on %(marketplace)s state a tax of 0.00 (business buyers or exports) though the default is %(rate)s %%."),
    N_("Say which code such sales carry, then compose again."),
)


class TaxMode(StrEnum):
    """How the VAT of a line is found."""

    NONE = "none"
    INCLUSIVE = "inclusive"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class Taxed:
    """What VAT does to a group: the code, the way to its amount, and whether the rows are the tax itself.

    `joins` is the kind whose line tax rows belong to. `own_account` is False where tax rows are
    money held for others and stay on their control account.
    """

    code: TaxRef | None = None
    mode: TaxMode = TaxMode.NONE
    is_tax: bool = False
    joins: str = ""


def included(gross: Decimal, rate: Decimal, currency: str) -> Decimal:
    """The VAT inside a gross amount: round half up of gross x r / (100 + r)."""
    return round_half_up(gross * rate / (100 + rate), currency)


class Taxes:
    """Decides by the book; collects what it cannot decide in `problems`."""

    def __init__(self, book: Book, groups: Mapping[GroupKey, Tally]) -> None:
        self.book = book
        self.marketplaces = {key.marketplace for key in groups if is_marketplace(key.marketplace)}
        self.apart = {place for key, tally in groups.items() if (place := _states_tax_of(key, tally))}
        self.problems: list[Problem] = []

    def of(self, key: GroupKey, tally: Tally, role: Role, treatment: Treatment, day: date) -> Taxed:
        """The tax of a group that posts to `role`."""
        if self.book.tax_schemes is None:
            return Taxed()
        scheme = self._scheme(key.marketplace, day)
        joins = tally.rule.joins.value if tally.rule and tally.rule.joins else ""
        if role in (Role.MARKETPLACE_TAX, Role.SALES_TAX_PAYABLE):
            return self._tax_on_sales(key, tally, scheme, joins, day)
        if treatment is Treatment.OUTSIDE:
            return Taxed(scheme.none if scheme else None)
        if scheme is None or scheme.registration is Registration.FLAT_RATE:
            return self._unknown(scheme, key.marketplace, day)
        if scheme.registration in (Registration.OUTSIDE, Registration.NOT_REGISTERED):
            return Taxed(scheme.none)
        if treatment is Treatment.PURCHASE:
            return self._fee(key, tally, scheme, joins)
        return self._sale(key, tally, scheme, treatment)

    def _tax_on_sales(self, key: GroupKey, tally: Tally, scheme: TaxScheme | None, joins: str, day: date) -> Taxed:
        """Collected tax: the line's VAT where the seller owes it by a code, else control account."""
        withheld = key.supply is Supply.WITHHELD
        registered = scheme is not None and scheme.registration in (Registration.REGISTERED, Registration.REGISTERED_ABROAD)
        if withheld or (not tally.amount and not tally.credits):
            return Taxed(scheme.none if scheme else None)
        if scheme is None or scheme.registration is Registration.FLAT_RATE:
            return self._unknown(scheme, key.marketplace, day)
        if not registered or not joins:
            return Taxed(scheme.none)
        return Taxed(self._code(scheme, scheme.sales, "sales"), TaxMode.STATED, is_tax=True, joins=joins)

    def _sale(self, key: GroupKey, tally: Tally, scheme: TaxScheme, treatment: Treatment) -> Taxed:
        if key.supply is Supply.WITHHELD and treatment is Treatment.SUPPLY:
            return Taxed(self._code(scheme, scheme.zero, "zero-rated"))
        sales = self._code(scheme, scheme.sales, "sales")
        if key.supply is Supply.UNTAXED and sales is not None and sales.rate:
            params: dict[str, str | int] = {"rows": tally.rows, "marketplace": scheme.marketplace, "rate": f"{sales.rate:f}"}
            self.problems.append(Problem(ZERO_TAX, params))
        return Taxed(sales, TaxMode.STATED if key.supply is Supply.TAXED else TaxMode.INCLUSIVE)

    def _fee(self, key: GroupKey, tally: Tally, scheme: TaxScheme, joins: str) -> Taxed:
        if scheme.registration is Registration.REGISTERED_ABROAD:
            return Taxed(self._code(scheme, scheme.reverse, "reverse-charge"))
        code = self._code(scheme, scheme.purchases, "purchases")
        apart = bool(joins) or (tally.rule is not None and (tally.rule.tax_apart or self._is_apart(key, tally.rule.category)))
        return Taxed(code, TaxMode.STATED if apart else TaxMode.INCLUSIVE, is_tax=bool(joins), joins=joins)

    def _is_apart(self, key: GroupKey, category: LineCategory) -> bool:
        """Whether rows of the same month and columns are this fee's VAT, or that of all fees in these columns."""
        columns = _columns(key)
        return (*columns, category.value) in self.apart or (*columns, ALL_FEES) in self.apart

    def _code(self, scheme: TaxScheme, code: TaxRef | None, which: str) -> TaxRef | None:
        if code is None:
            self._add(Problem(TAX_CODE_MISSING, {"marketplace": scheme.marketplace, "which": which}))
        return code

    def _unknown(self, scheme: TaxScheme | None, marketplace: str, day: date) -> Taxed:
        if scheme is not None:
            self._add(Problem(FLAT_RATE, {"marketplace": scheme.marketplace}))
        else:
            self._add(Problem(TAX_UNKNOWN, {"marketplace": marketplace or "?", "day": day.isoformat()}))
        return Taxed()

    def _add(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def _scheme(self, marketplace: str, day: date) -> TaxScheme | None:
        """The marketplace's scheme; rows of the account as a whole take the home's, or the one all share."""
        if is_marketplace(marketplace):
            return self.book.scheme(marketplace, day)
        if self.book.home_marketplace:
            return self.book.scheme(self.book.home_marketplace, day)
        schemes = {self.book.scheme(name, day) for name in self.marketplaces}
        if not schemes:
            schemes = {scheme for scheme in self.book.tax_schemes or () if scheme.covers(scheme.marketplace, day)}
        return schemes.pop() if len(schemes) == 1 else None


Columns = tuple[date | None, str, str]
ALL_FEES = ""
"""`TaxOnFees` is the tax of every fee of its order, whatever the fee's kind."""


def _columns(key: GroupKey) -> Columns:
    """Where a fee and its tax stand together: one month and amount type, whatever the marketplace column says."""
    return key.period, key.triple.folded[0], key.triple.folded[1]


def _states_tax_of(key: GroupKey, tally: Tally) -> tuple[date | None, str, str, str] | None:
    """The fee whose VAT these rows are, by its columns and kind; None for rows that are no tax on a fee, or 0.00."""
    rule = tally.rule
    if rule is None or rule.joins is None or not (tally.credits or tally.debits):
        return None
    return (*_columns(key), ALL_FEES if rule.category is LineCategory.FEE_TAX_INPUT else rule.joins.value)


# Multi-channel orders: sold in other shops, sent from Amazon's stock, paid out with a store of the same region.
_MULTI_CHANNEL = ("non-amazon", "si ")


def is_marketplace(name: str) -> bool:
    """Whether a row names the marketplace it was sold on (not blank, not 'Non-Amazon UK' or 'SI UK Prod Marketplace')."""
    return bool(name) and not name.casefold().startswith(_MULTI_CHANNEL)
