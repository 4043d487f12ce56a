"""Orders and credit memos read from the twin: every total foots, pages lose nothing, what is unknown is not guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from canonical.plain_commerce import order_of, plain_order, plain_refund, refund_of
from connections.providers.magento import provider

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def orders(shop, since=LONG_AGO, **how):
    return [
        order for page in provider.order_source.order_pages(shop.door, shop.account, since=since, **how) for order in page.orders
    ]


def refunds(shop, since=LONG_AGO):
    return [one for page in provider.order_source.refund_pages(shop.door, shop.account, since=since) for one in page.refunds]


def numbered(shop, number):
    return provider.order_source.order(shop.door, shop.account, str(number), people=True).orders[0]


@pytest.mark.parametrize("code", ["main", "uk", "tokyo", "kuwait", "cloud"])
def test_every_seeded_order_and_credit_memo_foots(shop, code):
    connected = shop(code)
    found, given_back = orders(connected), refunds(connected)
    assert found
    for one in found:
        assert one.gross == one.total, one.shop.number
        assert order_of(plain_order(one)) == one
    for memo in given_back:
        assert memo.gross == memo.total, memo.shop.number
        assert refund_of(plain_refund(memo)) == memo
    assert {one.currency for one in found} == {connected.account.currency}
