"""Celery workers and schedulers in real processes on several hosts, killed and stopped by process group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import controls
from tests.faults.brokers import Broker
from tests.faults.hosts import Host, Network

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Cluster:
    """What runs in a test, by name. `log` collects what the processes say."""

    network: Network
    broker: Broker
    twins_url: str
    controls: controls.Controls
    log: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "CELERY_BROKER_URL": self.broker.url,
            "TIEOUT_TWINS_URL": self.twins_url,
            controls.VARIABLE: str(self.controls.path),
            "C_FORCE_ROOT": "1",
            "WORKER_CONCURRENCY": "2",
            "RUN_TURN_SECONDS": "1",
            "TENANT_SEATS": "2",
        }

    def worker(self, host: Host) -> None:
        self._start(host.name, host, "worker", "--pool", "prefork", "--concurrency", "1", "--hostname", f"w@{host.name}")

    def beat(self, name: str) -> None:
        self._start(name, self.network.hosts[0], "beat", "--pidfile=")

    def _start(self, name: str, host: Host, *words: str) -> None:
        command = [*host.prefix, sys.executable, "-m", "tests.faults.celery_entry", *words, "--loglevel", "WARNING"]
        environment = {**os.environ, **self.environment, "TIEOUT_TEST_HOST": host.name}
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """As when the machine loses power: the process and its children, at once, with kill -9."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for name in list(self.running):
            with suppress(subprocess.TimeoutExpired):
                self.running[name].wait(20)
            with suppress(ProcessLookupError):
                self.kill(name)
