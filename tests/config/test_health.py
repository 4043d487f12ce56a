"""What a load balancer asks."""

from __future__ import annotations

from typing import Any

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


def test_a_form_may_lead_to_the_consent_pages_that_are_offered_and_nowhere_else(client: Client, settings: Any) -> None:
    settings.PROVIDERS = {
        "amazon": {
            "twin": {"urls": {"consent_eu": "http://127.0.0.1:8001/amazon/eu", "api_eu": "http://api"}, "client_id": "twin"},
            "production": {"urls": {"consent_eu": "https://sellercentral-europe.amazon.com"}, "client_id": ""},
        },
        "quickbooks_online": {
            "production": {"urls": {"authorize": "https://appcenter.intuit.com/connect/oauth2"}, "client_id": "x"}
        },
    }
    policy = client.get("/healthz/live").headers["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' http://127.0.0.1:8001 https://appcenter.intuit.com")


def test_sellers_are_asked_at_their_home_store(client: Client, settings: Any) -> None:
    """The same hosts that the provider may send a browser to."""
    from connections.providers.amazon.addresses import surroundings
    from connections.providers.amazon.places import MARKETPLACES

    production = surroundings("")["production"]
    origins = production.consent_origins
    settings.PROVIDERS = {"amazon": {"production": {"urls": production.urls, "client_id": "x", "consent_origins": origins}}}
    policy = client.get("/healthz/live").headers["Content-Security-Policy"]
    assert {f"https://{place.host}" for place in MARKETPLACES} <= set(policy.split(" form-action ")[1].split())


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
