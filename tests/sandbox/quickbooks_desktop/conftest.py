"""A company file to send qbXML to, and a small honest Web Connector service for the twin to poll."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from lxml import etree
from werkzeug.test import Client

from sandbox.app import App
from sandbox.quickbooks_desktop import Twin
from sandbox.world import World
from tests.contracts import qbxml_schema
from tests.sandbox.conftest import ANCHOR, NOW

NS = "http://developer.intuit.com/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OWNER, FILE_ID = "{57F3B9B6-0000-4FCD-B1EF-166DE1813D21}", "{90A44FB7-33D9-4815-AC85-AC86A7E7D1EB}"
GUID = "{{0D9C2E0A-5B61-4E63-9F0B-6E2F5B0E7A{:02d}}}"


def message(requests: str, version: str = "14.0", **attributes: str) -> str:
    """A whole qbXML message. Attributes of the set by name; onError continueOnError unless said otherwise."""
    said = "".join(f" {name}={quoteattr(value)}" for name, value in {"onError": "continueOnError", **attributes}.items())
    head = f'<?xml version="1.0" encoding="utf-8"?><?qbxml version="{version}"?>'
    return f"{head}<QBXML><QBXMLMsgsRq{said}>{requests}</QBXMLMsgsRq></QBXML>"


def ref(tag: str, name: str) -> str:
    return f"<{tag}><FullName>{escape(name)}</FullName></{tag}>"


def debit(account: str, amount: str, more: str = "") -> str:
    return f"<JournalDebitLine>{ref('AccountRef', account)}<Amount>{amount}</Amount>{more}</JournalDebitLine>"


def credit(account: str, amount: str, more: str = "") -> str:
    return f"<JournalCreditLine>{ref('AccountRef', account)}<Amount>{amount}</Amount>{more}</JournalCreditLine>"


def journal(*lines: str, head: str = "<TxnDate>2026-11-15</TxnDate>") -> str:
    """A JournalEntryAddRq; the sale of 100.00 for cash where no lines are given."""
    body = "".join(lines) or debit("Checking", "100.00") + credit("Merchandise Sales", "100.00")
    return f"<JournalEntryAddRq><JournalEntryAdd>{head}{body}</JournalEntryAdd></JournalEntryAddRq>"


class File:
    """One company file. Every request and answer is held against the published operations where they are at hand."""

    def __init__(self, app: App, name: str = "larkspur") -> None:
        self.app, self.name, self.http = app, name, Client(app)

    def world(self, verb: str, status: int = 200, **params: Any) -> dict[str, Any]:
        response = self.http.post(f"/world/quickbooks_desktop/{verb}", json={"file": self.name, **params})
        assert response.status_code == status, response.get_data(as_text=True)
        return dict(response.get_json())

    def send(self, text: str) -> dict[str, Any]:
        """Any text as it is: {"response"}, or {"hresult", "message"}."""
        return self.world("qbxml", xml=text)

    def ask(self, requests: str, judged: bool = True, **attributes: str) -> etree._Element:
        """The set of answers. `judged` False: a value is wrong on purpose, its structure isn't."""
        text = message(requests, **attributes)
        answer = self.send(text)
        assert "response" in answer, answer
        if qbxml_schema.folder():
            assert not judged or qbxml_schema.problems(text) == []
            assert "IncludeRetElement" in text or qbxml_schema.problems(answer["response"]) == []
        return etree.fromstring(answer["response"])[0]

    def one(self, request: str, **attributes: str) -> etree._Element:
        return self.ask(request, **attributes)[0]

    def done(self, request: str) -> etree._Element:
        """The object that a request makes or changes."""
        answer = self.one(request)
        assert answer.get("statusCode") == "0", answer.get("statusMessage")
        return answer[0]

    def code(self, request: str, judged: bool = True) -> str:
        return str(self.ask(request, judged)[0].get("statusCode"))

    def trial(self) -> dict[str, Decimal]:
        """Balances by account, debit positive, without the goods every file starts with; they always sum to zero."""
        answer = self.world("trial")
        assert answer["sum"] == "0.00"
        return {name: Decimal(value) for name, value in answer["accounts"].items() if Decimal(value)}

    def moved(self, work: Callable[[], Any]) -> dict[str, Decimal]:
        """What `work` does to the balances."""
        before = self.trial()
        work()
        after = self.trial()
        changes = {name: after.get(name, Decimal(0)) - before.get(name, Decimal(0)) for name in before | after}
        return {name: change for name, change in changes.items() if change}


