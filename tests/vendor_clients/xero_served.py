"""The Xero twin on a socket, for Xero's own client and the community's; every JSON answer is held against the document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.app import App, create_app
from sandbox.server import Server
from sandbox.xero.seed import UK
from tests.contracts.xero_schema import Watched, folder


@dataclass(frozen=True)
class Served:
    """The twin and its address."""

    app: App
    url: str

    @property
    def base(self) -> str:
        return f"{self.url}/xero"

    def tokens(self, tenant: str = UK) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/world/xero/authorise", json={"tenant": tenant}, timeout=10)
        return dict(answer.json())


@pytest.fixture(scope="module")
def _twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Watched | None]]:
    app = create_app(tmp_path_factory.mktemp("xero"))
    watched = Watched(app) if folder() else None
    server = Server(watched or app).start()
    yield Served(app, server.url), watched
    server.stop()
    app.close()


@pytest.fixture
def served(_twin: tuple[Served, Watched | None]) -> Iterator[Served]:
    found, watched = _twin
    found.app.reset("xero")
    yield found
    problems = list(watched.problems) if watched else []
    if watched:
        watched.problems.clear()
    assert not problems, problems
