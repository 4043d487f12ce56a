"""Budgets: no window ever sees more calls than the provider allows, whoever asks and however many."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database

from connections import budgets
from connections.contracts import Budget, ProviderInfo
from connections.models import RateBudget
from tenants.clock import frozen, now

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def info(*declared: Budget) -> ProviderInfo:
    return ProviderInfo("p", "P", "", (), (), budgets=declared)


def buckets(provider: ProviderInfo, operation: str = "read", account: str = "1", environment: str = "production") -> list[Any]:
    return budgets.buckets_for(provider, environment=environment, application="app", account=account, operation=operation)


@pytest.fixture(autouse=True)
def _nothing_leased() -> None:
    budgets.forget_leases()


@pytest.mark.django_db
def test_a_burst_then_the_rate_and_never_more() -> None:
    """0.5 a second, 10 at once (Amazon's listTransactions), asked ten times a second for two minutes."""
    mine = buckets(info(Budget("read", 0.5, 10)))
    sent = []
    for tenth in range(1200):
        at = AT + timedelta(milliseconds=100 * tenth)
        with frozen(at):
            if not budgets.take(mine):
                sent.append(at)
    assert 0.9 * (10 + 60) <= len(sent) <= 10 + 60
    for start in sent:
        window = [at for at in sent if start <= at < start + timedelta(seconds=20)]
        assert len(window) <= 10 + 0.5 * 20


@pytest.mark.django_db
def test_the_wait_is_when_the_next_token_comes() -> None:
    mine = buckets(info(Budget("read", 0.5, 1)))
    with frozen(AT):
        assert budgets.take(mine) == timedelta(0)
        wait = budgets.take(mine)
    assert timedelta(seconds=1.9) < wait <= timedelta(seconds=2)
    with frozen(AT + wait):
        assert budgets.take(mine) == timedelta(0)


@pytest.mark.django_db
def test_accounts_have_their_own_and_an_application_budget_is_shared() -> None:
    each, shared = info(Budget("*", 1, 1)), info(Budget("*", 1, 1, scope="application"))
    with frozen(AT):
        assert not budgets.take(buckets(each, account="1"))
        assert not budgets.take(buckets(each, account="2"))
        assert not budgets.take(buckets(shared, account="1"))
        assert budgets.take(buckets(shared, account="2"))


@pytest.mark.django_db
def test_an_operation_with_a_budget_of_its_own_does_not_use_the_general_one() -> None:
    both = info(Budget("*", 1, 5), Budget("batch", 1, 1))
    assert [bucket.operation for bucket in buckets(both, "batch")] == ["batch"]
    assert [bucket.operation for bucket in buckets(both, "query")] == ["*"]


@pytest.mark.django_db
def test_a_budget_besides_the_general_one_counts_against_both_and_blocks_both() -> None:
    both = info(Budget("*", 10, 10), Budget("batch", 1, 1, besides=True))
    assert [bucket.operation for bucket in buckets(both, "batch")] == ["batch", "*"]
    with frozen(AT):
        budgets.block(buckets(both, "batch"), timedelta(seconds=60))
        assert budgets.take(buckets(both, "query")) == timedelta(seconds=60)


@pytest.mark.django_db
def test_a_block_holds_every_operation_under_the_same_budget_and_only_that_account() -> None:
    provider = info(Budget("*", 10, 10), Budget("*", 100, 100, scope="application"))
    with frozen(AT):
        budgets.block(buckets(provider, "query"), timedelta(seconds=60))
        assert budgets.take(buckets(provider, "create")) == timedelta(seconds=60)
        assert not budgets.take(buckets(provider, "create", account="2"))
    with frozen(AT + timedelta(seconds=59)):
        budgets.block(buckets(provider, "query"), timedelta(seconds=0.5))  # a shorter one does not shorten it
        assert budgets.take(buckets(provider, "create")) == timedelta(seconds=1)
    with frozen(AT + timedelta(seconds=61)):
        assert not budgets.take(buckets(provider, "create"))


@pytest.mark.django_db
def test_a_blocked_account_of_an_unlimited_provider_is_left_alone_too() -> None:
    with frozen(AT):
        budgets.block(buckets(info()), timedelta(seconds=30))
        assert budgets.take(buckets(info())) == timedelta(seconds=30)


@pytest.mark.django_db
def test_a_row_tells_nothing_about_whose_it_is() -> None:
    budgets.take(buckets(info(Budget("*", 1, 1)), account="A2SECRETSELLER"))
    row = RateBudget.objects.get()
    assert "A2SECRETSELLER" not in f"{vars(row)}"
    assert len(row.scope) == 64


@pytest.mark.django_db
def test_the_twins_run_the_real_rates_faster(settings: Any) -> None:
    settings.TWIN_RATE_SCALE = 100
    assert buckets(info(Budget("*", 0.5, 10)), environment="twin")[0].rate == 50


@pytest.mark.django_db
def test_a_fast_budget_is_leased_in_chunks_and_a_lease_goes_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = buckets(info(Budget("*", 100, 100)))
    taken = []
    whole = budgets._take
    monkeypatch.setattr(budgets, "_take", lambda bucket: taken.append(1) or whole(bucket))
    moment = [1000.0]
    monkeypatch.setattr("connections.budgets.time.monotonic", lambda: moment[0])
    with frozen(AT):
        for _number in range(25):
            assert not budgets.take(mine)
        assert len(taken) == 2  # the first finds no row yet
        assert not budgets.take(mine)
        moment[0] += 1
        assert not budgets.take(mine)
        assert len(taken) == 4  # what was left of the second chunk went stale


@pytest.mark.django_db(transaction=True)
def test_many_threads_never_take_more_than_there_is() -> None:
    mine = buckets(info(Budget("*", 0.001, 40)))
    results: list[bool] = []
    at = now()

    def work() -> None:
        with frozen(at):
            for _number in range(10):
                results.append(not budgets.take(mine))
        database.close()

    threads = [threading.Thread(target=work) for _number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 120
    assert sum(results) == 39  # the burst, less what the length of a lease could let slip


@pytest.mark.django_db(transaction=True)
def test_processes_that_meet_a_new_budget_at_once_all_get_their_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each finds no row at first; whoever comes second must not take that for an empty bucket."""
    mine = buckets(info(Budget("*", 1, 10)))
    whole, late = budgets._take, []

    def take(bucket: Any) -> int | None:
        if not late:
            late.append(True)
            budgets._row(bucket)  # another process makes it just after we have looked
            return None
        return whole(bucket)

    monkeypatch.setattr(budgets, "_take", take)
    assert budgets.take(mine) == timedelta(0)
