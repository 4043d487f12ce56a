"""The errors inbox in a browser: a group, its cause mended, all of it tried again; and the search box by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from syncs.models import Case, WorkItem
from tenants.scope import tenant_scope
from tests.browser.pages import findings, findings_in_four_forms
from tests.syncs.inbox.conftest import World, world

__all__ = ["world"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SKU = "LAMP-1"


def enter(page: Any, site: str, person: World) -> str:
    """Logged in as the owner; returns the company's address."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person.owner)
    page.context.add_cookies([
        {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": site}
    ])  # fmt: skip
    return f"{site}/app/{person.tenant.public_id}/"


@pytest.mark.parametrize("width", [1440, 390])
def test_a_group_is_mended_once_and_retried_as_a_whole(
    world: World, open_page: Callable[..., Any], site: str, complaints: list[str], width: int
) -> None:
    world.orders(*[SKU] * 4, "VASE-2")
    page = open_page(width=width)
    base = enter(page, site, world)
    page.goto(f"{base}inbox/")
    group = page.locator(".trouble", has_text=SKU)
    assert "4 records" in group.inner_text()
    assert findings_in_four_forms(page) == []
    page.set_viewport_size({"width": width, "height": 900})
    group.get_by_role("link", name="There is no item").click()
    page.wait_for_url("**/inbox/cas_*/")
    assert findings_in_four_forms(page) == []
    page.set_viewport_size({"width": width, "height": 900})
    assert "Choose the item" in page.inner_text("main")
    world.known[SKU] = "item 7"
    page.get_by_role("button", name="Retry all 4").click()
    page.wait_for_selector("text=4 are tried again")
    with tenant_scope(world.tenant):
        world.settle()
        assert WorkItem.objects.filter(state="done").count() == 4
    page.goto(f"{base}inbox/")
    assert SKU not in page.inner_text("main")
    assert "VASE-2" in page.inner_text("main")
    page.get_by_role("link", name="Resolved").click()
    assert "Worked afterwards" in page.inner_text("main")
    assert findings_in_four_forms(page) == []


def test_a_record_is_corrected_and_a_case_given_and_put_aside(
    world: World, open_page: Callable[..., Any], site: str, complaints: list[str]
) -> None:
    world.known[SKU] = "item 7"
    world.orders("LAMP-?", "VASE-2")
    page = open_page()
    base = enter(page, site, world)
    page.goto(f"{base}inbox/?q=Order+1")
    page.click("text=There is no item for the SKU LAMP-?")
    page.click("text=Order 1")
    assert findings(page) == []
    page.fill("[name='field:sku']", SKU)
    page.fill("[name=reason]", "typing mistake")
    page.click("text=Save and retry")
    page.wait_for_selector("text=The original is kept")
    assert "LAMP-?" in page.inner_text("main")
    page.goto(f"{base}inbox/")
    page.click("text=There is no item for the SKU VASE-2")
    page.select_option("[name=to]", label="Olivia Oak")
    page.click("button:has-text('Give')")
    page.wait_for_selector("text=Olivia Oak sees to it")
    page.fill("[name=reason]", "sold privately")
    page.click("button:has-text('Put aside')")
    page.wait_for_selector("text=Nothing needs you")
    with tenant_scope(world.tenant):
        assert Case.objects.get(fingerprint__endswith="VASE-2").outcome == "by_hand"


def test_everything_is_found_by_keyboard_alone(
    world: World, open_page: Callable[..., Any], site: str, complaints: list[str]
) -> None:
    world.orders("VASE-2")
    page = open_page()
    base = enter(page, site, world)
    page.goto(f"{base}runs/")
    page.keyboard.press("Control+k")
    with page.expect_response(lambda answer: parse_qs(urlsplit(answer.url).query).get("q") == ["Order 1"]):
        page.keyboard.type("Order 1")  # what is found for the first letters is replaced meanwhile
    page.wait_for_selector("#search-results .search-hit")
    assert findings(page) == []
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#search-q", "aria-activedescendant") == "search-hit-1"
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox/records/itm_*/")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    assert not page.locator("#search").is_visible()
