"""A shop's pages: connecting it, its order settings, the proof, its products and one order; in four forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connections.models import Connection
from reconciliation.demo import people, shops
from reconciliation.models import Order
from syncs.models import Integration
from tenants.scope import tenant_scope
from tests.browser.pages import enter, look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def base(twins: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The shop's last week, booked."""
    monkeypatch.setattr(shops, "HISTORY", timedelta(days=7))
    tenant = people.tenant()
    people.logins(tenant)
    shops.run(lambda _line: None)
    return f"/app/{tenant.public_id}/"


def test_a_shops_pages_say_what_was_booked(open_page: Callable[..., Any], site: str, base: str) -> None:
    with tenant_scope(people.tenant()):
        shop = Integration.objects.get(name=shops.MAIN.name)
        order = Order.objects.filter(integration=shop, state=Order.State.POSTED).latest("pk")
        addresses = [
            "connections/new/magento/",
            "connections/new/magento/?entrance=pasted_token",
            f"integrations/{shop.public_id}/",
            f"integrations/{shop.public_id}/orders/",
            "orders/",
            f"orders/{order.public_id}/",
            "orders/proof/",
            "orders/proof/?period=day",
            "products/",
        ]
    page = open_page()
    enter(page, site)
    assert look(page, f"{site}{base}", addresses) == []
    page.goto(f"{site}{base}orders/proof/")
    page.wait_for_selector("text=Everything ties")
    page.goto(f"{site}{base}orders/?q={order.number}")
    page.click(f"a:has-text('{order.number}')")
    page.wait_for_selector(f"text={order.method}")
    page.goto(f"{site}{base}integrations/{shop.public_id}/orders/")
    page.select_option("select[name=discounts]", "prices")
    page.click("button:has-text('Save')")
    page.wait_for_selector("text=Saved.")
    _a_second_shop_by_hand(page, f"{site}{base}")


def _a_second_shop_by_hand(page: Any, here: str) -> None:
    """Its keys typed in, paired with the ledger, set up and switched on, without leaving the pages."""
    page.goto(f"{here}connections/new/magento/")
    page.select_option("select[name=environment]", "twin")
    for name, value in shops.keys("tokyo").items():
        page.fill(f"input[name={name}]", value)
    page.click("button:has-text('Connect')")
    page.wait_for_selector("text=is connected")
    with tenant_scope(people.tenant()):
        made = Connection.objects.get(provider="magento", external_account="tokyo")
        ledger = Integration.objects.get(name=shops.MAIN.name).ledger
    page.goto(f"{here}integrations/new/")
    page.check(f"input[name=source][value={made.public_id}]")
    page.check(f"input[name=ledger][value={ledger.public_id}]")
    page.click("main button[type=submit]")
    page.click("button:has-text('Make the accounts and switch it on')")
    page.wait_for_selector("text=switched on")
