"""A shop's address comes from a customer: nothing inside our network is ever called, at connecting or later."""

from __future__ import annotations

import json

import pytest

from canonical.problems import Refused
from connections import breaker, guard, oauth, registry, services
from connections.contracts import Endpoints, Environment, ExternalAccount, TokenSet
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall
from connections.providers.magento import address
from connections.providers.magento.credentials import Credentials, Way, sealed
from tests.connections.providers.magento.conftest import answers

PRODUCTION = Endpoints(Environment.PRODUCTION, {"ims": "https://ims-na1.adobelogin.com/ims/token/v3"}, "own-credentials")
TOKENS = TokenSet(sealed(Credentials(Way.SIGNED, "t", "ts", "k", "s")), "")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("http://shop.example", "address.not_https"),
        ("https://user:pass@shop.example", "address.credentials"),
        ("https://127.0.0.1", "address.not_public"),
        ("https://10.0.0.8/shop", "address.not_public"),
        ("https://192.168.1.20", "address.not_public"),
        ("https://169.254.169.254/latest", "address.not_public"),
        ("https://[::1]", "address.not_public"),
        ("https://[fd00::1]", "address.not_public"),
        ("https://[::ffff:10.0.0.1]", "address.not_public"),
        ("https://2130706433", "address.not_public"),
        ("https://0x7f.1", "address.not_public"),
        ("https://localhost", "address.not_public"),
        ("https://93.184.216.34:5432", "address.port"),
        ("gopher://shop.example", "magento.odd_address"),
        ("file:///etc/passwd", "magento.odd_address"),
        ("shop.example", "magento.odd_address"),
        ("https://shop.example/?x=1", "magento.odd_address"),
        ("https://shop.example/a/../b", "magento.odd_address"),
        ("", "magento.odd_address"),
    ],
)
def test_an_address_that_must_not_be_called_is_refused_with_its_reason(given: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        address.checked(PRODUCTION, given)
    assert refused.value.problems[0].code == code


def test_spellings_of_one_shop_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "check_url", lambda url: None)
    spelt = ("https://Shop.Example/", "https://shop.example/index.php", " https://shop.example/rest ")
    assert {address.checked(PRODUCTION, given) for given in spelt} == {"https://shop.example"}
    assert address.name_of(PRODUCTION, "https://shop.example/uk") == "shop.example/uk"


def test_the_simulator_lets_nobody_out(twins) -> None:
    twin = registry.endpoints("magento", "twin")
    for given in ("https://shop.example", f"{twins.url}/amazon", f"{twins.url}/magento", f"{twins.url}/magento/main/../../world"):
        with pytest.raises(Refused) as refused:
            address.checked(twin, given)
        assert refused.value.problems[0].code in ("magento.not_the_twin", "magento.odd_address")


@pytest.fixture
def elsewhere(tenant, settings):
    """A connection to a real shop, as far as we know."""
    account = ExternalAccount(
        "shop.example", "Shop", currency="USD", facts={"base_url": "https://shop.example", "marketplaces": []}
    )
    return oauth.establish(provider="magento", environment="production", region="", given=TOKENS, account=account)


def test_a_name_that_leads_inside_later_is_not_followed(elsewhere, monkeypatch) -> None:
    """DNS rebinding: the name was public when the shop was connected."""
    monkeypatch.setattr(guard.socket, "getaddrinfo", lambda *asked, **more: [(2, 1, 6, "", ("10.0.0.7", 443))])
    with pytest.raises(Failure) as failed:
        door_for(elsewhere).call("storeConfigs", "GET", "https://shop.example/rest/all/V1/store/storeConfigs")
    assert (failed.value.kind, failed.value.problem.code) == (FailureKind.REJECTED, "address.not_public")
    assert not ApiCall.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/rest/all/V1/orders",
        "https://shop.example.evil.example/rest/V1/orders",
        "http://shop.example/rest/all/V1/orders",
        "https://shop.example:8443/rest/all/V1/orders",
        "https://ims-na1.adobelogin.com/ims/token/v3",
    ],
)
def test_its_keys_go_to_its_own_address_only(elsewhere, url: str) -> None:
    with pytest.raises(Failure) as failed:
        door_for(elsewhere).call("listOrders", "GET", url)
    assert failed.value.kind is FailureKind.OUR_BUG
    assert not ApiCall.objects.exists()


