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
from reconciliation import setup, state
from reconciliation.models import Settlement
from reconciliation.wizard import steps
from reconciliation.wizard.known import Known
from syncs import mappings
from syncs import services as sync_services
from syncs.mapping.rules import ROLE, Rule, Target
from syncs.models import Integration, LedgerDocument
from tenants import clock
from tenants.news import audit

CREATE = "create"  # what stands for "make the default account" where an account is to be chosen

DEFAULT, OWN, KEEP = "default", "own", "keep"
_BEFORE_START = "deposited before "  # how reconciliation.ingest says why it left a settlement out


def keep(integration: Integration, *, step: str, options: Mapping[str, Any] | None = None, **changes: Any) -> Integration:
    """Store one step's answers and that the next step may be opened."""
    changes["wizard_step"] = steps.further(integration.wizard_step, steps.after(step).key)
    if options is not None:
        changes["options"] = {**integration.options, **options}
    return sync_services.change_integration(integration=integration, **changes)


def took_effect(integration: Integration) -> None:
    """Answers changed while the integration is on: what is not posted yet is composed again, by a worker."""
    if integration.state != Integration.State.SETTING_UP:
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
    took_effect(integration)


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
        mappings.publish_draft(integration.mapping_set, note=note, needed_roles=setup.NEEDED)


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
    """The first day, in the books' zone. Settlements here already move with it, unless they are posted or a person decided."""
    keep(integration, step="start", starts_on=starts_on, timezone=timezone)
    for settlement in Settlement.objects.filter(integration=integration).exclude(state=Settlement.State.SUPERSEDED):
        _move(settlement, starts_on, timezone)


def _move(settlement: Settlement, starts_on: date | None, timezone: str) -> None:
    if settlement.deposit_at is None:
        return
    early = starts_on is not None and clock.local_date(settlement.deposit_at, timezone) < starts_on
    by_rule = settlement.state == Settlement.State.EXCLUDED and settlement.excluded_reason.startswith(_BEFORE_START)
    if by_rule and not early:
        settlement.state, settlement.excluded_reason = Settlement.State.IMPORTING, ""
        settlement.save(update_fields=["state", "excluded_reason"])
        audit("settlement.included", settlement, after={"starts_on": starts_on.isoformat() if starts_on else ""})
    elif early and settlement.state != Settlement.State.EXCLUDED and _only_planned(settlement):
        reason = f"{_BEFORE_START}{starts_on:%Y-%m-%d}, where this integration starts"
        reconciliation_services.exclude(settlement=settlement, reason=reason)


def _only_planned(settlement: Settlement) -> bool:
    return not state.documents_of(settlement).exclude(state=LedgerDocument.State.PLANNED).exists()
