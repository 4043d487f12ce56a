"""The tenant's bookkeeping decisions, as one frozen value: which account, which tax, which shape.

`compose` takes a `Book` and a `Summary` and needs nothing else, so that the same settlement and the
same book always give the same documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from canonical.accounting import AccountRef, AccountType, PartyRef, TaxRef

from .chart import AMAZON, LEDGER_ACCOUNTS, Role
from .cleared import Cleared
from .sku import SkuGroup
from .triple import Triple

Dimensions = tuple[tuple[str, str], ...]


class Shape(StrEnum):
    """How a settlement is posted (docs/accounting-for-developers.md). Which of them a ledger takes, its forms say."""

    SUMMARY_JOURNAL = "summary_journal"
    ONE_DEPOSIT = "one_deposit"
    INVOICE = "invoice"
    DOCUMENTS = "documents"


@dataclass(frozen=True, slots=True)
class Journals:
    """What journals of the ledger may do: stand on bank accounts, carry VAT, be in another currency than its own."""

    take_bank: bool = True
    take_tax: bool = True
    take_currencies: bool = True


@dataclass(frozen=True, slots=True)
class Parties:
    """Whom documents name: the marketplace as the customer of an invoice or sale, and as the supplier of its fees.

    `receivable` is the account that the invoices stand on; None where the shape makes none.
    """

    customer: PartyRef
    supplier: PartyRef | None = None
    receivable: AccountRef | None = None


class PayoutState(StrEnum):
    """What became of the money: EXPECTED or paid goes to the bank, FAILED stays in transit."""

    EXPECTED = "expected"
    FAILED = "failed"


class Registration(StrEnum):
    """The seller's standing with the tax authority of a marketplace."""

    OUTSIDE = "outside"  # no VAT there (United States): nothing is taken out of amounts
    NOT_REGISTERED = "not_registered"  # gross is income, gross is cost
    REGISTERED = "registered"  # registered and established: fees carry input VAT
    REGISTERED_ABROAD = "registered_abroad"  # registered, not established: fees are reverse charge
    FLAT_RATE = "flat_rate"  # VAT is a share of turnover, outside this entry


@dataclass(frozen=True, slots=True)
class TaxScheme:
    """How one marketplace is taxed from `starts_on` (inclusive) until `ends_on` (inclusive, None = open).

    `sales` and `purchases` carry the rate that is contained in gross amounts; `zero` is the code of a
    supply on which the marketplace itself accounts for the VAT; `none` is "not on the return at all"
    (None: the line carries no code); `reverse` is the reverse-charge code for fees from abroad.
    """

    marketplace: str
    registration: Registration
    starts_on: date = date.min
    ends_on: date | None = None
    sales: TaxRef | None = None
    purchases: TaxRef | None = None
    zero: TaxRef | None = None
    none: TaxRef | None = None
    reverse: TaxRef | None = None

    def covers(self, marketplace: str, day: date) -> bool:
        return (
            self.marketplace.casefold() == marketplace.casefold()
            and self.starts_on <= day
            and (self.ends_on is None or day <= self.ends_on)
        )


