"""What a customer does on the first day, in a real browser: from sign-up to a posted settlement that ties out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from tests.support.twins import Twins

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECRET = "Correct-horse-battery-9"
US_BOOKS = "9130350000000303"


def main_button(page: Any) -> None:
    page.click("main form button[type=submit]:visible")
    page.wait_for_load_state()


def sign_up(page: Any, site: str) -> None:
    page.goto(f"{site}/accounts/signup/")
    for name, value in (("email", "paula@pine.test"), ("password1", SECRET), ("password2", SECRET)):
        page.fill(f"[name={name}]", value)
    main_button(page)
    assert "Look into your mailbox" in page.inner_text("main")
    page.click("text=Open the mailbox of this machine")
    link = re.search(r"http://\S+/accounts/confirm-email/[^\s\"<]+", page.inner_text("body"))
    assert link
    page.goto(link.group())
    main_button(page)
    assert page.url.endswith("/new-company/")


def make_company(page: Any) -> str:
    page.fill("[name=name]", "Pine Trading Inc.")
    assert page.input_value("[name=home_currency]") != ""
    page.select_option("[name=country]", "US")
    assert page.input_value("[name=home_currency]") == "USD"
    page.select_option("[name=timezone]", "America/Los_Angeles")
    main_button(page)
    assert "Setting up" in page.inner_text("main")
    return str(page.url)


def switch_on_second_step(page: Any, company: str) -> None:
    page.goto(company)
    page.click("text=Protect your login")
    if "reauthenticate" in page.url:
        page.fill("[name=password]", SECRET)
        main_button(page)
    secret = page.input_value("#authenticator_secret")
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    page.fill("[name=code]", code)
    main_button(page)
    assert "recovery codes" in page.inner_text("main").lower()


def connect_amazon(page: Any, company: str) -> None:
    page.goto(f"{company}connections/new/amazon/")
    page.select_option("[name=region]", "na")
    page.select_option("[name=marketplace]", "US")
    page.click("text=Continue to Amazon")
    page.check("[name=seller][value=A3LAKESIDEBKS2]")
    page.click("button[value=allow]")
    page.wait_for_url(f"{company}**")
    assert "Lakeside Books LLC" in page.inner_text("main")


def connect_quickbooks(page: Any, company: str) -> None:
    page.goto(f"{company}connections/new/quickbooks_online/")
    page.click("text=Continue to QuickBooks")
    page.check(f"[name=realm][value='{US_BOOKS}']")
    page.click("button[value=connect]")
    page.wait_for_url(f"{company}**")
    assert "Cedar and Finch Outfitters" in page.inner_text("main")


def pass_the_wizard(page: Any, company: str) -> None:
    page.goto(f"{company}integrations/new/")
    main_button(page)
    for _step in range(14):
        step = page.url.rstrip("/").rsplit("/", 1)[-1]
        if step == "summary":
            break
        if step == "ledger" and page.locator("text=Read the accounts now").count():
            page.click("text=Read the accounts now")
            page.wait_for_load_state()
        if step == "banks":
            choose(page, "select[name$=USD]", "Checking")
        if step == "start":
            page.fill("[name=starts_on]", "2020-01-01")
        page.click("main button.btn[name=then][value=next]")
        page.wait_for_load_state()
        page.wait_for_url(lambda url: "/accounts/create" not in url, timeout=60_000)
        assert "Please look at this again" not in page.inner_text("main"), f"{step}: {page.inner_text('main')[:600]}"
    page.click("main form[action$='/on/'] button[type=submit]")
    page.wait_for_load_state()


def choose(page: Any, selector: str, word: str) -> None:
    """The first option that names `word`."""
    options = page.eval_on_selector_all(f"{selector} option", "options => options.map(o => [o.value, o.textContent])")
    page.select_option(selector, next(value for value, text in options if word in text))


def look_now(page: Any, company: str) -> None:
    page.goto(f"{company}schedules/")
    page.click("tr:has(th:has-text('Settlements')) >> text=Look now")
    page.wait_for_selector("#run-live .chip:has-text('Succeeded'), #run-live .chip:has-text('held')", timeout=120_000)


def post_the_latest(page: Any, company: str) -> None:
    page.goto(f"{company}settlements/?state=ready")
    assert page.locator("tbody tr").count() > 0, page.inner_text(".tabs")
    first = page.locator("tbody tr").last
    first.locator("th a").click()
    page.wait_for_load_state()
    assert "Every rung that can be compared is equal" in page.inner_text("#proof")
    page.dblclick("main button:has-text('Post to')")
    page.wait_for_selector(".page-title .chip:has-text('Posted')", timeout=60_000)


def test_from_sign_up_to_a_posted_settlement(open_page: Callable[..., Any], site: str, twins: Twins) -> None:
    page = open_page()
    sign_up(page, site)
    company = make_company(page)
    switch_on_second_step(page, company)
    connect_amazon(page, company)
    connect_quickbooks(page, company)
    pass_the_wizard(page, company)
    look_now(page, company)
    post_the_latest(page, company)

    states = page.eval_on_selector_all(".rung", "rungs => rungs.map(r => r.className)")
    assert len(states) >= 7
    # The bank has not been heard of yet: nobody has brought a statement. Everything else is equal.
    assert states[0] == "rung is-not_available"
    assert {"rung is-equal"} == set(states[1:])
    assert page.locator("#postings tbody tr").count() >= 1

    # Every rung opens to what lies beneath it, down to the line of the file.
    page.click(".rung >> nth=3 >> summary")
    assert "Together" in page.inner_text(".rung >> nth=3")
    page.click("#transactions-table tbody a >> nth=0")
    page.wait_for_selector(".raw-line")
    assert "transaction-type" in page.inner_text(".raw-line")

    books = twins.command("quickbooks_online", "trial", realm=US_BOOKS)["accounts"]
    assert sum(float(amount) for amount in books.values()) == pytest.approx(0)
    # Two fast clicks, one posting: as many entries in the ledger as the page shows documents.
    documents = page.locator("#entry .tab-pane[id^=doc-]").count()
    written = [entry for entry in twins.journal() if entry["operation"] == "journalentry.create"]
    assert len(written) == documents >= 1
