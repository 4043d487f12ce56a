"""What each account is for, which accounts of the ledger fit, and which of them suggest themselves by name.

Pure. An account fits when settlement lines of that role may stand on it: income and cost lines on
profit-and-loss accounts, balances on balance-sheet accounts, none on receivables and payables, which
demand a customer or supplier on each line. A suggestion is only a name alike; a person confirms it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from canonical.accounting import AccountType
from canonical.problems import N_
from reconciliation.engine.chart import LEDGER_ACCOUNTS, ChartAccount, Role
from syncs.mapping.validate import KnownAccount

PROFIT_AND_LOSS = ("Income", "Other Income", "Cost of Goods Sold", "Expense", "Other Expense")
BALANCE_SHEET = (
    "Bank",
    "Other Current Asset",
    "Fixed Asset",
    "Other Asset",
    "Credit Card",
    "Other Current Liability",
    "Long Term Liability",
    "Equity",
)
# Where money arrives: a deposit goes into these (accounting design, 3b), unless journals are kept off the bank.
PAYOUT_TYPES = ("Bank", "Other Current Asset")
MONEY_TYPES = ("Bank", "Credit Card")
CARD_TYPES = ("Credit Card", "Bank", "Other Current Liability")
# Accounts that the ledger keeps for itself: a posting to them is refused or distorts its tax return.
SYSTEM_SUBTYPES = frozenset({"GlobalTaxPayable", "GlobalTaxSuspense", "SalesTaxPayable", "UndepositedFunds", "RetainedEarnings"})


class Section(StrEnum):
    """How the list of roles is grouped on pages: as in the books."""

    INCOME = "income"
    COSTS = "costs"
    ASSETS = "assets"
    LIABILITIES = "liabilities"


SECTION_LABELS: Mapping[Section, str] = {
    Section.INCOME: N_("Sales and other income"),
    Section.COSTS: N_("Fees and costs"),
    Section.ASSETS: N_("Money that Amazon holds"),
    Section.LIABILITIES: N_("Money owed, and opening balance"),
}
_SECTIONS: Mapping[str, Section] = {
    "Income": Section.INCOME,
    "Other Income": Section.INCOME,
    "Cost of Goods Sold": Section.COSTS,
    "Expense": Section.COSTS,
    "Other Expense": Section.COSTS,
    "Other Current Asset": Section.ASSETS,
}

# What such accounts are usually called, besides the default name without "Amazon".
_USUAL_NAMES: Mapping[Role, tuple[str, ...]] = {
    Role.SALES: ("sales of product income", "product sales", "online sales", "amazon sales", "sales"),
    Role.SHIPPING_INCOME: ("shipping income", "delivery income", "postage income"),
    Role.PROMOTIONS: ("discounts given", "discounts", "promotional discounts"),
    Role.REFUNDS: ("sales returns", "returns and allowances", "refunds", "refunds and returns"),
    Role.SELLING_FEES: ("amazon fees", "merchant fees", "marketplace fees", "commissions and fees", "selling fees"),
    Role.FBA_FEES: ("fba fees", "fulfillment fees", "fulfilment fees"),
    Role.POSTAGE: ("postage", "shipping and delivery expense", "freight and delivery"),
    Role.INBOUND: ("freight in", "inbound shipping", "inbound freight"),
    Role.STORAGE: ("storage", "storage fees", "warehouse"),
    Role.ADVERTISING: ("advertising", "advertising and marketing", "advertising promotional"),
    Role.SUBSCRIPTIONS: ("dues and subscriptions", "subscriptions"),
    Role.BAD_DEBTS: ("bad debts", "bad debt"),
    Role.LOAN: ("amazon loan", "amazon lending"),
    Role.RESERVE: ("amazon reserve",),
    Role.OPENING: ("opening balance equity",),
}
_STOP = frozenset({"amazon", "and", "of", "the", "account"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An account whose name speaks for it. `same_name` means it is called exactly like the default account."""

    account: KnownAccount
    same_name: bool


def section_of(account: ChartAccount) -> Section:
    return _SECTIONS.get(account.type, Section.LIABILITIES)


def by_section(wanted: Iterable[Role]) -> list[tuple[Section, list[ChartAccount]]]:
    """The chart's accounts of these roles, grouped as in the books, in the chart's order."""
    roles = set(wanted)
    return [
        (section, [account for account in LEDGER_ACCOUNTS if account.role in roles and section_of(account) is section])
        for section in Section
    ]


def fitting_types(account: ChartAccount) -> tuple[str, ...]:
    """The types of account that a role's lines may stand on, the role's own type first."""
    if account.role is Role.CARD:
        return CARD_TYPES
    if account.type == AccountType.BANK:
        return (AccountType.BANK.value,)
    family = PROFIT_AND_LOSS if account.type in PROFIT_AND_LOSS else BALANCE_SHEET
    return (account.type, *(kind for kind in family if kind != account.type))


def fits(account: ChartAccount, known: KnownAccount, *, banks: bool = True) -> bool:
    """Whether lines of the role may stand on the account; `banks` False where the ledger keeps lines off accounts of money."""
    if known.system or not known.active or known.type not in fitting_types(account):
        return False
    return banks or known.type not in MONEY_TYPES or account.type == AccountType.BANK


def suggest(account: ChartAccount, accounts: Sequence[KnownAccount], *, banks: bool = True) -> Suggestion | None:
    """The account named like the default one, or as such accounts usually are; None rather than a far-fetched one."""
    fitting = [known for known in accounts if fits(account, known, banks=banks)]
    for known in fitting:
        if known.name.casefold() == account.name.casefold():
            return Suggestion(known, same_name=True)
    names = (account.name, *_USUAL_NAMES.get(account.role, ()))
    for name in names:
        wanted = _words(name)
        for known in fitting:
            if wanted and _words(known.name) == wanted:
                return Suggestion(known, same_name=False)
    return None


def suggest_payout(accounts: Sequence[KnownAccount], currency: str, home: str) -> KnownAccount | None:
    """The bank account of this currency, when there is but one, or one that is named like a current account."""
    banks = [known for known in accounts if known.active and known.type == "Bank" and currency_of(known, home) == currency]
    if len(banks) == 1:
        return banks[0]
    usual = [known for known in banks if _words(known.name) & {"checking", "current", "business", currency.casefold()}]
    return usual[0] if len(usual) == 1 else None


def currency_of(known: KnownAccount, home: str) -> str:
    """An account that states no currency is kept in the company's own."""
    return known.currency or home


def _words(name: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[^a-z0-9]+", name.casefold()) if word) - _STOP
