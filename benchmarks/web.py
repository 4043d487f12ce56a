"""What the web costs over the least it could cost: taking a webhook, and listing a hundred objects.

    python -m benchmarks.web [--webhooks 1500] [--rounds 5]

**Webhooks**: deliveries of Intuit's, signed, each of one new event, posted by four clients at once to the product under
its own server, and in turns to a bare Django view under the same server that verifies the HMAC, inserts the body and
answers 200. Goal: at least 0.8 of its throughput. **List**: GET /api/v1/runs?limit=100 through the API's door against
the same door giving the same hundred rows from `.values()`. Goal: at most 1.3 times the time.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg

from benchmarks import bare, crowd, growth, queue
from benchmarks.goals import goal, ratios
from benchmarks.scratch import Scratch, scratch_database, scratch_folder

CLIENTS = 4
OURS, BARE = "/connections/quickbooks_online/webhook/", "/webhook/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--webhooks", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with scratch_folder() as folder, queue.broker(folder), scratch_database() as scratch:
        crowd.arrive(scratch, 10)
        _webhooks(scratch, given.webhooks, given.rounds)
        _lists(scratch)


# ---------------------------------------------------------------- webhooks


def _webhooks(scratch: Scratch, count: int, rounds: int) -> None:
    from django.conf import settings

    key = settings.PROVIDERS["quickbooks_online"]["twin"]["extra"]["webhook_key"]
    os.environ[bare.KEY_VARIABLE] = key
    _route()
    with psycopg.connect(scratch.owner, autocommit=True) as server:
        server.execute(bare.TABLE)
    with _served("config.settings") as ours, _served("benchmarks.bare_settings") as least:
        taken: dict[str, list[float]] = {ours + OURS: [], least + BARE: []}
        for number in range(-1, rounds):  # the first to warm up
            for url, seconds in taken.items():
                took = _post(url, key, count if number >= 0 else count // 5, number)
                if number >= 0:
                    seconds.append(took)
    speed = {url: count / statistics.median(seconds) for url, seconds in taken.items()}
    _, each = ratios(taken[least + BARE], taken[ours + OURS])
    found = statistics.median(each)
    against = f"{speed[ours + OURS]:.0f} a second against {speed[least + BARE]:.0f}"
    goal("webhook intake, bare Django's time in ours", 1 / found, 1 / 0.8, against=against, among=[1 / one for one in each])
    with psycopg.connect(scratch.superuser) as server:
        stored = server.execute("SELECT count(*) FROM connections_inboundnotice").fetchone()
    assert stored == (count * rounds + count // 5,), stored


def _route() -> None:
    """The first tenant's company, so that its deliveries find it."""
    from connections.models import AccountRoute, Connection
    from tenants.models import Tenant
    from tenants.scope import tenant_scope

    tenant = Tenant.objects.order_by("pk")[0]
    with tenant_scope(tenant):
        ledger = Connection.objects.get(provider="quickbooks_online")
    AccountRoute.objects.create(
        provider="quickbooks_online", environment="twin", external_account=ledger.external_account, tenant=tenant,
        connection_id=ledger.pk,
    )  # fmt: skip


@contextmanager
def _served(settings: str) -> Iterator[str]:
    """A server as the Procfile starts it, with these settings; yields its address."""
    port = queue.free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "config.wsgi:application",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=queue.ROOT, env={**os.environ, "DJANGO_SETTINGS_MODULE": settings, "LOG_LEVEL": "WARNING"}
    )
    try:
        queue.patiently("the server does not answer", lambda: queue.listens(port) or process.poll() is not None)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _post(url: str, key: str, count: int, number: int) -> float:
    """Seconds for so many deliveries by several clients at once."""
    bodies = [_delivery(f"{number}-{index}") for index in range(count)]
    signed = [(body, base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()) for body in bodies]
    shares = [signed[index::CLIENTS] for index in range(CLIENTS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [status for share in pool.map(lambda share: _client(url, share), shares) for status in share]
    took = time.perf_counter() - begun
    assert set(answers) == {200}, set(answers)
    return took


def _client(url: str, share: list[tuple[bytes, str]]) -> list[int]:
    import httpx

    with httpx.Client(trust_env=False) as client:
        headers = {"content-type": "application/json"}
        return [client.post(url, content=body, headers={**headers, "intuit-signature": sign}).status_code for body, sign in share]


def _delivery(event: str) -> bytes:
    one = {
        "specversion": "1.0", "id": f"evt-{event}", "source": "intuit.bench", "type": "qbo.invoice.updated.v1",
        "datacontenttype": "application/json", "time": "2026-11-20T12:00:00Z", "intuitentityid": "1234",
        "intuitaccountid": "q1", "data": {},
    }  # fmt: skip
    return json.dumps([one]).encode()


# ---------------------------------------------------------------- lists


def _lists(scratch: Scratch) -> None:
    from rest_framework.response import Response
    from rest_framework.test import APIRequestFactory

    from syncs.api.runs import Runs
    from syncs.models import SyncRun
    from tenants.models import Tenant
    from tenants.partner import keys
    from tenants.partner.door import operation
    from tenants.partner.scopes import Scope
    from tenants.scope import tenant_scope

    columns = (
        "public_id", "integration__public_id", "stream", "mode", "trigger", "state", "counts", "correlation_id", "created_at",
        "started_at", "ended_at",
    )  # fmt: skip

    class Least(Runs):
        @operation(Scope.RUNS_READ, "The floor", "The same rows, straight from the table.")
        def get(self, request: Any) -> Response:
            return Response({"data": list(SyncRun.objects.order_by("-id").values(*columns)[:100])})

    tenant = Tenant.objects.order_by("pk")[0]
    with psycopg.connect(scratch.owner, autocommit=True) as server:
        server.execute("SELECT set_config('app.tenant', %s, false)", [str(tenant.pk)])
        server.execute(growth.FILL.format(runs=200, items=5).replace("{{}}", "{}"))
    with tenant_scope(tenant):
        _key, text = keys.create_key(tenant=tenant, name="bench", scopes=[Scope.RUNS_READ.value])
    factory, bearer = APIRequestFactory(), {"HTTP_AUTHORIZATION": f"Bearer {text}"}

    def ask(view: Any, query: str) -> None:
        answer = view(factory.get(f"/api/v1/runs{query}", **bearer))
        assert answer.status_code == 200, answer.data
        assert len(json.loads(answer.render().content)["data"]) == 100

    ours, least = Runs.as_view(), Least.as_view()
    taken = [
        (crowd.milliseconds(lambda: ask(ours, "?limit=100"), 5), crowd.milliseconds(lambda: ask(least, ""), 5)) for _ in range(9)
    ]
    found, each = ratios([one for one, _ in taken], [other for _, other in taken])
    against = (
        f"{statistics.median(one for one, _ in taken):.1f} ms against {statistics.median(other for _, other in taken):.1f} ms"
    )
    goal("a list of 100 runs, against .values() behind the same door", found, 1.3, against=against, among=each)


if __name__ == "__main__":
    main()
