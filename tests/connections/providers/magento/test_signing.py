"""Signatures against RFC 5849, against another implementation, and against the twin that verifies each request."""

from __future__ import annotations

import pytest
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

from canonical.problems import Refused
from connections import registry
from connections.errors import Failure, FailureKind
from connections.providers.magento import provider, signing
from tests.connections.providers.door import PlainDoor
from tests.connections.providers.magento.conftest import answers

URL = "https://shop.example/rest/all/V1/orders"
KEYS = {"key": "dpf43f3p2l4k3l03", "secret": "kd94hf93k423kf44", "token": "nnch734d00sl2jdk", "token_secret": "pfkkdhi9sl3r4s00"}
SEARCH = (
    "searchCriteria[filter_groups][0][filters][0][field]=updated_at"
    "&searchCriteria[filter_groups][0][filters][0][value]=2026-11-19 00:00:00&searchCriteria%5BpageSize%5D=100"
)


def test_the_base_string_of_the_rfc() -> None:
    """RFC 5849, 3.4.1.1: names and values that come twice, are empty, or hold signs of the address itself."""
    parameters = [
        *(("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("oauth_consumer_key", "9djdj82h48djs9d2")),
        *(("oauth_token", "kkk9d7dh3k39sjv7"), ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201")),
        *(("oauth_nonce", "7d8f3e4a"), ("c2", ""), ("a3", "2 q")),
    ]
    expected = (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26"
        "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26"
        "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )
    assert signing.base_string("post", "HTTP://EXAMPLE.COM:80/request?b5=%3D", parameters) == expected


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", URL),
        ("GET", f"{URL}?{SEARCH}"),
        ("PUT", "https://shop.example:8443/rest/all/V1/products/MUG%2FENAMEL%202"),
        ("GET", "https://shop.example/rest/all/V1/products/L%C3%84UFER-GR%C3%9CN?fields=items%5Bsku%2Cname%5D&empty="),
        ("POST", "https://SHOP.example:443/rest/all/V1/orders/1/comments"),
    ],
)
def test_another_implementation_signs_alike(method: str, url: str) -> None:
    theirs = Client(
        KEYS["key"], KEYS["secret"], KEYS["token"], KEYS["token_secret"], signature_method=SIGNATURE_HMAC_SHA256,
        nonce="abc123", timestamp="1764500000",
    )  # fmt: skip
    _url, headers, _body = theirs.sign(url.replace(" ", "%20").replace("[", "%5B").replace("]", "%5D"), http_method=method)
    ours = signing.authorization(method=method, url=url, nonce="abc123", timestamp=1764500000, **KEYS)
    assert _parts(ours) == _parts(headers["Authorization"])


def _parts(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.removeprefix("OAuth ").split(","))
    return {name: value for name, _, value in pairs}


def test_each_request_has_a_nonce_of_its_own(shop) -> None:
    connected = shop()
    for _ in range(3):
        connected.door.call("storeConfigs", "GET", f"{connected.account.facts['base_url']}/rest/all/V1/store/storeConfigs")
    nonces = {_parts(each.request.headers["authorization"])["oauth_nonce"] for each in connected.door.exchanges}
    assert len(nonces) == 3


@pytest.mark.parametrize("wrong", ["consumer_secret", "access_token_secret", "access_token", "consumer_key"])
def test_a_wrong_key_is_refused_in_words(twins, wrong: str) -> None:
    with pytest.raises(Refused) as refused:
        _enter(twins, {**answers(twins, "main"), wrong: "0" * 32})
    (problem,) = refused.value.problems
    assert problem.code == "magento.signature"
    assert "Copy consumer key" in problem.remedy()


def test_a_missing_right_is_named(twins) -> None:
    with pytest.raises((Refused, Failure)) as refused:
        _enter(twins, answers(twins, "main", "Orders only"))
    problem = refused.value.problem if isinstance(refused.value, Failure) else refused.value.problems[0]
    assert problem.code == "magento.not_allowed"
    assert "Magento_Backend::store" in problem.text()


def test_the_token_alone_opens_only_a_shop_that_allows_it(twins) -> None:
    def bearer(code: str) -> dict[str, str]:
        keys = answers(twins, code)
        return {"base_url": keys["base_url"], "access_token": keys["access_token"]}

    _tokens, account = _enter(twins, bearer("uk"))
    assert (account.external_id, account.facts["way"], account.currency) == ("uk", "bearer", "GBP")
    with pytest.raises(Refused) as refused:
        _enter(twins, bearer("main"))
    assert refused.value.problems[0].code == "magento.no_bearer"


def test_a_shop_in_the_cloud_is_entered_by_adobes_identity_service(twins, shop) -> None:
    connected = shop("cloud")
    assert (connected.account.facts["flavour"], connected.account.facts["edition"]) == ("saas", "cloud")
    assert connected.door.tokens.access_expires is not None
    with pytest.raises(Refused) as refused:
        _enter(twins, {**answers(twins, "cloud"), "client_secret": "wrong"})
    assert refused.value.problems[0].code == "magento.no_client"


def test_what_is_revoked_needs_a_person(shop) -> None:
    connected = shop()
    connected.command("revoke")
    with pytest.raises(Failure) as failed:
        provider.authoriser.ping(connected.door, connected.account)
    assert failed.value.kind is FailureKind.NEEDS_RECONNECT
    assert "revoked" in failed.value.problem.text()


def _enter(twins, given):
    door = PlainDoor(registry.endpoints("magento", "twin"), provider)
    try:
        return provider.authoriser.adopt(door, answers=given)
    finally:
        door.close()
