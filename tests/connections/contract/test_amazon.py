"""Amazon keeps the promises of a source of orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from connections import oauth
from connections.contracts import ExternalAccount, TokenSet
from connections.models import Connection
from sandbox.amazon.places import APPLICATIONS
from tenants.clock import now

from .authoriser import AuthoriserContract, Entry
from .browser import CalledBrowserContract, Look
from .source import Shop, SourceContract

SELLER, OTHER = "A2HARBOURPINE1", "A3LAKESIDEBKS2"
APP = next(iter(APPLICATIONS.values()))
STORE = {"seller": SELLER, "marketplace": "US"}


class AmazonEntry(Entry):
    provider, account, region = "amazon", SELLER, "na"
    decision = {"seller": SELLER, "decision": "allow"}
    other = {"seller": OTHER, "decision": "allow"}
    answers = {"marketplace": "US"}
    other_answers = answers
    wrong_answers = answers

    def refreshes(self) -> int:
        return sum(1 for row in self.twins.journal() if row["operation"] == "token")

    def revoke(self) -> None:
        self.twins.command("amazon", "revoke", seller=SELLER)
        self.twins.command("amazon", "expire")

    def is_over(self) -> bool:
        return True  # Amazon has no address for it: the seller ends it in Seller Central


def connected(twins: Any) -> Connection:
    given = twins.command("amazon", "authorize", seller=SELLER, client=APP.client_id)
    tokens = TokenSet("none yet", given["refresh_token"], access_expires=now() - timedelta(hours=1))
    account = ExternalAccount(SELLER, "Harbour & Pine", region="na")
    return oauth.establish(provider="amazon", environment="twin", region="na", given=tokens, account=account)


class AmazonLook(Look):
    provider, simplest = "amazon", "Payout"

    def connect(self) -> Connection:
        return connected(self.twins)

    def wait(self) -> None:
        """The report is made."""
        self.twins.clock(shift=60)

    def expire(self) -> None:
        self.twins.command("amazon", "expire")


class AmazonShop(Shop):
    provider, listing = "amazon", "searchOrders"

    def connect(self) -> Connection:
        return connected(self.twins)

    def place(self, count: int) -> Sequence[str]:
        self.twins.command("amazon", "bulk", **STORE, orders=0)
        placed: list[str] = self.twins.command("amazon", "place", **STORE, orders=count)["orders"]
        return placed

    def cancel(self, order_id: str) -> None:
        self.twins.command("amazon", "cancel", order=order_id)

    def say(self, order_id: str, word: str) -> None:
        self.twins.command("amazon", "say", order=order_id, status=word)

    def expire(self) -> None:
        self.twins.command("amazon", "expire")


class TestSignIn(AuthoriserContract):
    harness = AmazonEntry


class TestLooking(CalledBrowserContract):
    harness = AmazonLook


class TestOrders(SourceContract):
    harness = AmazonShop
