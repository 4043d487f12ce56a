"""Setting up a pair: default accounts made in the ledger on request, and the mapping that uses them.

Nothing is created without consent: `missing_accounts` lists what would be, `create_default_accounts`
does it. Accounts are matched by name first, so asking twice, or after somebody made them by hand,
creates nothing again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db import transaction

from canonical.accounting import AccountType
from canonical.problems import Problem, Refused, declare
from connections import selectors as connection_selectors
from connections import services as connection_services
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import Connection, ReferenceCopy
from connections.polled import polls_us
from connections.registry import provider
from reconciliation.engine import Shape
from reconciliation.engine.chart import AMAZON, LEDGER_ACCOUNTS, ChartAccount, Role
from syncs import mappings, runs
from syncs.mapping.rules import ROLE, Rule, Target
from syncs.models import Binding, Integration, MappingVersion
from tenants.news import audit

WRONG_TYPE = declare(
    "setup.wrong_type",
    "The ledger already has an account called %(name)s, of type %(found)s instead of %(wanted)s.",
    "Rename that account in the ledger, or choose another account for this role.",
)

# Roles that an entry may need. Clearing comes with orders and exchange differences with conversion: until then
# nobody's chart is cluttered with them.
_LATER = (Role.CLEARING, Role.EXCHANGE, Role.STORE_CREDIT)
NEEDED = tuple(account.role.value for account in LEDGER_ACCOUNTS if account.role not in _LATER)
# What the orders of a shop may need: it takes no fees, keeps no reserve and pays nothing out.
SHOP_NEEDED = tuple(
    role.value
    for role in (
        Role.SALES, Role.SHIPPING_INCOME, Role.PROMOTIONS, Role.REFUNDS, Role.CLEARING, Role.SALES_TAX_PAYABLE, Role.STORE_CREDIT,
        Role.ROUNDING,
    )
)  # fmt: skip


def chart_of(ledger: Connection) -> tuple[ChartAccount, ...]:
    """The default chart as this ledger has it: where all documents stand against clearing, that is a bank account."""
    if not _clears_all(ledger):
        return LEDGER_ACCOUNTS
    return tuple(replace(each, type=AccountType.BANK) if each.role is Role.CLEARING else each for each in LEDGER_ACCOUNTS)


def needed(ledger: Connection) -> tuple[str, ...]:
    """The roles that entries in this ledger may need, in the chart's order."""
    wanted = {*NEEDED, *([Role.CLEARING.value] if _clears_all(ledger) else ())}
    return tuple(account.role.value for account in LEDGER_ACCOUNTS if account.role.value in wanted)


def _clears_all(ledger: Connection) -> bool:
    return Shape.DOCUMENTS.value in connection_selectors.forms(ledger).shapes


@dataclass(frozen=True, slots=True)
class DefaultAccount:
    """A default account and what the ledger has under its name: nothing, the account, or one of another type."""

    account: ChartAccount
    found: ReferenceCopy | None = None

    @property
    def problem(self) -> Problem | None:
        if self.found is None or _family(self.found.facts.get("type")) == _family(self.account.type):
            return None
        params = {"name": self.account.name, "found": str(self.found.facts.get("type")), "wanted": self.account.type}
        return Problem(WRONG_TYPE, params)


def name_of(source: Connection) -> str:
    """What the accounts of a source bear in their names: "Magento" in "Magento Sales"."""
    return AMAZON if runs.channel_of(source) == "" else provider(source.provider).info.name


def _family(account_type: object) -> str:
    """The side of the books; a type that no vocabulary knows is a family of its own."""
    try:
        return AccountType(str(account_type)).family
    except ValueError:
        return str(account_type)


def default_accounts(ledger: Connection, roles: Iterable[str] | None = None, source: str = AMAZON) -> list[DefaultAccount]:
    """The default accounts of these roles (of all that are needed) beside what the ledger has, in the chart's order.

    They are called by the name of the source.
    """
    names, wanted = _by_name(ledger), set(needed(ledger) if roles is None else roles)
    chart = [replace(account, name=account.name_for(source)) for account in chart_of(ledger) if account.role.value in wanted]
    return [DefaultAccount(account, names.get(account.name.casefold())) for account in chart]


