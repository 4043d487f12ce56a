"""Reference data: everything once, then what changed; the company's facts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connections.contracts import Endpoints, Environment, ExternalAccount, PartySpec
from connections.errors import Failure, FailureKind
from connections.providers.quickbooks_online import client, mapper, provider, reference


def test_the_company_states_what_decides_how_documents_are_written(company):
    us, uk, multi = company("us").facts(), company("uk").facts(), company("multi").facts()
    assert (us.home_currency, us.country, us.multicurrency, us.sales_tax, us.name) == (
        "USD",
        "US",
        False,
        "us",
        "Harbor Lane Goods",
    )
    assert (uk.home_currency, uk.country, uk.multicurrency, uk.sales_tax) == ("GBP", "GB", False, "codes")
    assert (multi.home_currency, multi.multicurrency) == ("USD", True)
    assert us.classes is True
    assert us.departments is True
    assert us.close_date is None


def test_a_close_date_and_numbers_off_are_read(company):
    us = company("us")
    us.command("preferences", **{"AccountingInfoPrefs.BookCloseDate": "2026-09-30", "SalesFormsPrefs.CustomTxnNumbers": False})
    facts = us.facts()
    assert (facts.close_date, facts.custom_numbers) == (date(2026, 9, 30), False)


def test_everything_comes_once_inactive_included(company, monkeypatch):
    monkeypatch.setattr(client, "PAGE", 7)
    us = company("us")
    pages = list(us.target.reference_pages(us.door, us.account, ["account"], since=None))
    items = [item for page in pages for item in page]
    assert len(pages) > 2
    assert len({item.external_id for item in items}) == len(items)
    assert [item.name for item in items if not item.active] == ["Old Marketplace Fees"]
    checking = next(item for item in items if item.name == "Checking")
    assert (checking.facts["type"], checking.facts["subtype"]) == ("Bank", "Checking")


def test_tax_codes_know_their_rates_on_both_sides(company):
    uk = company("uk")
    codes = {item.name: item.facts for item in uk.references("tax_code").values()}
    assert (codes["20.0% S"]["sales_rate"], codes["20.0% S"]["purchase_rate"]) == ("20", "20")
    assert (codes["5.0% R"]["sales_rate"], codes["0.0% Z"]["sales_rate"]) == ("5", "0")
    assert (codes["No VAT"]["sales_rate"], codes["No VAT"]["taxable"]) == ("", False)


def test_later_only_what_changed_comes(company):
    us = company("us")
    since = datetime.now(UTC) - timedelta(minutes=1)
    retired = us.references("account")
    target = next(item for item in retired.values() if item.name == "Checking")
    us.command("activate", kind="Account", id=target.external_id, active=False)
    changed = [
        item for page in us.target.reference_pages(us.door, us.account, ["account", "class"], since=since) for item in page
    ]
    assert [(item.kind, item.name, item.active) for item in changed] == [("account", "Checking", False)]
    assert us.door.exchanges[-1].operation == "cdc"


def test_tax_lists_and_settings_always_come_whole(company):
    uk = company("uk")
    kinds = ["tax_code", "tax_rate", "company", "preferences"]
    found = [item for page in uk.target.reference_pages(uk.door, uk.account, kinds, since=datetime.now(UTC)) for item in page]
    assert {item.kind for item in found} == set(kinds)
    assert "cdc" not in {exchange.operation for exchange in uk.door.exchanges}


def test_after_a_long_pause_everything_is_read_anew(company):
    us = company("us")
    list(us.target.reference_pages(us.door, us.account, ["account"], since=datetime.now(UTC) - timedelta(days=40)))
    assert {exchange.operation for exchange in us.door.exchanges} == {"Account.query"}


def test_too_many_changes_are_read_anew(company, monkeypatch):
    monkeypatch.setattr(provider, "CDC_LIMIT", 1)
    us = company("us")
    us.make("Amazon Sales", "Income", "SalesOfProductIncome")
    items = [
        item
        for page in us.target.reference_pages(us.door, us.account, ["account"], since=datetime.now(UTC) - timedelta(minutes=1))
        for item in page
    ]
    assert len(items) > 5


def test_all_kinds_are_read(company):
    for which in ("us", "uk", "multi"):
        kinds = {kind for kind, _ in company(which).references()}
        assert {"account", "class", "department", "company", "preferences"} <= kinds


def test_an_account_of_that_name_is_taken_over(company):
    us = company("us")
    first = us.make("Amazon Sales", "Income", "SalesOfProductIncome")
    spec = {"name": "Amazon Sales", "type": "Income"}
    again = us.target.create_account(us.door, us.account, spec, request_id="another")
    assert again.external_id == first
    assert again.facts["subtype"] == "SalesOfProductIncome"


def test_a_customer_is_made_once(company):
    us = company("us")
    first = us.target.create_party(us.door, us.account, PartySpec("Amazon.com buyer's"), request_id="c1")
    again = us.target.create_party(us.door, us.account, PartySpec("Amazon.com buyer's"), request_id="c2")
    assert (first.external_id, first.name) == (again.external_id, "Amazon.com buyer's")


def test_an_account_whose_answer_was_lost_is_looked_up(company):
    us = company("us")
    us.fault("drop-after-commit", count=1)
    made = us.target.create_account(us.door, us.account, {"name": "Amazon FBA Fees", "type": "Expense"}, request_id="a1")
    assert made.name == "Amazon FBA Fees"


def test_quotes_and_backslashes_cannot_leave_their_literal():
    assert client.quoted("O'Brien \\ Sons") == "'O\\'Brien \\\\ Sons'"
    assert client.in_list(["a", "b'c"]) == "('a', 'b\\'c')"


@pytest.mark.parametrize(
    ("info", "preferences", "home"),
    [
        ({"Country": "GB"}, {}, "GBP"),
        ({"Country": "USA"}, {}, "USD"),
        ({"CompanyAddr": {"Country": "GBR"}}, {}, "GBP"),
        ({"Country": "XX"}, {"CurrencyPrefs": {"HomeCurrency": {"value": "NOK"}}}, "NOK"),
    ],
)
def test_the_home_currency_is_stated_or_follows_from_the_country(info, preferences, home):
    assert reference.company(info, preferences).home_currency == home


def test_a_company_without_any_currency_is_unreadable():
    with pytest.raises(mapper.Unreadable):
        reference.company({"Country": "XX"}, {})


@pytest.mark.parametrize("trouble", ["malformed", "503html", "500", "throttle"])
def test_trouble_while_reading_is_a_failure(company, trouble):
    us = company("us")
    us.fault(trouble, count=1)
    with pytest.raises(Failure) as failed:
        us.references("account")
    assert failed.value.kind in (FailureKind.MALFORMED, FailureKind.UNAVAILABLE, FailureKind.THROTTLED)


def test_links_open_the_document():
    twin = Endpoints(Environment.TWIN, {"app": "http://t/app"})
    real = Endpoints(Environment.PRODUCTION, {"app": "https://app.qbo.intuit.com"})
    account = ExternalAccount("123", "")
    assert provider.target.link(twin, account, "journal_entry", "7") == "http://t/app/123/journal?txnId=7"
    assert provider.target.link(real, account, "deposit", "7") == "https://app.qbo.intuit.com/app/deposit?txnId=7"


def test_rates_are_exact_decimals():
    found = reference.reference_item(
        "tax_code",
        {"Id": "3", "Name": "13.5", "SalesTaxRateList": {"TaxRateDetail": [{"TaxRateRef": {"value": "9"}}]}},
        {"9": Decimal("13.5")},
    )
    assert found.facts["sales_rate"] == "13.5"
