"""The embedded server comes back from everything that happens to servers on people's machines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import data_dir, embedded
from config.pg_binaries import ServerProblem
from config.pg_process import LockFile, Process


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("data")
    yield folder
    embedded.forget(folder)


@pytest.fixture
def server(data: Path) -> Iterator[embedded.Place]:
    yield embedded.start(data, disposable=True)
    embedded.stop(data)


def pid_of(where: embedded.Place) -> int:
    pid = LockFile(where.pgdata / "postmaster.pid").pid()
    assert pid is not None
    return pid


def remember(where: embedded.Place) -> None:
    with psycopg.connect(where.url("owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        owner.execute("INSERT INTO kept VALUES ('here')")


def forget_and_recall(where: embedded.Place) -> list[tuple[str]]:
    with psycopg.connect(where.url("owner"), autocommit=True) as owner:
        rows = owner.execute("SELECT word FROM kept").fetchall()
        owner.execute("DROP TABLE kept")
    return rows


def test_the_three_users_exist_without_special_rights(server: embedded.Place) -> None:
    with psycopg.connect(server.url(embedded.SUPERUSER)) as admin:
        rows = admin.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
            " WHERE rolname LIKE 'tieout%' ORDER BY rolname"
        ).fetchall()
    assert rows == [
        ("tieout_app", False, False, False, False),
        ("tieout_console", False, False, False, False),
        ("tieout_owner", False, False, True, False),
    ]


def test_new_tables_are_granted_to_the_application_but_not_truncate(server: embedded.Place) -> None:
    remember(server)
    with psycopg.connect(server.url("app"), autocommit=True) as app:
        app.execute("UPDATE kept SET word = 'here'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("TRUNCATE kept")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (id int)")
    assert forget_and_recall(server) == [("here",)]


def test_the_socket_is_private_and_nothing_listens_on_the_network(server: embedded.Place) -> None:
    assert server.socket.stat().st_mode & 0o077 == 0
    assert server.pgdata.stat().st_mode & 0o077 == 0
    with psycopg.connect(server.url("app")) as app:
        assert app.execute("SHOW listen_addresses").fetchone() == ("",)
        assert int(app.execute("SHOW max_connections").fetchone()[0]) >= 150  # type: ignore[index]


def test_starting_twice_is_one_server(data: Path, server: embedded.Place) -> None:
    before = pid_of(server)
    assert embedded.start(data, disposable=True) == server
    assert pid_of(server) == before


def test_it_survives_kill_9(data: Path, server: embedded.Place) -> None:
    remember(server)
    os.kill(pid_of(server), signal.SIGKILL)
    again = embedded.start(data, disposable=True)
    assert forget_and_recall(again) == [("here",)]


def test_a_recycled_pid_does_not_stop_it_from_starting(data: Path, server: embedded.Place) -> None:
    remember(server)
    file = server.pgdata / "postmaster.pid"
    left = file.read_text("ascii").split("\n")
    embedded.stop(data)
    file.write_text("\n".join([str(os.getpid()), *left[1:]]), "ascii")  # alive, but no server of this cluster
    (server.socket / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n", "ascii")
    again = embedded.start(data, disposable=True)
    assert forget_and_recall(again) == [("here",)]


@pytest.mark.parametrize("left", ["", "12", "not a number\n"], ids=["empty", "cut", "garbage"])
def test_a_damaged_pid_file_after_a_crash(data: Path, server: embedded.Place, left: str) -> None:
    remember(server)
    os.kill(pid_of(server), signal.SIGKILL)
    (server.pgdata / "postmaster.pid").write_text(left, "ascii")
    again = embedded.start(data, disposable=True)
    assert forget_and_recall(again) == [("here",)]


def test_a_damaged_pid_file_under_a_living_server(data: Path, server: embedded.Place) -> None:
    """PostgreSQL would notice within a minute and stop in the middle of work; better now."""
    remember(server)
    old = pid_of(server)
    (server.pgdata / "postmaster.pid").write_text("", "ascii")
    again = embedded.start(data, disposable=True)
    assert Process(old).gone_within(0.1)
    assert pid_of(again) != old
    assert forget_and_recall(again) == [("here",)]


def test_a_zombie_counts_as_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    while Path(f"/proc/{child.pid}/stat").exists() and not Process(child.pid).gone_within(0.05):
        time.sleep(0.05)
    assert not Process(child.pid).runs("")
    child.wait()


def test_an_interrupted_first_start_leaves_nothing_half_made(tmp_path: Path) -> None:
    where = embedded.place(tmp_path)
    starter = start_elsewhere(tmp_path)
    while not list(where.home.glob("pgdata.draft.*/base")) and starter.poll() is None:
        time.sleep(0.01)
    starter.kill()
    starter.wait()
    try:
        embedded.start(tmp_path, disposable=True)
        assert embedded.running(tmp_path)
    finally:
        embedded.forget(tmp_path)
    assert not where.pgdata.exists()


def test_four_processes_racing_get_one_server(tmp_path: Path) -> None:
    try:
        racers = [start_elsewhere(tmp_path) for _ in range(4)]
        assert [racer.wait(120) for racer in racers] == [0, 0, 0, 0]
        where = embedded.place(tmp_path)
        with psycopg.connect(where.url("app")) as app:
            assert app.execute("SELECT current_database()").fetchone() == ("tieout",)
    finally:
        embedded.forget(tmp_path)


def test_the_last_of_its_users_stops_it(data: Path) -> None:
    embedded.stop(data)
    with embedded.leased(data, disposable=True):
        with embedded.leased(data, disposable=True):
            assert embedded.running(data)
        assert embedded.running(data)
    assert not embedded.running(data)


def test_a_user_that_fails_still_leaves(data: Path) -> None:
    with pytest.raises(KeyboardInterrupt), embedded.leased(data, disposable=True):
        raise KeyboardInterrupt
    assert not embedded.running(data)


def test_a_long_path_gets_a_socket_elsewhere(tmp_path: Path) -> None:
    """A Unix socket's address holds 107 bytes."""
    where = embedded.place(tmp_path / ("long" * 30))
    assert len(os.fsencode(where.socket / ".s.PGSQL.5432")) <= 103


def test_a_folder_that_somebody_else_put_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "owned_by", lambda folder, uid: False)
    with pytest.raises(ServerProblem, match="belongs to somebody else"):
        embedded.start(tmp_path, disposable=True)
    assert not embedded.place(tmp_path).pgdata.exists()
    embedded.forget(tmp_path)


def start_elsewhere(data: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TIEOUT_DATA": str(data)}
    return subprocess.Popen([sys.executable, "-m", "config.embedded", "start"], cwd=data_dir.BASE_DIR, env=environment)