def missing_accounts(ledger: Connection, roles: Iterable[str] | None = None, source: str = AMAZON) -> list[ChartAccount]:
    """The default accounts that the ledger does not have yet."""
    return [default.account for default in default_accounts(ledger, roles, source) if default.found is None]


def create_default_accounts(
    *, ledger: Connection, roles: Iterable[str] | None = None, at_most: int | None = None, source: str = AMAZON
) -> list[ReferenceCopy]:
    """Make the missing default accounts in the ledger, one call each; safe to repeat after a failure.

    `at_most` leaves the rest for the next call, so that a page can show progress. Raises Failure; what
    was made before it stays and is known. A ledger that comes to us is asked for all of them at once, before the
    failure that says so.
    """
    target = provider(ledger.provider).target
    assert target is not None  # noqa: S101 - only ledgers get here
    door = door_for(ledger)
    made = []
    waits: Failure | None = None
    for account in missing_accounts(ledger, roles, source)[: None if polls_us(ledger) else at_most]:
        spec, local = spec_of(account, ledger.provider), _local_ref(account, source)
        try:
            item = target.create_account(door, ledger.account(), spec, request_id=_request_id(ledger, local))
        except Failure as failure:
            if failure.kind is not FailureKind.QUEUED:
                raise
            waits = failure
            continue
        connection_services.remember_references(connection=ledger, items=[item])
        with transaction.atomic():
            copy = ReferenceCopy.objects.get(connection=ledger, kind="account", external_id=item.external_id)
            Binding.objects.get_or_create(
                connection=ledger, kind="account", local_ref=local, defaults={"external_id": item.external_id}
            )
            audit("ledger.account_created", copy, after={"name": account.name, "role": account.role.value})
        made.append(copy)
    if waits is not None:
        raise waits
    return made


def spec_of(account: ChartAccount, provider_key: str) -> dict[str, str]:
    """What a ledger is told when a default account is made: its number is a suggestion, the next free one is taken otherwise."""
    code = account.codes.get(provider_key, "")
    return {
        "name": account.name,
        "type": str(account.type),
        "subtype": account.subtype,
        "role": account.role.value,
        **({"number": code} if code else {}),
    }


def draft_default_accounts(
    *, integration: Integration, roles: Iterable[str] | None = None, tax_codes: Mapping[str, str] | None = None
) -> None:
    """Point each of these roles at the default account of its name, in the draft. `tax_codes` gives a code per treatment.

    Raises Refused when an account of that name has another type; a role without an account is left out.
    """
    source = name_of(integration.source)
    found = [default for default in default_accounts(integration.ledger, roles, source) if default.found is not None]
    wrong = [problem for default in found if (problem := default.problem)]
    if wrong:
        raise Refused(*wrong)
    for default in found:
        assert default.found is not None  # noqa: S101 - filtered above
        rule = Rule(
            target=Target(ROLE, default.account.role.value),
            account_id=default.found.external_id,
            account_name=default.found.name,
            tax_code_id=(tax_codes or {}).get(default.account.treatment.value, ""),
        )
        mappings.set_rule(integration.mapping_set, rule, origin="template")


def map_default_accounts(
    *, integration: Integration, roles: Iterable[str] | None = None, tax_codes: Mapping[str, str] | None = None
) -> MappingVersion:
    """Point these roles at the default accounts of their names and publish."""
    wanted = needed(integration.ledger) if roles is None else tuple(roles)
    draft_default_accounts(integration=integration, roles=wanted, tax_codes=tax_codes)
    return mappings.publish_draft(integration.mapping_set, note="Default accounts", needed_roles=wanted)


def _by_name(ledger: Connection) -> dict[str, ReferenceCopy]:
    copies = ReferenceCopy.objects.filter(connection=ledger, kind="account", active=True)
    return {copy.name.casefold(): copy for copy in copies}


def _local_ref(account: ChartAccount, source: str) -> str:
    """What we call the account: its role, with the source's name where it is not Amazon's."""
    return account.role.value if source == AMAZON else f"{source.casefold()}:{account.role.value}"


def _request_id(ledger: Connection, local: str) -> str:
    """The same for every retry of the same wish, so that a lost answer cannot make the account twice."""
    text = f"{ledger.ledger_name}\x1faccount\x1f{local}"
    return "tie-" + hashlib.sha256(text.encode()).hexdigest()[:32]
