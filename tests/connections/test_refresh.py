"""Fifty workers, one expired token, one refresh; and no death of a worker loses the account."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database

from connections import http, tokens
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import Connection, Grant, GrantSecret
from tenants.clock import now, shifted
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.connections.fake_server import FakeServer, ok

committed = pytest.mark.django_db(transaction=True)


def _expire(connection: Connection) -> None:
    Grant.objects.filter(pk=connection.grant_id).update(access_expires=now() - timedelta(seconds=1))


def _together(count: int, work: Callable[[], object]) -> list[Any]:
    """Run `work` in so many threads at the same moment; what each returned or raised."""
    gate, results, lock = threading.Barrier(count), [], threading.Lock()

    def one() -> None:
        gate.wait()
        try:
            result: Any = work()
        except Exception as error:
            result = error
        finally:
            database.close()
        with lock:
            results.append(result)

    threads = [threading.Thread(target=one) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@committed
@pytest.mark.parametrize("known_to_us", [True, False])
def test_fifty_workers_make_one_refresh(tenant: Tenant, connection: Connection, fake: FakeServer, known_to_us: bool) -> None:
    if known_to_us:
        _expire(connection)
    fake.valid_access = "expired there"
    fake.token_delay = 0.3

    def call() -> int:
        with tenant_scope(tenant):
            return door_for(connection).call("read", "GET", f"{fake.url}/thing").status

    assert _together(50, call) == [200] * 50
    assert fake.refreshes == 1
    assert tokens.load(Grant.objects.get()).tokens.refresh_token == "refresh-1"


@committed
def test_no_transaction_is_open_while_the_provider_is_asked(tenant: Tenant, connection: Connection, fake: FakeServer) -> None:
    _expire(connection)
    seen: list[tuple[str, str]] = []

    def look() -> Any:
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT state, query FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
            seen.extend(cursor.fetchall())
        database.close()
        return ok({"access_token": "a", "refresh_token": "r", "expires_in": 3600})

    answer = fake._token
    fake._token = lambda form: (look(), answer(form))[1]  # type: ignore[method-assign]
    with tenant_scope(tenant):
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert seen
    assert not [state for state, _query in seen if state.startswith("idle in transaction")]


@committed
def test_waiting_workers_do_not_repeat_a_refresh_that_failed(tenant: Tenant, connection: Connection, fake: FakeServer) -> None:
    _expire(connection)
    fake.token_reply = ok({}, 500)
    fake.token_delay = 0.2

    def call() -> None:
        with tenant_scope(tenant):
            door_for(connection).call("read", "GET", f"{fake.url}/thing")

    results = _together(20, call)
    assert {type(result) for result in results} == {Failure}
    assert {result.kind for result in results} <= {FailureKind.UNAVAILABLE}
    assert fake.calls("/token") == 1
    connection.refresh_from_db()
    assert connection.state == "active"
    fake.token_reply = None
    with shifted(timedelta(seconds=10)):
        call()


def test_a_refused_new_pair_falls_back_to_the_pair_before_it(connection: Connection, fake: FakeServer) -> None:
    """The new pair was stored, but the provider forgot it (it rolled back): the old one still works."""
    grant = tokens.lock(connection.grant_id)
    held = tokens.load(grant)
    lost = tokens.TokenSet("lost", "lost-refresh", access_expires=now() - timedelta(seconds=1))
    tokens.store(grant, lost, keep_previous=True)
    assert held.tokens.refresh_token == "refresh-0"
    door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert fake.refreshes == 2  # refused with the new, granted with the old
    connection.refresh_from_db()
    assert connection.state == "active"


def test_the_pair_before_is_forgotten_once_the_new_one_has_worked(connection: Connection, fake: FakeServer) -> None:
    _expire(connection)
    door = door_for(connection)
    door.call("read", "GET", f"{fake.url}/thing")
    secret = GrantSecret.objects.get()
    assert (secret.generation, secret.previous_ciphertext) == (2, None)


def test_whoever_read_the_grant_before_a_refresh_does_not_make_another(connection: Connection, fake: FakeServer) -> None:
    """The row he holds says "expired", the secret is new already."""
    _expire(connection)
    read_before = Grant.objects.get()
    door = door_for(connection)
    door.call("read", "GET", f"{fake.url}/thing")
    assert tokens.usable(read_before, door.refresh).tokens.refresh_token == "refresh-1"
    assert fake.refreshes == 1


@pytest.mark.parametrize("expired", [True, False])
def test_a_credential_that_does_not_open_asks_for_a_person(connection: Connection, fake: FakeServer, expired: bool) -> None:
    if expired:
        _expire(connection)
    GrantSecret.objects.update(ciphertext=b"not what we sealed")
    with pytest.raises(Failure) as caught:
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert caught.value.problem.params["code"] == "secret_unreadable"
    connection.refresh_from_db()
    assert (connection.state, connection.reason) == ("needs_reconnect", "secret_unreadable")
    assert fake.seen == []


def test_a_permission_that_has_ended_asks_for_a_person_without_a_call(connection: Connection, fake: FakeServer) -> None:
    Grant.objects.filter(pk=connection.grant_id).update(hard_expires=now() - timedelta(seconds=1))
    with pytest.raises(Failure) as caught:
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert caught.value.problem.params["code"] == "refresh_expired"
    assert fake.seen == []


@pytest.mark.parametrize("body", [{}, {"access_token": 7}, []])
def test_a_token_answer_that_is_none_leaves_everything_as_it_was(connection: Connection, fake: FakeServer, body: Any) -> None:
    _expire(connection)
    fake.token_reply = ok(body)
    with pytest.raises(Failure) as caught:
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert caught.value.kind is FailureKind.MALFORMED
    assert tokens.load(Grant.objects.get()).tokens.refresh_token == "refresh-0"


def test_a_wrong_client_secret_is_our_fault_and_parks_nobody(connection: Connection, fake: FakeServer) -> None:
    _expire(connection)
    fake.token_reply = ok({"error": "invalid_client"}, 401)
    with pytest.raises(Failure) as caught:
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert caught.value.kind is FailureKind.OUR_BUG
    connection.refresh_from_db()
    assert connection.state == "active"


WORKER = """
import os, signal, sys
import django
django.setup()
from connections import registry, tokens
from connections.http import door_for
from connections.models import Connection
from django.conf import settings
from tenants.scope import tenant_scope
registry.PROVIDERS["fake"] = "tests.connections.fake_provider"
url, tenant, fatal = sys.argv[1], int(sys.argv[2]), sys.argv[3]
place = {"urls": {"api": url, "token": url + "/token"}, "client_id": "client", "client_secret": "s", "extra": {}}
settings.PROVIDERS["fake"] = {"vendor_sandbox": place}
if fatal:
    setattr(tokens, fatal, lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL))
