"""Amazon as the house sees it: its declaration, and a Source over `client`, `reports` and `mapper`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from canonical.problems import N_
from connections.contracts import (
    Budget,
    Door,
    Download,
    Entrance,
    ExternalAccount,
    FormField,
    PayoutFact,
    ProviderInfo,
    ProviderRole,
    SettlementListing,
)
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import client, mapper, reports
from .auth import AmazonAuthoriser
from .browsing import AmazonBrowser
from .client import judge
from .mapper import TransactionFact
from .orders import AmazonOrders
from .places import MARKETPLACES, OPERATIONS, OWN_OPERATIONS, REGIONS
from .queue import AmazonQueue
from .webhooks import AmazonReceiver

__all__ = ["authoriser", "browser", "info", "judge", "order_source", "queue", "receiver", "source"]

BOTH = (Entrance.OAUTH_CODE, Entrance.PASTED_TOKEN)
PASTED = (Entrance.PASTED_TOKEN,)

info = ProviderInfo(
    key="amazon",
    name="Amazon",
    summary=N_(
        "Orders, settlement reports and payouts are read from your selling account. Nothing is changed there, and no buyer "
        "data is read unless an integration asks for it."
    ),
    roles=(ProviderRole.SOURCE,),
    entrances=BOTH,
    fields=(
        FormField(
            "marketplace",
            N_("Store you mainly sell in"),
            N_("It decides which Seller Central asks for your consent."),
            choices=tuple((place.code, place.name) for place in MARKETPLACES),
            entrances=BOTH,
        ),
        FormField("seller_id", N_("Merchant token"), N_("Seller Central, Settings, Account Info."), entrances=PASTED),
        FormField(
            "refresh_token",
            N_("Refresh token"),
            N_("Shown once in Seller Central when you authorise your own application."),
            secret=True,
            entrances=PASTED,
        ),
    ),
    scopes=(
        ("Inventory and Order Tracking", N_("Read orders, their status and their proceeds")),
        ("Finance and Accounting", N_("Read settlement reports, payouts and financial transactions")),
        ("Selling Partner Insights", N_("Read which stores the account sells in")),
        ("Product Listing", N_("Look at your listings")),
        ("Amazon Fulfillment", N_("Look at stock in Amazon's warehouses and at what was returned to them")),
    ),
    regions=REGIONS,
    account_word="seller account",
    budgets=tuple(Budget(operation.name, operation.rate, operation.burst) for operation in OPERATIONS + OWN_OPERATIONS),
    throttle_floor=timedelta(seconds=60),  # 1 / rate of the slowest operations (places.OPERATIONS)
    trace_header="x-amzn-RequestId",
    rate_header="x-amzn-RateLimit-Limit",
)

_TRANSFERS = "/finances/transfers/2024-06-01/payouts"
# A payout's status still moves days after it was created; older ones are settled.
_PAYOUT_OVERLAP = timedelta(days=14)
_PAYOUT_HISTORY = timedelta(days=104)
_LONGEST_SPAN = timedelta(days=179)  # beyond 180 listTransactions and the event groups answer with nothing at all
_NEWEST = timedelta(minutes=3)  # moments asked for must lie two minutes back


class AmazonSource:
    """The Source of Amazon. Every operation is a read."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def settlement_pages(
        self, door: Door, account: ExternalAccount, *, since: datetime | None
    ) -> Iterator[list[SettlementListing]]:
        """Finished settlement reports, page by page; None takes the whole 90 days that Amazon keeps."""
        return reports.settlement_pages(door, account.region, since=since)

    def download_settlement(self, door: Door, account: ExternalAccount, listing: SettlementListing) -> Download:
        return reports.download_settlement(door, account.region, listing)

    def payout_pages(self, door: Door, account: ExternalAccount, *, since: datetime | None) -> Iterator[list[PayoutFact]]:
        """Payouts created since (less an overlap). Where listPayouts is not open to us, the older event groups tell."""
        after = now() - _PAYOUT_HISTORY if since is None else since - _PAYOUT_OVERLAP
        started = False
        try:
            for page in client.pages(lambda token: _payouts(door, account.region, token, after)):
                started = True
                yield page
        except Failure as failure:
            if started or failure.status not in (403, 404) or failure.kind not in (FailureKind.REJECTED, FailureKind.NOT_FOUND):
                raise
            library = client.EventGroups(door, account.region)
            yield from client.pages(lambda token: _groups(library, token, after))

    def transaction_pages(
        self,
        door: Door,
        account: ExternalAccount,
        *,
        posted_after: datetime | None = None,
        order_id: str = "",
        group_id: str = "",
    ) -> Iterator[list[TransactionFact]]:
        """Transactions for looking things up: of an order, of an event group, or posted since (at most 180 days back)."""
        asked: dict[str, Any] = {}
        if order_id or group_id:
            asked["relatedIdentifierName"] = "ORDER_ID" if order_id else "FINANCIAL_EVENT_GROUP_ID"
            asked["relatedIdentifierValue"] = order_id or group_id
        if posted_after:
            asked["postedAfter"] = client.zulu(min(max(posted_after, now() - _LONGEST_SPAN), now() - _NEWEST))
        library = client.Transactions(door, account.region)
        return client.pages(lambda token: _transactions(library, token, asked))


def _payouts(door: Door, region: str, token: str, after: datetime) -> tuple[list[PayoutFact], str | None]:
    """A page of listPayouts; its token comes with the same arguments."""
    params = {"createdAfter": client.zulu(after), **({"nextToken": token} if token else {})}
    body = client.get(door, region, "listPayouts", _TRANSFERS, params)
    found = client.entries(body, "payouts")
    return client.read(lambda: [mapper.payout(entry) for entry in found]), client.next_token(body)


def _groups(library: Any, token: str, after: datetime) -> tuple[list[PayoutFact], str | None]:
    asked: dict[str, Any] = {"FinancialEventGroupStartedAfter": client.zulu(after - timedelta(days=30)), "MaxResultsPerPage": 100}
    payload = client.member(
        library.list_financial_event_groups(**asked, **({"NextToken": token} if token else {})).payload, "payload"
    )
    found = client.entries(payload, "FinancialEventGroupList")
    facts = client.read(lambda: [fact for entry in found if (fact := mapper.event_group(entry))])
    return facts, client.next_token(payload, "NextToken")


def _transactions(library: Any, token: str, asked: dict[str, Any]) -> tuple[list[TransactionFact], str | None]:
    payload = client.member(library.list_transactions(**asked, **({"nextToken": token} if token else {})).payload, "payload")
    found = client.entries(payload, "transactions")
    return client.read(lambda: [mapper.transaction(entry) for entry in found]), client.next_token(payload)


authoriser = AmazonAuthoriser(info)
source = AmazonSource(info)
order_source = AmazonOrders(info)
receiver = AmazonReceiver(info)
browser = AmazonBrowser()
queue = AmazonQueue(info, authoriser, receiver)
