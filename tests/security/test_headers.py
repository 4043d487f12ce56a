"""What every answer carries: a policy that runs nothing foreign, no caching, cookies no script can read."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from tests.security.test_routes import OURS
from tests.security.world import Company, company

pytestmark = pytest.mark.django_db(transaction=True)

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|\son[a-z]+\s*=\s*[\"']|\sstyle\s*=\s*[\"']|javascript:", re.IGNORECASE
)
FOREIGN = re.compile(r"(?:src|href|action)=[\"'](?:https?:)?//(?!testserver)([^\"'/]+)", re.IGNORECASE)
PAGES = [route for route in OURS if route.of_tenant and route.name not in ("settlement_raw", "settlement_raw_line")]


@pytest.fixture
def alder() -> Company:
    return company("Alderwood")


@pytest.fixture
def client(alder: Company) -> Client:
    client = Client()
    client.force_login(alder.people["owner"])
    return client


def test_every_page_forbids_what_it_does_not_need(client: Client, alder: Company) -> None:
    for route in PAGES:
        response = client.get(route.address(alder, alder))
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy, route.name
        assert "unsafe-inline" not in policy, route.name
        assert "unsafe-eval" not in policy, route.name
        assert "object-src 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Frame-Options"] == "DENY"
        assert "no-store" in response["Cache-Control"], route.name


def test_no_page_holds_inline_code_or_asks_others(client: Client, alder: Company) -> None:
    """The policy would block it anyway: this says where it is."""
    pages = [(route.name, client.get(route.address(alder, alder))) for route in PAGES]
    pages += [
        (path, Client().get(path)) for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nowhere/")
    ]
    for name, response in pages:
        if not response.get("Content-Type", "").startswith("text/html"):
            continue
        text = b"".join(response).decode() if response.streaming else response.content.decode()
        assert INLINE.search(text) is None, f"{name}: {INLINE.search(text)}"
        assert FOREIGN.findall(text) == [], name


def test_errors_carry_the_headers_too(client: Client) -> None:
    missing = client.get("/app/ten_nobody/")
    assert missing.status_code == 404
    assert "default-src 'self'" in missing["Content-Security-Policy"]


def test_cookies_are_kept_from_scripts_and_other_sites(alder: Company) -> None:
    client = Client()
    client.get("/accounts/login/")
    response = client.post("/accounts/login/", {"login": "owner@alderwood.test", "password": "a-long-enough-password"})
    assert response["Location"] == "/"
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name


def test_a_post_without_the_token_changes_nothing(alder: Company) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alder.people["owner"])
    response = client.post(f"/app/{alder.tenant.public_id}/team/invite/", {"email": "x@y.test", "role": "viewer"})
    assert response.status_code == 403
    assert alder.tenant.invitations.count() == 1


def test_login_starts_a_new_session(alder: Company) -> None:
    client = Client()
    client.get("/invitations/none/")
    client.get("/accounts/login/")
    before = client.session.session_key
    client.post("/accounts/login/", {"login": "owner@alderwood.test", "password": "a-long-enough-password"})
    assert client.session.session_key != before


def test_ten_wrong_passwords_close_the_account_for_the_day(alder: Company) -> None:
    """Five in five minutes are refused at once; over the day not more than ten are ever tried."""
    from django.core.cache import cache

    cache.clear()
    answers = [
        Client(REMOTE_ADDR=f"10.0.0.{n}").post("/accounts/login/", {"login": "owner@alderwood.test", "password": "wrong"})
        for n in range(6)
    ]
    assert "Too many failed" in answers[-1].content.decode()
    good = Client(REMOTE_ADDR="10.0.1.1").post(
        "/accounts/login/", {"login": "owner@alderwood.test", "password": "a-long-enough-password"}
    )
    assert good.status_code == 200
    cache.clear()
