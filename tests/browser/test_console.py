"""The operator's morning in a real browser: sign in with two steps, find a company, look as it, be refused a change, leave."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)

from tenants.models import AuditEvent, User
from tenants.scope import tenant_scope
from tests.browser.pages import findings, findings_in_four_forms, look
from tests.security.world import PASSWORD, Company, company

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
REASON = "The customer sees a difference, ticket 4711"


@pytest.fixture
def console(site: str, database_urls: dict[str, str]) -> Iterator[str]:
    """The console's own process, beside the served product."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "TIEOUT_ROLE": "console",
        "DATABASE_URL_CONSOLE": database_urls["console"],
        "DATABASE_URL": database_urls["app"],
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PUBLIC_URL": site,
    }
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "config.wsgi:application",
    ]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz/live", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _turn in range(300):
        try:
            with opener.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, "the console ended"
            time.sleep(0.2)
    raise AssertionError(f"nothing at {url}")


@pytest.fixture
def alder() -> Company:
    return company("Alderwood")


@pytest.fixture
def operator() -> tuple[User, str]:
    person = User.objects.create_user("operator@house.test", PASSWORD, name="Oscar Operator", is_staff=True, is_superuser=True)
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person, secret


def sign_in(page: Any, console: str, operator: tuple[User, str]) -> None:
    page.goto(f"{console}/console/")
    page.fill("[name=login]", operator[0].email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    page.fill("[name=code]", format_hotp_value(hotp_value(operator[1], next(iter(yield_hotp_counters_from_time())))))
    page.click("main button[type=submit]")
    page.wait_for_url(f"{console}/console/")


@pytest.fixture
def page(open_page: Callable[..., Any], console: str, complaints: list[str], operator: tuple[User, str]) -> Iterator[Any]:
    opened = open_page()
    sign_in(opened, console, operator)
    yield opened
    complaints[:] = [one for one in complaints if not one.startswith(f"asks {console}/") and "403" not in one]


def test_find_a_company_and_look_as_it(page: Any, console: str, site: str, alder: Company) -> None:
    page.fill("[name=q]", "Alderwood-1")
    page.click("text=Find >> nth=-1")
    page.wait_for_load_state()
    assert "Alderwood-1" in page.inner_text(".t-hits >> nth=0")
    page.click(".t-hits a:has-text('Alderwood Ltd') >> nth=0")
    page.wait_for_url("**/console/tenant/ten_*/")
    for words in ("Connections", "Held records", "People", "owner@alderwood.test", "All times are UTC"):
        assert words in page.inner_text(".t-page")

    page.click("button:has-text('Look as this company')")
    assert "At least ten characters" in page.inner_text(".t-form")
    page.fill("[name=reason]", REASON)
    page.select_option("[name=minutes]", "15")
    page.click(".t-form button[type=submit]")
    page.click("button:has-text('Open the product')")
    page.wait_for_url(f"{site}/app/**")

    banner = page.inner_text(".visit")
    assert "Read-only visit to Alderwood Ltd" in banner
    assert REASON in banner
    assert "15 min left" in banner
    page.click("nav >> text=Settlements")
    page.wait_for_url("**/settlements/")
    assert page.locator(".visit").count() == 1

    # Whatever a page may offer, nothing goes through.
    status = page.evaluate(
        """async () => { const token = JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken'];
        return (await fetch(location.pathname + 'post/', {method: 'POST', headers: {'X-CSRFToken': token}})).status; }"""
    )
    assert status == 403
    page.click("text=End the visit")
    page.wait_for_load_state()
    assert "You no longer see Alderwood Ltd" in page.inner_text("main")
    page.goto(f"{site}/app/{alder.tenant.public_id}/")
    assert "/accounts/login/" in page.url
    with tenant_scope(alder.tenant):
        told = set(AuditEvent.objects.values_list("action", "actor_kind"))
    assert told == {(f"support.session_{what}", "operator") for what in ("begun", "entered", "ended")}


def test_stop_writing_is_seen_by_the_customer(
    page: Any, console: str, site: str, alder: Company, open_page: Callable[..., Any]
) -> None:
    page.click("text=Stop writing for everybody")
    page.fill("[name=reason]", "Sums are written twice, we look into it")
    page.click("button:has-text('Stop writing')")
    page.wait_for_url(f"{console}/console/")
    assert "Writing to every ledger is stopped" in page.inner_text(".t-alarm")
    customer = open_page()
    customer.goto(f"{site}/accounts/login/")
    customer.fill("[name=login]", "owner@alderwood.test")
    customer.fill("[name=password]", PASSWORD)
    customer.click("main button[type=submit]")
    customer.wait_for_url("**/app/**")
    assert "Nothing is written to your ledgers at the moment" in customer.inner_text(".stop")
    assert findings(customer) == []


def test_the_consoles_pages_in_four_forms(page: Any, console: str, site: str, alder: Company) -> None:
    """Nothing too wide and nothing too faint, on the console's own pages and under the banner of a visit."""
    base = f"{console}/console/"
    found = look(page, base, ("", "find/?q=Alderwood", f"tenant/{alder.tenant.public_id}/", "stop/"))
    assert [one for one in found if (": contrast" in one and ".t-" in one) or one.endswith("too wide")] == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{base}tenant/{alder.tenant.public_id}/")
    page.click("button:has-text('Look as this company')")
    page.fill("[name=reason]", REASON)
    page.click(".t-form button[type=submit]")
    page.click("button:has-text('Open the product')")
    page.wait_for_url(f"{site}/app/**")
    assert findings_in_four_forms(page) == []
