"""A door into one organisation of the Xero twin, let in by the real token endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connections import registry
from connections.contracts import Endpoints, ExternalAccount, ReferenceItem, TokenSet
from connections.providers.xero import provider
from sandbox.xero.seed import AU, SMALL, UK, US
from tests.connections.providers.door import PlainDoor

TENANTS = {"uk": (UK, "GBP"), "us": (US, "USD"), "au": (AU, "AUD"), "small": (SMALL, "GBP")}


@pytest.fixture
def endpoints(twins: Any) -> Endpoints:
    return registry.endpoints("xero", "twin")


class Organisation:
    """One organisation of the twin and the door into it."""

    def __init__(self, twins: Any, endpoints: Endpoints, which: str, scope: str = "") -> None:
        self.twins, (self.tenant, self.home) = twins, TENANTS[which]
        given = twins.command("xero", "authorise", tenant=self.tenant, **({"scope": scope} if scope else {}))
        tokens = TokenSet(given["access_token"], given["refresh_token"], datetime.now(UTC) + timedelta(minutes=30))
        self.door = PlainDoor(endpoints, provider, tokens)
        self.account = ExternalAccount(self.tenant, "", currency=self.home)
        self.target = provider.target

    def command(self, verb: str, **details: Any) -> Any:
        return self.twins.command("xero", verb, tenant=self.tenant, **details)

    def fault(self, kind: str, operation: str = "*", **details: Any) -> Any:
        return self.twins.fault("xero", kind, operation, **details)

    def facts(self) -> Any:
        return self.target.company(self.door, self.account)

    def references(self, *kinds: str) -> dict[tuple[str, str], ReferenceItem]:
        pages = self.target.reference_pages(self.door, self.account, kinds or self.target.reference_kinds, since=None)
        return {(item.kind, item.external_id): item for page in pages for item in page}

    def problems(self, document: Any) -> list[str]:
        found = self.target.problems(document, company=self.facts(), references=self.references())
        return [problem.code.removeprefix("xero.check.") for problem in found]

    def post(self, *requests: Any) -> list[Any]:
        return self.target.post(self.door, self.account, requests)

    def documents(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.command("documents", kind=kind)["documents"]
        return found

    def calls(self) -> list[str]:
        """Operations asked for, without the sign-in."""
        return [exchange.operation for exchange in self.door.exchanges]


@pytest.fixture
def organisation(twins: Any, endpoints: Endpoints) -> Iterator[Callable[..., Organisation]]:
    """`organisation("uk")`, "us", "au", "small"; `scope` leaves some of the permission out."""
    made: list[Organisation] = []

    def connect(which: str, scope: str = "") -> Organisation:
        made.append(Organisation(twins, endpoints, which, scope))
        return made[-1]

    yield connect
    for one in made:
        one.door.close()