@dataclass
class Service:
    """A Web Connector service: hands out `work` one by one, keeps what it is told. `answers` overrides a call's result, as it is or as a function."""

    work: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, sent: dict[str, str]) -> Any:
        self.calls.append((method, sent))
        if method in self.answers:
            said = self.answers[method]
            return said(sent) if callable(said) else said
        if method == "sendRequestXML":
            return self.work.pop(0) if self.work else ""
        return {"serverVersion": "Service 1.0", "authenticate": ["ticket-1", ""], "closeConnection": "Good bye",
                "receiveResponseXML": 50 if self.work else 100, "connectionError": "done"}.get(method, "")  # fmt: skip

    @property
    def names(self) -> list[str]:
        return [method for method, _ in self.calls]

    def told(self, method: str) -> list[dict[str, str]]:
        return [sent for name, sent in self.calls if name == method]

    def qwc(self, **other: str) -> str:
        values = {
            "AppName": "Books & Co", "AppID": "", "AppURL": self.url, "AppDescription": "Test", "AppSupport": f"{self.url}/help",
            "UserName": "shop-1", "OwnerID": OWNER, "FileID": FILE_ID, "QBType": "QBFS", "Style": "Document",
            "AuthFlags": "0x8", **other,
        }  # fmt: skip
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
        scheduler = "<Scheduler><RunEveryNMinutes>15</RunEveryNMinutes></Scheduler><IsReadOnly>false</IsReadOnly>"
        return f'<?xml version="1.0"?><QBWCXML>{inner}{scheduler}</QBWCXML>'


class _Handler(BaseHTTPRequestHandler):
    """SOAP 1.1, document/literal, by the WSDL's names."""

    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        call = etree.fromstring(body).find(f"{{{SOAP}}}Body")[0]
        method = etree.QName(call).localname
        service: Service = self.server.service
        service.headers.append(dict(self.headers.items()))
        said = service.answer(method, {etree.QName(part).localname: part.text or "" for part in call})
        if isinstance(said, Exception):
            return self._send(500, f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{said}</faultstring></s:Fault>")
        inner = "".join(f"<string>{escape(s)}</string>" for s in said) if isinstance(said, list) else escape(str(said))
        return self._send(200, f'<{method}Response xmlns="{NS}"><{method}Result>{inner}</{method}Result></{method}Response>')

    def _send(self, status: int, inner: str) -> None:
        head = f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}">'
        text = f"{head}<s:Body>{inner}</s:Body></s:Envelope>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: Any) -> None:
        pass


def serve(service: Service) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.service = service
    service.url = f"http://127.0.0.1:{server.server_address[1]}/qbwc"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with this twin's seed, to be copied: planting it anew for each test takes longer than the tests."""
    world = World(tmp_path_factory.mktemp("desktop") / "seeded.sqlite3", anchor=ANCHOR)
    Twin(world).seed()
    world.close()
    return world.store.path


@pytest.fixture
def app(seeded: Path, tmp_path: Path) -> Iterator[App]:
    """A sandbox with this twin alone; its clock stands still."""
    world = World(Path(shutil.copy(seeded, tmp_path)))
    world.clock.freeze(NOW)
    twin = Twin(world)
    twin.seed()
    yield App(world, {twin.name: twin})
    twin.poller.stop()
    world.close()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def file(app: App) -> File:
    return File(app)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait for something to become true, five seconds at most."""

    def wait(true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5
        while not true():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

    return wait
