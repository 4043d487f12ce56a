"""Everything of Tieout in one terminal: database, twins, the demo's main job, then web, console, worker and beat.

python -m config.serve            the demo once, then serve until Ctrl-C
python -m config.serve --once     the demo once; its exit code is ours
python -m config.serve --no-demo  serve without the demo
python -m config.serve --stop     stop the one that is serving from this data folder
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from config import data_dir, embedded
from config.pg_binaries import ServerProblem
from config.pg_process import Process, locked_if_free
from config.supervisor import Child, Supervisor, say

HOST = os.environ.get("HOST", "127.0.0.1")
WEB_PORT, TWINS_PORT, CONSOLE_PORT = 8000, 8001, 8002
READY_SECONDS = 120


class Trouble(RuntimeError):
    """Serving cannot begin; the message is for the person at the terminal."""


# ------------------------------------------------------------------ addresses


def free_port(wanted: int, taken: set[int], what: str) -> int:
    """The wanted port, or the next one that nobody listens on or is about to; says so when it is another."""
    others = {WEB_PORT, TWINS_PORT, CONSOLE_PORT} - {wanted}
    for port in range(wanted, wanted + 200):
        if port not in taken | others and _is_free(port):
            if port != wanted:
                say("tieout", f"port {wanted} is taken, {what} uses {port}")
            taken.add(port)
            return port
    raise Trouble(f"no free port for {what} from {wanted} on")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wait_for(url: str, child: Child) -> None:
    """Until `url` answers with a success. Fails when the child ended or the time is up."""
    deadline = time.monotonic() + READY_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, OSError), opener.open(url, timeout=5):
            return
        if not child.alive():
            break
        time.sleep(0.2)
    raise Trouble(f"{child.name} does not answer at {url}")


# ------------------------------------------------------------------ one supervisor a data folder


class Register:
    """What is being served from this data folder, for `--stop`, for a demo beside it, and for after a crash."""

    def __init__(self, data: Path) -> None:
        self.path = data / "serving.json"

    def read(self) -> dict[str, object]:
        try:
            return dict(json.loads(self.path.read_text("utf-8")))
        except (FileNotFoundError, ValueError):
            return {}

    def write(self, supervisor: Supervisor, urls: dict[str, str]) -> None:
        children = {child.name: child.pid for child in supervisor.children}
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"pid": os.getpid(), "urls": urls, "children": children}), "utf-8")
        draft.replace(self.path)

    def urls(self) -> dict[str, str]:
        found = self.read().get("urls")
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def end_leftovers(self) -> None:
        """End children of a supervisor that was killed without a chance to do so itself."""
        children = self.read().get("children")
        for pid in children.values() if isinstance(children, dict) else []:
            if isinstance(pid, int) and Process(pid).runs(sys.executable):
                say("tieout", f"ending process {pid}, left by a run that was killed")
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
        self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[bool]:
    """Yields whether we are the one that may serve from this data folder."""
    with locked_if_free(data / "serving.lock") as free:
        yield free


def stop_serving(data: Path) -> int:
    """Ask the supervisor of this data folder to stop, and wait until it has."""
    if not data.is_dir():
        return 0
    with only_one(data) as alone:
        if alone:
            Register(data).end_leftovers()
            return 0
    pid = Register(data).read().get("pid")
    if isinstance(pid, int) and Process(pid).runs("config.serve"):
        os.kill(pid, signal.SIGTERM)
        if Process(pid).gone_within(90):
            return 0
    say("tieout", "something serves from this data folder and does not stop")
    return 1


# ------------------------------------------------------------------ the parts


def foreground(*command: str, role: str = "app") -> int:
    """Run a Python program in the foreground; an interrupt ends it too."""
    process = subprocess.Popen([sys.executable, *command], env={**os.environ, "TIEOUT_ROLE": role}, start_new_session=True)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def prepare_database() -> None:
    say("tieout", "bringing the database up to date")
    if foreground("-m", "config.prepare", role="owner") != 0:
        raise Trouble("the database could not be migrated")


def twins(data: Path, port: int) -> Child:
    return Child("twins", [sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(data / "twins")], outlives=True)


def web(name: str, port: int, role: str, workers: int) -> Child:
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", str(workers),
        "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "--workers-kill-timeout", "10", "config.wsgi:application",
    ]  # fmt: skip
    return Child(name, command, {"TIEOUT_ROLE": role})


def celery(name: str, *words: str) -> Child:
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", name, "--loglevel", "WARNING", *words]
    return Child(name, command, {"C_FORCE_ROOT": "1", "TIEOUT_ROLE": "app"})


# ------------------------------------------------------------------ the whole


class Serving:
    """One life of the supervisor, from the database to the last process."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.supervisor = Supervisor()
        self.register = Register(data)
        self.taken: set[int] = set()
        self.urls: dict[str, str] = {}

    def start_twins(self) -> None:
        port = free_port(TWINS_PORT, self.taken, "the twins")
        child = self.supervisor.add(twins(self.data, port))
        self._announce("twins", f"http://{HOST}:{port}", "TIEOUT_TWINS_URL")
        wait_for(f"{self.urls['twins']}/world/", child)

    def choose_addresses(self) -> None:
        self._announce("web", f"http://{HOST}:{free_port(WEB_PORT, self.taken, 'the web')}", "PUBLIC_URL")
        self._announce("console", f"http://{HOST}:{free_port(CONSOLE_PORT, self.taken, 'the console')}", "CONSOLE_URL")

    def start_web(self) -> None:
        """Before the demo: a ledger that polls us has to find somebody."""
        child = self.supervisor.add(web("web", _port(self.urls["web"]), "app", 2))
        self._register()
        wait_for(f"{self.urls['web']}/healthz/live", child)

    def start_rest(self) -> None:
        console = self.supervisor.add(web("console", _port(self.urls["console"]), "console", 1))
        self.supervisor.add(celery("worker"))
        self.supervisor.add(celery("beat", "--pidfile="))
        self._register()
        wait_for(f"{self.urls['console']}/healthz/ready", console)

    def _announce(self, name: str, url: str, variable: str) -> None:
        self.urls[name] = url
        os.environ.setdefault(variable, url)
        self._register()

    def _register(self) -> None:
        self.register.write(self.supervisor, self.urls)


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def demo() -> int:
    """The main job on the demo tenant, with its own progress on the terminal; of one pair where PAIR names it."""
    pair = os.environ.get("PAIR", "")
    return foreground(str(data_dir.BASE_DIR / "manage.py"), "demo", *(["--pair", pair] if pair else []))


