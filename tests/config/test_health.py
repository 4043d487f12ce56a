"""What a load balancer asks."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.test import Client


def test_live_needs_nothing(client: Client) -> None:
    assert client.get("/healthz/live").json() == {"status": "alive"}


@pytest.mark.django_db
def test_ready_asks_database_and_cache(client: Client) -> None:
    response = client.get("/healthz/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "checks": {"database": True, "cache": True}})


@pytest.mark.django_db
def test_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/healthz/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] is False


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz/live", "/accounts/login/", "/no-such-page"])
def test_every_answer_carries_the_safety_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == "same-origin"
