"""Deposits of others in a bank account, read from the ledger: ours and other accounts' are left out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from connections.providers.quickbooks_online.client import Books


def test_only_deposits_of_others_into_the_account_since_the_day(company: Any) -> None:
    us = company("us")
    books = Books(us.door, us.realm)
    bank, other = us.make("First bank", "Bank", "Checking"), us.make("Second bank", "Bank", "Checking")
    income = us.make("Takings", "Income", "SalesOfProductIncome")

    def deposit(number: int, into: str, day: str, amount: str, note: str) -> None:
        line = {
            "Amount": Decimal(amount), "DetailType": "DepositLineDetail", "Description": "AMAZON payout",
            "DepositLineDetail": {"AccountRef": {"value": income}},
        }  # fmt: skip
        body = {"DepositToAccountRef": {"value": into}, "TxnDate": day, "PrivateNote": note, "Line": [line]}
        books.write("Deposit", body, f"deposit-{number}")

    deposit(1, bank, "2026-11-05", "86.25", "from the bank feed")
    deposit(2, bank, "2026-11-05", "10.00", "ours\ntieout:abc")
    deposit(3, bank, "2026-10-01", "20.00", "too long ago")
    deposit(4, other, "2026-11-05", "30.00", "another account")
    found = list(us.target.bank_deposits(us.door, us.account, bank, since=date(2026, 11, 1)))
    assert [(one.on, one.amount, one.currency) for one in found] == [(date(2026, 11, 5), Decimal("86.25"), "USD")]
    assert found[0].description == "from the bank feed AMAZON payout"
    assert found[0].external_id
