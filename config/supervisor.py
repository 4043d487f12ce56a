"""Several long-running processes as one: prefixed output, restart with growing pauses, one clean end.

Each child leads a session of its own, so that Ctrl-C reaches only the supervisor, which then stops
the children and whatever they started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0  # a child that lived this long starts over with the shortest pause
GRACE_SECONDS = 20.0

_printing = threading.Lock()


def say(name: str, line: str) -> None:
    """Print one line under a name; lines of several children never mix."""
    with _printing:
        sys.stdout.write(f"{name:>8} | {line}\n")
        sys.stdout.flush()


@dataclass
class Child:
    """One process to keep alive. `environment` is added to ours."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = GRACE_SECONDS
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    pause: float = 1.0
    outlives: bool = False  # others depend on it until they have ended
    asked: bool = False

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        self.started = time.monotonic()
        assert self.process.stdout is not None  # noqa: S101 - PIPE was asked for
        threading.Thread(target=_relay, args=(self.name, self.process.stdout), daemon=True).start()

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def look_after(self, now: float) -> None:
        """Notice an end, and start again when its pause is over."""
        if self.process is None or self.alive():
            return
        if not self.restart_at:
            self.pause = 1.0 if now - self.started > STEADY_AFTER else min(self.pause * 2, LONGEST_PAUSE)
            self.restart_at = now + self.pause
            say(self.name, f"ended with code {self.process.returncode}; starting again in {self.pause:.0f} s")
            self._signal(signal.SIGKILL)  # grandchildren of a dead parent
        elif now >= self.restart_at:
            self.restart_at = 0.0
            self.start()

    def ask(self) -> None:
        if self.alive() and not self.asked:
            self.asked = True
            self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """Ask, wait, then insist."""
        if self.process is None:
            return
        self.ask()
        try:
            self.process.wait(self.grace)
        except subprocess.TimeoutExpired:
            say(self.name, "does not stop; killing it")
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, sign: signal.Signals) -> None:
        if self.process is None:
            return
        try:
            if sign is signal.SIGTERM:
                self.process.send_signal(sign)
            else:
                os.killpg(self.process.pid, sign)
        except ProcessLookupError:
            return


def _relay(name: str, stream: IO[str]) -> None:
    for line in stream:
        if line.strip():
            say(name, line.rstrip())


class Supervisor:
    """Keeps its children alive until told to stop."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    def add(self, child: Child) -> Child:
        child.start()
        self.children.append(child)
        return child

    def watch(self) -> None:
        """Never returns; KeyboardInterrupt is the way out."""
        while True:
            now = time.monotonic()
            for child in self.children:
                child.look_after(now)
            time.sleep(0.3)

    def stop(self) -> None:
        """First those who use the others, all at once, then those they used (a task being finished may need them)."""
        for wave in (False, True):
            ending = [child for child in self.children if child.outlives is wave]
            for child in ending:
                child.ask()
            for child in ending:
                child.stop()
        self.children.clear()
