"""The demo's pairs, as the product is sold: which account into which books, and what its bookkeeper decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connections import services as connection_services
from connections.models import Connection, ReferenceCopy
from reconciliation import setup
from reconciliation.demo import ends
from reconciliation.demo.ends import End
from reconciliation.wizard import steps
from syncs import services
from syncs.models import Integration


@dataclass(frozen=True, slots=True)
class Pair:
    """One source into one ledger. `key` is what PAIR= says. `banks` names the payout account per currency, `vat` the tax
    codes of `taxed`, the one store that is."""

    key: str
    name: str
    source: End
    ledger: End
    marketplaces: tuple[str, ...]
    timezone: str
    banks: Mapping[str, str]
    vat: Mapping[str, str] = field(default_factory=dict)
    taxed: str = "Amazon.co.uk"


US_SHOP = Pair(
    key="quickbooks+amazon-fulfillment",
    name="US shop",
    source=ends.amazon("na", "A2HARBOURPINE1"),
    ledger=ends.quickbooks_online("9130350000000303"),
    marketplaces=("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"),
    timezone="America/Los_Angeles",
    banks={"USD": "Checking", "CAD": "CAD Bank"},
)
UK_SHOP = Pair(
    key="quickbooks+amazon",
    name="UK shop",
    source=ends.amazon("eu", "A1THISTLEWARE3"),
    ledger=ends.quickbooks_online("9130350000000202"),
    marketplaces=("A1F83G8C2ARO7P",),
    timezone="Europe/London",
    banks={"GBP": "Checking"},
    vat={"sales": "20.0% S", "purchases": "20.0% S", "zero": "0.0% Z", "none": "No VAT"},
)
XERO_SHOP = Pair(
    key="xero+amazon",
    name="UK shop in Xero",
    source=ends.amazon("eu", "A6FELLANDFERN1"),
    ledger=ends.xero("b1f3a001-0c2d-4e5f-8a9b-000000000101"),
    marketplaces=("A1F83G8C2ARO7P",),
    timezone="Europe/London",
    banks={"GBP": "Business Bank Account"},
    vat={"sales": "20% (VAT on Income)", "purchases": "20% (VAT on Expenses)", "zero": "Zero Rated Income", "none": "No VAT"},
)
KASHFLOW_SHOP = Pair(
    key="kashflow+amazon",
    name="UK shop in KashFlow",
    source=ends.amazon("eu", "A6FELLANDFERN2"),
    ledger=ends.kashflow(
        "severn",
        "41001",
        api_password="api-severn-1",  # noqa: S106 - the twin's
        password="login-severn-1",  # noqa: S106
        memorable_word="Lighthouse",
    ),
    marketplaces=("A1F83G8C2ARO7P",),
    timezone="Europe/London",
    banks={"GBP": "Current Account"},
    vat={"sales": "Standard 20%", "purchases": "Standard 20%", "zero": "Zero rated 0%", "none": "N/A"},
)
DESKTOP_SHOP = Pair(
    key="desktop+amazon",
    name="US shop in QuickBooks Desktop",
    source=ends.amazon("na", "A5MERIDIANOUT4"),
    ledger=ends.quickbooks_desktop("larkspur"),
    marketplaces=("ATVPDKIKX0DER",),
    timezone="America/Los_Angeles",
    banks={"USD": "Checking"},
)
PAIRS = (US_SHOP, UK_SHOP, XERO_SHOP, KASHFLOW_SHOP, DESKTOP_SHOP)


def chosen(key: str) -> tuple[Pair, ...]:
    """The pair of this key, all of them for ""; none for a key of another kind of pair."""
    return tuple(pair for pair in PAIRS if pair.key == key) if key else PAIRS


def ready(pair: Pair, *, starts_on: date | None = None) -> Integration:
    """The pair connected, mapped and switched on; does only what is not done yet."""
    integration = services.create_integration(
        source=ends.connected(pair.source),
        ledger=ends.connected(pair.ledger),
        name=pair.name,
        timezone=pair.timezone,
        marketplace_scope=",".join(pair.marketplaces) or "*",
    )
    if integration.state == Integration.State.SETTING_UP:
        _set_up(integration, pair, starts_on)
    integration.refresh_from_db()
    return integration


def _set_up(integration: Integration, pair: Pair, starts_on: date | None) -> None:
    ledger = integration.ledger
    ends.patiently(lambda: connection_services.refresh_reference(connection=ledger, full=True))
    ends.patiently(lambda: setup.create_default_accounts(ledger=ledger))
    setup.map_default_accounts(integration=integration)
    accounts = _ids(integration.ledger, "account")
    options: dict[str, Any] = {"payout_accounts": {currency: accounts[name] for currency, name in pair.banks.items()}}
    if pair.vat:
        codes = _ids(integration.ledger, "tax_code")
        scheme = {answer: codes[name] for answer, name in pair.vat.items()}
        options["tax"] = [{"marketplace": pair.taxed, "registration": "registered", **scheme}]
    services.change_integration(
        integration=integration,
        options=options,
        autopost=True,
        split_months=True,
        wizard_step=steps.LAST.key,
        **({"starts_on": starts_on} if starts_on else {}),
    )
    services.activate(integration=integration)


def _ids(ledger: Connection, kind: str) -> dict[str, str]:
    rows = ReferenceCopy.objects.filter(connection=ledger, kind=kind, active=True)
    return dict(rows.values_list("name", "external_id"))
