"""What must hold for any amounts and any text: the books balance, tax and net make gross, what is escaped comes back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.app import create_app
from sandbox.quickbooks_online.jsonio import dumps, loads
from sandbox.quickbooks_online.money import from_units, number, rounded, to_units
from sandbox.quickbooks_online.query import parse
from sandbox.quickbooks_online.seed import MULTI, UK
from tests.sandbox.quickbooks_online.conftest import Ledger, credit, debit, money_in

CENTS = st.integers(0, 10**11).map(lambda cents: Decimal(cents).scaleb(-2))
SOME = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**12), max_value=10**12))
def test_amounts_survive_the_store(amount: Decimal) -> None:
    assert from_units(to_units(amount)) == amount


@given(CENTS)
def test_amounts_survive_json(amount: Decimal) -> None:
    text = dumps({"Amount": amount, "Line": [amount, 1, True, None, 'a "quote" \\ and ü']})
    assert text.startswith(f'{{"Amount":{amount:f}')
    assert loads(text) == {"Amount": amount, "Line": [amount, 1, True, None, 'a "quote" \\ and ü']}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e400", "ten", "", "0x10", True, None, [1], 1.5])
def test_what_is_not_an_amount(text: object) -> None:
    with pytest.raises(ValueError, match=r"number|range"):
        number(text)


@given(st.text())
def test_any_text_can_be_asked_for(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    query = parse(f"SELECT * FROM Account WHERE Name = '{quoted}' AND Active IN (true, false)")
    assert query.conditions[0].values == (text,)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return Ledger(create_app(Path(tmp_path_factory.mktemp("uk"))), UK)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return Ledger(create_app(Path(tmp_path_factory.mktemp("multi"))), MULTI)


@SOME
@given(gross=st.lists(st.integers(-(10**7), 10**7).map(lambda cents: Decimal(cents).scaleb(-2)), min_size=1, max_size=12))
def test_inclusive_deposits_keep_the_gross(books: Ledger, gross: list[Decimal]) -> None:
    """Total = sum of the lines, whatever the tax; net and tax of each line make its gross."""
    bank, sales, fees = "1", "15", "20"
    code = {"TaxCodeRef": {"value": "1"}}
    lines = [
        money_in(sales if amount > 0 else fees, f"{amount}", TaxApplicableOn="Sales" if amount > 0 else "Purchase", **code)
        for amount in gross
    ]
    body = {"DepositToAccountRef": {"value": bank}, "GlobalTaxCalculation": "TaxInclusive", "Line": lines}
    before = books.trial()
    if sum(gross) < 0:
        assert books.refused("Deposit", body) == "6000"
        assert books.trial() == before
        return
    made = books.create("Deposit", body)
    assert made["TotalAmt"] == sum(gross)
    wanted = sum((rounded(amount * 20 / 120) for amount in gross), Decimal("0.00"))
    assert made["TxnTaxDetail"]["TotalTax"] == wanted
    assert books.trial().get("VAT Control", Decimal(0)) - before.get("VAT Control", Decimal(0)) == -wanted


@SOME
@given(
    parts=st.lists(CENTS.filter(lambda amount: amount > 0), min_size=1, max_size=12),
    rate=st.integers(1, 5 * 10**6).map(lambda millionths: Decimal(millionths).scaleb(-6)),
)
def test_converted_journals_balance_in_both_currencies(foreign: Ledger, parts: list[Decimal], rate: Decimal) -> None:
    bank = foreign.account("EUR Bank")
    before = foreign.trial()
    lines = [credit("15", f"{amount}") for amount in parts] + [debit(bank, f"{sum(parts)}")]
    body = {"CurrencyRef": {"value": "EUR"}, "ExchangeRate": rate, "Line": lines}
    made = foreign.create("JournalEntry", body)
    assert made["TotalAmt"] == sum(parts)
    after = foreign.trial()
    residue = after.get("Exchange Gain or Loss", Decimal(0)) - before.get("Exchange Gain or Loss", Decimal(0))
    assert abs(residue) <= Decimal("0.005") * (len(parts) + 1)
