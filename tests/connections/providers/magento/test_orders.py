"""Orders and credit memos read from the twin: every total foots, pages lose nothing, what is unknown is not guessed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from canonical.commerce import ChargeKind, OrderStatus, Terms
from canonical.plain_commerce import order_of, plain_order, plain_refund, refund_of
from connections.errors import Failure, FailureKind
from connections.providers.magento import client, orders, provider
from connections.providers.magento.client import Found, Search

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def listed(shop, since=LONG_AGO, **how):
    return [order for page in pages(shop, since, **how) for order in page.orders]


def pages(shop, since=LONG_AGO, **how):
    return list(provider.order_source.order_pages(shop.door, shop.account, since=since, **how))


def refunds(shop, since=LONG_AGO):
    return [one for page in provider.order_source.refund_pages(shop.door, shop.account, since=since) for one in page.refunds]


def numbered(shop, number):
    return provider.order_source.order(shop.door, shop.account, str(number), people=True).orders[0]


@pytest.mark.parametrize("code", ["main", "uk", "tokyo", "kuwait", "cloud"])
def test_every_seeded_order_and_credit_memo_foots(shop, code):
    connected = shop(code)
    found, given_back = listed(connected), refunds(connected)
    assert found
    for one in found:
        assert one.gross == one.total, one.shop.number
        assert order_of(plain_order(one)) == one
    for memo in given_back:
        assert memo.gross == memo.total, memo.shop.number
        assert refund_of(plain_refund(memo)) == memo
    assert {one.currency for one in found} == {connected.account.currency}
    assert len({one.order_id for one in found}) == len(found)


@pytest.mark.parametrize(
    ("code", "amounts"), [("main", "base"), ("main", "order"), ("uk", "base"), ("kuwait", "base"), ("tokyo", "base")]
)
def test_random_orders_foot_in_any_currency_and_in_parts(shop, code, amounts):
    connected, rng = shop(code), random.Random(f"{code}:{amounts}")
    connected.account = _with(connected.account, amounts=amounts)
    since = datetime.fromisoformat(connected.twins.clock()["now"]) - timedelta(minutes=1)
    goods = ["HP-LANTERN-BRASS", "TEE-NAVY", "BOX-PICNIC", "SET-CAMP", "COURSE-ROPE", 'PLATE-6"-BLUE', "00123-ROPE"]
    for _ in range(8):
        lines = [[sku, rng.randint(1, 5)] for sku in rng.sample(goods, rng.randint(1, 4))]
        wishes = {
            "off": rng.choice(["0", "0.05", "0.1", "0.333"]),
            "post_off": rng.choice(["0", "0.5"]),
            "postage": rng.choice(["0", "7.49"]),
        }
        wishes |= {"currency": rng.choice(["EUR", "USD"])} if amounts == "order" else {}
        wishes |= {"credit": "3.33", "cards": "1.11"} if code == "uk" and rng.random() < 0.5 else {}
        placed = connected.command("place", lines=lines, method="purchaseorder", **wishes)["orders"][0]["entity_id"]
        line = numbered(connected, placed).lines[0].line_id
        connected.command("invoice", order=placed, items={line: 1})
        if rng.random() < 0.7:
            connected.command("refund", order=placed, items={line: 1}, shipping="0", negative=rng.choice(["0", "0.01", "1"]))
    found, given_back = listed(connected, since), refunds(connected, since)
    assert len(found) == 8
    assert [(one.shop.number, one.gross, one.total) for one in found if one.gross != one.total] == []
    assert [(one.shop.number, one.gross, one.total) for one in given_back if one.gross != one.total] == []


def _with(account, **facts):
    return replace(account, facts={**account.facts, **facts})


def test_a_parent_and_its_parts_are_counted_once(shop):
    connected = shop()
    placed = connected.command("place", lines=[["TEE-NAVY", 2], ["BOX-PICNIC", 1], ["SET-CAMP", 1]])["orders"][0]["entity_id"]
    skus = [line.sku for line in numbered(connected, placed).lines if line.sku]
    assert [sku.startswith("TEE-") for sku in skus] == [True, False, False, False]  # the configurable once, as what is sent
    assert skus[1].startswith("BOX-PICNIC")  # a bundle of a fixed price is sold as itself
    assert skus[2:] == ["HP-LANTERN-BRASS", "00123-ROPE"]  # a dynamic one as its parts


def test_prices_with_tax_give_their_discount_its_share_of_the_tax(shop):
    connected = shop("uk")
    placed = connected.command("place", lines=[["HP-LANTERN-BRASS", 3]], off="0.10", postage="0")["orders"][0]["entity_id"]
    (line,) = [line for line in numbered(connected, placed).lines if line.sku]
    item, discount = line.charges
    assert (item.kind, discount.kind) == (ChargeKind.ITEM, ChargeKind.DISCOUNT)
    for charge in (item, discount):
        assert abs(charge.tax - charge.amount * Decimal("0.2")) <= Decimal("0.02")


def test_an_order_tells_what_came_and_what_was_sent_though_it_did_not_change_itself(shop):
    connected = shop()
    connected.command("set", touch="never")
    placed = connected.command("place", lines=[["1E10", 2]], method="purchaseorder")["orders"][0]["entity_id"]
    before = numbered(connected, placed)
    assert (before.status, before.terms, before.shop.payments) == (OrderStatus.UNSHIPPED, Terms.CREDIT, ())
    connected.twins.clock(shift=3600)
    since = datetime.fromisoformat(connected.twins.clock()["now"]) - timedelta(minutes=1)
    connected.command("invoice", order=placed, items={"1E10": 1})
    (found,) = listed(connected, since)
    assert found.updated_at > before.updated_at
    assert [payment.amount for payment in found.shop.payments] == [found.shop.paid]
    connected.command("ship", order=placed)
    (sent,) = listed(connected, since)
    assert [package.tracking for package in sent.packages] == [f"JD{placed:014d}"]


def test_only_the_store_views_asked_for_are_listed(shop):
    connected = shop()
    everything, german = listed(connected), listed(connected, marketplaces=["de"])
    assert {one.shop.store for one in german} == {"de"}
    assert len(german) == sum(one.shop.store == "de" for one in everything)


# ------------------------------------------------------------------ pages


def test_an_order_that_changes_while_pages_are_turned_hides_nobody(shop, monkeypatch):
    monkeypatch.setattr(orders, "PAGE", 7)
    connected = shop()
    expected = {one.order_id for one in listed(connected)}
    turning = provider.order_source.order_pages(connected.door, connected.account, since=LONG_AGO)
    first = next(turning)
    found = [one.order_id for one in first.orders]
    connected.twins.clock(shift=60)
    connected.command("status", order=int(found[0]), status="processing")  # it moves to the end, all others move up
    found += [one.order_id for page in turning for one in page.orders]
    assert set(found) == expected


def test_a_listing_goes_on_by_its_token(shop, monkeypatch):
    monkeypatch.setattr(orders, "PAGE", 20)
    connected = shop()
    whole = pages(connected)
    again = pages(connected, token=whole[0].token)
    told = [one.order_id for page in (whole[0], *again) for one in page.orders]
    assert set(told) == {one.order_id for page in whole for one in page.orders}
    assert whole[-1].token == ""
    assert again[-1].until == whole[-1].until


def test_the_last_page_again_is_no_more_orders_and_another_one_again_is_refused(shop, monkeypatch):
    same = {"entity_id": 1, "updated_at": "2026-11-24 10:00:00"}
    told = iter([Found((same,) * 1, 3, b"{}"), Found((same,), 3, b"{}"), Found((same,), 3, b"{}")])
    monkeypatch.setattr(client, "page", lambda *asked: next(told))
    with pytest.raises(Failure) as failed:
        list(orders.newest_last(None, None, Search("orders", "listOrders", size=1), "2026-11-24 10:00:00"))
    assert failed.value.kind is FailureKind.MALFORMED
    assert "page 2 of orders again" in failed.value.problem.text()


# ------------------------------------------------------------------ trouble


@pytest.mark.parametrize("order_id", ["", "1/../../x", "99999999999999", "abc", "424242"])
def test_an_order_that_is_not_there_is_not_found(shop, order_id):
    with pytest.raises(Failure) as failed:
        numbered(shop(), order_id)
    assert failed.value.kind is FailureKind.NOT_FOUND


def test_the_maintenance_page_is_no_empty_list(shop):
    connected = shop()
    connected.command("set", maintenance=True)
    with pytest.raises(Failure) as failed:
        listed(connected)
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert failed.value.wait >= timedelta(seconds=100)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b'{"items":null,"total_count":"many"}', "total_count"),
        (b'{"items":[1],"total_count":1}', "items"),
        (b"[]", "not a JSON object"),
        (b'{"items":[{"increment_id":"1"}],"total_count":1}', "id is missing"),
    ],
)
def test_an_answer_of_another_shape_is_malformed(shop, monkeypatch, body, what):
    connected = shop()
    monkeypatch.setattr(client, "get", lambda *asked, **more: type("Answer", (), {"content": body})())
    with pytest.raises(Failure) as failed:
        listed(connected)
    assert failed.value.kind is FailureKind.MALFORMED
    assert what in failed.value.problem.text()


def test_an_order_that_cannot_be_read_hides_nobody(shop):
    connected = shop()
    good, bad, dateless = (one["entity_id"] for one in connected.command("place", count=3)["orders"])
    connected.command("spoil", order=bad, says={"base_currency_code": None})
    connected.command("spoil", order=dateless, says={"created_at": "0000-00-00 00:00:00"})
    since = datetime.fromisoformat(connected.twins.clock()["now"]) - timedelta(minutes=1)
    told = pages(connected, since)
    assert [one.order_id for page in told for one in page.orders] == [str(good)]
    assert told[-1].until >= since + timedelta(seconds=59)
    first, second = (one for page in told for one in page.unread)
    assert (first.order_id, first.marketplace, first.changed.tzinfo) == (str(bad), "English", UTC)
    assert first.problem.text() == f"Order {first.number} could not be read: no currency: ''."
    assert "created_at is not a date-time" in second.problem.text()
    alone = provider.order_source.order(connected.door, connected.account, str(bad))
    assert (alone.orders, alone.unread) == ((), (first,))
    connected.twins.app.reset()  # no schema knows an order like these


def test_a_credit_memo_whose_order_is_gone_hides_nobody(shop):
    connected = shop()
    gone, good = (one["entity_id"] for one in connected.command("place", count=2)["orders"])
    memos = [str(connected.command("refund", order=one)["creditmemo"]) for one in (gone, good)]
    connected.command("erase", order=gone)
    since = datetime.fromisoformat(connected.twins.clock()["now"]) - timedelta(minutes=1)
    told = list(provider.order_source.refund_pages(connected.door, connected.account, since=since))
    assert memos[1] in [one.refund_id for page in told for one in page.refunds]
    (unread,) = (one for page in told for one in page.unread)
    assert (unread.order_id, unread.refund_id) == (str(gone), memos[0])
    assert f"its order {gone} is not in the shop any more" in unread.problem.text()


def test_characters_that_nobody_can_keep_are_left_out_of_every_text():
    body = (
        b'{"gift\\u0000_note": ["a\\u0000b\\ud83d", {"street": "1\\r\\n2\\t3\\u001f"}], "smile": "\\ud83d\\ude00", "half": 1.50}'
    )
    told = {"gift_note": ["ab", {"street": "1\n2\t3"}], "smile": "\U0001f600", "half": Decimal("1.50")}
    assert client.object_of(body) == told
    assert client.object_of(b'{"raw": "a\xed\xa0\x80b"}') == {"raw": "ab"}
    refused = client.judge(400, {}, b'{"message": "no \\u0000%1", "parameters": ["such\\ud800"]}', writes=False)
    assert refused.problem.params["detail"] == "no such"
