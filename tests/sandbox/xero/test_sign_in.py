"""Consent, tokens, connections: who may do what, for how long, and what ends it."""

from __future__ import annotations

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.app import App
from sandbox.xero.seed import AU, OTHER, UK, US
from sandbox.xero.sign_in import CLIENT_ID, CLIENT_SECRET
from tests.sandbox.xero.conftest import API, Organisation

CALLBACK = "http://localhost:8000/connections/xero/callback/"
SCOPE = "openid profile email offline_access accounting.invoices accounting.settings.read"
BASIC = {"Authorization": "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()}


@pytest.fixture
def browser(app: App) -> Client:
    return Client(app)


def _asked(**changes: str) -> dict[str, str]:
    base = {"client_id": CLIENT_ID, "redirect_uri": CALLBACK, "response_type": "code", "scope": SCOPE, "state": "s1"}
    return {**base, **changes}


def _consent(browser: Client, *tenants: str, **changes: str) -> dict[str, str]:
    answer = browser.post(
        "/xero/identity/connect/authorize", data={**_asked(**changes), "decision": "allow", "tenant": list(tenants)}
    )
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def _token(browser: Client, **form: str) -> TestResponse:
    return browser.post("/xero/connect/token", data=form, headers=BASIC)


def _exchange(browser: Client, *tenants: str, **changes: str) -> dict[str, Any]:
    code = _consent(browser, *tenants, **changes)["code"]
    answer = _token(browser, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def _connections(browser: Client, tokens: dict[str, Any]) -> TestResponse:
    return browser.get("/xero/Connections", headers={"Authorization": f"Bearer {tokens['access_token']}"})


def test_the_page_lets_a_person_pick_organisations(browser: Client) -> None:
    page = browser.get("/xero/identity/connect/authorize", query_string=_asked()).text
    assert "Fenwick Trading Ltd" in page
    assert "invoices, bills" in page
    assert page.count('type="checkbox" name="tenant"') == 5


def test_one_consent_opens_several_organisations(browser: Client) -> None:
    answer = _consent(browser, UK, US)
    assert answer["state"] == "s1"
    tokens = _token(browser, grant_type="authorization_code", code=answer["code"], redirect_uri=CALLBACK).json
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 1800, SCOPE)
    found = _connections(browser, tokens).json
    claims = _claims(tokens["access_token"])
    assert {one["tenantId"] for one in found} == {UK, US}
    assert {one["authEventId"] for one in found} == {claims["authentication_event_id"]}
    assert claims["exp"] - claims["auth_time"] == 1800
    assert _claims(tokens["id_token"])["email"] == "robin@example.test"
    later = _exchange(browser, AU)
    assert {one["tenantId"] for one in _connections(browser, tokens).json} == {UK, US, AU}  # one user and app, one set
    event = _claims(later["access_token"])["authentication_event_id"]
    asked = browser.get(f"/xero/connections?authEventId={event}", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert [one["tenantId"] for one in asked.json] == [AU]


def test_what_a_consent_refuses(browser: Client) -> None:
    post = "/xero/identity/connect/authorize"
    assert (
        browser.post(post, data={**_asked(), "decision": "deny"}).headers["Location"]
        == f"{CALLBACK}?error=access_denied&state=s1"
    )
    assert browser.post(post, data={**_asked(), "decision": "allow", "tenant": [UK, OTHER]}).status_code == 400
    assert browser.post(post, data={**_asked(), "decision": "allow"}).status_code == 400
    assert browser.get(post, query_string=_asked(client_id="other")).status_code == 400
    assert browser.get(post, query_string=_asked(redirect_uri="https://elsewhere.test/")).status_code == 400


@pytest.mark.parametrize(
    ("scope", "error"),
    [
        ("openid accounting.transactions", "invalid_scope"),
        ("accounting.reports.read", "invalid_scope"),
        ("accounting.journals.read", "unauthorized_client"),
        ("", "invalid_scope"),
    ],
)
def test_scopes_of_before_march_2026_are_gone(browser: Client, scope: str, error: str) -> None:
    answer = browser.get("/xero/identity/connect/authorize", query_string=_asked(scope=scope))
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == [error]


def test_a_code_works_once_and_for_its_address(browser: Client) -> None:
    code = _consent(browser, UK)["code"]
    form = {"grant_type": "authorization_code", "code": code}
    assert _token(browser, **form, redirect_uri=CALLBACK + "x").json == {"error": "invalid_grant"}
    assert _token(browser, **form, redirect_uri=CALLBACK).status_code == 200
    assert _token(browser, **form, redirect_uri=CALLBACK).json == {"error": "invalid_grant"}
    wrong = browser.post("/xero/connect/token", data={**form, "client_id": CLIENT_ID, "client_secret": "no"})
    assert (wrong.status_code, wrong.json) == (400, {"error": "invalid_client"})


def test_a_proof_key_stands_in_for_the_secret(browser: Client) -> None:
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = _consent(browser, UK, code_challenge=challenge, code_challenge_method="S256")["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": CLIENT_ID}
    assert browser.post("/xero/connect/token", data={**form, "code_verifier": "w" * 43}).json == {"error": "invalid_grant"}
    assert browser.post("/xero/connect/token", data={**form, "code_verifier": verifier}).status_code == 200


def test_without_offline_access_nothing_can_be_refreshed(browser: Client) -> None:
    assert "refresh_token" not in _exchange(browser, UK, scope="openid accounting.settings")


def test_a_refresh_token_rotates_and_the_old_one_has_thirty_minutes(app: App, browser: Client) -> None:
    old = _exchange(browser, UK)["refresh_token"]
    first = _token(browser, grant_type="refresh_token", refresh_token=old).json
    assert first["refresh_token"] != old
    app.world.clock.shift(29 * 60)
    lost = _token(browser, grant_type="refresh_token", refresh_token=old)  # the first answer was lost
    assert lost.status_code == 200
    app.world.clock.shift(2 * 60)
    late = _token(browser, grant_type="refresh_token", refresh_token=old)
    assert (late.status_code, late.json) == (400, {"error": "invalid_grant"})
    for tokens in (first, lost.json):
        assert _token(browser, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_lives_sixty_days_unused(app: App, browser: Client) -> None:
    kept = _exchange(browser, UK)["refresh_token"]
    app.world.clock.shift(59 * 86400)
    newer = _token(browser, grant_type="refresh_token", refresh_token=kept).json["refresh_token"]
    app.world.clock.shift(60 * 86400)
    assert _token(browser, grant_type="refresh_token", refresh_token=newer).json == {"error": "invalid_grant"}


def test_workers_that_refresh_at_once_all_hold_working_tokens(app: App, browser: Client) -> None:
    old = _exchange(browser, UK)["refresh_token"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: _token(Client(app), grant_type="refresh_token", refresh_token=old).json, range(6)))
    assert len({one["refresh_token"] for one in answers}) == 6
    assert all(_connections(browser, one).status_code == 200 for one in answers)


def test_an_access_token_lives_thirty_minutes(app: App, browser: Client) -> None:
    tokens = _exchange(browser, UK)
    app.world.clock.shift(1799)
    assert _connections(browser, tokens).status_code == 200
    app.world.clock.shift(1)
    late = _connections(browser, tokens)
    assert (late.status_code, late.json["Title"]) == (401, "Unauthorized")
    assert late.json["Detail"].startswith("TokenExpired: token expired at ")


def test_revoking_ends_tokens_and_connections(browser: Client) -> None:
    tokens = _exchange(browser, UK, US)
    assert browser.post("/xero/connect/revocation", data={"token": tokens["refresh_token"]}, headers=BASIC).status_code == 200
    assert _connections(browser, tokens).json["Detail"] == "AuthenticationUnsuccessful"
    assert _token(browser, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json == {"error": "invalid_grant"}
    assert [one["tenantId"] for one in _connections(browser, _exchange(browser, AU)).json] == [AU]


def test_a_removed_connection_closes_one_organisation_only(uk: Organisation) -> None:
    tokens = uk.world("authorise", tenants=[UK, US])
    browser, sign = uk.client, {"Authorization": f"Bearer {tokens['access_token']}"}
    found = next(one for one in _connections(browser, tokens).json if one["tenantId"] == UK)
    assert browser.delete(f"/xero/connections/{found['id']}", headers=sign).status_code == 204
    assert browser.delete(f"/xero/connections/{found['id']}", headers=sign).status_code == 404
    ask = [browser.get(f"{API}/Organisation", headers={**sign, "xero-tenant-id": tenant}) for tenant in (UK, US, OTHER)]
    assert [one.status_code for one in ask] == [403, 200, 403]
    assert ask[0].json["Detail"] == "AuthenticationUnsuccessful"
