"""Keeping answers: on the integration, and in the mapping of its ledger.

Everything goes through the services, which audit it. Called by the wizard's forms after they have
found nothing wrong; raises Refused where the mapping cannot be published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction

from reconciliation import services as reconciliation_services
from reconciliation import setup
from reconciliation.wizard import steps
from reconciliation.wizard.belonging import sort_again
from reconciliation.wizard.known import Known
from syncs import mappings
from syncs import services as sync_services
from syncs.mapping.rules import ROLE, Rule, Target
from syncs.models import Integration, MappingSet

CREATE = "create"  # what stands for "make the default account" where an account is to be chosen

DEFAULT, OWN, KEEP = "default", "own", "keep"


def keep(integration: Integration, *, step: str, options: Mapping[str, Any] | None = None, **changes: Any) -> Integration:
    """Store one step's answers and that the next step may be opened."""
    changes["wizard_step"] = steps.further(integration.wizard_step, steps.after(step).key)
    if options is not None:
        changes["options"] = {**integration.options, **options}
    return sync_services.change_integration(integration=integration, **changes)


def what_counts(integration: Integration) -> tuple[Any, ...]:
    """Everything that entries depend on: compare before and after to see whether anything must be composed again."""
    used = {key: value for key, value in integration.options.items() if key not in ("accounts", "business_country")}
    fields = (integration.posting_shape, integration.split_months, integration.starts_on, integration.timezone)
    published = MappingSet.objects.values_list("published", flat=True).get(pk=integration.mapping_set_id)
    return (used, *fields, integration.marketplace_scope, published)


def took_effect(integration: Integration, before: tuple[Any, ...]) -> None:
    """Where answers changed what entries depend on, what is here and not posted yet is composed again, by a worker."""
    now = what_counts(integration)
    if now != before and now[-1]:
        reconciliation_services.replan_all(ledger=integration.ledger)


# ---------------------------------------------------------------- accounts


def begin_accounts(
    integration: Integration, *, mode: str, roles: Sequence[str] = (), chosen: Mapping[str, str] | None = None
) -> list[str]:
    """Take the choice of accounts into the draft. Returns the roles whose default account is still to be made.

    `roles` get their default account, `chosen` the account of the ledger that is named.
    """
    with transaction.atomic():
        for role, account_id in (chosen or {}).items():
            set_role(integration, role, account_id)
        answer = {"mode": mode, "create": list(roles)}
        sync_services.change_integration(integration=integration, options={**integration.options, "accounts": answer})
    return [account.role.value for account in setup.missing_accounts(integration.ledger, roles)]


def finish_accounts(integration: Integration) -> None:
    """All accounts are there: map the roles that were to get their default one, publish, and go on."""
    answer = integration.options.get("accounts", {})
    with transaction.atomic():
        setup.draft_default_accounts(integration=integration, roles=answer.get("create", ()))
        _publish(integration, "Accounts chosen in the wizard")
        keep(integration, step="accounts")


def set_role(integration: Integration, role: str, account_id: str) -> bool:
    """Point a role at an account in the draft, keeping its tax code and dimensions. False when it points there already."""
    known = Known(integration)
    before = known.mapped_roles.get(role)
    if before is not None and before.account_id == account_id:
        return False
    base = before or Rule(Target(ROLE, role), account_id)
    account = known.accounts[account_id]
    mappings.set_rule(integration.mapping_set, replace(base, account_id=account_id, account_name=account.name))
    return True


def _publish(integration: Integration, note: str) -> None:
    """Publish the draft, when it changes anything or nothing was ever published."""
    fresh = mappings.published_version(integration.mapping_set) is None
    if fresh or mappings.difference(integration.mapping_set):
        mappings.publish_draft(integration.mapping_set, note=note, needed_roles=setup.needed(integration.ledger))


# ---------------------------------------------------------------- payouts


@transaction.atomic
def keep_banks(integration: Integration, *, payout_accounts: Mapping[str, str], card: str, card_on_own_date: bool) -> None:
    """Bank account per currency on the integration; the card's account in the mapping."""
    if card and set_role(integration, "card_charges", card):
        _publish(integration, "Account for card charges")
    others = {
        currency: account_id
        for currency, account_id in integration.options.get("payout_accounts", {}).items()
        if currency not in Known(integration).currencies
    }
    kept = {**others, **{currency: account_id for currency, account_id in payout_accounts.items() if account_id}}
    keep(integration, step="banks", options={"payout_accounts": kept, "card_on_own_date": card_on_own_date})


# ---------------------------------------------------------------- start


@transaction.atomic
def keep_start(integration: Integration, *, starts_on: date | None, timezone: str) -> None:
    """The first day, in the books' zone. Settlements that are here already move with it."""
    keep(integration, step="start", starts_on=starts_on, timezone=timezone)
    sort_again(integration)


@transaction.atomic
def keep_marketplaces(integration: Integration, *, scope: str, business_country: str) -> None:
    """Which marketplaces belong in. Settlements that are here already move with them."""
    keep(integration, step="marketplaces", options={"business_country": business_country}, marketplace_scope=scope)
    sort_again(integration)
