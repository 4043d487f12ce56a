"""The world that the twins share: its clock, its store, its faults, and the server that cuts connections."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from sandbox.app import App, create_app
from sandbox.faults import Fault
from sandbox.server import Server
from sandbox.world import Cut, World
from tests.sandbox.conftest import NOW


def test_the_clock_shifts_freezes_and_resumes(app: App) -> None:
    clock = app.world.clock
    assert clock.now() == NOW
    clock.shift(3600)
    assert clock.now() == NOW + timedelta(hours=1)
    clock.set(datetime(2027, 1, 1, tzinfo=UTC))
    assert clock.now() == datetime(2027, 1, 1, tzinfo=UTC)
    clock.resume()
    first = clock.now()
    time.sleep(0.01)
    assert first < clock.now() < datetime(2027, 1, 1, 0, 1, tzinfo=UTC)


def test_a_restart_keeps_anchor_seed_clock_and_faults(tmp_path: Path) -> None:
    world = World(tmp_path, seed=7, anchor=date(2026, 5, 1))
    world.clock.freeze(NOW)
    world.faults.add("amazon", "getReports", "throttle", count=3)
    world.scale = 10
    world.close()
    again = World(tmp_path, seed=8, anchor=date(2030, 1, 1))
    assert (again.seed, again.anchor, again.now(), again.scale) == (7, date(2026, 5, 1), NOW, 10.0)
    assert [(fault.operation, fault.remaining) for fault in again.faults.list()] == [("getReports", 3)]


def test_a_failed_transaction_leaves_nothing(app: App) -> None:
    def half_done() -> None:
        with app.world.db() as outer:
            outer.execute("INSERT INTO setting VALUES ('half', '1')")
            with app.world.db() as inner:
                inner.execute("INSERT INTO setting VALUES ('other half', '1')")
            raise ValueError("broken off")

    with pytest.raises(ValueError, match="broken off"):
        half_done()
    assert app.world.store.get("half") is None
    assert app.world.store.get("other half") is None


def test_fifty_threads_lose_no_update(app: App) -> None:
    app.world.store.put("count", 0)

    def add() -> None:
        with app.world.db():
            app.world.store.put("count", app.world.store.get("count") + 1)

    threads = [threading.Thread(target=add) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert app.world.store.get("count") == 50


def act(world: World, operation: str, done: list[str]) -> Response:
    """An operation that notes in `done` that its work was done."""

    def commit() -> Response:
        done.append(operation)
        return Response("whole answer")

    def refuse(fault: Fault) -> Response:
        return Response(fault.kind.value, status=429)

    return world.act("twin", operation, Request({}), commit=commit, refuse=refuse)


@pytest.mark.parametrize(
    ("kind", "work_done", "status"),
    [("throttle", False, 429), ("503html", False, 503), ("slow", True, 200), ("malformed", True, 200)],
)
def test_a_fault_answers_in_its_own_way(app: App, kind: str, work_done: bool, status: int) -> None:
    app.world.faults.add("twin", "write", kind)
    done: list[str] = []
    answer = act(app.world, "write", done)
    assert answer.status_code == status
    assert bool(done) is work_done
    if kind == "malformed":
        assert answer.get_data() == b"whole "


@pytest.mark.parametrize(("kind", "work_done"), [("drop-before-commit", []), ("drop-after-commit", ["write"])])
def test_a_dropped_answer_differs_only_in_what_was_done(app: App, kind: str, work_done: list[str]) -> None:
    app.world.faults.add("twin", "*", kind)
    done: list[str] = []
    with pytest.raises(Cut):
        act(app.world, "write", done)
    assert done == work_done
    assert act(app.world, "write", done).status_code == 200
    assert [(entry["operation"], entry["status"], entry["fault"]) for entry in app.world.journal()] == [
        ("write", None, kind),
        ("write", 200, None),
    ]


def test_a_rule_strikes_its_operation_as_often_as_it_says(app: App) -> None:
    app.world.faults.add("twin", "write", "throttle", count=2)
    done: list[str] = []
    statuses = [act(app.world, name, done).status_code for name in ("read", "write", "write", "write")]
    assert statuses == [200, 429, 429, 200]


def test_chance_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    def run(folder: str, seed: int) -> list[int]:
        world = World(tmp_path / folder, seed=seed)
        world.faults.add("twin", "*", "throttle", count=None, probability=0.3)
        return [act(world, "write", []).status_code for _ in range(40)]

    assert run("a", 1) == run("b", 1)
    assert run("c", 2) != run("a2", 1)
    assert 4 < run("d", 1).count(429) < 22


def test_control_over_http(app: App) -> None:
    client = Client(app)
    laid = client.post("/world/faults", json={"provider": "amazon", "operation": "getReports", "kind": "500", "count": None})
    assert laid.get_json()[0]["remaining"] is None
    assert client.get("/world/").get_json()["faults"] == laid.get_json()
    assert client.delete("/world/faults").get_json() == []
    assert client.post("/world/clock", json={"shift": 60}).get_json()["now"] == (NOW + timedelta(minutes=1)).isoformat()
    assert client.post("/world/scale", json={"scale": 5}).get_json() == {"scale": 5.0}
    assert client.post("/world/reset").get_json() == {"reset": "everything"}
    assert client.get("/world/").get_json()["clock"]["frozen"] is False


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/world/faults", {"kind": "nonsense"}, 400),
        ("/world/clock", {"set": "yesterday"}, 400),
        ("/world/amazon/nonsense", {}, 400),
        ("/world/nonsense", {}, 404),
        ("/world/nobody/revoke", {}, 404),
    ],
)
def test_what_cannot_be_done_is_said(app: App, path: str, body: dict[str, Any], status: int) -> None:
    answer = Client(app).post(path, json=body)
    assert answer.status_code == status
    assert answer.get_json()["error"]


def test_people_find_their_way(app: App) -> None:
    client = Client(app)
    page = client.get("/").text
    assert "Amazon Selling Partner API" in page
    assert client.get("/amazon/na/sellercentral/apps/manage").status_code == 200
    assert client.get("/nowhere").status_code == 404


def connection(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(*server.server_address[:2], timeout=5)


def test_a_connection_is_kept_for_the_next_request(server: Server) -> None:
    link = connection(server)
    link.request("GET", "/world/clock")
    link.getresponse().read()
    kept = link.sock
    link.request("POST", "/world/clock", body=b'{"shift": 1}')
    assert link.getresponse().read()
    assert link.sock is kept
    link.close()


def test_a_cut_connection_ends_without_an_answer(app: App, server: Server) -> None:
    app.world.faults.add("amazon", "token", "drop-after-commit")
    link = connection(server)
    link.request(
        "POST", "/amazon/auth/o2/token", body=b"grant_type=x", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        link.getresponse()
    link.close()


def test_an_answer_can_break_off_in_the_middle(app: App, server: Server) -> None:
    app.world.faults.add("amazon", "token", "drop-after-commit", cut_at=10)
    link = connection(server)
    link.request("POST", "/amazon/auth/o2/token", body=b"")
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        link.getresponse().read()
    link.close()


def test_a_chunked_body_is_read(server: Server) -> None:
    link = connection(server)
    link.request("POST", "/world/clock", body=iter([b'{"set": ', b'"2027-02-03T00:00:00Z"}']), encode_chunked=True,
                 headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    assert b"2027-02-03" in link.getresponse().read()
    link.close()


def test_only_loopback_is_served(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_process_of_its_own_stops_when_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(tmp_path), "--anchor", "2026-11-20"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/world/", timeout=5) as answer:
            assert b'"scale": 1000.0' in answer.read()
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_two_worlds_with_one_seed_and_anchor_are_alike(tmp_path: Path) -> None:
    seeded = []
    for folder in ("one", "two"):
        app = create_app(tmp_path / folder, seed=3, anchor=date(2026, 6, 1))
        app.world.clock.freeze(datetime(2026, 6, 2, tzinfo=UTC))
        seeded.append(app.twins["amazon"].seeded())
        app.close()
    assert seeded[0] == seeded[1]
    assert len(seeded[0]["settlements"]) == 180
