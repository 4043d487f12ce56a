"""The wizard in a real browser: on a phone, with scripts and without, and nothing runs off the side."""

from __future__ import annotations

import pytest

from syncs import pipeline
from syncs.models import SyncRun
from tenants.scope import tenant_scope

pytestmark = pytest.mark.browser
QUESTIONS = ("ledger", "marketplaces", "taxes", "accounts", "banks", "style", "numbers", "goods", "start", "review")


def opened(browser, live_server, person, **options):
    """A page of the person's browser, and the list its console's errors go to."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, **options)
    name, cookie = next(iter(person.client.cookies.items()))
    context.add_cookies([{"name": name, "value": cookie.value, "url": live_server.url}])
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page, errors


def sideways(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_from_the_first_question_to_switched_on(us, live_server, browser, scripts):
    page, errors = opened(browser, live_server, us, java_script_enabled=scripts)
    page.goto(live_server.url + us.url("setup/"))
    for question in QUESTIONS:
        page.wait_for_url(f"**/setup/{question}/")
        if scripts:
            assert sideways(page) <= 0, question
        page.click(".wizard-next")
        if question == "accounts":
            if not scripts:
                page.click("text=Create them now")
            page.wait_for_url("**/setup/banks/", timeout=60_000)
    page.wait_for_url("**/setup/summary/")
    page.click("text=Try it on your last payout")
    with tenant_scope(us.tenant):
        pipeline.execute(SyncRun.objects.get(trigger="trial"))
    if not scripts:
        page.reload()
    page.wait_for_selector("text=Ties to the penny", timeout=30_000)
    page.click("text=Switch on")
    page.wait_for_url("**/runs/run_*/")
    page.goto(live_server.url + us.url(""))
    page.wait_for_selector("text=Active")
    assert errors == []


def test_only_the_codes_that_apply_are_shown(uk, live_server, browser):
    uk.go("ledger"), uk.go("marketplaces", marketplaces=["A1F83G8C2ARO7P"])
    page, errors = opened(browser, live_server, uk)
    page.goto(live_server.url + uk.url("setup/taxes/"))

    def visible():
        return {field: page.is_visible(f"[name=m0p0-{field}]") for field in ("sales", "purchases", "zero", "none", "reverse")}

    assert visible() == {"sales": True, "purchases": True, "zero": True, "none": True, "reverse": False}
    page.select_option("[name=m0p0-registration]", "registered_abroad")
    assert visible() == {"sales": True, "purchases": False, "zero": True, "none": True, "reverse": True}
    page.select_option("[name=m0p0-registration]", "")
    assert visible() == dict.fromkeys(("sales", "purchases", "zero", "none", "reverse"), False)
    assert page.is_visible("text=held until you know")
    page.select_option("[name=m0p0-registration]", "flat_rate")
    assert page.is_visible("text=Flat rate VAT is a share of your turnover")
    assert sideways(page) <= 0
    assert errors == []