def test_one_shops_keys_are_not_sent_to_its_neighbour(twins, tenant) -> None:
    made = services.adopt(provider="magento", environment="twin", answers=answers(twins, "main"))
    with pytest.raises(Failure) as failed:
        door_for(made).call("storeConfigs", "GET", f"{twins.url}/magento/uk/rest/all/V1/store/storeConfigs")
    assert failed.value.kind is FailureKind.OUR_BUG
    tested = services.test(connection=made)
    assert tested.last_latency_ms is not None
    assert [store["code"] for store in made.facts["marketplaces"]] == ["default", "de"]


def test_shops_that_fail_close_the_door_to_no_other(tenant) -> None:
    def circuit(name: str) -> breaker.Circuit:
        account = ExternalAccount(name, name, facts={"base_url": f"https://{name}", "marketplaces": []})
        made = oauth.establish(provider="magento", environment="production", region="", given=TOKENS, account=account)
        return door_for(made)._circuit()

    *failing, well = [circuit(f"shop{number}.example") for number in range(5)]
    for each in failing * breaker.THRESHOLD:
        breaker.failed(each)
    assert breaker.admit(failing[0])
    assert not breaker.admit(well)


def test_an_address_without_a_shop_is_said_so(twins, tenant) -> None:
    given = {**answers(twins, "main"), "base_url": f"{twins.url}/magento/nowhere"}
    with pytest.raises(Refused) as refused:
        services.adopt(provider="magento", environment="twin", answers=given)
    assert refused.value.problems[0].code == "magento.no_shop"
    twins.command("magento", "set", shop="main", maintenance=True)
    with pytest.raises(Refused) as refused:
        services.adopt(provider="magento", environment="twin", answers=answers(twins, "main"))
    assert refused.value.problems[0].code == "magento.no_shop"
    assert "maintenance" in refused.value.problems[0].remedy()


@pytest.mark.parametrize(
    ("status", "headers", "body"), [(301, {"location": "https://www.shop.example/"}, b""), (302, {}, b"<html>")]
)
def test_a_redirect_is_said_and_not_followed(status: int, headers: dict[str, str], body: bytes) -> None:
    judged = registry.provider("magento").judge(status, headers, body, writes=False)
    assert (judged.kind, judged.problem.code) == (FailureKind.REJECTED, "magento.redirected")


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        (401, {"message": "Die Anfrage ist nicht zulässig"}, FailureKind.NEEDS_RECONNECT, "magento.ended"),
        (401, {"message": "The signature is invalid. Verify and try again."}, FailureKind.NEEDS_RECONNECT, "magento.ended"),
        (401, {"message": "Kein Zugriff auf %resources.", "parameters": {"resources": "Magento_Sales::sales"}}, FailureKind.REJECTED,
         "magento.not_allowed"),
        (401, {"message": "Kein Zugriff auf Magento_Sales::sales."}, FailureKind.REJECTED, "magento.not_allowed"),
        (401, {"message": "The nonce is already being used by the consumer with ID 3."}, FailureKind.UNAVAILABLE,
         "connection.unavailable"),
        (403, {"message": "Verboten"}, FailureKind.REJECTED, "connection.rejected"),
    ],
)  # fmt: skip
def test_a_401_means_that_the_keys_are_refused_in_any_language(
    status: int, said: dict[str, str], kind: FailureKind, code: str
) -> None:
    judged = registry.provider("magento").judge(status, {}, json.dumps(said).encode(), writes=False)
    assert (judged.kind, judged.problem.code) == (kind, code)
