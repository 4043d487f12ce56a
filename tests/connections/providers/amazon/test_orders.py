"""Orders read from the twin through the client: pages, tokens, limits, one order, refunds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from canonical.commerce import OrderStatus, Terms
from connections import jsontext
from connections.errors import Failure, FailureKind
from connections.providers.amazon import orders as module
from connections.providers.amazon.places import BY_CODE
from connections.providers.amazon.provider import order_source
from tests.support.requirements import shared_folder

STORE = {"seller": "A2HARBOURPINE1", "marketplace": "US"}
US = BY_CODE["US"].id


def recently(days=2):
    return datetime.now(UTC) - timedelta(days=days)


def read(seller, since=None, **how):
    pages = list(order_source.order_pages(seller.door, seller.account, since=since or recently(), **how))
    return pages, {order.order_id: order for page in pages for order in page.orders}


def asked(seller, operation):
    return [exchange.request for exchange in seller.door.exchanges if exchange.operation == operation]


def test_a_thousand_orders_are_ten_calls_and_a_watermark(seller, twins):
    harbour = seller()
    twins.command("amazon", "bulk", **STORE, orders=0)
    ids = twins.command("amazon", "place", **STORE, orders=1000)["orders"]
    twins.clock(shift=300)
    pages, found = read(harbour, since=recently(0.5), marketplaces=[US])
    assert set(ids) <= set(found)
    assert len(asked(harbour, "searchOrders")) <= 11
    assert len({page.until for page in pages}) == 1
    now = datetime.fromisoformat(twins.clock()["now"])
    assert timedelta(minutes=2) <= now - pages[0].until < timedelta(minutes=3)
    assert all(jsontext.loads(page.raw.content)["orders"] for page in pages)
    # From the watermark on, less the overlap, nothing is missed: what changed meanwhile is there.
    twins.command("amazon", "cancel", order=ids[7])
    twins.clock(shift=300)
    _pages, later = read(harbour, since=pages[0].until - order_source.order_overlap, marketplaces=[US])
    assert later[ids[7]].status is OrderStatus.CANCELLED
    assert later[ids[7]].gross == 0


def test_every_order_is_what_its_total_says(seller):
    for region in ("na", "eu", "fe"):
        _pages, found = read(seller(region), since=recently(150))
        assert len(found) > 50
        assert [order for order in found.values() if order.total is not None and order.gross != order.total] == []
        assert {order.status for order in found.values()} >= {OrderStatus.SHIPPED, OrderStatus.CANCELLED}


def test_people_are_asked_for_only_where_wanted(seller):
    harbour = seller()
    _pages, quiet = read(harbour, since=recently(30))
    assert all(order.buyer is None and order.ship_to is None for order in quiet.values())
    assert not {"BUYER", "RECIPIENT"} & set(asked(harbour, "searchOrders")[-1].url.params["includedData"].split(","))
    _pages, told = read(harbour, since=recently(30), people=True)
    assert all(order.buyer and order.ship_to for order in told.values())


def test_an_interrupted_listing_goes_on_by_its_token(seller):
    harbour, since = seller(), recently(150)
    whole, everything = read(harbour, since=since)
    _rest, rest = read(harbour, since=since, token=whole[0].token)
    assert set(rest) == set(everything) - {order.order_id for order in whole[0].orders}


def test_a_token_dies_after_a_day(seller, twins):
    harbour, since = seller(), recently(150)
    page = next(order_source.order_pages(harbour.door, harbour.account, since=since))
    twins.clock(shift=25 * 3600)
    with pytest.raises(Failure) as failed:
        read(harbour, since=since, token=page.token)
    assert (failed.value.status, failed.value.kind) == (400, FailureKind.OUR_BUG)
    assert "expired" in failed.value.problem.params["detail"]


def test_throttled_is_said_at_once(seller, twins):
    harbour = seller()
    harbour.fault("throttle", "searchOrders", count=1)
    with pytest.raises(Failure) as failed:
        read(harbour)
    assert failed.value.kind is FailureKind.THROTTLED
    read(harbour)


@pytest.fixture
def real_rates(twins):
    """A world's reset leaves the scale as it is: it is put back here."""
    twins.post("/world/scale", {"scale": 1})
    yield
    twins.post("/world/scale", {"scale": 0})


def test_the_twin_keeps_amazons_own_rate(seller, real_rates):
    harbour = seller()
    for _ in range(20):
        next(order_source.order_pages(harbour.door, harbour.account, since=recently()))
    with pytest.raises(Failure) as failed:
        next(order_source.order_pages(harbour.door, harbour.account, since=recently()))
    assert failed.value.kind is FailureKind.THROTTLED


