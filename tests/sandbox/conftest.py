"""A sandbox of its own for each test: its history leads up to one day, and its clock stands on the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sandbox.app import App, create_app
from sandbox.server import Server

ANCHOR = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """No limits, no socket, time stands still."""
    made = create_app(tmp_path, anchor=ANCHOR)
    made.world.clock.freeze(NOW)
    yield made
    made.close()


@pytest.fixture
def server(app: App) -> Iterator[Server]:
    """The same sandbox on a loopback socket."""
    serving = Server(app).start()
    yield serving
    serving.stop()
