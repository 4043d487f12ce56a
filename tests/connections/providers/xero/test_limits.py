"""Xero's limits through the product's own door: spent, never hit."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection as database

from connections import budgets, in_flight
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall, Connection, RateBudget
from connections.providers.xero import provider
from sandbox.xero.seed import UK, US
from tenants.scope import tenant_scope

from . import documents
from .documents import line, order, request
from .test_sign_in import enter


@pytest.fixture
def pair(twins, owner, tenant, settings):
    settings.TWIN_RATE_SCALE = 1
    budgets.forget_leases()
    made = sorted(enter(owner, UK, US), key=lambda row: row.external_account)
    yield made
    twins.command("xero", "limits", tenant=UK, day=None, minute=None, concurrent=None)


def look(row):
    return provider.authoriser.ping(door_for(row), row.account())


def throttled():
    return ApiCall.objects.filter(status=429).count()


def test_what_the_headers_say_is_left_is_believed_and_nothing_is_refused(pair, twins):
    """A starter application has a thousand calls a day where we count on five: the header tells."""
    uk, us = pair
    twins.command("xero", "limits", tenant=UK, day=3)
    for _ in range(3):
        look(uk)
    with pytest.raises(Failure) as failed:
        look(uk)
    assert failed.value.kind is FailureKind.BUDGET_SPENT
    assert throttled() == 0
    look(us)


@pytest.mark.parametrize(("limit", "least"), [("minute", timedelta(0)), ("day", timedelta(seconds=61))])
def test_the_bucket_that_was_overdrawn_waits_until_its_reset(pair, twins, limit, least):
    uk, us = pair
    twins.command("xero", "limits", tenant=UK, **{limit: 0})
    with pytest.raises(Failure) as failed:
        look(uk)
    assert failed.value.kind is FailureKind.THROTTLED
    wait = failed.value.wait
    assert wait > least or twins_midnight_is_near(wait)
    with pytest.raises(Failure) as parked:
        look(uk)
    assert parked.value.kind is FailureKind.BUDGET_SPENT
    assert abs(parked.value.wait - wait) < timedelta(seconds=5)
    assert throttled() == 1
    blocked = RateBudget.objects.filter(blocked_until__isnull=False)
    assert [round(row.rate * 86_400) for row in blocked] == [{"minute": 72_000, "day": 4_000}[limit]]
    look(us)


def twins_midnight_is_near(wait):
    """Within the last minute of the day the day's wait is short, too."""
    return timedelta(0) < wait <= timedelta(seconds=61)


def test_the_applications_own_minute_stops_all_of_it(twins, tenant):
    found = budgets.buckets_for(
        provider.info, environment="production", application="a", account="x:", operation="Invoices.create"
    )
    budgets.block(found, timedelta(seconds=30), "appminute")
    assert budgets.take(found) > timedelta(seconds=25)
    other = budgets.buckets_for(
        provider.info, environment="production", application="a", account="y:", operation="Invoices.create"
    )
    assert budgets.take(other) > timedelta(seconds=25)


def test_no_minute_and_no_day_can_exceed_what_xero_allows():
    """Whenever its window begins: what is there at once, and what comes back meanwhile, stay below the limit."""
    minute, day, app = provider.info.budgets
    assert minute.burst + 60 * minute.rate <= 60
    assert day.burst + 86_400 * day.rate <= 5_000
    assert app.burst + 60 * app.rate <= 10_000


@pytest.mark.django_db(transaction=True)
def test_never_more_than_five_at_once_whatever_the_workers(pair, twins, settings):
    settings.TWIN_RATE_SCALE = 1000
    budgets.forget_leases()
    uk = pair[0]
    twins.command("xero", "limits", tenant=UK, concurrent=5)
    twins.fault("xero", "slow", "organisation.list", seconds=0.2, count=12)
    failed: list[BaseException] = []

    def work():
        try:
            with tenant_scope(uk.tenant):
                look(Connection.objects.get(pk=uk.pk))
        except BaseException as error:
            failed.append(error)
        finally:
            database.close()

    workers = [threading.Thread(target=work) for _ in range(12)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    with tenant_scope(uk.tenant):
        assert throttled() == 0


@pytest.mark.django_db(transaction=True)
def test_a_seat_is_given_up_with_the_call_and_with_its_holder(monkeypatch):
    monkeypatch.setattr(in_flight, "PATIENCE_MS", 50)
    taken, leave = threading.Event(), threading.Event()

    def hold():
        try:
            with in_flight.seat("xero:twin:one", 1) as mine:
                assert mine
                taken.set()
                leave.wait(10)
        finally:
            database.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(10)
    with in_flight.seat("xero:twin:one", 1) as mine:
        assert not mine
    with in_flight.seat("xero:twin:other", 1) as mine:
        assert mine
    leave.set()
    holder.join()
    with in_flight.seat("xero:twin:one", 1) as mine:
        assert mine


def test_a_thousand_orders_take_twenty_calls_to_write(pair, twins, settings):
    """The goal is 25 for each type of document."""
    settings.TWIN_RATE_SCALE = 1000
    budgets.forget_leases()
    uk = pair[0]
    door, account, target = door_for(uk), uk.account(), provider.target
    facts = target.company(door, account)
    contact = next(item for page in target.reference_pages(door, account, ("customer",), since=None) for item in page)
    some = documents.customer(contact.external_id)
    asked = [request(order(some, lines=(line("200", "credit", "1.00"),)), facts, f"k{n}") for n in range(100)]
    before = ApiCall.objects.count()
    for start in range(0, len(asked), target.batch):
        target.post(door, account, asked[start : start + target.batch])
    assert ApiCall.objects.count() - before == 2
    assert throttled() == 0
