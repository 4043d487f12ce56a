"""The order settings of an integration, as a person uses them: decide, say what a word means, read earlier orders."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from reconciliation.demo import people
from reconciliation.models import Order
from syncs import mappings, pipeline
from syncs.models import Integration, SyncRun, Watermark
from syncs.runs import BACK_FILL, ORDERS
from tenants import clock
from tenants.news import Actor, acting
from tenants.scope import tenant_scope
from tests.journeys.test_orders import Shop

pytestmark = pytest.mark.django_db(transaction=True)

ANSWERS = {
    "each": "each", "document": "by_terms", "when": "placed", "customers": "generic", "unknown_skus": "create",
    "tolerance": "0.05", "closes_after_days": "45",
}  # fmt: skip


@pytest.fixture
def shop(twins):
    people.logins(people.tenant())
    with tenant_scope(people.tenant()), acting(Actor(user=people.owner(), kind="person")):
        yield Shop()


@pytest.fixture
def owner(shop) -> Client:
    client = Client()
    client.force_login(people.owner())
    return client


def place(shop: Shop, *rest: str) -> str:
    return "/".join((f"/app/{people.tenant().public_id}/integrations/{shop.each.public_id}/orders", *rest, ""))


def test_posting_each_order_brings_its_accounts_and_takes_up_what_waits(shop: Shop, owner: Client) -> None:
    shop.place(2)
    shop.later()
    shop.sync(ORDERS)
    assert b"Amazon Clearing" in owner.get(place(shop)).content
    assert owner.post(place(shop), {**ANSWERS, "tolerance": "9"}).status_code == 422
    assert owner.post(place(shop), ANSWERS).status_code == 302
    one = Integration.objects.get(pk=shop.each.pk)
    assert one.options["orders"]["each"] is True
    rules = mappings.rules_of(mappings.published_version(one.mapping_set))
    assert {str(rule.target) for rule in rules if rule.account_id} >= {"role:clearing", "role:rounding"}
    for run in SyncRun.objects.filter(integration=one, state=SyncRun.State.QUEUED):
        pipeline.execute(run)
    assert {order.state for order in Order.objects.filter(integration=one)} == {Order.State.POSTED}


def test_contradictions_are_refused_with_the_reason(shop: Shop, owner: Client) -> None:
    answer = owner.post(place(shop), {**ANSWERS, "each": "", "customers": "buyer"})
    assert answer.status_code == 200
    assert "do not go together" in answer.content.decode()
    assert Integration.objects.get(pk=shop.each.pk).options.get("orders", {}).get("customers") != "buyer"


def test_earlier_orders_are_read_stopped_and_taken_up_again(shop: Shop, owner: Client) -> None:
    since = (clock.now() - timedelta(days=3 * 365)).date()
    assert owner.post(place(shop, "earlier"), {"act": "begin", "since": since.isoformat()}).status_code == 302
    run = SyncRun.objects.get(stream=BACK_FILL)
    owner.post(place(shop, "earlier"), {"act": "stop"})
    run.refresh_from_db()
    assert run.state == SyncRun.State.CANCELLED
    owner.post(place(shop, "earlier"), {"act": "resume"})
    again = SyncRun.objects.filter(stream=BACK_FILL).latest("pk")
    pipeline.execute(again)
    again.refresh_from_db()
    assert again.state == SyncRun.State.SUCCEEDED
    assert "keeps orders for 730 days" in again.note
    seeded = Order.objects.filter(integration=shop.each)
    assert seeded.count() > 20
    assert set(seeded.values_list("state", flat=True)) <= {Order.State.SYNCED, Order.State.NOTHING_TO_POST}
    cursor = json.loads(Watermark.objects.get(integration=shop.each, stream=BACK_FILL).cursor)
    assert "token" not in cursor
    assert again.counts["listed"] == seeded.count()
