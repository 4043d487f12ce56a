"""Consent, codes, tokens: the whole way in, and every way it ends."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.app import App
from sandbox.quickbooks_online.oauth import CLIENT_ID, CLIENT_SECRET, OTHER_CLIENT_ID, OTHER_CLIENT_SECRET
from sandbox.quickbooks_online.seed import UK, US

CALLBACK = "http://localhost:8000/connections/quickbooks_online/callback/"
ACCOUNTING = "com.intuit.quickbooks.accounting"
DAY = 24 * 3600


class App1:
    """An app that signs in by hand."""

    def __init__(self, app: App, client: str = CLIENT_ID, secret: str = CLIENT_SECRET) -> None:
        self.app, self.client, self.http = app, client, Client(app)
        self.basic = "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()
        self.urls = self.http.get("/quickbooks_online/.well-known/openid_sandbox_configuration/").get_json()

    def path(self, endpoint: str) -> str:
        return urlsplit(self.urls[endpoint]).path

    def ask(self, method: str = "GET", **changes: str) -> TestResponse:
        asked = {"client_id": self.client, "redirect_uri": CALLBACK, "response_type": "code", "scope": ACCOUNTING, "state": "s1"}
        values = {**asked, **changes}
        where = self.path("authorization_endpoint")
        return self.http.get(where, query_string=values) if method == "GET" else self.http.post(where, data=values)

    def code(self, realm: str = US, **changes: str) -> str:
        answer = self.ask("POST", realm=realm, decision="connect", **changes)
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert answer.headers["Location"].startswith(CALLBACK)
        assert (query["state"], query["realmId"]) == (["s1"], [realm])
        return query["code"][0]

    def token(self, headers: dict[str, str] | None = None, **form: str) -> tuple[int, dict[str, Any]]:
        sent = {"Authorization": self.basic, "Accept": "application/json", **(headers or {})}
        answer = self.http.post(self.path("token_endpoint"), data=form, headers=sent)
        return answer.status_code, answer.get_json()

    def connect(self, realm: str = US, **changes: str) -> dict[str, Any]:
        code = self.code(realm, **changes)
        status, pair = self.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
        assert status == 200, pair
        return pair

    def refresh(self, value: str) -> tuple[int, dict[str, Any]]:
        return self.token(grant_type="refresh_token", refresh_token=value)

    def company(self, access: str, realm: str = US) -> TestResponse:
        headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
        return self.http.get(f"/quickbooks_online/v3/company/{realm}/companyinfo/{realm}", headers=headers)

    def consent(self) -> dict[str, Any]:
        consents: list[dict[str, Any]] = self.http.get("/world/").get_json()["twins"]["quickbooks_online"]["consents"]
        return consents[-1]


@pytest.fixture
def tieout(app: App) -> App1:
    return App1(app)


def test_discovery_names_this_twin(tieout: App1) -> None:
    assert tieout.urls["token_endpoint"] == "http://localhost:80/quickbooks_online/oauth2/v1/tokens/bearer"
    production = tieout.http.get("/quickbooks_online/.well-known/openid_configuration/").get_json()
    assert production == tieout.urls
    assert set(tieout.urls) >= {"issuer", "authorization_endpoint", "revocation_endpoint", "userinfo_endpoint", "jwks_uri"}


def test_the_page_offers_the_companies(tieout: App1) -> None:
    html = tieout.ask().get_data(as_text=True)
    assert "Harbor Lane Goods" in html
    assert "Pennine Supply Ltd" in html
    assert "No thanks" in html


def test_connect_exchange_and_call(tieout: App1) -> None:
    pair = tieout.connect()
    assert set(pair) == {"token_type", "access_token", "expires_in", "refresh_token", "x_refresh_token_expires_in"}
    assert (pair["token_type"], pair["expires_in"], pair["x_refresh_token_expires_in"]) == ("bearer", 3600, 8_726_400)
    answer = tieout.company(pair["access_token"])
    assert answer.get_json()["CompanyInfo"]["CompanyName"] == "Harbor Lane Goods"


def test_no_thanks_goes_back_with_a_reason(tieout: App1) -> None:
    answer = tieout.ask("POST", decision="deny", realm=US)
    assert answer.headers["Location"] == CALLBACK + "?error=access_denied&state=s1"


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:8000/connections/quickbooks_online/callback",
        "http://localhost:8000/connections/quickbooks_online/callback/?next=1",
        "https://evil.example/connections/quickbooks_online/callback/",
        "http://localhost@evil.example/connections/quickbooks_online/callback/",
        "",
    ],
)
def test_an_address_that_is_not_registered_is_never_redirected_to(tieout: App1, uri: str) -> None:
    for method in ("GET", "POST"):
        answer = tieout.ask(method, redirect_uri=uri, decision="connect", realm=US)
        assert answer.status_code == 400
        assert "Location" not in answer.headers


def test_registered_addresses_and_unknown_apps(tieout: App1) -> None:
    tieout.http.post("/world/quickbooks_online/redirects", json={"uris": ["https://tieout.example/cb?x=1"]})
    answer = tieout.ask("POST", redirect_uri="https://tieout.example/cb?x=1", decision="deny")
    assert answer.headers["Location"] == "https://tieout.example/cb?x=1&error=access_denied&state=s1"
    assert tieout.ask(client_id="nobody").status_code == 400
    assert "error=invalid_scope" in tieout.ask(scope="everything").headers["Location"]
    assert "error=unsupported_response_type" in tieout.ask(response_type="token").headers["Location"]


def test_a_code_works_once_soon_and_for_its_address(tieout: App1) -> None:
    code = tieout.code()
    wrong = tieout.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK + "x")
    assert (wrong[0], wrong[1]["error"]) == (400, "invalid_grant")
    assert tieout.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)[0] == 200
    again = tieout.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    assert (again[0], again[1]["error"]) == (400, "invalid_grant")
    late = tieout.code()
    tieout.app.world.clock.shift(301)
    assert tieout.token(grant_type="authorization_code", code=late, redirect_uri=CALLBACK)[0] == 400


def test_apps_are_told_apart(tieout: App1, app: App) -> None:
    pair = tieout.connect()
    other = App1(app, OTHER_CLIENT_ID, OTHER_CLIENT_SECRET)
    assert other.refresh(pair["refresh_token"]) == (
        400,
        {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"},
    )
    stranger = App1(app, CLIENT_ID, "wrong")
    assert stranger.refresh(pair["refresh_token"]) == (401, {"error": "invalid_client"})
    assert tieout.token(grant_type="password")[1] == {"error": "unsupported_grant_type"}


def test_access_ends_after_an_hour(tieout: App1) -> None:
    pair = tieout.connect()
    tieout.app.world.clock.shift(3599)
    assert tieout.company(pair["access_token"]).status_code == 200
    tieout.app.world.clock.shift(2)
    answer = tieout.company(pair["access_token"])
    assert (answer.status_code, answer.get_json()["fault"]["error"][0]["code"]) == (401, "3200")
    fresh = tieout.refresh(pair["refresh_token"])[1]
    assert tieout.company(fresh["access_token"]).status_code == 200
    assert tieout.consent()["refreshes"] == 1


def test_the_refresh_value_changes_about_daily_and_the_old_one_fades(tieout: App1) -> None:
    first = tieout.connect()["refresh_token"]
    assert tieout.refresh(first)[1]["refresh_token"] == first
    tieout.app.world.clock.shift(DAY)
    second = tieout.refresh(first)[1]["refresh_token"]
    assert second != first
    assert tieout.refresh(first)[1]["refresh_token"] == second
    tieout.app.world.clock.shift(61)
    assert tieout.refresh(first)[0] == 400
    assert tieout.refresh(second)[0] == 200
    assert (tieout.consent()["refreshes"], tieout.consent()["refused"]) == (4, 1)


def test_strict_worlds_rotate_always_and_revoke_on_reuse(tieout: App1) -> None:
    tieout.http.post("/world/quickbooks_online/tokens", json={"rotation": "every", "grace": -1, "reuse": "revoke"})
    first = tieout.connect()["refresh_token"]
    second = tieout.refresh(first)[1]
    assert tieout.refresh(first)[0] == 400
    assert tieout.refresh(second["refresh_token"])[0] == 400
    assert tieout.company(second["access_token"]).status_code == 401


def test_refresh_tokens_idle_a_hundred_days_and_live_five_years(tieout: App1) -> None:
    value = tieout.connect()["refresh_token"]
    headers = {"x-include-refresh-token-hard-expires-in": "true"}
    pair = tieout.token(headers, grant_type="refresh_token", refresh_token=value)[1]
    assert 8_726_400 < pair["x_refresh_token_hard_expires_in"] <= 5 * 366 * DAY
    for _ in range(19):
        tieout.app.world.clock.shift(95 * DAY)
        status, pair = tieout.refresh(value)
        assert status == 200
        value = pair["refresh_token"]
    assert pair["x_refresh_token_expires_in"] < 95 * DAY
    tieout.app.world.clock.shift(95 * DAY)
    assert tieout.refresh(value)[0] == 400
    idle = tieout.connect()["refresh_token"]
    tieout.app.world.clock.shift(102 * DAY)
    assert tieout.refresh(idle)[0] == 400


def test_revoking_either_token_ends_both(tieout: App1) -> None:
    for which in ("access_token", "refresh_token"):
        pair = tieout.connect()
        answer = tieout.http.post(
            tieout.path("revocation_endpoint"), json={"token": pair[which]}, headers={"Authorization": tieout.basic}
        )
        assert (answer.status_code, answer.get_data()) == (200, b"")
        assert tieout.company(pair["access_token"]).status_code == 401
        assert tieout.refresh(pair["refresh_token"])[0] == 400
    unknown = tieout.http.post(tieout.path("revocation_endpoint"), json={"token": "x"}, headers={"Authorization": tieout.basic})
    assert unknown.status_code == 400


def test_the_company_can_disconnect_the_app(tieout: App1) -> None:
    pair, british = tieout.connect(), tieout.connect(UK)
    ended = tieout.http.post("/world/quickbooks_online/disconnect", json={"realm": US}).get_json()
    assert ended == {"ended": 1}
    assert tieout.company(pair["access_token"]).status_code == 401
    assert tieout.refresh(pair["refresh_token"])[1]["error"] == "invalid_grant"
    assert tieout.company(british["access_token"], UK).status_code == 200


def test_faults_reach_the_token_endpoint(tieout: App1) -> None:
    pair = tieout.connect()
    tieout.app.world.faults.add("quickbooks_online", "refresh", "500")
    assert tieout.refresh(pair["refresh_token"])[0] == 500
    assert tieout.refresh(pair["refresh_token"])[0] == 200
    tieout.app.world.faults.add("quickbooks_online", "refresh", "revoke")
    assert tieout.refresh(pair["refresh_token"])[1]["error"] == "invalid_grant"
    assert tieout.company(pair["access_token"]).status_code == 401


def test_openid_tells_who_signed_in(tieout: App1) -> None:
    pair = tieout.connect(scope=f"openid email profile {ACCOUNTING}")
    _, claims, _ = pair["id_token"].split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert (said["aud"], said["iss"], said["realmid"]) == ([CLIENT_ID], tieout.urls["issuer"], US)
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert tieout.http.get(tieout.path("userinfo_endpoint"), headers=headers).get_json()["email"] == "owner@example.test"
    assert tieout.http.get(tieout.path("userinfo_endpoint")).status_code == 401
