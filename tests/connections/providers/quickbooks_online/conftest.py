"""A door into one company of the QuickBooks twin, let in by the real token endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connections import registry
from connections.contracts import Endpoints, ExternalAccount, ReferenceItem, TokenSet
from connections.providers.quickbooks_online import auth, provider
from sandbox.quickbooks_online.seed import MULTI, UK, US
from tests.connections.providers.door import PlainDoor
from tests.connections.providers.judges import quickbooks_problems

REALMS = {"us": US, "uk": UK, "multi": MULTI}


@pytest.fixture
def endpoints(twins: Any) -> Endpoints:
    auth._discovered.clear()
    return registry.endpoints("quickbooks_online", "twin")


class Company:
    """One company of the twin and the door into it."""

    def __init__(self, twins: Any, endpoints: Endpoints, realm: str) -> None:
        given = twins.command("quickbooks_online", "authorise", realm=realm)
        expires = datetime.now(UTC) + timedelta(seconds=3600)
        tokens = TokenSet(given["access_token"], given["refresh_token"], expires)
        self.twins, self.realm = twins, realm
        self.door = PlainDoor(endpoints, provider, tokens)
        self.account = ExternalAccount(realm, "")
        self.target = provider.target

    def command(self, verb: str, **details: Any) -> Any:
        return self.twins.command("quickbooks_online", verb, realm=self.realm, **details)

    def fault(self, kind: str, operation: str = "*", **details: Any) -> Any:
        return self.twins.fault("quickbooks_online", kind, operation, **details)

    def facts(self) -> Any:
        return self.target.company(self.door, self.account)

    def references(self, *kinds: str) -> dict[tuple[str, str], ReferenceItem]:
        asked = kinds or self.target.reference_kinds
        pages = self.target.reference_pages(self.door, self.account, asked, since=None)
        return {(item.kind, item.external_id): item for page in pages for item in page}

    def make(self, name: str, kind: str, subtype: str = "", **more: str) -> str:
        """An account's id; it is created when it is not there."""
        spec = {"name": name, "type": kind, "subtype": subtype, **more}
        return self.target.create_account(self.door, self.account, spec, request_id=f"make-{name}"[:50]).external_id

    def documents(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.command("documents", kind=kind)["documents"]
        return found


@pytest.fixture
def company(twins: Any, endpoints: Endpoints) -> Iterator[Callable[[str], Company]]:
    """`company("us")`, `company("uk")`, `company("multi")`."""
    made: list[Company] = []

    def connect(which: str) -> Company:
        made.append(Company(twins, endpoints, REALMS[which]))
        return made[-1]

    yield connect
    for one in made:
        one.door.close()
    assert [problem for one in made for problem in quickbooks_problems(one.door.exchanges)] == []
