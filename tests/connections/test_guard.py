"""Addresses that customers chose: nothing inside our own network is ever connected to."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from canonical.problems import Refused
from connections import guard

PUBLIC = "93.184.215.14"
INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8",
    "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1",
    "2001:0:7f00:1::1", "2001:db8::1", "fd00:ec2::254",
]  # fmt: skip


def names(*addresses: str):
    return lambda host, port: list(addresses)


@pytest.mark.parametrize("address", INSIDE)
def test_no_name_that_leads_inside_is_called(address: str) -> None:
    with pytest.raises(Refused) as refused:
        guard.check_url("https://hooks.example.com/x", resolver=names(address))
    assert refused.value.problems[0].code == "address.not_public"


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://[::ffff:7f00:1]/",
        "https://localhost/", "https://localhost./", "https://①②⑦.0.0.1/", "https://0/",
    ],
)  # fmt: skip
def test_this_machine_written_otherwise_is_still_this_machine(url: str) -> None:
    with pytest.raises(Refused) as refused:
        guard.check_url(url)
    assert refused.value.problems[0].code in ("address.not_public", "address.unresolved", "address.malformed")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example.com/", "address.not_https"),
        ("gopher://hooks.example.com/", "address.not_https"),
        ("file:///etc/passwd", "address.not_https"),
        ("https://user:secret@hooks.example.com/", "address.credentials"),
        ("https://hooks.example.com@127.0.0.1/", "address.credentials"),
        ("https://hooks.example.com:22/", "address.port"),
        ("https://hooks.example.com:6379/", "address.port"),
        ("https:///path", "address.malformed"),
        ("https://hooks.example.com\\@127.0.0.1/", "address.malformed"),
        ("https://hooks.example.com/ x", "address.malformed"),
        ("https://hooks.example.com:99999/", "address.port"),
        ("", "address.not_https"),
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        guard.check_url(url, resolver=names(PUBLIC))
    assert refused.value.problems[0].code == code


def test_one_inside_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Refused):
        guard.check_url("https://hooks.example.com/", resolver=names(PUBLIC, "10.0.0.1"))


def test_a_public_address_is_pinned() -> None:
    pinned = guard.check_url("https://hooks.example.com:8443/x?y=1", resolver=names(PUBLIC, "93.184.215.15"))
    assert pinned == guard.Pinned("hooks.example.com", PUBLIC, 8443)
    assert guard.check_url("https://hooks.example.com/", resolver=names("2606:2800:21f::1")).address == "2606:2800:21f::1"


def test_a_name_without_an_address_is_said_to_have_none() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(Refused) as refused:
        guard.check_url("https://nowhere.example/", resolver=nowhere)
    assert refused.value.problems[0].code == "address.unresolved"


@pytest.fixture
def trap():
    """A listener on this machine that counts who connects."""
    reached: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reached.append((self.path, self.headers["Host"]))
            redirects = self.path == "/away"
            self.send_response(302 if redirects else 200)
            if redirects:
                self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, reached
    server.shutdown()
    server.server_close()


def test_the_transport_connects_nowhere_when_refused(trap) -> None:
    port, reached = trap
    with httpx.Client(transport=guard.pinned_transport()) as client, pytest.raises(Refused):
        client.get(f"http://127.0.0.1:{port}/")
    assert reached == []


def test_the_connection_goes_to_the_address_that_was_checked(trap) -> None:
    """A resolver that answers differently the second time is never asked a second time."""
    port, reached = trap
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    transport = guard.pinned_transport(allow_loopback=True, resolver=lambda host, port: next(answers))
    with httpx.Client(transport=transport) as client:
        answer = client.get(f"http://hooks.example.com:{port}/x")
    assert (answer.status_code, answer.text, str(answer.request.url)) == (200, "ok", f"http://hooks.example.com:{port}/x")
    assert reached == [("/x", f"hooks.example.com:{port}")]


def test_a_redirect_inside_is_refused_even_when_followed(trap) -> None:
    port, reached = trap
    with (
        httpx.Client(transport=guard.pinned_transport(allow_loopback=True), follow_redirects=True) as client,
        pytest.raises(Refused),
    ):
        client.get(f"http://127.0.0.1:{port}/away")
    assert [path for path, _host in reached] == ["/away"]
