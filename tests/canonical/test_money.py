"""Money refuses what would make it inexact, and splitting it never loses a cent."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.money import CurrencyMismatch, Money, allocate, minor_units, plain, round_half_up, to_decimal, unit_price

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


@pytest.mark.parametrize("value", [1.5, True, None, b"1", float("nan")])
def test_only_exact_numbers_become_money(value):
    with pytest.raises(TypeError):
        to_decimal(value)


@pytest.mark.parametrize("value", ["", "abc", "1,50", "NaN", "Infinity"])
def test_junk_is_not_zero(value):
    with pytest.raises(ValueError):
        to_decimal(value)


def test_currencies_do_not_mix():
    with pytest.raises(CurrencyMismatch):
        Money("1", "USD") + Money("1", "CAD")
    with pytest.raises(TypeError):
        Money("1", "USD") + Decimal(1)


@pytest.mark.parametrize("code", ["usd", "US", "USDX", "12A"])
def test_a_currency_is_three_capitals(code):
    with pytest.raises(ValueError):
        Money("1", code)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "USD", "0.01"),
        ("-0.005", "USD", "-0.01"),
        ("2.5", "JPY", "3"),
        ("1.2345", "KWD", "1.235"),
        ("20.004", "GBP", "20.00"),
    ],
)
def test_rounding_is_half_away_from_zero_to_the_currency(amount, currency, rounded):
    assert str(round_half_up(Decimal(amount), currency)) == rounded


def test_minor_units_follow_iso_4217():
    assert [minor_units(code) for code in ("JPY", "USD", "KWD", "ISK", "TND")] == [0, 2, 3, 0, 3]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("86.25", "USD", "86.25"),
        ("1200", "USD", "1200.00"),
        ("1200", "JPY", "1200"),
        ("0.005", "USD", "0.005"),
        ("0", "KWD", "0.000"),
    ],
)
def test_plain_shows_at_least_the_currencys_decimals(amount, currency, text):
    assert plain(Decimal(amount), currency) == text


@given(total=amounts, weights=st.lists(amounts.map(abs), min_size=1, max_size=30))
def test_allocation_adds_up_exactly(total, weights):
    parts = allocate(total, weights, "USD")
    assert sum(parts) == total
    assert len(parts) == len(weights)


@given(total=st.integers(-(10**6), 10**6), count=st.integers(1, 40))
def test_even_allocation_differs_by_at_most_one_unit(total, count):
    parts = allocate(Decimal(total), [Decimal(1)] * count, "JPY")
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1


@given(st.lists(amounts, max_size=50))
def test_a_total_is_the_sum_in_any_order(values):
    money = [Money(value, "GBP") for value in values]
    assert Money.total(money, "GBP") == Money.total(reversed(money), "GBP")


@given(amounts, st.decimals(min_value="0.01", max_value=5000, places=2), st.integers(2, 7))
def test_a_unit_price_makes_the_amount_however_it_is_rounded(amount, quantity, places):
    price = unit_price(amount, quantity, "GBP", places)
    for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        assert price is None or (price * quantity).quantize(Decimal("0.01"), rounding=rounding) == amount


@pytest.mark.parametrize(
    ("amount", "quantity", "currency", "price"),
    [
        ("10.00", "3", "GBP", "3.3333"),
        ("-5.00", "2", "GBP", "-2.50"),
        ("0.25", "2", "GBP", "0.125"),
        ("1000", "3", "JPY", "333.3333"),
        ("1.00", "700", "GBP", None),
        ("10.12", "250", "GBP", None),  # 250 at 0.0405 are 10.125: 10.12 to one ledger, 10.13 to another
    ],
)
def test_a_unit_price_is_stated_only_where_it_is_certain(amount, quantity, currency, price):
    found = unit_price(Decimal(amount), Decimal(quantity), currency, 4)
    assert (None if found is None else str(found)) == price
