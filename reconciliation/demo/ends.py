"""The ends of the demo's pairs: accounts at the twins, and how a person gets into each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from connections import services as connection_services
from connections.models import Connection
from connections.registry import provider
from reconciliation.demo import people, twins


@dataclass(frozen=True, slots=True)
class End:
    """One account at one twin.

    `account` is its id over there, `where` how the twin's own commands name it. `presses` is what a person
    presses on the consent page; where there is none, `types` is what goes into our form.
    """

    provider: str
    account: str
    region: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    presses: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        return f"{provider(self.provider).info.name} {self.account}"


def amazon(region: str, seller: str) -> End:
    return End("amazon", seller, region, {"seller": seller}, {"seller": seller, "decision": "allow"})


def quickbooks_online(realm: str) -> End:
    return End("quickbooks_online", realm, where={"realm": realm}, presses={"realm": realm, "decision": "connect"})


def xero(tenant: str) -> End:
    return End("xero", tenant, where={"tenant": tenant}, presses={"tenant": tenant, "decision": "allow"})


def connected(end: End) -> Connection:
    """The end connected to the demo's tenant; the one that is there already where it is."""
    found = Connection.objects.filter(provider=end.provider, external_account=end.account, state=Connection.State.ACTIVE).first()
    return found or (_by_consent(end) if end.presses else _by_credentials(end))


def _by_consent(end: End) -> Connection:
    mark = f"demo-{end.account}"
    url = connection_services.begin(
        user=people.owner(),
        session_mark=mark,
        provider=end.provider,
        environment="twin",
        region=end.region,
        answers={"region": end.region} if end.region else {},
    )
    brought_back = twins.consent(url, end.presses)
    return connection_services.finish(user=people.owner(), session_mark=mark, provider=end.provider, callback=brought_back)


def _by_credentials(end: End) -> Connection:
    return connection_services.adopt(provider=end.provider, environment="twin", region=end.region, answers=end.types)


def trial(end: End) -> dict[str, Decimal]:
    """What the ledger itself says each account stands at, debit positive, by name; accounts at zero are left out."""
    accounts = twins.command(end.provider, "trial", **end.where)["accounts"]
    return {name: Decimal(balance) for name, balance in accounts.items() if Decimal(balance)}