@dataclass(frozen=True, slots=True)
class AccountRule:
    """One decision: rows of this role, kind or triple (and marketplace, and SKU group) go to `account`.

    Blank fields match everything. `tax` overrides the scheme's code for the line; `dimensions` are
    (name, external id) pairs such as ("class", "5000").
    """

    account: AccountRef
    role: str = ""
    kind: str = ""
    triple: Triple | None = None
    marketplace: str = ""
    tax: TaxRef | None = None
    dimensions: Dimensions = ()
    sku_group: str = ""

    @property
    def specificity(self) -> int:
        """A SKU group beats none; then triple beats kind beats role; a named marketplace decides between equals."""
        base = 6 if self.triple else 4 if self.kind else 2 if self.role else 0
        return base + (8 if self.sku_group else 0) + (1 if self.marketplace else 0)

    def matches(self, role: str, kind: str, triple: Triple | None, marketplace: str, sku_group: str = "") -> bool:
        return (
            (not self.role or self.role == role)
            and (not self.kind or self.kind == kind)
            and (self.triple is None or self.triple == triple)
            and (not self.marketplace or self.marketplace.casefold() == marketplace.casefold())
            and (not self.sku_group or self.sku_group == sku_group)
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands in the books from the settlement before: `first` when none was ever posted.

    `previous_reserve` is the current reserve of the last posted settlement, as a positive amount
    held back; None when it is not known and therefore not compared.
    """

    first: bool = False
    previous_reserve: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """Everything `compose` needs to know about the tenant.

    `accounts` are tried from the most specific; `payout_accounts` is one bank account per currency.
    `tax_schemes` None means the ledger keeps no VAT; a tuple means it does, and a marketplace or day
    outside of it holds the settlement. `payout_on` is the day the money really moved, where it is
    known: it takes the place of the file's deposit date. `ledger_currencies` are the currencies the
    ledger can post in (empty: not checked). `home_marketplace` says whose tax rules hold for rows that
    name no marketplace (storage, advertising); without it, the one scheme all marketplaces share.
    `per_marketplace` keeps a line per marketplace even where the account is one. `card_on_own_date`
    gives a card charge a journal of its own, dated as on the card statement. `consolidate` makes one
    line a side of all kinds of rows that share account, tax and tracking. `sku_groups` are families of
    products, tried in order, that rules may name. `source` is the source's own name; `methods` are the
    accounts that money lies on until it reaches the bank, by method of payment, where it is not clearing. `cleared` are the orders and refunds that were posted by
    themselves; None where nothing ever is. `journals` says what the ledger's journals may do. `parties` are
    needed by shapes that name somebody. `feed_receives`: where journals may not stand on the bank, the receipt
    that brings a payout from transit into it is written by the ledger's bank feed, not by us.
    """

    accounts: tuple[AccountRule, ...] = ()
    payout_accounts: Mapping[str, AccountRef] = field(default_factory=dict)
    shape: Shape = Shape.SUMMARY_JOURNAL
    month_split: bool = True
    timezone: str = "UTC"
    tax_schemes: tuple[TaxScheme, ...] | None = None
    opening: Opening = Opening()
    payout_state: PayoutState = PayoutState.EXPECTED
    payout_on: date | None = None
    home_currency: str = ""
    home_marketplace: str = ""
    ledger_currencies: frozenset[str] = frozenset()
    per_marketplace: bool = False
    dimensions: Mapping[str, Dimensions] = field(default_factory=dict)
    card_on_own_date: bool = False
    line_limit: int = 750
    consolidate: bool = False
    sku_groups: tuple[SkuGroup, ...] = ()
    cleared: Cleared | None = None
    source: str = AMAZON
    methods: Mapping[str, AccountRef] = field(default_factory=dict)
    journals: Journals = Journals()
    parties: Parties | None = None
    feed_receives: bool = False

    def is_foreign(self, currency: str) -> bool:
        """Whether this is another currency than the ledger's own; not while that is unknown."""
        return bool(self.home_currency) and currency != self.home_currency

    def journals_take(self, currency: str) -> bool:
        return self.journals.take_currencies or not self.is_foreign(currency)

    @property
    def groups_in_use(self) -> tuple[SkuGroup, ...]:
        """All groups once a rule names one of them, none otherwise: then rows need not be told apart by SKU."""
        named = {rule.sku_group for rule in self.accounts if rule.sku_group}
        return self.sku_groups if any(group.name in named for group in self.sku_groups) else ()

    def account_rule(
        self, role: str, kind: str = "", triple: Triple | None = None, marketplace: str = "", sku_group: str = ""
    ) -> AccountRule | None:
        """The most specific rule that matches, None when nobody has decided yet."""
        matching = [rule for rule in self.accounts if rule.matches(role, kind, triple, marketplace, sku_group)]
        return max(matching, key=lambda rule: rule.specificity, default=None)

    def scheme(self, marketplace: str, day: date) -> TaxScheme | None:
        """The scheme in force, None when the tenant has not said."""
        return next((scheme for scheme in self.tax_schemes or () if scheme.covers(marketplace, day)), None)


def default_book(currency: str, *, timezone: str = "UTC", shape: Shape = Shape.SUMMARY_JOURNAL, month_split: bool = True) -> Book:
    """The default chart without any ledger: what the command shows, and what tests compare with."""
    accounts = tuple(AccountRule(account.ref, role=account.role.value) for account in LEDGER_ACCOUNTS)
    bank = AccountRef(Role.BANK.value, f"Bank ({currency})" if currency else "Bank")
    receivable = AccountRef(AccountType.RECEIVABLE.value, "Accounts Receivable")
    parties = Parties(PartyRef("customer", "Amazon"), PartyRef("supplier", "Amazon"), receivable)
    return Book(accounts, {currency: bank}, shape=shape, timezone=timezone, month_split=month_split, parties=parties)
