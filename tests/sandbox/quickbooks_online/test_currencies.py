"""Several currencies: who may use them, in which account, at which rate, and that the books still balance."""

from __future__ import annotations

from decimal import Decimal

from tests.sandbox.quickbooks_online.conftest import Ledger, credit, debit, money_in

EUR = {"CurrencyRef": {"value": "EUR"}}


def test_a_single_currency_company_refuses_any_other(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    lines = [debit(bank, "1.00"), credit(sales, "1.00")]
    assert us.refused("JournalEntry", {**EUR, "Line": lines}) == "6000"
    assert us.refused("Account", {"Name": "Euros", "AccountType": "Bank", **EUR}) == "6000"
    made = us.create("JournalEntry", {"CurrencyRef": {"value": "USD"}, "ExchangeRate": 1, "Line": lines})
    assert made["CurrencyRef"]["value"] == "USD"
    assert "ExchangeRate" not in made


def test_a_foreign_journal_moves_the_books_at_its_rate(multi: Ledger) -> None:
    bank, sales, fees = multi.account("EUR Bank"), multi.account("Sales of Product Income"), multi.account("Bank Charges")
    lines = [debit(bank, "33.33"), debit(fees, "33.33"), debit(fees, "33.34"), credit(sales, "100.00")]
    made = multi.create("JournalEntry", {**EUR, "ExchangeRate": Decimal("1.0875"), "Line": lines})
    assert (made["TotalAmt"], made["HomeTotalAmt"], made["ExchangeRate"]) == (
        Decimal("100.00"),
        Decimal("108.75"),
        Decimal("1.0875"),
    )
    trial = multi.trial()
    assert trial["EUR Bank"] == Decimal("36.25")
    assert trial["Sales of Product Income"] == Decimal("-108.75")
    assert trial["Exchange Gain or Loss"] == Decimal("-0.01")
    assert multi.read("Account", bank)["CurrentBalance"] == Decimal("33.33")


def test_one_foreign_currency_a_transaction(multi: Ledger) -> None:
    euros, pounds, home = multi.account("EUR Bank"), multi.account("GBP Bank"), multi.account("Checking")
    assert multi.refused("JournalEntry", {**EUR, "Line": [debit(euros, "1.00"), credit(pounds, "1.00")]}) == "6000"
    assert multi.refused("JournalEntry", {"Line": [debit(euros, "1.00"), credit(home, "1.00")]}) == "6000"
    multi.create("JournalEntry", {**EUR, "Line": [debit(euros, "10.00"), credit(home, "10.00")]})
    assert multi.trial() == {"Checking": Decimal("-10.80"), "EUR Bank": Decimal("10.80")}


def test_a_deposit_has_the_currency_of_its_bank(multi: Ledger) -> None:
    sales = multi.account("Sales of Product Income")
    body = {"DepositToAccountRef": {"value": multi.account("EUR Bank")}, "Line": [money_in(sales, "10.00")]}
    made = multi.create("Deposit", body)
    assert (made["CurrencyRef"]["value"], made["ExchangeRate"], made["HomeTotalAmt"]) == (
        "EUR",
        Decimal("1.08"),
        Decimal("10.80"),
    )
    assert multi.refused("Deposit", {**body, "CurrencyRef": {"value": "USD"}}) == "6000"
    assert multi.refused("JournalEntry", {"CurrencyRef": {"value": "SEK"}, "Line": []}) == "2500"


def test_rates_are_kept_by_day(multi: Ledger) -> None:
    multi.create(
        "ExchangeRate",
        {"SourceCurrencyCode": "CAD", "TargetCurrencyCode": "USD", "Rate": Decimal("0.7012"), "AsOfDate": "2026-11-01"},
    )
    for day, rate in (("2026-11-01", "0.7012"), ("2026-11-20", "0.7012"), ("2026-10-31", "0.73")):
        status, answer = multi.call("GET", "exchangerate", sourcecurrencycode="CAD", asofdate=day)
        assert (status, answer["ExchangeRate"]["Rate"], answer["ExchangeRate"]["AsOfDate"]) == (200, Decimal(rate), day)


def test_yen_have_no_decimals(multi: Ledger) -> None:
    multi.create("CompanyCurrency", {"Code": "JPY"})
    bank = multi.create("Account", {"Name": "JPY Bank", "AccountType": "Bank", "CurrencyRef": {"value": "JPY"}})["Id"]
    lines = [debit(bank, "1000.4"), credit(multi.account("Sales of Product Income"), "1000")]
    made = multi.create("JournalEntry", {"CurrencyRef": {"value": "JPY"}, "ExchangeRate": Decimal("0.0066"), "Line": lines})
    assert made["TotalAmt"] == 1000
    assert multi.trial()["JPY Bank"] == Decimal("6.60")
