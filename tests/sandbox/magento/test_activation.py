"""Activating an integration: the shop calls the app, and the app fetches its tokens (over a socket)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from requests_oauthlib import OAuth1

from sandbox.app import App
from sandbox.server import Server


class Callback(ThreadingHTTPServer):
    """The app's end: keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


@pytest.fixture
def callback() -> Iterator[Callback]:
    serving = Callback()
    yield serving
    serving.shutdown()
    serving.server_close()


def _activated(server: Server, callback: Callback) -> tuple[dict[str, str], requests.Response]:
    """Do in the admin pages what a person does."""
    admin = f"{server.url}/magento/main/admin/integrations"
    form = {"name": "One click", "callback": f"{callback.url}/callback", "identity": f"{callback.url}/sign-in"}
    assert requests.post(admin, form, timeout=5).status_code == 200
    answer = requests.post(f"{admin}/11/activate", timeout=5, allow_redirects=False)
    return dict(parse_qsl(callback.told[-1][1].decode())), answer


def _token(what: str, told: dict[str, str], **more: str) -> requests.Response:
    signed = OAuth1(told["oauth_consumer_key"], told["oauth_consumer_secret"], signature_method="HMAC-SHA256", **more)
    return requests.post(f"{told['store_base_url']}oauth/token/{what}", auth=signed, timeout=5)


def test_the_whole_way(server: Server, callback: Callback) -> None:
    told, answer = _activated(server, callback)
    assert told["store_base_url"] == f"{server.url}/magento/main/"
    assert answer.status_code == 303
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/sign-in"
    assert parse_qs(back.query) == {
        "oauth_consumer_key": [told["oauth_consumer_key"]], "success_call_back": [f"{server.url}/magento/main/admin/integrations"],
    }  # fmt: skip
    first = dict(parse_qsl(_token("request", told).text))
    pair = {"resource_owner_key": first["oauth_token"], "resource_owner_secret": first["oauth_token_secret"]}
    wrong = _token("access", told, **pair, verifier="x" * 32)
    assert (wrong.status_code, wrong.text) == (401, "oauth_problem=Token+verifier+and+verifier+token+do+not+match")
    access = dict(parse_qsl(_token("access", told, **pair, verifier=told["oauth_verifier"]).text))
    signed = OAuth1(told["oauth_consumer_key"], told["oauth_consumer_secret"], access["oauth_token"], access["oauth_token_secret"],
                    signature_method="HMAC-SHA256")  # fmt: skip
    shop = requests.get(f"{told['store_base_url']}rest/V1/store/storeConfigs", auth=signed, timeout=5)
    assert shop.json()[0]["base_url"] == told["store_base_url"]
    again = _token("access", told, **pair, verifier=told["oauth_verifier"])
    assert (again.status_code, again.text) == (
        401, "oauth_problem=Cannot+get+access+token+because+consumer+token+is+not+a+request+token",
    )  # fmt: skip


def test_an_app_that_does_not_answer_is_not_activated(server: Server, callback: Callback) -> None:
    callback.status = 500
    _, answer = _activated(server, callback)
    assert answer.status_code == 502
    assert "callback URL didn't answer" in answer.text


def test_the_key_alone_opens_nothing(server: Server, callback: Callback, app: App) -> None:
    told, _ = _activated(server, callback)
    signed = OAuth1(told["oauth_consumer_key"], told["oauth_consumer_secret"], "x" * 32, "x", signature_method="HMAC-SHA256")
    answer = requests.get(f"{told['store_base_url']}rest/V1/store/storeConfigs", auth=signed, timeout=5)
    assert (answer.status_code, answer.json()["message"]) == (401, "Specified token does not exist")
