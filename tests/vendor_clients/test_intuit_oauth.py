"""Intuit's own sign-in library, unmodified, against the twin over a socket: discovery, consent, tokens, revocation, profile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

from sandbox.app import create_app
from sandbox.quickbooks_online.oauth import CLIENT_ID, CLIENT_SECRET
from sandbox.quickbooks_online.seed import US
from sandbox.server import Server

CALLBACK = "http://localhost:8000/connections/quickbooks_online/callback/"


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[str]:
    """The twin's address."""
    app = create_app(tmp_path)
    server = Server(app).start()
    yield f"{server.url}/quickbooks_online"
    server.stop()
    app.close()


def _client(twin: str) -> AuthClient:
    return AuthClient(CLIENT_ID, CLIENT_SECRET, CALLBACK, environment=f"{twin}/.well-known/openid_sandbox_configuration/")


def _consent(url: str, decision: str = "connect") -> dict[str, list[str]]:
    """Press the button on the consent page; returns what came back to the callback."""
    assert "Connect Tieout to QuickBooks" in requests.get(url, timeout=10).text
    form = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    answer = requests.post(
        url.partition("?")[0], data={**form, "realm": US, "decision": decision}, allow_redirects=False, timeout=10
    )
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def test_the_whole_way_in_and_out(twin: str) -> None:
    client = _client(twin)
    scopes = [Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL, Scopes.PROFILE]
    back = _consent(client.get_authorization_url(scopes, state_token="s-1"))
    assert back["state"] == ["s-1"]
    client.get_bearer_token(back["code"][0], realm_id=back["realmId"][0])
    assert client.realm_id == US
    assert (client.expires_in, client.x_refresh_token_expires_in) == (3600, 8726400)
    assert client.id_token, "the identity token's signature and issuer were accepted by the library"
    assert client.get_user_info().json()["email"] == "owner@example.test"
    before = client.access_token
    client.refresh()
    assert client.access_token != before
    assert client.revoke() is True
    with pytest.raises(AuthClientError) as refused:
        client.refresh()
    assert refused.value.status_code == 400
    assert "invalid_grant" in str(refused.value.content)


def test_no_thanks(twin: str) -> None:
    client = _client(twin)
    back = _consent(client.get_authorization_url([Scopes.ACCOUNTING], state_token="s-2"), "deny")
    assert back == {"error": ["access_denied"], "state": ["s-2"]}


def test_a_wrong_secret(twin: str) -> None:
    client = AuthClient(CLIENT_ID, "wrong", CALLBACK, environment=f"{twin}/.well-known/openid_configuration/")
    with pytest.raises(AuthClientError) as refused:
        client.refresh(refresh_token="RT1-x")
    assert refused.value.status_code == 401
