"""The three brokers as a test meets them: started on an address of ours with a data folder of their own, ended by pid.

`lose_everything` is the worst day of a broker: killed, its data gone, started again. What the workers were told
is then told to nobody any more.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

PATIENCE = 90
RABBIT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the program itself; the one on the path changes user


class Broker(Protocol):
    """A running broker; `url` is where workers and beat find it."""

    url: str

    def lose_everything(self) -> None: ...

    def stop(self) -> None: ...


class Folder:
    """The product's own default: files in the data folder."""

    url = "folder://"

    def __init__(self, data: Path, _address: str) -> None:
        self.messages = Path(os.environ["TIEOUT_DATA"]) / "queue" / "messages"
        self.lose_everything()

    def lose_everything(self) -> None:
        for path in self.messages.glob("*"):
            path.unlink(missing_ok=True)

    def stop(self) -> None:
        self.lose_everything()


class _Served:
    """A broker that is a process."""

    def __init__(self, data: Path, address: str) -> None:
        self.data, self.address, self.port = data, address, free_port(address)
        self._process: subprocess.Popen[bytes] | None = None
        self._start()

    def command(self) -> tuple[list[str], dict[str, str]]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def lose_everything(self) -> None:
        self._kill()
        shutil.rmtree(self.data, ignore_errors=True)
        self._start()

    def stop(self) -> None:
        self._kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def _start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        command, environment = self.command()
        with (self.data / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env={**os.environ, **environment}, cwd=self.data, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not self.answers():
            assert self._process.poll() is None, (self.data / "log").read_text(errors="replace")[-2000:]
            assert time.monotonic() < until, f"{type(self).__name__} does not answer"
            time.sleep(0.1)

    def _kill(self) -> None:
        """As when its machine loses power: the process and whatever it started, at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


class Redis(_Served):
    @property
    def url(self) -> str:
        return f"redis://{self.address}:{self.port}/0"

    def command(self) -> tuple[list[str], dict[str, str]]:
        words = ["redis-server", "--bind", self.address, "--port", str(self.port), "--dir", str(self.data)]
        return [*words, "--save", "", "--appendonly", "no", "--protected-mode", "no"], {}

    def answers(self) -> bool:
        return speaks(self.address, self.port, b"PING\r\n", b"+PONG")


class RabbitMQ(_Served):
    """With a name service of its own, so that none is left behind on the machine."""

    def __init__(self, data: Path, address: str) -> None:
        self._names = free_port("127.0.0.1")
        self._epmd = subprocess.Popen(
            ["epmd", "-port", str(self._names), "-address", "127.0.0.1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        self._distribution = free_port("127.0.0.1")
        super().__init__(data, address)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{self.address}:{self.port}//"

    def command(self) -> tuple[list[str], dict[str, str]]:
        settings = self.data / "rabbitmq.conf"
        settings.write_text(f"listeners.tcp.1 = {self.address}:{self.port}\nloopback_users = none\n")
        plugins = self.data / "plugins"
        plugins.write_text("[].\n")
        return [str(RABBIT)], {
            "HOME": str(self.data),
            "ERL_EPMD_PORT": str(self._names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"tieout{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_CONFIG_FILE": str(settings),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_MNESIA_BASE": str(self.data / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.data / "logs"),
            "RABBITMQ_PID_FILE": str(self.data / "pid"),
        }

    def answers(self) -> bool:
        return speaks(self.address, self.port, b"AMQP\x00\x00\x09\x01", b"\x01\x00\x00")

    def stop(self) -> None:
        super().stop()
        self._epmd.kill()
        self._epmd.wait()


KINDS: dict[str, tuple[type[Any], Callable[[], bool]]] = {
    "folder": (Folder, lambda: True),
    "redis": (Redis, lambda: shutil.which("redis-server") is not None),
    "amqp": (RabbitMQ, lambda: RABBIT.exists() and shutil.which("epmd") is not None),
}


@contextmanager
def started(kind: str, data: Path, address: str) -> Iterator[Broker]:
    """A broker for as long as the block lasts; skips the test where its program is not installed."""
    make, installed = KINDS[kind]
    if not installed():
        pytest.skip(f"the program of the broker {kind} is not installed (packages redis-server, rabbitmq-server)")
    broker: Broker = make(data, address)
    try:
        yield broker
    finally:
        broker.stop()


def free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def speaks(address: str, port: int, hello: bytes, answer: bytes) -> bool:
    """Whether a server there answers a greeting as its protocol has it."""
    try:
        with socket.create_connection((address, port), timeout=2) as line:
            line.sendall(hello)
            return line.recv(len(answer)) == answer
    except OSError:
        return False
