"""Real workers on a real broker, for as long as a benchmark needs them: Redis where it is installed, else the folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """The URL of a broker, also in the environment for whoever is started or set up inside the block."""
    program = shutil.which("redis-server")
    if program is None:
        os.environ["CELERY_BROKER_URL"] = "folder://"
        yield "folder://"
        return
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.environ["CELERY_BROKER_URL"] = url = f"redis://127.0.0.1:{port}/0"
    try:
        yield url
    finally:
        process.terminate()
        process.wait()


@contextmanager
def workers(*, short: int, long: int, steps: str) -> Iterator[None]:
    """Workers on the two queues as the Procfile starts them, with a module of steps of the benchmark's own."""
    base = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--include", steps, "--loglevel", "ERROR"]
    commands = [
        [*base, "--queues", "tieout", "--concurrency", str(short), "--hostname", "short@bench"],
        ["nice", "-n", "10", *base, "--queues", "tieout-long", "--concurrency", str(long), "--hostname", "long@bench"],
    ]
    environment = {**os.environ, "C_FORCE_ROOT": "1", "WORKER_CONCURRENCY": str(short)}
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) for command in commands]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def patiently(what: str, there: object, seconds: float = 120) -> None:
    """Until `there()` is true."""
    until = time.monotonic() + seconds
    while not there():  # type: ignore[operator]
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.1)
