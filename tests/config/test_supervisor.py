"""Children are restarted when they end by themselves, and are all gone when the supervisor ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.pg_process import Process
from config.serve import Register, Trouble, free_port, wait_for
from config.supervisor import Child, Supervisor

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
# Starts a grandchild that ignores being asked, then waits.
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print('grandchild', p.pid, flush=True); time.sleep(600)",
]


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


def test_a_child_that_ends_is_started_again_after_a_growing_pause(capsys: pytest.CaptureFixture[str]) -> None:
    child = Child("brief", [sys.executable, "-c", "raise SystemExit(3)"])
    child.start()
    pauses = []
    for _ in range(3):
        until(lambda: not child.alive())
        child.look_after(time.monotonic())
        pauses.append(child.pause)
        child.look_after(child.restart_at)
    child.stop()
    assert pauses == [2.0, 4.0, 8.0]
    assert "brief | ended with code 3; starting again in 2 s" in capsys.readouterr().out


def test_a_child_that_is_killed_comes_back() -> None:
    child = Child("sleeper", SLEEPER)
    child.start()
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: not child.alive())
    child.look_after(time.monotonic())
    child.look_after(child.restart_at)
    assert child.alive()
    assert child.pid != first
    child.stop()


def test_stopping_ends_children_and_what_they_started(capfd: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor()
    polite = supervisor.add(Child("polite", SLEEPER))
    stubborn = supervisor.add(Child("stubborn", STUBBORN, grace=0.5))
    seen = ""

    def announced() -> bool:
        nonlocal seen
        seen += capfd.readouterr().out
        return "grandchild" in seen

    until(announced)
    grandchild = int(seen.split("grandchild ")[1].split()[0])
    supervisor.stop()
    assert not polite.alive()
    assert not stubborn.alive()
    assert Process(grandchild).gone_within(5)


def test_a_taken_port_is_replaced_by_the_next_free_one(capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = free_port(port, set(), "the web")
    assert chosen > port
    assert f"port {port} is taken, the web uses {chosen}" in capsys.readouterr().out


def test_waiting_ends_when_the_child_has() -> None:
    child = Child("gone", [sys.executable, "-c", ""])
    child.start()
    until(lambda: not child.alive())
    with pytest.raises(Trouble, match="gone does not answer"):
        wait_for("http://127.0.0.1:9/", child)


def test_what_a_killed_supervisor_left_is_ended(tmp_path: Path) -> None:
    supervisor = Supervisor()
    child = supervisor.add(Child("left", SLEEPER))
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    register = Register(tmp_path)
    register.write(supervisor, {})
    text = register.path.read_text().replace('"children": {', f'"children": {{"recycled": {stranger.pid}, ')
    register.path.write_text(text)
    register.end_leftovers()
    until(lambda: not child.alive())
    assert stranger.poll() is None, "a recycled pid belongs to somebody else"
    stranger.kill()
    stranger.wait()
    assert not register.path.exists()
