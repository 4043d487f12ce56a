"""Setting up a pair: default accounts made in the ledger on request, and the mapping that uses them.

Nothing is created without consent: `missing_accounts` lists what would be, `create_default_accounts`
does it. Accounts are matched by name first, so asking twice, or after somebody made them by hand,
creates nothing again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from django.db import transaction

from canonical.problems import Problem, Refused, declare
from connections import services as connection_services
from connections.http import door_for
from connections.models import Connection, ReferenceCopy
from connections.registry import provider
from reconciliation.engine.chart import LEDGER_ACCOUNTS, ChartAccount, Role
from syncs import mappings
from syncs.mapping.rules import ROLE, Rule, Target
from syncs.models import Binding, Integration, MappingVersion
from tenants.news import audit

WRONG_TYPE = declare(
    "setup.wrong_type",
    "The ledger already has an account called %(name)s, of type %(found)s instead of %(wanted)s.",
    "Rename that account in the ledger, or choose another account for this role.",
)

# Roles that need an account before anything can be posted; the others only when such a row turns up.
NEEDED = tuple(account.role.value for account in LEDGER_ACCOUNTS if account.role not in (Role.CLEARING, Role.EXCHANGE))


def missing_accounts(ledger: Connection) -> list[ChartAccount]:
    """The default accounts that the ledger does not have yet."""
    names = _by_name(ledger)
    return [account for account in LEDGER_ACCOUNTS if account.name.casefold() not in names]


def create_default_accounts(*, ledger: Connection) -> list[ReferenceCopy]:
    """Make the missing default accounts in the ledger, one call each; safe to repeat after a failure."""
    target = provider(ledger.provider).target
    assert target is not None  # noqa: S101 - only ledgers get here
    door = door_for(ledger)
    made = []
    for account in missing_accounts(ledger):
        spec = {"name": account.name, "type": account.qbo_type, "subtype": account.qbo_subtype}
        item = target.create_account(door, ledger.account(), spec, request_id=_request_id(ledger, account))
        connection_services.remember_references(connection=ledger, items=[item])
        with transaction.atomic():
            copy = ReferenceCopy.objects.get(connection=ledger, kind="account", external_id=item.external_id)
            Binding.objects.get_or_create(
                connection=ledger, kind="account", local_ref=account.role.value, defaults={"external_id": item.external_id}
            )
            audit("ledger.account_created", copy, after={"name": account.name, "role": account.role.value})
        made.append(copy)
    return made


def map_default_accounts(*, integration: Integration, tax_codes: Mapping[str, str] | None = None) -> MappingVersion:
    """Point every role at the default account of its name and publish. `tax_codes` gives a code per treatment."""
    names = _by_name(integration.ledger)
    for account in LEDGER_ACCOUNTS:
        found = names.get(account.name.casefold())
        if found is None:
            continue
        if found.facts.get("type") != account.qbo_type:
            params = {"name": account.name, "found": str(found.facts.get("type")), "wanted": account.qbo_type}
            raise Refused(Problem(WRONG_TYPE, params))
        rule = Rule(
            target=Target(ROLE, account.role.value),
            account_id=found.external_id,
            account_name=found.name,
            tax_code_id=(tax_codes or {}).get(account.treatment.value, ""),
        )
        mappings.set_rule(integration.mapping_set, rule, origin="template")
    return mappings.publish_draft(integration.mapping_set, note="Default accounts", needed_roles=NEEDED)


def _by_name(ledger: Connection) -> dict[str, ReferenceCopy]:
    copies = ReferenceCopy.objects.filter(connection=ledger, kind="account", active=True)
    return {copy.name.casefold(): copy for copy in copies}


def _request_id(ledger: Connection, account: ChartAccount) -> str:
    """The same for every retry of the same wish, so that a lost answer cannot make the account twice."""
    text = f"{ledger.ledger_name}\x1faccount\x1f{account.role.value}"
    return "tie-" + hashlib.sha256(text.encode()).hexdigest()[:32]