def test_one_order_read_again(seller, twins):
    harbour = seller()
    (order_id,) = twins.command("amazon", "place", **STORE, orders=1, terms="credit", fulfillment="MFN")["orders"]
    page = order_source.order(harbour.door, harbour.account, order_id)
    (order,) = page.orders
    assert (order.status, order.terms, order.packages) == (OrderStatus.UNSHIPPED, Terms.CREDIT, ())
    twins.command("amazon", "ship", order=order_id)
    (order,) = order_source.order(harbour.door, harbour.account, order_id).orders
    assert (order.status, len(order.packages)) == (OrderStatus.SHIPPED, 1)
    assert order.shipped_at == order.updated_at


def test_a_status_that_no_model_lists_is_not_guessed_at(seller, twins):
    harbour = seller()
    (order_id,) = twins.command("amazon", "place", **STORE, orders=1)["orders"]
    twins.command("amazon", "say", order=order_id, status="BIRTHDAY")
    (order,) = order_source.order(harbour.door, harbour.account, order_id).orders
    assert (order.status, order.stated_status) == (OrderStatus.UNKNOWN, "BIRTHDAY")
    # The answer is against today's contract, as it was meant to be; without the contracts nobody can say so.
    assert ["BIRTHDAY" in problem for problem in twins.app.found()] == ([True] if shared_folder() else [])
    twins.app.reset()
    harbour.door.exchanges.clear()


@pytest.mark.parametrize("order_id", ["112-9999999-9999999", "../../finances/v0", "a?b=c", ""])
def test_an_order_that_is_not_there(seller, order_id):
    harbour = seller()
    with pytest.raises(Failure) as failed:
        order_source.order(harbour.door, harbour.account, order_id)
    assert failed.value.kind is FailureKind.NOT_FOUND
    assert len(asked(harbour, "getOrder")) == (1 if order_id.startswith("112") else 0)


def test_refunds_carry_the_id_that_settlements_carry(seller, twins):
    harbour = seller()
    ids = twins.command("amazon", "place", **STORE, orders=2)["orders"]
    twins.command("amazon", "ship", orders=ids)
    refunds = twins.command("amazon", "refund", orders=ids)["adjustments"]
    twins.clock(shift=300)
    _pages, orders = read(harbour)
    pages = list(order_source.refund_pages(harbour.door, harbour.account, since=recently(1)))
    found = {refund.order_id: refund for page in pages for refund in page.refunds}
    for order_id in ids:
        assert found[order_id].refund_id == refunds[order_id]
        assert found[order_id].gross == orders[order_id].gross
        assert [line.sku for line in found[order_id].lines] == [line.sku for line in orders[order_id].lines]


def test_a_long_time_is_asked_for_in_spans_of_less_than_180_days(seller):
    harbour = seller()
    list(order_source.refund_pages(harbour.door, harbour.account, since=recently(400)))
    spans = {(one.url.params["postedAfter"], one.url.params.get("postedBefore")) for one in asked(harbour, "listTransactions")}
    moments = sorted(
        (datetime.fromisoformat(after), datetime.fromisoformat(before or "2999-01-01T00:00:00Z")) for after, before in spans
    )
    assert len(moments) == 3
    assert [before for _after, before in moments[:-1]] == [after for after, _before in moments[1:]]
    assert all(before - after <= timedelta(days=179) for after, before in moments[:-1])
    assert datetime.now(UTC) - moments[-1][0] < timedelta(days=179)
    assert datetime.now(UTC) - moments[0][0] > timedelta(days=401)


def test_how_far_back_orders_go():
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert order_source.earliest([], at) == datetime(2024, 11, 21, tzinfo=UTC)
    assert order_source.earliest([US], at) == datetime(2024, 11, 21, tzinfo=UTC)
    for code in ("JP", "AU", "SG"):
        assert order_source.earliest([BY_CODE[code].id], at) == datetime(2016, 1, 1, tzinfo=UTC)


def test_an_older_beginning_is_brought_forward(seller):
    harbour = seller()
    next(order_source.order_pages(harbour.door, harbour.account, since=datetime(2020, 1, 1, tzinfo=UTC)))
    after = datetime.fromisoformat(asked(harbour, "searchOrders")[0].url.params["lastUpdatedAfter"])
    assert timedelta(days=729) < datetime.now(UTC) - after < timedelta(days=731)


def test_a_page_token_that_repeats_is_refused(seller, monkeypatch):
    harbour = seller()
    page = next(order_source.order_pages(harbour.door, harbour.account, since=recently(150)))
    monkeypatch.setattr(module, "_search", lambda door, region, asked: page)
    with pytest.raises(Failure) as failed:
        read(harbour)
    assert failed.value.kind is FailureKind.MALFORMED


def test_amounts_stay_exact(seller):
    _pages, found = read(seller("fe"), since=recently(150))
    amounts = {charge.amount for order in found.values() for line in order.lines for charge in line.charges}
    assert all(isinstance(amount, Decimal) for amount in amounts)
