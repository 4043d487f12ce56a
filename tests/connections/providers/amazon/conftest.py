"""A door into one seller's account in the Amazon twin, let in by a real consent there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connections import registry
from connections.contracts import Endpoints, ExternalAccount, TokenSet
from connections.providers.amazon import provider
from sandbox.amazon.places import APPLICATIONS, SELLERS
from tests.connections.providers.door import PlainDoor
from tests.connections.providers.judges import amazon_problems

APP = next(iter(APPLICATIONS.values()))
SELLER_OF = {"na": "A2HARBOURPINE1", "eu": "A1THISTLEWARE3", "fe": "A4KOALAKOUBO44"}


@pytest.fixture
def endpoints(twins: Any) -> Endpoints:
    return registry.endpoints("amazon", "twin")


class Seller:
    """One seller account of the twin and the door into it."""

    def __init__(self, twins: Any, endpoints: Endpoints, region: str) -> None:
        self.twins, self.region = twins, region
        self.profile = SELLERS[SELLER_OF[region]]
        given = twins.command("amazon", "authorize", seller=self.profile.id, client=APP.client_id)
        self.door = PlainDoor(endpoints, provider)
        self.door.tokens = provider.authoriser.refresh(self.door, TokenSet("", given["refresh_token"]))
        self.account = ExternalAccount(self.profile.id, self.profile.name, region=region)
        self.source = provider.source

    def fault(self, kind: str, operation: str = "*", **details: Any) -> Any:
        return self.twins.fault("amazon", kind, operation, **details)

    def listings(self, since: Any = None) -> list[Any]:
        return [listing for page in self.source.settlement_pages(self.door, self.account, since=since) for listing in page]

    def seeded(self) -> list[dict[str, Any]]:
        found = self.twins.get("/world/seeded")["amazon"]["settlements"]
        return [settlement for settlement in found if settlement["seller_id"] == self.profile.id]


@pytest.fixture
def seller(twins: Any, endpoints: Endpoints) -> Iterator[Callable[[str], Seller]]:
    """`seller("na")`, `seller("eu")`, `seller("fe")`."""
    made: list[Seller] = []

    def connect(region: str = "na") -> Seller:
        made.append(Seller(twins, endpoints, region))
        return made[-1]

    yield connect
    for one in made:
        one.door.close()
    assert [problem for one in made for problem in amazon_problems(one.door.exchanges)] == []
