"""An integration that is activated hands its keys over, and is exchanged for an access token: no person types a key."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

import pytest

from connections import registry
from connections.errors import Failure
from connections.providers.magento import provider
from tests.connections.providers.door import PlainDoor


@pytest.fixture
def callback():
    """An address that keeps what is posted to it."""
    posted: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode())))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *told: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/callback", posted
    server.shutdown()
    server.server_close()


def test_the_handshake_ends_with_a_connection_that_signs(twins, callback) -> None:
    url, posted = callback
    base = f"{twins.url}/magento/main/"
    twins.command("magento", "integration", shop="main", name="One click", callback=url, activate=base)
    (handed,) = posted
    assert set(handed) == {"oauth_consumer_key", "oauth_consumer_secret", "oauth_verifier", "store_base_url"}
    door = PlainDoor(registry.endpoints("magento", "twin"), provider)
    tokens, account = provider.authoriser.exchange(door, callback=handed, redirect_uri="", answers={})
    assert (account.external_id, account.facts["way"]) == ("main", "signed")
    with pytest.raises(Failure):  # a verifier is good once
        provider.authoriser.exchange(door, callback=handed, redirect_uri="", answers={})
    assert handed["oauth_consumer_secret"] not in repr(tokens)
    door.close()
