"""The twins as a test meets them: on a real socket, with a world that can be shifted, broken and reset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from config.providers import provider_settings
from tests.support.judge import Judge


class Twins:
    """A handle on running twins; `url` is where the product finds them."""

    def __init__(self, url: str, app: Any) -> None:
        self.url = url.rstrip("/")
        self.app = app
        self._client = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def get(self, path: str, **params: Any) -> Any:
        return self._answer(self._client.get(path, params=params))

    def post(self, path: str, body: Any = None) -> Any:
        return self._answer(self._client.post(path, json={} if body is None else body))

    def world(self) -> Any:
        return self.get("/world/")

    def journal(self, after: int = 0) -> Any:
        """Every operation asked for, oldest first."""
        return self.get("/world/journal", after=after)

    def reset(self, provider: str | None = None) -> None:
        self._client.delete("/world/faults").raise_for_status()
        self.post("/world/reset", {"provider": provider} if provider else {})

    def fault(self, provider: str, kind: str, operation: str = "*", **details: Any) -> Any:
        """Arrange trouble: throttle, 500, 503html, slow, drop-before-commit, drop-after-commit, malformed, expire, revoke."""
        return self.post("/world/faults", {"provider": provider, "operation": operation, "kind": kind, **details})

    def heal(self) -> None:
        self._client.delete("/world/faults").raise_for_status()

    def clock(self, **change: Any) -> Any:
        """shift=seconds, set=iso, freeze=True or iso, resume=True; without arguments: what time it is there."""
        return self.post("/world/clock", change) if change else self.get("/world/clock")

    def command(self, provider: str, verb: str, **details: Any) -> Any:
        """Do something from the provider's side, as their customer or support would."""
        return self.post(f"/world/{provider}/{verb}", details)

    def close(self) -> None:
        self._client.close()

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        assert response.is_success, (
            f"{response.request.method} {response.request.url}: {response.status_code} {response.text[:500]}"
        )
        return response.json()


@pytest.fixture(scope="session")
def twins_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """One world for the whole session; a test that changes it should ask for `twins`, which resets it."""
    from sandbox.app import create_app
    from sandbox.server import Server

    app = create_app(tmp_path_factory.mktemp("twins"), scale=0)
    judge = Judge(app)
    server = Server(judge).start()
    handle = Twins(server.url, judge)
    yield handle
    handle.close()
    server.stop()
    app.close()


@pytest.fixture
def twins(twins_server: Twins, settings: Any) -> Iterator[Twins]:
    """A fresh world, and the product's settings pointed at it."""
    twins_server.reset()
    twins_server.app.reset()
    settings.TWINS_URL = twins_server.url
    settings.PROVIDERS = provider_settings(twins_server.url)
    yield twins_server
    twins_server.heal()
    broken = twins_server.app.found()
    assert not broken, "against the vendors' schemas:\n" + "\n".join(broken[:20])
