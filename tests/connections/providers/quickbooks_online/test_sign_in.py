"""Being let into a company: consent page, code, rotating tokens, discovery, revocation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from canonical.problems import Refused
from connections.contracts import TokenSet
from connections.errors import Failure, FailureKind
from connections.providers.quickbooks_online import auth, provider
from sandbox.quickbooks_online.seed import UK
from tests.connections.providers.door import PlainDoor

CALLBACK = "http://localhost:8000/connections/quickbooks_online/callback/"


def consent(endpoints, decision="connect"):
    url = provider.authoriser.consent_url(endpoints, state="s1", redirect_uri=CALLBACK, answers={})
    answer = httpx.post(url, data={"decision": decision, "realm": UK})
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def test_consent_code_tokens_company(endpoints):
    door = PlainDoor(endpoints, provider)
    callback = consent(endpoints)
    assert (callback["state"], callback["realmId"]) == ("s1", UK)
    tokens, account = provider.authoriser.exchange(door, callback=callback, redirect_uri=CALLBACK, answers={})
    assert (account.external_id, account.name, account.country) == (UK, "Pennine Supply Ltd", "GB")
    assert tokens.access_expires - datetime.now(UTC) > timedelta(minutes=59)
    assert timedelta(days=100) < tokens.refresh_expires - datetime.now(UTC) < timedelta(days=102)
    assert tokens.hard_expires - datetime.now(UTC) > timedelta(days=365 * 4)
    assert "Pennine" not in repr(tokens)
    assert tokens.access_token not in repr(tokens)


def test_refresh_keeps_the_newest_token_and_ping_reads_the_company(endpoints, twins):
    twins.command("quickbooks_online", "tokens", rotation="every")
    door = PlainDoor(endpoints, provider)
    tokens, account = provider.authoriser.exchange(door, callback=consent(endpoints), redirect_uri=CALLBACK, answers={})
    door.tokens = provider.authoriser.refresh(door, tokens)
    assert door.tokens.refresh_token != tokens.refresh_token
    assert provider.authoriser.ping(door, account).name == "Pennine Supply Ltd"


def test_a_consent_that_ended_asks_for_reconnecting(endpoints, twins):
    door = PlainDoor(endpoints, provider)
    tokens, _ = provider.authoriser.exchange(door, callback=consent(endpoints), redirect_uri=CALLBACK, answers={})
    provider.authoriser.revoke(door, tokens)
    provider.authoriser.revoke(door, tokens)
    with pytest.raises(Failure) as failed:
        provider.authoriser.refresh(door, tokens)
    assert failed.value.kind is FailureKind.NEEDS_RECONNECT


def test_saying_no_is_told_in_words(endpoints):
    with pytest.raises(Refused) as refused:
        provider.authoriser.exchange(
            PlainDoor(endpoints, provider), callback=consent(endpoints, "deny"), redirect_uri=CALLBACK, answers={}
        )
    assert refused.value.problems[0].code == "quickbooks_online.denied"


@pytest.mark.parametrize("realm", ["", "12/../x"])
def test_no_company_no_connection(endpoints, realm):
    callback = {"code": "c", "realmId": realm}
    with pytest.raises(Refused) as refused:
        provider.authoriser.exchange(PlainDoor(endpoints, provider), callback=callback, redirect_uri=CALLBACK, answers={})
    assert refused.value.problems[0].code == "quickbooks_online.no_company"


def test_a_moved_token_address_is_followed(endpoints):
    moved = {"token_endpoint": "https://moved.example.test/token", "authorization_endpoint": "https://moved.example.test/auth"}
    urls = {**endpoints.urls, "token": "https://oauth.example.test/token", "authorize": "https://app.example.test/auth"}

    class Doors(PlainDoor):
        def _exchange(self, request):
            asked.append(str(request.url))
            if "configuration" in str(request.url):
                return 200, {}, str(moved).replace("'", '"').encode()
            return 200, {}, b'{"access_token":"a","refresh_token":"r","expires_in":3600}'

    asked: list[str] = []
    elsewhere = type(endpoints)(endpoints.environment, urls, "id", "secret")
    door = Doors(elsewhere, provider)
    provider.authoriser.refresh(door, TokenSet("", "r"))
    provider.authoriser.refresh(door, TokenSet("", "r"))
    assert asked == [urls["discovery"], "https://moved.example.test/token", "https://moved.example.test/token"]
    url = provider.authoriser.consent_url(elsewhere, state="s", redirect_uri=CALLBACK, answers={})
    assert url.startswith(
        "https://moved.example.test/auth?client_id=id&response_type=code&scope=com.intuit.quickbooks.accounting&"
    )


def test_without_a_discovery_document_the_configured_addresses_serve(endpoints, twins):
    urls = {**endpoints.urls, "discovery": f"{twins.url}/nowhere"}
    door = PlainDoor(type(endpoints)(endpoints.environment, urls, endpoints.client_id, endpoints.client_secret), provider)
    assert auth.address(door, "token") == endpoints.urls["token"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"access_token": "a"},
        {"access_token": "", "refresh_token": "r"},
        {"access_token": 1, "refresh_token": "r"},
        {"access_token": "a", "refresh_token": "r", "expires_in": "soon"},
    ],
)
def test_a_token_answer_without_tokens_is_malformed(body):
    with pytest.raises(Failure) as failed:
        auth.token_set(body, datetime.now(UTC))
    assert failed.value.kind is FailureKind.MALFORMED


def test_what_an_answer_leaves_out_is_kept_from_before():
    at = datetime(2026, 11, 20, tzinfo=UTC)
    before = TokenSet("a", "r", hard_expires=at)
    after = auth.token_set({"access_token": "b", "expires_in": Decimal("3600")}, at, before)
    assert (after.access_token, after.refresh_token, after.hard_expires) == ("b", "r", at)
    assert after.access_expires == at + timedelta(hours=1)
