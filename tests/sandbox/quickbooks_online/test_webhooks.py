"""News: what is sent, how it is signed, and that it is sent again until it is taken."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sandbox.quickbooks_online.webhooks import signature
from tests.contracts import quickbooks_schema
from tests.sandbox.quickbooks_online.conftest import Ledger


@dataclass
class Receiver:
    """Takes notifications; the first `refuse` of them are answered with 500."""

    url: str = ""
    refuse: int = 0
    taken: list[tuple[Any, str, bytes]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if kept.refuse:
                kept.refuse -= 1
                self.send_response(500)
            else:
                kept.taken.append((json.loads(raw), self.headers["intuit-signature"], raw))
                kept.arrived.set()
                self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


def test_the_signature_is_the_one_of_the_documents() -> None:
    """HMAC-SHA256 of the body under the key `key`, base64: computed with openssl."""
    body = b"The quick brown fox jumps over the lazy dog"
    assert signature(body, "key") == "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="


def test_cloud_events_tell_of_each_change(us: Ledger, receiver: Receiver) -> None:
    us.create("Customer", {"DisplayName": "Before"})
    us.world("webhook", url=receiver.url, verifier="v-1", waits=[0])
    made = us.create("Customer", {"DisplayName": "Told of"})
    assert receiver.arrived.wait(10)
    us.create("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Notes": "x"})
    us.world("deliver")
    events = [event for body, _, _ in receiver.taken for event in body]
    assert [event["type"] for event in events] == ["qbo.customer.created.v1", "qbo.customer.updated.v1"]
    assert {(event["intuitentityid"], event["intuitaccountid"]) for event in events} == {(made["Id"], us.realm)}
    assert len({event["id"] for event in events}) == 2
    for body, signed, raw in receiver.taken:
        assert signed == signature(raw, "v-1")
        if quickbooks_schema.folder():
            assert quickbooks_schema.validate_notification(body) == []


def test_the_older_form_is_about_one_company_at_a_time(us: Ledger, uk: Ledger, receiver: Receiver) -> None:
    us.world("webhook", url=receiver.url, format="legacy", waits=[])
    us.app.world.store.put("quickbooks_online.webhook", {"url": "", "format": "legacy"})
    for company in (us, uk, us):
        company.create(
            "Vendor", {"DisplayName": f"Vendor {company.realm} {len(company.query('SELECT * FROM Vendor')['Vendor'])}"}
        )
    us.app.world.store.put("quickbooks_online.webhook", {"url": receiver.url, "format": "legacy"})
    assert us.world("deliver") == {"sent": 3, "failed": 0}
    told = [body["eventNotifications"] for body, _, _ in receiver.taken]
    assert [(notes[0]["realmId"], len(notes[0]["dataChangeEvent"]["entities"])) for notes in told] == [
        (us.realm, 2),
        (uk.realm, 1),
    ]
    if quickbooks_schema.folder():
        assert [quickbooks_schema.validate_notification(body) for body, _, _ in receiver.taken] == [[], []]


def test_refused_news_is_sent_again(us: Ledger, receiver: Receiver) -> None:
    receiver.refuse = 2
    us.world("webhook", url=receiver.url, waits=[0, 0, 0])
    us.create("Customer", {"DisplayName": "Told of at last"})
    assert receiver.arrived.wait(10)
    assert receiver.taken[0][0][0]["type"] == "qbo.customer.created.v1"


def test_news_waits_while_nobody_takes_it(us: Ledger, receiver: Receiver) -> None:
    us.world("webhook", url="http://127.0.0.1:9/nobody", waits=[])
    us.create("Customer", {"DisplayName": "Late"})
    assert us.world("deliver")["failed"] == 1
    us.app.world.store.put("quickbooks_online.webhook", {"url": receiver.url})
    assert us.world("deliver") == {"sent": 1, "failed": 0}
