"""The ends of the demo's pairs: accounts at the twins, and how a person gets into each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

from connections import polling, visits
from connections import services as connection_services
from connections.contracts import Entrance
from connections.errors import Failure
from connections.models import Connection
from connections.registry import provider
from reconciliation.demo import people, twins

Done = TypeVar("Done")
PATIENCE_S, AGAIN = 300, 0.5


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
        return f"{provider(self.provider).info.name} {self.where.get('file', self.account)}"


def amazon(region: str, seller: str) -> End:
    return End("amazon", seller, region, {"seller": seller}, {"seller": seller, "decision": "allow"})


def quickbooks_online(realm: str) -> End:
    return End("quickbooks_online", realm, where={"realm": realm}, presses={"realm": realm, "decision": "connect"})


def xero(tenant: str) -> End:
    return End("xero", tenant, where={"tenant": tenant}, presses={"tenant": tenant, "decision": "allow"})


def kashflow(user: str, company: str, **typed: str) -> End:
    """KashFlow knows companies by their users' names, its twin by a number."""
    return End("kashflow", user, where={"company": company}, types={"username": user, **typed})


def quickbooks_desktop(file: str) -> End:
    """A company file on somebody's computer: the id of its connection is ours to give."""
    return End("quickbooks_desktop", str(uuid5(NAMESPACE_URL, f"tieout-demo:{file}")), where={"file": file})


def connected(end: End) -> Connection:
    """The end connected to the demo's tenant; the one that is there already where it is."""
    found = Connection.objects.filter(provider=end.provider, external_account=end.account, state=Connection.State.ACTIVE).first()
    polled = Entrance.POLLED in provider(end.provider).info.entrances
    if found is None and polled:
        found = _by_visits(end)
    if polled:  # a demo that was broken off took the Web Connector with it
        twins.command(end.provider, "autopoll", seconds=AGAIN, files=[end.where["file"]])
    if found is not None:
        return found
    return _by_consent(end) if end.presses else _by_credentials(end)


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


def _by_visits(end: End) -> Connection:
    """Our file and password go to the computer with the books, and its Web Connector comes from then on by itself."""
    made = connection_services.adopt(provider=end.provider, environment="twin", answers={"external_account": end.account})
    password = polling.issue(connection=made)
    file = visits.setup_file(made)
    twins.command(end.provider, "install", **end.where, qwc=file.content.decode(), password=password)
    return made


def patiently(act: Callable[[], Done]) -> Done:
    """Do something that may have to wait for a program at the other end to fetch it. A command may wait; a worker never does."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return act()
        except Failure as failure:
            if not failure.held_back or time.monotonic() > until:
                raise
        time.sleep(AGAIN)


def trial(end: End) -> dict[str, Decimal]:
    """What the ledger itself says each account stands at, debit positive, by name; accounts at zero are left out."""
    accounts = twins.command(end.provider, "trial", **end.where)["accounts"]
    return {name: Decimal(balance) for name, balance in accounts.items() if Decimal(balance)}