with tenant_scope(tenant):
    connection = Connection.objects.get()
    print("ready", flush=True)
    sys.stdin.readline()
    print(door_for(connection).call("read", "GET", url + "/thing").status, flush=True)
"""


def _worker(fake: FakeServer, tenant: Tenant, database_urls: dict[str, str], fatal: str = "") -> subprocess.Popen[str]:
    """A process of its own, at work on the one connection; it waits for a line before it calls."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_urls["app"]}
    command = [sys.executable, "-c", WORKER, fake.url, str(tenant.pk), fatal]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2], **pipes)


@committed
@pytest.mark.faults
def test_processes_share_one_refresh_too(
    tenant: Tenant, connection: Connection, fake: FakeServer, database_urls: dict[str, str]
) -> None:
    _expire(connection)
    fake.token_delay = 0.3
    workers = [_worker(fake, tenant, database_urls) for _number in range(4)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n", worker.communicate()[1][-2000:]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate(timeout=60) for worker in workers]
    assert [out for out, _errors in said] == ["200\n"] * 4, said
    assert fake.refreshes == 1


@committed
@pytest.mark.faults
@pytest.mark.parametrize("where", ["_ask", "_keep"])
def test_a_worker_killed_around_the_refresh_recovers(
    tenant: Tenant, connection: Connection, fake: FakeServer, database_urls: dict[str, str], where: str
) -> None:
    """Killed before asking, and between the provider's answer and our commit. Intuit keeps the value before for a while."""
    _expire(connection)
    died = _worker(fake, tenant, database_urls, where)
    errors = died.communicate("go\n", timeout=60)[1]
    assert died.returncode == -signal.SIGKILL, errors[-2000:]
    assert fake.refreshes == (1 if where == "_keep" else 0)
    fake.valid_refresh.add("refresh-0")
    with pytest.raises(Failure) as caught:  # somebody may still be asking: wait for his lease to end
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert timedelta(0) < caught.value.wait <= tokens.LEASE
    with shifted(tokens.LEASE + timedelta(seconds=1)):
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    connection.refresh_from_db()
    assert connection.state == "active"


@committed
def test_where_the_old_value_is_gone_a_killed_worker_costs_one_clear_reconnect(
    tenant: Tenant, connection: Connection, fake: FakeServer
) -> None:
    _expire(connection)
    fake.valid_refresh = {"refresh-1"}  # the answer with it was lost
    with pytest.raises(Failure) as caught:
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert caught.value.kind is FailureKind.NEEDS_RECONNECT
    connection.refresh_from_db()
    assert (connection.state, connection.reason) == ("needs_reconnect", "invalid_grant")


def test_a_token_call_ends_before_its_lease() -> None:
    assert tokens.LEASE.total_seconds() > http.ENTRY_LONGEST * 1.5 + 25  # silence, trickle, connecting, writing


def test_a_token_answer_that_never_comes_whole_is_given_up(
    connection: Connection, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider is silent: the refresh ends by itself, and nobody asks again while it might still come."""
    _expire(connection)
    monkeypatch.setattr(http.EntryDoor, "longest", 0.2)
    fake.token_delay = 0.5
    with pytest.raises(Failure) as caught:
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert caught.value.kind is FailureKind.UNAVAILABLE
    with pytest.raises(Failure):
        door_for(connection).call("read", "GET", f"{fake.url}/thing")
    assert fake.calls("/token") == 1
