"""A person makes a key and an endpoint, a program uses the one, the other is told; and the pages look right in four forms."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from connections.models import Connection
from connections.services import pause
from tenants.scope import tenant_scope
from tests.browser.pages import look
from tests.browser.test_pages import log_in
from tests.connections.outbound.receiver import Receiver
from tests.security.world import PASSWORD, Company, company

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alder(site: str) -> Company:
    return company("Alderwood")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def base(site: str, alder: Company) -> str:
    return f"{site}/app/{alder.tenant.public_id}"


def wait_for(condition: Callable[[], Any]) -> None:
    """The worker runs beside the test; look until it has done its part."""
    for _each in range(200):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def test_a_key_is_made_used_rolled_and_revoked(open_page: Callable[..., Any], site: str, alder: Company) -> None:
    page = open_page()
    log_in(page, site, "owner@alderwood.test", PASSWORD)
    page.goto(f"{base(site, alder)}/api-keys/")
    page.fill("[name=name]", "Warehouse")
    page.click("main >> text=Make the key")
    text = page.locator("#shown-once").inner_text()
    asked = httpx.get(f"{site}/api/v1/me", headers={"Authorization": f"Bearer {text}"}, trust_env=False)
    assert asked.json()["key"]["name"] == "Warehouse"
    assert "settlements:post" not in asked.json()["key"]["scopes"]
    page.goto(f"{base(site, alder)}/api-keys/")
    assert text not in page.content()
    row = page.locator("tr", has_text="Warehouse")
    row.locator("summary", has_text="Roll").click()
    row.locator("select[name=hours]").select_option("0")
    row.locator("text=Make the new key").click()
    fresh = page.locator("#shown-once").inner_text()
    asked = [
        httpx.get(f"{site}/api/v1/me", headers={"Authorization": f"Bearer {each}"}, trust_env=False) for each in (text, fresh)
    ]
    assert [answer.status_code for answer in asked] == [401, 200]
    page.locator("tr", has_text="Warehouse").first.locator("text=Revoke").click()
    page.click("dialog >> text=Revoke")
    page.wait_for_selector("text=no longer works")
    assert httpx.get(f"{site}/api/v1/me", headers={"Authorization": f"Bearer {fresh}"}, trust_env=False).status_code == 401


def test_an_endpoint_is_told_and_its_log_shows_it(
    open_page: Callable[..., Any], site: str, alder: Company, receiver: Receiver, complaints: list[str]
) -> None:
    page = open_page()
    log_in(page, site, "owner@alderwood.test", PASSWORD)
    page.goto(f"{base(site, alder)}/webhooks/")
    page.fill("[name=url]", "https://10.0.0.1/hooks")
    page.click("main >> text=Add the endpoint")
    page.wait_for_selector(".invalid-feedback >> text=not a public address")
    complaints[:] = [one for one in complaints if "422" not in one]  # the browser tells of the refused form
    page.fill("[name=url]", receiver.url)
    page.fill("[name=description]", "Receiver")
    page.click("main >> text=Add the endpoint")
    secret = page.locator("#shown-once").inner_text()
    receiver.replies.append((500, {}, b"not yet"))
    page.click("text=Send a test event")
    page.wait_for_selector("h1 >> text=webhook.test")
    wait_for(lambda: len(receiver.seen) == 2)  # refused once, then told again by itself after five seconds
    assert {headers["webhook-id"] for headers, _body in receiver.seen} == {receiver.ids()[0]}
    wait_for(lambda: page.reload() and page.locator("main >> text=Delivered").count())
    assert page.locator("main >> text=not yet").count() == 1
    with tenant_scope(alder.tenant):
        pause(connection=Connection.objects.get(provider="amazon"))
    wait_for(lambda: len(receiver.seen) == 3)  # out of the outbox, without anybody pressing anything
    headers, body = receiver.seen[2]
    said = Webhook(secret).verify(body.decode(), headers)
    assert (said["type"], json.loads(body)["data"]["object"]) == ("connection.paused", "connection")
    page.click("text=Send again")
    wait_for(lambda: len(receiver.seen) == 4)
    assert receiver.ids()[3] == receiver.ids()[0]


def test_the_pages_in_four_forms(open_page: Callable[..., Any], site: str, alder: Company) -> None:
    root = f"/app/{alder.tenant.public_id}"
    hook = f"{root}/webhooks/{alder.ids['webhook']}/"
    addresses = ["/api/docs/", f"{root}/api-keys/", f"{root}/webhooks/", hook, f"{hook}deliveries/{alder.ids['delivery']}/"]
    page = open_page()
    log_in(page, site, "owner@alderwood.test", PASSWORD)
    assert look(page, site, addresses, opened=True) == []


def test_a_company_without_any_is_told_what_they_are_for(open_page: Callable[..., Any], site: str, alder: Company) -> None:
    from connections.models import WebhookDelivery, WebhookEndpoint
    from tenants.models import ApiKey

    ApiKey.objects.all().delete()
    with tenant_scope(alder.tenant):
        WebhookDelivery.objects.all().delete()
        WebhookEndpoint.objects.all().delete()
    page = open_page()
    log_in(page, site, "owner@alderwood.test", PASSWORD)
    page.goto(f"{base(site, alder)}/api-keys/")
    assert page.locator("text=No keys yet").count() == 1
    page.goto(f"{base(site, alder)}/webhooks/")
    assert page.locator("text=Nobody is told yet").count() == 1
