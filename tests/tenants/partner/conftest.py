from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.security.api_world import api_company, doing, reading
from tests.security.world import Company


@pytest.fixture
def alder() -> Company:
    return api_company("Alderwood")


@pytest.fixture
def full(alder: Company) -> Client:
    """A key that may do everything."""
    return doing(alder)


@pytest.fixture
def reads(alder: Company) -> Client:
    return reading(alder)


class Asked:
    """JSON in, JSON out."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        extra = {} if method == "get" else {"data": "" if body is None else body, "content_type": "application/json"}
        return getattr(self.client, method)(f"/api/v1/{path}", headers=named, **extra)


@pytest.fixture
def ask(full: Client) -> Asked:
    return Asked(full)