def run(data: Path, *, once: bool, with_demo: bool) -> int:
    with contextlib.ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            say("tieout", "starting PostgreSQL")
            stack.enter_context(embedded.leased(data))
        serving = Serving(data)
        if not stack.enter_context(only_one(data)):
            return demo_beside(serving.register) if once else _already(serving.register)
        serving.register.end_leftovers()
        stack.callback(lambda: serving.register.path.unlink(missing_ok=True))
        stack.callback(serving.supervisor.stop)
        prepare_database()
        serving.choose_addresses()
        serving.start_twins()
        serving.start_web()
        code = demo() if with_demo else 0
        if once:
            return code
        serving.start_rest()
        urls = serving.urls
        say("tieout", f"serving: {urls['web']}")
        say("tieout", f"mail {urls['web']}/mailbox/, operators {urls['console']}, twins {urls['twins']}/world/")
        say("tieout", "Ctrl-C stops everything")
        serving.supervisor.watch()
    return 0


def demo_beside(register: Register) -> int:
    """The demo against the twins that a running `make run` already keeps."""
    urls = register.urls()
    if "twins" not in urls:
        raise Trouble("another run is just starting; try again in a moment")
    os.environ.setdefault("TIEOUT_TWINS_URL", urls["twins"])
    os.environ.setdefault("PUBLIC_URL", urls.get("web", ""))
    return demo()


def _already(register: Register) -> int:
    say("tieout", f"already serving: {register.urls().get('web', 'it is just starting')}")
    return 1


def _listen_to_signals() -> None:
    """Ctrl-C even when a shell started us in the background; a hang-up unless nohup told us to ignore it."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """The first signal begins the end, which takes bounded time; more of them must not cut it short and leave processes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _be_patient)
    raise KeyboardInterrupt


def _be_patient(_number: int, _frame: FrameType | None) -> None:
    say("tieout", "stopping; one moment")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.serve", description="Tieout, all of it, in one terminal.")
    parser.add_argument("--once", action="store_true", help="run the demo and end")
    parser.add_argument("--no-demo", action="store_true", help="serve without running the demo first")
    parser.add_argument("--stop", action="store_true", help="stop what serves from this data folder")
    parser.add_argument("--forget", action="store_true", help="stop it and delete the data folder")
    given = parser.parse_args(arguments)
    data = data_dir.data_dir()
    if given.stop or given.forget:
        return stop_serving(data) or (forget(data) if given.forget else 0)
    _listen_to_signals()
    try:
        return run(data_dir.ensure(data), once=given.once, with_demo=not given.no_demo)
    except (Trouble, ServerProblem) as trouble:
        say("tieout", str(trouble))
        return 1
    except KeyboardInterrupt:
        say("tieout", "stopped")
        return 0


def forget(data: Path) -> int:
    """Everything this installation knows: product and twins together, or their memories would disagree."""
    for folder in (data / "test", data):
        embedded.forget(folder)
    shutil.rmtree(data, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
