"""Breakers: what fails is left alone, one probe finds out, and one tenant's trouble stays his own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from connections import breaker
from connections.breaker import Circuit
from connections.models import Breaker
from tenants.clock import frozen

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FIRST, SECOND, THIRD, FOURTH = (Circuit.of("p", "production", number) for number in (1, 2, 3, 4))


def at(seconds: float) -> frozen:  # type: ignore[valid-type]
    return frozen(AT + timedelta(seconds=seconds))


def times(count: int, act: Callable[[Circuit], object], circuit: Circuit) -> None:
    for _number in range(count):
        act(circuit)


def test_it_opens_after_five_failures_in_a_row() -> None:
    with at(0):
        times(4, breaker.failed, FIRST)
        breaker.succeeded(FIRST)
        times(4, breaker.failed, FIRST)
        assert breaker.admit(FIRST) == timedelta(0)
        breaker.failed(FIRST)
        assert breaker.admit(FIRST) == breaker.FIRST_PAUSE


def test_exactly_one_probe_is_let_through_and_its_success_closes() -> None:
    with at(0):
        times(5, breaker.failed, FIRST)
    with at(16):
        assert [bool(breaker.admit(FIRST)) for _number in range(5)] == [False, True, True, True, True]
        breaker.succeeded(FIRST)
        assert not breaker.admit(FIRST)


def test_a_failed_probe_waits_twice_as_long_up_to_five_minutes() -> None:
    moment, pauses = 0.0, []
    with at(0):
        times(5, breaker.failed, FIRST)
    for _number in range(8):
        with at(moment):
            pause = breaker.admit(FIRST)
        pauses.append(pause.total_seconds())
        moment += pause.total_seconds()
        with at(moment):
            assert not breaker.admit(FIRST)
            breaker.failed(FIRST)
    assert pauses == [15, 30, 60, 120, 240, 300, 300, 300]


def test_a_probe_that_never_reports_is_replaced() -> None:
    with at(0):
        times(5, breaker.failed, FIRST)
    with at(16):
        assert not breaker.admit(FIRST)
    with at(17):
        assert breaker.admit(FIRST)
    with at(16 + breaker.PROBE_LEASE.total_seconds()):
        assert not breaker.admit(FIRST)


def test_one_tenants_trouble_does_not_stop_the_others() -> None:
    with at(0):
        times(50, breaker.failed, FIRST)
        assert breaker.admit(FIRST)
        assert not breaker.admit(SECOND)


def test_when_several_fail_and_nobody_succeeds_the_provider_is_left_alone() -> None:
    with at(0):
        for circuit in (FIRST, SECOND):
            times(5, breaker.failed, circuit)
        assert not breaker.admit(FOURTH)
        times(5, breaker.failed, THIRD)
        assert breaker.admit(FOURTH) == breaker.FIRST_PAUSE
        assert not breaker.admit(Circuit.of("p", "twin", 5))
        assert not breaker.admit(Circuit.of("q", "production", 5))
    with at(16):
        assert [bool(breaker.admit(FOURTH)) for _number in range(3)] == [False, True, True]
        breaker.succeeded(FOURTH)
        assert not breaker.admit(FOURTH)
        assert Breaker.objects.get(scope="provider:p:production").state == "closed"


def test_three_broken_accounts_among_working_ones_do_not_close_the_provider() -> None:
    with at(0):
        breaker.admit(FOURTH)
        breaker.succeeded(FOURTH)
        for circuit in (FIRST, SECOND, THIRD):
            times(5, breaker.failed, circuit)
        assert not breaker.admit(FOURTH)
