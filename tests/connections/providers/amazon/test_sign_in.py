"""Being let into a seller's account: consent page, code, pasted token, Appstore, and what goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from canonical.problems import Refused
from connections.contracts import Endpoints, Environment, ExternalAccount, TokenSet
from connections.errors import Failure, FailureKind
from connections.providers.amazon import auth, provider
from sandbox.amazon.places import APPLICATIONS, PRIVATE_CLIENT, SELLERS, self_authorised_token
from tests.connections.providers.door import PlainDoor

from .conftest import SELLER_OF

CALLBACK = "http://localhost:8000/connections/amazon/callback/"
REAL = Endpoints(
    Environment.PRODUCTION,
    {
        "consent_na": "https://sellercentral.amazon.com",
        "consent_eu": "https://sellercentral-europe.amazon.com",
        "consent_fe": "https://sellercentral.amazon.co.jp",
    },
    extra={"application_id": "amzn1.sp.solution.x", "app_version": ""},
)


def consent(endpoints, marketplace, decision="allow", region="na"):
    url = provider.authoriser.consent_url(endpoints, state="s1", redirect_uri=CALLBACK, answers={"marketplace": marketplace})
    answer = httpx.post(url, data={"decision": decision, "seller": SELLER_OF[region]})
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


@pytest.mark.parametrize(("marketplace", "region", "currency"), [("CA", "na", "CAD"), ("GB", "eu", "GBP"), ("AU", "fe", "AUD")])
def test_consent_code_tokens_account(endpoints, marketplace, region, currency):
    door = PlainDoor(endpoints, provider)
    callback = consent(endpoints, marketplace, region=region)
    assert callback["state"] == "s1"
    answers = {"marketplace": marketplace, "region": region}
    tokens, account = provider.authoriser.exchange(door, callback=callback, redirect_uri=CALLBACK, answers=answers)
    assert (account.external_id, account.region, account.currency) == (SELLER_OF[region], region, currency)
    assert account.facts["home"] == marketplace
    stores = {store["code"] for store in account.facts["marketplaces"]}
    assert marketplace in stores
    assert tokens.refresh_token.startswith("Atzr|")
    assert timedelta(minutes=59) < tokens.access_expires - datetime.now(UTC) <= timedelta(hours=1)
    door.tokens = tokens
    assert provider.authoriser.ping(door, account).facts == account.facts


@pytest.mark.parametrize(
    ("marketplace", "host"),
    [
        ("US", "sellercentral.amazon.com"),
        ("CA", "sellercentral.amazon.ca"),
        ("DE", "sellercentral-europe.amazon.com"),
        ("NL", "sellercentral.amazon.nl"),
        ("AU", "sellercentral.amazon.com.au"),
        ("JP", "sellercentral.amazon.co.jp"),
    ],
)
def test_consent_is_given_in_the_seller_central_of_the_home_store(marketplace, host):
    url = provider.authoriser.consent_url(REAL, state="s", redirect_uri=CALLBACK, answers={"marketplace": marketplace})
    assert url.startswith(f"https://{host}/apps/authorize/consent?application_id=amzn1.sp.solution.x&state=s&redirect_uri=")
    assert "version" not in url


def test_a_proxy_in_the_settings_is_respected_and_a_draft_is_beta():
    urls = {**REAL.urls, "consent_na": "https://proxy.example.test/amazon"}
    place = Endpoints(Environment.PRODUCTION, urls, extra={"application_id": "x", "app_version": "beta"})
    url = provider.authoriser.consent_url(place, state="s", redirect_uri=CALLBACK, answers={"region": "na", "marketplace": "CA"})
    assert url.startswith("https://proxy.example.test/amazon/apps/authorize/consent?")
    assert url.endswith("&version=beta")


@pytest.mark.parametrize("answers", [{}, {"region": "xx"}, {"marketplace": "XX"}, {"marketplace": "DE", "region": "na"}])
def test_a_place_that_does_not_exist_is_refused(answers):
    with pytest.raises(Refused) as refused:
        provider.authoriser.consent_url(REAL, state="s", redirect_uri=CALLBACK, answers=answers)
    assert refused.value.problems[0].code == "amazon.unknown_place"


def test_saying_no_is_told_in_words(endpoints):
    callback = consent(endpoints, "US", "deny")
    with pytest.raises(Refused) as refused:
        provider.authoriser.exchange(
            PlainDoor(endpoints, provider), callback=callback, redirect_uri=CALLBACK, answers={"region": "na"}
        )
    assert refused.value.problems[0].code == "amazon.denied"


def test_a_code_serves_once(endpoints):
    door = PlainDoor(endpoints, provider)
    callback = consent(endpoints, "US")
    provider.authoriser.exchange(door, callback=callback, redirect_uri=CALLBACK, answers={"region": "na"})
    with pytest.raises(Failure) as failed:
        provider.authoriser.exchange(door, callback=callback, redirect_uri=CALLBACK, answers={"region": "na"})
    assert failed.value.kind is FailureKind.NEEDS_RECONNECT


def private(endpoints):
    return Endpoints(endpoints.environment, endpoints.urls, PRIVATE_CLIENT, APPLICATIONS[PRIVATE_CLIENT].secret, endpoints.extra)


def test_a_pasted_token_lets_us_in(endpoints):
    seller = SELLERS["A1THISTLEWARE3"]
    answers = {"region": "eu", "refresh_token": f" {self_authorised_token(seller)}\n", "seller_id": seller.id}
    tokens, account = provider.authoriser.adopt(PlainDoor(private(endpoints), provider), answers=answers)
    assert tokens.refresh_token == self_authorised_token(seller)
    assert (account.external_id, account.country) == (seller.id, "GB")


def test_a_token_of_another_region_is_refused_with_a_remedy(endpoints):
    seller = SELLERS["A1THISTLEWARE3"]
    answers = {"region": "na", "refresh_token": self_authorised_token(seller), "seller_id": seller.id}
    with pytest.raises(Refused) as refused:
        provider.authoriser.adopt(PlainDoor(private(endpoints), provider), answers=answers)
    assert refused.value.problems[0].code == "amazon.other_region"


def test_a_consent_taken_back_asks_for_reconnecting(seller):
    us = seller("na")
    us.twins.command("amazon", "revoke", seller=us.profile.id)
    with pytest.raises(Failure) as failed:
        us.listings()
    assert failed.value.kind is FailureKind.NEEDS_RECONNECT


def test_signed_requests_carry_token_date_and_user_agent():
    headers = provider.authoriser.sign(TokenSet("Atza|x", "Atzr|y"))
    assert headers["x-amz-access-token"] == "Atza|x"
    assert datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    assert headers["user-agent"] == "Tieout/0.1 (Language=Python)"


def test_the_application_itself_gets_a_token(endpoints):
    assert provider.authoriser.grantless_token(PlainDoor(endpoints, provider)).startswith("Atza|")


def test_an_authorisation_begun_in_the_appstore_goes_back_to_amazon():
    query = {
        "amazon_callback_uri": "https://sellercentral.amazon.com.au/apps/authorize/confirm/x",
        "amazon_state": "a1",
        "selling_partner_id": "A",
    }
    url = provider.authoriser.invitation_url(REAL, query=query, state="s1", redirect_uri=CALLBACK)
    assert url.startswith("https://sellercentral.amazon.com.au/apps/authorize/confirm/x?redirect_uri=http")
    assert "&amazon_state=a1&state=s1" in url


def test_the_region_of_an_invitation_follows_from_where_it_came(endpoints):
    def asked(place, uri):
        return provider.authoriser.invitation_region(place, query={"amazon_callback_uri": uri})

    assert asked(REAL, "https://sellercentral.amazon.com.au/apps/authorize/confirm/x") == "fe"
    assert asked(REAL, "https://sellercentral-europe.amazon.com/apps/authorize/confirm/x") == "eu"
    assert asked(REAL, "https://evil.example/x") == ""
    assert asked(endpoints, f"{endpoints.urls['consent_eu']}/apps/authorize/confirm/x") == "eu"


@pytest.mark.parametrize(
    "callback",
    ["", "https://evil.example/x", "https://sellercentral.amazon.com.evil.example/x", "http://sellercentral.amazon.com/x"],
)
def test_an_address_that_is_not_amazons_is_refused(callback):
    with pytest.raises(Refused) as refused:
        provider.authoriser.invitation_url(REAL, query={"amazon_callback_uri": callback}, state="s", redirect_uri=CALLBACK)
    assert refused.value.problems[0].code == "amazon.foreign_callback"


@pytest.mark.parametrize(
    "body", [{}, {"access_token": "a"}, {"access_token": "a", "expires_in": "soon"}, {"access_token": 7, "expires_in": 1}]
)
def test_a_token_answer_without_tokens_is_malformed(body):
    with pytest.raises(Failure) as failed:
        auth.token_set(body, datetime.now(UTC), TokenSet("", "r"))
    assert failed.value.kind is FailureKind.MALFORMED


def test_an_account_without_stores_keeps_its_id_for_a_name(endpoints):
    door = PlainDoor(endpoints, provider, TokenSet("a", "r"))
    door._exchange = lambda request: (200, {}, b'{"payload":[]}')
    found = provider.authoriser.ping(door, ExternalAccount("A1", "", region="na"))
    assert (found.name, found.facts["marketplaces"]) == ("A1", [])


def test_stores_that_are_missing_are_malformed(endpoints):
    door = PlainDoor(endpoints, provider, TokenSet("a", "r"))
    for content in (b"{}", b'{"payload":{}}', b'{"payload":[7]}', b'{"payload":[{"marketplace":{"id":"x"}}]}'):
        door._exchange = lambda request, content=content: (200, {}, content)
        with pytest.raises(Failure) as failed:
            provider.authoriser.ping(door, ExternalAccount("A1", "", region="na"))
        assert failed.value.kind is FailureKind.MALFORMED
