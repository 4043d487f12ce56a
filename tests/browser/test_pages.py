"""Every page of the demo company in its four forms: light and dark, desk and phone. Nothing too wide, too faint or nameless."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from reconciliation.demo import job, people
from reconciliation.models import Settlement
from syncs.models import Integration, SyncRun
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.browser.pages import look
from tests.security.world import PASSWORD, company
from tests.support.demo import two_shops_booked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OUTSIDE = ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nowhere/")
OWN = ("/me/", "/new-company/", "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/")
INSIDE = (
    "", "settlements/", "settlements/?state=todo", "settlements/?q=nothing-matches", "uploads/", "mappings/", "mappings/?show=unmapped",
    "runs/", "inbox/", "inbox/?tab=resolved", "inbox/?tab=retries", "alerts/", "alerts/rules/new/", "search/?q=AMZ", "schedules/", "connections/",
    "connections/usage/", "connections/new/", "connections/new/amazon/", "integrations/", "orders/", "clearing/", "bank/", "team/", "audit/", "settings/",
)  # fmt: skip


def pages_of(tenant: Tenant) -> list[str]:
    """Addresses inside the company, with one settlement of each state and its latest run."""
    base = f"/app/{tenant.public_id}/"
    with tenant_scope(tenant):
        by_state = {one.shown_state: one.public_id for one in job.settlements()}
        unknown = Settlement.objects.exclude(unclassified=[]).values_list("public_id", flat=True)[:1]
        run = SyncRun.objects.latest("id").public_id
        pair = Integration.objects.first()
        assert pair is not None
    assert len(by_state) >= 3, by_state
    one_of_each = [f"settlements/{public_id}/" for public_id in {*by_state.values(), *unknown}]
    wizard = [
        f"integrations/{pair.public_id}/setup/{step}/"
        for step in ("ledger", "marketplaces", "taxes", "accounts", "banks", "summary")
    ]
    return [base + path for path in (*INSIDE, *one_of_each, f"runs/{run}/", f"integrations/{pair.public_id}/", *wizard)]


def log_in(page: Any, site: str, email: str = "owner@demo.example", password: str = people.PASSWORD) -> None:
    page.goto(f"{site}/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    if "/accounts/2fa/" in page.url:
        page.fill("[name=code]", code_of(email))
        page.click("main button[type=submit]")
    page.wait_for_url("**/app/**")


def code_of(email: str) -> str:
    """What the demo's authenticator app shows for somebody now; it works once."""
    link = next(login.totp_url for login in people.logins(people.tenant()) if login.email == email)
    secret = parse_qs(urlsplit(link).query)["secret"][0]
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def test_every_page_in_four_forms(open_page: Callable[..., Any], site: str, complaints: list[str]) -> None:
    two_shops_booked()
    addresses = pages_of(people.tenant())
    page = open_page()
    wrong = look(page, site, OUTSIDE, opened=True)
    complaints[:] = [one for one in complaints if "/nowhere/" not in one]
    page.set_viewport_size({"width": 1440, "height": 900})
    log_in(page, site)
    wrong += look(page, site, (*OWN, *addresses), opened=True)
    assert not wrong, "\n".join(wrong)


def test_pages_can_be_read_without_script_on_a_narrow_phone(open_page: Callable[..., Any], site: str) -> None:
    alder = company("Alderwood")
    page = open_page(width=360, script=False)
    log_in(page, site, "owner@alderwood.test", PASSWORD)
    base = f"{site}/app/{alder.tenant.public_id}/"
    # Whoever has no second step is asked for it where accounts are connected (403); that page is looked at elsewhere.
    open_to_all = [address for address in INSIDE if address != "connections/new/amazon/"]
    for address in (*open_to_all, f"settlements/{alder.ids['settlement']}/", f"runs/{alder.ids['run']}/"):
        page.goto(base + address)
        assert page.locator("nav a:visible", has_text="Settlements").count() >= 1, address
        assert page.locator("main h1").inner_text().strip(), address
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address


def test_the_theme_is_kept_and_there_before_the_first_paint(open_page: Callable[..., Any], site: str) -> None:
    page = open_page(dark=False)
    page.goto(f"{site}/accounts/login/")
    assert page.get_attribute("html", "data-bs-theme") == "light"
    page.click("button[aria-label=Colours]")
    page.click("[data-theme-value=dark]")
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => { window.first = document.documentElement.dataset.bsTheme; });"
    )
    page.goto(f"{site}/accounts/signup/")
    assert page.evaluate("window.first") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 19, 26)"


def test_the_keyboard_reaches_content_and_menu(open_page: Callable[..., Any], site: str) -> None:
    alder = company("Alderwood")
    page = open_page()
    log_in(page, site, "owner@alderwood.test", PASSWORD)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.goto(f"{site}/app/{alder.tenant.public_id}/settlements/")
    page.focus("tbody th a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settlements/set_*/")
    page.focus(".rung summary >> nth=0")
    page.keyboard.press("Enter")
    assert page.locator(".rung[open]").count() == 1
