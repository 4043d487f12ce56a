"""Queues of notices: each stored once whatever comes twice, nothing lost, poison set aside, and streams looked at again."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from connections import inbound, queues, registry, services, signals, tasks, vault
from connections.contracts import ORDERS, SETTLEMENTS
from connections.http import door_for
from connections.models import Connection, InboundNotice, StrayMessage
from sandbox.amazon.places import APPLICATIONS
from tenants.models import Tenant
from tenants.scope import no_tenant, tenant_scope
from tests.support.twins import Twins

SELLER = "A2HARBOURPINE1"
STORE = {"seller": SELLER, "marketplace": "US"}
APP = next(iter(APPLICATIONS.values()))
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sold(tenant: Tenant, twins: Twins) -> Connection:
    """A connection to Harbour & Pine, followed."""
    given = twins.command("amazon", "authorize", seller=SELLER, client=APP.client_id)
    row = services.adopt(
        provider="amazon",
        environment="twin",
        region="na",
        answers={"marketplace": "US", "seller_id": SELLER, "refresh_token": given["refresh_token"]},
    )
    assert set(queues.follow(connection=row)) == {"ORDER_CHANGE", "REPORT_PROCESSING_FINISHED"}
    return row


@pytest.fixture
def followers() -> Iterator[list[tuple[int, dict[str, int]]]]:
    """Who else follows: told (connection, kinds), and keeps orders waiting as the orders stream does."""
    told: list[tuple[int, dict[str, int]]] = []

    def look(*, connection: Connection, kinds: Mapping[str, int], **_more: object) -> frozenset[str]:
        told.append((connection.pk, dict(kinds)))
        return frozenset({ORDERS} & set(kinds))

    signals.noticed.connect(look, dispatch_uid="test")
    yield told
    signals.noticed.disconnect(dispatch_uid="test")


def poll() -> dict[str, queues.Emptied]:
    with no_tenant():
        return queues.poll()


def order_change(order_id: str = "112-0000001-0000001", notice_id: str = "n-1", seller: str = SELLER) -> dict[str, Any]:
    detail = {"SellerId": seller, "AmazonOrderId": order_id, "Summary": {"OrderStatus": "Shipped"}}
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": "2026-11-20T10:00:00Z",
        "Payload": {"OrderChangeNotification": detail},
        "NotificationMetadata": {"NotificationId": notice_id},
    }


@committed
def test_what_amazon_tells_is_stored_acknowledged_and_looked_at(sold: Connection, twins: Twins, followers: Any) -> None:
    (order_id,) = twins.command("amazon", "place", **STORE, orders=1)["orders"]
    twins.clock(shift=60)
    twins.command("amazon", "close", **STORE)
    assert poll() == {"amazon/twin": queues.Emptied(taken=2, stored=2)}
    kept = list(InboundNotice.objects.order_by("pk").values_list("kind", "external_id", "operation", "state"))
    assert [row[0] for row in kept] == [ORDERS, SETTLEMENTS]
    assert kept[0][1:] == (order_id, "unshipped", "waiting")
    assert twins.world()["twins"]["sqs"]["tieout-amazon"] == {"free": 0, "hidden": 0}
    tasks.process_notices(sold.tenant_id, sold.pk)
    assert followers == [(sold.pk, {ORDERS: 1, SETTLEMENTS: 1})]
    # Orders wait for the run that reads them by name; settlements are listed anyway.
    assert dict(InboundNotice.objects.values_list("kind", "state")) == {ORDERS: "waiting", SETTLEMENTS: "done"}


@committed
def test_twice_and_out_of_order_is_once(sold: Connection, twins: Twins) -> None:
    for number in (1, 2, 1, 3):
        twins.command("sqs", "send", body=order_change(notice_id=f"n-{number}"))
    twins.command("sqs", "backwards")
    twins.command("sqs", "twice", count=3)
    poll()
    poll()
    assert sorted(InboundNotice.objects.values_list("provider_event_id", flat=True)) == ["n-1", "n-2", "n-3"]
    assert twins.world()["twins"]["sqs"]["tieout-amazon"] == {"free": 0, "hidden": 0}


@committed
def test_a_message_that_cannot_be_read_is_kept_told_of_and_does_not_come_back(
    sold: Connection, twins: Twins, caplog: pytest.LogCaptureFixture
) -> None:
    twins.command("sqs", "send", body="<html>not json</html>")
    twins.command("sqs", "send", body=order_change())
    with caplog.at_level(logging.ERROR, logger="connections.queues"):
        assert poll() == {"amazon/twin": queues.Emptied(taken=2, stored=1, stray=1)}
    stray = StrayMessage.objects.get()
    assert (stray.provider, stray.environment, stray.reason, stray.times) == ("amazon", "twin", "unreadable", 1)
    assert b"html" not in bytes(stray.sealed)
    assert vault.open_for_house(stray.sealed) == b"<html>not json</html>"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "html" not in caplog.text
    assert twins.world()["twins"]["sqs"]["tieout-amazon"] == {"free": 0, "hidden": 0}
    assert InboundNotice.objects.count() == 1
    twins.command("sqs", "send", body="<html>not json</html>")
    poll()
    assert StrayMessage.objects.get().times == 2


@committed
def test_a_type_that_nobody_follows_is_kept_and_ignored(sold: Connection, twins: Twins, followers: Any) -> None:
    body = {**order_change(), "NotificationType": "BIRTHDAY_WISHES", "Payload": {"Wishes": {"SellerId": SELLER}}}
    twins.command("sqs", "send", body=body)
    poll()
    assert inbound.hand_on(connection=sold) == {"ignored": 1}
    notice = InboundNotice.objects.get()
    assert (notice.kind, notice.state) == ("birthday_wishes", "ignored")
    assert notice.blob is not None


@committed
def test_a_message_for_nobody_here_leaves_only_the_fact(sold: Connection, twins: Twins) -> None:
    twins.command("sqs", "send", body=order_change(seller="A0SOMEBODYELSE"))
    assert poll() == {"amazon/twin": queues.Emptied(taken=1, stored=1)}
    assert not InboundNotice.objects.exists()
    stray = StrayMessage.objects.get()
    assert (stray.reason, stray.kind, bytes(stray.sealed)) == ("nobodys", ORDERS, b"")


@committed
def test_what_cannot_be_stored_stays_on_the_queue(sold: Connection, twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    twins.command("sqs", "send", body=order_change())
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "_store_for", _full)
        assert poll() == {"amazon/twin": queues.Emptied(taken=1)}
    assert twins.world()["twins"]["sqs"]["tieout-amazon"] == {"free": 0, "hidden": 1}
    twins.command("sqs", "wake")
    assert poll() == {"amazon/twin": queues.Emptied(taken=1, stored=1)}
    assert InboundNotice.objects.count() == 1


def _full(*_arguments: object, **_more: object) -> None:
    raise DatabaseError("no space left")


@committed
def test_a_crash_between_storing_and_acknowledging_stores_nothing_twice(
    sold: Connection, twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins.command("sqs", "send", body=order_change())
    twins.fault("sqs", "drop-before-commit", "DeleteMessageBatch", count=None)
    assert poll() == {"amazon/twin": queues.Emptied()}
    twins.heal()
    twins.command("sqs", "wake")
    assert poll() == {"amazon/twin": queues.Emptied(taken=1, stored=1)}
    assert InboundNotice.objects.count() == 1


@committed
def test_a_queue_that_is_away_is_no_error(sold: Connection, twins: Twins) -> None:
    twins.fault("sqs", "500", "ReceiveMessage", count=None)
    assert poll() == {"amazon/twin": queues.Emptied()}


@committed
def test_no_connection_no_look_at_the_queue(tenant: Tenant, twins: Twins) -> None:
    assert poll() == {}


@committed
def test_a_lost_notice_is_made_good_by_the_next_listing(sold: Connection, twins: Twins) -> None:
    """Hints only hurry: what no notice told of is in the next ordinary listing."""
    twins.command("amazon", "mute")
    (order_id,) = twins.command("amazon", "place", **STORE, orders=1)["orders"]
    twins.clock(shift=180)
    assert poll() == {"amazon/twin": queues.Emptied()}
    source = registry.provider("amazon").order_source
    assert source is not None
    since = datetime.now(UTC) - timedelta(hours=1)
    pages = source.order_pages(door_for(sold), sold.account(), since=since)
    assert order_id in {order.order_id for page in pages for order in page.orders}


@committed
def test_each_tenant_gets_its_own(sold: Connection, twins: Twins) -> None:
    with no_tenant():
        other = Tenant.objects.create(name="Thistle", home_currency="GBP")
        with tenant_scope(other):
            given = twins.command("amazon", "authorize", seller="A1THISTLEWARE3", client=APP.client_id)
            services.adopt(
                provider="amazon",
                environment="twin",
                region="eu",
                answers={"marketplace": "GB", "seller_id": "A1THISTLEWARE3", "refresh_token": given["refresh_token"]},
            )
    twins.command("sqs", "send", body=order_change(order_id="202-1", notice_id="uk", seller="A1THISTLEWARE3"))
    twins.command("sqs", "send", body=order_change(notice_id="us"))
    poll()
    assert list(InboundNotice.objects.values_list("provider_event_id", flat=True)) == ["us"]
    with no_tenant(), tenant_scope(other):
        assert list(InboundNotice.objects.values_list("provider_event_id", flat=True)) == ["uk"]
    vault.forget_keys()


@committed
def test_the_tasks_are_doors(sold: Connection, twins: Twins) -> None:
    twins.command("sqs", "send", body=json.dumps(order_change()))
    with no_tenant():
        tasks.poll_queues()
        tasks.follow(sold.tenant_id, sold.pk)
        tasks.follow_all()
    assert InboundNotice.objects.count() == 1
