"""Orders 2026-01-01 and refunds, a page a call, each with the bytes it came in.

searchOrders is Amazon's tightest budget (one call in three minutes, twenty at once), so orders are read by
what changed since the last listing, a hundred a page with their items; getOrder reads one again when
a notification hints at it. Buyer and recipient are asked for only where an integration wants them. Orders
tell nothing of refunds: those are transactions of type Refund, which may show up two days late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from canonical.problems import Problem
from connections import errors
from connections.contracts import Answer, Door, Download, ExternalAccount, OrderPage, ProviderInfo, RefundPage
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import client, commerce, mapper
from .places import OLDEST_ORDER, SINCE_2016

PAGE = 100
MONEY = ("PROCEEDS", "TAX", "FULFILLMENT", "PACKAGES", "PROMOTION", "PAYMENT")
PEOPLE = ("BUYER", "RECIPIENT")
_ORDERS = "/orders/2026-01-01/orders"
_TRANSACTIONS = "/finances/2024-06-19/transactions"
_SPAN = timedelta(days=170)  # beyond 180 days listTransactions answers with nothing at all; clocks may differ
_ORDER_ID = re.compile(r"[A-Za-z0-9-]{5,40}")
REFUND_LAG = timedelta(hours=48)


class AmazonOrders:
    """The OrderSource of Amazon."""

    order_history = timedelta(days=730)
    order_overlap = timedelta(minutes=5)

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def earliest(self, marketplaces: Sequence[str], at: datetime) -> datetime:
        """How far back orders of these stores (ids; none: any store) can be read at moment `at`.

        Two years, but from 2016 on in Japan, Australia and Singapore. Of several stores the longest counts.
        """
        longer = bool(set(marketplaces) & SINCE_2016)
        return OLDEST_ORDER if longer else at - self.order_history

    def order_pages(
        self,
        door: Door,
        account: ExternalAccount,
        *,
        since: datetime,
        marketplaces: Sequence[str] = (),
        people: bool = False,
        token: str = "",
    ) -> Iterator[OrderPage]:
        """Orders updated at or after `since`, up to two minutes ago. A token goes with the very arguments of its listing."""
        after = max(since, self.earliest(marketplaces, now()))
        asked: dict[str, Any] = {
            "lastUpdatedAfter": client.zulu(after),
            "maxResultsPerPage": PAGE,
            "includedData": ",".join(_included(people)),
        }
        if marketplaces:
            asked["marketplaceIds"] = ",".join(marketplaces)
        seen = {token}
        while True:
            page = _search(door, account.region, {**asked, **({"paginationToken": token} if token else {})})
            if page.token and page.token in seen:
                raise client.malformed("the same page token again")
            yield page
            if not page.token:
                return
            token = page.token
            seen.add(token)

    def order(self, door: Door, account: ExternalAccount, order_id: str, *, people: bool = False) -> OrderPage:
        """One order, read again. Raises Failure NOT_FOUND for one that Amazon does not know, or cannot."""
        if not _ORDER_ID.fullmatch(order_id):  # it may have come from a message that anybody could have written
            raise Failure(
                FailureKind.NOT_FOUND, Problem(errors.NOT_FOUND, {"provider": client.PROVIDER, "operation": "getOrder"})
            )
        path = f"{_ORDERS}/{order_id}"
        answer = client.get_raw(door, account.region, "getOrder", path, {"includedData": ",".join(_included(people))})
        body = client.answer_object(answer)
        found = client.read(lambda: commerce.order(client.member(body, "order")))
        return OrderPage((found,), _kept(answer))

    def refund_pages(self, door: Door, account: ExternalAccount, *, since: datetime) -> Iterator[RefundPage]:
        """Refunds posted since, and two days before: a transaction may show up that late.

        In spans that Amazon answers; the last is left open, so that Amazon's clock says what is newest.
        """
        after, present = since - REFUND_LAG, now()
        while present - after > _SPAN:
            yield from _refunds(door, account.region, after, after + _SPAN)
            after += _SPAN
        yield from _refunds(door, account.region, after, None)


def _search(door: Door, region: str, asked: dict[str, Any]) -> OrderPage:
    answer = client.get_raw(door, region, "searchOrders", _ORDERS, asked)
    body = client.answer_object(answer)
    found = client.entries(body, "orders")
    pagination = body.get("pagination") or {}
    return client.read(
        lambda: OrderPage(
            orders=tuple(commerce.order(entry) for entry in found),
            raw=_kept(answer),
            token=client.next_token(pagination) or "",
            until=mapper.moment(body.get("lastUpdatedBefore")),
        )
    )


def _refunds(door: Door, region: str, after: datetime, before: datetime | None) -> Iterator[RefundPage]:
    asked = {"postedAfter": client.zulu(after), **({"postedBefore": client.zulu(before)} if before else {})}

    def ask(token: str) -> tuple[RefundPage, str | None]:
        params = {**asked, **({"nextToken": token} if token else {})}
        answer = client.get_raw(door, region, "listTransactions", _TRANSACTIONS, params)
        payload = client.member(client.answer_object(answer), "payload")
        found = client.entries(payload, "transactions")
        refunds = client.read(lambda: tuple(one for entry in found if (one := commerce.refund(entry))))
        return RefundPage(refunds, _kept(answer)), client.next_token(payload)

    return client.pages(ask)


def _included(people: bool) -> tuple[str, ...]:
    return MONEY + PEOPLE if people else MONEY


def _kept(answer: Answer) -> Download:
    return Download(answer.content, "application/json", "utf-8")
