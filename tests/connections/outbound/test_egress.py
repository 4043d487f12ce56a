"""Addresses that customers type in reach the public internet or nothing: a trap on the machine sees no connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from canonical.problems import Refused
from connections import egress

HOSTILE_URLS = [
    "http://example.com/",  # not TLS
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com:70/_x",
    "https://user:password@example.com/",
    "https://example.com@127.0.0.1/",
    "https:///nowhere",
    "https://",
    "https://example.com:22/",
    "https://example.com:6379/",
    "https://example.com:99999/",
    "https://exam ple.com/",
    "https://example.com/\r\nX: y",
    "https://example.com\\@127.0.0.1/",
    "https://ex\u0430mple.com/",  # a Cyrillic letter
    "https://example.com/#fragment",
    "https://[::1",
    "javascript:alert(1)",
    "//example.com/",
    "https://example.com/" + "a" * 700,
]
PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.7", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "not an address",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = False


@pytest.fixture
def trap() -> Iterator[tuple[int, list[Any]]]:
    """A listener on the machine: its port, and every connection it saw."""
    seen: list[Any] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            try:
                seen.append(server.accept())
            except TimeoutError:
                continue

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], seen
    over.set()
    thread.join()
    server.close()
    for connection, _peer in seen:
        connection.close()


def never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} must not even be looked up")


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_addresses_that_are_refused_by_their_form(url: str) -> None:
    with pytest.raises(Refused):
        egress.check_url(url, resolve=never)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not egress.is_public(address)
    with pytest.raises(Refused) as refused:
        egress.check_url("https://innocent.example/", resolve=lambda _host, _port: [address])
    assert refused.value.problems[0].code == "webhook.url_private"


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are_public(address: str) -> None:
    assert egress.is_public(address)
    egress.check_url("https://fine.example/", resolve=lambda _host, _port: [address])


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_other_ways_of_writing_this_machine(host: str) -> None:
    """Looked up by the system's own resolver, as a delivery would."""
    with pytest.raises(Refused):
        egress.check_url(f"https://{host}/")


def test_one_bad_address_among_good_ones_is_enough() -> None:
    with pytest.raises(Refused):
        egress.check_url("https://two.example/", resolve=lambda _host, _port: ["8.8.8.8", "10.0.0.1"])


def test_a_name_that_changes_between_look_and_call_is_not_followed(trap: tuple[int, list[Any]]) -> None:
    """The name is public when the endpoint is made and the machine itself when the event is sent."""
    _port, seen = trap
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])

    def rebinding(_host: str, _port: int) -> list[str]:
        return next(answers)

    egress.check_url("https://rebind.example/", resolve=rebinding)
    with pytest.raises(egress.Unreachable) as why:
        egress.send("https://rebind.example/", {}, b"{}", resolve=rebinding)
    assert why.value.code == "blocked"
    assert seen == []


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is resolved once; the socket is opened to that answer, never to the name again."""
    opened: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *arguments: Any, **options: Any) -> Any:
        opened.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    looked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked.append(host)
        return ["93.184.216.34", "93.184.216.35"]

    with pytest.raises(egress.Unreachable):
        egress.send("https://fine.example/hooks", {}, b"{}", resolve=resolve)
    assert (looked, opened) == (["fine.example"], [("93.184.216.34", 443)])


def test_loopback_is_open_only_where_the_setting_says_so(trap: tuple[int, list[Any]], settings: Any) -> None:
    port, seen = trap
    url = f"http://127.0.0.1:{port}/"
    with pytest.raises(Refused):
        egress.send(url, {}, b"{}")
    assert seen == []
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    egress.check_url(url)
    for other in ("http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://example.com/"):
        with pytest.raises(Refused):
            egress.check_url(other, resolve=never)


def test_a_name_of_ours_that_means_the_machine_is_not_loopback(settings: Any) -> None:
    """Allowing loopback does not open it to names that merely resolve there."""
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    with pytest.raises(Refused):
        egress.check_url("https://evil.example/", resolve=lambda _host, _port: ["127.0.0.1"])


class Serving:
    """A receiver on the machine that says exactly these bytes, slowly or at once."""

    def __init__(self, pieces: list[bytes], pause: float = 0.0) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}/"
        self.pieces, self.pause = pieces, pause
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        connection, _peer = self.server.accept()
        with connection:
            connection.recv(65536)
            try:
                for piece in self.pieces:
                    connection.sendall(piece)
                    time.sleep(self.pause)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):  # hear them out: closing on unread bytes would reset the connection
                    continue
            except OSError:
                return


@pytest.fixture
def loopback(settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True


@pytest.mark.usefixtures("loopback")
def test_an_answer_that_never_ends_is_cut() -> None:
    serving = Serving([b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", *[b"x" * 65536] * 20])
    with pytest.raises(egress.Unreachable) as why:
        egress.send(serving.url, {}, b"{}")
    assert why.value.code == "too_large"


@pytest.mark.usefixtures("loopback")
def test_an_answer_that_drips_is_cut() -> None:
    """Every single read is quick; together they would take for ever."""
    serving = Serving([b"HTTP/1.1 200 OK\r\n", *[b"X-Drip: 1\r\n"] * 1000], pause=0.05)
    with pytest.raises(egress.Unreachable) as why:
        egress.send(serving.url, {}, b"{}", longest=0.4)
    assert why.value.code == "timeout"


@pytest.mark.usefixtures("loopback")
def test_an_answer_that_is_not_http() -> None:
    serving = Serving([b"SSH-2.0-OpenSSH_9.6\r\n"])
    with pytest.raises(egress.Unreachable) as why:
        egress.send(serving.url, {}, b"{}")
    assert why.value.code == "broken"


@pytest.mark.usefixtures("loopback")
def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(egress.Unreachable) as why:
        egress.send(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert why.value.code == "refused"


@pytest.mark.usefixtures("loopback")
def test_a_receiver_without_the_right_certificate(tmp_path: Any) -> None:
    """TLS is verified: a plain-text receiver behind https, and one that says something else, are not spoken to."""
    serving = Serving([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
    with pytest.raises(egress.Unreachable) as why:
        egress.send(serving.url.replace("http://", "https://"), {}, b"{}")
    assert why.value.code in ("tls", "refused")
