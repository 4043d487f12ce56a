"""What is wrong with the wizard's answers, each as a problem at its field. Found by looking, before anything is posted.

Pure. Fields are named as in `Integration.options`: "payout_accounts.USD", "tax.0.sales", "role.loan",
"dimensions.Amazon.com.class", and the integration's own: "starts_on", "marketplaces".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from canonical.problems import N_, Problem, Severity, Where, declare
from reconciliation.engine import Registration
from reconciliation.engine.chart import BY_ROLE, ChartAccount
from syncs.mapping.validate import KnownAccount

from . import roles, taxes

ACCOUNT_UNKNOWN = declare(
    "wizard.account_unknown",
    N_("The ledger has no account %(account)s (any more)."),
    N_("Choose another account, or read the ledger's accounts again if you have just made it."),
)
ACCOUNT_INACTIVE = declare(
    "wizard.account_inactive",
    N_("The account %(account)s is inactive in the ledger."),
    N_("Make it active again in the ledger and read the accounts again, or choose another one."),
)
PAYOUT_TYPE = declare(
    "wizard.payout_account_type",
    N_("Payouts cannot arrive in %(account)s, an account of type %(type)s."),
    N_("Choose a bank account, or another current asset that you use for money on its way."),
)
PAYOUT_CURRENCY = declare(
    "wizard.payout_account_currency",
    N_("%(account)s is kept in %(found)s, but these payouts are in %(wanted)s."),
    N_("Choose a bank account in %(wanted)s, or leave it open: settlements in %(wanted)s are held until there is one."),
)
CURRENCY_NOT_KEPT = declare(
    "wizard.currency_not_kept",
    N_("The ledger does not keep %(currency)s, so settlements in %(currency)s are held."),
    N_("Turn on several currencies in the ledger, add a bank account in %(currency)s, then read the accounts again."),
    Severity.WARNS,
)
ROLE_TYPE = declare(
    "wizard.role_account_type",
    N_("%(role)s cannot be kept on %(account)s, an account of type %(type)s."),
    N_("Choose an account of type %(wanted)s or another one of its kind."),
)
ROLE_CURRENCY = declare(
    "wizard.role_account_currency",
    N_("%(account)s is kept in %(found)s; one account for all currencies must be in the company's own (%(home)s)."),
    N_("Choose an account in %(home)s."),
)
REGISTRATION_UNKNOWN = declare(
    "wizard.registration_unknown",
    N_("%(value)s is not a tax registration that we know."),
    N_("Choose one from the list."),
)
TAX_CODE_NEEDED = declare(
    "wizard.tax_code_needed",
    N_("No tax code is chosen for this on %(marketplace)s."),
    N_("Choose the code; your accountant knows it, and a test posting shows what it does."),
)
TAX_CODE_GONE = declare(
    "wizard.tax_code_gone",
    N_("The ledger has no active tax code %(code)s."),
    N_("Choose another code, or make it active again in the ledger and read the accounts again."),
)
TAX_PERIODS = declare(
    "wizard.tax_periods",
    N_("Two registrations for %(marketplace)s are in force on the same day."),
    N_("Let the earlier one end the day before the later one starts."),
)
TAX_PERIOD_ENDS = declare(
    "wizard.tax_period_ends",
    N_("This registration for %(marketplace)s ends before it starts."),
    N_("Correct one of the two dates, or leave the end open."),
)
START_CLOSED = declare(
    "wizard.start_closed",
    N_("The ledger's books are closed up to and including %(closed)s, so nothing can be posted from %(starts)s."),
    N_("Start on a later day, or reopen the period in the ledger and read the accounts again."),
)
NO_MARKETPLACE = declare(
    "wizard.no_marketplace",
    N_("No marketplace is chosen."),
    N_("Tick at least one; the others can follow later."),
)
ALL_TAKEN = declare(
    "wizard.all_marketplaces_taken",
    N_("Every marketplace of this account already belongs to another integration: %(names)s."),
    N_("Take one out there, on its own Marketplaces page, and tick it here; or leave this one as it is: it books nothing."),
)
MARKETPLACE_TAKEN = declare(
    "wizard.marketplace_taken",
    N_("%(marketplace)s already belongs to the integration %(name)s."),
    N_("Leave it out here, or take it out there first: a settlement goes into one ledger by one way."),
)
DIMENSION_GONE = declare(
    "wizard.dimension_gone",
    N_("The ledger has no active %(kind)s for %(marketplace)s with this id."),
    N_("Choose another one, or leave it empty."),
)

SKU_GROUP_NAME = declare(
    "wizard.sku_group_name",
    N_("A SKU group needs a name of at most %(limit)s characters."),
    N_("Call it what you sell: Shoes, Books."),
)
SKU_GROUP_TWICE = declare(
    "wizard.sku_group_twice",
    N_("There is already a SKU group called %(name)s."),
    N_("Choose another name, or add the patterns to that group."),
)
SKU_GROUP_EMPTY = declare(
    "wizard.sku_group_empty",
    N_("The SKU group %(name)s has no patterns."),
    N_("Write one pattern a line, such as SHOE-*, or a whole SKU."),
)
SKU_PATTERN = declare(
    "wizard.sku_pattern",
    N_("A pattern of the SKU group %(name)s is empty or longer than %(limit)s characters."),
    N_("Write one pattern a line; Amazon's SKUs have at most 40 characters."),
)
SKU_PATTERNS = declare(
    "wizard.sku_patterns",
    N_("The SKU group %(name)s has more than %(limit)s patterns."),
    N_("Say what the SKUs have in common: SHOE-* instead of every shoe."),
)

GROUP_NAME, PATTERN, PATTERNS = 60, 100, 500
"""The longest name of a SKU group, the longest pattern, and the most patterns in one group."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What answers are checked against. `dimensions` are the active ids by kind ("class", "department").

    `chart` has the default account of each role; `banks` says whether lines may stand on accounts of money;
    """

    accounts: Mapping[str, KnownAccount]
    home: str
    currencies: frozenset[str] = frozenset()
    tax_codes: Collection[str] = ()
    keeps_vat: bool = False
    close_date: date | None = None
    dimensions: Mapping[str, Collection[str]] = field(default_factory=dict)
    chart: Mapping[str, ChartAccount] = field(default_factory=lambda: BY_ROLE)
    banks: bool = True

    @property
    def payout_types(self) -> tuple[str, ...]:
        """The types of account that payouts can arrive in, banks first."""
        return roles.PAYOUT_TYPES if self.banks else roles.PAYOUT_TYPES[:1]


def options(given: Mapping[str, Any], ledger: Ledger) -> list[Problem]:
    """Everything wrong with what `Integration.options` holds for the books."""
    return [
        *payout_accounts(given.get("payout_accounts") or {}, ledger),
        *tax(given.get("tax") or (), ledger),
        *dimensions(given.get("dimensions") or {}, ledger),
        *sku_groups(given.get("sku_groups") or {}),
    ]


def payout_accounts(given: Mapping[str, str], ledger: Ledger) -> Iterator[Problem]:
    """Each payout account must exist, be active, take money, and be in the payout's currency."""
    for currency, account_id in given.items():
        where = Where(field=f"payout_accounts.{currency}")
        if ledger.currencies and currency not in ledger.currencies:
            yield Problem(CURRENCY_NOT_KEPT, {"currency": currency}, where)
            continue
        account, problem = usable(account_id, ledger, where)
        if problem is not None or account is None:
            yield from filter(None, [problem])
            continue
        found = roles.currency_of(account, ledger.home)
        if account.type not in ledger.payout_types:
            yield Problem(PAYOUT_TYPE, {"account": account.name, "type": account.type}, where)
        elif found != currency:
            yield Problem(PAYOUT_CURRENCY, {"account": account.name, "found": found, "wanted": currency}, where)


