"""What an account holds, as a page shows it: wide rows that stay readable, kinds that are found on a phone, a report waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connections import budgets, oauth
from connections.contracts import ExternalAccount, TokenSet
from connections.models import Connection
from sandbox.amazon.places import APPLICATIONS
from tenants.clock import now
from tenants.scope import tenant_scope
from tests.browser.pages import enter, findings
from tests.security.world import Company, company

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SELLER = "A2HARBOURPINE1"
# Width, dark, and a kind with wide rows.
FORMS = [(1440, False, "Order"), (1440, True, "InventoryItem"), (390, False, "Transaction"), (390, True, "Order")]


@pytest.fixture
def alder(site: str) -> Company:
    return company("Alderwood")


@pytest.fixture
def seller(alder: Company, twins: Any) -> Connection:
    budgets.forget_leases()
    given = twins.command("amazon", "authorize", seller=SELLER, client=next(iter(APPLICATIONS.values())).client_id)
    tokens = TokenSet("none yet", given["refresh_token"], access_expires=now() - timedelta(hours=1))
    account = ExternalAccount(SELLER, "Harbour & Pine", region="na")
    with tenant_scope(alder.tenant):
        return oauth.establish(provider="amazon", environment="twin", region="na", given=tokens, account=account)


def test_what_an_account_holds_is_readable_in_four_forms(
    open_page: Callable[..., Any], site: str, alder: Company, seller: Connection, twins: Any
) -> None:
    where = f"{site}/app/{alder.tenant.public_id}/connections/{seller.public_id}"
    wrong: list[str] = []
    for width, dark, kind in FORMS:
        page = open_page(width=width, dark=dark)
        enter(page, site, "owner@alderwood.test")
        page.goto(f"{where}/data/{kind}/")
        assert page.locator("tbody tr").count() > 1, kind
        if folder := os.environ.get("TIEOUT_PICTURES"):
            page.screenshot(path=f"{folder}/holdings-{kind}-{width}{'-dark' if dark else ''}.png")
        wrong += [f"{kind} {width} {dark}: {line}" for line in findings(page)]
        if width < 500:
            page.click("summary:has-text('Another kind')")
            page.click(".holdings-menu >> text=Payouts")
        else:
            page.click(".holdings-side >> text=Payouts")
        assert page.locator("h1").inner_text() == "Payouts"
        page.locator("tbody button").first.click()
        sheet = page.locator(".sheet:popover-open")
        assert '"currentStatus"' in sheet.inner_text()
        wrong += [f"sheet {width} {dark}: {line}" for line in findings(page)]
        if folder := os.environ.get("TIEOUT_PICTURES"):
            page.screenshot(path=f"{folder}/holdings-sheet-{width}{'-dark' if dark else ''}.png")
        sheet.locator("text=Close").click()
        assert page.locator(".sheet:popover-open").count() == 0
    assert wrong == []


def test_a_report_is_waited_for_and_then_shown_by_itself(
    open_page: Callable[..., Any], site: str, alder: Company, seller: Connection, twins: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connections.views.pages.LOOKS_AGAIN", 1)
    page = open_page()
    enter(page, site, "owner@alderwood.test")
    page.goto(f"{site}/app/{alder.tenant.public_id}/connections/{seller.public_id}/")
    assert findings(page) == []
    page.click(".page-actions >> text=What it holds")
    page.click(".holdings-side >> text=Returns")
    assert "Amazon is making the report" in page.locator("main").inner_text()
    twins.clock(shift=60)
    page.wait_for_selector("tbody tr")
    assert "license-plate-number" not in page.locator("thead").inner_text()
    assert "SELLABLE" in page.locator("tbody").inner_text()
