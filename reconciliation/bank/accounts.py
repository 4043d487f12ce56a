"""Bank accounts: those a ledger keeps, and the ones that are told to take payouts before all others."""

from __future__ import annotations

from dataclasses import dataclass

from connections.models import Connection, ReferenceCopy
from reconciliation.models import BankAccount
from syncs.models import Integration

BANK_TYPE = "bank"  # QuickBooks says "Bank", Xero "BANK"


@dataclass(frozen=True, slots=True)
class Choice:
    """A bank account of a ledger, to be chosen by `key`. `pays_out`: payouts are told to reach it."""

    key: str
    name: str
    ledger: Connection
    external_id: str
    currency: str
    pays_out: bool

    @property
    def label(self) -> str:
        return f"{self.name} ({self.currency}) · {self.ledger.name}"


def choices() -> list[Choice]:
    """Accounts that take payouts first, then the other bank accounts of the ledgers in use, by name."""
    integrations = list(Integration.objects.select_related("ledger"))
    paying = {
        (integration.ledger_id, str(external_id))
        for integration in integrations
        for external_id in integration.options.get("payout_accounts", {}).values()
    }
    ledgers = {integration.ledger_id: integration.ledger for integration in integrations}
    kept = ReferenceCopy.objects.filter(connection_id__in=ledgers, kind="account", active=True).order_by("name")
    found = [
        _choice(copy, ledgers[copy.connection_id], pays_out)
        for copy in kept
        if (pays_out := (copy.connection_id, copy.external_id) in paying) or _is_bank(copy)
    ]
    return sorted(found, key=lambda one: (not one.pays_out, one.name, one.key))


def _is_bank(copy: ReferenceCopy) -> bool:
    return str(copy.facts.get("type", "")).casefold() == BANK_TYPE


def _choice(copy: ReferenceCopy, ledger: Connection, pays_out: bool) -> Choice:
    currency = str(copy.facts.get("currency") or ledger.home_currency)
    return Choice(key_for(ledger, copy.external_id), copy.name, ledger, copy.external_id, currency, pays_out)


def take(choice: Choice) -> BankAccount:
    """Our row of it, made on first sight and kept right by name and currency."""
    account, made = BankAccount.objects.get_or_create(
        ledger=choice.ledger, external_id=choice.external_id, defaults={"name": choice.name, "currency": choice.currency}
    )
    if not made and (account.name, account.currency) != (choice.name, choice.currency):
        account.name, account.currency = choice.name, choice.currency
        account.save(update_fields=["name", "currency"])
    return account


def key_for(ledger: Connection, external_id: str) -> str:
    """The key by which a page or an API names an account."""
    return f"{ledger.public_id}:{external_id}"


def key_of(ledger_id: int, external_id: str) -> str:
    """How matching names an account: one ledger's account ids say nothing in another."""
    return f"{ledger_id}:{external_id}"