def role_accounts(chosen: Mapping[str, str], ledger: Ledger) -> Iterator[Problem]:
    """Each role's account must exist, be active, and be of a kind that its lines can stand on."""
    for role, account_id in chosen.items():
        where, wanted = Where(field=f"role.{role}"), ledger.chart[role]
        account, problem = usable(account_id, ledger, where)
        if problem is not None or account is None:
            yield from filter(None, [problem])
            continue
        if not roles.fits(wanted, account, banks=ledger.banks):
            params = {"role": wanted.name, "account": account.name, "type": account.type, "wanted": wanted.type}
            yield Problem(ROLE_TYPE, params, where)
        elif roles.currency_of(account, ledger.home) != ledger.home:
            params = {"account": account.name, "found": account.currency, "home": ledger.home}
            yield Problem(ROLE_CURRENCY, params, where)


def usable(account_id: str, ledger: Ledger, where: Where) -> tuple[KnownAccount | None, Problem | None]:
    """The account, or why it cannot be used at all."""
    account = ledger.accounts.get(account_id)
    if account is None:
        return None, Problem(ACCOUNT_UNKNOWN, {"account": account_id}, where)
    if not account.active:
        return None, Problem(ACCOUNT_INACTIVE, {"account": account.name}, where)
    return account, None


