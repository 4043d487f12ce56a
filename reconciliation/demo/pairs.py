"""The demo's two pairs: a United States shop in US and Canada, and a British shop under VAT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connections import services as connection_services
from connections.models import Connection, ReferenceCopy
from reconciliation import setup
from reconciliation.demo import people, twins
from reconciliation.wizard import steps
from syncs import services
from syncs.models import Integration
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Pair:
    """One seller into one company. `banks` names the payout account per currency, `vat` the tax codes."""

    name: str
    region: str
    seller: str
    realm: str
    marketplaces: tuple[str, ...]
    timezone: str
    banks: Mapping[str, str]
    vat: Mapping[str, str] = field(default_factory=dict)


PAIRS = (
    Pair(
        name="US shop",
        region="na",
        seller="A2HARBOURPINE1",
        realm="9130350000000303",
        marketplaces=("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"),
        timezone="America/Los_Angeles",
        banks={"USD": "Checking", "CAD": "CAD Bank"},
    ),
    Pair(
        name="UK shop",
        region="eu",
        seller="A1THISTLEWARE3",
        realm="9130350000000202",
        marketplaces=("A1F83G8C2ARO7P",),
        timezone="Europe/London",
        banks={"GBP": "Checking"},
        vat={"sales": "20.0% S", "purchases": "20.0% S", "zero": "0.0% Z", "none": "No VAT"},
    ),
)


def ready(shop: Tenant, pair: Pair, *, starts_on: date | None = None) -> Integration:
    """The pair connected, mapped and switched on; does only what is not done yet."""
    source = _connected(shop, "amazon", pair.region, pair.seller, {"seller": pair.seller, "decision": "allow"})
    ledger = _connected(shop, "quickbooks_online", "", pair.realm, {"realm": pair.realm, "decision": "connect"})
    integration = services.create_integration(
        source=source,
        ledger=ledger,
        name=pair.name,
        timezone=pair.timezone,
        marketplace_scope=",".join(pair.marketplaces),
    )
    if integration.state == Integration.State.SETTING_UP:
        _set_up(integration, pair, starts_on)
    integration.refresh_from_db()
    return integration


def _connected(shop: Tenant, provider: str, region: str, account: str, decision: Mapping[str, str]) -> Connection:
    found = Connection.objects.filter(provider=provider, external_account=account, state=Connection.State.ACTIVE).first()
    if found is not None:
        return found
    mark = f"demo-{account}"
    url = connection_services.begin(
        user=people.owner(),
        session_mark=mark,
        provider=provider,
        environment="twin",
        region=region,
        answers={"region": region} if region else {},
    )
    brought_back = twins.consent(url, decision)
    return connection_services.finish(user=people.owner(), session_mark=mark, provider=provider, callback=brought_back)[0]


def _set_up(integration: Integration, pair: Pair, starts_on: date | None) -> None:
    connection_services.refresh_reference(connection=integration.ledger, full=True)
    setup.create_default_accounts(ledger=integration.ledger)
    setup.map_default_accounts(integration=integration)
    accounts = _ids(integration.ledger, "account")
    options: dict[str, Any] = {"payout_accounts": {currency: accounts[name] for currency, name in pair.banks.items()}}
    if pair.vat:
        codes = _ids(integration.ledger, "tax_code")
        scheme = {answer: codes[name] for answer, name in pair.vat.items()}
        options["tax"] = [{"marketplace": "Amazon.co.uk", "registration": "registered", **scheme}]
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
