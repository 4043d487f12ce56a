"""Who is alive: lock files with a pid in them, the process behind a pid, and locks that die with their holder."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LockFile:
    """A file whose first line is a server's pid. It may be missing, empty or cut short."""

    path: Path

    def pid(self) -> int | None:
        try:
            first = self.path.read_text("ascii", "replace").split("\n", 1)[0].strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return int(first) if first.isdigit() and int(first) > 1 else None

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Process:
    """A process by its number, which may by now be somebody else's."""

    pid: int

    def serves(self, pgdata: Path) -> bool:
        """Whether this is a living server of exactly this cluster: not dead, not a zombie, not a stranger."""
        return self.runs("postgres") and self.runs(f" -D {pgdata} ")

    def runs(self, words: str) -> bool:
        """Whether it is alive and its command line contains `words`."""
        state, command = self._look()
        return state not in ("", "Z", "X") and words in f"{command} "

    def send(self, sign: signal.Signals) -> None:
        try:
            os.kill(self.pid, sign)
        except ProcessLookupError:
            return

    def gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._look()[0] in ("", "Z", "X"):
                return True
            time.sleep(0.05)
        return False

    def _look(self) -> tuple[str, str]:
        """(state letter, command line); state is empty when there is no such process."""
        folder = Path("/proc") / str(self.pid)
        if Path("/proc/self/stat").exists():
            try:
                state = (folder / "stat").read_text("utf-8", "replace").rsplit(")", 1)[1].split()[0]
                return state, (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except (FileNotFoundError, ProcessLookupError):
                return "", ""
        return self._ask_ps()

    def _ask_ps(self) -> tuple[str, str]:
        answer = subprocess.run(["ps", "-o", "stat=,command=", "-p", str(self.pid)], capture_output=True, text=True, check=False)
        state, _, command = answer.stdout.strip().partition(" ")
        return state[:1], command.strip()


@dataclass(frozen=True)
class Lock:
    """A held flock."""

    descriptor: int

    def becomes_exclusive(self) -> bool:
        """Try to hold it alone: true when nobody else holds it."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[Lock]:
    """Hold a lock file, waiting for it. The system drops the lock when its holder dies, however it dies."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield Lock(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold a lock file if nobody else does; yields whether we do."""
    descriptor = _open(path)
    try:
        yield Lock(descriptor).becomes_exclusive()
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
