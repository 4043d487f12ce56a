"""Where a group of rows goes: its role, its account, its tax, and the document it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from canonical.accounting import AccountRef
from canonical.problems import N_, Problem, declare
from canonical.settlement import LineCategory as K
from canonical.settlement import Settlement

from .book import AccountRule, Book, Dimensions
from .chart import BY_ROLE, LEDGER_ACCOUNTS, Role, Treatment, role_of
from .summary import Periods
from .supplies import GroupKey, Supply
from .tally import Tally
from .triple import Triple
from .vat import Taxed, Taxes, TaxMode

UNMAPPED = declare(
    "compose.unmapped",
    N_("No account is chosen for %(what)s."),
    N_("Map it to an account of the ledger, or create the default account."),
)

ORDER = {account.role: position for position, account in enumerate(LEDGER_ACCOUNTS)}


@dataclass(frozen=True, slots=True)
class Placement:
    """A group's place in the books. `kind` is what the line is called; tax rows bear their fee's kind."""

    account: AccountRef
    role: Role | None
    kind: str
    taxed: Taxed
    dimensions: Dimensions
    marketplace: str


class Places:
    """Places groups by the book; collects what has no place in `problems`."""

    def __init__(self, book: Book, taxes: Taxes) -> None:
        self.book = book
        self.taxes = taxes
        self.problems: list[Problem] = []

    def place(self, key: GroupKey, tally: Tally, day: date) -> Placement | None:
        """The group's place, None when nobody knows what it is or has chosen an account for it."""
        if tally.rule is None:
            return None
        if key.cleared:
            return self._clearing(key, tally, day)
        kind = tally.rule.category.value
        role = self._role(tally.rule.category, key.supply)
        taxed = self._taxed(key, tally, role, day)
        if taxed.is_tax and taxed.joins:
            kind = taxed.joins
            role = role_of(kind)
        rule = self.account(role, kind, key.triple, key.marketplace, key.sku_group)
        if rule is None:
            return None
        taxed = self._overridden(taxed, rule, key.supply)
        dimensions = rule.dimensions or tuple(self.book.dimensions.get(key.marketplace, ()))
        return Placement(rule.account, role, kind, taxed, dimensions, key.marketplace if self.book.per_marketplace else "")

    def _clearing(self, key: GroupKey, tally: Tally, day: date) -> Placement | None:
        """What an order's own document booked: against clearing, without a tax code, because its VAT stands there."""
        rule = self.account(Role.CLEARING, marketplace=key.marketplace)
        if rule is None:
            return None
        taxed = self.taxes.of(key, tally, Role.CLEARING, Treatment.OUTSIDE, day)
        return Placement(rule.account, Role.CLEARING, key.cleared, taxed, rule.dimensions, "")

    def _taxed(self, key: GroupKey, tally: Tally, role: Role | None, day: date) -> Taxed:
        account = BY_ROLE.get(role.value) if role else None
        if role is None or account is None:
            return Taxed()
        return self.taxes.of(key, tally, role, account.treatment if account else Treatment.OUTSIDE, day)

    def _overridden(self, taxed: Taxed, rule: AccountRule, supply: Supply) -> Taxed:
        """The code of the account's own rule, except where Amazon accounts for the tax or rows are the tax."""
        if rule.tax is None or taxed.is_tax or (self.book.tax_schemes is not None and supply is Supply.WITHHELD):
            return taxed
        mode = taxed.mode
        if self.book.tax_schemes is not None and mode is TaxMode.NONE and rule.tax.rate:
            mode = TaxMode.INCLUSIVE
        return Taxed(rule.tax, mode)

    def _role(self, kind: K, supply: Supply) -> Role | None:
        role = role_of(kind.value)
        if role is Role.MARKETPLACE_TAX and supply is not Supply.WITHHELD:
            return Role.SALES_TAX_PAYABLE
        if self.book.opening.first and kind in (K.RESERVE_PREVIOUS, K.DEBT_CARRIED_FORWARD):
            return Role.OPENING
        return role

    def account(
        self, role: Role | None, kind: str = "", triple: Triple | None = None, marketplace: str = "", sku_group: str = ""
    ) -> AccountRule | None:
        """The chosen account, or None with a problem that says what lacks one."""
        rule = self.book.account_rule(role.value if role else "", kind, triple, marketplace, sku_group)
        if rule is not None and (role is not None or rule.kind or rule.triple):
            return rule
        known = BY_ROLE.get(role.value) if role else None
        problem = Problem(UNMAPPED, {"what": known.name if known else kind})
        if problem not in self.problems:
            self.problems.append(problem)
        return None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that matter for a settlement, in the tenant's zone."""

    start: date
    end: date
    deposit: date

    @classmethod
    def of(cls, header: Settlement, periods: Periods, payout_on: date | None) -> Calendar | None:
        """None when the file states no date at all."""

        def day(*moments: datetime | None) -> date | None:
            return next((periods.day(moment) for moment in moments if moment is not None), None)

        deposit = payout_on or day(header.deposit_at, header.period_end)
        if deposit is None:
            return None
        end = day(header.period_end, header.deposit_at) or deposit
        return cls(day(header.period_start, header.period_end, header.deposit_at) or deposit, end, deposit)

    def day_of(self, key: GroupKey, tally: Tally) -> date:
        """The group's own day; without one the period's start for a previous reserve, its end otherwise."""
        if key.period is not None:
            return key.period
        previous = tally.rule is not None and tally.rule.category is K.RESERVE_PREVIOUS
        return self.start if previous else self.end

    def slot(self, book: Book, key: GroupKey, tally: Tally) -> date:
        """The date of the document the group belongs to."""
        day = self.day_of(key, tally)
        own_date = book.card_on_own_date and tally.rule is not None and tally.rule.category is K.DEBT_RECOVERY_CARD_CHARGE
        if own_date:
            return min(day, self.deposit)
        if not book.month_split or (day.year, day.month) >= (self.deposit.year, self.deposit.month):
            return self.deposit
        return last_of_month(day)


def last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
