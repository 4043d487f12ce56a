"""Login with Amazon: what a code, a refresh token and an access token are good for, and for how long."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client

from sandbox.amazon.places import APPLICATIONS
from sandbox.app import App
from tests.sandbox.amazon.conftest import HARBOUR, REPORT_TYPE, REPORTS, THISTLE, Amazon

TIEOUT = APPLICATIONS["amzn1.application-oa2-client.tieout-twin"]
DRAFT = APPLICATIONS["amzn1.application-oa2-client.tieout-draft"]
PRIVATE = APPLICATIONS["amzn1.application-oa2-client.tieout-private"]
BACK = "http://127.0.0.1:8000/connections/amazon/callback"
CLIENT = {"client_id": TIEOUT.client_id, "client_secret": TIEOUT.secret}
SELLERS_PATH = "/amazon/na/sellers/v1/marketplaceParticipations"


def consent_url(region: str = "na", app_id: str = TIEOUT.id, redirect_uri: str = BACK, version: str = "") -> str:
    url = f"/amazon/{region}/sellercentral/apps/authorize/consent?application_id={app_id}&state=s%26t&redirect_uri={redirect_uri}"
    return f"{url}&version={version}" if version else url


def allow(client: Client, url: str, seller: str = HARBOUR) -> dict[str, str]:
    """The query with which the browser comes back."""
    answer = client.post(url, data={"seller": seller, "decision": "allow"})
    assert answer.status_code == 302, answer.text
    assert answer.location.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def token(client: Client, **form: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/amazon/auth/o2/token", data=form)
    return answer.status_code, answer.get_json()


def redeem(client: Client, code: str, **more: str) -> tuple[int, dict[str, object]]:
    return token(client, **{"grant_type": "authorization_code", "code": code, **CLIENT, **more})


def test_the_website_workflow_ends_in_a_working_token(app: App) -> None:
    client = Client(app)
    assert "Authorise Tieout" in client.get(consent_url()).text
    back = allow(client, consent_url())
    assert back["state"] == "s&t"
    assert back["selling_partner_id"] == HARBOUR
    status, tokens = redeem(client, back["spapi_oauth_code"], redirect_uri=BACK)
    assert status == 200
    assert str(tokens["access_token"]).startswith("Atza|")
    assert str(tokens["refresh_token"]).startswith("Atzr|")
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
    called = client.get(SELLERS_PATH, headers={"x-amz-access-token": str(tokens["access_token"])})
    assert [one["marketplace"]["countryCode"] for one in called.get_json()["payload"]] == ["US", "CA", "MX"]
    status, renewed = token(client, grant_type="refresh_token", refresh_token=str(tokens["refresh_token"]), **CLIENT)
    assert status == 200
    assert renewed["refresh_token"] == tokens["refresh_token"]
    assert renewed["access_token"] != tokens["access_token"]


def test_a_code_is_good_once(app: App) -> None:
    client = Client(app)
    code = allow(client, consent_url())["spapi_oauth_code"]
    assert redeem(client, code)[0] == 200
    status, said = redeem(client, code)
    assert (status, said["error"]) == (400, "invalid_grant")


def test_a_code_is_good_for_five_minutes(app: App) -> None:
    client = Client(app)
    code = allow(client, consent_url())["spapi_oauth_code"]
    app.world.clock.shift(301)
    assert redeem(client, code)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "wrong",
    [{"redirect_uri": "http://127.0.0.1:8000/elsewhere"}, {"client_id": PRIVATE.client_id, "client_secret": PRIVATE.secret}],
)
def test_a_code_is_good_for_its_own_client_and_address(app: App, wrong: dict[str, str]) -> None:
    client = Client(app)
    assert redeem(client, allow(client, consent_url())["spapi_oauth_code"], **wrong)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password", **CLIENT}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", **CLIENT}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "Atzr|never", **CLIENT}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "x", "client_id": TIEOUT.client_id}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "scope": "everything", **CLIENT}, 400, "invalid_scope"),
    ],
)
def test_a_bad_request_for_tokens_is_named(app: App, form: dict[str, str], status: int, error: str) -> None:
    given, said = token(Client(app), **form)
    assert (given, said["error"]) == (status, error)
    assert said["error_description"]


def test_a_grantless_token_speaks_for_no_seller(app: App) -> None:
    client = Client(app)
    status, said = token(client, grant_type="client_credentials", scope="sellingpartnerapi::notifications", **CLIENT)
    assert status == 200
    assert "refresh_token" not in said
    assert client.get(SELLERS_PATH, headers={"x-amz-access-token": str(said["access_token"])}).status_code == 403


def test_an_access_token_lives_an_hour_of_the_worlds_time(app: App, harbour: Amazon) -> None:
    app.world.clock.shift(3599)
    assert harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE).status_code == 200
    app.world.clock.shift(1)
    answer = harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE)
    assert answer.status_code == 403
    assert answer.get_json() == {
        "errors": [
            {
                "code": "Unauthorized",
                "message": "Access to requested resource is denied.",
                "details": "The access token you provided has expired.",
            }
        ]
    }


def test_a_seller_of_one_region_is_unknown_in_another(harbour: Amazon) -> None:
    assert harbour.call("GET", REPORTS, region="eu", reportTypes=REPORT_TYPE).status_code == 403


def test_a_seller_takes_its_consent_back(app: App, harbour: Amazon) -> None:
    client = harbour.client
    page = client.get("/amazon/na/sellercentral/apps/manage").text
    assert "Harbour &amp; Pine" in page
    (mine,) = [grant for grant in app.twins["amazon"].state()["grants"] if grant["seller_id"] == HARBOUR]
    assert client.post("/amazon/na/sellercentral/apps/manage", data={"grant": mine["id"]}).status_code == 303
    assert harbour.call("GET", REPORTS, reportTypes=REPORT_TYPE).status_code == 403
    form = {"client_id": PRIVATE.client_id, "client_secret": PRIVATE.secret}
    status, said = token(client, grant_type="refresh_token", refresh_token=f"Atzr|twin-self-authorised-{HARBOUR}", **form)
    assert (status, said["error"]) == (400, "invalid_grant")


def test_consenting_again_ends_the_earlier_consent(app: App) -> None:
    client = Client(app)
    _, first = redeem(client, allow(client, consent_url())["spapi_oauth_code"])
    _, second = redeem(client, allow(client, consent_url())["spapi_oauth_code"])
    assert token(client, grant_type="refresh_token", refresh_token=str(first["refresh_token"]), **CLIENT)[0] == 400
    assert token(client, grant_type="refresh_token", refresh_token=str(second["refresh_token"]), **CLIENT)[0] == 200


def test_a_seller_may_decline(app: App) -> None:
    answer = Client(app).post(consent_url(), data={"seller": HARBOUR, "decision": "deny"})
    query = parse_qs(urlsplit(answer.location).query)
    assert query["error"] == ["access_denied"]
    assert query["state"] == ["s&t"]
    assert "spapi_oauth_code" not in query


def test_an_unregistered_address_is_refused(app: App) -> None:
    answer = Client(app).get(consent_url(redirect_uri="https://evil.example/x"))
    assert answer.status_code == 400
    assert "MD5101" in answer.text
    app.twins["amazon"].command("app", {"redirect_hosts": ["evil.example"]})
    assert Client(app).get(consent_url(redirect_uri="https://evil.example/x")).status_code == 200


def test_a_draft_application_needs_the_beta_version(app: App) -> None:
    client = Client(app)
    assert "MD1000" in client.get(consent_url(app_id=DRAFT.id)).text
    assert client.get(consent_url(app_id=DRAFT.id, version="beta")).status_code == 200


def test_an_account_of_another_region_cannot_be_chosen(app: App) -> None:
    answer = Client(app).post(consent_url(), data={"seller": THISTLE, "decision": "allow"})
    assert answer.status_code == 400


def test_the_appstore_workflow_goes_by_way_of_the_application(app: App) -> None:
    client = Client(app)
    start = f"/amazon/eu/sellercentral/apps/authorize/start?application_id={TIEOUT.id}"
    assert "Appstore" in client.get(start).text
    sent = client.post(start, data={"seller": THISTLE, "log_in_uri": "http://127.0.0.1:8000/login?from=amazon"})
    query = {name: values[0] for name, values in parse_qs(urlsplit(sent.location).query).items()}
    assert query["from"] == "amazon"
    assert query["selling_partner_id"] == THISTLE
    callback = urlsplit(query["amazon_callback_uri"]).path
    params = {"redirect_uri": BACK, "amazon_state": query["amazon_state"], "state": "ours"}
    answer = client.get(callback, query_string=params)
    back = parse_qs(urlsplit(answer.location).query)
    assert back["state"] == ["ours"]
    assert back["selling_partner_id"] == [THISTLE]
    assert redeem(client, back["spapi_oauth_code"][0])[0] == 200
    assert client.get(callback, query_string=params).status_code == 400, "amazon_state is good once"


def test_an_authorisation_begun_at_amazon_lapses(app: App) -> None:
    client = Client(app)
    start = f"/amazon/na/sellercentral/apps/authorize/start?application_id={TIEOUT.id}"
    sent = client.post(start, data={"seller": HARBOUR, "log_in_uri": BACK})
    query = {name: values[0] for name, values in parse_qs(urlsplit(sent.location).query).items()}
    app.world.clock.shift(timedelta(minutes=6).total_seconds())
    answer = client.get(
        urlsplit(query["amazon_callback_uri"]).path, query_string={"redirect_uri": BACK, "amazon_state": query["amazon_state"]}
    )
    assert answer.status_code == 400
