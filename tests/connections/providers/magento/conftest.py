"""Shops of the Magento twin, each behind a door that signs as the product's own does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from connections import registry
from connections.contracts import Answer, Endpoints, ExternalAccount
from connections.providers.magento import provider
from tests.connections.providers.door import PlainDoor


class SigningDoor(PlainDoor):
    """Signs each request for itself, and remembers nothing of it."""

    def _send(self, operation: str, request: httpx.Request, **how: Any) -> Answer:
        if self.tokens is not None:
            signature = provider.authoriser.sign_request(
                self.endpoints, self.tokens, method=request.method, url=str(request.url), content=request.content
            )
            request.headers.update(signature.headers)
        return super()._send(operation, request, **how)


class Shop:
    """One shop of the twin, connected by the keys of its first integration."""

    def __init__(self, twins: Any, code: str, integration: str = "Tieout") -> None:
        self.twins, self.code, self.integration = twins, code, integration
        self.endpoints: Endpoints = registry.endpoints("magento", "twin")
        self.door = SigningDoor(self.endpoints, provider)
        self.account: ExternalAccount
        entry = PlainDoor(self.endpoints, provider)
        self.door.tokens, self.account = provider.authoriser.adopt(entry, answers=self.answers)
        entry.close()

    @property
    def answers(self) -> dict[str, str]:
        return answers(self.twins, self.code, self.integration)

    def command(self, verb: str, **details: Any) -> Any:
        return self.twins.command("magento", verb, shop=self.code, **details)

    def fault(self, kind: str, operation: str = "*", **details: Any) -> Any:
        return self.twins.fault("magento", kind, operation, **details)


def answers(twins: Any, code: str, integration: str = "Tieout") -> dict[str, str]:
    """What a person copies out of the shop's admin."""
    shop = next(one for one in twins.get("/world/seeded")["magento"]["shops"] if one["code"] == code)
    base = {"base_url": f"{twins.url}{shop['base_path']}"}
    if "ims" in shop:
        return {**base, "client_id": shop["ims"]["client_id"], "client_secret": shop["ims"]["client_secret"]}
    keys = next(one for one in shop["integrations"] if one["name"] == integration)
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return {**base, **{name: keys[name] for name in names}}


@pytest.fixture
def shop(twins: Any) -> Iterator[Callable[[str], Shop]]:
    """`shop("main")`, `shop("uk")`, `shop("tokyo")`, `shop("kuwait")`, `shop("cloud")`."""
    made: list[Shop] = []

    def connect(code: str = "main", integration: str = "Tieout") -> Shop:
        made.append(Shop(twins, code, integration))
        return made[-1]

    yield connect
    for one in made:
        one.door.close()
