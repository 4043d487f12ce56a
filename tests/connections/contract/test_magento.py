"""Magento keeps the promises of a source of orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from connections import budgets, services
from connections.models import Connection

from .authoriser import AuthoriserContract, Entry
from .browser import CalledBrowserContract, Look
from .source import Shop, SourceContract


def keys(twins: Any, code: str) -> dict[str, str]:
    """What a merchant copies out of a shop's admin, or out of Adobe's console."""
    shop = next(one for one in twins.get("/world/seeded")["magento"]["shops"] if one["code"] == code)
    base = {"base_url": f"{twins.url}{shop['base_path']}"}
    if "ims" in shop:
        return {**base, "client_id": shop["ims"]["client_id"], "client_secret": shop["ims"]["client_secret"]}
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return {**base, **{name: shop["integrations"][0][name] for name in names}}


class MagentoEntry(Entry):
    provider, account = "magento", "main"
    token_life = None

    def __init__(self, twins: Any) -> None:
        super().__init__(twins)
        self.answers: Mapping[str, str] = keys(twins, "main")
        self.other_answers: Mapping[str, str] = keys(twins, "tokyo")
        self.wrong_answers: Mapping[str, str] = {**self.answers, "consumer_secret": "0" * 32}
        self.secrets = tuple(value for name, value in self.answers.items() if name != "base_url")

    def revoke(self) -> None:
        self.twins.command("magento", "revoke", shop="main")

    def is_over(self) -> bool:
        return True  # Magento has no address for it: the merchant ends the integration in the shop's admin


class CloudEntry(MagentoEntry):
    """A shop in Adobe's cloud, whose token lives a day."""

    account, token_life = "cloud", timedelta(hours=24)

    def __init__(self, twins: Any) -> None:
        super().__init__(twins)
        self.answers = keys(twins, "cloud")
        self.wrong_answers = {**self.answers, "client_secret": "wrong"}
        self.secrets = (self.answers["client_secret"],)

    def refreshes(self) -> int:
        return sum(1 for row in self.twins.journal() if row["operation"] == "imsToken")


class MagentoShop(Shop):
    provider, listing = "magento", "listOrders"

    def connect(self) -> Connection:
        return services.adopt(provider="magento", environment="twin", answers=keys(self.twins, "main"))

    def place(self, count: int) -> Sequence[str]:
        placed = self.twins.command("magento", "place", shop="main", count=count)["orders"]
        return [str(order["entity_id"]) for order in placed]

    def cancel(self, order_id: str) -> None:
        self.twins.command("magento", "status", shop="main", order=int(order_id), status="canceled", state="canceled")

    def say(self, order_id: str, word: str) -> None:
        self.twins.command("magento", "status", shop="main", order=int(order_id), status=word, state=word)

    def expire(self) -> None:
        self.twins.command("magento", "set", shop="main", two_factor=True)  # an integration's token has no end


class MagentoLook(Look):
    provider, simplest = "magento", "sources"

    def connect(self) -> Connection:
        return services.adopt(provider="magento", environment="twin", answers=keys(self.twins, "main"))

    def expire(self) -> None:
        self.twins.command("magento", "set", shop="main", two_factor=True)  # an integration's token has no end


class TestLooking(CalledBrowserContract):
    harness = MagentoLook


class TestSignIn(AuthoriserContract):
    harness = MagentoEntry

    @pytest.fixture
    def entry(self, twins: Any, request: pytest.FixtureRequest) -> Entry:
        """An integration's keys have no end: what is renewed is a cloud shop's token."""
        budgets.forget_leases()
        return (CloudEntry if "renew" in request.node.name else MagentoEntry)(twins)


class TestOrders(SourceContract):
    harness = MagentoShop
