"""The one line, and the twin beside the others."""

from __future__ import annotations

from typing import Any

import pytest

from connections import registry

from .twin import Twin


@pytest.fixture(autouse=True)
def _one_line(monkeypatch: pytest.MonkeyPatch, twins_server: Any) -> None:
    """Before `twins` reads the settings: the line that connections/registry.py would have."""
    monkeypatch.setitem(registry.PROVIDERS, "paperbooks", "tests.connections.seventh.provider.provider")
    monkeypatch.setitem(twins_server.app.twins, "paperbooks", Twin(twins_server.app.world))
