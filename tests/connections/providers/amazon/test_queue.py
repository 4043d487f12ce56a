"""Amazon's queue: subscribed to once, read by boto3 as published, emptied only when told."""

from __future__ import annotations

import pytest

from connections.contracts import ORDERS, SETTLEMENTS, Environment
from connections.errors import Failure, FailureKind
from connections.providers.amazon.provider import queue

STORE = {"seller": "A2HARBOURPINE1", "marketplace": "US"}


def waiting(twins):
    return twins.world()["twins"]["sqs"]["tieout-amazon"]


def emptied(endpoints):
    queue.acknowledge(endpoints, [message.handle for message in queue.receive(endpoints, at_most=1)])


def test_subscribing_twice_is_subscribing_once(seller, endpoints):
    harbour = seller()
    first = queue.subscribe(harbour.door, harbour.account)
    assert set(first) == {"ORDER_CHANGE", "REPORT_PROCESSING_FINISHED"}
    assert all(first.values())
    assert queue.subscribe(harbour.door, harbour.account) == first
    made = [one.operation for one in harbour.door.exchanges if one.request.method == "POST" and one.operation != "token"]
    assert made == ["createDestination", "createSubscription", "createSubscription"]


def test_two_sellers_share_one_destination(seller):
    for region in ("na", "eu"):
        one = seller(region)
        queue.subscribe(one.door, one.account)
        made = [exchange.status for exchange in one.door.exchanges if exchange.operation == "createDestination"]
        assert made == ([200] if region == "na" else [])


def test_changes_and_reports_arrive_as_notices(seller, twins, endpoints):
    harbour = seller()
    queue.subscribe(harbour.door, harbour.account)
    (order_id,) = twins.command("amazon", "place", **STORE, orders=1)["orders"]
    twins.command("amazon", "ship", order=order_id)
    twins.clock(shift=60)
    twins.command("amazon", "close", **STORE)
    messages = queue.receive(endpoints, at_most=100)
    notices = [notice for message in messages for notice in message.notices]
    assert [(notice.kind, notice.operation) for notice in notices] == [
        (ORDERS, "unshipped"),
        (ORDERS, "shipped"),
        (SETTLEMENTS, "done"),
    ]
    assert {notice.external_account for notice in notices} == {harbour.profile.id}
    assert [notice.external_id for notice in notices[:2]] == [order_id, order_id]
    assert len({notice.event_id for notice in notices}) == 3
    assert waiting(twins) == {"free": 0, "hidden": 3}
    queue.acknowledge(endpoints, [message.handle for message in messages])
    assert waiting(twins) == {"free": 0, "hidden": 0}


def test_more_than_ten_messages_take_several_calls(twins, endpoints):
    twins.command("sqs", "send", body="{}", times=23)
    messages = queue.receive(endpoints, at_most=100)
    assert len(messages) == 23
    assert all(message.notices == () and message.body == b"{}" for message in messages)
    queue.acknowledge(endpoints, [message.handle for message in messages])
    assert waiting(twins) == {"free": 0, "hidden": 0}


def test_what_is_not_acknowledged_comes_again(twins, endpoints):
    twins.command("sqs", "send", body="{}")
    (first,) = queue.receive(endpoints, at_most=10)
    assert queue.receive(endpoints, at_most=10) == []
    twins.clock(shift=121)
    (again,) = queue.receive(endpoints, at_most=10)
    assert again.body == first.body
    assert again.handle != first.handle


def test_a_message_may_come_again_although_it_was_acknowledged(twins, endpoints):
    twins.command("sqs", "send", body="{}")
    twins.command("sqs", "twice", count=1)
    (first,) = queue.receive(endpoints, at_most=10)
    queue.acknowledge(endpoints, [first.handle])
    assert len(queue.receive(endpoints, at_most=10)) == 1


@pytest.mark.parametrize("operation", ["ReceiveMessage", "DeleteMessageBatch"])
@pytest.mark.parametrize("kind", ["500", "drop-before-commit", "expire"])
def test_a_queue_that_fails_is_unavailable(twins, endpoints, operation, kind):
    twins.command("sqs", "send", body="{}")
    twins.fault("sqs", kind, operation, count=None)
    with pytest.raises(Failure) as failed:
        emptied(endpoints)
    assert failed.value.kind is FailureKind.UNAVAILABLE


def test_without_an_address_there_is_no_queue(endpoints):
    assert queue.configured(endpoints)
    bare = type(endpoints)(Environment.PRODUCTION, endpoints.urls)
    assert not queue.configured(bare)
