"""Every process of the Procfile, started by its own line: the web answers, a worker works, beat beats, all end when asked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from config import data_dir
from syncs.models import Due, Integration, SyncRun, SyncSchedule, WorkItem
from tenants.scope import tenant_scope
from tests.syncs.schedules.conftest import make_integration

pytestmark = pytest.mark.django_db(transaction=True)

PROCFILE = data_dir.BASE_DIR / "Procfile"
PATIENCE = 60


def processes() -> dict[str, str]:
    """Name to command."""
    lines = [line for line in PROCFILE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {name: command.strip() for name, _colon, command in (line.partition(":") for line in lines)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Deployment:
    """The processes by name, with the ports they were told."""

    def __init__(self, log: Path) -> None:
        self.log, self.running = log, dict[str, subprocess.Popen[bytes]]()
        self.ports = {"PORT": free_port(), "CONSOLE_PORT": free_port()}
        inherited = {name: value for name, value in os.environ.items() if name not in ("CELERY_BROKER_URL", "TIEOUT_ROLE")}
        self.environment = inherited | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "WEB_WORKERS": "1",
            "WORKER_CONCURRENCY": "1",
            **{name: str(port) for name, port in self.ports.items()},
        }

    def start(self, name: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                ["sh", "-c", processes()[name]], cwd=data_dir.BASE_DIR, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self.running[name]

    def until(self, what: str, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not there():
            assert time.monotonic() < deadline, f"{what}: {self.log.read_text(errors='replace')[-3000:]}"
            time.sleep(0.1)

    def answers(self, port: str, path: str) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return bool(opener.open(f"http://127.0.0.1:{self.ports[port]}{path}", timeout=5).status == 200)
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    made = Deployment(tmp_path / "log")
    yield made
    for process in made.running.values():
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        process.wait()


def due_run(integration: Integration) -> None:
    """A schedule that is due now: beat makes its run, a worker takes it up."""
    with tenant_scope(integration.tenant):
        schedule = SyncSchedule.objects.create(integration=integration, stream="settlements")
    Due.objects.filter(schedule_id=schedule.pk).update(next_at=timezone.now() - timedelta(seconds=1), jitter_s=0)


def test_every_line_of_the_procfile_does_its_part(deployment: Deployment) -> None:
    integration = make_integration("Paper & Ink")
    due_run(integration)
    names = list(processes())
    assert names == ["release", "web", "console", "worker", "long", "beat"]

    assert deployment.start("release").wait(PATIENCE) == 0, deployment.log.read_text()
    for name in names[1:]:
        deployment.start(name)
    deployment.until("the web is ready", lambda: deployment.answers("PORT", "/healthz/ready"))
    deployment.until("the console is ready", lambda: deployment.answers("CONSOLE_PORT", "/healthz/ready"))
    with tenant_scope(integration.tenant):
        deployment.until("beat makes the run and a worker takes it", lambda: SyncRun.objects.exclude(state="queued").exists())
        run = SyncRun.objects.get()
        assert (run.trigger, run.state) == ("schedule", "failed"), "its flow is no chain, which the worker says"
        assert "workflow/1" in run.note
        assert not WorkItem.objects.exists()

    for process in deployment.running.values():
        if process.poll() is None:
            process.terminate()
    for name, process in deployment.running.items():
        assert process.wait(PATIENCE) in (0, -signal.SIGTERM), name
        assert not _group_lives(process.pid), f"{name} left a process behind"


def _group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_queues_of_the_procfile_are_those_of_the_settings(settings) -> None:
    asked = {name: command.partition("--queues ")[2].split()[0] for name, command in processes().items() if "--queues" in command}
    assert asked == {"worker": settings.CELERY_TASK_DEFAULT_QUEUE, "long": settings.LONG_QUEUE}
    assert {queue.name for queue in settings.CELERY_TASK_QUEUES} == set(asked.values())
