"""SourceContract: orders are listed whole and once, page by page, and trouble is said, never swallowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from canonical.commerce import Order, OrderStatus
from connections import budgets, registry
from connections.contracts import OrderPage, OrderSource
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import Connection


class Shop:
    """What a provider's own test file fills in. `listing` is the twin's name for the operation that lists orders."""

    provider: str
    listing: str
    page: int = 100  # orders on a page of a listing

    def __init__(self, twins: Any) -> None:
        self.twins = twins
        self.connection = self.connect()
        found = registry.provider(self.provider).order_source
        assert found is not None
        self.source: OrderSource = found

    def connect(self) -> Connection:
        raise NotImplementedError

    def place(self, count: int) -> Sequence[str]:
        """So many paid orders, as their ids in the product's words."""
        raise NotImplementedError

    def cancel(self, order_id: str) -> None:
        raise NotImplementedError

    def say(self, order_id: str, word: str) -> None:
        """Let an order's status be a word that nobody knows."""
        raise NotImplementedError

    def expire(self) -> None:
        raise NotImplementedError

    def quiet(self) -> None:
        """Let enough time pass that what was placed is listed."""
        self.twins.clock(shift=300)

    # ------------------------------------------------------------ the product's side

    def now(self) -> datetime:
        return datetime.fromisoformat(self.twins.clock()["now"])

    def fault(self, kind: str, **details: Any) -> None:
        self.twins.fault(self.provider, kind, self.listing, **{"count": 1, **details})

    def pages(self, since: datetime, token: str = "") -> list[OrderPage]:
        door, account = door_for(self.connection), self.connection.account()
        return list(self.source.order_pages(door, account, since=since, token=token))

    def listed(self, since: datetime) -> Mapping[str, Order]:
        return {order.order_id: order for page in self.pages(since) for order in page.orders}


class SourceContract:
    """Inherit it, and say what `shop` is."""

    harness: type[Shop]

    @pytest.fixture
    def shop(self, twins: Any, tenant: Any) -> Shop:
        budgets.forget_leases()
        return self.harness(twins)

    def test_a_listing_is_whole_and_each_order_comes_once(self, shop: Shop) -> None:
        since = shop.now() - timedelta(minutes=5)
        ids = shop.place(shop.page + 7)
        shop.quiet()
        pages = shop.pages(since)
        found = [order.order_id for page in pages for order in page.orders]
        assert set(ids) <= set(found)
        assert len(found) == len(set(found))
        assert len(pages) >= 2
        assert all(page.raw.content for page in pages)

    def test_what_changed_after_the_watermark_is_listed_again(self, shop: Shop) -> None:
        since = shop.now() - timedelta(minutes=5)
        first, _second = shop.place(2)
        shop.quiet()
        until = max(page.until for page in shop.pages(since) if page.until)
        shop.cancel(first)
        shop.quiet()
        later = shop.listed(until - shop.source.order_overlap)
        assert later[first].status is OrderStatus.CANCELLED

    def test_every_order_is_what_its_total_says(self, shop: Shop) -> None:
        found = shop.listed(shop.now() - timedelta(days=80))
        assert len(found) > 20
        assert [order.order_id for order in found.values() if order.total is not None and order.gross != order.total] == []

    def test_a_status_that_nobody_knows_is_kept_as_unknown(self, shop: Shop) -> None:
        since = shop.now() - timedelta(minutes=5)
        (order_id,) = shop.place(1)
        shop.say(order_id, "teleported")
        shop.quiet()
        order = shop.listed(since)[order_id]
        assert order.status is OrderStatus.UNKNOWN
        assert "teleported" in order.stated_status.lower()
        shop.twins.app.reset()  # the word was made to break the vendor's own schema

    def test_one_order_is_read_again_by_its_id(self, shop: Shop) -> None:
        (order_id,) = shop.place(1)
        shop.quiet()
        page = shop.source.order(door_for(shop.connection), shop.connection.account(), order_id)
        assert [order.order_id for order in page.orders] == [order_id]

    def test_an_order_that_is_not_there_is_said_so(self, shop: Shop) -> None:
        with pytest.raises(Failure) as failed:
            shop.source.order(door_for(shop.connection), shop.connection.account(), "701-0000000-0000000")
        assert failed.value.kind is FailureKind.NOT_FOUND

    @pytest.mark.parametrize(
        ("trouble", "kind"),
        [
            ("throttle", FailureKind.THROTTLED),
            ("500", FailureKind.UNAVAILABLE),
            ("503html", FailureKind.UNAVAILABLE),
            ("malformed", FailureKind.MALFORMED),
            ("drop-before-commit", FailureKind.UNAVAILABLE),
        ],
    )
    def test_trouble_is_said_and_nothing_is_taken_for_empty(self, shop: Shop, trouble: str, kind: FailureKind) -> None:
        shop.fault(trouble)
        with pytest.raises(Failure) as failed:
            shop.pages(shop.now() - timedelta(days=30))
        assert failed.value.kind is kind

    def test_a_credential_that_ended_is_renewed_on_the_way(self, shop: Shop) -> None:
        shop.expire()
        assert shop.pages(shop.now() - timedelta(days=30))
