"""Payouts with the bank's trace id and the settlements they cover; the older event groups where those are closed to us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connections.errors import Failure, FailureKind


def facts(seller, since=None):
    return [fact for page in seller.source.payout_pages(seller.door, seller.account, since=since) for fact in page]


def test_every_settlement_of_the_window_has_its_payout(seller):
    us = seller("na")
    found = facts(us)
    covered = {settlement for fact in found for settlement in fact.settlement_ids}
    headers = {s["settlement_id"]: Decimal(s["header_total"]) for s in us.seeded() if s["listed"]}
    assert set(headers) <= covered
    paid = [fact for fact in found if fact.status == "PAID" and set(fact.settlement_ids) <= set(headers)]
    assert paid
    assert all(fact.amount == sum(headers[one] for one in fact.settlement_ids) for fact in paid)
    assert all(fact.trace_id and fact.account_tail == "4417" and fact.initiated_at for fact in paid)


def test_what_never_was_paid_out_is_zero_not_missing(seller):
    everyone = [fact for region in ("na", "eu") for fact in facts(seller(region))]
    without = [fact for fact in everyone if fact.status == "NO_PAYOUT"]
    assert without
    assert {fact.amount for fact in without} == {Decimal(0)}
    assert all(fact.currency for fact in without)


def test_a_page_token_comes_with_the_same_arguments(seller):
    us = seller("na")
    facts(us)
    asked = [dict(exchange.request.url.params) for exchange in us.door.exchanges if exchange.operation == "listPayouts"]
    assert len(asked) > 1
    assert {one["createdAfter"] for one in asked} == {asked[0]["createdAfter"]}
    assert ["nextToken" in one for one in asked] == [False] + [True] * (len(asked) - 1)


def test_statuses_are_read_again_for_a_fortnight(seller):
    us = seller("na")
    since = datetime(2026, 11, 18, tzinfo=UTC)
    facts(us, since)
    asked = next(
        exchange.request.url.params["createdAfter"] for exchange in us.door.exchanges if exchange.operation == "listPayouts"
    )
    assert datetime.fromisoformat(asked) == since - timedelta(days=14)


def test_event_groups_stand_in_where_payouts_are_not_open_to_us(seller):
    us = seller("na")
    direct = {(fact.amount, fact.currency) for fact in facts(us) if fact.status == "PAID" and len(fact.settlement_ids) == 1}
    real = us.door._exchange
    body = b'{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied.","details":""}]}'
    us.door._exchange = lambda request: (403, {}, body) if request.url.path.endswith("/payouts") else real(request)
    groups = facts(us)
    assert direct <= {(group.amount, group.currency) for group in groups if group.status == "PAID"}
    assert all(group.settlement_ids == () and group.period_start and group.period_end for group in groups)


def test_other_trouble_is_not_papered_over_by_the_event_groups(seller):
    us = seller("na")
    us.fault("503html", "listPayouts", count=1)
    with pytest.raises(Failure) as failed:
        facts(us)
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert "listFinancialEventGroups" not in {exchange.operation for exchange in us.door.exchanges}


def test_transactions_are_looked_up_by_group(seller):
    us = seller("na")
    everything = [
        fact
        for page in us.source.transaction_pages(us.door, us.account, posted_after=datetime.now(UTC) - timedelta(days=30))
        for fact in page
    ]
    group = next(
        fact.identifiers["FINANCIAL_EVENT_GROUP_ID"][0] for fact in everything if "FINANCIAL_EVENT_GROUP_ID" in fact.identifiers
    )
    of_group = [fact for page in us.source.transaction_pages(us.door, us.account, group_id=group) for fact in page]
    assert of_group
    assert {fact.identifiers["FINANCIAL_EVENT_GROUP_ID"] for fact in of_group} == {(group,)}
    assert all(isinstance(fact.amount, Decimal) for fact in of_group)