def tax(given: Sequence[Mapping[str, str]], ledger: Ledger) -> Iterator[Problem]:
    """Each answer must name its codes, which the ledger must have; periods of one marketplace must not overlap."""
    for index, row in enumerate(given):
        place = f"tax.{index}"
        if row.get("registration") not in set(Registration):
            yield Problem(REGISTRATION_UNKNOWN, {"value": str(row.get("registration"))}, Where(field=f"{place}.registration"))
            continue
        yield from _codes(row, place, ledger)
        starts, ends = _day(row.get("starts_on")), _day(row.get("ends_on"))
        if starts and ends and ends < starts:
            yield Problem(TAX_PERIOD_ENDS, {"marketplace": row["marketplace"]}, Where(field=f"{place}.ends_on"))
    yield from _overlaps(given)


def _codes(row: Mapping[str, str], place: str, ledger: Ledger) -> Iterator[Problem]:
    must = taxes.needed(row["registration"])
    for which in taxes.used(row["registration"]):
        where, code = Where(field=f"{place}.{which}"), row.get(which, "")
        if not code and which in must:
            yield Problem(TAX_CODE_NEEDED, {"marketplace": row["marketplace"]}, where)
        elif code and code not in ledger.tax_codes:
            yield Problem(TAX_CODE_GONE, {"code": code}, where)


def _overlaps(given: Sequence[Mapping[str, str]]) -> Iterator[Problem]:
    by_place: dict[str, list[tuple[date, date, int]]] = {}
    for index, row in enumerate(given):
        period = (_day(row.get("starts_on")) or date.min, _day(row.get("ends_on")) or date.max, index)
        by_place.setdefault(row["marketplace"], []).append(period)
    for marketplace, periods in by_place.items():
        ordered = sorted(periods)
        for (_start, ends, _first), (starts, _ends, index) in pairwise(ordered):
            if starts <= ends:
                yield Problem(TAX_PERIODS, {"marketplace": marketplace}, Where(field=f"tax.{index}.starts_on"))


def dimensions(given: Mapping[str, Mapping[str, str]], ledger: Ledger) -> Iterator[Problem]:
    for marketplace, pairs in given.items():
        for kind, external_id in pairs.items():
            if external_id not in ledger.dimensions.get(kind, ()):
                where = Where(field=f"dimensions.{marketplace}.{kind}")
                yield Problem(DIMENSION_GONE, {"kind": kind, "marketplace": marketplace}, where)


def sku_groups(given: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Each group must have a name of its own, whatever its case, and patterns that a SKU can fit."""
    names: set[str] = set()
    for name, patterns in given.items():
        where, folded = Where(field=f"sku_groups.{name}"), name.strip().casefold()
        if not folded or len(name) > GROUP_NAME:
            yield Problem(SKU_GROUP_NAME, {"limit": GROUP_NAME}, where)
        elif folded in names:
            yield Problem(SKU_GROUP_TWICE, {"name": name}, where)
        names.add(folded)
        if not patterns:
            yield Problem(SKU_GROUP_EMPTY, {"name": name}, where)
        if len(patterns) > PATTERNS:
            yield Problem(SKU_PATTERNS, {"name": name, "limit": PATTERNS}, where)
        if any(not pattern.strip() or len(pattern) > PATTERN for pattern in patterns):
            yield Problem(SKU_PATTERN, {"name": name, "limit": PATTERN}, where)


def start(starts_on: date | None, ledger: Ledger) -> Iterator[Problem]:
    """The first day must lie after the period that the ledger has closed."""
    if starts_on is not None and ledger.close_date is not None and starts_on <= ledger.close_date:
        params = {"closed": ledger.close_date.isoformat(), "starts": starts_on.isoformat()}
        yield Problem(START_CLOSED, params, Where(field="starts_on"))


def marketplaces(chosen: Iterable[str], taken: Mapping[str, str], names: Mapping[str, str]) -> Iterator[Problem]:
    """`chosen` are ids; `taken` says which integration an id belongs to already, `names` what an id is called."""
    listed = list(chosen)
    if not listed and names and names.keys() <= taken.keys():
        yield Problem(ALL_TAKEN, {"names": ", ".join(sorted(set(taken.values())))}, Where(field="marketplaces"))
    elif not listed:
        yield Problem(NO_MARKETPLACE, {}, Where(field="marketplaces"))
    for place in listed:
        if place in taken:
            params = {"marketplace": names.get(place, place), "name": taken[place]}
            yield Problem(MARKETPLACE_TAKEN, params, Where(field="marketplaces"))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
