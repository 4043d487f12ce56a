"""What the ledger shows of its bank account: deposits of others are lines to match with, after what statements say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connections.contracts import BankDeposit, ShowsBank
from connections.providers.quickbooks_online import provider
from reconciliation.bank import services
from reconciliation.models import BankLine, BankStatement
from tests.reconciliation.bank.conftest import DUE, Desk


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[BankDeposit]:
    """What the ledger would answer."""
    found: list[BankDeposit] = []
    monkeypatch.setattr(provider.QuickBooksTarget, "bank_deposits", lambda *args, **more: iter(found))
    monkeypatch.setattr(services, "door_for", lambda connection: None)
    return found


def deposit(number: str, amount: str, on: date = DUE, words: str = "Bank feed") -> BankDeposit:
    return BankDeposit(number, on, Decimal(amount), "EUR", words)


def test_a_deposit_of_others_is_a_line(desk: Desk, shown: list[BankDeposit]) -> None:
    assert isinstance(provider.target, ShowsBank)
    one = desk.paid("1", "86.25")
    shown.append(deposit("77", "86.25"))
    kept = services.look_in_ledger(account=desk.account)
    assert (kept.format, kept.line_count, desk.rung(one).state) == ("ledger", 1, "equal")
    again = services.look_in_ledger(account=desk.account)
    assert (again.known_count, BankLine.objects.count()) == (1, 1)


def test_the_statement_goes_before_the_ledger(desk: Desk, shown: list[BankDeposit]) -> None:
    one = desk.paid("1", "86.25")
    shown.append(deposit("77", "86.25", words="ledger"))
    services.look_in_ledger(account=desk.account)
    desk.statement((2, "86.25", "bank"))
    assert desk.matched() == {"P1": "bank"}
    assert desk.rung(one).state == "equal"


def test_a_deposit_that_a_statement_shows_too_is_one_line(desk: Desk, shown: list[BankDeposit]) -> None:
    desk.statement((0, "86.25", "bank"))
    shown.append(deposit("77", "86.25"))
    assert services.look_in_ledger(account=desk.account).known_count == 1
    assert BankLine.objects.count() == 1


def test_a_ledger_without_deposits_proves_nothing_to_be_missing(desk: Desk, shown: list[BankDeposit]) -> None:
    one = desk.paid("1", "86.25")
    services.look_in_ledger(account=desk.account)
    assert BankStatement.objects.get().line_count == 0
    assert desk.rung(one).state == "not_available"
